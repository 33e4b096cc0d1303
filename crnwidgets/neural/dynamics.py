"""How the concentrations of compiled neural networks change, in matrix form ([NNRN] eqs. 11 and 12).

The reactions of a network with c_ℓ nodes in layer ℓ are as many as its weights; their equations are products with its
weight matrices. A node depends on the layer before and on itself only, so an implicit step solves no linear system: it
goes through the layers and divides.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from numpy.typing import ArrayLike

from crnwidgets.dynamics import Trajectory
from crnwidgets.dynamics.simulation import output_times
from crnwidgets.dynamics.solver import double_precision
from crnwidgets.dynamics.stiff import PARTS, extrapolate
from crnwidgets.neural.compile import START, node_name
from crnwidgets.neural.feed_forward import FeedForward

__all__ = ["integrate", "settle", "simulate"]

_RTOL, _ATOL = 1e-8, 1e-12  # the error allowed in one step, relative to each concentration and absolute
_LARGEST = 1e300  # that a term of the equations may be
_SMALLEST = 1e-200  # step; below, something is not finite

Layers = tuple[Any, ...]
"""Something of each node: an array for each layer after the inputs, (…, c_ℓ)."""


def settle(nn: FeedForward, images: ArrayLike, t: float = 20.0, initial: float | ArrayLike | None = None) -> np.ndarray:
    """The outputs' concentrations after the time `t` of the network compiled for each image, (…, c_m), float64.

    Arguments:
        nn: the neural network that is compiled.
        images: the inputs, (…, c_0), finite and not negative.
        t: how long the reactions go on, positive and finite.
        initial: what the other nodes start with, layer after layer: (…, nodes), (nodes,) for all images alike, or a
            number for all nodes alike. Left out: 1.

    Raises ValueError for a wrong argument.
    """
    d = _images(images, nn)
    flat = d.reshape(-1, d.shape[-1])
    start = _start(nn, initial, d.shape[:-1]).reshape(len(flat), sum(nn.sizes[1:]))
    times = output_times(t)[-1:]
    if np.ndim(t):
        raise ValueError(f"Argument `t` must be a number, but it is {t!r}.")
    with double_precision():
        end = integrate(_double(nn), flat, times, _split(nn, start))[-1][0]
        return np.asarray(end).reshape(*d.shape[:-1], nn.sizes[-1])


def simulate(
    nn: FeedForward, d: ArrayLike, t: float | ArrayLike, initial: float | ArrayLike | None = None
) -> Trajectory:
    """The concentrations over time of all nodes but the inputs, of the network compiled for one input.

    The result is that of `crnwidgets.simulate(nn.to_network(d), t)`, for less work.

    Arguments:
        nn: the neural network that is compiled.
        d: the input, (c_0,), finite and not negative.
        t: the end time, for 501 evenly spaced times from 0 on; or the times themselves, (T,), increasing and ≥ 0.
        initial: what the nodes start with, layer after layer, (nodes,), or a number for all alike. Left out: 1.

    Raises ValueError for a wrong argument.
    """
    d = _images(d, nn)
    if d.ndim != 1:
        raise ValueError(f"Argument `d` must have the shape ({nn.sizes[0]},), but it has {d.shape}.")
    times = output_times(t)
    start = _start(nn, initial, ())
    with double_precision():
        layers = integrate(_double(nn), d[None], times, _split(nn, start[None]))
        rows = np.concatenate([np.asarray(x)[:, 0] for x in layers], axis=1)
    names = [node_name(layer, i) for layer, size in enumerate(nn.sizes[1:], start=1) for i in range(1, size + 1)]
    return Trajectory(names, times, rows)


class _State(NamedTuple):
    """Where an integration stands: time and next step, (n,), and the nodes' concentrations, each (n, c_ℓ)."""

    time: Any
    step: Any
    x: Layers


@jax.jit
def integrate(nn: FeedForward, d: Array, times: Array, start: Layers) -> Layers:
    """The concentrations of all nodes at the times, each (T, n, c_ℓ), starting from (n, c_ℓ) at time 0.

    Every image has steps of its own. The numbers must be float64, for the tolerances are; where they are not finite,
    the result is nan.

    Arguments:
        d: (n, c_0).
        times: (T,), increasing and ≥ 0.
    """
    drive = d @ nn.weights[0].T + nn.biases[0]

    def until(state: _State, end: Array) -> tuple[_State, Layers]:
        def step(now: _State) -> _State:
            length = jnp.minimum(now.step, end - now.time)
            x, error = _step(nn, drive, now.x, length[:, None])
            good = error <= 1
            factor = jnp.clip(0.9 * error ** (-1 / len(PARTS)), 0.2, 10.0)
            # A step that an output time cut short says little about the next, but it does not make that shorter.
            following = jnp.where(good, jnp.maximum(length * factor, now.step * (length < now.step)), length * factor)
            time = jnp.where(good, jnp.where(length < now.step, end, now.time + length), now.time)
            return _State(
                time,
                jnp.where(now.time < end, following, now.step),
                jax.tree.map(lambda new, old: jnp.where(good[:, None], new, old), x, now.x),
            )

        state = lax.while_loop(lambda now: jnp.any((now.time < end) & (now.step > _SMALLEST)), step, state)
        return state, tuple(jnp.where((state.time < end)[:, None], jnp.nan, x) for x in state.x)

    fastest = [jnp.max(jnp.abs(rate), axis=-1) for rate in _rates(nn, drive, start)]
    first = 0.1 / (1.0 + jnp.max(jnp.stack(fastest), axis=0))
    return lax.scan(until, _State(jnp.zeros(len(d)), first, start), times)[1]


