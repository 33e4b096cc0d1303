"""Leader election in a ring of chambers ([DCRN] section 5.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from crnwidgets.chambers import Chambers
from crnwidgets.learning import Solution, Trainer
from crnwidgets.learning.schedules import cosine
from crnwidgets.learning.tensors import mask
from crnwidgets.tasks import RingElection
from crnwidgets.zoo.entries import readable
from crnwidgets.zoo.recipes.recipe import Made, Recipe

__all__ = ["RECIPES"]


class _Stage(NamedTuple):
    """A part of the training, of the best networks of the part before.

    Attributes:
        networks: how many.
        steps: of training.
        learning_rate: at the beginning; it falls to 0.
        l1: weight of the regulariser.
        duration, closest, poorest: of the task.
    """

    networks: int
    steps: int
    learning_rate: float
    l1: float
    duration: float
    closest: float | None
    poorest: float


_STAGES = (
    _Stage(12, 250, 0.06, 0.01, 400.0, None, 1.0),
    _Stage(2, 200, 0.04, 0.1, 3000.0, 0.002, 0.07),
    _Stage(1, 250, 0.035, 0.1, 3000.0, 0.001, 0.07),
)
_SLOW = 3.5
_PASSING = (-5.0, 2.0, -5.0, -5.0, 2.0)


def _ring(seed: int, say: Callable[[str], None]) -> Made:
    """Few reactions happen at the start, and of the species B and E pass; E is no catalyst in the first stage."""
    found: list[Solution] = []
    runs: dict[str, float] = {}
    for number, stage in enumerate(_STAGES):
        task = RingElection(duration=stage.duration, closest=stage.closest, poorest=stage.poorest)
        trainer = Trainer(
            task,
            stage.networks,
            seed,
            learning_rate=cosine(stage.learning_rate, stage.steps),
            l1=stage.l1,
            normalize=True,
        )
        if number == 0:
            without_E = [(a, "E", b) for a in task.species for b in task.species if a != b]
            trainer.allowed = mask(task.species, forbidden=without_E)
            _start_slowly(trainer)
        for member, solution in enumerate(found):
            trainer.reseed(member, solution.system)
        say(f"{stage.networks} networks, {stage.steps} steps of a duration of {stage.duration:g}")
        trainer.run(stage.steps)
        losses = np.nan_to_num(trainer.losses, nan=np.inf)
        say(f"losses: {np.sort(losses).round(4)}")
        runs[f"best loss of stage {number + 1}"] = float(losses.min())
        kept = _STAGES[number + 1].networks if number + 1 < len(_STAGES) else 1
        solutions = sorted(trainer.solutions(), key=lambda solution: solution.loss)
        found = solutions[:kept]
    best = found[0].system
    assert isinstance(best, Chambers)
    even = best.updated(initial=dict.fromkeys(best.species, 0.0))
    task = RingElection()
    return Made({"ring": Solution.of(task, task.case(readable(even)))}, runs)


def _start_slowly(trainer: Trainer) -> None:
    parameters = trainer.state.parameters
    slow = parameters._replace(
        logits=parameters.logits + _SLOW * np.eye(len(_PASSING), dtype=np.float32),
        permeability=parameters.permeability + np.array(_PASSING, np.float32),
    )
    trainer.state = trainer.state._replace(parameters=slow)


RECIPES = {"ring": Recipe(RingElection, _ring, 8)}
"""The recipe by name."""
