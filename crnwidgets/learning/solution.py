"""What training hands out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import jax
import numpy as np

from crnwidgets.learning.losses import score
from crnwidgets.learning.task import Task
from crnwidgets.network import Network

__all__ = ["Solution", "front", "pareto_front"]


@dataclass(frozen=True)
class Solution:
    """A trained network.

    Attributes:
        network: sparse: without the reactions slower than k_min.
        loss: the task's loss of this sparse network.
        reaction_count: as [DCRN] counts them, section 2.1.
        task: what it was trained for.
    """

    network: Network
    loss: float
    reaction_count: int
    task: Task

    @classmethod
    def of(cls, task: Task, network: Network) -> Solution:
        """Any network of the task's species as a solution, scored as training scores it.

        Raises ValueError if the species are others, or the network does not fit the tensor form.
        """
        if network.species != task.species:
            raise ValueError(
                f"Argument `network` must have the species {list(task.species)} in this order, but it has "
                f"{list(network.species)}."
            )
        T = network.to_tensor()
        learnt = task.learnt(np.array(list(network.initial.values())))
        loss = _loss(task, T[None].astype(np.float32), learnt[None].astype(np.float32))
        return cls(network, float(loss[0]), len(network.reactions), task)


def pareto_front(solutions: Iterable[Solution]) -> list[Solution]:
    """Those than which none with as many reactions or fewer has a lower loss, from the smallest network on."""
    given = list(solutions)
    best = front(np.array([s.reaction_count for s in given]), np.array([s.loss for s in given]))
    return [given[i] for i in best]


def front(counts: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """Which of some networks none surpasses in both loss and reaction count: indices by rising count, falling loss."""
    order = np.lexsort((losses, counts))
    lowest = np.minimum.accumulate(losses[order])
    return order[np.concatenate([[True], lowest[1:] < lowest[:-1]])[: len(order)]]


@jax.jit
def _loss(task: Task, T: jax.Array, learnt: jax.Array) -> jax.Array:
    key = jax.random.PRNGKey(0)
    return score(task, T, task.initial(learnt, key), key)