def _inflow(nn: FeedForward, drive: Array, x: Layers) -> list[Array]:
    """The weighted inputs ρ of all nodes ([NNRN] eq. 14)."""
    return [drive, *(a @ w.T + b for w, b, a in zip(nn.weights[1:], nn.biases[1:], x, strict=False))]


def _rates(nn: FeedForward, drive: Array, x: Layers) -> list[Array]:
    """The derivative of each node's change by its own concentration."""
    q = nn.activation.q
    return [rho - q * (q - 1) * own ** (q - 1) for rho, own in zip(_inflow(nn, drive, x), x, strict=True)]


def _step(nn: FeedForward, drive: Array, x: Layers, length: Array) -> tuple[Layers, Array]:
    """One step, (n, 1) long, by extrapolated linearly implicit Euler, and its error in units of the tolerance, (n,)."""
    q, h = nn.activation.q, nn.activation.h
    lengths = length / PARTS.reshape(-1, 1, 1)
    slower = [1 - lengths * rate for rate in _rates(nn, drive, x)]

    def substep(k: Array, now: Layers) -> Layers:
        # A concentration that rounding took below zero must not drive reactions backwards.
        now = tuple(jnp.maximum(a, 0.0) for a in now)
        new: list[Array] = []
        push: Any = 0.0
        for layer, (rho, own) in enumerate(zip(_inflow(nn, drive, now), now, strict=True)):
            change = h + (rho - (q - 1) * own ** (q - 1)) * own
            if layer:
                change = change + x[layer] * (push @ nn.weights[layer].T)
            push = lengths * change / slower[layer]
            new.append(jnp.where(k < PARTS.reshape(-1, 1, 1), own + push, own))
        return tuple(new)

    ends = tuple(jnp.broadcast_to(a, (len(PARTS), *a.shape)) for a in x)
    ends = lax.fori_loop(0, PARTS[-1], substep, ends)
    results = [extrapolate(end) for end in ends]
    errors = [
        jnp.max(jnp.abs(error) / (_ATOL + _RTOL * jnp.maximum(jnp.abs(end), old)), axis=-1)
        for (end, error), old in zip(results, x, strict=True)
    ]
    worst = jnp.max(jnp.stack(errors), axis=0)
    safe = jnp.where(jnp.isfinite(worst), jnp.maximum(worst, 1e-12), 1e12)
    return tuple(jnp.maximum(end, 0.0) for end, _ in results), safe


def _double(nn: FeedForward) -> FeedForward:
    """The network in float64; the constructor checks that it is finite."""
    return FeedForward(
        [np.asarray(w, dtype=float) for w in nn.weights],
        [np.asarray(b, dtype=float) for b in nn.biases],
        activation=nn.activation,
    )


def _split(nn: FeedForward, nodes: np.ndarray) -> Layers:
    """(…, nodes) as an array for each layer."""
    return tuple(np.split(nodes, np.cumsum(nn.sizes[1:])[:-1], axis=-1))


def _images(images: ArrayLike, nn: FeedForward) -> np.ndarray:
    d = np.asarray(images, dtype=float)
    if d.ndim < 1 or d.shape[-1] != nn.sizes[0]:
        raise ValueError(f"Argument `images` must have the shape (…, {nn.sizes[0]}), but it has {d.shape}.")
    if not np.isfinite(d).all() or (d < 0).any():
        raise ValueError("Argument `images` must be finite and not negative, as concentrations are, but it is not.")
    return d


def _start(nn: FeedForward, initial: float | ArrayLike | None, shape: tuple[int, ...]) -> np.ndarray:
    """The concentrations to start from, (*shape, nodes)."""
    nodes = sum(nn.sizes[1:])
    values = np.asarray(START if initial is None else initial, dtype=float)
    try:
        start = np.broadcast_to(values, (*shape, nodes))
    except ValueError:
        raise ValueError(
            f"Argument `initial` must be a number or have the shape ({nodes},) or {(*shape, nodes)}, but it has "
            f"{values.shape}."
        ) from None
    if not np.isfinite(start).all() or (start < 0).any():
        raise ValueError("Argument `initial` must be finite and not negative, but it is not.")
    q = nn.activation.q
    with np.errstate(over="ignore"):
        if start.size and not q**2 * start.max() ** q < _LARGEST:
            raise ValueError(
                f"Argument `initial` must leave x^{q} a number that a computer can hold, but it has {start.max():g}."
            )
    return start
