"""A population of networks that learn, as pure functions on arrays; `trainer.Trainer` holds the state."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from crnwidgets.dynamics.fixed import POPULATION
from crnwidgets.learning.losses import Parameters, Scores, Settings, Strategy, objective
from crnwidgets.learning.task import Task

__all__ = [
    "ADAM",
    "CHUNK",
    "Best",
    "Snapshot",
    "State",
    "better",
    "chunk",
    "divide",
    "init",
    "no_best",
    "renew",
    "replace",
    "snapshot",
    "step",
    "steps",
]

# One object for all, because an optimiser is part of what is compiled.
ADAM = optax.scale_by_adam()

CHUNK = 64
"""The most steps that one call of `chunk` makes."""


# How hard XLA tries. The dynamics, in which the time goes, are compiled already; what is around them runs as fast with
# the first level as with the third, and starts sooner.
_RUN_ONCE = {"xla_backend_optimization_level": 0}
_RUN_OFTEN = {"xla_backend_optimization_level": 1}


class Best(NamedTuple):
    """The lowest loss of a sparse network so far.

    Attributes:
        loss: infinite until there is one.
        member: which network of the population it was.
        tensor: T^kmin as it was scored, (N, N, N): no later change of k_min or of what is allowed touches it.
        initial: where it started, (B, N).
        permeability: D, (N,) or (0,).
    """

    loss: Array
    member: Array
    tensor: Array
    initial: Array
    permeability: Array


class State(NamedTuple):
    """Everything that a step changes, for P networks.

    Attributes:
        key: the random key of the whole run, never changed.
        step: how many steps have been made.
        parameters: what is learnt.
        optimizer: the state of the optimiser, which sees the parameters of a network as one row; each leaf with the
            population's axis first.
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


class Snapshot(NamedTuple):
    """How P networks do as they are.

    Attributes:
        losses: (P,), the task's loss of the sparse networks; infinite for those left out.
        reaction_counts: (P,), integers, of the sparse networks.
        tensors: T, (P, N, N, N), with the reactions slower than k_min.
        initial: where the networks start, (P, B, N).
        permeability: D, (P, N) or (P, 0).
        best: the best so far, these among them.
    """

    losses: Array
    reaction_counts: Array
    tensors: Array
    initial: Array
    permeability: Array
    best: Best


@partial(jax.jit, static_argnames=("population", "optimizer"), compiler_options=_RUN_ONCE)
def init(task: Task, key: Array, population: int, optimizer: optax.GradientTransformation) -> State:
    """The start of a run with normally distributed parameters, the same for the same random key."""
    parameters = _draw(key, population, len(task.species), len(task.species) if task.topology else 0)
    return State(
        key=key,
        step=jnp.zeros((), jnp.int32),
        parameters=parameters,
        optimizer=jax.vmap(optimizer.init)(_rows(parameters)),
        sparse=jnp.full(population, jnp.inf, parameters.logits.dtype),
        alive=jnp.ones(population, bool),
        restarts=jnp.zeros(population, jnp.int32),
        best=no_best(task, parameters, key),
    )


def divide(state: State, mesh: Mesh) -> State:
    """The state with each network's arrays on one device, as many on each device of the mesh, and the rest on all."""
    everywhere, own = (NamedSharding(mesh, PartitionSpec(*axis)) for axis in ([], [POPULATION]))
    common = ("key", "step", "best")
    return state._replace(
        **{
            name: jax.device_put(value, everywhere if name in common else own)
            for name, value in state._asdict().items()
        }
    )


def no_best(task: Task, parameters: Parameters, key: Array) -> Best:
    """A record that any finite loss beats."""
    logits = parameters.logits[0]
    member = jnp.zeros((), jnp.int32)
    initial = task.initial(parameters.initial, key)[0]
    infinite = jnp.asarray(jnp.inf, logits.dtype)
    return Best(infinite, member, jnp.zeros_like(logits), initial, jnp.zeros_like(parameters.permeability[0]))


def better(one: Best, other: Best) -> Best:
    """The record with the lower loss, the second where they are equal."""
    return jax.tree.map(lambda a, b: jnp.where(one.loss < other.loss, a, b), one, other)


