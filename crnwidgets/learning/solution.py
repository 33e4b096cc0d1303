"""What training hands out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import jax
import numpy as np

from crnwidgets.chambers import Chambers
from crnwidgets.learning.losses import score
from crnwidgets.learning.task import Task
from crnwidgets.learning.tensors import to_network
from crnwidgets.network import Network

__all__ = ["Solution", "front", "pareto_front", "parts"]


@dataclass(frozen=True)
class Solution:
    """A trained network.

    Attributes:
        network: sparse: without the reactions slower than k_min.
        loss: the task's loss of this sparse network.
        reaction_count: as [DCRN] counts them, section 2.1.
        task: what it was trained for.
        chambers: the network in the task's chambers, with the permeabilities that it learnt; None for a single one.
    """

    network: Network
    loss: float
    reaction_count: int
    task: Task
    chambers: Chambers | None = None

    @property
    def system(self) -> Network | Chambers:
        """The chambers, or the network where there are none: what `of` and `Trainer.reseed` take."""
        return self.network if self.chambers is None else self.chambers

    @classmethod
    def of(cls, task: Task, network: Network | Chambers) -> Solution:
        """Any network of the task's species as a solution, scored as training scores it.

        Raises ValueError if the species are others, the network does not fit the tensor form, or it is in other
        chambers than the task's.
        """
        chemistry, D = parts(task, network)
        if chemistry.species != task.species:
            raise ValueError(
                f"Argument `network` must have the species {list(task.species)} in this order, but it has "
                f"{list(chemistry.species)}."
            )
        learnt = task.learnt(np.array(list(chemistry.initial.values())))
        arrays = (chemistry.to_tensor(), learnt, D)
        loss = _loss(task, *(array[None].astype(np.float32) for array in arrays))
        chambers = network if isinstance(network, Chambers) else None
        return cls(chemistry, float(loss[0]), len(chemistry.reactions), task, chambers)

    @classmethod
    def from_arrays(cls, task: Task, T: np.ndarray, start: np.ndarray, D: np.ndarray, loss: float) -> Solution:
        """What training found.

        Arguments:
            T: a sparse tensor, (N, N, N).
            start: initial concentrations, (N,), or (C, N) in chambers.
            D: permeabilities, (N,), or (0,) without chambers.
            loss: the task's.
        """
        if task.topology is None:
            network, chambers = to_network(T, 0.0, task.species, start.tolist()), None
        else:
            network = to_network(T, 0.0, task.species)
            chambers = Chambers(network, task.topology, dict(zip(task.species, D.tolist(), strict=True)), initial=start)
        return cls(network, float(loss), len(network.reactions), task, chambers)


def parts(task: Task, network: Network | Chambers) -> tuple[Network, np.ndarray]:
    """The chemistry of a network for a task, and its permeabilities, (N,), or (0,) where the task has no chambers.

    Raises ValueError if the network is in other chambers than the task's.
    """
    if isinstance(network, Network):
        if task.topology is not None:
            raise ValueError("Argument `network` must be a Chambers for a task with chambers, but it is a Network.")
        return network, np.zeros(0)
    if task.topology is None:
        raise ValueError("Argument `network` must be a Network for a task without chambers, but it is a Chambers.")
    if network.topology.membranes != task.topology.membranes:
        raise ValueError(
            f"Argument `network` must be in the task's {task.topology!r}, but it is in {network.topology!r}."
        )
    table = network.permeabilities
    if (table != table[:1]).any():
        raise ValueError("Argument `network` must have membranes that are all alike, but some differ.")
    return network.network, table[0]


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
def _loss(task: Task, T: jax.Array, learnt: jax.Array, D: jax.Array) -> jax.Array:
    key = jax.random.PRNGKey(0)
    return score(task, T, task.initial(learnt, key), key, D)
