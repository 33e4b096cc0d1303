"""From logits to reaction tensors and back to networks ([DCRN] sections 2 and 2.1).

Every function takes one network or a population: leading axes are carried along. N is the number of species, and the
last three axes of a tensor are catalyst, input, output.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from crnwidgets.network import Network

__all__ = [
    "log_probabilities",
    "mask",
    "probabilities",
    "reaction_count",
    "reaction_tensor",
    "sparsify",
    "straight_through",
    "to_network",
]


def mask(
    species: Sequence[str],
    *,
    catalysts: Iterable[str] = (),
    forbidden: Iterable[tuple[str, str, str]] = (),
) -> np.ndarray:
    """Which reactions may happen: (N, N, N), False where forbidden; the diagonal ("nothing happens") is always True.

    Arguments:
        species: the N names, in order.
        catalysts: species that may only act as catalysts: nothing consumes or makes them.
        forbidden: single reactions as (input, catalyst, output), the order of `Reaction.catalysis`.

    Raises ValueError for a name that is not a species.
    """
    index = {name: i for i, name in enumerate(species)}

    def place(argument: str, name: str) -> int:
        if name not in index:
            raise ValueError(f"Argument `{argument}` must name species of {list(species)}, but {name!r} is not one.")
        return index[name]

    allowed = np.ones((len(index),) * 3, dtype=bool)
    for name in catalysts:
        i = place("catalysts", name)
        allowed[:, i, :] = False
        allowed[:, :, i] = False
    for reaction in forbidden:
        a, c, b = (place("forbidden", name) for name in reaction)
        allowed[c, a, b] = False
    return allowed | np.eye(len(index), dtype=bool)


def probabilities(logits: ArrayLike, allowed: ArrayLike | None = None) -> Array:
    """P, what a molecule of the input becomes when it meets the catalyst: (…, N, N, N) → (…, N, N, N), eq. 2.

    Arguments:
        logits: W.
        allowed: a `mask`; a forbidden reaction has the probability 0 and no gradient. The diagonal counts as allowed.
    """
    return jnp.exp(log_probabilities(logits, allowed))


def log_probabilities(logits: ArrayLike, allowed: ArrayLike | None = None) -> Array:
    """log P, minus infinity where forbidden; arguments as for `probabilities`."""
    logits = jnp.asarray(logits)
    if allowed is not None:
        diagonal = jnp.eye(logits.shape[-1], dtype=bool)
        logits = jnp.where(jnp.asarray(allowed) | diagonal, logits, -jnp.inf)
    return jax.nn.log_softmax(logits, axis=-1)


def reaction_tensor(P: ArrayLike) -> Array:
    """T = P − I, (…, N, N, N), eq. 2."""
    # The diagonal is summed from the others: P − 1 would lose the digits of slow reactions, and with them some mass.
    return _with_diagonal(_off_diagonal(jnp.asarray(P)))


def sparsify(T: ArrayLike, k_min: ArrayLike) -> Array:
    """T^kmin: reactions slower than `k_min` set to zero and the diagonal repaired, (…, N, N, N), section 2.1."""
    rates = _off_diagonal(jnp.asarray(T))
    return _with_diagonal(jnp.where(rates >= k_min, rates, 0))


def straight_through(T: Array, sparse: Array) -> Array:
    """The values of `sparse` with the gradient of T, footnote 2."""
    return T + jax.lax.stop_gradient(sparse - T)


def reaction_count(T: ArrayLike, k_min: ArrayLike = 0.0) -> Array:
    """How many reactions are at least as fast as `k_min`: (…, N, N, N) → (…), integers.

    Each combination of catalyst, input and output counts as one; X → X does not count (section 2.1).
    """
    rates = _off_diagonal(jnp.asarray(T))
    return jnp.sum((rates > 0) & (rates >= k_min), axis=(-3, -2, -1))


def to_network(
    T: ArrayLike, k_min: float, species: Sequence[str] | None = None, initial: Sequence[float] | None = None
) -> Network:
    """T^kmin of one tensor (N, N, N) as a `Network`.

    Raises ValueError naming the entry that breaks one of the constraints of section 2.
    """
    # The values are compared with k_min before they are widened to float64, as `reaction_count` compares them.
    return Network.from_tensor(np.asarray(sparsify(T, k_min)), species, initial=initial)


def _off_diagonal(tensor: Array) -> Array:
    return jnp.where(jnp.eye(tensor.shape[-1], dtype=bool), 0, tensor)


def _with_diagonal(rates: Array) -> Array:
    return jnp.where(jnp.eye(rates.shape[-1], dtype=bool), -rates.sum(-1, keepdims=True), rates)
