"""Hand-written digits to learn from: those that scikit-learn brings along, and MNIST."""

from __future__ import annotations

import gzip
import math
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["digits", "mnist"]

Examples = tuple[np.ndarray, np.ndarray]
"""Images, (n, pixels), float64 from 0 to 1, and their labels, (n,), integers from 0 to 9."""


def digits() -> Examples:
    """The 1,797 digits of 8 × 8 pixels that scikit-learn brings along: images (1797, 64) and labels; needs no network.

    Raises ImportError if scikit-learn is not installed.
    """
    found = _scikit_learn().load_digits()
    return found.data / 16, found.target.astype(np.int64)


def mnist(images: str | Path | None = None, labels: str | Path | None = None) -> Examples:
    """MNIST's digits of 28 × 28 pixels: images (n, 784) and labels ([NNRN] section 6).

    Arguments:
        images: an NPZ file with the arrays `images` and `labels`, or the IDX file of the images, as it is or with gzip.
            Left out: all 70,000 from openml.org, which scikit-learn fetches once and keeps.
        labels: the IDX file of the labels, where `images` is one.

    Raises ValueError for a file that is neither, and ImportError if scikit-learn is needed and not installed.
    """
    if images is None:
        found = _scikit_learn().fetch_openml("mnist_784", version=1, as_frame=False)
        return _examples(found.data, found.target)
    if Path(images).suffix == ".npz":
        with np.load(images) as arrays:
            if missing := {"images", "labels"}.difference(arrays):
                raise ValueError(
                    f"Argument `images` must be a file with arrays `images` and `labels`, but {images} has no "
                    f"{min(missing)}."
                )
            return _examples(arrays["images"], arrays["labels"])
    if labels is None:
        raise ValueError("Argument `labels` must be an IDX file as `images` is, but it is left out.")
    return _examples(_idx("images", images, 3), _idx("labels", labels, 1))


def _examples(images: Any, labels: Any) -> Examples:
    d = np.asarray(images)
    return d.reshape(len(d), -1) / 255, np.asarray(labels).astype(np.int64)


def _idx(argument: str, path: str | Path, axes: int) -> np.ndarray:
    """The unsigned bytes of an IDX file: two zeros, type 8, the number of axes, their lengths, then the values."""
    content = Path(path).read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    start = 4 + 4 * axes
    shape = np.frombuffer(content[4:start], dtype=">u4").tolist() if len(content) >= start else []
    if content[:4] != bytes([0, 0, 8, axes]) or len(content) != start + math.prod(shape):
        raise ValueError(f"Argument `{argument}` must be an IDX file of bytes with {axes} axes, but {path} is not one.")
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def _scikit_learn() -> Any:
    try:
        from sklearn import datasets
    except ImportError:
        raise ImportError('These digits need scikit-learn; install it with: pip install "crnwidgets[digits]"') from None
    return datasets
