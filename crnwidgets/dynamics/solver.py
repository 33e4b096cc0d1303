"""Adaptive integration of a padded network, compiled once for each set of shapes. Imports JAX and diffrax."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import diffrax
import jax
import jax.experimental
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from crnwidgets.dynamics.packing import Packed
from crnwidgets.dynamics.stiff import Extrapolation, field

__all__ = ["Goal", "State", "advance", "double_precision", "traces"]

traces: Counter[str] = Counter()
"""How often the integrator was traced (and so compiled), by method; tests read it."""


class State(NamedTuple):
    """Where an integration stands.

    Attributes:
        time: since the start of this segment.
        step: the size of the next step; 0 lets the integrator choose one.
        x: (N,) concentrations.
        saved: (T, N) those at the output times passed so far.
        row: how many of them are filled.
        steps: how many steps the last call of `advance` took, rejected ones too.
        stuck: whether no step that the clock can resolve is small enough to go on.
    """

    time: Any
    step: Any
    x: Any
    saved: Any
    row: Any
    steps: Any
    stuck: Any


class Goal(NamedTuple):
    """What an integration should reach, and how.

    Attributes:
        times: (T,) output times since the start of this segment; those from row `rows` on are not met.
        rows: the row of `saved` at which to stop saving.
        end: the end of this segment.
        rtol, atol: the error allowed in one step, relative to each concentration and absolute.
        budget: how many steps one call may take.
    """

    times: Any
    rows: Any
    end: Any
    rtol: Any
    atol: Any
    budget: Any


@contextmanager
def double_precision() -> Iterator[None]:
    """A context that computes in float64 on the CPU, whatever the process' own settings, and leaves those alone."""
    # Older releases of JAX have it in `experimental`, newer ones no longer.
    enable: Any = vars(jax if hasattr(jax, "enable_x64") else jax.experimental)["enable_x64"]
    with enable(True), jax.default_device(jax.local_devices(backend="cpu")[0]):
        yield


def _largest(x: Array) -> Array:
    # The usual root mean square would let padding dilute the error.
    return jnp.max(jnp.abs(x))


@partial(jax.jit, static_argnames="stiff")
def advance(network: Packed, state: State, goal: Goal, *, stiff: bool) -> State:
    """Integrate until the goal's end, its budget of steps, or a standstill.

    Steps land on the output times, so no interpolation blurs them. `stiff` chooses the implicit solver, else diffrax's
    Tsit5 steps. (diffrax's ready-made loop is not used: it takes four times as long to compile and cannot be resumed.)
    """
    traces["implicit" if stiff else "explicit"] += 1
    term = diffrax.ODETerm(field)
    solver: Any = Extrapolation() if stiff else diffrax.Tsit5()

    def scale(x: Array) -> Array:
        allowed = goal.atol + goal.rtol * jnp.abs(x)
        # Solving linear equations mixes the rounding of the largest concentration into all others.
        return allowed + np.finfo(float).eps * _largest(x) if stiff else allowed

    slope = _largest(field(state.time, state.x, network) / scale(state.x))
    careful = 0.01 * jnp.maximum(1.0, _largest(state.x / scale(state.x))) / slope
    first = jnp.where(state.step > 0, state.step, careful)
    first = jnp.minimum(jnp.where(jnp.isfinite(first), first, goal.end), goal.end)
    memory = solver.init(term, state.time, state.time + first, state.x, network)

    def unfinished(carry: tuple[State, Any]) -> Array:
        now = carry[0]
        return (now.time < goal.end) & (now.steps < goal.budget) & ~now.stuck

    def step(carry: tuple[State, Any]) -> tuple[State, Any]:
        now, memory = carry
        saving = now.row < goal.rows
        stop = jnp.where(saving, goal.times[now.row], goal.end)
        lands = now.time + 1.0001 * now.step >= stop
        then = jnp.where(lands, stop, now.time + now.step)
        x, error, _, new_memory, _ = solver.step(term, now.time, then, now.x, network, memory, False)
        size = _largest(error / scale(jnp.maximum(jnp.abs(now.x), jnp.abs(x))))
        size = jnp.where(jnp.isfinite(size) & jnp.all(jnp.isfinite(x)), size, jnp.inf)
        good = size <= 1
        factor = jnp.clip(0.9 * size ** (-1 / solver.error_order(term)), 0.2, jnp.where(good, 10.0, 0.9))
        following = (then - now.time) * factor
        # A step cut short by an output time says little about the next.
        following = jnp.where(good & lands, jnp.maximum(following, now.step), following)
        time = jnp.where(good, then, now.time)
        x, memory = jax.tree.map(lambda new, old: jnp.where(good, new, old), (x, new_memory), (now.x, memory))
        reached = good & lands & saving
        saved = now.saved.at[now.row].set(jnp.where(reached, x, now.saved[now.row]))
        stuck = following < jnp.maximum(8 * np.finfo(float).eps * time, 1e-60 * goal.end)
        return State(time, following, x, saved, now.row + reached, now.steps + 1, stuck), memory

    start = state._replace(step=first, steps=jnp.asarray(0), stuck=jnp.asarray(False))
    return lax.while_loop(unfinished, step, (start, memory))[0]
