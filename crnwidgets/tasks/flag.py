"""The French flag problem: three bands of equal width in a line of chambers that know only where its ends are.

L. Wolpert, Positional information and the spatial pattern of cellular differentiation, Journal of Theoretical Biology
25, 1–47 (1969). It is not in [DCRN].
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from crnwidgets.chambers import Chambers, Topology
from crnwidgets.dynamics.fixed import integrate
from crnwidgets.learning.numbers import whole
from crnwidgets.learning.solution import Solution
from crnwidgets.learning.task import Examination, Finding, Task, concluded
from crnwidgets.tasks.hinge import squared_hinge

__all__ = ["FrenchFlag"]

_TESTED = (6, 9, 12, 15, 18)
_BEYOND = (24, 30)
_PERTURBED = 50
_DEVIATION = 0.1
_LONGER = 3
# With 0.5, training finds networks that work only because the solver errs.
_STEP = 0.25
_SAVED = 30
_MOST_CHAMBERS = 60

_MARKS = ("L", "R")
_COLOURS = ("Blue", "White", "Red")
_SPECIES = (*_MARKS, *_COLOURS, "A", "B")
_BANDS = slice(2, 5)
"""The places of the colours among the species."""


class FrenchFlag(Task):
    """In a line of chambers the first third becomes blue, the second stays white, the last becomes red.

    Only the ends are marked: the first chamber has 1 of L, the last 1 of R. Both catalyse and pass no membrane, so that
    a chamber must learn from its neighbours how far away the ends are. All chambers start with 1 of White and 1 of A,
    each up to a tenth more or less, anew in each chamber for every step of training, and with no Blue, Red and B. The
    loss is the mean squared hinge ([DCRN] eq. 3) of the colours, of which a chamber must have `high` or more of its own
    and `low` or less of each other in the last third of the time.

    Attributes (beside those of every task):
        lengths: how many chambers the lines have in which training takes place.
        low, high: the levels.

    Arguments:
        chambers: in the line in which training takes place, a multiple of 3. Or in several lines, which have no
            membranes between them and are trained in together, so that the bands learn to fit any length.
        duration: the time span of training.
        batch: how many lines of each length a step of training looks at.

    Raises TypeError or ValueError saying which argument is wrong.
    """

    topology: Topology

    def __init__(self, chambers: int | Sequence[int] = 9, *, duration: float = 360.0, batch: int = 2) -> None:
        self.lengths = tuple(chambers) if isinstance(chambers, Sequence) else (chambers,)
        if not self.lengths or any(whole("chambers", length) % 3 or length < 3 for length in self.lengths):
            raise ValueError(f"Argument `chambers` must be a multiple of 3, or several, but it is {chambers!r}.")
        if sum(self.lengths) > _MOST_CHAMBERS:
            raise ValueError(f"Argument `chambers` must be at most {_MOST_CHAMBERS} in all, but it is {chambers!r}.")
        if not 0 < duration < math.inf:
            raise ValueError(f"Argument `duration` must be positive and finite, but it is {duration!r}.")
        if whole("batch", batch) < 1:
            raise ValueError(f"Argument `batch` must be at least 1, but it is {batch}.")
        self.topology = _lines(self.lengths)
        self.species = _SPECIES
        self.inputs = self.catalysts = self.sealed = _MARKS
        self.outputs = _COLOURS
        self.duration = float(duration)
        self.steps = _SAVED * math.ceil(duration / (_SAVED * _STEP))
        self.every = self.steps // _SAVED
        self.batch = batch
        self.low, self.high = 0.1, 0.9

    def initial(self, learnt: Array, key: Array) -> Array:
        """Lines as drawn, the same for all networks: (P, N) → (P, B, C, N)."""
        even = np.concatenate([_even(length) for length in self.lengths])
        factors = jax.random.uniform(key, (self.batch, *even.shape), learnt.dtype, 1 - _DEVIATION, 1 + _DEVIATION)
        return jnp.broadcast_to(even * factors.at[..., : len(_MARKS)].set(1), (len(learnt), self.batch, *even.shape))

    def loss(self, states: Array) -> Array:
        """The mean squared hinge of the colours in the last third of the time: (P, B, K, C, N) → (P,)."""
        levels = states[:, :, 2 * _SAVED // 3 :, :, _BANDS]
        signs = np.concatenate([_wanted(length) for length in self.lengths])
        return squared_hinge(levels, signs, self.low, self.high).mean(axis=(1, 2, 3, 4))

    def evaluate(self, solution: Solution) -> Mapping[str, float]:
        """The test in lines of 6, 9, 12, 15 and 18 chambers, and beyond it in 24 and 30, whatever it was trained in.

        A chamber is right if its own colour is ahead of both others all the time from `duration` to three times that,
        for the bands must stay. A line starts evenly once, and fifty times with up to a tenth more or less of White and
        of A in each chamber.

        Returns for each length "right_…", the share of chambers that are right, and "perturbed_…", the same of
        perturbed lines; "ahead", by how much the colours are ahead at least in the even lines of the test;
        "reaction_count"; and "passed" (1 or 0: all chambers are right in all lines of the test).
        """
        return concluded(self.examine(solution))

    def examine(self, solution: Solution) -> Examination:
        """The test of `evaluate`, length by length; raises ValueError for a solution without chambers."""
        network = solution.chambers
        if network is None:
            raise ValueError("Argument `solution` must have chambers, but it has none.")
        lengths = (*_TESTED, *_BEYOND)
        rng = np.random.default_rng(0)
        figures: dict[str, float] = {}
        ahead = math.inf
        passed = True
        for number, length in enumerate(lengths):
            lead = self._lead(network, length, rng)
            right = lead > 0
            figures |= {f"right_{length}": float(right[0].mean()), f"perturbed_{length}": float(right[1:].mean())}
            failure = ""
            if length in _TESTED:
                ahead = min(ahead, float(lead[0].min()))
                if not right.all():
                    passed = False
                    count, chambers = np.count_nonzero(~right.all(axis=1)), np.flatnonzero(~right.all(axis=0)) + 1
                    failure = (
                        f"{length} chambers: the colour is wrong in {count} of {len(right)} lines, in the chambers "
                        f"{', '.join(map(str, chambers))}."
                    )
            yield Finding((number + 1) / len(lengths), failure)
        return {
            **figures,
            "ahead": ahead,
            "reaction_count": float(solution.reaction_count),
            "passed": float(passed),
        }

    def case(self, network: Chambers, number: int = 0) -> Chambers:  # type: ignore[override]
        """The line with an even start, however long it is; lines side by side if they are those of the task."""
        if whole("number", number) != 0:
            raise ValueError(f"Argument `number` must be 0, for there is one case, but it is {number}.")
        lengths = self.lengths if network.topology == self.topology else (network.topology.chambers,)
        return network.updated(initial=np.concatenate([_even(length) for length in lengths]))

    def _lead(self, network: Chambers, length: int, rng: np.random.Generator) -> np.ndarray:
        """By how much the colour that chambers should have is ahead at least, in the even line and perturbed ones.

        (1 + _PERTURBED, length), negative or not a number where it is not.
        """
        start = np.repeat(_even(length)[None], 1 + _PERTURBED, axis=0)
        start[1:, :, len(_MARKS) :] *= rng.uniform(1 - _DEVIATION, 1 + _DEVIATION, start[1:, :, len(_MARKS) :].shape)
        # In steps half as long as in training.
        states = integrate(
            network.network.to_tensor().astype(np.float32),
            start.astype(np.float32),
            dt=self.duration / self.steps / 2,
            steps=_LONGER * 2 * self.steps,
            every=2 * self.every,
            permeability=network.permeabilities[0].astype(np.float32),
            membranes=Topology.line(length).membranes,
        )
        levels = np.asarray(states)[:, _SAVED:, :, _BANDS]
        own = _wanted(length) > 0
        leads = np.where(own, levels, 0).sum(axis=-1) - np.where(own, -np.inf, levels).max(axis=-1)
        return leads.min(axis=1)


def _lines(lengths: Sequence[int]) -> Topology:
    """Lines with no membranes between them."""
    if len(lengths) == 1:
        return Topology.line(lengths[0])
    firsts = np.cumsum([0, *lengths]).tolist()
    pairs = [(i, i + 1) for first, after in pairwise(firsts) for i in range(first, after - 1)]
    return Topology(firsts[-1], pairs)


def _even(length: int) -> np.ndarray:
    """How a line starts: (C, N)."""
    start = np.zeros((length, len(_SPECIES)))
    start[0, _SPECIES.index("L")] = start[-1, _SPECIES.index("R")] = 1
    start[:, [_SPECIES.index("White"), _SPECIES.index("A")]] = 1
    return start


def _wanted(length: int) -> np.ndarray:
    """1 for the colour that a chamber should have, −1 for the others: (C, 3)."""
    return np.where(np.arange(length)[:, None] * 3 // length == np.arange(3), 1, -1)
