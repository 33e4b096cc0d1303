"""Who wins: the outcome of a decision for every pair of initial concentrations ([DCRN] section 4.3)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import traitlets

from crnwidgets.network import Network
from crnwidgets.widgets.computing_view import ComputingView

__all__ = ["MajorityMap"]


class MajorityMap(ComputingView, bundle="majority_map"):
    """A map of initial concentrations A₀ and B₀, in the colour of the species that wins.

    What is shown is (A − B) / (A₀ + B₀), as in [DCRN] Fig. 5a, at any time; where the species with less at first is
    ahead at that time, the map is crossed. All other species start as in the network.

    Arguments:
        network: a `Network`, or rule text, with the species A and B.
        duration, point: the traits below.

    Traits:
        network: the network that decides; a point chosen on the map becomes its initial concentrations.
        duration: for how long it may decide.
        point: the initial concentrations [A₀, B₀] of the network, marked on the map.

    Raises TypeError for an unknown keyword argument, ValueError where the network has no A or no B, or for a point
    whose coordinates are negative or not finite.
    """

    point = traitlets.List(traitlets.Float(), help="Initial concentrations [A₀, B₀].").tag(sync=True)

    def __init__(self, network: Network | str, **kwargs: Any) -> None:
        point = kwargs.pop("point", None)
        super().__init__(network, **kwargs)
        if point is not None:
            self.point = list(point)

    def _needed(self) -> Iterable[str]:
        return ("A", "B")

    @traitlets.observe("network")
    def _show_point(self, change: Any) -> None:
        if not self.problem:
            self.point = [change.new.initial[name] for name in self._needed()]

    @traitlets.validate("point")
    def _check_point(self, proposal: Any) -> list[float]:
        point = proposal.value
        if len(point) != 2 or not all(math.isfinite(value) and value >= 0 for value in point):
            raise traitlets.TraitError(
                f"Argument `point` must be two finite concentrations that are not negative, but it is {point}."
            )
        return point

    @traitlets.observe("point")
    def _start_there(self, change: Any) -> None:
        if not self.problem:
            self.network = self.network.updated(initial=dict(zip(self._needed(), change.new, strict=True)))
