"""Settings that change while training runs, as functions of the step."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["cosine"]


def cosine(first: float, steps: int, *, start: int = 0) -> Callable[[int], float]:
    """From `first` at step `start` down to 0, in the shape of half a cosine, within so many steps; 0 afterwards.

    Plain floats: one value costs a microsecond, where Optax's schedule, a JAX program, takes far longer.
    """
    return lambda step: first / 2 * (1 + math.cos(math.pi * min(max(step - start, 0) / steps, 1)))
