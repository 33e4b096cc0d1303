"""A network as arrays of padded size, so that editing it changes numbers but no shapes, and nothing compiles again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from crnwidgets.network import Network

__all__ = ["Packed", "capacity", "pack"]

# The least capacities. Most networks drawn by hand fit, so that a whole session of editing meets one set of shapes.
SPECIES, REACTIONS, SLOTS, TIMES = 16, 32, 4, 512


class Packed(NamedTuple):
    """The vector field of a network: R reactions over N species, K and M slots a reaction.

    A slot that is not used points at the place N, behind the last species: there the concentration is a constant 1 for
    inputs, and the changes written there are thrown away.

    Attributes:
        inputs: (R, K) species whose concentrations are multiplied, a species as often as its count.
        rates: (R,), 0 for padding.
        targets: (R, M) species that the reaction changes.
        amounts: (R, M) by how much, 0 for padding.
    """

    inputs: np.ndarray
    rates: np.ndarray
    targets: np.ndarray
    amounts: np.ndarray


def capacity(count: int, least: int) -> int:
    """The least power of two times `least` that holds `count`."""
    size = least
    while size < count:
        size *= 2
    return size


def pack(network: Network) -> tuple[Packed, int]:
    """The padded arrays of a network's vector field, and the padded number of species."""
    place = {name: i for i, name in enumerate(network.species)}
    inputs = [[place[name] for name, count in r.reactants.items() for _ in range(count)] for r in network.reactions]
    changes = [r.change for r in network.reactions]
    species = capacity(len(place), SPECIES)
    reactions = capacity(len(network.reactions), REACTIONS)
    rates = np.zeros(reactions)
    rates[: len(network.reactions)] = network.rates
    packed = Packed(
        _table(inputs, reactions, species, np.int32),
        rates,
        _table([[place[name] for name in change] for change in changes], reactions, species, np.int32),
        _table([list(change.values()) for change in changes], reactions, 0, float),
    )
    return packed, species


def _table(rows: Sequence[Sequence[float]], height: int, padding: int, dtype: type) -> np.ndarray:
    """Rows of different lengths in a rectangle of padded size."""
    table: np.ndarray = np.full((height, capacity(max(map(len, rows), default=0), SLOTS)), padding, dtype=dtype)
    for i, row in enumerate(rows):
        table[i, : len(row)] = row
    return table
