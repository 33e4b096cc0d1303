"""Leader election in a ring of chambers ([DCRN] section 5.1 and appendix C)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from crnwidgets.chambers import Chambers, Topology
from crnwidgets.dynamics.fixed import integrate
from crnwidgets.learning.numbers import whole
from crnwidgets.learning.solution import Solution
from crnwidgets.learning.task import Examination, Finding, Task, concluded

__all__ = ["TABLE_1", "RingElection"]

TABLE_1 = {2: 0.9997, 3: 1.0, 4: 0.9988, 5: 0.9968, 6: 0.9887, 7: 0.9763, 8: 0.9536}
"""The paper's test accuracy for each number of chambers, with a threshold of its own."""

TABLE_1_ALL = 0.9727
"""The same with one threshold, the mean over the numbers of chambers."""

_BEYOND = (12, 20)
_SAMPLES = 10_000
_STEP = 0.5
_SAVED = 30
_MOST_CHAMBERS = 64


class RingElection(Task):
    """Of all chambers of a ring, the one that starts with most of A keeps it, and all others lose theirs.

    A is drawn between `low` and `high` in each chamber, anew for each step of training; E starts with 1 − A, so that
    all chambers start with a total of 1, and B, C and D with 0. The loss is the mean squared hinge (eq. 3) of A, which
    must be `high` or more in the winner's chamber and `low` or less in all others, from a third of the time on.

    Attributes (beside those of every task):
        low, high: the levels.

    Arguments:
        chambers: in the ring in which training takes place, at least 2.
        duration: the time span of training, of which the paper says nothing.
        batch: how many rings a step of training looks at.
    """

    topology: Topology

    def __init__(self, chambers: int = 5, *, duration: float = 60.0, batch: int = 64) -> None:
        if not 2 <= whole("chambers", chambers) <= _MOST_CHAMBERS:
            raise ValueError(f"Argument `chambers` must be from 2 to {_MOST_CHAMBERS}, but it is {chambers}.")
        if not 0 < duration < math.inf:
            raise ValueError(f"Argument `duration` must be positive and finite, but it is {duration!r}.")
        if whole("batch", batch) < 1:
            raise ValueError(f"Argument `batch` must be at least 1, but it is {batch}.")
        self.topology = Topology.ring(chambers)
        self.species = ("A", "B", "C", "D", "E")
        self.inputs = self.outputs = ("A",)
        self.duration = float(duration)
        self.steps = _SAVED * math.ceil(duration / (_SAVED * _STEP))
        self.every = self.steps // _SAVED
        self.cases = 8
        self.batch = batch
        self.low, self.high = 0.01, 0.9

    def initial(self, learnt: Array, key: Array) -> Array:
        """Rings as drawn, the same for all networks: (P, N) → (P, B, C, N)."""
        chambers = self.topology.chambers
        drawn = jax.random.uniform(key, (self.batch, chambers), learnt.dtype, self.low, self.high)
        return jnp.broadcast_to(_rings(drawn), (len(learnt), self.batch, chambers, len(self.species)))

    def loss(self, states: Array) -> Array:
        """The mean squared hinge of A after the first third: (P, B, K, C, N) → (P,)."""
        A = states[..., 0]
        wins = jnp.argmax(A[:, :, :1], axis=-1, keepdims=True) == jnp.arange(A.shape[-1])
        scaled = (2 * A[:, :, _SAVED // 3 :] - self.low - self.high) / (self.high - self.low)
        return (jnp.maximum(1 - scaled * jnp.where(wins, 1, -1), 0) ** 2).mean(axis=(1, 2, 3))

    def evaluate(self, solution: Solution) -> Mapping[str, float]:
        """The test of Table 1, in rings of 2 to 8 chambers, and of 12 and 20.

        A threshold is right for a ring if, at the end of the training time, A is above it in the winner's chamber and
        nowhere else. For each number of chambers, and for 2 to 8 chambers together, the threshold that is right for
        most of 10,000 rings is tested on another 10,000.

        Returns "accuracy_…" and "threshold_…" for each number of chambers, "accuracy_all" and "threshold_all" for one
        threshold (the mean for 2 to 8 chambers), with which the larger rings are tested too, "reaction_count", and
        "passed" (1 or 0: nowhere below Table 1).
        """
        return concluded(self.examine(solution))

    def examine(self, solution: Solution) -> Examination:
        """The test of `evaluate`, ring by ring; raises ValueError for a solution without chambers."""
        network = solution.chambers
        if network is None:
            raise ValueError("Argument `solution` must have chambers, but it has none.")
        sizes = [*TABLE_1, *_BEYOND]
        rng = np.random.default_rng(0)
        figures: dict[str, float] = {}
        chosen: dict[int, np.ndarray] = {}
        tested: dict[int, np.ndarray] = {}
        for number, size in enumerate(sizes):
            chosen[size], tested[size] = self._outcomes(network, size, rng), self._outcomes(network, size, rng)
            if size in TABLE_1:
                threshold = _threshold([chosen[size]])
                found = _accuracy(tested[size], threshold)
                figures |= {f"accuracy_{size}": found, f"threshold_{size}": threshold}
                missed = found < TABLE_1[size] and (
                    f"{size} chambers: {found:.2%} of {_SAMPLES} rings are right, fewer than the paper's "
                    f"{TABLE_1[size]:.2%}."
                )
                yield Finding((number + 1) / len(sizes), missed or "")
        threshold = _threshold([chosen[size] for size in TABLE_1])
        figures["threshold_all"] = threshold
        figures["accuracy_all"] = float(np.mean([_accuracy(tested[size], threshold) for size in TABLE_1]))
        figures |= {f"accuracy_{size}": _accuracy(tested[size], threshold) for size in _BEYOND}
        missed = figures["accuracy_all"] < TABLE_1_ALL and (
            f"With one threshold {figures['accuracy_all']:.2%} are right, fewer than the paper's {TABLE_1_ALL:.2%}."
        )
        yield Finding(1.0, missed or "")
        passed = all(figures[f"accuracy_{size}"] >= least for size, least in TABLE_1.items()) and not missed
        return {**figures, "reaction_count": float(solution.reaction_count), "passed": float(passed)}

    def case(self, network: Chambers, number: int = 0) -> Chambers:  # type: ignore[override]
        """A ring as it might be drawn."""
        if not 0 <= whole("number", number) < self.cases:
            raise ValueError(f"Argument `number` must be from 0 to {self.cases - 1}, but it is {number}.")
        drawn = np.random.default_rng(number).uniform(self.low, self.high, network.topology.chambers)
        return network.updated(initial=np.asarray(_rings(drawn.round(2))))

    def _outcomes(self, network: Chambers, size: int, rng: np.random.Generator) -> np.ndarray:
        """For many rings of a size, A at the end in the winner's chamber, and the most of it in another: (R, 2)."""
        start = rng.uniform(self.low, self.high, (_SAMPLES, size)).astype(np.float32)
        # As in training, but in steps half as long, and in another ring.
        end = np.asarray(
            integrate(
                network.network.to_tensor().astype(np.float32),
                np.asarray(_rings(start)),
                dt=self.duration / self.steps / 2,
                steps=2 * self.steps,
                every=2 * self.steps,
                permeability=network.permeabilities[0].astype(np.float32),
                membranes=Topology.ring(size).membranes,
            )[:, -1, :, 0]
        )
        wins = start.argmax(axis=1)[:, None] == np.arange(size)
        return np.stack([end[wins], np.where(wins, -np.inf, end).max(axis=1)], axis=1)


def _rings(A: Array | np.ndarray) -> Array:
    """States of rings with so much A in their chambers: (…, C) → (…, C, 5)."""
    none = jnp.zeros_like(A)
    return jnp.stack([jnp.asarray(A), none, none, none, 1 - A], axis=-1)


def _accuracy(outcomes: np.ndarray, threshold: float) -> float:
    """The part of rings, (R, 2), for which the threshold is right."""
    winner, other = outcomes.T
    return float(np.mean((winner > threshold) & (other <= threshold)))


def _threshold(outcomes: list[np.ndarray]) -> float:
    """The threshold that is right for most of the rings, and in the middle of its like."""
    winner, other = np.nan_to_num(np.concatenate(outcomes), nan=np.inf).T
    right = winner > other
    edges = np.sort(np.concatenate([winner[right], other[right]]))
    if not len(edges):
        return 0.0
    counts = np.searchsorted(np.sort(other[right]), edges, "right") - np.searchsorted(
        np.sort(winner[right]), edges, "right"
    )
    best = int(np.argmax(counts))
    return float((edges[best] + edges[min(best + 1, len(edges) - 1)]) / 2)
