"""Points are told apart by chemistry: their features are concentrations, and so is the answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from crnwidgets.dynamics.fixed import integrate
from crnwidgets.learning.numbers import not_negative, whole
from crnwidgets.learning.solution import Solution
from crnwidgets.learning.task import Examination, Finding, Task, concluded
from crnwidgets.network import Network, default_names
from crnwidgets.tasks.hinge import squared_hinge

__all__ = ["Classification"]

_SAVED = 20
_LONGER = 10
_FOLDS = 3


class Classification(Task):
    """The class of a point comes out as the output species that there is most of.

    The n features are the concentrations of X1, X2, …, scaled so that among the points for training each is from 0 to
    1; others are cut off there. Xc starts with n minus their sum, so that all points have the same mass, as in [DCRN]
    section 4.2. All of these only catalyse: what is to be told is there as long as it is
    needed, and networks come to rest. The outputs Y1, Y2, … start with nothing, and the hidden species A, B, … with
    1 each, from which outputs are made.

    In the latter half of the time the output of a point's class must have `high` or more, and all others `low` or less:
    the loss is the mean of the squared hinge (eq. 3) over all points for training.

    Attributes (beside those of every task):
        points, labels: as given, (n, features) and (n,).
        held_out: (n,), which points are left to the test.

    Arguments:
        points: (n, features), finite.
        labels: (n,), whole numbers from 0 to the number of classes − 1, of which there are two or more.
        held_out: (n,), true for points that are not trained with, but tested; each class must have some of both. Left
            out: every third point, the first, the fourth and so on.
        hidden: how many species there are besides inputs and outputs, from 1 to 20.
        duration: the time span of training.
        low, high: levels of the outputs, 0 ≤ low < high; there is as much to make them of as there are hidden species.
        required: the part of the held-out points that must be right to pass, from 0 to 1.

    Raises TypeError or ValueError saying which argument is wrong.
    """

    def __init__(
        self,
        points: ArrayLike,
        labels: ArrayLike,
        *,
        held_out: ArrayLike | None = None,
        hidden: int = 3,
        duration: float = 40.0,
        low: float = 0.1,
        high: float = 0.6,
        required: float = 0.95,
    ) -> None:
        self.points, self.labels, self.held_out = _examples(points, labels, held_out)
        if not 1 <= whole("hidden", hidden) <= 20:
            raise ValueError(f"Argument `hidden` must be from 1 to 20, but it is {hidden}.")
        if not 0 < duration < math.inf:
            raise ValueError(f"Argument `duration` must be positive and finite, but it is {duration!r}.")
        if not 0 <= low < high <= hidden:
            raise ValueError(
                f"Arguments `low` and `high` must be rising, from 0 to the {hidden} hidden species that outputs are "
                f"made of, but are {low!r} and {high!r}."
            )
        if not_negative("required", required) > 1:
            raise ValueError(f"Argument `required` must be at most 1, but it is {required!r}.")
        features = self.points.shape[1]
        self.inputs = self.catalysts = (*(f"X{i + 1}" for i in range(features)), "Xc")
        self.outputs = tuple(f"Y{i + 1}" for i in range(self.labels.max() + 1))
        self.species = (*self.inputs, *self.outputs, *default_names(hidden))
        self.duration = float(duration)
        self.low = float(low)
        self.high = float(high)
        self.required = float(required)
        # All rates are at most 1, so nothing goes faster than the mass that there is.
        self.steps = _SAVED * math.ceil(duration * (features + hidden) / (2 * _SAVED))
        self.every = self.steps // _SAVED
        self.cases = int(np.count_nonzero(~self.held_out))
        trained = self.points[~self.held_out]
        # Arrays, so that other points, as many as these, compile nothing.
        self._least = trained.min(axis=0)
        self._range = np.ptp(trained, axis=0)
        self._start = self.starts(trained).astype(np.float32)
        self._signs = np.where(self.labels[~self.held_out, None] == np.arange(len(self.outputs)), 1, -1)

    @classmethod
    def two_moons(
        cls, count: int = 200, *, held_out: int = 1000, noise: float = 0.1, seed: int = 0, **options: Any
    ) -> Classification:
        """Two half circles of radius 1 that reach into each other.

        Every other point is (cos t, sin t) with the class 0, and the rest (1 − cos t, 1/2 − sin t) with the class 1,
        for t drawn evenly from 0 to π; normally distributed noise is added to both coordinates.

        Arguments:
            count: how many points to train with.
            held_out: how many others to test with.
            noise: the standard deviation, finite and ≥ 0.
            seed: two tasks with the same seed and numbers have the same points.
            options: as for the class, but `held_out`.

        Raises TypeError or ValueError saying which argument is wrong.
        """
        for argument, value in (("count", count), ("held_out", held_out)):
            if whole(argument, value) < 2:
                raise ValueError(f"Argument `{argument}` must be at least 2, but it is {value}.")
        draw = np.random.default_rng(seed)
        labels = np.arange(count + held_out) % 2
        angles = np.pi * draw.random(len(labels))
        curves = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        curves[1::2] = (1.0, 0.5) - curves[1::2]
        points = curves + not_negative("noise", noise) * draw.standard_normal(curves.shape)
        return cls(points, labels, held_out=np.arange(len(labels)) >= count, **options)

    @classmethod
    def iris(cls, fold: int = 0, **options: Any) -> Classification:
        """Fisher's three kinds of iris: 150 flowers, 50 of each kind, with four lengths; from scikit-learn.

        Arguments:
            fold: which third of the flowers is held out: every third one, starting with number 0, 1 or 2.
            options: as for the class, but `held_out`.

        Raises TypeError or ValueError saying which argument is wrong, and ImportError if scikit-learn is not installed.
        """
        if not 0 <= whole("fold", fold) < _FOLDS:
            raise ValueError(f"Argument `fold` must be from 0 to {_FOLDS - 1}, but it is {fold}.")
        try:
            from sklearn.datasets import load_iris
        except ImportError:
            raise ImportError('Iris needs scikit-learn; install it with: pip install "crnwidgets[digits]"') from None
        points, labels = load_iris(return_X_y=True)
        return cls(points, labels, held_out=np.arange(len(labels)) % _FOLDS == fold, **options)

    def features(self, points: ArrayLike) -> np.ndarray:
        """The concentrations of X1, X2, … for points: (n, features) → (n, features), from 0 to 1.

        Raises ValueError for points of another shape.
        """
        given = np.asarray(points, dtype=float)
        if given.ndim != 2 or given.shape[1] != self.points.shape[1]:
            raise ValueError(
                f"Argument `points` must have the shape (n, {self.points.shape[1]}), but it has {given.shape}."
            )
        # A feature that is the same everywhere tells nothing.
        share = (given - self._least) / np.where(self._range > 0, self._range, 1)
        return np.clip(share, 0, 1)

    def starts(self, points: ArrayLike) -> np.ndarray:
        """Where a network starts for points: (n, features) → (n, N).

        Raises ValueError for points of another shape.
        """
        x = self.features(points)
        start = np.zeros((len(x), len(self.species)))
        start[:, : x.shape[1]] = x
        start[:, x.shape[1]] = x.shape[1] - x.sum(axis=1)
        start[:, len(self.inputs) + len(self.outputs) :] = 1
        return start

    def levels(self, network: Network, points: ArrayLike, durations: int = 1) -> np.ndarray:
        """The outputs' concentrations for points, twenty times in each duration: (n, 20·durations + 1, classes).

        The class that comes out is the `argmax` of the last axis. Steps are at most half as long as in training.

        Raises ValueError for points of another shape.
        """
        T = network.to_tensor().astype(np.float32)
        start = self.starts(points).astype(np.float32)
        # Reactions faster than any in training need shorter steps.
        finer = max(2, math.ceil(-2 * T.min()))
        steps, every = durations * finer * self.steps, finer * self.every
        states = np.asarray(integrate(T, start, dt=self.duration / self.steps / finer, steps=steps, every=every))
        return states[..., len(self.inputs) : len(self.inputs) + len(self.outputs)]

    def right(self, network: Network, durations: int = 1) -> np.ndarray:
        """Which of all points come out as their class after so many durations: (n,) booleans."""
        return self._right(self.levels(network, self.points, durations)[:, -1])

    def initial(self, learnt: Array, key: Array) -> Array:
        """All points for training, the same for all networks: (P, N) → (P, B, N)."""
        return jnp.broadcast_to(jnp.asarray(self._start), (len(learnt), *self._start.shape))

    def loss(self, states: Array) -> Array:
        """The mean squared hinge of the outputs in the latter half of the time: (P, B, K, N) → (P,)."""
        first = len(self.inputs)
        late = states[:, :, states.shape[2] // 2 :, first : first + len(self.outputs)]
        return squared_hinge(late, jnp.asarray(self._signs)[:, None], self.low, self.high).mean(axis=(1, 2, 3))

    def evaluate(self, solution: Solution) -> Mapping[str, float]:
        """Which points come out as their class, at the end of the training time and at ten times that.

        Returns "passed" (1 or 0: of the held-out points, the required part is right at both times), "accuracy" and
        "accuracy_later" (the part of them that is right at either time), "accuracy_trained" (the part of the points for
        training that is right at the end of the training time) and "reaction_count".
        """
        return concluded(self.examine(solution))

    def examine(self, solution: Solution) -> Examination:
        """The test of `evaluate`, the two times one after the other."""
        levels = self.levels(solution.network, self.points, _LONGER)
        accuracies = []
        for number, after in enumerate((1, _LONGER)):
            end = levels[:, after * _SAVED]
            right = self._right(end)
            accuracies.append(float(right[self.held_out].mean()))
            if number == 0:
                trained = float(right[~self.held_out].mean())
            failure = ""
            if accuracies[-1] < self.required:
                i = np.flatnonzero(self.held_out & ~right)[0]
                outputs = ", ".join(f"{name} = {x:.2f}" for name, x in zip(self.outputs, end[i], strict=True))
                failure = (
                    f"{np.count_nonzero(self.held_out & ~right)} of {np.count_nonzero(self.held_out)} points are wrong "
                    f"at time {after * self.duration:g}; for point {i}, which is of class {self.labels[i]}, {outputs}"
                )
            yield Finding((number + 1) / 2, failure)
        return {
            "passed": float(min(accuracies) >= self.required),
            "accuracy": accuracies[0],
            "accuracy_later": accuracies[1],
            "accuracy_trained": trained,
            "reaction_count": float(solution.reaction_count),
        }

    def case(self, network: Network, number: int = 0) -> Network:
        """The network with one of the points for training.

        Raises ValueError for a number that is not from 0 to `cases` − 1.
        """
        if not 0 <= whole("number", number) < self.cases:
            raise ValueError(f"Argument `number` must be from 0 to {self.cases - 1}, but it is {number}.")
        (start,) = self.starts(self.points[~self.held_out][[number]]).round(12)
        return network.updated(initial=dict(zip(self.species, start.tolist(), strict=True)))

    def _right(self, levels: np.ndarray) -> np.ndarray:
        """Which points come out as their class, from their outputs: (n, classes) → (n,)."""
        # Where something is not finite, nothing is right.
        return (levels.argmax(axis=1) == self.labels) & np.isfinite(levels).all(axis=1)


def _examples(points: Any, labels: Any, held_out: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, classes = np.asarray(points, dtype=float), np.asarray(labels)
    if x.ndim != 2 or not x.size or not np.isfinite(x).all():
        raise ValueError(f"Argument `points` must be finite and have the shape (n, features), but it has {x.shape}.")
    if classes.shape != x.shape[:1] or not np.issubdtype(classes.dtype, np.integer):
        raise ValueError(
            f"Argument `labels` must be {len(x)} whole numbers, but it is of {classes.dtype} and has {classes.shape}."
        )
    test = np.arange(len(x)) % _FOLDS == 0 if held_out is None else np.asarray(held_out)
    if test.shape != classes.shape or test.dtype != bool:
        raise ValueError(
            f"Argument `held_out` must be {len(x)} times true or false, but it is of {test.dtype} and has {test.shape}."
        )
    wanted = np.arange(max(classes.max() + 1, 2))
    for which, those in (("to train with", ~test), ("held out", test)):
        if (found := np.unique(classes[those])).tolist() != wanted.tolist():
            raise ValueError(
                f"Argument `labels` must be whole numbers from 0 to {wanted[-1]}, each of them among the points "
                f"{which}, but there they are {found.tolist()}."
            )
    return x, classes.astype(np.int64), test
