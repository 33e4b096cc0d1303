"""One species is to follow a given curve ([DCRN] section 3)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from crnwidgets.dynamics import simulate
from crnwidgets.learning.solution import Solution
from crnwidgets.learning.task import Task
from crnwidgets.network import default_names

__all__ = ["Waveform"]


class Waveform(Task):
    """The first species follows a curve f(t); the loss is the mean of (x₀(tᵢ) − f(tᵢ))² over evenly spaced times.

    Initial concentrations are learnt: those that `initial` names stay as given, the others share what these leave of
    `total`.

    Arguments:
        target: f at evenly spaced times from 0 to `duration`, (steps + 1,), finite and not negative.
        duration: the last time, > 0.
        species: how many species, or their names; the first is the one that follows.
        initial: species → fixed initial concentration.
        total: the sum of all concentrations; left out: 1, or twice the highest value of f where that is more.
        period: where f repeats itself: with it `evaluate` also scores what comes after `duration`.
        tolerance: an error up to which a network passes the test; left out: a third of the variance of f.

    Raises ValueError saying which argument is wrong.
    """

    def __init__(
        self,
        target: ArrayLike,
        *,
        duration: float,
        species: int | tuple[str, ...] = 5,
        initial: Mapping[str, float] | None = None,
        total: float | None = None,
        period: float | None = None,
        tolerance: float | None = None,
    ) -> None:
        values = np.array(target, dtype=float)
        if values.ndim != 1 or len(values) < 2:
            raise ValueError(f"Argument `target` must be a row of at least 2 values, but its shape is {values.shape}.")
        if not np.isfinite(values).all() or values.min() < 0:
            raise ValueError("Argument `target` must be finite and not negative, but some of its values are not.")
        self.target = values
        self.duration = _positive("duration", duration)
        self.steps = len(values) - 1
        self.species = default_names(species) if isinstance(species, int) else tuple(species)
        if not self.species:
            raise ValueError("Argument `species` must give at least one species, but it gives none.")
        self.outputs = self.species[:1]
        # Arrays, so that another curve with another total, period or tolerance compiles nothing.
        self._total = np.array(max(1.0, 2 * values.max()) if total is None else _positive("total", total))
        self._period = np.array(math.nan if period is None else _positive("period", period))
        self._tolerance = np.array(values.var() / 3 if tolerance is None else _positive("tolerance", tolerance))
        if self._period > self.duration:
            raise ValueError(
                f"Argument `period` must not be longer than the duration {self.duration:g}, but it is {period:g}."
            )
        self._fixed = np.full(len(self.species), np.nan)
        for name, value in (initial or {}).items():
            if name not in self.species:
                raise ValueError(f"Argument `initial` must name species of {list(self.species)}, but has {name!r}.")
            if not 0 <= value < math.inf:
                raise ValueError(f"Argument `initial` must be finite and not negative, but {name!r} has {value}.")
            self._fixed[self.species.index(name)] = value
        if np.nansum(self._fixed) >= self._total and np.isnan(self._fixed).any():
            raise ValueError(
                f"Argument `initial` must leave something of the total {self.total:g}, but it sums to "
                f"{np.nansum(self._fixed):g}."
            )

    @classmethod
    def squares(cls, species: int | tuple[str, ...] = 5) -> Waveform:
        """A square wave between 0.5 and 0.1 with the period 40, from 0 to 100; it starts high."""
        times = np.linspace(0, 100, 201)
        values = np.where(times % 40 < 20, 0.5, 0.1)
        return cls(values, duration=100, species=species, period=40, tolerance=1.3e-2)

    @classmethod
    def peaks(cls, species: int | tuple[str, ...] = 5) -> Waveform:
        """Three peaks of falling height, 0.5, 0.35 and 0.2, from 0 to 100."""
        times = np.linspace(0, 100, 201)
        heights, centres, width = np.array([0.5, 0.35, 0.2]), np.array([20, 50, 80]), 5
        bells = np.exp(-(((times[:, None] - centres) / width) ** 2) / 2)
        return cls(bells @ heights, duration=100, species=species)

    @classmethod
    def from_samples(
        cls,
        times: ArrayLike,
        values: ArrayLike,
        *,
        species: int | tuple[str, ...] = 5,
        steps: int = 200,
        initial: Mapping[str, float] | None = None,
        total: float | None = None,
        period: float | None = None,
        tolerance: float | None = None,
    ) -> Waveform:
        """The curve through given points, drawn by hand or measured: straight lines between them.

        Arguments:
            times: rising, the first not negative; the last is the duration. Before the first the curve is level.
            values: one for each time, finite and not negative.
            steps: into how many steps the duration is divided.

        The other arguments are the constructor's. Raises ValueError saying which argument is wrong.
        """
        t, f = np.asarray(times, dtype=float), np.asarray(values, dtype=float)
        if t.ndim != 1 or len(t) < 2 or not np.isfinite(t).all() or t[0] < 0 or (np.diff(t) <= 0).any():
            raise ValueError("Argument `times` must be at least 2 rising, finite times from 0 on, but they are not.")
        if f.shape != t.shape:
            raise ValueError(f"Argument `values` must have the shape of `times`, {t.shape}, but it has {f.shape}.")
        if steps < 1:
            raise ValueError(f"Argument `steps` must be at least 1, but it is {steps}.")
        if not np.isfinite(f).all():
            raise ValueError("Argument `values` must be finite, but some are not.")
        duration = float(t[-1])
        target = np.interp(np.linspace(0, duration, steps + 1), t, f)
        return cls(
            target,
            duration=duration,
            species=species,
            initial=initial,
            total=total,
            period=period,
            tolerance=tolerance,
        )

    def with_target(self, target: ArrayLike, *, period: float | None = None) -> Waveform:
        """The same task with another curve, (steps + 1,); its total grows where the curve would not fit into it.

        Raises ValueError where the curve is wrong.
        """
        if np.shape(target) != self.target.shape:
            raise ValueError(
                f"Argument `target` must have the shape {self.target.shape} as before, but it has {np.shape(target)}."
            )
        highest = float(np.max(target))
        total = max(self.total, 2 * highest) if highest > self.high else self.total
        return Waveform(
            target, duration=self.duration, species=self.species, initial=self.fixed, total=total, period=period
        )

    @property
    def times(self) -> np.ndarray:
        """Where the curve is given, (steps + 1,)."""
        return np.linspace(0, self.duration, self.steps + 1)

    @property
    def fixed(self) -> dict[str, float]:
        """Species → initial concentration, of those whose is not learnt."""
        return {name: float(x) for name, x in zip(self.species, self._fixed, strict=True) if not np.isnan(x)}

    @property
    def total(self) -> float:
        """The sum of all initial concentrations."""
        return float(self._total)

    @property
    def period(self) -> float | None:
        """After which time the curve repeats itself; None if it does not."""
        return None if np.isnan(self._period) else float(self._period)

    @property
    def tolerance(self) -> float:
        """Up to which error a network passes the test."""
        return float(self._tolerance)

    @property
    def low(self) -> float:
        """The lowest value of the curve."""
        return float(self.target.min())

    @property
    def high(self) -> float:
        """The highest value of the curve."""
        return float(self.target.max())

    def initial(self, learnt: Array, key: Array) -> Array:
        """The fixed concentrations, and what they leave of the total shared by softmax: (P, N) → (P, 1, N)."""
        free = jnp.isnan(self._fixed)
        fixed = jnp.where(free, 0, self._fixed).astype(learnt.dtype)
        # Where nothing is free, softmax over nothing would not be finite, and neither would its gradient.
        weights = jax.nn.softmax(jnp.where(free | ~free.any(), learnt, -jnp.inf), axis=-1)
        shares = jnp.where(free, weights, 0) * jnp.maximum(self._total - fixed.sum(), 0)
        return (fixed + shares)[:, None, :]

    def learnt(self, initial: np.ndarray) -> np.ndarray:
        """The logarithms of the free species' shares: (N,) → (N,); a share of nothing becomes a very small one."""
        free = np.isnan(self._fixed)
        shares = np.where(free, initial, 0) / (np.sum(initial, where=free) or 1)
        return np.where(free & (shares.sum() > 0), np.log(np.maximum(shares, _LEAST_SHARE)), 0.0)

    def loss(self, states: Array) -> Array:
        """The mean squared distance of the first species from the curve: (P, B, steps + 1, N) → (P,)."""
        difference = states[..., 0] - jnp.asarray(self.target, states.dtype)
        return (difference**2).mean(axis=(-2, -1))

    def evaluate(self, solution: Solution) -> dict[str, float]:
        """The paper's test: the sparse network, solved adaptively, for twice the time of training.

        Returns "error", "passed" (1 or 0: error ≤ tolerance), "reaction_count", "oscillates" (1 or 0: in the last
        quarter of the doubled time the species still crosses the middle of the curve twice or more and swings by at
        least half of the curve's height), and for a periodic curve "error_after", from `duration` to its double.
        """
        times = np.linspace(0, 2 * self.duration, 2 * self.steps + 1)
        trajectory = simulate(solution.network, times)
        curve = np.asarray(trajectory[self.species[0]])
        error = float(np.mean((curve[: self.steps + 1] - self.target) ** 2))
        late = curve[len(curve) * 3 // 4 :]
        above = late > (self.low + self.high) / 2
        oscillates = np.count_nonzero(above[1:] != above[:-1]) >= 2 and np.ptp(late) >= (self.high - self.low) / 2 > 0
        result = {
            "error": error,
            "passed": float(error <= self.tolerance),
            "reaction_count": float(solution.reaction_count),
            "oscillates": float(oscillates),
        }
        if self.period is not None:
            after = times[self.steps + 1 :]
            expected = np.interp((after + _EDGE * self.period) % self.period, self.times, self.target)
            result["error_after"] = float(np.mean((curve[self.steps + 1 :] - expected) ** 2))
        return result


# Whose logarithm stands for no share at all.
_LEAST_SHARE = 1e-6

# So far, in periods, times are moved before they are folded into the first one, against rounding at its edges.
_EDGE = 1e-9


def _positive(argument: str, value: float) -> float:
    if not 0 < value < math.inf:
        raise ValueError(f"Argument `{argument}` must be positive and finite, but it is {value!r}.")
    return float(value)
