"""Feed-forward neural networks, what their mistakes cost, and the gradient of that cost ([NNRN] section 3)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from crnwidgets.network import Network
from crnwidgets.neural import compile
from crnwidgets.neural.activations import PolynomialDecay, SmoothReLU

__all__ = ["Cost", "FeedForward", "cross_entropy", "gradient", "one_norm", "quadratic"]

Cost = Callable[[Any, Any], Array]
"""From outputs and targets, both (…, c_m), to a number for each pair, (…)."""


@jax.tree_util.register_pytree_node_class
class FeedForward:
    """A hardwired feed-forward neural network ([NNRN] section 3.2); a pytree of its weights and biases.

    Arguments:
        weights: W^ℓ for ℓ = 1 … m, each (c_ℓ, c_(ℓ−1)): an entry is the weight of the edge from its column to its row.
        biases: β^ℓ for ℓ = 1 … m, each (c_ℓ,).
        activation: of every node that is not an input.

    Attributes:
        weights, biases: tuples of arrays.
        activation: as given.

    Raises ValueError for shapes that do not fit together or numbers that are not finite.
    """

    def __init__(
        self,
        weights: Iterable[ArrayLike],
        biases: Iterable[ArrayLike],
        *,
        activation: PolynomialDecay = SmoothReLU(1.0),  # noqa: B008 (immutable)
    ) -> None:
        if not isinstance(activation, PolynomialDecay):
            raise TypeError(f"Argument `activation` must be a PolynomialDecay, but it is {activation!r}.")
        self.weights = tuple(_finite("weights", w, 2) for w in weights)
        self.biases = tuple(_finite("biases", b, 1) for b in biases)
        self.activation = activation
        if not self.weights:
            raise ValueError("Argument `weights` must have a matrix for each layer after the input, but it is empty.")
        rows, values = [len(w) for w in self.weights], [len(b) for b in self.biases]
        if values != rows:
            raise ValueError(f"Argument `biases` must have a value for each node, {rows}, but it has {values}.")
        columns = [w.shape[1] for w in self.weights]
        if columns[1:] != rows[:-1]:
            raise ValueError(
                f"Argument `weights` must have a column for each node of the layer before, {rows[:-1]}, but after the "
                f"first they have {columns[1:]}."
            )
        if 0 in self.sizes:
            raise ValueError(f"Argument `weights` must have nodes in every layer, but the sizes are {self.sizes}.")

    @classmethod
    def random(
        cls,
        sizes: Sequence[int],
        *,
        activation: PolynomialDecay = SmoothReLU(1.0),  # noqa: B008 (immutable)
        seed: int = 0,
    ) -> FeedForward:
        """Scaled Gaussian weights and Gaussian biases ([NNRN] section 6).

        Arguments:
            sizes: c_0, …, c_m: how many nodes each layer has, the inputs first; at least two numbers.
            activation: of every node that is not an input.
            seed: two networks with the same seed are the same.

        Raises ValueError for sizes that are not positive or fewer than two.
        """
        try:
            counts = [operator.index(size) for size in sizes]
        except TypeError:
            raise TypeError(f"Argument `sizes` must be whole numbers, but it is {sizes!r}.") from None
        if len(counts) < 2 or min(counts) < 1:
            raise ValueError(f"Argument `sizes` must be two or more positive numbers, but it is {sizes!r}.")
        draw = np.random.default_rng(seed)
        weights = [draw.standard_normal((c, before)) / np.sqrt(before) for before, c in pairwise(counts)]
        return cls(weights, [draw.standard_normal(c) for c in counts[1:]], activation=activation)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many nodes each layer has, the inputs first."""
        return (self.weights[0].shape[1], *(len(w) for w in self.weights))

    def activations(self, d: ArrayLike) -> tuple[Array, ...]:
        """The activations a^1, …, a^m of all layers after the input, each (…, c_ℓ) ([NNRN] eqs. 6 and 7).

        Arguments:
            d: the inputs, (…, c_0).

        Raises ValueError for inputs of another size.
        """
        a = jnp.asarray(d)
        if a.ndim < 1 or a.shape[-1] != self.sizes[0]:
            raise ValueError(f"Argument `d` must have the shape (…, {self.sizes[0]}), but it has {a.shape}.")
        layers = []
        for w, b in zip(self.weights, self.biases, strict=True):
            a = self.activation(a @ jnp.asarray(w).T + jnp.asarray(b))
            layers.append(a)
        return tuple(layers)

    def __call__(self, d: ArrayLike) -> Array:
        """The outputs Ψ(d) = a^m, (…, c_m), for inputs (…, c_0)."""
        return self.activations(d)[-1]

    def to_network(self, d: ArrayLike, *, enzymes: bool = True, both_signs: bool = True) -> Network:
        """The reactions that compute this network's function of `d` ([NNRN] Table 1 and section 5.2).

        Node i of layer ℓ is the species Xℓ_i, counted from 1; the inputs X0_j keep their concentrations, and all other
        nodes start at 1. The weight from node j to node i of layer ℓ is the difference of the enzymatic species Wpℓ_i_j
        and Wmℓ_i_j, the bias that of Bpℓ_i and Bmℓ_i, and h is the enzymatic species H.

        Arguments:
            d: the inputs, (c_0,), finite and not negative, as concentrations are.
            enzymes: whether weights, biases and h are species; else they are rates.
            both_signs: whether each weight and bias has reactions for both signs, as in Table 1, one of them idle; else
                only those reactions are there that do something.

        Raises ValueError for wrong inputs.
        """
        return compile.network(self, d, enzymes=enzymes, both_signs=both_signs)

    def __repr__(self) -> str:
        return f"<FeedForward: {'-'.join(map(str, self.sizes))}, {self.activation!r}>"

    def tree_flatten(self) -> tuple[tuple[Any, Any], PolynomialDecay]:
        """The parts that JAX may change, and the one it may not."""
        return (self.weights, self.biases), self.activation

    @classmethod
    def tree_unflatten(cls, activation: PolynomialDecay, parts: tuple[Any, Any]) -> FeedForward:
        """The network with parts that JAX made, which need not be arrays."""
        network = object.__new__(cls)
        network.weights, network.biases = parts
        network.activation = activation
        return network


