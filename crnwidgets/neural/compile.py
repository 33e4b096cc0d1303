"""Neural networks → reaction networks: one edge, one node, the whole network ([NNRN] section 5.2)."""

from __future__ import annotations

import gc
import operator
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from crnwidgets.network import Network, Reaction

if TYPE_CHECKING:
    from crnwidgets.neural.feed_forward import FeedForward

__all__ = ["START", "edge", "network", "node", "node_name", "node_names"]

START = 1.0
"""The concentration that all nodes but the inputs start with."""


def node_name(layer: int, i: int) -> str:
    """The species of node i of a layer; nodes count from 1, layers from the inputs' 0."""
    return f"X{layer}_{i}"


def node_names(sizes: Sequence[int]) -> list[str]:
    """The species of all nodes but the inputs, layer after layer, where layers have these sizes, the inputs first."""
    return [node_name(layer, i) for layer, size in enumerate(sizes[1:], start=1) for i in range(1, size + 1)]


def edge(
    nn: FeedForward, d: ArrayLike, layer: int, i: int, j: int, *, enzymes: bool = True, both_signs: bool = True
) -> Network:
    """The elementary network of the edge to node i of a layer from node j of the layer before ([NNRN] Table 1).

    Arguments:
        d, enzymes, both_signs: as for `FeedForward.to_network`.
        layer: from 1, the first after the inputs.
        i, j: from 1.
    """
    builder = _Builder(nn, d, enzymes, both_signs)
    builder.add_node(_place("layer", layer, len(nn.weights)), _place("i", i, nn.sizes[layer]))
    builder.add_edge(layer, i, _place("j", j, nn.sizes[layer - 1]))
    return builder.network()


def node(
    nn: FeedForward, d: ArrayLike, layer: int, i: int, *, enzymes: bool = True, both_signs: bool = True
) -> Network:
    """The network of node i of a layer with all its inputs: the union of the networks of its edges.

    Arguments: as for `edge`.
    """
    builder = _Builder(nn, d, enzymes, both_signs)
    builder.add_node(_place("layer", layer, len(nn.weights)), _place("i", i, nn.sizes[layer]))
    builder.add_edges(layer, i)
    return builder.network()


def network(nn: FeedForward, d: ArrayLike, *, enzymes: bool = True, both_signs: bool = True) -> Network:
    """The network of all nodes, the union of the networks of each; see `FeedForward.to_network`."""
    with _without_collection():
        builder = _Builder(nn, d, enzymes, both_signs)
        for layer, size in enumerate(nn.sizes[1:], start=1):
            for i in range(1, size + 1):
                builder.add_node(layer, i)
                builder.add_edges(layer, i)
        return builder.network()


@contextmanager
def _without_collection() -> Iterator[None]:
    """Garbage collection paused: of 64,000 new reactions none is garbage, and looking took more than half the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Builder:
    """Collects the reactions of nodes and edges, and the species and concentrations that they use."""

    def __init__(self, nn: FeedForward, d: ArrayLike, enzymes: bool, both_signs: bool) -> None:
        self._weights = [np.asarray(w, dtype=float).tolist() for w in nn.weights]
        self._biases = [np.asarray(b, dtype=float).tolist() for b in nn.biases]
        self._activation = nn.activation
        self._inputs = _inputs(d, nn.sizes[0])
        self._enzymes, self._both_signs = enzymes, both_signs
        self._nodes: dict[tuple[int, int], float] = {}
        self._fixed: dict[str, float] = {}
        self._reactions: list[Reaction] = []

    def add_node(self, layer: int, i: int) -> None:
        """What every edge to a node has in common: its production, its bias and its decay."""
        x = node_name(layer, i)
        self._nodes[layer, i] = START
        self._react("H", self._activation.h, {}, {x: 1})
        for sign, value, products in self._signs(self._biases[layer - 1][i - 1], x):
            self._react(f"B{sign}{layer}_{i}", value, {x: 1}, products)
        self._reactions.append(Reaction({x: self._activation.q}, {x: 1}))

    def add_edges(self, layer: int, i: int) -> None:
        """All edges to a node."""
        for j in range(1, len(self._weights[layer - 1][i - 1]) + 1):
            self.add_edge(layer, i, j)

    def add_edge(self, layer: int, i: int, j: int) -> None:
        """The weight of one edge."""
        source, x = node_name(layer - 1, j), node_name(layer, i)
        self._nodes.setdefault((layer - 1, j), START if layer > 1 else self._inputs[j - 1])
        for sign, value, products in self._signs(self._weights[layer - 1][i - 1][j - 1], x):
            self._react(f"W{sign}{layer}_{i}_{j}", value, {source: 1, x: 1}, {source: 1, **products})

    def network(self) -> Network:
        """The network of all that was added: nodes in their order, then enzymes."""
        nodes = {node_name(*place): self._nodes[place] for place in sorted(self._nodes)}
        initial = {**nodes, **self._fixed}
        return Network(self._reactions, species=initial, initial=initial)

    def _signs(self, value: float, x: str) -> tuple[tuple[str, float, dict[str, int]], ...]:
        """The positive and the negative part of a number, with what becomes of one x."""
        return ("p", max(value, 0.0), {x: 2}), ("m", max(-value, 0.0), {})

    def _react(self, enzyme: str, amount: float, reactants: dict[str, int], products: dict[str, int]) -> None:
        """A reaction whose speed is in proportion to an enzyme, or whose rate is the enzyme's amount."""
        if not amount and not self._both_signs:
            return
        if self._enzymes:
            self._fixed[enzyme] = amount
            self._reactions.append(Reaction({**reactants, enzyme: 1}, {**products, enzyme: 1}))
        else:
            self._reactions.append(Reaction(reactants, products, amount))


def _inputs(d: ArrayLike, size: int) -> list[float]:
    """The concentrations of the inputs."""
    try:
        values = np.asarray(d, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"Argument `d` must hold numbers, but it is {d!r}.") from None
    if values.shape != (size,):
        raise ValueError(f"Argument `d` must have the shape ({size},), but it has {values.shape}.")
    if len(bad := np.flatnonzero(~np.isfinite(values) | (values < 0))):
        raise ValueError(f"Argument `d` must be finite and not negative, but d[{bad[0]}] is {values[bad[0]]:g}.")
    return values.tolist()


def _place(argument: str, value: int, most: int) -> int:
    """A number that counts from 1."""
    number = operator.index(value)
    if not 1 <= number <= most:
        raise ValueError(f"Argument `{argument}` must be from 1 to {most}, but it is {number}.")
    return number
