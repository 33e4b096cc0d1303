"""Oscillators and other curves ([DCRN] section 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from crnwidgets.learning import Solution, Trainer
from crnwidgets.learning.pruning import prune
from crnwidgets.learning.schedules import cosine
from crnwidgets.tasks import Waveform
from crnwidgets.zoo.entries import readable
from crnwidgets.zoo.recipes.recipe import Made, Recipe

__all__ = ["RECIPES"]


def _waveform(name: str, make_task: Callable[[], Waveform], seed: int, say: Callable[[str], None]) -> Made:
    """40 networks learn the curve by themselves; then all of them lose reactions, down to five."""
    task = make_task()
    trainer = Trainer(
        task,
        population=40,
        seed=seed,
        learning_rate=cosine(0.1, _STEPS),
        # A little L1 and the gradients as they are: so most networks pass, more than with entropy or without both.
        l1=0.003,
        entropy=0.0,
        normalize=False,
    )
    say(f"{trainer.population} networks, {_STEPS} steps")
    trainer.run(_STEPS)
    tests = [task.evaluate(solution) for solution in trainer.solutions()]
    runs = {
        "networks": float(trainer.population),
        "passed": sum(test["passed"] for test in tests),
        "oscillate": sum(test["oscillates"] for test in tests),
        "best error": min(test["error"] for test in tests),
        "median error": float(np.median([test["error"] for test in tests])),
    }
    say(f"{runs['passed']:.0f} pass, best error {runs['best error']:.2e}; taking reactions away")
    front = prune(trainer, least=5)
    return Made(dict(_chosen(name, front)), runs)


def _chosen(name: str, front: list[Solution]) -> Iterator[tuple[str, Solution]]:
    """For each size the best network that has at most so many reactions, and the best of all."""
    for size in (*_SIZES, max(solution.reaction_count for solution in front)):
        *_, best = [front[0], *(solution for solution in front if solution.reaction_count <= size)]
        yield f"{name}-{best.reaction_count}", Solution.of(best.task, readable(best.network))


_STEPS = 10_000
_SIZES = (5, 6, 8, 10, 12, 15)

RECIPES = {
    name: Recipe(make_task, partial(_waveform, name, make_task), minutes=3)
    for name, make_task in {"squares": Waveform.squares, "peaks": Waveform.peaks}.items()
}
