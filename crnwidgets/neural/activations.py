"""Activation functions that chemistry computes: where a concentration comes to rest ([NNRN] sections 3.2 and 6.1).

A node of Table 1 obeys dx/dt = h + y·x − (q − 1)·x^q, with y its weighted input. What it computes is the positive root
of the right side as a function of y. Such a root is an algebraic function of y, as every isolated steady state of
mass-action kinetics is; the logistic sigmoid 1/(1 + e^−y) is not algebraic: chemistry does not settle on it, whatever
the reactions, and so there is no sigmoid here.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from crnwidgets.learning.numbers import not_negative

__all__ = ["PolynomialDecay", "ReLU", "SmoothReLU", "positive_root"]

_ROUNDS = 8  # of Newton's method; seven reach the last bit for q up to 64 and h from 1e-6 to 1e6


@dataclass(frozen=True, init=False)
class PolynomialDecay:
    """The activation φ(y): the positive root x of h + y·x − (q − 1)·x^q ([NNRN] section 6.1).

    It rises strictly where h > 0, falls to 0 like −h/y for y → −∞ and grows like (y / (q − 1))^(1 / (q − 1)) for y → ∞.
    With h = 0 it is the limit: that power of max(y, 0).

    Arguments:
        q: the order of the decay, a whole number of at least 2.
        h: how much is produced in a unit of time, finite and ≥ 0.

    Raises TypeError for a `q` that is not whole, and ValueError for one below 2 or a wrong `h`.
    """

    q: int
    h: float

    def __init__(self, q: int, h: float = 1.0) -> None:
        try:
            order = operator.index(q)
        except TypeError:
            raise TypeError(f"Argument `q` must be a whole number, but it is {q!r}.") from None
        if order < 2:
            raise ValueError(f"Argument `q` must be at least 2, but it is {order}.")
        object.__setattr__(self, "q", order)
        object.__setattr__(self, "h", not_negative("h", h))

    def __call__(self, y: ArrayLike) -> Array:
        """φ of each entry of `y`, in the same shape; differentiable any number of times where h > 0."""
        y = jnp.asarray(y)
        return _root(self, y if jnp.issubdtype(y.dtype, jnp.floating) else y.astype(float))

    def slope(self, x: ArrayLike) -> Array:
        """dφ/dy where φ(y) is `x`; so a concentration that has settled tells the derivative too.

        By the implicit function theorem, x + y·φ′ − q·(q − 1)·x^(q−1)·φ′ = 0; with y = (q − 1)·x^(q−1) − h/x this is
        φ′ = x / ((q − 1)²·x^(q−1) + h/x), which nowhere divides by a small difference. With h = 0 it is 0 at x = 0.
        """
        x = jnp.asarray(x)
        if self.h:
            return x / ((self.q - 1) ** 2 * x ** (self.q - 1) + self.h / x)
        safe = jnp.where(x > 0, x, 1.0)
        return jnp.where(x > 0, safe / ((self.q - 1) ** 2 * safe ** (self.q - 1)), 0.0)


class SmoothReLU(PolynomialDecay):
    """The smoothed rectifier (y + √(y² + 4h)) / 2 ([NNRN] eq. 4): polynomial decay with q = 2.

    Arguments:
        h: how smooth, finite and ≥ 0; φ(0) = √h.
    """

    def __init__(self, h: float = 1.0) -> None:
        super().__init__(2, h)

    def __repr__(self) -> str:
        return f"SmoothReLU(h={self.h!r})"


class ReLU(PolynomialDecay):
    """The rectifier max(0, y): polynomial decay with q = 2 and h = 0, which the theorems of [NNRN] do not cover."""

    def __init__(self) -> None:
        super().__init__(2, 0.0)

    def __repr__(self) -> str:
        return "ReLU()"


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _root(activation: PolynomialDecay, y: Array) -> Array:
    q, h = activation.q, activation.h
    return positive_root(q, h, y) if h else (jnp.maximum(y, 0.0) / (q - 1)) ** (1 / (q - 1))


@_root.defjvp
def _root_jvp(activation: PolynomialDecay, primals: Any, tangents: Any) -> tuple[Array, Array]:
    x = _root(activation, *primals)
    return x, activation.slope(x) * tangents[0]


@partial(jax.jit, static_argnums=0)
def positive_root(q: int, h: ArrayLike, y: ArrayLike) -> Array:
    """The positive root of h + y·x − (q − 1)·x^q, to the precision of `y`, for h > 0.

    The polynomial's negative is convex, so Newton's method descends to the root from any point above it. Where y > 0,
    one of the two terms that are added is at least half their sum; else each of them alone, against the decay or the
    loss, bounds the root. So the start is at most about twice the root.
    """
    y = jnp.asarray(y)
    if q == 2:
        span = jnp.abs(y) + jnp.sqrt(y**2 + 4 * h)
        return jnp.where(y > 0, span / 2, 2 * h / span)
    up, down = jnp.maximum(y, 0.0), jnp.maximum(-y, 0.0)
    above = jnp.maximum((2 * up / (q - 1)) ** (1 / (q - 1)), (2 * h / (q - 1)) ** (1 / q))
    below = jnp.minimum(h / jnp.where(down > 0, down, 1e-30), (h / (q - 1)) ** (1 / q))
    x = jnp.where(y > 0, above, below)
    for _ in range(_ROUNDS):
        power = (q - 1) * x ** (q - 1)
        x = ((q - 1) * power * x + h) / (q * power - y)
    return x
