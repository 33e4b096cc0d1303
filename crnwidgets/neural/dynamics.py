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
from crnwidgets.dynamics.stiff import extrapolate
from crnwidgets.neural.compile import START, node_names
from crnwidgets.neural.feed_forward import FeedForward

__all__ = ["drive", "integrate", "settle", "simulate"]

_PARTS = np.arange(2, 10)  # substeps; they cost so little here that eighth order takes half the time of sixth
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
    flat, nn = d.reshape(-1, d.shape[-1]), _double(nn)
    start = _start(nn, initial, d.shape[:-1]).reshape(len(flat), sum(nn.sizes[1:]))
    times = output_times(t)[-1:]
    if np.ndim(t):
        raise ValueError(f"Argument `t` must be a number, but it is {t!r}.")
    with double_precision():
        end = np.asarray(integrate(nn, drive(nn, flat), times, _split(nn, start))[-1])
        return end.reshape(*d.shape[:-1], nn.sizes[-1])


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
        double = _double(nn)
        layers = integrate(double, drive(double, d[None]), times, _split(nn, start[None]))
        rows = np.concatenate([np.asarray(x)[:, 0] for x in layers], axis=1)
    return Trajectory(node_names(nn.sizes), times, rows)


class _State(NamedTuple):
    """Where an integration stands: time and next step, (n,), and the nodes' concentrations, each (n, c_ℓ)."""

    time: Any
    step: Any
    x: Layers


def drive(nn: FeedForward, d: Any) -> Any:
    """The weighted inputs of the first layer's nodes, (n, c_1), from (n, c_0): they stay as they are."""
    return d @ nn.weights[0].T + nn.biases[0]


@jax.jit
def integrate(nn: FeedForward, drive: Array, times: Array, start: Layers) -> Layers:
    """The concentrations of all nodes at the times, each (T, n, c_ℓ), starting from (n, c_ℓ) at time 0.

    Every image has steps of its own. The numbers must be float64, for the tolerances are; where they are not finite,
    the result is nan.

    Arguments:
        drive: see the function of that name; the first layer's weights, most of all, are then not needed here.
        times: (T,), increasing and ≥ 0.
    """

    def until(state: _State, end: Array) -> tuple[_State, Layers]:
        def step(now: _State) -> _State:
            length = jnp.minimum(now.step, end - now.time)
            x, error = _step(nn, drive, now.x, length[:, None])
            good = error <= 1
            factor = jnp.clip(0.9 * error ** (-1 / len(_PARTS)), 0.2, 10.0)
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
    return lax.scan(until, _State(jnp.zeros(len(drive)), first, start), times)[1]


def _rates(nn: FeedForward, drive: Array, x: Layers) -> list[Array]:
    """The derivative of each node's change by its own concentration; `drive` is the first layer's weighted input."""
    q = nn.activation.q
    inflow = [drive, *(a @ w.T + b for w, b, a in zip(nn.weights[1:], nn.biases[1:], x, strict=False))]
    return [rho - q * (q - 1) * own ** (q - 1) for rho, own in zip(inflow, x, strict=True)]


def _step(nn: FeedForward, drive: Array, x: Layers, length: Array) -> tuple[Layers, Array]:
    """One step, (n, 1) long, by extrapolation, and its error in units of the tolerance, (n,).

    A substep is one of Euler's linearly implicit method in each layer, driven by the layer before as the same substep
    left it.
    """
    q, h = nn.activation.q, nn.activation.h
    parts = _PARTS.reshape(-1, 1, 1)
    lengths = length / parts

    def substep(k: Array, now: Layers) -> Layers:
        new: list[Array] = []
        for layer, own in enumerate(now):
            rho = new[-1] @ nn.weights[layer].T + nn.biases[layer] if layer else drive
            power = (q - 1) * own ** (q - 1)
            push = lengths * (h + (rho - power) * own) / (1 - lengths * (rho - q * power))
            # A concentration that rounding took below zero must not drive reactions backwards.
            new.append(jnp.where(k < parts, jnp.maximum(own + push, 0.0), own))
        return tuple(new)

    ends = tuple(jnp.broadcast_to(a, (len(_PARTS), *a.shape)) for a in x)
    ends = lax.fori_loop(0, _PARTS[-1], substep, ends)
    results = [extrapolate(end, _PARTS) for end in ends]
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
