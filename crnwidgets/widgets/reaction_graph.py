"""The graph of a network: species and the reactions between them, in the manner of [DCRN] Fig. 1c."""

from __future__ import annotations

from typing import Any

import traitlets

from crnwidgets.chambers import Chambers
from crnwidgets.export.dot import line_widths, to_dot
from crnwidgets.network import Network
from crnwidgets.widgets.base import View, chemistry
from crnwidgets.widgets.wire import encode

__all__ = ["ReactionGraph"]


class ReactionGraph(View, bundle="reaction_graph"):
    """A drawing of a network by Graphviz, which runs in the browser; edges are as wide as their reactions are fast.

    Arguments:
        network: a `Network`, or rule text; of `Chambers`, the network that is in each of them.

    Traits:
        network: what is drawn. Where only rates differ, edges change their widths and everything keeps its place.
        hovered: the index of the reaction that is pointed at or focused, or -1.
        selected: the index of the reaction that was clicked, or -1; it stays with its reaction when others come or go.
        forbidden: the indices of the reactions that are drawn as forbidden: grey, dashed and crossed out. Like
            `selected` they stay with their reactions.
        most: a network of more reactions is drawn only when asked for: to lay out many takes seconds, and nobody can
            follow the lines.
        note: what is written beneath the drawing.

    Between two assignments of `network`, a page may let the edges follow a network that it computes itself: the model's
    event "crn:network" carries it in wire form.

    Raises TraitError where `selected` or `forbidden` is no reaction of the network.
    """

    hovered = traitlets.Int(-1, help="The reaction pointed at, or -1.").tag(sync=True, echo_update=False)
    selected = traitlets.Int(-1, help="The reaction selected, or -1.").tag(sync=True)
    forbidden = traitlets.List(traitlets.Int(), help="The reactions drawn as forbidden.").tag(sync=True)

    most = traitlets.Int(150, help="How many reactions are drawn without being asked for.").tag(sync=True)
    note = traitlets.Unicode(help="What is written beneath the drawing.").tag(sync=True)

    # In two, so that a changed rate does not send the whole graph again.
    _graph = traitlets.Dict(help="What decides about the layout.").tag(sync=True)
    _reactions = traitlets.Dict(help="What can change without another layout.").tag(sync=True)

    @traitlets.validate("selected")
    def _check_selected(self, proposal: Any) -> int:
        count = len(self.network.reactions)
        if not -1 <= proposal.value < count:
            raise traitlets.TraitError(
                f"Argument `selected` must be -1 or the index of one of {count} reactions, but it is {proposal.value}."
            )
        return proposal.value

    @traitlets.validate("forbidden")
    def _check_forbidden(self, proposal: Any) -> list[int]:
        count = len(self.network.reactions)
        for index in proposal.value:
            if not 0 <= index < count:
                raise traitlets.TraitError(
                    f"Argument `forbidden` must be indices of {count} reactions, but one of them is {index}."
                )
        return sorted(set(proposal.value))

    @traitlets.observe("network")
    def _draw(self, change: Any) -> None:
        network = chemistry(change.new)
        before = chemistry(change.old) if isinstance(change.old, (Network, Chambers)) else None
        if before is not None and (network.species, network.reactions) == (before.species, before.reactions):
            return
        with self.hold_sync():
            self._graph = _graph(network)
            self._reactions = {"labels": [str(r) for r in network.reactions], "widths": line_widths(network)}
            if before is not None:
                places = {r.edge: i for i, r in reversed(list(enumerate(network.reactions)))}
                edges = [r.edge for r in before.reactions]
                if 0 <= self.selected < len(edges):
                    self.selected = places.get(edges[self.selected], -1)
                kept = [places[edges[i]] for i in self.forbidden if i < len(edges) and edges[i] in places]
                self.forbidden = kept


def _graph(network: Network) -> dict[str, Any]:
    """The DOT text, and what takes part: the names of the species, for each reaction their indices, the wire form."""
    place = {name: i for i, name in enumerate(network.species)}
    wire = encode(network)
    return {
        "dot": to_dot(network, widths=False),
        "species": list(network.species),
        "members": [sorted({place[n] for n in (*r.reactants, *r.products)}) for r in network.reactions],
        "topology": {name: wire[name] for name in ("inputs", "inputStart", "changes", "amounts", "changeStart")},
    }
