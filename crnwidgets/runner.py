"""Trains in the background, takes changes while it does, and tells those who look on; it knows no widgets.

All that happens to a trainer happens in one thread, which is there only while there is something to do. Other threads
leave their wishes and never wait for it, except in `Runner.pause`.
"""

from __future__ import annotations

import atexit
import math
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from crnwidgets.learning.history import History
from crnwidgets.learning.population import CHUNK, Snapshot
from crnwidgets.learning.trainer import Trainer
from crnwidgets.network import Network

__all__ = ["AHEAD", "Frame", "Runner", "Subscription"]

_CHUNK_SECONDS = 0.06
"""How long a chunk is to take: as long as a change may wait, and long enough for the call to cost little."""
_RECORD_SECONDS = 0.1
"""How often the run is recorded at most, because looking at it takes time from training."""
_SPEED_SECONDS = 1.0
"""Over which time the speed is taken."""
_MORE, _MOST = 5, 10.0
"""How many times as many frames come, up to so many a second, while nothing is trained from which they would take."""
AHEAD = 8
"""How many frames may be on their way: few enough for a page that is slow, and one answer for all of them."""
_LAST_SECONDS = 30.0
"""How long the end of the interpreter waits for the steps that are being made."""


class Frame(NamedTuple):
    """What there is to see of a run of P networks with N species, float32 and int32 arrays.

    Attributes:
        id: to acknowledge it by; rising.
        step: how many steps have been made.
        past: the step whose networks are shown instead of those now, or None.
        playing: whether training goes on by itself.
        speed: steps a second; 0 where it does not.
        error: what stopped training, or "".
        best_loss, best_count: loss and reaction count of the best network so far; infinite and 0 until there is one.
        losses, counts: of the sparse networks, (P,).
        rates: of all reactions, those slower than k_min too, (P, N, N, N), with zeros for the diagonal.
        initial: where the networks start, (P, N); of a batch, its first case.
        settings: of the trainer, as they are now.
        steps: the first and the last step that `Runner.scrub` can show.
        awaited: whether no further one comes until this one is acknowledged.
    """

    id: int
    step: int
    past: int | None
    playing: bool
    speed: float
    error: str
    best_loss: float
    best_count: int
    losses: np.ndarray
    counts: np.ndarray
    rates: np.ndarray
    initial: np.ndarray
    settings: dict[str, Any]
    steps: tuple[int, int]
    awaited: bool = False


class Subscription:
    """Frames for one who looks on, from `Runner.subscribe`: few are on their way, until the last is acknowledged."""

    def __init__(self, runner: Runner, callback: Callable[[Frame], None], rate: float, ahead: int) -> None:
        self._runner = runner
        self._callback = callback
        self._rate = rate
        self._ahead = ahead
        # All of these are the runner's, under its lock.
        self._open = True
        self._stale = False
        self._sent = -math.inf
        self._on_their_way: list[int] = []

    def acknowledge(self, id: int) -> None:
        """Say that a frame has been painted, and all before it, so that further ones may come."""
        self._runner._acknowledge(self, id)

    def refresh(self) -> None:
        """Have a frame sent now, whatever became of the one before."""
        self._runner._refresh(self)

    def _due(self, training: bool) -> float:
        """When the next frame may come."""
        rate = self._rate if training else max(self._rate, min(_MORE * self._rate, _MOST))
        return self._sent + 1 / rate

    def _full(self) -> bool:
        return len(self._on_their_way) >= self._ahead

    def close(self) -> None:
        """Look no more; the callback is not called again, except by a call that has begun."""
        self._runner._close(self)


