"""The graph of a network: species and the reactions between them, in the manner of [DCRN] Fig. 1c."""

from __future__ import annotations

from typing import Any

import traitlets

from crnwidgets.export.dot import line_widths, to_dot
from crnwidgets.network import Network
from crnwidgets.widgets.base import View

__all__ = ["ReactionGraph"]


class ReactionGraph(View, bundle="reaction_graph"):
    """A drawing of a network by Graphviz, which runs in the browser; edges are as wide as their reactions are fast.

    Arguments:
        network: a `Network`, or rule text.

    Traits:
        network: what is drawn. Where only rates differ, edges change their widths and everything keeps its place.
        hovered: the index of the reaction that is pointed at or focused, or -1.
        selected: the index of the reaction that was clicked, or -1; it stays with its reaction when others come or go.

    Raises TraitError where `selected` is no reaction of the network.
    """

    hovered = traitlets.Int(-1, help="The reaction pointed at, or -1.").tag(sync=True, echo_update=False)
    selected = traitlets.Int(-1, help="The reaction selected, or -1.").tag(sync=True)

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

    @traitlets.observe("network")
    def _draw(self, change: Any) -> None:
        network, before = change.new, change.old
        if isinstance(before, Network) and (network.species, network.reactions) == (before.species, before.reactions):
            return
        with self.hold_sync():
            self._graph = _graph(network)
            self._reactions = {"labels": [str(r) for r in network.reactions], "widths": line_widths(network)}
            if isinstance(before, Network) and 0 <= self.selected < len(before.reactions):
                chosen = before.reactions[self.selected].edge
                self.selected = next((i for i, r in enumerate(network.reactions) if r.edge == chosen), -1)


def _graph(network: Network) -> dict[str, Any]:
    """The DOT text, the names of the species, and for each reaction the indices of the species that take part."""
    place = {name: i for i, name in enumerate(network.species)}
    return {
        "dot": to_dot(network, widths=False),
        "species": list(network.species),
        "members": [sorted({place[n] for n in (*r.reactants, *r.products)}) for r in network.reactions],
    }
