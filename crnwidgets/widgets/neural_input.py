"""What a neural network computes with: its input, as every view of it has it."""

from __future__ import annotations

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from crnwidgets.neural import FeedForward

__all__ = ["as_input"]


def as_input(image: ArrayLike, nn: FeedForward) -> np.ndarray:
    """An input for a network as an array of its own that nobody changes.

    Raises TraitError for one that does not fit.
    """
    try:
        d = np.array(image, dtype=float)
    except (TypeError, ValueError):
        raise traitlets.TraitError(f"Argument `image` must hold numbers, but it is {image!r}.") from None
    if d.shape != nn.sizes[:1]:
        raise traitlets.TraitError(f"Argument `image` must have the shape ({nn.sizes[0]},), but it has {d.shape}.")
    if not np.isfinite(d).all() or (d < 0).any():
        raise traitlets.TraitError("Argument `image` must be finite and not negative, as concentrations are.")
    d.setflags(write=False)
    return d