class Runner:
    """Runs a trainer in the background.

    `Runner.of` gives the one of a trainer; there is never a second. Every method may be called by any thread.

    Raises ValueError where the trainer has a runner already.
    """

    def __init__(self, trainer: Trainer) -> None:
        if not isinstance(trainer, Trainer):
            raise TypeError(f"Argument `trainer` must be a Trainer, but it is of type {type(trainer).__name__}.")
        self._trainer = trainer
        self._history = History()
        # Guards everything below; told of every change that a thread may wait for.
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._busy = False
        self._changing = False
        self._playing = False
        self._steps = 0
        self._past: int | None = None
        self._error = ""
        self._mail: list[_Command] = []
        self._subscriptions: list[Subscription] = []
        self._frames = 0
        # Only the thread's.
        self._pace = 1
        self._recorded = -math.inf
        self._marks: deque[tuple[float, int]] = deque()
        self._last: Frame | None = None
        with _making:
            # Kept at the trainer, so that the two live and go together: a table would keep both for good.
            if vars(trainer).setdefault("_runner", self) is not self:
                raise ValueError("Argument `trainer` must have no runner yet, but it has: `Runner.of` gives it.")
            _all.add(self)

    @classmethod
    def of(cls, trainer: Trainer) -> Runner:
        """The runner of a trainer, made where there is none yet."""
        with _making:
            return getattr(trainer, "_runner", None) or cls(trainer)

    @property
    def trainer(self) -> Trainer:
        """What is run."""
        return self._trainer

    @property
    def history(self) -> History:
        """The run so far; cleared by `reset`."""
        return self._history

    @property
    def playing(self) -> bool:
        """Whether training goes on by itself."""
        return self._playing

    @property
    def pending(self) -> bool:
        """Whether there are changes that have not been made yet."""
        with self._changed:
            return bool(self._mail) or self._changing

    @property
    def past(self) -> int | None:
        """The step that frames show instead of now, or None."""
        return self._past

    def snapshot(self) -> Snapshot:
        """How the networks do as they are now, or as they were at the step that frames show instead."""
        past = self._past
        try:
            state = None if past is None else self._history.at(past).state
        except LookupError:  # the run has just started anew
            state = None
        return self._trainer.snapshot(state)

    @property
    def error(self) -> str:
        """What stopped training, or ""; cleared when it starts again."""
        return self._error

    # -- what to do ----------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Train on and on; from the step that is shown, if `scrub` shows one: what came after it is forgotten."""
        with self._changed:
            self._error = ""
            self._branch()
            self._playing = True
            self._wake()

    def pause(self, *, wait: bool = True) -> None:
        """Stop training, and wait until all changes and the steps now being made are done; the first may compile long.

        Arguments:
            wait: False to return at once.
        """
        with self._changed:
            self._stop()
            self._wake()
            while wait and (self._busy or self._mail) and self._thread is not threading.current_thread():
                self._changed.wait()

    def step(self, count: int = 1) -> None:
        """Make so many steps, after all changes; as `play`, from the step that is shown."""
        if count < 1:
            raise ValueError(f"Argument `count` must be at least 1, but it is {count}.")
        with self._changed:
            self._error = ""
            self._branch()
            self._steps += count
            self._wake()

    def reset(self, seed: int | None = None) -> None:
        """Start anew, as `Trainer.reset` does, and play on if it was playing; history starts anew as well."""
        self._trainer.check_reset(seed)

        def reset() -> None:
            self._trainer.reset(seed)
            self._marks.clear()
            with self._changed:
                self._history.clear()
                self._past = None

        with self._changed:
            self._error = ""
            self._steps = 0
            self._post(_Command(reset))

    def change(self, **settings: Any) -> None:
        """Change settings of the trainer while it runs.

        Arguments:
            settings: attributes of the `Trainer` that may be assigned.

        Raises what `Trainer.change` raises, and changes nothing then.
        """
        checked = self._trainer.check_change(**settings)
        with self._changed:
            if self._mail and self._mail[-1].settings is not None:
                # Only the latest value of each counts: a dragged slider never makes a queue.
                self._mail[-1].settings.update(checked)
                self._wake()
            else:
                self._post(_Command(None, checked))

    def reseed(self, member: int, network: Network) -> None:
        """Put a network in the place of one of the population, as `Trainer.reseed` does.

        While `scrub` shows a step, training goes on from there. Raises what `Trainer.reseed` raises.
        """
        self._trainer.check_reseed(member, network)
        with self._changed:
            self._branch()
            self._post(_Command(lambda: self._trainer.reseed(member, network)))

    def allow(self, member: int, reaction: tuple[str, str, str], allowed: bool = True) -> None:
        """Allow or forbid one network a reaction (input, catalyst, output), as `Trainer.allow` does.

        While `scrub` shows a step, training goes on from there. Raises what `Trainer.allow` raises.
        """
        self._trainer.check_allow(member, reaction, allowed)
        with self._changed:
            self._branch()
            self._post(_Command(lambda: self._trainer.allow(member, reaction, allowed)))

    def scrub(self, step: int | None) -> None:
        """Pause, and show the networks as they were after so many steps; None or a later step: as they are.

        Of the steps before, the nearest of which there is a record is shown.
        """
        with self._changed:
            self._stop()
            past = None
            if step is not None and step < self._trainer.step and self._history.steps:
                past = self._history.at(step).step
            self._past = past
            self._stale_all()
            self._wake()

    def subscribe(self, callback: Callable[[Frame], None], rate: float = 10.0, ahead: int = AHEAD) -> Subscription:
        """Have frames sent while something changes, and once when it stops.

        Arguments:
            callback: takes a `Frame`, which is to be acknowledged where it is awaited; called in the runner's thread.
            rate: how many frames a second at most while it trains; while it does not there may be more, up to ten.
            ahead: how many frames may be on their way, ≥ 1.
        """
        if not 0 < rate < math.inf:
            raise ValueError(f"Argument `rate` must be positive and finite, but it is {rate!r}.")
        if ahead < 1:
            raise ValueError(f"Argument `ahead` must be at least 1, but it is {ahead}.")
        subscription = Subscription(self, callback, rate, ahead)
        with self._changed:
            self._subscriptions.append(subscription)
        return subscription

    # -- under the lock ------------------------------------------------------------------------------------------

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="crnwidgets training", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _quit(self) -> None:
        with self._changed:
            self._stop()
            self._mail.clear()
            self._subscriptions.clear()
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(_LAST_SECONDS)

    def _post(self, command: _Command) -> None:
        self._mail.append(command)
        self._wake()

    def _stop(self) -> None:
        self._playing = False
        self._steps = 0
        self._stale_all()

    def _branch(self) -> None:
        """Go on from the step that is shown."""
        if self._past is None:
            return
        entry = self._history.at(self._past)

        def branch() -> None:
            self._trainer.state = entry.state._replace(best=self._trainer.state.best)
            self._history.cut(entry.step)

        self._past = None
        self._post(_Command(branch))

    def _stale_all(self) -> None:
        for subscription in self._subscriptions:
            subscription._stale = True

    def _acknowledge(self, subscription: Subscription, id: int) -> None:
        with self._changed:
            subscription._on_their_way = [sent for sent in subscription._on_their_way if sent > id]
            if subscription in self._waiting():
                self._wake()

    def _refresh(self, subscription: Subscription) -> None:
        with self._changed:
            subscription._stale = True
            subscription._on_their_way.clear()
            subscription._sent = -math.inf
            if subscription._open:
                self._wake()

    def _close(self, subscription: Subscription) -> None:
        with self._changed:
            subscription._open = False
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)

    def _waiting(self) -> list[Subscription]:
        """Who may get a frame, at once or in a while."""
        return [each for each in self._subscriptions if each._stale and not each._full()]

    # -- in the thread -------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            with self._changed:
                while not (self._mail or self._playing or self._steps):
                    waiting = self._waiting()
                    if not waiting:
                        self._thread = None
                        return
                    pause = min(each._due(training=False) for each in waiting) - time.monotonic()
                    if pause <= 0:
                        break
                    self._changed.wait(pause)
                mail, self._mail = self._mail, []
                count = self._pace if self._playing else min(self._pace, self._steps)
                self._steps -= min(count, self._steps)
                self._changing = bool(mail)
                self._busy = bool(mail or count)
            # One that fails keeps none of the others from being done.
            done = [self._attempt(partial(command.run, self._trainer)) for command in mail]
            self._changing = False
            if count and all(done):
                self._attempt(partial(self._advance, count))
            with self._changed:
                self._busy = False
                if mail or count:
                    self._stale_all()
                self._changed.notify_all()
            self._publish()

    def _attempt(self, do: Callable[[], None]) -> bool:
        """Do something; whether it went well."""
        try:
            do()
        except Exception as error:
            self._fail(error)
            return False
        return True

    def _advance(self, count: int) -> None:
        # Others too may have set the trainer back.
        self._history.cut(self._trainer.step)
        if not self._history.steps:
            self._record()
        start = time.monotonic()
        self._marks.append((start, self._trainer.step))
        self._trainer.advance(count)
        now = time.monotonic()
        while self._marks[0][0] < now - _SPEED_SECONDS and len(self._marks) > 1:
            self._marks.popleft()
        wanted = int(count * _CHUNK_SECONDS / max(now - start, 1e-6))
        # No more than twice or half as long as before: one chunk says little, where other programs are busy too.
        self._pace = max(1, self._pace // 2, min(wanted, 2 * self._pace, CHUNK))
        if now >= self._recorded + _RECORD_SECONDS and self._history.due(self._trainer.step):
            self._record()

    def _record(self) -> None:
        self._recorded = time.monotonic()
        state = self._trainer.state
        now = self._trainer.snapshot(state)
        self._history.add(
            int(state.step), state, np.asarray(now.losses), np.asarray(now.reaction_counts), float(now.best.loss)
        )

    def _fail(self, error: Exception) -> None:
        text = f"{type(error).__name__}: {error}"
        with self._changed:
            # Where it is the frame itself that fails, one that says so is enough.
            news = self._playing or self._steps or text != self._error
            self._error = text
            if news:
                self._stop()

    def _publish(self) -> None:
        now = time.monotonic()
        with self._changed:
            training = self._playing or self._steps > 0
            due = [each for each in self._waiting() if each._due(training) <= now]
            if not due:
                return
            for subscription in due:
                subscription._stale = False
            past = self._past
        try:
            frame = self._frame(past)
        except Exception as error:
            self._fail(error)
            frame = self._failure()
        for subscription in due:
            with self._changed:
                if not subscription._open:
                    continue
                subscription._sent = now
                subscription._on_their_way.append(frame.id)
                awaited = subscription._full()
            if not self._attempt(partial(subscription._callback, frame._replace(awaited=awaited))):
                subscription.close()
        self._last = frame

    def _failure(self) -> Frame:
        """The last frame once more, with the error; or one without any networks."""
        last = self._last
        if last is None:
            P, N = np.shape(self._trainer.state.parameters.initial)
            last = Frame(
                id=0,
                step=self._trainer.step,
                past=None,
                playing=False,
                speed=0.0,
                error="",
                best_loss=math.inf,
                best_count=0,
                losses=np.full(P, np.inf, np.float32),
                counts=np.zeros(P, np.int32),
                rates=np.zeros((P, N, N, N), np.float32),
                initial=np.zeros((P, N), np.float32),
                settings={},
                steps=(0, 0),
            )
        self._frames += 1
        return last._replace(id=self._frames, playing=False, speed=0.0, error=self._error)

    def _frame(self, past: int | None) -> Frame:
        trainer = self._trainer
        step = trainer.step
        if past is None:
            shown = trainer.snapshot()
        else:
            past, then = self._history.at(past)
            shown = trainer.snapshot(then)
        rates = np.array(shown.tensors, np.float32)
        diagonal = np.arange(rates.shape[-1])
        rates[..., diagonal, diagonal] = 0
        self._frames += 1
        playing = self._playing
        return Frame(
            id=self._frames,
            step=step,
            past=past,
            playing=playing,
            speed=self._speed(step) if playing else 0.0,
            error=self._error,
            best_loss=float(shown.best.loss),
            best_count=int(np.count_nonzero(np.asarray(shown.best.tensor) > 0)),
            losses=np.asarray(shown.losses, np.float32),
            counts=np.asarray(shown.reaction_counts, np.int32),
            rates=rates,
            initial=np.ascontiguousarray(np.asarray(shown.initial, np.float32)[:, 0]),
            settings=trainer.settings,
            steps=(min([*self._history.steps[:1], step]), step),
        )

    def _speed(self, step: int) -> float:
        if not self._marks:
            return 0.0
        start, first = self._marks[0]
        return max(0.0, (step - first) / max(time.monotonic() - start, 1e-6))


class _Command:
    """A change to a trainer: of settings, or any other."""

    def __init__(self, do: Callable[[], None] | None, settings: dict[str, Any] | None = None) -> None:
        self._do = do
        self.settings = settings

    def run(self, trainer: Trainer) -> None:
        if self._do is not None:
            self._do()
        if self.settings is not None:
            trainer.change(**self.settings)


_making = threading.RLock()
_all: weakref.WeakSet[Runner] = weakref.WeakSet()


@atexit.register
def _quit_all() -> None:
    # A thread that is still inside compiled code when the interpreter goes would bring it down.
    for runner in list(_all):
        runner._quit()
