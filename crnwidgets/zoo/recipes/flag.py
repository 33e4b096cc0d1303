"""Three bands in a line of chambers."""

from __future__ import annotations

from collections.abc import Callable

from crnwidgets.chambers import Chambers
from crnwidgets.learning import Solution, Trainer
from crnwidgets.learning.pruning import prune
from crnwidgets.learning.schedules import cosine
from crnwidgets.tasks import FrenchFlag
from crnwidgets.zoo.entries import readable
from crnwidgets.zoo.recipes.recipe import Made, Recipe
from crnwidgets.zoo.robustness import passes

__all__ = ["RECIPES"]


def _flag(seed: int, say: Callable[[str], None]) -> Made:
    """16 networks learn in lines of three lengths; the best, for a longer time, and then with fewer reactions.

    The smallest is taken that passes the test with a margin, or else the one with the widest. Raises RuntimeError if
    none passes.
    """
    first = Trainer(
        FrenchFlag(_LENGTHS, duration=_SHORT, batch=1),
        16,
        seed,
        learning_rate=cosine(0.1, _STEPS[0]),
        l1=_L1,
        k_min=_K_MIN,
    )
    say(f"{first.population} networks, {_STEPS[0]} steps, in lines of {', '.join(map(str, _LENGTHS))} chambers")
    first.run(_STEPS[0], progress=False)
    found = sorted(first.solutions(), key=lambda solution: solution.loss)
    runs = {"networks": float(first.population), "best loss": found[0].loss, "median loss": found[8].loss}

    # So long that bands which move on are found out.
    second = Trainer(
        FrenchFlag(_LENGTHS, duration=_LONG, batch=1),
        _KEPT,
        seed,
        learning_rate=cosine(0.05, _STEPS[1]),
        l1=_L1,
        k_min=_K_MIN,
        strategy="straight-through",
    )
    for member, solution in enumerate(found[:_KEPT]):
        second.reseed(member, solution.system)
    say(f"best loss {found[0].loss:.3f}; {_STEPS[1]} steps for the best {_KEPT}, for a longer time")
    second.run(_STEPS[1], progress=False)
    full = sorted(second.solutions(), key=lambda solution: solution.loss)
    runs["passed after more training"] = float(sum(passes(_in_one_line(solution)) for solution in full))
    say(f"{runs['passed after more training']:.0f} pass; taking reactions away")
    best, widest = None, 0.0
    for solution in [*prune(second, least=_LEAST, steps=_ROUND), *full]:
        kept = _in_one_line(solution)
        figures = kept.task.evaluate(kept)
        say(f"{kept.reaction_count} reactions: loss {solution.loss:.3f}, ahead by {figures['ahead']:.2f}")
        if figures["passed"] and figures["ahead"] > widest:
            best, widest = kept, figures["ahead"]
        if widest >= _AHEAD:
            break
    if best is None:
        raise RuntimeError(f"None of the networks with the seed {seed} passes.")
    return Made({"flag": best}, runs)


def _in_one_line(solution: Solution) -> Solution:
    """As it will be written: in a line of the usual length with an even start."""
    assert solution.chambers is not None
    task = FrenchFlag()
    line = Chambers(solution.network, task.topology, solution.chambers.permeability)
    return Solution.of(task, readable(task.case(line)))


# Not 9 and 15, which are left to the test.
_LENGTHS = (6, 12, 18)
_SHORT, _LONG = 120.0, 720.0
_STEPS = (400, 200)
_L1, _K_MIN = 0.003, 0.01
_KEPT = 3
_LEAST, _ROUND = 12, 30
# By how much the colours are ahead at least: no small difference may turn what passes into what fails.
_AHEAD = 0.1

RECIPES = {"flag": Recipe(FrenchFlag, _flag, minutes=6)}
"""The recipe by name."""
