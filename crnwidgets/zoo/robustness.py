"""How often networks still pass their tests, or give the right answer, under noise.

Two kinds of it: rates that are not quite those of the rules, and molecules that can be counted.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import numpy as np

from crnwidgets.chambers import Chambers
from crnwidgets.dynamics import simulate
from crnwidgets.learning import Solution, Task
from crnwidgets.network import Network, Reaction
from crnwidgets.tasks import AmplitudeControl, Boolean, FrequencyControl, Waveform

__all__ = ["Tally", "molecules", "passes", "perturbed", "rate_noise", "right_answers"]

DEVIATION = 0.1
"""Of the logarithm of a rate: about a tenth more or less."""

_TOGETHER = 100

System = TypeVar("System", Network, Chambers)


class Tally(NamedTuple):
    """How often something went well."""

    good: int
    runs: int

    def __str__(self) -> str:
        return f"{self.good / self.runs:.1%} of {self.runs}"


# -- rates -------------------------------------------------------------------------------------------------------------


def rate_noise(
    solution: Solution, *, draws: int = 1000, deviation: float = DEVIATION, seed: int = 0, seconds: float = math.inf
) -> Tally:
    """How often a network passes its task's whole test with perturbed rates.

    Arguments:
        draws: how many networks to test; the first ones are the same, however many there are.
        deviation: as for `perturbed`.
        seconds: after so long no more are tested, but some are in any case.
    """
    task = solution.task
    # Many at once, where they can be tested so.
    together = _TOGETHER if isinstance(task, Boolean) else 1

    def passed(numbers: range) -> int:
        noises = [np.random.default_rng([seed, number]) for number in numbers]
        if solution.chambers is not None:
            chambers = [perturbed(solution.chambers, rng, deviation) for rng in noises]
            return sum(passes(replace(solution, network=each.network, chambers=each)) for each in chambers)
        networks = [perturbed(solution.network, rng, deviation) for rng in noises]
        if isinstance(task, Boolean):
            return int(np.count_nonzero(task.passing(networks)))
        return sum(passes(replace(solution, network=network)) for network in networks)

    return _tally(passed, draws, seconds, together)


def perturbed(network: System, rng: np.random.Generator, deviation: float = DEVIATION) -> System:
    """The network with each rate multiplied by a factor of its own, log-normal with the median 1.

    Of chambers, each species' permeability has its factor as well.

    Arguments:
        deviation: the standard deviation of the factors' logarithms.
    """
    if isinstance(network, Chambers):
        chemistry = perturbed(network.network, rng, deviation)
        factors = np.exp(deviation * rng.standard_normal(len(network.species)))
        rates = {
            name: np.multiply(rate, f) for (name, rate), f in zip(network.permeability.items(), factors, strict=True)
        }
        return Chambers(chemistry, network.topology, rates, initial=network.initial, events=network.events)
    factors = np.exp(deviation * rng.standard_normal(len(network.reactions)))
    return Network(
        [Reaction(r.reactants, r.products, r.rate * float(f)) for r, f in zip(network.reactions, factors, strict=True)],
        species=network.species,
        initial=network.initial,
        events=network.events,
    )


def passes(solution: Solution) -> bool:
    """Whether a network passes its task's test, which ends with the first failure.

    Raises ValueError where the test has no outcome.
    """
    examination = solution.task.examine(solution)
    while True:
        try:
            finding = next(examination)
        except StopIteration as end:
            figures = end.value
            break
        if finding.failure:
            examination.close()
            return False
    if "passed" not in figures:
        raise ValueError(f"Argument `solution` must have a task with a test to pass, but it brings {list(figures)}.")
    return bool(figures["passed"])


# -- molecules ---------------------------------------------------------------------------------------------------------


def right_answers(
    solution: Solution, volume: float, *, runs: int = 100, seed: int = 0, seconds: float = math.inf
) -> Tally:
    """How often a network of so many molecules a unit of concentration gives the right answer.

    The cases of the task have their turns. What is right, the network itself says where molecules are not counted:

    - Outputs are read just before each intervention and at the end. All must be on the same side of the middle between
      the task's `low` and `high`, or, where it has none, of the middle between the highest output and the lowest.
    - A controlled oscillator must make as many turns, up to a fifth more or less. A turn is a way from the lower third
      of what it should reach between two interventions to the upper third.
    - A curve must be as near to its target as the test wants it.

    With chambers, the outputs of all of them are read.

    Arguments:
        volume: molecules a unit of concentration.
        runs: how many simulations.
        seconds: after so long there are no more, but one is in any case.

    Raises ImportError without the package rebop, which the extra `stochastic` brings.
    """
    task = solution.task
    steps = task.steps // task.every
    shown = [task.case(solution.system, number) for number in range(min(task.cases, runs))]  # type: ignore[arg-type]
    cases = [case.expanded() if isinstance(case, Chambers) else case for case in shown]
    expected = [_expected(network, task.duration, steps) for network in cases]

    def right(numbers: range) -> int:
        (number,) = numbers
        case = number % len(cases)
        found = molecules(cases[case], task.duration, steps, volume, np.random.default_rng([seed, number]))
        return int(_agree(task, expected[case], found))

    return _tally(right, runs, seconds)


def molecules(network: Network, duration: float, steps: int, volume: float, rng: np.random.Generator) -> np.ndarray:
    """One exact stochastic simulation: concentrations at even times from 0, (steps + 1, N).

    Interventions happen at the nearest of these times, whose concentrations are those before; amounts are rounded to
    whole molecules.

    Raises ImportError without the package rebop.
    """
    from rebop import Gillespie

    system = Gillespie()
    for reaction in network.reactions:
        taken, made = (
            [name for name, count in side.items() for _ in range(count)]
            for side in (reaction.reactants, reaction.products)
        )
        # In a volume twice as large two molecules meet half as often.
        system.add_reaction(reaction.rate * volume ** (1 - reaction.order), taken, made)
    # It warns of species that do not react.
    reacting = [s for s in network.species if any(s in r.reactants or s in r.products for r in network.reactions)]
    counts = {name: round(value * volume) for name, value in network.initial.items()}
    states = np.tile(list(counts.values()), (steps + 1, 1))
    due = {round(event.time / duration * steps) for event in network.events}
    edges = sorted({0, steps, *(place for place in due if 0 < place < steps)})
    for first, last in zip(edges, [*edges[1:], None], strict=True):
        for event in network.events:
            if round(event.time / duration * steps) == first:
                amount = round(event.amount * volume)
                before = counts[event.species]
                after = {"=": amount, "+=": before + amount, "-=": max(0, before - amount)}
                counts[event.species] = after[event.operation]
        if last is None:
            break
        states[first + 1 : last + 1] = list(counts.values())
        if reacting:
            start = {name: counts[name] for name in reacting}
            run = system.run(start, tmax=duration * (last - first) / steps, nb_steps=last - first, rng=rng)
            for name in reacting:
                states[first + 1 : last + 1, network.species.index(name)] = run[name].values[1:]
        counts = dict(zip(network.species, map(int, states[last]), strict=True))
    return states / volume


def _expected(network: Network, duration: float, steps: int) -> np.ndarray:
    """The concentrations at the same times, where molecules are not counted: (steps + 1, N)."""
    # Just before the interventions.
    times = np.linspace(0, duration, steps + 1) * (1 - 1e-9)
    return np.asarray(simulate(network, times).concentrations)


def _agree(task: Task, expected: np.ndarray, found: np.ndarray) -> bool:
    """Whether found states are right, where those expected are, both (K, N), with chambers (K, C N)."""
    outputs = [task.species.index(name) for name in task.outputs]
    if isinstance(task, Waveform):
        return float(np.mean((found[:, outputs[0]] - task.target) ** 2)) <= task.tolerance
    reads = [*(step // task.every for step in task.interventions), task.steps // task.every]
    if isinstance(task, FrequencyControl | AmplitudeControl):
        curves = np.stack([expected[:, outputs[0]], found[:, outputs[0]]])
        # What an intervention leaves is in the state after it.
        wanted, made = np.sum([_turns(curves[:, first + 1 : last]) for first, last in pairwise([0, *reads])], axis=0)
        return bool(abs(made - wanted) <= wanted / 5)
    # With chambers, the species come in turns.
    levels = (states[reads].reshape(len(reads), -1, len(task.species))[..., outputs] for states in (expected, found))
    first, second = (_high(task, level.reshape(len(reads), -1)) for level in levels)
    return bool((first == second).all())


def _high(task: Any, levels: np.ndarray) -> np.ndarray:
    """Which outputs are high, (R, O) → (R, O)."""
    if hasattr(task, "low"):
        return levels > (task.low + task.high) / 2
    return levels > (levels.min(axis=1, keepdims=True) + levels.max(axis=1, keepdims=True)) / 2


def _turns(curves: np.ndarray) -> np.ndarray:
    """How often curves come from the lower third of the first one's range into the upper third: (C, K) → (C,)."""
    low, high = curves[0].min() + np.ptp(curves[0]) * np.array([1, 2]) / 3
    sides = np.where(curves > high, 1, np.where(curves < low, -1, 0))
    return np.array([np.count_nonzero(np.diff(row[row != 0]) > 0) for row in sides])


def _tally(good: Callable[[range], int], runs: int, seconds: float, together: int = 1) -> Tally:
    """Runs, so many together, until there are enough or the time is over."""
    count, done, end = 0, 0, time.monotonic() + seconds
    while done < runs and (done == 0 or time.monotonic() < end):
        last = min(done + together, runs)
        count += good(range(done, last))
        done = last
    return Tally(count, done)
