"""Logic gates ([DCRN] section 4.1)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from crnwidgets.learning import Solution, Trainer
from crnwidgets.learning.losses import Strategy
from crnwidgets.learning.pruning import prune
from crnwidgets.learning.schedules import cosine
from crnwidgets.tasks import LogicGate
from crnwidgets.zoo.entries import readable
from crnwidgets.zoo.recipes.recipe import Made, Recipe

__all__ = ["RECIPES"]


class _Plan(NamedTuple):
    """How a gate is trained.

    Attributes:
        steps: of the first training, of all networks.
        falling: in how many steps their learning rate falls to 0.
        strategy: of the first training.
        k_mins: thresholds of the sparse network: the first training's, and then those of the best networks, one after
            the other.
        adapting: how many steps the best networks have for each of these.
        learning_rate: at the beginning of these steps.
        l1: weight of the regulariser from then on.
        least: how many reactions to stop at.
        minutes: how long it takes.
    """

    steps: int
    falling: int
    strategy: Strategy
    k_mins: tuple[float, ...]
    adapting: int
    learning_rate: float
    l1: float
    least: int
    minutes: float


def _gate(kind: str, plan: _Plan, seed: int, say: Callable[[str], None]) -> Made:
    """16 networks learn the gate, the best of them to do without slow reactions, and then to do with fewer and fewer.

    From the second training on, "straight-through": a reaction that is missed comes back.
    """
    task = LogicGate(kind)
    first = Trainer(
        task,
        _POPULATION,
        seed,
        learning_rate=cosine(0.1, plan.falling),
        l1=0.003,
        k_min=plan.k_mins[0],
        strategy=plan.strategy,
    )
    say(f"{first.population} networks, {plan.steps} steps")
    first.run(plan.steps)
    losses, solutions = np.nan_to_num(first.losses, nan=np.inf), first.solutions()
    runs = {
        "networks": float(first.population),
        "with a loss below 0.05": float(np.count_nonzero(losses < 0.05)),
        "best loss": float(losses.min()),
    }
    say(f"{runs['with a loss below 0.05']:.0f} with a loss below 0.05; going on with the best {_KEPT}")
    second = Trainer(task, _KEPT, seed, l1=plan.l1, k_min=plan.k_mins[0], strategy="straight-through")
    for member, best in enumerate(np.argsort(losses)[:_KEPT]):
        second.reseed(member, solutions[best].network)
    for k_min in plan.k_mins[1:]:
        second.k_min = k_min
        second.learning_rate = cosine(plan.learning_rate, plan.adapting, start=second.step)
        second.run(plan.adapting)
    say("taking reactions away")
    front = prune(second, least=plan.least, steps=40)
    return Made({kind: _smallest(front)}, runs)


def _smallest(front: list[Solution]) -> Solution:
    """The smallest network that errs by at most 0.08 in the test, which allows 0.1; without one, the nearest to it."""
    tried: list[tuple[float, Solution]] = []
    for found in front:
        solution = Solution.of(found.task, readable(found.network))
        error = solution.task.evaluate(solution)["largest_error"]
        if error <= _MOST_ERROR:
            return solution
        tried.append((error, solution))
    return min(tried, key=lambda pair: pair[0])[1]


_POPULATION = 16
_KEPT = 4
_MOST_ERROR = 0.08

# AND and OR do without reactions slower than 0.1; of those for XOR, the slow ones are as much needed as the others.
_ALL_FAST = _Plan(160, 320, "double", (0.01, 0.1), adapting=40, learning_rate=0.03, l1=0.01, least=5, minutes=3)
_SOME_SLOW = _Plan(
    300, 300, "dense", (0.001, 0.002, 0.01, 0.02), adapting=50, learning_rate=0.02, l1=0.003, least=10, minutes=8
)

RECIPES = {
    name: Recipe(partial(LogicGate, name), partial(_gate, name, plan), plan.minutes)
    for name, plan in (("and", _ALL_FAST), ("or", _ALL_FAST), ("xor", _SOME_SLOW))
}
"""The recipes by name."""
