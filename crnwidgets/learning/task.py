"""What a network can be asked to do, as far as training is concerned."""

from __future__ import annotations

import abc
from collections.abc import Generator, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import numpy as np
from jax import Array

if TYPE_CHECKING:
    from crnwidgets.chambers import Topology
    from crnwidgets.learning.solution import Solution
    from crnwidgets.network import Network

__all__ = ["Finding", "Task", "concluded"]


class Finding(NamedTuple):
    """What a piece of a test brought.

    Attributes:
        progress: how much of the test is done, from 0 to 1.
        failure: what was wrong, with the case and the time, in words; empty if nothing was.
    """

    progress: float
    failure: str


Examination = Generator[Finding, None, Mapping[str, float]]
"""A test piece by piece, which returns what `Task.evaluate` returns."""


def concluded(examination: Examination) -> Mapping[str, float]:
    """What an examination returns, its findings passed over."""
    while True:
        try:
            next(examination)
        except StopIteration as end:
            return end.value


class Task(abc.ABC):
    """A task: which species there are, where they start, and how good a trajectory is.

    A subclass sets the attributes below and says how to start and how to score. Attributes that are NumPy or JAX
    arrays may differ between two tasks of a class without anything compiling again; the others must be hashable.

    Attributes:
        species: names, N of them.
        duration: the time span of training.
        steps: into how many steps of the solver it is divided.
        every: a state is kept after so many steps; K = steps // every + 1 are scored, the first being the start.
        inputs: species that say what is to be computed.
        outputs: species in which the answer is read.
        catalysts: species that may only act as catalysts.
        cases: how many cases `case` can show, B or fewer.
        interventions: the steps, rising and multiples of `every`, at which `intervene` changes concentrations.
        topology: of C chambers, or None for a single one. With it, training learns how easily each species passes the
            membranes ([DCRN] section 5), and a state, (…, N) below, is that of all chambers, (…, C, N).
        sealed: species that pass no membrane.
    """

    species: tuple[str, ...]
    duration: float
    steps: int
    every: int = 1
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    catalysts: tuple[str, ...] = ()
    cases: int = 1
    interventions: tuple[int, ...] = ()
    topology: Topology | None = None
    sealed: tuple[str, ...] = ()

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

    def intervene(self, number: int, states: Array, key: Array) -> Array:
        """The states after an intervention, from those before it: (P, B, N) → (P, B, N).

        Arguments:
            number: which of `interventions`, from 0 on.
            key: as for `initial`; what is drawn must be the same for all P networks.
        """
        return states

    def passage(self, permeability: Array, key: Array) -> Array:
        """How easily species pass the membranes in a step of training, from what is learnt: (P, N) → (P, N).

        Arguments:
            permeability: D, from 0 to 1.
            key: as for `initial`; what is drawn must be the same for all P networks.
        """
        return permeability

    @abc.abstractmethod
    def loss(self, states: Array) -> Array:
        """How far the states (P, B, K, N) are from what is wanted: (P,), not negative.

        Of an intervention, the states hold what comes after it.
        """

    @abc.abstractmethod
    def evaluate(self, solution: Solution) -> Mapping[str, float]:
        """The test of a finished network, as name → number; "passed", 1 or 0, where it is one to pass."""

    def examine(self, solution: Solution) -> Examination:
        """The test of `evaluate` piece by piece, for those who want to see how it goes; in one unless overridden."""
        return self.evaluate(solution)
        yield

    def case(self, network: Network, number: int = 0) -> Network:
        """A network set up to show one case: with its initial concentrations and its interventions.

        Arguments:
            network: of the task's species.
            number: which case, from 0 to `cases` − 1.
        """
        return network


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
