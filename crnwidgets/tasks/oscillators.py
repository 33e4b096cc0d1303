"""Oscillators whose frequency or amplitude is set by a concentration, also while they run ([DCRN] appendix B.2)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from crnwidgets.dynamics.fixed import integrate
from crnwidgets.learning.solution import Solution
from crnwidgets.learning.task import Examination, Finding, Task, concluded
from crnwidgets.network import Event, Network, default_names

__all__ = ["AmplitudeControl", "FrequencyControl"]

# The whole time of training, when the level changes, and the length of a step: within one, no molecule is likely to
# react more than three times. The test goes on for five times as long.
_DURATION, _CHANGE, _STEP, _EVERY = 300, 150, 1, 2
_LONGER = 5

# How long a turn is at the level 1, in training; at half the level it is twice as long.
_TURN = 30.0

# In the test, states are kept so often, with two steps of the solver in between.
_SAMPLE = 0.5
_TESTED = 10
# How far swings may differ from their mean, periods from that of the level, and swings from the asked.
_STEADY, _PROMPT, _NEAR = 0.2, 0.1, 0.15

# Where on its way up, in its height, a curve begins a new turn; and a height of next to nothing, which has no turns.
_UP, _STILL = 0.6, 1e-3


class _Oscillator(Task):
    """What the two tasks have in common: cases with one level and then another, and curves for Out to follow.

    Arguments:
        names: of the species before the auxiliary ones, Out first.
        controlled: the species whose concentration is the level.
        levels: (B, 2), in each case before the change and after it.
        auxiliary: how many species there are besides.
    """

    low: float
    high: float

    def __init__(
        self, names: tuple[str, ...], controlled: str, levels: list[tuple[float, float]], auxiliary: int
    ) -> None:
        if not 1 <= auxiliary <= 20:
            raise ValueError(f"Argument `auxiliary` must be from 1 to 20, but it is {auxiliary!r}.")
        self.species = (*names, *default_names(auxiliary))
        self.outputs = names[:1]
        self.duration = float(_DURATION)
        self.steps = _DURATION // _STEP
        self.every = _EVERY
        self.cases = len(levels)
        self.interventions = (_CHANGE // _STEP,)
        self._controlled = names.index(controlled)
        self._levels = np.array(levels)
        times = np.arange(0, self.steps + 1, _EVERY) * _STEP
        before, after = self._levels[:, :1], self._levels[:, 1:]
        turns = (np.minimum(times, _CHANGE) * before + np.maximum(times - _CHANGE, 0) * after) / _TURN
        self._waves = (1 + np.cos(2 * np.pi * turns)) / 2
        self._level = np.where(times < _CHANGE, before, after)

    def case(self, network: Network, number: int = 0) -> Network:
        """The network with the levels of a case, the second from the middle of the time on."""
        before, after = self._levels[number]
        name = self.species[self._controlled]
        event = Event(_CHANGE, name, "+=" if after > before else "-=", round(abs(after - before), 9))
        return network.updated(initial={name: before}, events=[event])

    def evaluate(self, solution: Solution) -> Mapping[str, float]:
        """The figures of `examine`."""
        return concluded(self.examine(solution))

    def _set(self, states: Array, levels: np.ndarray | Array) -> Array:
        return states.at[..., self._controlled].set(jnp.asarray(levels, states.dtype))

    def _tested(self) -> np.ndarray:
        """Ten levels that are not trained for, evenly between the lowest and the highest that are."""
        low, high = self._levels.min(), self._levels.max()
        return low + (high - low) * (np.arange(_TESTED) + 0.5) / _TESTED

    def _start(self, network: Network, levels: np.ndarray) -> np.ndarray:
        """Where a network starts with each of the levels, (L, N)."""
        start = np.tile(list(network.initial.values()), (len(levels), 1))
        start[:, self._controlled] = levels
        return start


class FrequencyControl(_Oscillator):
    """The concentration of the species In, which only catalyses, sets the frequency with which Out oscillates.

    Out is to follow a cosine between 0.1 and 0.5 with the frequency In/30, from a crest on; in the middle of the time
    In changes, and the frequency with it. A case of the batch is a level of In and the next one; the loss is the mean
    squared distance from the curve. The amount of all species but In is 1.5, three times what Out has at a crest;
    training also learns how it is shared out at the start.

    Arguments:
        auxiliary: how many species there are besides Out and In, from 1 to 20.

    Raises ValueError if it is not.
    """

    low = 0.1
    high = 0.5

    def __init__(self, auxiliary: int = 4) -> None:
        levels = [(0.3, 0.7), (0.5, 0.3), (0.7, 0.9), (0.9, 0.5)]
        super().__init__(("Out", "In"), "In", levels, auxiliary)
        self.inputs = self.catalysts = ("In",)

    def initial(self, learnt: Array, key: Array) -> Array:
        """The first levels, and 1.5 shared by softmax among the others: (P, N) → (P, B, N)."""
        shares = _TOTAL * jax.nn.softmax(learnt.at[:, self._controlled].set(-jnp.inf), axis=-1)
        batch = jnp.broadcast_to(shares[:, None], (len(shares), len(self._levels), shares.shape[-1]))
        return self._set(batch, self._levels[:, 0])

    def learnt(self, initial: np.ndarray) -> np.ndarray:
        """The logarithms of the shares: (N,) → (N,); a share of nothing becomes a very small one."""
        return np.log(np.maximum(initial, _LEAST))

    def intervene(self, number: int, states: Array, key: Array) -> Array:
        """In changes: (P, B, N)."""
        return self._set(states, self._levels[:, 1])

    def loss(self, states: Array) -> Array:
        """The mean squared distance of Out from its curves: (P, B, K, N) → (P,)."""
        curves = self.low + (self.high - self.low) * jnp.asarray(self._waves, states.dtype)
        return ((states[..., 0] - curves) ** 2).mean(axis=(-2, -1))

    def examine(self, solution: Solution) -> Examination:
        """Ten levels of In that are not trained for, each held for five times the time of training.

        In the last four fifths of the time, the network must oscillate to the end, faster with each higher level and
        more than twice as fast with the highest as with the lowest; and no swing from crest to trough may differ by
        more than 20 % from their mean over all levels. Then In is changed, from each level to the one five places
        further: from two periods later on, no turn may differ by more than 10 % from the period that belongs to the
        new level.

        Returns "passed", "reaction_count", "slowest" and "fastest" (frequencies), "swing_deviation" and
        "period_deviation" (the greatest of each).
        """
        levels, network = self._tested(), solution.network
        states = _run(network, self._start(network, levels), _LONGER * _DURATION)
        turns = [_turns(curve, _DURATION) for curve in states[..., 0]]
        failures = 0
        alive = np.array([_goes_on(found, _LONGER * _DURATION) for found in turns])
        frequencies = np.array([1 / np.mean([turn.length for turn in found] or [math.inf]) for found in turns])
        swings = [np.array([turn.swing for turn in found]) for found in turns]
        mean = np.mean([own.mean() for own in swings if len(own)] or [math.nan])
        deviations = np.array([np.max(np.abs(own / mean - 1), initial=0.0) if len(own) else 1.0 for own in swings])
        for i, level in enumerate(levels):
            failure = ""
            if not alive[i]:
                failure = f"With In = {level:.3g}, Out does not oscillate until {_LONGER * _DURATION}."
            elif i and frequencies[i] <= frequencies[i - 1]:
                failure = f"With In = {level:.3g}, Out is not faster than with {levels[i - 1]:.3g}."
            elif not deviations[i] <= _STEADY:
                failure = f"With In = {level:.3g}, the swings of Out are up to {deviations[i]:.0%} off their mean."
            failures += bool(failure)
            yield Finding((i + 1) / (2 * _TESTED), failure)
        if not frequencies[-1] > 2 * frequencies[0]:
            failures += 1
            yield Finding(0.5, "With the highest In, Out is not twice as fast as with the lowest.")
        following = np.roll(np.arange(_TESTED), -_TESTED // 2)
        changed = np.array(states[:, round(_DURATION / _SAMPLE)])
        changed[:, self._controlled] = levels[following]
        after = _run(network, changed, 2 * _DURATION)[..., 0]
        worst = 0.0
        for i, (j, curve) in enumerate(zip(following, after, strict=True)):
            period = 1 / frequencies[j] if frequencies[j] else math.inf
            found = _turns(curve, 2 * period) if math.isfinite(period) else []
            deviation = max((abs(turn.length / period - 1) for turn in found), default=1.0)
            failure = ""
            if not _goes_on(found, 2 * _DURATION):
                failure = f"When In goes from {levels[i]:.3g} to {levels[j]:.3g} at {_DURATION}, Out stops oscillating."
            elif not deviation <= _PROMPT:
                failure = (
                    f"When In goes from {levels[i]:.3g} to {levels[j]:.3g} at {_DURATION}, the periods of Out are up "
                    f"to {deviation:.0%} off two periods later."
                )
            worst = max(worst, float(deviation))
            failures += bool(failure)
            yield Finding(0.5 + (i + 1) / (2 * _TESTED), failure)
        return {
            "passed": float(not failures),
            "reaction_count": float(solution.reaction_count),
            "slowest": float(frequencies[0]),
            "fastest": float(frequencies[-1]),
            "swing_deviation": float(deviations.max()),
            "period_deviation": worst,
        }


class AmplitudeControl(_Oscillator):
    """The concentration with which Out starts sets the amplitude with which it oscillates.

    By amplitude is meant the swing from crest to trough. Out is to follow a cosine between its first concentration a
    and nothing, with the frequency a/30: twice the concentrations react twice as fast. In the middle of the time, at a
    crest, as much of Out is added or taken away as the next amplitude differs from the first. (A network that is not
    quite at its crest then has the right total after that, which it would not have if Out were set.) A case of the
    batch is one amplitude and the next; the loss is the mean squared distance from the curve, relative to the greater
    of the two. Training also learns with how much of the other species a network starts, up to 0.15 of each, the same
    for all amplitudes.

    Arguments:
        auxiliary: how many species there are besides Out, from 1 to 20.

    Raises ValueError if it is not.
    """

    low = 0.0
    high = 1.0

    def __init__(self, auxiliary: int = 3) -> None:
        # With these, all cases are at a crest in the middle of the time.
        levels = [(0.4, 0.8), (0.6, 0.4), (0.8, 1.0), (1.0, 0.6)]
        super().__init__(("Out",), "Out", levels, auxiliary)
        self.inputs = ("Out",)

    def initial(self, learnt: Array, key: Array) -> Array:
        """The first amplitudes, and learnt amounts of the others: (P, N) → (P, B, N)."""
        amounts = _MOST * jax.nn.sigmoid(learnt)
        batch = jnp.broadcast_to(amounts[:, None], (len(amounts), len(self._levels), amounts.shape[-1]))
        return self._set(batch, self._levels[:, 0])

    def learnt(self, initial: np.ndarray) -> np.ndarray:
        """The logits of the amounts: (N,) → (N,), those of nothing or too much as near as can be."""
        shares = np.clip(initial / _MOST, _LEAST, 1 - _LEAST)
        return np.log(shares / (1 - shares))

    def intervene(self, number: int, states: Array, key: Array) -> Array:
        """Out is added or taken away, as far as there is any: (P, B, N)."""
        difference = jnp.asarray(self._levels[:, 1] - self._levels[:, 0], states.dtype)
        return self._set(states, jnp.maximum(states[..., 0] + difference, 0))

    def loss(self, states: Array) -> Array:
        """The mean squared distance of Out from its curves, relative to their heights: (P, B, K, N) → (P,)."""
        curves = jnp.asarray(self._level * self._waves, states.dtype)
        greater = jnp.asarray(self._levels.max(axis=1, keepdims=True), states.dtype)
        return (((states[..., 0] - curves) / greater) ** 2).mean(axis=(-2, -1))

    def examine(self, solution: Solution) -> Examination:
        """Ten amplitudes that are not trained for, each for five times the time of training.

        From the first fifth of the time to the end, no swing from crest to trough may differ by more than 15 % from the
        amplitude that was asked for. Then Out is set anew, at the first crest after the first fifth, from each
        amplitude to the one five places further; the same is asked of all swings but the first in the four fifths of
        the time that follow.

        Returns "passed", "reaction_count", and "deviation" and "deviation_after", the greatest of each.
        """
        levels, network = self._tested(), solution.network
        states = _run(network, self._start(network, levels), _LONGER * _DURATION)
        following = np.roll(np.arange(_TESTED), -_TESTED // 2)
        changed, times = np.array(states[:, -1]), np.full(_TESTED, float(_LONGER * _DURATION))
        worst, failures = [0.0, 0.0], 0
        for i, (level, curve) in enumerate(zip(levels, states[..., 0], strict=True)):
            found = _turns(curve, _DURATION)
            if found:
                changed[i], times[i] = states[i, found[0].at_crest], found[0].at_crest * _SAMPLE
            failure, deviation = self._judged(found, _LONGER * _DURATION, level)
            worst[0], failures = max(worst[0], deviation), failures + bool(failure)
            yield Finding((i + 1) / (2 * _TESTED), failure and f"From Out = {level:.3g}, {failure}")
        changed[:, 0] = levels[following]
        remaining = (_LONGER - 1) * _DURATION
        for i, (j, curve) in enumerate(zip(following, _run(network, changed, remaining)[..., 0], strict=True)):
            failure, deviation = self._judged(_turns(curve)[1:], remaining, levels[j])
            worst[1], failures = max(worst[1], deviation), failures + bool(failure)
            start = f"When Out goes from {levels[i]:.3g} to {levels[j]:.3g} at {times[i]:.4g}"
            yield Finding(0.5 + (i + 1) / (2 * _TESTED), failure and f"{start}, {failure}")
        return {
            "passed": float(not failures),
            "reaction_count": float(solution.reaction_count),
            "deviation": worst[0],
            "deviation_after": worst[1],
        }

    def _judged(self, turns: list[_Turn], end: float, level: float) -> tuple[str, float]:
        """What is wrong with some turns, or nothing, and by how much of the level a swing is off at most."""
        if not _goes_on(turns, end):
            return "Out does not oscillate to the end.", 1.0
        deviation = float(max(abs(turn.swing / level - 1) for turn in turns))
        return ("" if deviation <= _NEAR else f"the swings are up to {deviation:.0%} off."), deviation


class _Turn(NamedTuple):
    """One turn of an oscillation, from one rise to the next.

    Attributes:
        start, length: when it begins and how long it lasts.
        swing: from its trough to its crest.
        at_crest: the number of the sample at the crest.
    """

    start: float
    length: float
    swing: float
    at_crest: int


def _run(network: Network, start: np.ndarray, duration: float) -> np.ndarray:
    """The states of a network from some others, (L, N) → (L, K, N), one for each sample; exact, so that figures last.

    All levels are one batch: so the test takes a fraction of a second, and can be made of many networks.
    """
    from crnwidgets.dynamics.solver import double_precision

    steps = round(2 * duration / _SAMPLE)
    with double_precision():
        return np.asarray(integrate(network.to_tensor(), start, dt=_SAMPLE / 2, steps=steps, every=2))


def _turns(curve: np.ndarray, after: float = 0.0) -> list[_Turn]:
    """The whole turns of a sampled curve that begin after some time.

    A turn begins where the curve has come up to three fifths of its height, since it was last below two fifths.
    """
    first = math.ceil(after / _SAMPLE)
    part = curve[first:]
    if not len(part) or np.ptp(part) < _STILL:
        return []
    height = (part - part.min()) / np.ptp(part)
    sides = np.where(height > _UP, 1, np.where(height < 1 - _UP, -1, 0))
    known = np.flatnonzero(sides)
    rises = known[1:][np.diff(sides[known]) > 0]
    # Between the last sample below and the first above.
    times = (first + rises - (height[rises] - _UP) / (height[rises] - height[rises - 1])) * _SAMPLE
    turns = []
    for i, (start, end) in enumerate(pairwise(rises + first)):
        turn = curve[start:end]
        length = float(times[i + 1] - times[i])
        turns.append(_Turn(float(times[i]), length, float(np.ptp(turn)), int(start + turn.argmax())))
    return turns


def _goes_on(turns: list[_Turn], end: float) -> bool:
    """Whether there are turns up to the end."""
    return bool(turns) and turns[-1].start + 2.5 * turns[-1].length > end


# Of all species but In, where frequency is controlled.
_TOTAL = 1.5

# What stands for nothing where a logarithm is taken.
_LEAST = 1e-6

# With how much of an auxiliary species a network may start, where amplitude is controlled.
_MOST = 0.15
