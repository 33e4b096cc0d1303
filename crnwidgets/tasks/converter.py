"""An analogue concentration becomes a binary number ([DCRN] appendix B.1)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from crnwidgets.dynamics.fixed import integrate
from crnwidgets.learning.numbers import whole
from crnwidgets.learning.solution import Solution
from crnwidgets.learning.task import Examination, Finding, Task, concluded
from crnwidgets.network import Network

__all__ = ["AnalogToDigital"]

_SAVED = 20
_LEVELS = 256
_MARGIN = 1 / 128
_MIDDLE = 0.5
_EPSILON = 0.1
_LONGER = 10


class AnalogToDigital(Task):
    """The input x, from 0 to 1, comes out as the binary number ⌊2ᵇ x⌋ of b bits, most significant first.

    X is x and Xc is 1 − x. The paper does not say whether they are used up; here they only catalyse, so that what is
    to be converted is there as long as it is needed. Each bit is two species, as in B2 = 1: B2hi = 1 and B2lo = 0.
    All outputs start with 0 and the b auxiliary species with 1, from which as much is made as b bits need, and no
    answer is nearer than another.

    A batch has x in equal parts of the range, anew within each part for every step of training. The loss is the mean
    squared distance of the outputs from what they should be in the second half of the time; it leaves out what is
    within the margin of a threshold.

    Arguments:
        bits: how many, from 1 to 5.
        duration: the time span of training.
        margin: so near to a threshold, in x, the loss does not count; less than half of a level.
        samples: how many inputs a batch has.

    Raises TypeError or ValueError saying which argument is wrong.
    """

    def __init__(self, bits: int = 3, *, duration: float = 40.0, margin: float = _MARGIN, samples: int = 64) -> None:
        if not 1 <= whole("bits", bits) <= 5:
            raise ValueError(f"Argument `bits` must be from 1 to 5, but it is {bits}.")
        if not 0 < duration < math.inf:
            raise ValueError(f"Argument `duration` must be positive and finite, but it is {duration!r}.")
        if not 0 <= margin < 1 / 2 ** (bits + 1):
            raise ValueError(
                f"Argument `margin` must be from 0 to less than half of a level, {1 / 2 ** (bits + 1):g}, but it is "
                f"{margin!r}."
            )
        if whole("samples", samples) < 1:
            raise ValueError(f"Argument `samples` must be at least 1, but it is {samples}.")
        self.bits = bits
        self.samples = samples
        rails = tuple(f"B{bit}{rail}" for bit in reversed(range(bits)) for rail in ("hi", "lo"))
        self.species = ("X", "Xc", *rails, *(chr(ord("A") + i) for i in range(bits)))
        self.inputs = self.catalysts = ("X", "Xc")
        self.outputs = rails
        self.duration = float(duration)
        # The more there is of everything, the faster it goes, and the shorter the steps must be.
        self.steps = _SAVED * math.ceil(duration * (bits + 1) / (2 * _SAVED))
        self.every = self.steps // _SAVED
        self.cases = 2**bits
        self._margin = np.array(margin)

    def initial(self, learnt: Array, key: Array) -> Array:
        """The inputs as drawn, the same for all networks: (P, N) → (P, samples, N)."""
        x = (jnp.arange(self.samples) + jax.random.uniform(key, (self.samples,), learnt.dtype)) / self.samples
        start = self._start(x)
        return jnp.broadcast_to(start, (len(learnt), *start.shape))

    def loss(self, states: Array) -> Array:
        """The mean of (output − wanted)² in the second half, outside of the margin: (P, B, K, N) → (P,)."""
        x = states[0, :, 0, 0]
        late = states[:, :, states.shape[2] // 2 :, 2 : 2 + 2 * self.bits]
        error = ((late - self._wanted(x)[:, None]) ** 2).mean(axis=(-2, -1))
        counts = self._distance(x) >= self._margin
        # With few samples, all may be within the margin.
        return jnp.where(counts, error, 0).sum(axis=-1) / jnp.maximum(counts.sum(), 1)

    def examine(self, solution: Solution) -> Examination:
        """Whether each of 256 inputs, evenly spaced from 0 to 1, comes out right, unless within 1/128 of a threshold.

        Right is: all outputs are on the right side of 0.5, at the end of the training time, and still at ten times
        that.
        """
        x = np.linspace(0, 1, _LEVELS)
        T, dt = solution.network.to_tensor().astype(np.float32), self.duration / self.steps
        start, wanted = np.asarray(self._start(jnp.asarray(x))), np.asarray(self._wanted(x))
        states = np.asarray(integrate(T, start, dt=dt, steps=_LONGER * self.steps, every=self.steps))
        tested = np.asarray(self._distance(x)) >= _MARGIN
        error = np.abs(states[:, 1, 2 : 2 + 2 * self.bits] - wanted)[tested]
        wrong: dict[int, np.ndarray] = {}
        for number, after in enumerate((1, _LONGER)):
            out = states[:, after, 2 : 2 + 2 * self.bits]
            right = np.abs(out - wanted) < _MIDDLE
            wrong[after] = np.flatnonzero(tested & ~right.all(axis=1))
            failure = ""
            if len(wrong[after]):
                i = wrong[after][0]
                levels = ", ".join(
                    f"{name} = {level:.2f}"
                    for name, level, good in zip(self.outputs, out[i], right[i], strict=True)
                    if not good
                )
                failure = (
                    f"{len(wrong[after])} inputs are wrong at time {after * self.duration:g}; for x = {x[i]:.4f}, "
                    f"which is {self._code(float(x[i]))}, {levels}"
                )
            yield Finding((number + 1) / 2, failure)
        return {
            "passed": float(not any(map(len, wrong.values()))),
            "inputs": float(tested.sum()),
            "wrong": float(len(wrong[1])),
            "wrong_later": float(len(wrong[_LONGER])),
            "mean_error": float(error.mean()),
            "clear": float((error <= _EPSILON).all(axis=1).mean()),
            "reaction_count": float(solution.reaction_count),
        }

    def evaluate(self, solution: Solution) -> Mapping[str, float]:
        """The test of `examine`.

        Returns "passed" (1 or 0: no input is wrong at either time), "inputs" (how many of the 256 are tested),
        "wrong" and "wrong_later" (how many of these are wrong at either time), "mean_error" (how far from 0 or 1 their
        outputs are at the end of the training time), "clear" (the part of them all of whose outputs are then within
        0.1 of that) and "reaction_count".
        """
        return concluded(self.examine(solution))

    def case(self, network: Network, number: int = 0) -> Network:
        """With an input in the middle of those that come out as `number`."""
        start = np.asarray(self._start(jnp.array([(number + 0.5) / self.cases])))[0]
        return network.updated(initial=dict(zip(self.species, start.tolist(), strict=True)))

    def _start(self, x: Array) -> Array:
        """Where the species start for inputs (B,): (B, N)."""
        inputs = jnp.stack([x, 1 - x], axis=-1)
        return jnp.pad(jnp.pad(inputs, ((0, 0), (0, 2 * self.bits))), ((0, 0), (0, self.bits)), constant_values=1)

    def _wanted(self, x: ArrayLike) -> Array:
        """The outputs for inputs (B,): (B, 2 bits)."""
        number = jnp.clip(jnp.floor(jnp.asarray(x) * self.cases), 0, self.cases - 1).astype(int)
        high = (number[:, None] >> jnp.arange(self.bits)[::-1]) & 1
        return jnp.stack([high, 1 - high], axis=-1).reshape(-1, 2 * self.bits)

    def _distance(self, x: ArrayLike) -> Array:
        """How far inputs (B,) are from the nearest threshold: (B,)."""
        nearest = jnp.clip(jnp.round(jnp.asarray(x) * self.cases), 1, self.cases - 1)
        return jnp.abs(jnp.asarray(x) - nearest / self.cases)

    def _code(self, x: float) -> str:
        return format(min(int(x * self.cases), self.cases - 1), f"0{self.bits}b")
