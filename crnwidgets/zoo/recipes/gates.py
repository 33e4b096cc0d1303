"""Logic gates ([DCRN] section 4.1)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np

from crnwidgets.learning import Solution, Trainer
from crnwidgets.learning.losses import Strategy
from crnwidgets.learning.pruning import prune
from crnwidgets.learning.schedules import cosine
from crnwidgets.tasks import Boolean, LogicGate
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
        population: how many networks there are at first.
        kept: how many of them go on after the first training.
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
    population: int = 16
    kept: int = 4


def _gate(name: str, make_task: Callable[[], Boolean], plan: _Plan, seed: int, say: Callable[[str], None]) -> Made:
    """Some networks learn the gate, the best of them to do without slow reactions, and then to do with fewer and fewer.

    From the second training on, "straight-through": a reaction that is missed comes back.
    """
    task = make_task()
    first = Trainer(
        task,
        plan.population,
        seed,
        learning_rate=cosine(0.1, plan.falling),
        l1=0.003,
        k_min=plan.k_mins[0],
        strategy=plan.strategy,
    )
    say(f"{first.population} networks, {plan.steps} steps")
    first.run(plan.steps)
    solutions = sorted(first.solutions(), key=lambda solution: solution.loss)
    runs = {
        "networks": float(first.population),
        "with a loss below 0.05": float(sum(solution.loss < 0.05 for solution in solutions)),
        "best loss": solutions[0].loss,
    }
    say(f"{runs['with a loss below 0.05']:.0f} with a loss below 0.05; going on with the best {plan.kept}")
    second = Trainer(task, plan.kept, seed, l1=plan.l1, k_min=plan.k_mins[0], strategy="straight-through")
    for member, solution in enumerate(solutions[: plan.kept]):
        second.reseed(member, solution.network)
    for k_min in plan.k_mins[1:]:
        second.k_min = k_min
        second.learning_rate = cosine(plan.learning_rate, plan.adapting, start=second.step)
        second.run(plan.adapting)
    say("taking reactions away")
    front = prune(second, least=plan.least, steps=40)
    return Made({name: _smallest(front)}, runs)


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


_MOST_ERROR = 0.08

# AND and OR do without reactions slower than 0.1; of those for XOR, the slow ones are as much needed as the others.
_ALL_FAST = _Plan(160, 320, "double", (0.01, 0.1), adapting=40, learning_rate=0.03, l1=0.01, least=5, minutes=3)
_ONE_INPUT = _ALL_FAST._replace(steps=80, falling=160, least=2, minutes=1, population=8, kept=2)
_SOME_SLOW = _Plan(
    300, 300, "dense", (0.001, 0.002, 0.01, 0.02), adapting=50, learning_rate=0.02, l1=0.003, least=10, minutes=8
)
# Nearly all reactions stay until the networks have learnt. Two networks go on, because one may be lost on the way. No
# pruning: a round of it would take as long as 100 steps.
_MORE_INPUTS = _Plan(
    300,
    300,
    "dense",
    (0.001, 0.001, 0.001, 0.002, 0.005, 0.01),
    adapting=100,
    learning_rate=0.05,
    l1=0.003,
    least=1000,
    minutes=5,
    population=8,
    kept=2,
)


def _plan(table: tuple[int, ...]) -> _Plan:
    """By how many inputs the output depends on, and whether one of them can change it in both directions."""
    values = np.reshape(table, (2, 2))
    if (values[0] == values[1]).all() or (values[:, 0] == values[:, 1]).all():
        return _ONE_INPUT
    return _SOME_SLOW if values.sum() == 2 else _ALL_FAST


# All tables of two inputs, called after their values but for those with a name, which are in the zoo.
_NAMES = {LogicGate(name).table: name for name in ("and", "or", "xor")}
_TASKS: dict[str, tuple[Callable[[], Boolean], _Plan]] = {
    **{
        _NAMES.get(table, "gate-" + "".join(map(str, table))): (partial(LogicGate, table), _plan(table))
        for table in product((0, 1), repeat=4)
    },
    "majority-of-three": (partial(Boolean, lambda *x: sum(x) >= 2, inputs=3), _MORE_INPUTS),
    "multiplexer": (partial(Boolean, lambda second, x, y: y if second else x, inputs=3), _MORE_INPUTS),
}

RECIPES = {
    name: Recipe(make_task, partial(_gate, name, make_task, plan), plan.minutes)
    for name, (make_task, plan) in _TASKS.items()
}
"""The recipes by name."""
