"""The named ways to join chambers: which pairs have a membrane between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

__all__ = ["PAIRS", "Pair"]

Pair = tuple[int, int]
"""Two chambers with a membrane between them, numbered from 0, the smaller number first."""


def _line(chambers: int) -> tuple[Pair, ...]:
    return tuple((i, i + 1) for i in range(chambers - 1))


def _ring(chambers: int) -> tuple[Pair, ...]:
    # Two chambers have one membrane between them, not one on either side ([DCRN] section 5).
    return _line(chambers) + (((0, chambers - 1),) if chambers > 2 else ())


def _star(chambers: int) -> tuple[Pair, ...]:
    return tuple((0, i) for i in range(1, chambers))


def _complete(chambers: int) -> tuple[Pair, ...]:
    return tuple((i, j) for i in range(chambers) for j in range(i + 1, chambers))


def _grid(rows: int, columns: int) -> tuple[Pair, ...]:
    pairs = []
    for chamber in range(rows * columns):
        if (chamber + 1) % columns:
            pairs.append((chamber, chamber + 1))
        if chamber + columns < rows * columns:
            pairs.append((chamber, chamber + columns))
    return tuple(pairs)


PAIRS: Mapping[str, Callable[..., tuple[Pair, ...]]] = MappingProxyType(
    {"ring": _ring, "line": _line, "star": _star, "grid": _grid, "complete": _complete}
)
"""Kind → the function from the number of chambers (grid: of rows and of columns) to the pairs."""
