"""Chambers and their membranes, as one sees them: filled with what is in them, at any moment."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import traitlets

from crnwidgets.chambers import Chambers
from crnwidgets.widgets.base import as_shown
from crnwidgets.widgets.trajectory_view import TrajectoryView

__all__ = ["ChamberView", "ChoosingView"]


class ChoosingView(TrajectoryView):
    """A view of several chambers, in which one species and one moment are looked at.

    Traits, besides those of a `TrajectoryView`:
        network: the `Chambers` as they stand.
        chosen: the species looked at; that of the fastest passage where nobody has chosen one.
        time: the moment looked at, from 0; one beyond `duration` shows the end.

    Raises TypeError for a network without chambers, TraitError for an unknown species.
    """

    network = traitlets.Instance(Chambers, help="The chambers shown.")
    chosen = traitlets.Unicode(help="The species looked at.").tag(sync=True)
    time = traitlets.Float(0.0, help="The moment looked at.").tag(sync=True)

    def __init__(self, network: Chambers | str, **kwargs: Any) -> None:
        chambers = as_shown(network)
        if not isinstance(chambers, Chambers):
            raise TypeError(
                "Argument `network` must be Chambers, or a rule text with a `chambers` line, but it is a network "
                "without chambers."
            )
        super().__init__(chambers, **kwargs)

    def _show_further(self) -> None:
        if self.chosen not in self.network.species:
            self.chosen = _fastest(self.network)

    @traitlets.default("chosen")
    def _default_chosen(self) -> str:
        return _fastest(self.network)

    @traitlets.validate("chosen")
    def _check_chosen(self, proposal: Any) -> str:
        if proposal.value not in self.network.species:
            raise traitlets.TraitError(
                f"Argument `chosen` must be a species of {list(self.network.species)}, but it is {proposal.value!r}."
            )
        return proposal.value

    @traitlets.validate("time")
    def _check_time(self, proposal: Any) -> float:
        if not (math.isfinite(proposal.value) and proposal.value >= 0):
            raise traitlets.TraitError(f"Argument `time` must be finite and not negative, but it is {proposal.value}.")
        return proposal.value


class ChamberView(ChoosingView, bundle="chamber_view"):
    """A picture of chambers: each a disc, filled with its species, and a line between them for each passage.

    Drag a disc up or down, or press the arrow keys on it, to change what its chamber starts with, and see it spread.

    Arguments:
        network: `Chambers`, or a rule text that describes some.
        initial, parameters, events, duration, chamber, chosen, hidden, time: the traits.

    Traits, besides those of a `TrajectoryView`:
        network: the `Chambers` as they stand; follows the hand.
        chamber: the number of the selected chamber, from 0 (in the picture they are numbered from 1).
        chosen: the species that a hand changes.
        hidden: names of species that the discs are not filled with.
        time: the moment shown.

    Raises TypeError for a network without chambers or an unknown keyword argument, RuleError where `network` is a text
    with a mistake, TraitError for an unknown species or chamber.
    """

    hidden = traitlets.List(traitlets.Unicode(), help="Names of species not to fill with.").tag(sync=True)


def _fastest(chambers: Chambers) -> str:
    """The species that passes membranes the fastest; the first one where none does."""
    table = np.vstack([np.zeros(len(chambers.species)), chambers.permeabilities])
    return chambers.species[int(table.max(axis=0).argmax())]
