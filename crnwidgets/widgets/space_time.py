"""Space and time in one picture: what every chamber has of a species, at every moment ([DCRN] Fig. 12)."""

from __future__ import annotations

from crnwidgets.widgets.chamber_view import ChoosingView

__all__ = ["SpaceTime"]


class SpaceTime(ChoosingView, bundle="space_time"):
    """A picture of chambers over time: one row a chamber, time to the right, in the colour how much there is.

    Arguments:
        network: `Chambers`, or a rule text that describes some.
        initial, parameters, events, duration, chamber, chosen: the traits.

    Traits, besides those of a `TrajectoryView`:
        network: the `Chambers` as they stand.
        chosen: the species shown.
        chamber: the row that is marked; a click or the arrow keys go to another one.
        time: the moment that is marked.

    Raises TypeError for a network without chambers or an unknown keyword argument, RuleError where `network` is a text
    with a mistake, TraitError for an unknown species or chamber.
    """
