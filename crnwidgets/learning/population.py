"""A population of networks that learn, as pure functions on arrays; `trainer.Trainer` holds the state."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

from crnwidgets.learning.losses import Parameters, Scores, Settings, Strategy, objective
from crnwidgets.learning.task import Task
from crnwidgets.learning.tensors import probabilities, reaction_tensor, sparsify

__all__ = ["ADAM", "CHUNK", "Best", "State", "assess", "chunk", "init", "no_best", "sparse_tensor", "step"]

# One object for all, because an optimiser is part of what is compiled.
ADAM = optax.scale_by_adam()

CHUNK = 64
"""The most steps that one call of `chunk` makes."""


class Best(NamedTuple):
    """The lowest loss of a sparse network so far.

    Attributes:
        loss: infinite until there is one.
        member: which network of the population it was.
        parameters: of this one network, without the population's axis.
        initial: where it started, (B, N).
    """

    loss: Array
    member: Array
    parameters: Parameters
    initial: Array


class State(NamedTuple):
    """Everything that a step changes, for P networks.

    Attributes:
        key: the random key of the whole run, never changed.
        step: how many steps have been made.
        parameters: what is learnt.
        optimizer: the state of the optimiser, each leaf with the population's axis first.
        sparse: (P,), the task's loss of the sparse networks before the last step.
        alive: (P,), False for a network that was left out because its numbers stopped being finite.
        restarts: (P,), how often a network started anew for that reason.
        best: the best so far.
    """

    key: Array
    step: Array
    parameters: Parameters
    optimizer: Any
    sparse: Array
    alive: Array
    restarts: Array
    best: Best


def init(task: Task, seed: int, population: int, optimizer: optax.GradientTransformation) -> State:
    """The start of a run with normally distributed parameters, the same for the same seed."""
    key = jax.random.PRNGKey(seed)
    parameters = _draw(key, population, len(task.species))
    return State(
        key=key,
        step=jnp.zeros((), jnp.int32),
        parameters=parameters,
        optimizer=jax.vmap(optimizer.init)(parameters),
        sparse=jnp.full(population, jnp.inf, parameters.logits.dtype),
        alive=jnp.ones(population, bool),
        restarts=jnp.zeros(population, jnp.int32),
        best=no_best(task, parameters, key),
    )


def no_best(task: Task, parameters: Parameters, key: Array) -> Best:
    """A record that any finite loss beats."""
    one = jax.tree.map(lambda leaf: leaf[0], parameters)
    member = jnp.zeros((), jnp.int32)
    return Best(jnp.asarray(jnp.inf, one.logits.dtype), member, one, task.initial(parameters.initial, key)[0])


def step(
    state: State,
    task: Task,
    allowed: Array,
    settings: Settings,
    *,
    strategy: Strategy,
    optimizer: optax.GradientTransformation,
) -> State:
    """One step of gradient descent for each network by itself."""
    key = jax.random.fold_in(state.key, state.step)

    def total(parameters: Parameters) -> tuple[Array, Scores]:
        scores = objective(task, parameters, allowed, settings, key, strategy)
        return scores.total.sum(), scores

    gradient, scores = jax.grad(total, has_aux=True)(state.parameters)
    direction = jax.tree.map(partial(_normalized, on=settings.normalize), gradient)
    update, moments = jax.vmap(optimizer.update)(direction, state.optimizer, state.parameters)
    moved = jax.tree.map(lambda p, u: p - settings.learning_rate * u.astype(p.dtype), state.parameters, update)

    finite = _all_finite(gradient) & _all_finite(moved) & jnp.isfinite(scores.total) & jnp.isfinite(scores.sparse)
    restart = state.alive & ~finite & settings.restart
    alive = state.alive & (finite | restart)
    goes_on = alive & ~restart
    parameters = _select(goes_on, moved, state.parameters)
    moments = _select(goes_on, moments, state.optimizer)

    def anew(old: tuple[Parameters, Any]) -> tuple[Parameters, Any]:
        fresh = _draw(jax.random.fold_in(key, 1), *state.parameters.initial.shape)
        return _select(restart, (fresh, jax.vmap(optimizer.init)(fresh)), old)

    parameters, moments = jax.lax.cond(restart.any(), anew, lambda old: old, (parameters, moments))
    return State(
        key=state.key,
        step=state.step + 1,
        parameters=parameters,
        optimizer=moments,
        sparse=scores.sparse,
        alive=alive,
        restarts=state.restarts + restart,
        best=_better(state.best, task, state.parameters, jnp.where(goes_on, scores.sparse, jnp.inf), key),
    )


@partial(jax.jit, static_argnames=("strategy", "optimizer"))
def chunk(
    state: State,
    task: Task,
    allowed: Array,
    settings: Settings,
    count: Array,
    *,
    strategy: Strategy,
    optimizer: optax.GradientTransformation,
) -> State:
    """`count` steps in one call, at most CHUNK; each entry of `settings` has a value for each of CHUNK steps."""

    # The number of steps is traced as well: how a run is cut into chunks neither compiles anything nor changes it.
    def body(i: Array, now: State) -> State:
        return step(now, task, allowed, Settings(*(s[i] for s in settings)), strategy=strategy, optimizer=optimizer)

    return jax.lax.fori_loop(0, count, body, state)


@jax.jit
def assess(state: State, task: Task, allowed: Array, settings: Settings) -> tuple[Scores, Best]:
    """How the networks do as they are now, with infinite loss for those left out, and the best so far with them."""
    key = jax.random.fold_in(state.key, state.step)
    scores = objective(task, state.parameters, allowed, settings, key, "straight-through")
    sparse = jnp.where(state.alive & jnp.isfinite(scores.sparse), scores.sparse, jnp.inf)
    return scores._replace(sparse=sparse), _better(state.best, task, state.parameters, sparse, key)


@jax.jit
def sparse_tensor(parameters: Parameters, allowed: Array, k_min: Array) -> Array:
    """T^kmin of one network or of many, (…, N, N, N)."""
    return sparsify(reaction_tensor(probabilities(parameters.logits, allowed)), k_min)


def _draw(key: Array, population: int, species: int) -> Parameters:
    logits, initial = jax.random.split(key)
    return Parameters(
        jax.random.normal(logits, (population, species, species, species)),
        jax.random.normal(initial, (population, species)),
    )


def _normalized(gradient: Array, on: Array | np.ndarray) -> Array:
    norm = jnp.sqrt((gradient**2).sum(axis=tuple(range(1, gradient.ndim)), keepdims=True))
    # A gradient of zero, as of initial values that nothing depends on, stays zero.
    return jnp.where(on, gradient / jnp.where(norm > 0, norm, 1), gradient)


def _better(best: Best, task: Task, parameters: Parameters, sparse: Array, key: Array) -> Best:
    sparse = jnp.where(jnp.isfinite(sparse), sparse, jnp.inf)
    first = jnp.argmin(sparse).astype(jnp.int32)
    starts = task.initial(parameters.initial, key)
    found = Best(sparse[first], first, jax.tree.map(lambda leaf: leaf[first], parameters), starts[first])
    return jax.tree.map(lambda new, old: jnp.where(found.loss < best.loss, new, old), found, best)


def _all_finite(tree: Any) -> Array:
    """Which networks have only finite numbers: (P,)."""
    leaves = [jnp.isfinite(leaf).reshape(len(leaf), -1).all(axis=1) for leaf in jax.tree.leaves(tree)]
    return jnp.stack(leaves).all(axis=0)


def _select(which: Array, yes: Any, no: Any) -> Any:
    """Network by network the leaves of one tree or of the other."""

    def pick(a: Array, b: Array) -> Array:
        return jnp.where(which.reshape(-1, *[1] * (a.ndim - 1)), a, b)

    return jax.tree.map(pick, yes, no)
