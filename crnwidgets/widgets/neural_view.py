"""A neural network as chemistry: its nodes fill until they are at their activations ([NNRN] sections 5 and 6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from crnwidgets.neural import FeedForward
from crnwidgets.widgets.lone_view import LoneView
from crnwidgets.widgets.neural_input import as_input
from crnwidgets.widgets.wire import encode_neurons

__all__ = ["NeuralView"]

_EXAMPLES = 100
"""The most that go to the browser."""


class NeuralView(LoneView, bundle="neural_view"):
    """A neural network that computes as reactions do, live: what its nodes have, and what they settle to.

    Where the inputs are a square of at least 4 × 4, they are a picture that a hand draws; else they have sliders, or
    bars where they are more than 16. The reactions go on while the inputs change.

    Arguments:
        nn: the neural network that is compiled.
        image: the inputs at first, (c_0,); left out: the first of the examples, or 0.
        examples: images and labels, (n, c_0) and (n,), to go through; the first 100 are.
        names: of the outputs, one for each; left out: "0", "1", and so on.

    Traits:
        nn: the neural network; assign another one, with as many inputs and outputs, for example while it learns.
        image: the inputs, (c_0,), finite and not negative; follows the hand.
        names: the names of the outputs.

    Raises TypeError for an unknown keyword argument or what is no network, ValueError for examples that do not fit,
    TraitError for an image or names that do not.
    """

    nn = traitlets.Instance(FeedForward, help="The neural network shown.")
    image = traitlets.Any(help="The inputs, (c_0,).")
    names = traitlets.List(traitlets.Unicode(), help="The names of the outputs.").tag(sync=True)
    _network = traitlets.Dict().tag(sync=True)
    _image = traitlets.Bytes(help="The inputs as float32 bytes.").tag(
        sync=True, echo_update=False, from_json=lambda v, _: bytes(v)
    )
    _examples = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        nn: FeedForward,
        *,
        image: ArrayLike | None = None,
        examples: tuple[ArrayLike, ArrayLike] | None = None,
        names: Iterable[str] | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(nn, FeedForward):
            raise TypeError(f"Argument `nn` must be a FeedForward, but it is of type {type(nn).__name__}.")
        images, labels = _fitting(nn, examples)
        self._first = {"images": images.astype("<f4").tobytes(), "labels": labels.tolist()}
        if image is None:
            image = images[0] if len(images) else np.zeros(nn.sizes[0])
        super().__init__(
            nn=nn,
            image=as_input(image, nn),
            names=[str(i) for i in range(nn.sizes[-1])] if names is None else [str(name) for name in names],
            **kwargs,
        )

    @property
    def outputs(self) -> np.ndarray:
        """What the network computes of the image, (c_m,)."""
        return np.asarray(self.nn(self.image))

    @property
    def answer(self) -> str:
        """The name of the largest output."""
        return self.names[int(np.argmax(self.outputs))]

    @traitlets.default("_examples")
    def _default_examples(self) -> dict[str, Any]:
        return self._first

    @traitlets.validate("nn")
    def _check_nn(self, proposal: Any) -> FeedForward:
        nn = proposal.value
        before = self._network.get("sizes", nn.sizes)
        if (nn.sizes[0], nn.sizes[-1]) != (before[0], before[-1]):
            raise traitlets.TraitError(
                f"Argument `nn` must have {before[0]} inputs and {before[-1]} outputs as before, but its sizes are "
                f"{nn.sizes}."
            )
        return nn

    @traitlets.observe("nn")
    def _show_nn(self, change: Any) -> None:
        self._network = encode_neurons(change.new)

    @traitlets.validate("image")
    def _check_image(self, proposal: Any) -> np.ndarray:
        return as_input(proposal.value, self.nn)

    @traitlets.observe("image")
    def _show_image(self, change: Any) -> None:
        self._image = change.new.astype("<f4").tobytes()

    @traitlets.observe("_image")
    def _follow_hand(self, change: Any) -> None:
        if change.new != self.image.astype("<f4").tobytes():
            self.image = np.frombuffer(change.new, "<f4")

    @traitlets.validate("names")
    def _check_names(self, proposal: Any) -> list[str]:
        if len(proposal.value) != self.nn.sizes[-1]:
            raise traitlets.TraitError(
                f"Argument `names` must have a name for each of {self.nn.sizes[-1]} outputs, but it is "
                f"{proposal.value}."
            )
        return proposal.value


def _fitting(nn: FeedForward, examples: tuple[ArrayLike, ArrayLike] | None) -> tuple[np.ndarray, np.ndarray]:
    """The examples that the browser gets: images, (n, c_0), and which output is right for each, (n,)."""
    if examples is None:
        return np.empty((0, nn.sizes[0])), np.empty(0, dtype=int)
    if not isinstance(examples, (tuple, list)) or len(examples) != 2:
        raise ValueError("Argument `examples` must be images and labels, but it is not two things.")
    images, labels = np.asarray(examples[0], dtype=float), np.asarray(examples[1])
    if images.ndim != 2 or images.shape[1] != nn.sizes[0] or labels.shape != images.shape[:1]:
        raise ValueError(
            f"Argument `examples` must have images of the shape (n, {nn.sizes[0]}) and labels of (n,), but these have "
            f"{images.shape} and {labels.shape}."
        )
    images, labels = images[:_EXAMPLES], labels[:_EXAMPLES]
    if not np.isfinite(images).all() or (images < 0).any():
        raise ValueError("Argument `examples` must have images that are finite and not negative, but it has not.")
    whole = np.issubdtype(labels.dtype, np.integer)
    if len(labels) and (not whole or labels.min() < 0 or labels.max() >= nn.sizes[-1]):
        raise ValueError(
            f"Argument `examples` must have whole numbers from 0 to {nn.sizes[-1] - 1} as labels, but it has not."
        )
    return images, labels
