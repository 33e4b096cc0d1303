"""Networks drawn as graphs in Graphviz's DOT language, in the manner of [DCRN] Fig. 1c."""

from __future__ import annotations

import graphviz

from crnwidgets.export.arguments import refuse_chambers
from crnwidgets.network import Network, Reaction
from crnwidgets.palette import color

__all__ = ["line_widths", "to_dot"]

_GRAPH = {"bgcolor": "transparent", "margin": "0.05"}
_SPRINGS = {"layout": "neato", "mode": "sgd", "overlap": "false", "splines": "true", "normalize": "0"}
_LAYERS = {"layout": "dot", "rankdir": "LR", "nodesep": "0.2", "ranksep": "0.25"}
_MOST_SPRINGS = 25  # reactions; springs take 0.1 s for 30 and 2 s for 100, layers 0.02 s and 0.15 s
_NODE = {"fontname": "Helvetica", "style": "filled"}
_EDGE = {"fontname": "Helvetica", "fontsize": "10", "arrowsize": "0.75", "color": "#616161", "len": "0.7"}
_SPECIES = {"fillcolor": "white", "width": "0.4", "height": "0.4", "margin": "0.02", "penwidth": "2"}
_REACTION = {"fillcolor": "#d0d0d0", "color": "#616161", "fontsize": "10", "width": "0.25", "height": "0.25"}


def to_dot(network: Network, *, widths: bool = True) -> str:
    """The network as DOT text: species white, reactions grey.

    A reaction A -C-> B of [DCRN]'s form is a small circle labelled with its catalyst, between A and B. Any other one is
    a box labelled with its rate's name: what it takes comes in, what it gives goes out, counts above one stand at the
    edges, and a species that it takes and gives back hangs on a dashed line.

    Species have the identifiers s0, s1, …, reactions r0, r1, …, edges r0-in-s0, r0-out-s1 or r0-with-s2: a picture
    made from the text can be restyled without another layout.

    Arguments:
        widths: make edges wide in proportion to their reaction's rate; without it the text does not depend on rates.
    """
    refuse_chambers(network)
    graph = graphviz.Digraph(graph_attr=_GRAPH | _layout(network), node_attr=_NODE, edge_attr=_EDGE)
    place = {name: f"s{i}" for i, name in enumerate(network.species)}
    for i, (name, node) in enumerate(place.items()):
        graph.node(node, _literal(name), id=node, shape=_round(name), color=color(i), **_SPECIES)
    for i, (r, width) in enumerate(zip(network.reactions, line_widths(network), strict=True)):
        _draw(graph, f"r{i}", r, place, {"penwidth": f"{width:g}"} if widths else {})
    return graph.source


def line_widths(network: Network) -> list[float]:
    """The widths of the reactions' edges in points, 0.6 to 4: the square root of the rate against the largest one's."""
    fastest = max((r.rate for r in network.reactions), default=0.0) or 1.0
    return [round(0.6 + 3.4 * (r.rate / fastest) ** 0.5, 2) for r in network.reactions]


def _layout(network: Network) -> dict[str, str]:
    """Springs, which show the cycles of [DCRN]'s networks best, or layers.

    Layers for large networks, and where a species goes into a reaction and comes out of it in another number: springs
    would draw these two edges over each other.
    """
    back_and_forth = any(
        not r.catalysis and any(name in r.products and name in r.change for name in r.reactants)
        for r in network.reactions
    )
    return _LAYERS if back_and_forth or len(network.reactions) > _MOST_SPRINGS else _SPRINGS


def _draw(graph: graphviz.Digraph, node: str, r: Reaction, place: dict[str, str], style: dict[str, str]) -> None:
    taken, given, kept = dict(r.reactants), dict(r.products), {}
    if r.catalysis:
        source, catalyst, target = r.catalysis
        taken, given = {source: 1}, {target: 1}
        graph.node(node, _literal(catalyst), id=node, shape=_round(catalyst), margin="0", **_REACTION)
    else:
        kept = {name: count for name, count in taken.items() if given.get(name) == count}
        graph.node(node, _literal(r.rate_name or ""), id=node, shape="box", margin="0.04", **_REACTION)
    for name, count in kept.items():
        edge = f"{node}-with-{place[name]}"
        graph.edge(place[name], node, _count(count), id=edge, dir="none", **style | {"style": "dashed"})
    for name, count in taken.items():
        if name not in kept:
            graph.edge(place[name], node, _count(count), id=f"{node}-in-{place[name]}", **style)
    for name, count in given.items():
        if name not in kept:
            graph.edge(node, place[name], _count(count), id=f"{node}-out-{place[name]}", **style)


def _round(text: str) -> str:
    return "circle" if len(text) < 3 else "ellipse"


def _count(count: int) -> str | None:
    return str(count) if count > 1 else None


def _literal(text: str) -> str:
    """A label that Graphviz shows as it stands: neither backslashes, nor <…>, nor &entities; mean anything in it."""
    return graphviz.escape(text.replace("&", "&amp;"))
