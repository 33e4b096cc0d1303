"""What a run was like, in bounded memory: states to go back to, and losses to plot."""

from __future__ import annotations

import bisect
import threading
from typing import Any, NamedTuple

import jax
import numpy as np

from crnwidgets.learning.population import State

__all__ = ["Curves", "Entry", "History"]

MEMORY = 64 << 20
"""How many bytes the states of a history take at most, as far as `FEWEST` of them fit into it."""
FEWEST = 8
"""How many states a history can keep at least, however large they are."""
POINTS = 512
"""How many losses of each network a history keeps at most."""


class Entry(NamedTuple):
    """One moment of a run.

    Attributes:
        step: how many steps had been made.
        state: all arrays of the run, on the host.
    """

    step: int
    state: State


class Curves(NamedTuple):
    """How P networks did at K moments of a run.

    Attributes:
        steps: (K,), rising.
        losses: (K, P), the task's loss of the sparse networks; infinite for those left out.
        reaction_counts: (K, P), integers.
        best: (K,), the lowest loss so far.
    """

    steps: np.ndarray
    losses: np.ndarray
    reaction_counts: np.ndarray
    best: np.ndarray


class History:
    """A record of a run that any thread may read: where it is full, every other moment goes and the spacing doubles.

    Arguments:
        capacity: how many states are kept at most; fewer where they would take more than `MEMORY`.
    """

    def __init__(self, capacity: int = 256) -> None:
        if capacity < 2:
            raise ValueError(f"Argument `capacity` must be at least 2, but it is {capacity}.")
        self._lock = threading.Lock()
        self._states = _Series(capacity)
        self._points = _Series(POINTS)

    @property
    def steps(self) -> list[int]:
        """At which steps there is a state, rising."""
        with self._lock:
            return list(self._states.steps)

    @property
    def curves(self) -> Curves:
        """Losses and reaction counts over the run, at more steps than there are states."""
        with self._lock:
            steps, points = list(self._points.steps), list(self._points.values)
        losses, counts, best = zip(*points, strict=True) if points else ([], [], [])
        return Curves(np.array(steps, int), np.array(losses), np.array(counts, int), np.array(best))

    def due(self, step: int) -> bool:
        """Whether `add` would keep anything of this step."""
        with self._lock:
            return self._states.due(step) or self._points.due(step)

    def add(self, step: int, state: State, losses: np.ndarray, reaction_counts: np.ndarray, best: float) -> None:
        """Record a moment, if it is far enough from the last one.

        Arguments:
            step: later than all before.
            state: all arrays of the run.
            losses, reaction_counts: of the networks, (P,).
            best: the lowest loss so far.
        """
        with self._lock:
            if self._states.due(step):
                kept = jax.device_get(state)
                size = sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(kept))
                self._states.limit(max(FEWEST, MEMORY // size))
                self._states.add(step, kept)
            if self._points.due(step):
                self._points.add(step, (losses, reaction_counts, best))

    def at(self, step: int) -> Entry:
        """The last state that is not later than a step, or the first of all.

        Raises LookupError where there is none.
        """
        with self._lock:
            if not self._states.steps:
                raise LookupError("There must be a state to go back to, but nothing is recorded.")
            i = max(0, bisect.bisect_right(self._states.steps, step) - 1)
            return Entry(self._states.steps[i], self._states.values[i])

    def cut(self, step: int) -> None:
        """Forget all that is later than a step."""
        with self._lock:
            self._states.cut(step)
            self._points.cut(step)

    def clear(self) -> None:
        """Forget everything."""
        self.cut(-1)


class _Series:
    """Values at rising steps, at least `spacing` apart, and never more than `capacity` of them."""

    def __init__(self, capacity: int) -> None:
        self.steps: list[int] = []
        self.values: list[Any] = []
        self._capacity = capacity
        self._spacing = 1

    def limit(self, capacity: int) -> None:
        self._capacity = min(self._capacity, capacity)

    def due(self, step: int) -> bool:
        return not self.steps or step >= self.steps[-1] + self._spacing

    def add(self, step: int, value: Any) -> None:
        while len(self.steps) >= self._capacity:
            # Steps come in chunks, so that the spacing there is may be wider than the one asked for.
            self._spacing = max(2 * self._spacing, 2 * (self.steps[-1] - self.steps[0]) // (len(self.steps) - 1))
            kept = [0]
            for i, now in enumerate(self.steps):
                if now >= self.steps[kept[-1]] + self._spacing:
                    kept.append(i)
            self.steps, self.values = [self.steps[i] for i in kept], [self.values[i] for i in kept]
        self.steps.append(step)
        self.values.append(value)

    def cut(self, step: int) -> None:
        end = bisect.bisect_right(self.steps, step)
        del self.steps[end:], self.values[end:]
        if not end:
            self._spacing = 1
