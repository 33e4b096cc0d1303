"""Many starts that fall into one point: convergence "from infinity" of a compiled network ([NNRN] Figs. 11 and 12)."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets
from numpy.typing import ArrayLike

from crnwidgets.neural import FeedForward
from crnwidgets.neural.compile import node_names
from crnwidgets.palette import color
from crnwidgets.widgets.lone_view import LoneView, within
from crnwidgets.widgets.neural_input import as_input
from crnwidgets.widgets.wire import encode_neurons

__all__ = ["ConvergencePlot"]

_RANGES = {"starts": (2, 40), "highest": (1, 1e6), "seed": (0, 2**32 - 1)}


class ConvergencePlot(LoneView, bundle="convergence_plot"):
    """How the nodes of a compiled network come from many starts to the activations, however high they start.

    On the left the concentration of one node over time, on the right how far the farthest of all nodes is from its
    activation, relative to that, beside the slope that the slowest node's rate gives in the end. All nodes start from
    0, all from `highest`, and then each from a random concentration between 0.01 and `highest`.

    Arguments:
        nn: the neural network that is compiled.
        image: its input, (c_0,), finite and not negative.
        starts, highest, node, seed: the traits.

    Traits, all of which may be assigned and observed:
        nn: the neural network; another one must take the same inputs.
        image: the input, as an array.
        starts: how many starts, from 2 to 40.
        highest: the highest concentration to start from, from 1 to 1,000,000.
        node: the species of the node on the left, such as "X2_8"; left out: that of the largest output.
        seed: of the random starts.

    Raises TypeError for an unknown keyword argument, TraitError for a wrong value.
    """

    nn = traitlets.Instance(FeedForward, help="The neural network that is compiled.")
    image = traitlets.Any(help="The input.")
    starts = traitlets.Int(20, help="How many starts.").tag(sync=True, echo_update=False)
    highest = traitlets.Float(1e6, help="The highest concentration to start from.").tag(sync=True, echo_update=False)
    node = traitlets.Unicode(help="The species of the node on the left.").tag(sync=True, echo_update=False)
    seed = traitlets.Int(0, help="Of the random starts.").tag(sync=True, echo_update=False)
    _neurons = traitlets.Dict().tag(sync=True)
    _image = traitlets.Bytes(help="The input, float32.").tag(sync=True)
    _ranges = traitlets.Dict(_RANGES, help="The least and the greatest value of each.").tag(sync=True)
    _color = traitlets.Unicode(color(0), help="Of the curves.").tag(sync=True)

    def __init__(self, nn: FeedForward, image: ArrayLike, *, node: str | None = None, **kwargs: Any) -> None:
        if not isinstance(nn, FeedForward):
            raise TypeError(f"Argument `nn` must be a FeedForward, but it is {type(nn).__name__}.")
        d = as_input(image, nn)
        largest = _outputs(nn)[int(np.argmax(nn(d)))]
        super().__init__(nn=nn, image=d, node=largest if node is None else node, **kwargs)

    @traitlets.validate("nn")
    def _check_nn(self, proposal: Any) -> FeedForward:
        if self.trait_has_value("image") and proposal.value.sizes[0] != len(self.image):
            raise traitlets.TraitError(
                f"Argument `nn` must have as many inputs as `image`, {len(self.image)}, but it has "
                f"{proposal.value.sizes[0]}."
            )
        return proposal.value

    @traitlets.observe("nn")
    def _show_nn(self, change: Any) -> None:
        with self.hold_sync():
            self._neurons = encode_neurons(change.new)
            if self.node and self.node not in node_names(change.new.sizes):
                self.node = _outputs(change.new)[0]

    @traitlets.validate("image")
    def _check_image(self, proposal: Any) -> np.ndarray:
        return as_input(proposal.value, self.nn)

    @traitlets.observe("image")
    def _show_image(self, change: Any) -> None:
        self._image = change.new.astype(np.float32).tobytes()

    @traitlets.validate("node")
    def _check_node(self, proposal: Any) -> str:
        names = node_names(self.nn.sizes)
        if proposal.value not in names:
            raise traitlets.TraitError(
                f"Argument `node` must be one of {names[0]} to {names[-1]}, but it is {proposal.value!r}."
            )
        return proposal.value

    @traitlets.validate("starts", "highest", "seed")
    def _check_range(self, proposal: Any) -> Any:
        return within(proposal, _RANGES)


def _outputs(nn: FeedForward) -> list[str]:
    return node_names(nn.sizes)[-nn.sizes[-1] :]
