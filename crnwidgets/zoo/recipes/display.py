"""The seven-segment display ([DCRN] section 4.2)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crnwidgets.learning import Solution, Trainer
from crnwidgets.learning.pruning import prune
from crnwidgets.learning.schedules import cosine
from crnwidgets.tasks import SevenSegment
from crnwidgets.zoo.entries import readable
from crnwidgets.zoo.recipes.recipe import Made, Recipe

__all__ = ["RECIPES"]


def _display(seed: int, say: Callable[[str], None]) -> Made:
    """Many networks learn a little, the best of them much, and the best of these loses what it does not need."""
    task, short = SevenSegment(), SevenSegment(duration=200)
    trainer = _trainer(short, _MANY, seed)
    # Slow reactions at first: mixed fast, everything forgets where it came from.
    state = trainer.state
    logits = state.parameters.logits + _CALM * np.eye(len(task.species), dtype=np.float32)
    trainer.state = state._replace(parameters=state.parameters._replace(logits=logits))
    trainer.learning_rate = _LEARNING_RATE
    trainer.run(_STEPS[0])
    chosen = _best(trainer)[:_FEW]
    say(f"{_MANY} networks, {_STEPS[0]} steps: losses from {chosen[0].loss:.3f}; on with {_FEW}")

    trainer = _trainer(short, _FEW, seed, chosen)
    trainer.learning_rate = cosine(_LEARNING_RATE, _STEPS[1] + _STEPS[2])
    trainer.run(_STEPS[1])
    say(f"{trainer.step} steps: losses from {_best(trainer)[0].loss:.3f}; on with twice the time span")
    # Segments that are right for a while may still drift; so the span is doubled.
    trainer.task = task
    trainer.run(_STEPS[2])
    trained = _best(trainer)
    tests = [task.evaluate(solution) for solution in trained]
    runs = {
        "networks": float(_FEW),
        "passed": sum(test["passed"] for test in tests),
        "best digits": max(test["digits"] for test in tests),
        "best loss": trained[0].loss,
        "reactions": float(trained[0].reaction_count),
    }
    say(f"{runs['passed']:.0f} pass, best loss {trained[0].loss:.4f}; taking reactions away")

    # All of the time that the test looks at.
    trainer = _trainer(SevenSegment(duration=2 * task.duration, settled=0.25), 1, seed, trained[:1])
    trainer.learning_rate = cosine(_LEARNING_RATE / 5, _STEPS[3])
    trainer.run(_STEPS[3])
    front = prune(trainer, least=_LEAST, steps=_ROUND, learning_rate=_LEARNING_RATE / 5)
    shorter = [Solution.of(task, task.case(readable(solution.network))) for solution in front]
    return Made({"display": next((s for s in shorter if task.evaluate(s)["margin"] > _MARGIN), shorter[-1])}, runs)


def _trainer(task: SevenSegment, population: int, seed: int, start: list[Solution] | None = None) -> Trainer:
    trainer = Trainer(task, population=population, seed=seed, l1=0.003, k_min=1e-2)
    for member, solution in enumerate(start or []):
        trainer.reseed(member, solution.network)
    return trainer


def _best(trainer: Trainer) -> list[Solution]:
    """The networks as they are now, the best first."""
    return sorted(trainer.solutions(), key=lambda solution: solution.loss)


_MANY, _FEW = 16, 4
_STEPS = (200, 800, 1200, 400)
_LEARNING_RATE = 0.1
_CALM = 5.0
# Of the distance between the threshold and the levels: no small difference may turn what passes into what fails.
_MARGIN = 0.1
_LEAST, _ROUND = 60, 40

RECIPES = {"display": Recipe(SevenSegment, _display, minutes=8)}
