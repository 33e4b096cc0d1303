"""The fixed-step solver compiled from C++ (kernel.cc), where a compiler was at hand when crnwidgets was built."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

__all__ = ["LARGEST", "LIBRARY", "backward", "chambers_backward", "chambers_forward", "forward", "problem"]

LARGEST = 32
"""The most species that the kernel takes."""

LIBRARY = "kernel.so"
"""The file that build.py makes."""

_FOLDER = Path(__file__).parent

_FORWARD, _BACKWARD = "crnwidgets_forward", "crnwidgets_backward"
_CHAMBERS_FORWARD, _CHAMBERS_BACKWARD = "crnwidgets_chambers_forward", "crnwidgets_chambers_backward"

_FEW = 2  # states, that are better off with their species in the lanes of a vector than themselves
_LANES = 8  # of a vector; of the longest ones twice as many, which are used where they are not half empty

Membranes = tuple[tuple[int, int], ...]


@cache
def problem() -> str:
    """Why the kernel cannot be used, as the rest of a sentence, or nothing; the first call loads it."""
    library = _FOLDER / LIBRARY
    if not library.exists():
        return "the native kernel was not built when crnwidgets was installed, which needs a C++ compiler"
    try:
        symbols = ctypes.CDLL(str(library))
        for name in (_FORWARD, _BACKWARD, _CHAMBERS_FORWARD, _CHAMBERS_BACKWARD):
            jax.ffi.register_ffi_target(name, jax.ffi.pycapsule(getattr(symbols, name)), platform="cpu")
    except Exception as error:
        # A library for another machine, or for a release of JAX that differs too much.
        return f"the native kernel cannot be loaded: {error}"
    return ""


def forward(T: Array, x0: Array, *, dt: float, saves: int, every: int, apart: bool) -> Array:
    """The saved states, (P, B, saves + 1, N), from tensors (P, N, N, N) and states (P, B, N), float32.

    Arguments:
        apart: whether they lie in memory as their shape says; else as `backward` takes them.
    """
    call = partial(jax.ffi.ffi_call, _FORWARD, vmap_method="sequential")
    return _saved(call, T, x0, saves=saves, apart=apart, **_numbers(dt, every, x0))


def backward(T: Array, states: Array, slopes: Array, *, dt: float, every: int) -> tuple[Array, Array]:
    """The gradients for T and x0, from the saved states and the gradients for them, both (P, B, K, N), float32."""
    networks, batch, _, species = states.shape
    rows = _rows(states)
    result = _like(T), _like(rows[:1])
    call = jax.ffi.ffi_call(_BACKWARD, result, vmap_method="sequential")
    for_tensors, for_start = call(T, rows, _rows(slopes), **_numbers(dt, every, states))
    return for_tensors, _states(for_start, (networks, batch, species))[:, :, 0]


def chambers_forward(
    T: Array, D: Array, x0: Array, *, membranes: Membranes, dt: float, saves: int, every: int, apart: bool
) -> Array:
    """The same with chambers: permeabilities D (P, E, N), E ≥ 1, and states (P, B, C, N) → (P, B, saves + 1, C, N)."""
    call = partial(jax.ffi.ffi_call, _CHAMBERS_FORWARD, vmap_method="sequential")
    return _saved(call, T, D, x0, saves=saves, apart=apart, membranes=_pairs(membranes), **_numbers(dt, every, x0))


def chambers_backward(
    T: Array, D: Array, states: Array, slopes: Array, *, membranes: Membranes, dt: float, every: int
) -> tuple[Array, Array, Array]:
    """The gradients for T, D and x0, from the saved states and the gradients for them, both (P, B, K, C, N)."""
    networks, batch, _, *state = states.shape
    rows = _rows(states)
    result = _like(T), _like(D), _like(rows[:1])
    call = jax.ffi.ffi_call(_CHAMBERS_BACKWARD, result, vmap_method="sequential")
    for_tensors, for_D, for_start = call(
        T, D, rows, _rows(slopes), membranes=_pairs(membranes), **_numbers(dt, every, states)
    )
    return for_tensors, for_D, _states(for_start, (networks, batch, *state))[:, :, 0]


def _rows(states: Array) -> Array:
    """States (P, B, K, N) or (P, B, K, C, N) as the kernel takes them: (K, n, room for P B states).

    Next to each other are what it loads into a vector. Of few states it loads the species instead, if a vector holds
    them; that is told by there being no more room than for the states.
    """
    networks, batch, times, *state = states.shape
    rows = states.reshape(networks * batch, times, -1).transpose(1, 2, 0)
    if networks * batch <= _FEW and len(state) == 1 and 2 <= state[0] <= 8:
        return rows
    return jnp.pad(rows, ((0, 0), (0, 0), (0, -networks * batch % _LANES)))


def _saved(call: Callable[..., Any], *arrays: Array, saves: int, apart: bool, **attributes: Any) -> Array:
    """What a forward call makes of its arrays, the last of which are the states at the start."""
    *others, x0 = arrays
    networks, batch, *state = x0.shape
    start = _rows(x0[:, :, None])
    shape = (networks, batch, saves + 1, *state) if apart else (saves + 1, *start.shape[1:])
    result = call(jax.ShapeDtypeStruct(shape, jnp.float32))(*others, start, apart=apart, **attributes)
    return result if apart else _states(result, x0.shape)


def _states(rows: Array, shape: tuple[int, ...]) -> Array:
    """What `_rows` makes of it: (K, n, …) → (P, B, K, …) for states (P, B, …)."""
    networks, batch, *state = shape
    states = rows[..., : networks * batch].reshape(-1, *state, networks, batch)
    return jnp.moveaxis(states, (-2, -1), (0, 1))


def _like(array: Array) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(array.shape, jnp.float32)


def _numbers(dt: float, every: int, states: Array) -> dict[str, np.generic]:
    return {"dt": np.float32(dt), "every": np.int64(every), "batch": np.int64(states.shape[1])}


def _pairs(membranes: Membranes) -> np.ndarray:
    return np.array(membranes, np.int64).ravel()
