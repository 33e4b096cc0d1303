"""What training makes small: the task's loss, sparse or not, and the regularisers ([DCRN] section 2.1)."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, NamedTuple, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from crnwidgets.dynamics.fixed import integrate
from crnwidgets.learning.task import Task
from crnwidgets.learning.tensors import log_probabilities, reaction_count, reaction_tensor, sparsify, straight_through

__all__ = [
    "STRATEGIES",
    "Parameters",
    "Scores",
    "Settings",
    "Strategy",
    "entropy",
    "informational_energy",
    "l1",
    "objective",
    "score",
    "trajectories",
]

Strategy = Literal["dense", "straight-through", "double"]
"""Which tensor the task's loss is taken of.

"dense": T alone. "straight-through": T^kmin, its gradient handed to T as it is. "double": Loss(T) + Loss(T^kmin).
"""
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)


class Parameters(NamedTuple):
    """What is learnt, for P networks of N species.

    Attributes:
        logits: W, (P, N, N, N).
        initial: (P, N), from which the task makes initial concentrations.
        permeability: V, (P, N), from which comes how easily species pass membranes; (P, 0) where there are none.
    """

    logits: Array
    initial: Array
    permeability: Array


class Settings(NamedTuple):
    """The numbers that may change while training runs; all of them traced, so that nothing compiles again.

    Attributes:
        learning_rate: factor of the optimiser's update.
        l1, entropy, energy: weights of the regularisers.
        k_min: reactions slower than this are left out of the sparse network.
        normalize: whether each network's gradient is divided by its norm, logits and initial values apart.
        restart: whether a network whose numbers stop being finite starts anew; otherwise it is left out.
    """

    learning_rate: Array | np.ndarray
    l1: Array | np.ndarray
    entropy: Array | np.ndarray
    energy: Array | np.ndarray
    k_min: Array | np.ndarray
    normalize: Array | np.ndarray
    restart: Array | np.ndarray


class Scores(NamedTuple):
    """How each of P networks does.

    Attributes:
        total: (P,), what the gradient is taken of.
        sparse: (P,), the task's loss of the sparse network.
        reaction_count: (P,), integers.
        tensors: T, (P, N, N, N).
        sparse_tensors: T^kmin, (P, N, N, N).
        initial: where they started, (P, B, N).
        permeability: D, (P, N) or (P, 0).
    """

    total: Array
    sparse: Array
    reaction_count: Array
    tensors: Array
    sparse_tensors: Array
    initial: Array
    permeability: Array


def l1(T: ArrayLike) -> Array:
    """L_L1: the mean of the absolute values of T, (…, N, N, N) → (…)."""
    return jnp.abs(jnp.asarray(T)).mean(axis=(-3, -2, -1))


def entropy(log_P: ArrayLike) -> Array:
    """L_H = −1/N³ Σ P log P, (…, N, N, N) → (…), with 0 log 0 = 0.

    It takes log P, which is at hand: logarithms of all of P would take longer than all the rest but the dynamics.
    """
    log_P = jnp.asarray(log_P)
    return -(jnp.exp(log_P) * jnp.where(log_P > -jnp.inf, log_P, 0)).mean(axis=(-3, -2, -1))


def informational_energy(P: ArrayLike) -> Array:
    """L_I = −1/N³ Σ P², (…, N, N, N) → (…)."""
    return -(jnp.asarray(P) ** 2).mean(axis=(-3, -2, -1))


def trajectories(task: Task, T: Array, x0: Array, key: Array, D: Array | None = None) -> Array:
    """Where the networks T (P, N, N, N) go from x0 (P, B, N) in the task's time: (P, B, K, N).

    Arguments:
        D: how easily species pass the membranes of a task with chambers, (P, N).

    Raises ValueError if the task's interventions are not rising multiples of its `every` within its steps.
    """
    edges = (0, *task.interventions, task.steps)
    if any(later <= earlier for earlier, later in pairwise(edges)) or any(n % task.every for n in task.interventions):
        raise ValueError(
            f"Attribute `interventions` must hold rising multiples of {task.every} between 0 and {task.steps}, but it "
            f"is {task.interventions}."
        )
    pieces = []
    for number, (first, last) in enumerate(pairwise(edges)):
        piece = integrate(
            T,
            x0,
            dt=task.duration / task.steps,
            steps=last - first,
            every=task.every,
            permeability=D if task.topology else None,
            membranes=task.topology.membranes if task.topology else (),
        )
        if last < task.steps:
            x0 = task.intervene(number, piece[:, :, -1], key)
            piece = piece[:, :, :-1]
        pieces.append(piece)
    return jnp.concatenate(pieces, axis=2)


def score(task: Task, T: Array, x0: Array, key: Array, D: Array | None = None) -> Array:
    """The task's loss of the networks T (P, N, N, N) from x0 (P, B, N): (P,); D as for `trajectories`."""
    return task.loss(trajectories(task, T, x0, key, D))


def objective(
    task: Task, parameters: Parameters, allowed: Array, settings: Settings, key: Array, strategy: Strategy
) -> Scores:
    """What training makes small, for each of P networks.

    Arguments:
        allowed: (N, N, N) or (P, N, N, N), see `tensors.mask`.
        key: a random key for the task's batch.
    """
    log_P = log_probabilities(parameters.logits, allowed)
    P = jnp.exp(log_P)
    T = reaction_tensor(P)
    sparse_T = sparsify(T, settings.k_min)
    D = jax.nn.sigmoid(parameters.permeability)
    if task.topology is not None:
        D = D * np.array([name not in task.sealed for name in task.species], D.dtype)
    passing = task.passage(D, key)
    x0 = task.initial(parameters.initial, key)
    if strategy == "dense":
        fit = score(task, T, x0, key, passing)
        still_T, still_x0, still_passing = map(jax.lax.stop_gradient, (sparse_T, x0, passing))
        sparse = score(task, still_T, still_x0, key, still_passing)
    elif strategy == "straight-through":
        fit = sparse = score(task, straight_through(T, sparse_T), x0, key, passing)
    else:
        # One run of twice the population, and not two: the solver works on many networks at once.
        both = score(task, _pairs(T, sparse_T), _pairs(x0, x0), key, _pairs(passing, passing))
        dense, sparse = both.reshape(-1, 2).T
        fit = dense + sparse
    total = fit + settings.l1 * l1(T) + settings.entropy * entropy(log_P) + settings.energy * informational_energy(P)
    return Scores(total, sparse, reaction_count(T, settings.k_min), T, sparse_T, x0, D)


def _pairs(dense: Array, sparse: Array) -> Array:
    """Twice the population, each network beside its sparse one, because both belong to the same device."""
    return jnp.stack([dense, sparse], axis=1).reshape(2 * len(dense), *dense.shape[1:])
