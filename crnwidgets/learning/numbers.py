"""Checks of numbers that are given as arguments."""

from __future__ import annotations

import math
import operator
from typing import Any

__all__ = ["not_negative", "whole"]


def whole(argument: str, value: Any) -> int:
    """The value as an integer; TypeError naming the argument if it is no whole number."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"Argument `{argument}` must be a whole number, but it is {value!r}.") from None


def not_negative(argument: str, value: Any) -> float:
    """The value as a float; ValueError naming the argument if it is no number, not finite or negative."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"Argument `{argument}` must be a number, but it is {value!r}.") from None
    if not 0 <= number < math.inf:
        raise ValueError(f"Argument `{argument}` must be finite and not negative, but it is {number:g}.")
    return number
