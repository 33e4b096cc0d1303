"""What a node of chemistry computes, and how it gets there, for any order of decay ([NNRN] Fig. 13)."""

from __future__ import annotations

from typing import Any

import traitlets

from crnwidgets.palette import color
from crnwidgets.widgets.lone_view import LoneView, within

__all__ = ["ActivationPlot"]

_RANGES = {"q": (2, 8), "h": (0, 10), "y": (-10, 10)}


class ActivationPlot(LoneView, bundle="activation_plot"):
    """The activation φ(y), and the equation dx/dt = h + y·x − (q − 1)·x^q that settles on it, with sliders.

    Beside φ there is its limit for h = 0. Drag the point, or press the arrow keys on it, to give another input y.

    Arguments:
        q, h, y: the traits.

    Traits:
        q: the order of the decay, a whole number from 2 to 8.
        h: how much is produced in a unit of time, from 0 to 10.
        y: the input of the node, from −10 to 10.

    Raises TypeError for an unknown keyword argument, TraitError for a value that is out of its range.
    """

    q = traitlets.Int(2, help="The order of the decay.").tag(sync=True, echo_update=False)
    h = traitlets.Float(1.0, help="How much is produced in a unit of time.").tag(sync=True, echo_update=False)
    y = traitlets.Float(2.0, help="The input of the node.").tag(sync=True, echo_update=False)
    _ranges = traitlets.Dict(_RANGES, help="The least and the greatest value of each.").tag(sync=True)
    _colors = traitlets.List([color(0), color(1)], help="Of curves, and of what is computed.").tag(sync=True)

    def __init__(self, q: int = 2, h: float = 1.0, **kwargs: Any) -> None:
        super().__init__(q=q, h=h, **kwargs)

    @traitlets.validate("q", "h", "y")
    def _check(self, proposal: Any) -> Any:
        return within(proposal, _RANGES)
