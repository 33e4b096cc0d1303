"""The form in which training crosses to the browser: frames of rates and losses, few of them on their way at a time."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from crnwidgets.dynamics.fixed import backend
from crnwidgets.learning import Trainer
from crnwidgets.learning.losses import STRATEGIES, Settings
from crnwidgets.learning.task import Task
from crnwidgets.network import Network
from crnwidgets.palette import color
from crnwidgets.rules.names import quoted
from crnwidgets.runner import AHEAD, Frame, Runner, Subscription
from crnwidgets.widgets import wire

__all__ = ["BUDGET", "RATE", "Feed", "about", "as_runner", "encode", "receive"]

RATE = float(min(5, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1))
"""Frames a second while it trains: the page glides from one to the next, and where processors are few it takes the time
for each from the training."""
BUDGET = 64 * 1024
"""The most bytes of rates and initial concentrations in one frame."""


def encode(
    frame: Frame, budget: int = BUDGET, *, first: int = 0, selected: int = -1
) -> tuple[dict[str, Any], list[memoryview]]:
    """A frame as a message; `frontend/src/lib/frames.js` reads it.

    Arguments:
        frame: of P networks with N species.
        budget: how many bytes of rates and initial concentrations may go along, at least those of two networks.
        first: where the budget does not do for all networks, those from this one on go along, as many as it does for.
        selected: a network that goes along in any case; -1: the one with the lowest loss.

    Returns a JSON-ready content, whose "members" says which M networks go along (None: all), and the bytes of losses
    (P,) float32, reaction counts (P,) int32, rates (M, N, N, N) float32 and initial concentrations (M, N) float32.
    """
    rates, initial = np.asarray(frame.rates, "<f4"), np.asarray(frame.initial, "<f4")
    losses = np.asarray(frame.losses, "<f4")
    if selected < 0:
        selected = int(np.argmin(losses))
    members = _members(len(rates), budget // (rates[0].nbytes + initial[0].nbytes), first, selected)
    content = {
        "type": "frame",
        "id": frame.id,
        "step": frame.step,
        "past": frame.past,
        "playing": frame.playing,
        "speed": frame.speed,
        "error": frame.error,
        "best": [_finite(frame.best_loss), frame.best_count],
        "settings": dict(frame.settings),
        "history": list(frame.steps),
        "awaited": frame.awaited,
        "members": members,
    }
    shown: Any = slice(None) if members is None else members
    arrays = [losses, np.asarray(frame.counts, "<i4"), rates[shown], initial[shown]]
    return content, [np.ascontiguousarray(array).data.cast("B") for array in arrays]


def about(trainer: Trainer, case: int = 0) -> dict[str, Any]:
    """What a view must know of a training run besides its frames, JSON-ready.

    "species", "colors", "written" (the names as rules write them), "catalysts", "population", "duration" and "steps"
    of the task, "scheduled" (settings that follow a function of the step), "strategies", "backend", "outputs" (indices
    of the species in which the answer is read: all of them where the task names none), "cases" (how many), "case" (in
    words) and "events" (in wire form) of the case shown, and where the task has a target curve "target": its values.

    Arguments:
        case: which one is shown; the nearest one where the task has none such.
    """
    task = trainer.task
    target = getattr(task, "target", None)
    shown = _case(task, case, np.zeros(len(task.species)))
    return {
        "species": list(task.species),
        "colors": [color(i) for i in range(len(task.species))],
        "written": [quoted(name) for name in task.species],
        "catalysts": list(task.catalysts),
        "population": trainer.population,
        "duration": task.duration,
        "steps": task.steps,
        "scheduled": [name for name in Settings._fields if callable(getattr(trainer, name))],
        "strategies": list(STRATEGIES),
        "backend": backend(),
        "outputs": [task.species.index(name) for name in task.outputs or task.species],
        "cases": task.cases,
        "case": ", ".join(f"{name} {shown.initial[name]:.3g}" for name in task.inputs if shown.initial[name]),
        "events": wire.encode(shown)["events"],
        **({} if target is None else {"target": np.asarray(target, float).tolist()}),
    }


def as_runner(trainer: Trainer | Runner) -> Runner:
    """The runner itself, or the one that a trainer has.

    Raises TypeError for anything else.
    """
    if isinstance(trainer, Runner):
        return trainer
    if not isinstance(trainer, Trainer):
        raise TypeError(f"Argument `trainer` must be a Trainer, but it is of type {type(trainer).__name__}.")
    return Runner.of(trainer)


def receive(subscription: Subscription, content: Any) -> bool:
    """Take what a message of a browser says about frames; whether it says nothing else.

    "ready" asks for one at once. An "ack" acknowledges one and those before it; other messages may do so by the way.
    """
    match content:
        case {"type": "ready"}:
            subscription.refresh()
            return True
        case {"painted": int(number)}:
            subscription.acknowledge(number)
            return bool(content.get("type") == "ack")
    return False


class Feed:
    """What keeps one widget's browser side supplied with the frames of a runner, from the runner's own thread.

    Arguments:
        runner: whose frames.
        send: takes a content and its buffers, a widget's `send`.
        selected: which network must be in every frame, or -1.
        case: which case of the task the networks are to start in.
        ahead: how many frames may be on their way.

    Where a frame has no room for all networks, those left out have their turn in the next ones.
    """

    def __init__(
        self,
        runner: Runner,
        send: Callable[..., Any],
        selected: Callable[[], int],
        case: Callable[[], int],
        ahead: int = AHEAD,
    ) -> None:
        self._task = lambda: runner.trainer.task
        self._send = send
        self._selected = selected
        self._case = case
        self._first = 0
        self._subscription = runner.subscribe(self._pass_on, RATE, ahead)

    def receive(self, content: Any) -> bool:
        """Take a message of the browser; whether it was about frames, as `receive` has it."""
        return receive(self._subscription, content)

    def refresh(self) -> None:
        """Send a frame now."""
        self._subscription.refresh()

    def close(self) -> None:
        """Send nothing any more."""
        self._subscription.close()

    def _pass_on(self, frame: Frame) -> None:
        task, case = self._task(), self._case()
        starts = [list(_case(task, case, start).initial.values()) for start in frame.initial]
        frame = frame._replace(initial=np.array(starts, np.float32))
        content, buffers = encode(frame, BUDGET, first=self._first, selected=self._selected())
        if members := content["members"]:
            self._first = members[-1] + 1
        self._send(content, buffers)


def _case(task: Task, number: int, start: np.ndarray) -> Network:
    """A case of a task, without reactions: where a network starts that training has start there, (N,), and events."""
    initial = dict(zip(task.species, map(float, start), strict=True))
    return task.case(Network([], species=task.species, initial=initial), min(max(number, 0), task.cases - 1))


def _members(population: int, room: int, first: int, selected: int) -> list[int] | None:
    if room >= population:
        return None
    turn = [(first + i) % population for i in range(max(1, room - 1))]
    return [selected, *(member for member in turn if member != selected)]


def _finite(number: float) -> float | None:
    """JSON knows no infinity."""
    return float(number) if math.isfinite(number) else None
