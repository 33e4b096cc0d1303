"""Stochastic gradient descent of neural networks, by their formula or through the chemistry ([NNRN] section 6)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from numpy.typing import ArrayLike

from crnwidgets.dynamics.solver import double_precision
from crnwidgets.learning.numbers import not_negative, whole
from crnwidgets.neural.compile import START
from crnwidgets.neural.dynamics import drive, integrate
from crnwidgets.neural.feed_forward import FeedForward, gradient, quadratic

__all__ = ["HIGH", "LOW", "Progress", "fit", "train"]

HIGH, LOW = 10.0, 1.0
"""What the output of the right class should be, and all others."""

_CHUNK = 25  # iterations between two reports


@dataclass(frozen=True)
class Progress:
    """Where a training stands, and how the iterations since the last report went.

    Attributes:
        network: as it is now.
        iteration: how many are done.
        cost: (k,), the mean cost of each iteration's batch before it was learnt from.
        correct: (k,), how many of that batch had their largest output at their label.
        batch: how many images each iteration learnt from.
    """

    network: FeedForward
    iteration: int
    cost: np.ndarray
    correct: np.ndarray
    batch: int


def fit(
    nn: FeedForward,
    images: ArrayLike,
    labels: ArrayLike,
    iterations: int = 1000,
    batch: int = 300,
    rate: float = 0.1,
    seed: int = 0,
    *,
    chemistry: bool = False,
    t: float = 20.0,
    progress: bool = True,
) -> FeedForward:
    """The network after stochastic gradient descent, with a progress bar; `train` reports on the way.

    Ctrl-C, or interrupting the kernel, ends the training early; what was learnt so far is the result.

    Arguments: as for `train`, and
        progress: whether there is a progress bar.

    Raises as `train` does.
    """
    from tqdm.auto import tqdm

    reports = train(nn, images, labels, iterations, batch, rate, seed, chemistry=chemistry, t=t)
    with tqdm(total=iterations, unit="iteration", disable=not progress) as bar:
        try:
            for report in reports:
                nn = report.network
                bar.set_postfix_str(f"cost {report.cost[-1]:.3g}, {report.correct[-1]} of {batch} right", refresh=False)
                bar.update(len(report.cost))
        except KeyboardInterrupt:
            bar.set_postfix_str("interrupted")
    return nn


def train(
    nn: FeedForward,
    images: ArrayLike,
    labels: ArrayLike,
    iterations: int = 1000,
    batch: int = 300,
    rate: float = 0.1,
    seed: int = 0,
    *,
    chemistry: bool = False,
    t: float = 20.0,
) -> Iterator[Progress]:
    """Stochastic gradient descent on the quadratic cost, exactly as in [NNRN] section 6, 25 iterations a report.

    Every iteration draws a batch without repetition; the target is 10 for the output of the right class and 1 for all
    others.

    Arguments:
        nn: where to start from.
        images: (n, c_0).
        labels: (n,), whole numbers from 0 to c_m − 1.
        iterations: how many.
        batch: how many images each iteration learns from, at most n.
        rate: η, by which the gradient of the mean cost is multiplied.
        seed: two trainings with the same seed and arguments are the same.
        chemistry: whether the activations are concentrations that the compiled network has settled on. Their
            derivatives then come from these too, by the implicit function theorem. Computed in float64.
        t: how long the chemistry may settle.

    Raises ValueError for a wrong argument, and on the way if the cost stops being finite.
    """
    d, classes = _examples(nn, images, labels, chemistry)
    count = whole("iterations", iterations)
    size = whole("batch", batch)
    if count < 0:
        raise ValueError(f"Argument `iterations` must not be negative, but it is {count}.")
    if not 1 <= size <= len(d):
        raise ValueError(f"Argument `batch` must be from 1 to the {len(d)} images there are, but it is {size}.")
    return _reports(nn, d, classes, count, size, not_negative("rate", rate), seed, chemistry, not_negative("t", t))


def _reports(
    nn: FeedForward,
    d: np.ndarray,
    classes: np.ndarray,
    iterations: int,
    batch: int,
    rate: float,
    seed: int,
    chemistry: bool,
    t: float,
) -> Iterator[Progress]:
    draw = np.random.default_rng(seed)
    precision = double_precision if chemistry else contextlib.nullcontext
    with precision():
        data = jnp.asarray(d), jnp.asarray(classes)
    done = 0
    while done < iterations:
        some = min(_CHUNK, iterations - done)
        rows = np.stack([draw.choice(len(d), batch, replace=False, shuffle=False) for _ in range(some)])
        with precision():
            nn, cost, correct = _descend(jax.tree.map(jnp.asarray, nn), *data, rows, rate, t, chemistry=chemistry)
            nn, cost, correct = jax.tree.map(np.asarray, (nn, cost, correct))
        if not np.isfinite(cost).all():
            raise ValueError(
                f"Argument `rate` must be small enough for the cost to stay finite, but with {rate:g} it does not in "
                f"iteration {done + int(np.argmin(np.isfinite(cost))) + 1}."
            )
        done += some
        yield Progress(nn, done, cost, correct, batch)


@partial(jax.jit, static_argnames="chemistry")
def _descend(
    nn: FeedForward, images: Array, labels: Array, rows: Array, rate: Array, t: Array, *, chemistry: bool
) -> tuple[FeedForward, Array, Array]:
    """One iteration for each row of `rows`, (k, batch), which says what images its batch has."""

    def iteration(nn: FeedForward, batch: Array) -> tuple[FeedForward, tuple[Array, Array]]:
        d, truth = images[batch], labels[batch]
        targets = jnp.where(truth[:, None] == jnp.arange(nn.sizes[-1]), HIGH, LOW).astype(d.dtype)
        layers = _settled(nn, d, t) if chemistry else nn.activations(d)
        slope = gradient(nn, d, targets, layers)
        better = jax.tree.map(lambda p, g: (p - rate * g).astype(p.dtype), nn, slope)
        cost = jnp.mean(quadratic(layers[-1], targets))
        return better, (cost, jnp.sum(jnp.argmax(layers[-1], axis=-1) == truth))

    nn, (cost, correct) = lax.scan(iteration, nn, rows)
    return nn, cost, correct


def _settled(nn: FeedForward, d: Array, t: Array) -> tuple[Array, ...]:
    """The concentrations of all layers after the time t."""
    start = tuple(jnp.full((len(d), size), START) for size in nn.sizes[1:])
    return tuple(x[0] for x in integrate(nn, drive(nn, d), t[None], start))


def _examples(nn: FeedForward, images: Any, labels: Any, chemistry: bool) -> tuple[np.ndarray, np.ndarray]:
    d, classes = np.asarray(images, dtype=float), np.asarray(labels)
    if d.ndim != 2 or d.shape[1] != nn.sizes[0] or not len(d):
        raise ValueError(f"Argument `images` must have the shape (n, {nn.sizes[0]}), but it has {d.shape}.")
    if not np.isfinite(d).all() or (chemistry and (d < 0).any()):
        what = " and not negative, as concentrations are" if chemistry else ""
        raise ValueError(f"Argument `images` must be finite{what}, but it is not.")
    if classes.shape != d.shape[:1]:
        raise ValueError(f"Argument `labels` must have the shape ({len(d)},), but it has {classes.shape}.")
    if not np.issubdtype(classes.dtype, np.integer) or classes.min() < 0 or classes.max() >= nn.sizes[-1]:
        raise ValueError(f"Argument `labels` must be whole numbers from 0 to {nn.sizes[-1] - 1}, but it is not.")
    return d, classes