def step(
    state: State,
    task: Task,
    allowed: Array,
    settings: Settings,
    *,
    strategy: Strategy,
    optimizer: optax.GradientTransformation,
) -> tuple[State, Array]:
    """One step of gradient descent for each network by itself; and which are to start anew, (P,), see `renew`."""
    key = jax.random.fold_in(state.key, state.step)

    def total(parameters: Parameters) -> tuple[Array, Scores]:
        scores = objective(task, parameters, allowed, settings, key, strategy)
        return scores.total.sum(), scores

    gradient, scores = jax.grad(total, has_aux=True)(state.parameters)
    direction = _rows(jax.tree.map(partial(_normalized, on=settings.normalize), gradient))
    start = _rows(state.parameters)
    update, moments = jax.vmap(optimizer.update)(direction, state.optimizer, start)
    moved = start - settings.learning_rate * update.astype(start.dtype)

    # A sum is finite only if all of it is, and sooner had than whether each number is.
    finite = jnp.isfinite(_rows(gradient).sum(axis=1) + moved.sum(axis=1) + scores.total + scores.sparse)
    restart = state.alive & ~finite & settings.restart
    alive = state.alive & (finite | restart)
    goes_on = alive & ~restart
    parameters = _parameters(_select(goes_on, moved, start), state.parameters)
    moments = _select(goes_on, moments, state.optimizer)
    now = State(
        key=state.key,
        step=state.step + 1,
        parameters=parameters,
        optimizer=moments,
        sparse=scores.sparse,
        alive=alive,
        restarts=state.restarts + restart,
        best=better(_first(scores, goes_on), state.best),
    )
    return now, restart


@partial(jax.jit, static_argnames="optimizer", compiler_options=_RUN_ONCE)
def renew(state: State, restart: Array, *, optimizer: optax.GradientTransformation) -> State:
    """The state after a step with new networks in the place of some, (P,)."""
    key = jax.random.fold_in(jax.random.fold_in(state.key, state.step - 1), 1)
    population, species = state.parameters.initial.shape
    fresh = _draw(key, population, species, state.parameters.permeability.shape[1])
    parameters, moments = _select(
        restart, (fresh, jax.vmap(optimizer.init)(_rows(fresh))), (state.parameters, state.optimizer)
    )
    return state._replace(parameters=parameters, optimizer=moments)


def chunk(
    state: State,
    task: Task,
    allowed: Array | np.ndarray,
    settings: Settings,
    count: np.int32,
    *,
    strategy: Strategy,
    optimizer: optax.GradientTransformation,
) -> State:
    """`count` steps, at most CHUNK, in one call of a compiled program, or in more if networks have to start anew.

    Each entry of `settings` has a value for each of CHUNK steps.
    """
    done: Array | np.int32 = np.int32(0)
    while True:
        state, done, restart = steps(
            state, task, allowed, settings, done, count, strategy=strategy, optimizer=optimizer
        )
        if not np.asarray(restart).any():
            return state
        # A program of its own, as it is seldom needed and takes nearly as long to compile as all the rest.
        state = renew(state, restart, optimizer=optimizer)


@partial(jax.jit, static_argnames=("strategy", "optimizer"), compiler_options=_RUN_OFTEN)
def steps(
    state: State,
    task: Task,
    allowed: Array | np.ndarray,
    settings: Settings,
    first: Array | np.int32,
    count: np.int32,
    *,
    strategy: Strategy,
    optimizer: optax.GradientTransformation,
) -> tuple[State, Array, Array]:
    """Steps from `first` to `count`, or until networks are to start anew: how many are done, and which networks."""

    # The number of steps is traced as well: how a run is cut into chunks neither compiles anything nor changes it.
    def unfinished(carry: tuple[Array, State, Array]) -> Array:
        i, _, restart = carry
        return (i < count) & ~restart.any()

    def body(carry: tuple[Array, State, Array]) -> tuple[Array, State, Array]:
        i, now, _ = carry
        at = Settings(*(s[i] for s in settings))
        return i + 1, *step(now, task, jnp.asarray(allowed), at, strategy=strategy, optimizer=optimizer)

    none = jnp.zeros_like(state.alive)
    done, state, restart = jax.lax.while_loop(unfinished, body, (jnp.asarray(first), state, none))
    return state, done, restart


