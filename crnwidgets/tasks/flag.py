"""Three bands in a line of chambers: the French flag problem of developmental biology (Wolpert, 1969)."""

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

__all__ = ["FrenchFlag"]

_COLOURS = ("Blue", "White", "Red")
_SIZES = (6, 9, 12, 15, 18)
_PERTURBED = 100
_STEP = 0.5
_SAVED = 30
_MOST_CHAMBERS = 60


class FrenchFlag(Task):
    """A line of chambers that all start alike becomes blue in its first third, white in its second and red in its last.

    Only the ends are marked: the first chamber has 1 of `L`, the last 1 of `R`, which act as catalysts and pass no
    membrane. So a chamber must learn from its neighbours how far away the ends are. Every chamber starts with 1 of White
    and 1 of A, each up to a tenth more or less in training, drawn anew for each step. The loss is the mean squared hinge
    (eq. 3 of [DCRN]) of Blue, White and Red, which must be `high` or more in their own third and `low` or less in the
    others, from two thirds of the time on.

    Attributes (beside those of every task):
        low, high: the levels.

    Arguments:
        chambers: in the line in which training takes place, a multiple of 3.
        duration: the time span of training.
        helpers: how many species there are beside marks and colours, A, B and so on.
        batch: how many lines a step of training looks at.
    """

    topology: Topology

    def __init__(self, chambers = 9, *, duration: float = 90.0, helpers: int = 2, batch: int = 4) -> None:
        sizes = self.sizes = (chambers,) if isinstance(chambers, int) else tuple(chambers)
        self.starts = np.cumsum([0, *sizes]).tolist()[:-1]
        self.starts = tuple(self.starts)
        if not 0 < duration < math.inf:
            raise ValueError(f"Argument `duration` must be positive and finite, but it is {duration!r}.")
        if not 1 <= whole("helpers", helpers) <= 8:
            raise ValueError(f"Argument `helpers` must be from 1 to 8, but it is {helpers}.")
        if whole("batch", batch) < 1:
            raise ValueError(f"Argument `batch` must be at least 1, but it is {batch}.")
        self.topology = Topology(sum(sizes), [(f + i, f + i + 1) for f, n in zip(self.starts, sizes) for i in range(n - 1)])
        self.species = ("L", "R", *_COLOURS, *"ABCDEFGH"[:helpers])
        self.inputs = self.catalysts = self.sealed = ("L", "R")
        self.outputs = _COLOURS
        self.duration = float(duration)
        self.steps = _SAVED * math.ceil(duration / (_SAVED * _STEP))
        self.every = self.steps // _SAVED
        self.batch = batch
        self.low, self.high = 0.1, 0.9

    def initial(self, learnt: Array, key: Array) -> Array:
        """Lines as drawn, the same for all networks: (P, N) → (P, B, C, N)."""
        clean = jnp.asarray(np.concatenate([self._start(n) for n in self.sizes]), learnt.dtype)
        factors = jax.random.uniform(key, (self.batch, *clean.shape), learnt.dtype, 0.9, 1.1).at[..., :2].set(1)
        return jnp.broadcast_to(clean * factors, (len(learnt), self.batch, *clean.shape))

    def loss(self, states: Array) -> Array:
        """The mean squared hinge of the colours in the last third of the time: (P, B, K, C, N) → (P,)."""
        levels = states[:, :, 2 * _SAVED // 3 :, :, 2:5]
        wanted = np.concatenate([_bands(n) for n in self.sizes])[:, None] == np.arange(3)
        scaled = (2 * levels - self.low - self.high) / (self.high - self.low)
        return (jnp.maximum(1 - scaled * np.where(wanted, 1, -1), 0) ** 2).mean(axis=(1, 2, 3, 4))

    def evaluate(self, solution: Solution) -> Mapping[str, float]:
        raise NotImplementedError

    def _start(self, chambers: int) -> np.ndarray:
        start = np.zeros((chambers, len(self.species)))
        start[0, 0] = start[-1, 1] = 1
        start[:, [3, 5]] = 1
        return start


def _bands(chambers: int) -> np.ndarray:
    """Which colour each chamber should have: (C,)."""
    return np.arange(chambers) * 3 // chambers
