"""The fixed-step solver compiled from C++ (kernel.cc), where a compiler was at hand when crnwidgets was built."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path

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


def forward(T: Array, x0: Array, *, dt: float, saves: int, every: int) -> Array:
    """The saved states, (P, B, saves + 1, N), from tensors (P, N, N, N) and states (P, B, N), float32."""
    networks, batch, species = x0.shape
    result = jax.ShapeDtypeStruct((networks, batch, saves + 1, species), jnp.float32)
    call = jax.ffi.ffi_call(_FORWARD, result, vmap_method="sequential")
    return call(T, x0, dt=np.float32(dt), every=np.int64(every))


def backward(T: Array, states: Array, slopes: Array, *, dt: float, every: int) -> tuple[Array, Array]:
    """The gradients for T and x0, from the saved states and the gradients for them, both (P, B, K, N), float32."""
    networks, batch, _, species = states.shape
    result = jax.ShapeDtypeStruct(T.shape, jnp.float32), jax.ShapeDtypeStruct((networks, batch, species), jnp.float32)
    call = jax.ffi.ffi_call(_BACKWARD, result, vmap_method="sequential")
    for_tensors, for_start = call(T, states, slopes, dt=np.float32(dt), every=np.int64(every))
    return for_tensors, for_start


def chambers_forward(
    T: Array, D: Array, x0: Array, *, membranes: Membranes, dt: float, saves: int, every: int
) -> Array:
    """The same with chambers: permeabilities D (P, E, N), E ≥ 1, and states (P, B, C, N) → (P, B, saves + 1, C, N)."""
    networks, batch, chambers, species = x0.shape
    result = jax.ShapeDtypeStruct((networks, batch, saves + 1, chambers, species), jnp.float32)
    call = jax.ffi.ffi_call(_CHAMBERS_FORWARD, result, vmap_method="sequential")
    return call(T, D, x0, dt=np.float32(dt), every=np.int64(every), membranes=_pairs(membranes))


def chambers_backward(
    T: Array, D: Array, states: Array, slopes: Array, *, membranes: Membranes, dt: float, every: int
) -> tuple[Array, Array, Array]:
    """The gradients for T, D and x0, from the saved states and the gradients for them, both (P, B, K, C, N)."""
    networks, batch, _, *state = states.shape
    shapes = T.shape, D.shape, (networks, batch, *state)
    result = tuple(jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes)
    call = jax.ffi.ffi_call(_CHAMBERS_BACKWARD, result, vmap_method="sequential")
    pairs = _pairs(membranes)
    for_tensors, for_D, for_start = call(
        T, D, states, slopes, dt=np.float32(dt), every=np.int64(every), membranes=pairs
    )
    return for_tensors, for_D, for_start


def _pairs(membranes: Membranes) -> np.ndarray:
    return np.array(membranes, np.int64).ravel()