@jax.jit
def snapshot(state: State, task: Task, allowed: Array, settings: Settings) -> Snapshot:
    """How the networks do as they are now; each entry of `settings` has one value."""
    key = jax.random.fold_in(state.key, state.step)
    scores = objective(task, state.parameters, allowed, settings, key, "straight-through")
    return Snapshot(
        losses=jnp.where(state.alive & jnp.isfinite(scores.sparse), scores.sparse, jnp.inf),
        reaction_counts=scores.reaction_count,
        tensors=scores.tensors,
        initial=scores.initial,
        permeability=scores.permeability,
        best=better(_first(scores, state.alive), state.best),
    )


@partial(jax.jit, static_argnames="optimizer", compiler_options=_RUN_ONCE)
def replace(state: State, member: Array, parameters: Parameters, *, optimizer: optax.GradientTransformation) -> State:
    """The state with other parameters, without the axis of the population, for one network, which starts anew."""
    which = jnp.arange(len(state.alive)) == member
    fresh = jax.tree.map(lambda new, old: jnp.broadcast_to(new, old.shape), parameters, state.parameters)
    moments = jax.vmap(optimizer.init)(_rows(fresh))
    return state._replace(
        parameters=_select(which, fresh, state.parameters),
        optimizer=_select(which, moments, state.optimizer),
        sparse=jnp.where(which, jnp.inf, state.sparse),
        alive=state.alive | which,
    )


def _draw(key: Array, population: int, species: int, passing: int) -> Parameters:
    keys = [*jax.random.split(key)]
    if passing:
        keys.append(jax.random.fold_in(keys[1], 1))
    # In rows, and as many for each: XLA takes a second more to compile the same numbers in the shape of a tensor, and
    # longer for several lengths than for one. How many are drawn does not change the first ones.
    shape = population, species, species, species
    rows = jax.vmap(lambda key: jax.random.normal(key, (math.prod(shape),)))(jnp.stack(keys))
    return Parameters(
        rows[0].reshape(shape),
        rows[1, : population * species].reshape(population, species),
        rows[-1, : population * passing].reshape(population, passing),
    )


def _normalized(gradient: Array, on: Array | np.ndarray) -> Array:
    norm = jnp.sqrt((gradient**2).sum(axis=tuple(range(1, gradient.ndim)), keepdims=True))
    # A gradient of zero, as of initial values that nothing depends on, stays zero.
    return jnp.where(on, gradient / jnp.where(norm > 0, norm, 1), gradient)


def _first(scores: Scores, count: Array) -> Best:
    """The network with the lowest loss among those that count, (P,)."""
    sparse = jnp.where(count & jnp.isfinite(scores.sparse), scores.sparse, jnp.inf)
    first = jnp.argmin(sparse).astype(jnp.int32)

    def of_first(values: Array) -> Array:
        # By `take`, for which several devices exchange this one network; for an index they would exchange all.
        return jnp.take(values, first[None], axis=0, mode="clip")[0]

    return Best(sparse.min(), first, *map(of_first, (scores.sparse_tensors, scores.initial, scores.permeability)))


def _rows(parameters: Parameters) -> Array:
    """What is learnt, a row for each network. One array is less to compile and to run than several."""
    return jnp.concatenate([part.reshape(len(part), part[0].size) for part in parameters], axis=1)


def _parameters(rows: Array, like: Parameters) -> Parameters:
    """What `_rows` made one."""
    ends = np.cumsum([part[0].size for part in like])
    parts = jnp.split(rows, ends[:-1], axis=1)
    return Parameters(*(row.reshape(part.shape) for row, part in zip(parts, like, strict=True)))


def _select(which: Array, yes: Any, no: Any) -> Any:
    """Network by network the leaves of one tree or of the other."""

    def pick(a: Array, b: Array) -> Array:
        return jnp.where(which.reshape(-1, *[1] * (a.ndim - 1)), a, b)

    return jax.tree.map(pick, yes, no)