def quadratic(outputs: ArrayLike, targets: ArrayLike) -> Array:
    """Half the squared distance, (…), of (…, c_m) and (…, c_m) ([NNRN] eq. 9)."""
    return 0.5 * jnp.sum((jnp.asarray(outputs) - jnp.asarray(targets)) ** 2, axis=-1)


def one_norm(outputs: ArrayLike, targets: ArrayLike) -> Array:
    """The sum of the absolute differences, (…), of (…, c_m) and (…, c_m) ([NNRN] section 3.3)."""
    return jnp.sum(jnp.abs(jnp.asarray(outputs) - jnp.asarray(targets)), axis=-1)


def cross_entropy(outputs: ArrayLike, targets: ArrayLike) -> Array:
    """The cross-entropy, (…), of (…, c_m) and (…, c_m) ([NNRN] section 3.3).

    It is defined for outputs between 0 and 1 only, and nan for others.
    """
    a, truth = jnp.asarray(outputs), jnp.asarray(targets)
    return -jnp.sum(truth * jnp.log(a) + (1 - truth) * jnp.log1p(-a), axis=-1)


def gradient(
    nn: FeedForward, d: ArrayLike, targets: ArrayLike, layers: Sequence[ArrayLike], cost: Cost = quadratic
) -> FeedForward:
    """The gradient of the mean cost by weights and biases, from the values of all nodes ([NNRN] eqs. 8 and 10).

    Arguments:
        d, targets: (n, c_0) and (n, c_m).
        layers: a^1, …, a^m, each (n, c_ℓ): what the nodes compute, whether as a formula (`nn.activations(d)`) or as
            concentrations that have settled. The activation's derivative follows from them alone.
        cost: of outputs against targets.
    """
    inputs = [jnp.asarray(d), *map(jnp.asarray, layers[:-1])]
    back = jax.grad(lambda a: jnp.mean(cost(a, targets)))(jnp.asarray(layers[-1]))
    weights, biases = [], []
    for w, before, a in zip(reversed(nn.weights), reversed(inputs), reversed(list(layers)), strict=True):
        delta = back * nn.activation.slope(a)
        weights.append(delta.T @ before)
        biases.append(delta.sum(axis=0))
        back = delta @ jnp.asarray(w)
    return FeedForward.tree_unflatten(nn.activation, (tuple(reversed(weights)), tuple(reversed(biases))))


def _finite(argument: str, values: ArrayLike, axes: int) -> Any:
    array = values if isinstance(values, (np.ndarray, jax.Array)) else np.asarray(values, dtype=float)
    if array.ndim != axes:
        raise ValueError(
            f"Argument `{argument}` must have {axes} axes in each layer, but one has the shape {array.shape}."
        )
    if not np.isfinite(np.asarray(array)).all():
        raise ValueError(f"Argument `{argument}` must be finite, but one has entries that are not.")
    return array
