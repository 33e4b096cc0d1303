"""Of two species the one that there is more of takes everything ([DCRN] section 4.3)."""

from __future__ import annotations

import math
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from crnwidgets.dynamics.fixed import integrate
from crnwidgets.learning.solution import Solution
from crnwidgets.learning.task import Examination, Finding, Task, concluded
from crnwidgets.network import Network

__all__ = ["WinnerTakesAll"]

_BATCH = 64
_SAVED = 20
_STEP = 0.5
# Angluin et al., as input, catalyst, output.
_ANGLUIN = {("A", "B", "C"), ("B", "A", "C"), ("C", "A", "A"), ("C", "B", "B")}
_DIFFERENCES = (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_SURE = 0.01
_STARTS = 100
_LONGER = 10
_SHARE = 0.9


class WinnerTakesAll(Task):
    """Of A and B, the one that starts with more ends with everything, and the other with nothing; C helps.

    A and B start anywhere from 0 to 1, drawn anew for each step of training, and C with 0. The paper asks the winner
    for a concentration of 1, which mass conservation allows only where A and B start with 1 together; here it is asked
    for their sum, as the paper's Fig. 5 divides by it. The loss is the mean squared distance of A and B from that at
    the end.
    """

    def __init__(self, duration: float = 200.0) -> None:
        if not 0 < duration < math.inf:
            raise ValueError(f"Argument `duration` must be positive and finite, but it is {duration!r}.")
        self.species = ("A", "B", "C")
        self.inputs = self.outputs = ("A", "B")
        self.duration = float(duration)
        self.steps = _SAVED * math.ceil(duration / (_SAVED * _STEP))
        self.every = self.steps // _SAVED
        self.cases = 8

    def initial(self, learnt: Array, key: Array) -> Array:
        """A and B as drawn, the same for all networks: (P, N) → (P, 64, N)."""
        drawn = jax.random.uniform(key, (_BATCH, 2), learnt.dtype)
        return jnp.broadcast_to(jnp.pad(drawn, ((0, 0), (0, 1))), (len(learnt), _BATCH, 3))

    def loss(self, states: Array) -> Array:
        """The mean of (A − wanted)² and (B − wanted)² at the end: (P, B, K, N) → (P,)."""
        start, end = states[:, :, 0, :2], states[:, :, -1, :2]
        wanted = jnp.where(start > start[..., ::-1], start.sum(axis=-1, keepdims=True), 0)
        return ((end - wanted) ** 2).mean(axis=(-2, -1))

    def examine(self, solution: Solution) -> Examination:
        """Whether the winner has 0.9 of everything in the end, from closer and closer starts.

        For each of the differences |A₀ − B₀| there are 100 starts, evenly spaced and half of them with more of A. They
        are read after ten times the training time: the less there is of everything, the slower it goes.
        """
        T, dt = solution.network.to_tensor().astype(np.float32), self.duration / self.steps
        steps = _LONGER * self.steps
        accuracies: dict[float, float] = {}
        for number, difference in enumerate(reversed(_DIFFERENCES)):
            start = _starts(difference)
            end = np.asarray(integrate(T, start, dt=dt, steps=steps, every=steps)[:, -1])
            shares = np.where(start[:, 0] > start[:, 1], end[:, 0], end[:, 1]) / start.sum(axis=1)
            # Written so that what is not finite is wrong.
            wrong = np.flatnonzero(~(shares >= _SHARE))
            accuracies[difference] = 1 - len(wrong) / len(start)
            failure = ""
            if len(wrong):
                i = wrong[0]
                failure = (
                    f"|A − B| = {difference:g}: {len(wrong)} of {len(start)} starts go wrong; from A = "
                    f"{start[i, 0]:.3g}, B = {start[i, 1]:.3g} the winner has {shares[i]:.2f} of everything at time "
                    f"{_LONGER * self.duration:g}"
                )
            yield Finding((number + 1) / len(_DIFFERENCES), failure)
        return {
            "passed": float(min(accuracies[difference] for difference in _DIFFERENCES if difference >= _SURE) == 1),
            **{f"accuracy_{difference:g}": accuracy for difference, accuracy in accuracies.items()},
            "approximate_majority": float(is_approximate_majority(solution.network)),
            "slowest_rate": min((reaction.rate for reaction in solution.network.reactions), default=0.0),
            "reaction_count": float(solution.reaction_count),
        }

    def evaluate(self, solution: Solution) -> Mapping[str, float]:
        """The test of `examine`.

        Returns "passed" (1 or 0: all starts with a difference of 0.01 or more are decided rightly), for each difference
        "accuracy_…", the part of the starts that is decided rightly, "approximate_majority" (1 or 0: the network has
        just the four reactions of Angluin et al.), "slowest_rate" and "reaction_count".
        """
        return concluded(self.examine(solution))

    def case(self, network: Network, number: int = 0) -> Network:
        """Together 1 of A and B, of A from 1/16 to 15/16."""
        share = (number + 0.5) / self.cases
        return network.updated(initial={"A": share, "B": 1 - share, "C": 0.0})


def is_approximate_majority(network: Network) -> bool:
    """Whether its reactions are those of Angluin et al.: A -B-> C; B -A-> C; C -A-> A; C -B-> B, at any rates."""
    return len(network.reactions) == len(_ANGLUIN) and {r.catalysis for r in network.reactions} == _ANGLUIN


def _starts(difference: float) -> np.ndarray:
    """Starts with this difference, half of them with more of A: (100, 3)."""
    less = (1 - difference) * (np.arange(_STARTS // 2) + 0.5) / (_STARTS // 2)
    pairs = np.stack([less, less + difference], axis=1)
    return np.pad(np.concatenate([pairs[:, ::-1], pairs]), ((0, 0), (0, 1))).astype(np.float32)
