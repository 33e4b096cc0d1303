"""What a network can be asked to do, as far as training is concerned."""

from __future__ import annotations

import abc
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jax import Array

if TYPE_CHECKING:
    from crnwidgets.learning.solution import Solution

__all__ = ["Task"]


class Task(abc.ABC):
    """A task: which species there are, where they start, and how good a trajectory is.

    A subclass sets the attributes below and says how to start and how to score. Attributes that are NumPy or JAX
    arrays may differ between two tasks of a class without anything compiling again; the others must be hashable.

    Attributes:
        species: names, N of them.
        duration: the time span of training.
        steps: into how many steps of the solver it is divided.
        every: a state is kept after so many steps; K = steps // every + 1 are scored, the first being the start.
        catalysts: species that may only act as catalysts.
    """

    species: tuple[str, ...]
    duration: float
    steps: int
    every: int = 1
    catalysts: tuple[str, ...] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        jax.tree_util.register_pytree_node(cls, _flatten, lambda names, arrays: _unflatten(cls, names, arrays))

    @abc.abstractmethod
    def initial(self, learnt: Array, key: Array) -> Array:
        """Where networks start, in a batch of B cases: (P, B, N).

        Arguments:
            learnt: (P, N), unbounded numbers that training may change, one set a network; a task may ignore them.
            key: a random key, new for each step.
        """

    def learnt(self, initial: np.ndarray) -> np.ndarray:
        """Learnt numbers from which `initial` makes these concentrations, as near as it can: (N,) → (N,).

        Zeros, unless a task that uses the learnt numbers says better.
        """
        return np.zeros(len(self.species))

    @abc.abstractmethod
    def loss(self, states: Array) -> Array:
        """How far the states (P, B, K, N) are from what is wanted: (P,), not negative."""

    @abc.abstractmethod
    def evaluate(self, solution: Solution) -> Mapping[str, float]:
        """The test of a finished network, as name → number."""


def _flatten(task: Task) -> tuple[list[Any], tuple[Any, ...]]:
    items = sorted(vars(task).items())
    arrays = [(name, value) for name, value in items if isinstance(value, (np.ndarray, jax.Array))]
    fixed = tuple((name, value) for name, value in items if not isinstance(value, (np.ndarray, jax.Array)))
    return [value for _, value in arrays], (tuple(name for name, _ in arrays), fixed)


def _unflatten(cls: type[Task], structure: tuple[Any, ...], arrays: Iterable[Any]) -> Task:
    names, fixed = structure
    task = object.__new__(cls)
    # Past any `__setattr__`: a task may be frozen.
    vars(task).update(zip(names, arrays, strict=True))
    vars(task).update(fixed)
    return task
