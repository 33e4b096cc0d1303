"""Points told apart by networks of both papers, trained tensors and compiled neural networks, in one table."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import crnwidgets as crn
from crnwidgets.learning import Solution
from crnwidgets.neural import FeedForward, fit
from crnwidgets.neural.activations import positive_root
from crnwidgets.tasks import Classification
from crnwidgets.zoo.recipes.classification import learn, sturdy
from crnwidgets.zoo.robustness import perturbed
from tests.benchmarks.machine import particulars

PACKAGES = ("jax", "diffrax", "numpy", "scikit-learn")
TIMES = np.concatenate([[0.0], np.geomspace(1e-2, 1e4, 1201)])
NEAR = 0.01


class Plan(NamedTuple):
    """What the neural network for an entry of the zoo is, and how it is trained."""

    sizes: tuple[int, ...]
    iterations: int
    rate: float


PLANS = {"two-moons": Plan((2, 8, 2), 20_000, 0.1), "iris": Plan((4, 6, 3), 5_000, 0.05)}


class Effort(NamedTuple):
    """How many neural networks are trained, how long, and how many points and draws of the rates are looked at."""

    networks: int
    part: float
    points: int
    draws: int


FULL, QUICK = Effort(8, 1.0, 100, 1000), Effort(2, 0.1, 5, 5)


class Way(NamedTuple):
    """A trained classifier as chemistry.

    Attributes:
        name: of the table's row.
        at: a point of the task → the network that has it as its input.
        outputs: species, of which the most tells the class.
        right: a network, which may have perturbed rates → which of the task's points come out right, (n,).
    """

    name: str
    at: Callable[[np.ndarray], crn.Network]
    outputs: Sequence[str]
    right: Callable[[crn.Network], np.ndarray]


class Row(NamedTuple):
    """One line of the table; `settled` and `decided` are the median point's time and the slowest one's."""

    task: str
    way: str
    accuracy: float
    species: int
    reactions: int
    settled: tuple[float, float]
    decided: tuple[float, float]
    turnover: float
    kept: float
    passing: float

    @property
    def cells(self) -> list[str]:
        times = (f"{median:.3g} / {slowest:.3g}" for median, slowest in (self.settled, self.decided))
        return [
            self.task,
            self.way,
            f"{self.accuracy:.1%}",
            str(self.species),
            str(self.reactions),
            *times,
            f"{self.turnover:.3g}",
            f"{self.kept:.1%}",
            f"{self.passing:.1%}",
        ]


HEADER = ("task", "network", "right", "species", "reactions", "settled", "decided", "turnover", "kept", "passing")
LEGEND = """\
right: of the points held out. settled: from when on all outputs stay within 1 % of what the largest one is in the end.
decided: from when on the answer stays the same. Both for the median point and for the slowest. turnover: how often in a
unit of time the fastest species is replaced in the end. kept: the part of the points held out that is right with 10 %
log-normal noise of every rate, in the mean of the draws. passing: the part of the draws in which at least 95 % are.
Tensor networks are read at the end of their training time, neural networks where they come to rest."""


def main(quick: bool) -> None:
    """Measure and print; `quick` takes few samples and trains no tensor networks."""
    print(*particulars(PACKAGES), "", _line(HEADER), "|---" * len(HEADER) + "|", sep="\n", flush=True)
    for each in measure(quick):
        print(_line(each.cells), flush=True)
    print("", LEGEND, sep="\n")
    if not quick:
        print("", f"Iris with each flower held out once: {folds()}", sep="\n")
    print("", f"Load after the run: {os.getloadavg()[0]:.1f}", sep="\n")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def measure(quick: bool) -> Iterator[Row]:
    """The rows of the table, for each task the network of the zoo and the neural network, compiled in two ways."""
    effort = QUICK if quick else FULL
    for name, plan in PLANS.items():
        solution = crn.zoo.load(name)
        yield row(name, solution.task, tensor(solution), effort)
        nn = neural(solution.task, plan, effort)
        for enzymes in (False, True):
            yield row(name, solution.task, compiled(solution.task, nn, enzymes), effort)


def folds() -> str:
    """How many flowers are right when they are held out, of all 150."""
    right = np.zeros(2, int)
    for fold in range(3):
        task = Classification.iris(fold)
        solution = crn.zoo.load("iris")
        if fold:
            (solution,) = learn("iris", partial(Classification.iris, fold), 0).solutions.values()
        nn = neural(task, PLANS["iris"], FULL)
        for number, way in enumerate((tensor(solution), compiled(task, nn, False))):
            right[number] += np.count_nonzero(way.right(way.at(task.points[0]))[task.held_out])
    return f"{right[0]} of 150 by tensor networks, {right[1]} by neural networks"


# -- both kinds --------------------------------------------------------------------------------------------------------


def tensor(solution: Solution) -> Way:
    """A [DCRN] network."""
    task = solution.task
    assert isinstance(task, Classification)

    def at(point: np.ndarray) -> crn.Network:
        (start,) = task.starts(point[None])
        return solution.network.updated(initial=dict(zip(task.species, start.tolist(), strict=True)))

    return Way("[DCRN] tensor", at, task.outputs, task.right)


def compiled(task: Classification, nn: FeedForward, enzymes: bool) -> Way:
    """A [NNRN] network, with only those reactions that do something."""
    x = task.features(task.points)
    sizes = "-".join(map(str, nn.sizes))

    def at(point: np.ndarray) -> crn.Network:
        (d,) = task.features(point[None])
        return nn.to_network(d, enzymes=enzymes, both_signs=False)

    def right(network: crn.Network) -> np.ndarray:
        return at_rest(network, x)[:, -nn.sizes[-1] :].argmax(axis=1) == task.labels

    outputs = [f"X{len(nn.weights)}_{i + 1}" for i in range(nn.sizes[-1])]
    return Way(f"[NNRN] {sizes}, {'enzymes' if enzymes else 'rates'}", at, outputs, right)


def neural(task: Classification, plan: Plan, effort: Effort) -> FeedForward:
    """Of some neural networks the one that is chosen as the tensor networks are: by `sturdy`."""
    x, labels = task.features(task.points)[~task.held_out], task.labels[~task.held_out]
    iterations = int(effort.part * plan.iterations)
    found = [
        fit(FeedForward.random(plan.sizes, seed=seed), x, labels, iterations, 100, plan.rate, seed, progress=False)
        for seed in range(effort.networks)
    ]
    ways = [compiled(task, nn, False) for nn in found]
    shares = [sturdy(task, way.at(task.points[0]), way.right) for way in ways]
    return found[int(np.argmax(shares))]


def at_rest(network: crn.Network, x: np.ndarray) -> np.ndarray:
    """Where the nodes of a compiled network settle for inputs, whatever its rates: (n, c_0) → (n, nodes).

    A node's reactions change its concentration u by h + ρ·u − c·u², with the nodes that ρ depends on settled before.
    """
    levels: dict[str, Any] = dict(network.initial) | {f"X0_{j + 1}": column for j, column in enumerate(x.T)}
    of_node: dict[str, list[crn.Reaction]] = {node: [] for node in network.dynamic}
    for reaction in network.reactions:
        (node,) = reaction.change
        of_node[node].append(reaction)
    nodes = sorted(of_node, key=lambda node: tuple(map(int, node[1:].split("_"))))
    for node in nodes:
        terms = np.zeros((3, len(x)))
        for reaction in of_node[node]:
            others = (levels[name] ** count for name, count in reaction.reactants.items() if name != node)
            terms[reaction.reactants.get(node, 0)] += reaction.rate * reaction.change[node] * math.prod(others)
        h, rho, decay = terms
        # v = c·u obeys 0 = c·h + ρ·v − v².
        levels[node] = np.asarray(positive_root(2, -decay * h, rho)) / -decay
    return np.stack([levels[node] for node in nodes], axis=1)


# -- the figures -------------------------------------------------------------------------------------------------------


def row(name: str, task: Classification, way: Way, effort: Effort) -> Row:
    """All figures of a classifier."""
    held_out = np.flatnonzero(task.held_out)
    shown = task.points[held_out[: effort.points]]
    network = way.at(shown[0])
    found = [settling(way.at(point), way.outputs) for point in shown]
    settled, decided, turnover = (np.array(column) for column in zip(*found, strict=True))
    noisy = np.array(
        [
            way.right(perturbed(network, np.random.default_rng([0, number])))[held_out].mean()
            for number in range(effort.draws)
        ]
    )
    return Row(
        name,
        way.name,
        float(way.right(network)[held_out].mean()),
        len(network.species),
        len(network.reactions),
        (float(np.median(settled)), float(settled.max())),
        (float(np.median(decided)), float(decided.max())),
        float(turnover.max()),
        float(noisy.mean()),
        float((noisy >= task.required).mean()),
    )


def settling(network: crn.Network, outputs: Sequence[str]) -> tuple[float, float, float]:
    """From what times on the outputs are near their end and the answer is that of the end; the fastest turnover."""
    found = crn.simulate(network, TIMES)
    levels = np.stack([found[name] for name in outputs], axis=1)
    away = (np.abs(levels - levels[-1]) > NEAR * levels[-1].max()).any(axis=1)
    other = levels.argmax(axis=1) != levels[-1].argmax()
    times = [float(TIMES[np.flatnonzero(which)[-1] + 1]) if which.any() else 0.0 for which in (away, other)]
    return times[0], times[1], fastest(network, dict(zip(found.species, found.concentrations[-1], strict=True)))


def fastest(network: crn.Network, levels: dict[str, float]) -> float:
    """The highest rate at which any one species is used up, in its own amount a unit of time."""
    used = dict.fromkeys(network.species, 0.0)
    for reaction in network.reactions:
        speed = reaction.rate * math.prod(levels[name] ** count for name, count in reaction.reactants.items())
        for name, change in reaction.change.items():
            used[name] -= min(change, 0) * speed
    return max(speed / levels[name] for name, speed in used.items() if levels[name] > 1e-6)
