"""Digits that chemistry writes: seven segments, as bright as their species are high ([DCRN] section 4.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import traitlets

from crnwidgets.network import Network
from crnwidgets.tasks.display import SevenSegment
from crnwidgets.widgets.computing_view import ComputingView

__all__ = ["SegmentDisplay"]

_INPUTS = ("I3", "I2", "I1", "I0")
_COMPLEMENT = "Ic"
_OUTPUTS = ("Sa", "Sb", "Sc", "Sd", "Se", "Sf", "Sg")


class SegmentDisplay(ComputingView, bundle="segment_display"):
    """The digits that a network writes for all 16 inputs, one of them large, at any time.

    A segment is dark at the level `low` of its species, and fully lit at `high`; it is counted as lit above the middle
    between them. Inputs start with `high` for 1 and `low` for 0, and Ic with what they leave of 1; all other species as
    in the network.

    Arguments:
        network: a `Network`, or rule text, with the species I3, I2, I1, I0, Ic and Sa to Sg.
        task: says which segments each digit has, the levels and the duration; left out: `SevenSegment()`.
        low, high, duration, digit: the traits below, in place of what the task says.

    Traits:
        network: the network that writes.
        digit: the input, 0 to 15, whose digit is shown large.
        low, high: the levels.
        duration: for how long the network runs.

    Raises TypeError for an unknown keyword argument, ValueError where the network lacks one of the species, for a digit
    that is none, or for levels that do not rise from 0 or more to 1/4 or less.
    """

    digit = traitlets.Int(0, help="The input whose digit is shown large.").tag(sync=True)
    low = traitlets.Float(help="The level of 0.").tag(sync=True)
    high = traitlets.Float(help="The level of 1.").tag(sync=True)
    _digits = traitlets.List(traitlets.Unicode(), help="The segments of each digit.").tag(sync=True)

    def __init__(self, network: Network | str, task: SevenSegment | None = None, **kwargs: Any) -> None:
        self._task = SevenSegment() if task is None else task
        if not isinstance(self._task, SevenSegment):
            raise TypeError(f"Argument `task` must be a SevenSegment, but it is {type(task).__name__}.")
        super().__init__(network, **{"duration": self._task.duration, **kwargs})

    def _needed(self) -> Iterable[str]:
        return (*_INPUTS, _COMPLEMENT, *_OUTPUTS)

    @traitlets.default("low")
    def _default_low(self) -> float:
        return self._task.low

    @traitlets.default("high")
    def _default_high(self) -> float:
        return self._task.high

    @traitlets.default("_digits")
    def _default_digits(self) -> list[str]:
        return list(self._task.digits)

    @traitlets.validate("digit")
    def _check_digit(self, proposal: Any) -> int:
        if not 0 <= proposal.value < len(self._digits):
            raise traitlets.TraitError(f"Argument `digit` must be from 0 to 15, but it is {proposal.value}.")
        return proposal.value

    @traitlets.validate("low", "high")
    def _check_levels(self, proposal: Any) -> float:
        if not 0 <= self.low < self.high <= 1 / len(_INPUTS):
            raise traitlets.TraitError(
                f"Arguments `low` and `high` must rise between 0 and 1/4, but they are {self.low} and {self.high}."
            )
        return proposal.value
