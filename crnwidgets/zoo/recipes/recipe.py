"""What a way to make networks of the zoo consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crnwidgets.learning import Solution, Task

__all__ = ["Made", "Recipe"]


@dataclass(frozen=True)
class Made:
    """What a recipe makes.

    Attributes:
        solutions: name of the entry → network, its numbers as they will be written.
        runs: how the trained networks do before any is chosen: name → number.
    """

    solutions: Mapping[str, Solution]
    runs: Mapping[str, float]


@dataclass(frozen=True)
class Recipe:
    """A way to make entries.

    Attributes:
        task: makes what is trained for.
        make: trains from scratch with a seed; in between it says how it gets on.
        minutes: about how long that takes on two cores.
    """

    task: Callable[[], Task]
    make: Callable[[int, Callable[[str], None]], Made]
    minutes: float
