"""Integration with a constant step for populations of networks in tensor form: fast, and differentiable for training.

The gradient is that of the discrete method, written by hand: each step back is computed from the state before it, and
the states between two saved ones are computed anew. So the saved states are all that is kept for the gradient.
"""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.typing import ArrayLike

from crnwidgets.dynamics import native

__all__ = ["POPULATION", "backend", "integrate"]

POPULATION = "population"
"""The axis of a mesh of devices along which networks are divided."""

_VARIABLE = "CRNWIDGETS_BACKEND"

Result = TypeVar("Result")
Membranes = tuple[tuple[int, int], ...]


def integrate(
    T: ArrayLike,
    x0: ArrayLike,
    *,
    dt: float,
    steps: int,
    every: int = 1,
    permeability: ArrayLike | None = None,
    membranes: Sequence[tuple[int, int]] = (),
) -> Array:
    """The states that networks in tensor form pass through, by the classical Runge-Kutta method ([DCRN] eq. 1 and 4).

    Differentiable in `T`, `x0` and `permeability` (backwards only), under `jit`, `scan` and `vmap`. Memory is taken for
    the saved states, and for a gradient also for the `every` states between two of them; not for the number of steps.

    Where `jax.set_mesh` has set a mesh with the axis POPULATION, each of its devices does its share of the networks,
    and nothing of them is sent from one to another, if the size of the axis divides their number.

    Arguments:
        T: (P, N, N, N), the tensors of P networks, T[catalyst, input, output]; or (N, N, N), that of one.
        x0: (P, B, N), for each network the B states to start from; or (B, N), those of one. With `permeability` a
            state is that of C chambers, each with the same reactions: (P, B, C, N) or (B, C, N).
        dt: length of a step, in the unit of time that the rates have.
        steps: how many steps.
        every: every how many steps a state is saved.
        permeability: (P, E, N), how easily each of E membranes lets each species through; or (P, N), if all do alike;
            without P for one network.
        membranes: the E pairs of chambers, from 0 to C − 1, that have a membrane in between.

    Returns the states after 0, every, 2 every, … steps: (P, B, steps // every + 1, N), with chambers (P, B, steps //
    every + 1, C, N), or without P for one network, in the type of float that `T` and `x0` have together.

    Raises ValueError for a wrong argument, and RuntimeError if the backend that CRNWIDGETS_BACKEND forces is missing.
    """
    T, x0 = jnp.asarray(T), jnp.asarray(x0)
    apart = permeability is not None
    D = jnp.asarray(permeability) if apart else jnp.zeros((), jnp.float32)
    dtype = jnp.result_type(T, x0, D, jnp.float32)
    if jnp.issubdtype(dtype, jnp.complexfloating):
        raise ValueError(f"Arguments `T` and `x0` must be real, but together they are {dtype}.")
    if T.ndim not in (3, 4) or len(set(T.shape[-3:])) != 1 or not T.size:
        raise ValueError(f"Argument `T` must have the shape (P, N, N, N) or (N, N, N), but it has {T.shape}.")
    P, N = T.shape[:-3], T.shape[-1]
    if x0.ndim != T.ndim - 1 + apart or x0.shape[: len(P)] != P or x0.shape[-1] != N:
        wanted = ", ".join([*map(str, P), "B", *(["C"] if apart else []), str(N)])
        raise ValueError(f"Argument `x0` must have the shape ({wanted}), as `T` has {T.shape}, but it has {x0.shape}.")
    if not x0.size:
        raise ValueError(f"Argument `x0` must hold at least one state for each network, but its shape is {x0.shape}.")
    pairs = _pairs(membranes, x0.shape[-2] if apart else 1)
    if apart and D.shape not in {(*P, N), (*P, len(pairs), N)}:
        wanted = " or ".join(str((*P, *each, N)) for each in ((), (len(pairs),)))
        raise ValueError(f"Argument `permeability` must have the shape {wanted}, but it has {D.shape}.")
    step = _number(dt)
    steps, every = _count("steps", steps), _count("every", every)
    if every > steps:
        raise ValueError(f"Argument `every` must be at most `steps`, which is {steps}, but it is {every}.")
    T, D, x0 = T.astype(dtype), D.astype(dtype), x0.astype(dtype)
    fits = backend() == "native" and dtype == jnp.float32 and N <= native.LARGEST
    plan = _Plan(step, steps // every, every, fits, pairs)
    if not P:
        T, D, x0 = T[None], D[None], x0[None]
    if not apart:
        states = _states(T, x0, plan)
    elif not pairs:
        # Chambers that nothing leaves are as good as so many starts.
        alone = _states(T, x0.reshape(len(T), -1, N), plan).reshape(*x0.shape[:-1], -1, N)
        states = jnp.moveaxis(alone, -2, 2)
    else:
        each = (D if D.ndim == 3 else D[:, None]) * jnp.ones((len(pairs), 1), dtype)
        states = _chamber_states(T, each, x0, plan)
    return states if P else states[0]


def backend() -> str:
    """Which fixed-step solver is in use: "native", compiled from C++ for the CPU, or "xla", on any device.

    The environment variable CRNWIDGETS_BACKEND forces one. What the native one is not made for, float64 and more than
    32 species and devices other than the CPU, goes to XLA in any case.

    Raises RuntimeError if the variable forces the native one and it is missing, and ValueError if it names neither.
    """
    forced = os.environ.get(_VARIABLE, "")
    if forced not in ("", "native", "xla"):
        raise ValueError(f'{_VARIABLE} must be "native" or "xla", but it is {forced!r}.')
    if forced == "xla":
        return "xla"
    problem = native.problem()
    if forced and problem:
        raise RuntimeError(f'{_VARIABLE} asks for "native", but {problem}.')
    return "native" if forced or not (problem or jax.default_backend() != "cpu") else "xla"


def _number(dt: float) -> float:
    try:
        value = float(dt)
    except (TypeError, ValueError, jax.errors.ConcretizationTypeError):
        raise ValueError(f"Argument `dt` must be a number known when compiling, but it is {dt!r}.") from None
    if not 0 < value < math.inf:
        raise ValueError(f"Argument `dt` must be positive and finite, but it is {value!r}.")
    return value


def _count(name: str, value: int) -> int:
    try:
        count = operator.index(value)
    except (TypeError, jax.errors.ConcretizationTypeError):
        raise ValueError(f"Argument `{name}` must be an integer known when compiling, but it is {value!r}.") from None
    if count < 1:
        raise ValueError(f"Argument `{name}` must be at least 1, but it is {count}.")
    return count


def _pairs(membranes: Sequence[tuple[int, int]], chambers: int) -> Membranes:
    pairs = tuple((operator.index(one), operator.index(other)) for one, other in membranes)
    for pair in pairs:
        if not 0 <= min(pair) < max(pair) < chambers:
            raise ValueError(
                f"Argument `membranes` must be pairs of different chambers from 0 to {chambers - 1}, but one is {pair}."
            )
    return pairs


class _Plan(NamedTuple):
    """What is fixed when compiling.

    Attributes:
        dt: length of a step.
        saves: how many states are saved after the first.
        every: steps between two.
        fits: whether the native kernel can take it.
        membranes: pairs of chambers.
    """

    dt: float
    saves: int
    every: int
    fits: bool
    membranes: Membranes


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _states(T: Array, x0: Array, plan: _Plan) -> Array:
    return _saved(T, x0, plan, apart=True)


@partial(jax.jit, static_argnames=("plan", "apart"))
def _saved(T: Array, x0: Array, plan: _Plan, *, apart: bool) -> Array:
    dt, saves, every, *_ = plan

    def solve(T: Array, x0: Array) -> Array:
        states = _forward(T, _no_membranes(T), x0[:, :, None], membranes=(), dt=dt, saves=saves, every=every)
        return states[:, :, :, 0]

    kernel = partial(native.forward, dt=dt, saves=saves, every=every, apart=apart)
    return _divided(_on_cpu(plan, kernel, solve), len(T))(T, x0)


def _states_forward(T: Array, x0: Array, plan: _Plan) -> tuple[Array, tuple[Array, Array]]:
    states = _saved(T, x0, plan, apart=False)
    return states, (T, states)


@partial(jax.jit, static_argnums=0)
def _states_backward(plan: _Plan, kept: tuple[Array, Array], slopes: Array) -> tuple[Array, Array]:
    dt, _, every, *_ = plan

    def solve(T: Array, states: Array, slopes: Array) -> tuple[Array, Array]:
        chamber = states[:, :, :, None], slopes[:, :, :, None]
        for_T, _, for_start = _backward(T, _no_membranes(T), *chamber, membranes=(), dt=dt, every=every)
        return for_T, for_start[:, :, 0]

    kernel = partial(native.backward, dt=dt, every=every)
    return _divided(_on_cpu(plan, kernel, solve), len(slopes))(*kept, slopes)


_states.defvjp(_states_forward, _states_backward)


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def _chamber_states(T: Array, D: Array, x0: Array, plan: _Plan) -> Array:
    return _chambers_saved(T, D, x0, plan, apart=True)


@partial(jax.jit, static_argnames=("plan", "apart"))
def _chambers_saved(T: Array, D: Array, x0: Array, plan: _Plan, *, apart: bool) -> Array:
    dt, saves, every, _, membranes = plan
    kernel = partial(native.chambers_forward, membranes=membranes, dt=dt, saves=saves, every=every, apart=apart)
    solve = partial(_forward, membranes=membranes, dt=dt, saves=saves, every=every)
    return _divided(_on_cpu(plan, kernel, solve), len(T))(T, D, x0)


def _chamber_states_forward(T: Array, D: Array, x0: Array, plan: _Plan) -> tuple[Array, tuple[Array, Array, Array]]:
    states = _chambers_saved(T, D, x0, plan, apart=False)
    return states, (T, D, states)


@partial(jax.jit, static_argnums=0)
def _chamber_states_backward(
    plan: _Plan, kept: tuple[Array, Array, Array], slopes: Array
) -> tuple[Array, Array, Array]:
    dt, _, every, _, membranes = plan
    kernel = partial(native.chambers_backward, membranes=membranes, dt=dt, every=every)
    solve = partial(_backward, membranes=membranes, dt=dt, every=every)
    return _divided(_on_cpu(plan, kernel, solve), len(slopes))(*kept, slopes)


_chamber_states.defvjp(_chamber_states_forward, _chamber_states_backward)


def _no_membranes(T: Array) -> Array:
    return jnp.zeros((len(T), 0, T.shape[-1]), T.dtype)


def _on_cpu(plan: _Plan, kernel: Callable[..., Result], solve: Callable[..., Result]) -> Callable[..., Result]:
    """The native kernel where it can be used, else the other."""
    return partial(lax.platform_dependent, cpu=kernel, default=solve) if plan.fits else solve


def _divided(solve: Callable[..., Result], networks: int) -> Callable[..., Result]:
    """The same, each device for its own networks if there are several: XLA would bring all to each for the kernel."""
    mesh = jax.sharding.get_abstract_mesh()
    if POPULATION not in mesh.axis_names or networks % mesh.shape[POPULATION]:
        return solve
    own = jax.sharding.PartitionSpec(POPULATION)
    return jax.shard_map(solve, in_specs=own, out_specs=own, check_vma=False)


def _symmetric(T: Array) -> Array:
    # Catalyst and input enter the dynamics alike, so that only the mean of both orders matters.
    return (T + jnp.swapaxes(T, 1, 2)) / 2


def _field(S: Array, D: Array, x: Array, membranes: Membranes) -> Array:
    """dx/dt for symmetric tensors S, (P, N, N, N), permeabilities D, (P, E, N), and states (P, B, C, N)."""
    networks, _, _, species = S.shape
    pairs = (x[..., :, None] * x[..., None, :]).reshape(networks, -1, species**2)
    return (pairs @ S.reshape(networks, species**2, species)).reshape(x.shape) + _exchange(D, x, membranes)


def _exchange(D: Array, x: Array, membranes: Membranes) -> Array:
    """What chambers gain through their membranes: (P, B, C, N)."""
    if not membranes:
        return jnp.zeros((), x.dtype)
    one, other = np.array(membranes).T
    flow = D[:, None] * (x[:, :, other] - x[:, :, one])
    return jnp.zeros_like(x).at[:, :, one].add(flow).at[:, :, other].add(-flow)


def _stages(S: Array, D: Array, x: Array, dt: float, membranes: Membranes) -> tuple[list[Array], Array]:
    """The four states at which a step evaluates the field, and the state after it."""
    points, slopes = [x], [_field(S, D, x, membranes)]
    for part in (dt / 2, dt / 2, dt):
        points.append(x + part * slopes[-1])
        slopes.append(_field(S, D, points[-1], membranes))
    k1, k2, k3, k4 = slopes
    return points, x + dt / 6 * (k1 + 2 * (k2 + k3) + k4)


def _forward(T: Array, D: Array, x0: Array, *, membranes: Membranes, dt: float, saves: int, every: int) -> Array:
    S = _symmetric(T)

    def advance(x: Array, _: None) -> tuple[Array, Array]:
        x = lax.fori_loop(0, every, lambda _, x: _stages(S, D, x, dt, membranes)[1], x)
        return x, x

    _, states = lax.scan(advance, x0, length=saves)
    return jnp.moveaxis(jnp.concatenate([x0[None], states]), 0, 2)


def _backward(
    T: Array, D: Array, states: Array, slopes: Array, *, membranes: Membranes, dt: float, every: int
) -> tuple[Array, Array, Array]:
    """The gradients for T, D and x0, from the saved states and the gradients for them, both (P, B, K, C, N)."""
    S = _symmetric(T)
    one, other = np.array(membranes, int).reshape(-1, 2).T
    states, slopes = jnp.moveaxis(states, 2, 0), jnp.moveaxis(slopes, 2, 0)
    Carry = tuple[Array, Array, Array]

    def pull(x: Array, m: Array) -> Array:
        """The gradient m for the field, (P, B, C, N), brought back to the state x."""
        back = jnp.einsum("pxica,pxia->pxic", jnp.einsum("pcab,pxib->pxica", S, m), x)
        # Membranes act alike in both directions, and so on gradients as on concentrations.
        return 2 * back + _exchange(D, m, membranes)

    def step(carry: Carry, x: Array) -> tuple[Carry, None]:
        later, for_T, for_D = carry
        points, _ = _stages(S, D, x, dt, membranes)
        # From the last stage to the first; each is weighted in the result and shifts the stage after it.
        weights = [dt / 6 * later]
        pulled = [pull(points[3], weights[0])]
        for point, weight, part in zip(points[2::-1], (dt / 3, dt / 3, dt / 6), (dt, dt / 2, dt / 2), strict=True):
            weights.append(weight * later + part * pulled[-1])
            pulled.append(pull(point, weights[-1]))
        at, by = jnp.stack(points[::-1], 2), jnp.stack(weights, 2)
        for_T += jnp.einsum("pxkic,pxkia,pxkib->pcab", at, at, by)
        fallen, gained = at[..., other, :] - at[..., one, :], by[..., one, :] - by[..., other, :]
        return (later + sum(pulled), for_T, for_D + (fallen * gained).sum((1, 2))), None

    def segment(carry: Carry, inputs: tuple[Array, Array]) -> tuple[Carry, None]:
        start, slope = inputs
        if every == 1:
            carry, _ = step(carry, start)
        else:
            between = lax.scan(lambda x, _: (_stages(S, D, x, dt, membranes)[1], x), start, length=every)[1]
            carry, _ = lax.scan(step, carry, between, reverse=True)
        return (carry[0] + slope, *carry[1:]), None

    start = slopes[-1], jnp.zeros_like(T), jnp.zeros_like(D)
    (later, for_T, for_D), _ = lax.scan(segment, start, (states[:-1], slopes[:-1]), reverse=True)
    return for_T, for_D, later
