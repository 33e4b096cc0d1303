"""Oscillators whose frequency or amplitude can be set ([DCRN] appendix B.2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from crnwidgets.learning import Solution, Task, Trainer
from crnwidgets.learning.pruning import prune
from crnwidgets.learning.schedules import cosine
from crnwidgets.tasks import AmplitudeControl, FrequencyControl
from crnwidgets.zoo.entries import readable
from crnwidgets.zoo.recipes.recipe import Made, Recipe
from crnwidgets.zoo.robustness import passes, rate_noise

__all__ = ["RECIPES"]


def _oscillator(name: str, make_task: Callable[[], Task], least: int, seed: int, say: Callable[[str], None]) -> Made:
    """24 networks learn; then all of them lose reactions, and one is taken that passes the test.

    It is the smallest that also passes in nine tenths of some draws of perturbed rates, or else in the most.

    Arguments:
        least: how many reactions to stop at.

    Raises RuntimeError if none passes.
    """
    task = make_task()
    trainer = Trainer(task, population=24, seed=seed, learning_rate=cosine(0.1, _STEPS), l1=0.01, k_min=0.01)
    say(f"{trainer.population} networks, {_STEPS} steps")
    trainer.run(_STEPS)
    solutions = trainer.solutions()
    runs = {
        "networks": float(trainer.population),
        "passed": float(sum(passes(solution) for solution in solutions)),
        "lowest loss": min(solution.loss for solution in solutions),
    }
    say(f"{runs['passed']:.0f} pass, lowest loss {runs['lowest loss']:.2e}; taking reactions away")
    best, most = None, -1
    for solution in prune(trainer, least=least, steps=_ROUND):
        kept = Solution.of(task, readable(solution.network))
        if not passes(kept):
            say(f"{kept.reaction_count} reactions: loss {kept.loss:.2e}, fails")
            continue
        noisy = rate_noise(kept, draws=_DRAWS, seed=seed)
        say(f"{kept.reaction_count} reactions: loss {kept.loss:.2e}, passes; with perturbed rates in {noisy}")
        if noisy.good > most:
            best, most = kept, noisy.good
        if noisy.good >= _STURDY * _DRAWS:
            break
    if best is None:
        raise RuntimeError(f"None of the networks for {name!r} with the seed {seed} passes.")
    return Made({name: best}, runs)


_STEPS = 2000
_ROUND = 200

_STURDY, _DRAWS = 0.9, 50

RECIPES = {
    name: Recipe(make_task, partial(_oscillator, name, make_task, least), minutes=3)
    for name, make_task, least in (("frequency", FrequencyControl, 8), ("amplitude", AmplitudeControl, 3))
}
"""The recipes by name."""
