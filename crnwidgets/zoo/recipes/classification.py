"""Networks that tell points apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from crnwidgets.learning import Solution, Trainer
from crnwidgets.learning.pruning import prune
from crnwidgets.learning.schedules import cosine
from crnwidgets.network import Network
from crnwidgets.tasks import Classification
from crnwidgets.zoo.entries import readable
from crnwidgets.zoo.recipes.recipe import Made, Recipe
from crnwidgets.zoo.robustness import perturbed

__all__ = ["RECIPES", "learn", "sturdy"]


def learn(
    name: str, make_task: Callable[..., Classification], seed: int, say: Callable[[str], None] = lambda line: None
) -> Made:
    """Eight networks learn; the best two, for a longer time, and then with fewer and fewer reactions.

    Of these, the smallest is taken that with perturbed rates has nearly as many of the points right as any. The points
    that are held out have no part in it.

    Arguments:
        make_task: with the keyword `duration`.
    """
    task, longer = make_task(), make_task(duration=_LONGER * make_task().duration)
    first = Trainer(task, 8, seed, learning_rate=cosine(0.3, _STEPS[0]), l1=_L1, strategy="dense")
    # Slow reactions at first: mixed fast, everything forgets where it came from.
    state = first.state
    logits = state.parameters.logits + _CALM * np.eye(len(task.species), dtype=np.float32)
    first.state = state._replace(parameters=state.parameters._replace(logits=logits))
    say(f"{first.population} networks, {_STEPS[0]} steps")
    first.run(_STEPS[0], progress=False)
    found = sorted(first.solutions(), key=lambda solution: solution.loss)
    runs = {"networks": float(first.population), "best loss": found[0].loss, "median loss": found[4].loss}

    second = Trainer(longer, _KEPT, seed, learning_rate=cosine(0.05, _STEPS[1]), l1=_L1, strategy="straight-through")
    for member, solution in enumerate(found[:_KEPT]):
        second.reseed(member, solution.network)
    say(f"best loss {found[0].loss:.3f}; {_STEPS[1]} steps for the best {_KEPT}, for a longer time")
    second.run(_STEPS[1], progress=False)
    say("taking reactions away")
    shares: list[tuple[float, Solution]] = []
    for solution in prune(second, least=_LEAST, steps=_ROUND, learning_rate=0.05):
        kept = Solution.of(task, readable(task.case(solution.network)))
        share = sturdy(task, kept.network, task.right)
        say(f"{kept.reaction_count} reactions: loss {kept.loss:.3f}; with perturbed rates {share:.1%} are right")
        shares.append((share, kept))
    most = max(share for share, _ in shares)
    return Made({name: next(kept for share, kept in shares if share >= most - _NEARLY)}, runs)


def sturdy(task: Classification, network: Network, right: Callable[[Network], np.ndarray]) -> float:
    """The part of the points for training that a network has right with perturbed rates.

    Arguments:
        right: a network with other rates → which of all points it has right, (n,) booleans.
    """
    # Other draws than those of `rate_noise`, which is to test what is chosen here.
    noises = (np.random.default_rng([_OTHERS, number]) for number in range(_DRAWS))
    return float(np.mean([right(perturbed(network, rng))[~task.held_out].mean() for rng in noises]))


_LONGER = 4
_STEPS = (400, 100)
_L1 = 0.1
_CALM = 7.0
_KEPT = 2
_LEAST, _ROUND = 5, 30
_DRAWS, _OTHERS = 50, 1_000_000
_NEARLY = 0.01

RECIPES = {
    name: Recipe(make_task, partial(learn, name, make_task), minutes=2)
    for name, make_task in (("two-moons", Classification.two_moons), ("iris", Classification.iris))
}
"""The recipes by name."""
