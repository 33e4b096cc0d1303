"""Networks that decide: which of two species there is more of, and which number a concentration stands for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crnwidgets.learning import Solution, Trainer
from crnwidgets.learning.schedules import cosine
from crnwidgets.network import Network
from crnwidgets.tasks import AnalogToDigital, Task, WinnerTakesAll
from crnwidgets.zoo.entries import readable
from crnwidgets.zoo.recipes.recipe import Made, Recipe

__all__ = ["RECIPES"]


def _majority(seed: int, say: Callable[[str], None]) -> Made:
    """Ten times, from a seed of its own: 16 networks learn to decide, in a short time first and then in a longer."""
    task = WinnerTakesAll()
    runs = {"seeds": float(_SEEDS), "approximate_majority": 0.0, "passed": 0.0}
    found: list[tuple[Solution, Solution]] = []
    for number in range(seed, seed + _SEEDS):
        found.append(_decider(task, number))
        figures = task.evaluate(found[-1][0])
        for name in ("approximate_majority", "passed"):
            runs[name] += figures[name]
        say(
            f"seed {number}: {figures['reaction_count']:.0f} reactions, accuracy {figures['accuracy_0.01']:.2f} at 0.01"
        )
    sparse, dense = max(found, key=lambda pair: _merit(pair[0]))
    runs |= {f"{name} with slow reactions": x for name, x in task.evaluate(dense).items() if name.startswith("acc")}
    return Made({"majority": _entry(sparse)}, runs)


def _decider(task: WinnerTakesAll, seed: int) -> tuple[Solution, Solution]:
    """The best of the networks of a seed, without its slow reactions and with them."""
    trainer = Trainer(task, population=16, seed=seed, learning_rate=0.1, l1=0.0, k_min=0.05)
    for duration in _TIMES:
        trainer.task = WinnerTakesAll(duration)
        trainer.run(100, progress=False)
    # Only now the weight that makes networks small: before, it would keep them from learning.
    trainer.change(task=task, l1=0.01, learning_rate=cosine(0.1, _STEPS, start=trainer.step))
    trainer.run(_STEPS, progress=False)
    solutions, tensors = trainer.solutions(), trainer.tensors[trainer.alive]
    best = max(range(len(solutions)), key=lambda i: _merit(solutions[i]))
    return solutions[best], Solution.of(task, Network.from_tensor(tensors[best], task.species))


def _merit(solution: Solution) -> tuple[float, ...]:
    """What to choose by: decisions, then few reactions."""
    figures = solution.task.evaluate(solution)
    return sum(x for name, x in figures.items() if name.startswith("acc")), -figures["reaction_count"]


def _converter(seed: int, say: Callable[[str], None]) -> Made:
    """32 networks learn at a distance from the thresholds; the best of them come closer, then lose reactions."""
    far = AnalogToDigital(duration=20, margin=0.03, samples=32)
    first = Trainer(far, population=32, seed=seed, learning_rate=cosine(0.03, _FIRST), l1=0.0, strategy="dense")
    say(f"{first.population} networks, {_FIRST} steps")
    first.run(_FIRST, progress=False)
    solutions = sorted(first.solutions(), key=lambda solution: solution.loss)
    runs = {"networks": float(first.population), "best loss": solutions[0].loss, "median loss": solutions[16].loss}
    say(f"best loss {solutions[0].loss:.3f}; the {_CHOSEN} best come closer to the thresholds")

    trainer = _continued(far, solutions[:_CHOSEN], seed)
    trainer.strategy = "dense"
    for duration, margin, rate in ((20, 0.01, 0.02), (40, 0.01, 0.02), (40, 1 / 128, 0.01)):
        trainer.task = AnalogToDigital(duration=duration, margin=margin)
        trainer.learning_rate = cosine(rate, _CLOSER, start=trainer.step)
        trainer.run(_CLOSER, progress=False)
    met = trainer.solutions()
    say(f"best loss {min(solution.loss for solution in met):.4f}; taking reactions away")

    best = sorted(met, key=lambda solution: solution.loss)[: _CHOSEN // 2]
    trainer = _continued(best[0].task, best, seed)
    for l1, k_min in ((0.1, 0.01), (0.5, 0.02), (1.0, 0.05)):
        trainer.change(l1=l1, k_min=k_min, learning_rate=cosine(0.03, _FEWER, start=trainer.step))
        trainer.run(_FEWER, progress=False)
        met += trainer.solutions()
        say(f"reactions of at least {k_min:g}: {sorted(solution.reaction_count for solution in trainer.solutions())}")
    entries = [_entry(solution) for solution in met]
    tests = [entry.task.evaluate(entry) for entry in entries]
    runs["passed"] = sum(test["passed"] for test in tests)
    chosen = min(
        range(len(entries)),
        key=lambda i: (tests[i]["wrong"] + tests[i]["wrong_later"], tests[i]["reaction_count"]),
    )
    return Made({"converter": entries[chosen]}, runs)


def _continued(task: Task, solutions: Sequence[Solution], seed: int) -> Trainer:
    """A trainer that goes on from some networks."""
    trainer = Trainer(task, population=len(solutions), seed=seed, l1=0.0)
    for member, solution in enumerate(solutions):
        trainer.reseed(member, solution.network)
    return trainer


def _entry(solution: Solution) -> Solution:
    """The network as it is written, starting from one of its task's cases and not from what was drawn last."""
    task = solution.task
    return Solution.of(task, readable(task.case(solution.network, _CASE)))


_CASE = 5

_SEEDS = 10
_TIMES = (5.0, 10.0, 20.0, 50.0)
_STEPS = 400

_FIRST = 3000
_CHOSEN = 8
_CLOSER = 800
_FEWER = 1200

RECIPES = {
    "converter": Recipe(AnalogToDigital, _converter, minutes=10),
    "majority": Recipe(WinnerTakesAll, _majority, minutes=5),
}
