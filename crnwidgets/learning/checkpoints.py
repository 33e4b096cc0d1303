"""A training run in one file: the arrays and a JSON header in a .npz archive, without pickle."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import jax
import numpy as np

from crnwidgets.learning.task import Task

__all__ = ["CheckpointError", "fingerprint", "load", "read_header", "save"]

_FORMAT = "crnwidgets training run"
_VERSION = 3
"""To be raised with every change of what is in a file, the shape of the optimiser's state included."""
_HEADER = "header"

Tree = TypeVar("Tree")


class CheckpointError(ValueError):
    """A file that is not a training run, is damaged, or belongs to another run."""


def save(path: str | os.PathLike[str], header: Mapping[str, Any], state: Any) -> None:
    """Write a state, any tree of arrays, and a header of JSON values; an older file is replaced only when all is well.

    Raises OSError if the file cannot be written.
    """
    path = Path(path)
    arrays: dict[str, Any] = {name: np.asarray(leaf) for name, leaf in _named(state)}
    arrays[_HEADER] = np.array(json.dumps({"format": _FORMAT, "version": _VERSION, **header}))
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("wb") as file:
            np.savez(file, **arrays)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_header(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The header that `save` was given.

    Raises CheckpointError for a damaged or foreign file, and OSError if it cannot be read.
    """
    return _read(path)[0]


def load(path: str | os.PathLike[str], like: Tree) -> Tree:
    """The state that `save` was given, as a tree like the one given here: same structure, shapes and types.

    Raises CheckpointError for a damaged or foreign file or if an array does not fit; OSError if it cannot be read.
    """
    _, arrays = _read(path)
    leaves = []
    for name, leaf in _named(like):
        if name not in arrays:
            raise CheckpointError(f"{path} must hold the array {name!r}, but it does not: it is from another run.")
        found = arrays[name]
        if (found.shape, found.dtype) != (leaf.shape, leaf.dtype):
            raise CheckpointError(
                f"{path} must hold {name!r} as {leaf.dtype} of shape {leaf.shape}, but it holds {found.dtype} of shape "
                f"{found.shape}: it is from another run."
            )
        leaves.append(jax.numpy.asarray(found))
    if len(arrays) > len(leaves):
        raise CheckpointError(
            f"{path} must hold {len(leaves)} arrays, but it holds {len(arrays)}: it is from another run."
        )
    return jax.tree.unflatten(jax.tree.structure(like), leaves)


def fingerprint(task: Task) -> str:
    """A short text that two tasks share only if they are of the same class and equal in all attributes."""
    digest = hashlib.sha256(type(task).__qualname__.encode())
    for name, value in sorted(vars(task).items()):
        digest.update(f"{name}{np.shape(value)}".encode())
        is_array = isinstance(value, (np.ndarray, jax.Array))
        digest.update(np.asarray(value, dtype=float).tobytes() if is_array else repr(value).encode())
    return digest.hexdigest()[:16]


def _named(tree: Any) -> list[tuple[str, Any]]:
    paths, _ = jax.tree.flatten_with_path(tree)
    return [("state" + jax.tree_util.keystr(path), leaf) for path, leaf in paths]


def _read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    try:
        # The archive checks each entry against its sum while reading.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(str(arrays.pop(_HEADER)))
        known = header["format"] == _FORMAT
        version = int(header["version"])
    except OSError:
        raise
    except Exception as error:  # whatever a damaged archive makes its readers raise
        raise CheckpointError(f"{path} must be a saved training run, but it is damaged or something else.") from error
    if not known:
        raise CheckpointError(f"{path} must be a saved training run, but it says it is a {header['format']!r}.")
    if version != _VERSION:
        other = "an older" if version < _VERSION else "a newer"
        raise CheckpointError(
            f"{path} must have the version {_VERSION} of the format, but it has {version}: {other} crnwidgets wrote it."
        )
    return header, arrays
