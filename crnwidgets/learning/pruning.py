"""Fewer reactions than the regularisers leave: taking away the least needed ones, with training in between."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from crnwidgets.learning.losses import score
from crnwidgets.learning.schedules import cosine
from crnwidgets.learning.solution import Solution, pareto_front
from crnwidgets.learning.task import Task
from crnwidgets.learning.tensors import sparsify
from crnwidgets.learning.trainer import Trainer

__all__ = ["least_needed", "prune"]

# Networks that are scored in one call, so that their number does not compile anything.
_BLOCK = 32


def least_needed(task: Task, T: np.ndarray, x0: np.ndarray, D: np.ndarray | None = None) -> tuple[int, int, int]:
    """The reaction without which a sparse network does best, as (catalyst, input, output).

    Arguments:
        T: a tensor without reactions that do not count, (N, N, N), with at least one reaction.
        x0: where the network starts, (B, N).
        D: how easily species pass the membranes of a task with chambers, (N,).
    """
    reactions = np.flatnonzero(np.where(np.eye(T.shape[-1], dtype=bool), 0, T))
    losses: list[float] = []
    for first in range(0, len(reactions), _BLOCK):
        block = reactions[first : first + _BLOCK]
        filled = np.concatenate([block, np.full(_BLOCK - len(block), block[0])])
        losses.extend(np.asarray(_without(task, T, x0, filled, D))[: len(block)])
    # A network that is not finite without a reaction needs it.
    least = np.argmin(np.nan_to_num(losses, nan=math.inf, posinf=math.inf))
    c, a, b = np.unravel_index(reactions[least], T.shape)
    return int(c), int(a), int(b)


def prune(trainer: Trainer, least: int, *, steps: int = 500, learning_rate: float = 0.03) -> list[Solution]:
    """Take reactions from all networks, one by one and the least needed first, and train after each.

    In each round the networks with the most reactions lose one for good; reactions that have become slower than k_min
    are gone as well. The learning rate falls to 0 within a round; the other settings are the trainer's own.

    Arguments:
        trainer: is left with the smallest networks.
        least: stop when no network has more reactions than this.
        steps: of training in a round.
        learning_rate: at the start of a round.

    Returns the `pareto_front` of what was met on the way.
    """
    met: dict[int, Solution] = {}
    before, trainer.learning_rate = trainer.learning_rate, learning_rate
    try:
        while True:
            now = trainer.snapshot()
            losses, counts = np.asarray(now.losses), np.asarray(now.reaction_counts)
            tensors = np.asarray(sparsify(now.tensors, trainer.k_min))
            starts, passing = np.asarray(now.initial), np.asarray(now.permeability)
            for i in np.argsort(losses):
                known = met.get(count := int(counts[i]))
                if math.isfinite(losses[i]) and (known is None or losses[i] < known.loss):
                    met[count] = Solution.from_arrays(trainer.task, tensors[i], starts[i, 0], passing[i], losses[i])
            most = max((int(n) for n, loss in zip(counts, losses, strict=True) if math.isfinite(loss)), default=0)
            if most <= least:
                return pareto_front(met.values())
            allowed = tensors > 0
            for i in np.flatnonzero((counts == most) & np.isfinite(losses)):
                allowed[i][least_needed(trainer.task, tensors[i], starts[i], passing[i])] = False
            trainer.allowed = allowed
            trainer.learning_rate = cosine(learning_rate, steps, start=trainer.step)
            trainer.run(steps, progress=False)
    finally:
        trainer.learning_rate = before


@jax.jit
def _without(task: Task, T: Array, x0: Array, reactions: Array, D: Array | None) -> Array:
    """The losses of one network without each of some reactions, indices into T laid flat: (R,)."""
    count = len(reactions)
    tensors = jnp.broadcast_to(T.reshape(-1), (count, T.size)).at[jnp.arange(count), reactions].set(0)
    starts = jnp.broadcast_to(x0, (count, *x0.shape))
    passing = None if D is None else jnp.broadcast_to(D, (count, *D.shape))
    return score(task, sparsify(tensors.reshape(count, *T.shape), 0.0), starts, jax.random.PRNGKey(0), passing)
