"""Four bits become the seven segments of a digit ([DCRN] section 4.2)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from crnwidgets.dynamics.fixed import integrate
from crnwidgets.learning.solution import Solution
from crnwidgets.learning.task import Examination, Finding, Task, concluded
from crnwidgets.network import Network, default_names
from crnwidgets.tasks.hinge import scaled, squared_hinge

__all__ = ["HEXADECIMAL", "SevenSegment"]

HEXADECIMAL = (
    *("abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc", "abcdefg", "abcdfg"),
    *("abcefg", "cdefg", "adef", "bcdeg", "adefg", "aefg"),
)
"""The segments of 0 to 9, A, b, C, d, E and F: a at the top, on clockwise to f, g in the middle."""

_SEGMENTS = "abcdefg"
_INPUTS = ("I3", "I2", "I1", "I0")
_COMPLEMENT = "Ic"
_OUTPUTS = tuple(f"S{segment}" for segment in _SEGMENTS)
_OUTPUT = len(_INPUTS) + 1


class SevenSegment(Task):
    """Seven outputs light up as the segments of the digit that four inputs say in binary.

    An input, I3 the most significant, has `high` for 1 and `low` for 0; Ic starts with 1 minus the four, so that all
    cases have the same mass; everything else with nothing. In the latter half of the time a segment must have `high` or
    more where the digit has it, and `low` or less where it has not: the loss is the mean of the squared hinge (eq. 3).

    What the paper leaves open: the levels are 0.1 and 0.01, so that there is enough of Ic for seven lit segments. The
    four inputs only catalyse, as in the logic gates: a network with a random start that may consume them forgets them
    at once, and training finds no way out of that.

    Arguments:
        digits: for each of the 16 inputs, from 0000 to 1111, the letters of the segments that light up.
        auxiliary: how many species there are besides inputs and outputs.
        duration: the time span of training; it is divided into steps of about 2.
        settled: from this share of the duration on the segments must be right, at least 0 and below 1.
        low, high: levels, 0 ≤ low < high; the segments of a digit must fit into its Ic.
        perturbation: by this share of itself each of the four inputs is more or less, from 0 to 0.5; in training with
            signs drawn anew in each step, in the test with all of them. Ic keeps the mass at 1.

    Raises ValueError saying which argument is wrong.
    """

    def __init__(
        self,
        digits: Sequence[str] = HEXADECIMAL,
        *,
        auxiliary: int = 4,
        duration: float = 400.0,
        settled: float = 0.5,
        low: float = 0.01,
        high: float = 0.1,
        perturbation: float = 0.05,
    ) -> None:
        if len(digits) != 16 or not set("".join(digits)) <= set(_SEGMENTS):
            raise ValueError(f"Argument `digits` must be 16 texts of the letters {_SEGMENTS}, but it is {digits!r}.")
        if not 0 <= auxiliary <= 20:
            raise ValueError(f"Argument `auxiliary` must be from 0 to 20, but it is {auxiliary!r}.")
        if not 0 < duration < math.inf:
            raise ValueError(f"Argument `duration` must be positive and finite, but it is {duration!r}.")
        if not 0 <= settled < 1:
            raise ValueError(f"Argument `settled` must be at least 0 and below 1, but it is {settled!r}.")
        if not 0 <= low < high < math.inf:
            raise ValueError(
                f"Arguments `low` and `high` must be rising, finite and not negative, but are {low!r} and {high!r}."
            )
        if not 0 <= perturbation <= 0.5:
            raise ValueError(f"Argument `perturbation` must be from 0 to 0.5, but it is {perturbation!r}.")
        self.inputs = (*_INPUTS, _COMPLEMENT)
        self.species = (*self.inputs, *_OUTPUTS, *default_names(auxiliary))
        self.outputs = _OUTPUTS
        self.catalysts = _INPUTS
        self.cases = 16
        self.duration = float(duration)
        self.every = 5
        self.steps = 2 * self.every * math.ceil(duration / (4 * self.every))
        self._first = round(settled * self.steps / self.every)
        # Arrays, so that other digits and another perturbation compile nothing.
        self._lit = np.array([[segment in digit for segment in _SEGMENTS] for digit in digits])
        self._perturbation = np.array(float(perturbation))
        self.low = float(low)
        self.high = float(high)
        needed, there = self.high * self._lit.sum(axis=1), self._start(np.ones(len(_INPUTS)))[:, len(_INPUTS)]
        if len(bad := np.flatnonzero(needed > there)):
            raise ValueError(
                f"Argument `high` must let the segments of a digit fit into Ic, but those of {bad[0]:X} need "
                f"{needed[bad[0]]:g} of {there[bad[0]]:g}."
            )

    @property
    def digits(self) -> tuple[str, ...]:
        """For each of the 16 inputs the letters of the segments that are to light up."""
        return tuple("".join(itertools.compress(_SEGMENTS, row)) for row in self._lit)

    @property
    def threshold(self) -> float:
        """A segment is lit above this and dark below: the middle of `low` and `high`."""
        return (self.low + self.high) / 2

    def initial(self, learnt: Array, key: Array) -> Array:
        """The 16 inputs, perturbed, and nothing of what is no input: (P, N) → (P, 16, N), the same for all P."""
        signs = jax.random.rademacher(key, (16, len(_INPUTS)), learnt.dtype)
        start = self._start(1 + jnp.asarray(self._perturbation, learnt.dtype) * signs)
        return jnp.broadcast_to(start, (len(learnt), *start.shape))

    def loss(self, states: Array) -> Array:
        """The mean squared hinge of the outputs once they are settled: (P, 16, K, N) → (P,)."""
        late = states[:, :, self._first :, _OUTPUT : _OUTPUT + len(_OUTPUTS)]
        sign = jnp.where(self._lit, 1, -1)[:, None, :]
        return squared_hinge(late, sign, self.low, self.high).mean(axis=(1, 2, 3))

    def evaluate(self, solution: Solution) -> Mapping[str, float]:
        """The paper's test, made harder: every segment on the right side of the threshold, whenever one looks.

        From where the loss begins, half of the training time, until twice that time; with the inputs as they are and
        with each of the four more or less by the perturbation, in all 16 combinations. Steps at most half as long as
        in training.

        Returns "passed" (1 or 0), "digits" and "segments", right with the inputs as they are, of 16 and 112;
        "perturbed", the digits right with other inputs, of 256; "margin", the least distance from the threshold to the
        right side, where 1 is that of `low` and `high`; and "reaction_count".
        """
        return concluded(self.examine(solution))

    def examine(self, solution: Solution) -> Examination:
        """The test of `evaluate`, digit by digit; a failure names the digit, the inputs, the segment and a time."""
        T = solution.network.to_tensor().astype(np.float32)
        signs = np.array([(0, 0, 0, 0), *itertools.product((-1, 1), repeat=len(_INPUTS))])
        starts = self._start(1 + self._perturbation * signs[:, None, :]).astype(np.float32)
        # Reactions faster than any in training need shorter steps.
        finer = max(2, math.ceil(self.duration / self.steps * -T.min()))
        dt, steps, every = self.duration / self.steps / finer, 2 * finer * self.steps, finer * self.every
        digits, segments, perturbed, margin = 0, 0, 0, math.inf
        for number, lit in enumerate(self._lit):
            states = np.asarray(integrate(T, starts[:, number], dt=dt, steps=steps, every=every))
            late = states[:, self._first :, _OUTPUT : _OUTPUT + len(_OUTPUTS)]
            # Positive where right; over the time, the inputs and the segments.
            margins = np.where(lit, 1, -1) * scaled(late, self.low, self.high)
            right = (margins > 0).all(axis=1)
            digits += int(right[0].all())
            segments += int(right[0].sum())
            perturbed += int(right[1:].all(axis=-1).sum())
            margin = float(np.minimum(margin, margins.min()))
            yield Finding((number + 1) / len(self._lit), self._failure(number, starts[:, number], late, margins))
        return {
            "passed": float(margin > 0),
            "digits": float(digits),
            "segments": float(segments),
            "perturbed": float(perturbed),
            "margin": margin,
            "reaction_count": float(solution.reaction_count),
        }

    def case(self, network: Network, number: int = 0) -> Network:
        """The network with the inputs of a digit, from 0 to 15.

        Raises ValueError for another number.
        """
        if not 0 <= number < self.cases:
            raise ValueError(f"Argument `number` must be from 0 to {self.cases - 1}, but it is {number!r}.")
        start = self._start(np.ones(len(_INPUTS)))[number].round(12)
        return network.updated(initial=dict(zip(self.species, start.tolist(), strict=True)))

    def _start(self, factors: Any) -> Any:
        """The starts of the 16 digits with inputs multiplied by so much: (…, 16, 4) → (…, 16, N)."""
        levels = np.where(list(itertools.product((0, 1), repeat=len(_INPUTS))), self.high, self.low)
        places = np.eye(len(_INPUTS), len(self.species))
        complement = np.arange(len(self.species)) == len(_INPUTS)
        return (factors * levels) @ (places - complement) + complement

    def _failure(self, number: int, starts: np.ndarray, late: np.ndarray, margins: np.ndarray) -> str:
        """What is worst, in words; nothing if all is right. Arrays: (M, N), (M, K, 7) and (M, K, 7)."""
        m, k, segment = np.unravel_index(np.argmin(margins), margins.shape)
        if margins[m, k, segment] > 0:
            return ""
        time = (self._first + k) * self.every * self.duration / self.steps
        inputs = ", ".join(f"{name} = {x:.4g}" for name, x in zip(_INPUTS, starts[m], strict=False))
        return (
            f"digit {number:X} ({inputs}): {_OUTPUTS[segment]} is {late[m, k, segment]:.3g} at {time:g}, but must be "
            f"{'above' if self._lit[number, segment] else 'below'} {self.threshold:g}"
        )
