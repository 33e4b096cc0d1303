"""The squared hinge, with which several tasks score levels that must be high or low ([DCRN] eq. 3)."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

__all__ = ["scaled", "squared_hinge"]


def scaled(x: Any, low: float, high: float) -> Any:
    """TranslateAndScale: −1 at `low`, 1 at `high`; an array of the same kind and shape."""
    return (2 * x - low - high) / (high - low)


def squared_hinge(x: Array, signs: Any, low: float, high: float) -> Array:
    """0 where x is `high` or more and the sign 1, or `low` or less and the sign −1; above else: the shape of both."""
    return jnp.maximum(1 - scaled(x, low, high) * signs, 0) ** 2
