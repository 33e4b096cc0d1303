"""The runner: it trains in the background, takes changes, shows frames to who keeps up, and ends when it should."""

import gc
import subprocess
import sys
import threading
import time
import weakref

import jax
import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets import runner as module
from crnwidgets.learning.population import CHUNK
from crnwidgets.runner import Runner
from crnwidgets.tasks import Waveform

TASK = Waveform.from_samples([0, 10, 20], [0.1, 0.6, 0.2], species=3, steps=20)
OTHER = Waveform.from_samples([0, 10, 20], [0.5, 0.1, 0.5], species=3, steps=20)
NETWORK = crn.Network.parse("A -0.25,B-> B; A -0.5,B-> C; C -1,A-> A; C = 0.5; A = 0.3; B = 0.2")


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "this never came about"
        time.sleep(0.002)


def idle(runner):
    """No thread, so that nothing happens any more until something is asked for."""
    until(lambda: runner._thread is None)


def arrays(state):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(state)]


class Watcher:
    """Looks on, and acknowledges what it gets unless it is told not to."""

    def __init__(self, runner, rate=200.0, acknowledges=True):
        self.frames, self.times, self.acknowledges = [], [], acknowledges
        self.subscription = runner.subscribe(self._take, rate)

    def _take(self, frame):
        self.frames.append(frame)
        self.times.append(time.monotonic())
        if self.acknowledges:
            self.subscription.acknowledge(frame.id)

    @property
    def last(self):
        return self.frames[-1]


@pytest.fixture
def trainer():
    return crn.Trainer(TASK, 4)


@pytest.fixture
def runner(trainer, monkeypatch):
    # So that there is a past after a few quick steps.
    monkeypatch.setattr(module, "_RECORD_SECONDS", 0)
    runner = Runner.of(trainer)
    yield runner
    runner.pause()
    idle(runner)


# -- training --------------------------------------------------------------------------------------------------------


def test_it_plays_until_it_is_paused(runner, trainer):
    assert not runner.playing
    runner.play()
    assert runner.playing
    until(lambda: trainer.step > 200)
    runner.pause()
    step = trainer.step
    assert not runner.playing and not runner.error
    idle(runner)
    assert trainer.step == step
    runner.play()
    until(lambda: trainer.step > step)


def test_a_pause_changes_nothing_of_what_is_learnt(runner, trainer):
    alone = crn.Trainer(TASK, 4)
    alone.run(150, progress=False)
    for count in (1, 60, 40):
        runner.step(count)
        runner.pause()
        assert trainer.step <= 101
    runner.step(150 - trainer.step)
    idle(runner)
    assert trainer.step == 150
    for a, b in zip(arrays(alone.state), arrays(trainer.state), strict=True):
        np.testing.assert_array_equal(a, b)


def test_steps_are_counted(runner, trainer):
    for _ in range(5):
        runner.step()
    runner.step(30)
    idle(runner)
    assert trainer.step == 35 and not runner.playing
    with pytest.raises(ValueError, match="Argument `count` must"):
        runner.step(0)


def test_no_thread_where_there_is_nothing_to_do(runner):
    before = threading.active_count()
    runner.step()
    idle(runner)
    until(lambda: threading.active_count() == before)


def test_chunks_take_the_time_a_change_may_wait(runner, trainer, monkeypatch):
    lengths = []

    def work(count):
        lengths.append(count)
        time.sleep(count * seconds)
        trainer._state = trainer.state._replace(step=np.int32(trainer.step + count))

    monkeypatch.setattr(trainer, "advance", work)
    for seconds, least, most in ((0.1, 1, 1), (0.002, 10, 32), (0.0, CHUNK, CHUNK)):
        runner.play()
        before = len(lengths)
        until(lambda before=before: len(lengths) > before + 25)
        runner.pause()
        settled = lengths[before + 12 : before + 25]
        assert least <= np.median(settled) <= most, seconds


# -- changes ---------------------------------------------------------------------------------------------------------


def test_changes_while_it_plays(runner, trainer):
    runner.play()
    until(lambda: trainer.step > 20)
    runner.change(entropy=0.1, k_min=0.02)
    runner.change(strategy="straight-through", normalize=False)
    runner.change(task=OTHER)
    until(lambda: trainer.task is OTHER)
    step = trainer.step
    until(lambda: trainer.step > step)
    assert (trainer.entropy, trainer.k_min, trainer.strategy, trainer.normalize) == (
        0.1,
        0.02,
        "straight-through",
        False,
    )
    assert runner.playing and not runner.error


def test_a_wrong_change_is_refused_at_once_and_changes_nothing(runner, trainer):
    before = trainer.settings
    for wrong in ({"l1": -1.0}, {"strategy": "both"}, {"k_min": "small"}, {"task": Waveform.squares()}):
        with pytest.raises(ValueError, match=f"Argument `{next(iter(wrong))}` must"):
            runner.change(entropy=0.9, **wrong)
    with pytest.raises(TypeError, match="Argument `settings` must be among"):
        runner.change(entropy=0.9, speed=3)
    with pytest.raises(ValueError, match="Argument `member` must"):
        runner.reseed(4, NETWORK)
    with pytest.raises(ValueError, match="Argument `network` must"):
        runner.reseed(0, crn.Network.parse("A -B-> Z"))
    with pytest.raises(ValueError, match="Argument `reaction` must"):
        runner.allow(0, ("A", "B", "Z"), False)
    with pytest.raises(TypeError, match="Argument `seed` must"):
        runner.reset("one")
    idle(runner)
    assert trainer.settings == before


def test_of_many_changes_the_last_counts_and_none_waits(runner, trainer, monkeypatch):
    applied, begun, go_on = [], threading.Event(), threading.Event()
    original = trainer.change

    def change(**settings):
        applied.append(settings)
        begun.set()
        assert go_on.wait(60)
        original(**settings)

    monkeypatch.setattr(trainer, "change", change)
    runner.change(entropy=0.0)
    assert begun.wait(60)
    for i in range(1, 101):
        runner.change(entropy=i / 100)
        runner.change(l1=i / 1000)
    go_on.set()
    runner.pause()
    assert applied == [{"entropy": 0.0}, {"entropy": 1.0, "l1": 0.1}]
    assert (trainer.entropy, trainer.l1) == (1.0, 0.1)


def test_changes_are_pending_until_they_are_made(runner, trainer, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()
    original = trainer.change

    def change(**settings):
        begun.set()
        assert go_on.wait(60)
        original(**settings)

    monkeypatch.setattr(trainer, "change", change)
    assert not runner.pending
    runner.change(entropy=0.3)
    assert begun.wait(60) and runner.pending and trainer.entropy != 0.3
    go_on.set()
    until(lambda: not runner.pending)
    assert trainer.entropy == 0.3


def test_a_change_that_fails_keeps_no_other_from_being_made(runner, trainer, monkeypatch):
    def fail(member, network):
        raise MemoryError("too much")

    monkeypatch.setattr(trainer, "reseed", fail)
    watcher = Watcher(runner)
    runner.play()
    runner.allow(1, ("A", "B", "C"), False)
    runner.reseed(1, NETWORK)
    runner.change(entropy=0.3)
    idle(runner)
    assert watcher.last.error == runner.error == "MemoryError: too much"
    assert trainer.entropy == 0.3 and not trainer.allowed[1, 1, 0, 2]


def test_everything_else_happens_in_order(runner, trainer):
    runner.allow(1, ("A", "B", "C"), False)
    runner.reseed(1, NETWORK)
    runner.change(k_min=0.1)
    runner.allow(2, ("A", "B", "C"), False)
    runner.allow(2, ("A", "B", "C"), True)
    runner.allow(3, ("A", "B", "C"), True)
    runner.allow(3, ("A", "B", "C"), False)
    runner.pause()
    assert trainer.k_min == 0.1
    assert trainer.allowed[:, 1, 0, 2].tolist() == [True, True, True, False]
    assert {r.catalysis for r in trainer.solutions()[1].network.reactions} == {r.catalysis for r in NETWORK.reactions}


def test_reset(runner, trainer):
    first = arrays(trainer.state)
    watcher = Watcher(runner)
    runner.step(20)
    idle(runner)
    runner.reset()
    idle(runner)
    assert trainer.step == 0
    for a, b in zip(first, arrays(trainer.state), strict=True):
        np.testing.assert_array_equal(a, b)
    assert watcher.last.step == 0 and watcher.last.steps == (0, 0)
    assert watcher.last.best_loss == watcher.last.losses.min()
    assert runner.history.steps == []
    runner.play()
    until(lambda: trainer.step > 20)
    runner.reset(5)
    until(lambda: runner.history.steps[:1] == [0] and trainer.step > 5)
    assert runner.playing
    runner.pause()
    np.testing.assert_array_equal(trainer.state.key, crn.Trainer(TASK, 4, 5).state.key)


# -- history ---------------------------------------------------------------------------------------------------------


def test_history_follows_the_run(runner, trainer):
    runner.step(100)
    idle(runner)
    curves = runner.history.curves
    assert curves.steps[0] == 0 and curves.steps[-1] == 100
    np.testing.assert_array_equal(curves.losses[-1], trainer.losses)
    np.testing.assert_array_equal(curves.reaction_counts[-1], trainer.reaction_counts)
    assert curves.best[-1] == np.float32(trainer.best.loss)
    assert (np.diff(curves.best) <= 0).all()


def test_the_past_is_shown_and_left_again(runner, trainer):
    watcher = Watcher(runner)
    runner.step(100)
    idle(runner)
    now = watcher.last
    curves = runner.history.curves
    i = len(curves.steps) // 2
    past = int(curves.steps[i])
    runner.scrub(past)
    idle(runner)
    assert runner.past == watcher.last.past == past
    assert (watcher.last.step, watcher.last.steps, watcher.last.best_loss) == (100, (0, 100), now.best_loss)
    np.testing.assert_array_equal(watcher.last.losses, curves.losses[i])
    np.testing.assert_array_equal(watcher.last.counts, curves.reaction_counts[i])
    assert not np.array_equal(watcher.last.rates, now.rates)
    for leave in (None, 100, 1000):
        runner.scrub(past)
        runner.scrub(leave)
        idle(runner)
        assert runner.past is watcher.last.past is None
        np.testing.assert_array_equal(watcher.last.rates, now.rates)
    assert trainer.step == 100


def test_a_scrub_pauses(runner, trainer):
    runner.play()
    until(lambda: trainer.step > 50)
    runner.scrub(30)
    assert not runner.playing
    idle(runner)
    assert runner.past is not None and runner.past <= 30


def test_scrubbing_where_there_is_no_past(runner, trainer):
    watcher = Watcher(runner)
    runner.scrub(10)
    idle(runner)
    assert runner.past is None and watcher.last.past is None


@pytest.mark.parametrize("go_on", ["play", "step", "reseed", "allow"])
def test_going_on_from_the_past(runner, trainer, go_on):
    watcher = Watcher(runner)
    runner.step(100)
    idle(runner)
    best = trainer.best
    runner.scrub(40)
    past = runner.past
    idle(runner)
    losses = watcher.last.losses
    if go_on == "play":
        runner._pace, before = 1, len(watcher.frames)
        runner.play()
        until(lambda: len(watcher.frames) > before)
        runner.pause()
        assert past < watcher.frames[before].step < 100
    elif go_on == "step":
        runner.step()
        idle(runner)
        assert trainer.step == past + 1
    else:
        runner.reseed(2, NETWORK) if go_on == "reseed" else runner.allow(2, ("A", "B", "C"), False)
        idle(runner)
        assert trainer.step == past
        others = [0, 1, 3]
        np.testing.assert_array_equal(trainer.losses[others], losses[others])
        assert trainer.losses[2] != losses[2]
    assert runner.past is None
    assert max(runner.history.steps) <= trainer.step
    assert trainer.best.loss <= best.loss


def test_the_run_is_recorded_no_more_often_than_it_pays(runner, monkeypatch):
    monkeypatch.setattr(module, "_RECORD_SECONDS", 0.1)
    start = time.monotonic()
    runner.play()
    until(lambda: len(runner.history.curves.steps) > 5)
    runner.pause()
    assert time.monotonic() - start > 0.4


def test_a_trainer_that_is_set_back_by_hand(runner, trainer):
    start = trainer.state
    runner.step(60)
    idle(runner)
    trainer.state = start
    runner.step(20)
    idle(runner)
    assert trainer.step == runner.history.curves.steps[-1] == 20
    assert max(runner.history.steps) <= 20


def test_the_past_of_another_target_brings_back_no_best(runner, trainer):
    runner.step(60)
    idle(runner)
    runner.change(task=OTHER)
    runner.step(2)
    idle(runner)
    runner.scrub(30)
    runner.step(2)
    idle(runner)
    best = trainer.best
    assert OTHER.evaluate(best)["error"] == pytest.approx(best.loss, rel=1e-2)


# -- frames ----------------------------------------------------------------------------------------------------------


def test_what_a_frame_shows(runner, trainer):
    trainer.k_min = 0.1
    watcher = Watcher(runner)
    runner.step(30)
    idle(runner)
    frame = watcher.last
    assert (frame.step, frame.past, frame.playing, frame.speed, frame.error) == (30, None, False, 0.0, "")
    assert (frame.best_loss, frame.best_count) == (trainer.best.loss, trainer.best.reaction_count)
    assert frame.settings == trainer.settings
    types = {"losses": np.float32, "counts": np.int32, "rates": np.float32, "initial": np.float32}
    assert {name: getattr(frame, name).dtype for name in types} == types
    np.testing.assert_array_equal(frame.losses, trainer.losses)
    np.testing.assert_array_equal(frame.counts, trainer.reaction_counts)
    for rates, initial, T, solution in zip(
        frame.rates, frame.initial, trainer.tensors, trainer.solutions(), strict=True
    ):
        assert not rates[:, range(3), range(3)].any()
        np.testing.assert_array_equal(rates, np.where(np.eye(3, dtype=bool), 0, T))
        np.testing.assert_allclose(initial, list(solution.network.initial.values()), rtol=1e-6)
    assert (frame.rates[frame.rates > 0] < 0.1).any()


def test_frames_say_how_fast_it_is(runner, trainer):
    watcher = Watcher(runner)
    runner.play()
    until(lambda: len(watcher.frames) > 20 and watcher.last.speed > 0)
    runner.pause()
    idle(runner)
    assert watcher.last.speed == 0
    playing = [(t, f) for t, f in zip(watcher.times, watcher.frames, strict=True) if f.playing]
    (start, first), (end, last) = playing[5], playing[-1]
    assert 0.3 < last.speed * (end - start) / (last.step - first.step) < 3


def test_frames_are_no_more_than_asked_for(runner):
    watcher = Watcher(runner, rate=20)
    runner.play()
    until(lambda: len(watcher.frames) > 12)
    runner.pause()
    gaps = np.diff(watcher.times)
    assert np.median(gaps) >= 0.049
    assert [frame.id for frame in watcher.frames] == sorted({frame.id for frame in watcher.frames})


def test_few_frames_are_on_their_way_until_the_last_is_acknowledged(runner, trainer):
    watcher = Watcher(runner, acknowledges=False)
    ahead = module.AHEAD
    runner.play()
    until(lambda: len(watcher.frames) == ahead)
    assert [frame.awaited for frame in watcher.frames] == [False] * (ahead - 1) + [True]
    step = trainer.step
    until(lambda: trainer.step > step + 100)
    assert len(watcher.frames) == ahead
    # Those that are acknowledged make room for as many.
    watcher.subscription.acknowledge(watcher.frames[1].id)
    until(lambda: len(watcher.frames) == ahead + 2)
    runner.pause()
    step = trainer.step
    idle(runner)
    assert len(watcher.frames) == ahead + 2
    assert watcher.last.awaited
    # What it stopped at is sent as soon as there is room.
    watcher.subscription.acknowledge(watcher.last.id)
    until(lambda: len(watcher.frames) == ahead + 3)
    assert (watcher.last.step, watcher.last.playing, watcher.last.awaited) == (step, False, False)
    idle(runner)
    watcher.subscription.acknowledge(watcher.last.id)
    idle(runner)
    assert len(watcher.frames) == ahead + 3


def test_more_frames_come_while_nothing_is_trained(runner):
    watcher = Watcher(runner, rate=0.1)
    runner.step(200)
    idle(runner)
    count = len(watcher.frames)
    assert count <= 2  # the first one, and where it stopped
    start = time.monotonic()
    for step in (50, 100):
        runner.scrub(step)
        idle(runner)
    assert len(watcher.frames) == count + 2
    assert time.monotonic() - start < 2 / 0.1


def test_a_refresh_comes_at_once_whatever_was_lost(runner):
    watcher = Watcher(runner, rate=0.01, acknowledges=False)
    for count in range(1, 4):
        watcher.subscription.refresh()
        until(lambda count=count: len(watcher.frames) == count)
    idle(runner)
    assert len(watcher.frames) == 3


def test_a_closed_subscription_gets_nothing(runner, trainer):
    watcher = Watcher(runner)
    runner.step()
    until(lambda: watcher.frames)
    idle(runner)
    watcher.subscription.close()
    watcher.subscription.close()
    count = len(watcher.frames)
    runner.step()
    watcher.subscription.refresh()
    idle(runner)
    assert len(watcher.frames) == count


def test_a_change_is_shown_while_paused(runner):
    watcher = Watcher(runner)
    runner.change(k_min=0.2)
    until(lambda: watcher.frames and watcher.last.settings["k_min"] == 0.2)
    before = watcher.last.counts
    runner.change(k_min=0.4)
    until(lambda: watcher.last.settings["k_min"] == 0.4)
    assert (watcher.last.counts < before).all()


def test_wrong_rates(runner):
    for rate in (0, -1, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="Argument `rate` must"):
            runner.subscribe(print, rate)
    with pytest.raises(ValueError, match="Argument `ahead` must"):
        runner.subscribe(print, ahead=0)


# -- errors ----------------------------------------------------------------------------------------------------------


class Faulty(Waveform):
    """A task that cannot be scored."""

    def loss(self, states):
        raise ArithmeticError("no such loss")


def test_an_error_stops_training_and_is_shown(runner, trainer):
    watcher = Watcher(runner)
    runner.step(20)
    idle(runner)
    best = trainer.best
    seen = watcher.last
    runner.change(task=Faulty(TASK.target, duration=20, species=3))
    runner.play()
    until(lambda: runner.error)
    idle(runner)
    assert not runner.playing
    assert watcher.last.error == runner.error == "ArithmeticError: no such loss"
    assert not watcher.last.playing
    np.testing.assert_array_equal(watcher.last.rates, seen.rates)
    assert np.isfinite(best.loss)
    runner.change(task=TASK)
    runner.play()
    until(lambda: trainer.step > 25)
    assert not runner.error and runner.playing


def test_an_error_before_there_was_any_frame():
    trainer = crn.Trainer(Faulty(TASK.target, duration=20, species=3), 4)
    runner = Runner.of(trainer)
    watcher = Watcher(runner)
    watcher.subscription.refresh()
    until(lambda: watcher.frames)
    idle(runner)
    assert watcher.last.error == runner.error == "ArithmeticError: no such loss"
    assert watcher.last.rates.shape == (4, 3, 3, 3) and (watcher.last.losses == np.inf).all()


def test_a_schedule_that_fails_stops_training(runner, trainer):
    runner.change(entropy=lambda step: 0.1 if step < 30 else -1.0)
    runner.play()
    until(lambda: runner.error)
    idle(runner)
    assert "Argument `entropy` must be finite and not negative" in runner.error
    assert 0 < trainer.step <= 30
    assert trainer._state.best.loss < np.inf


def test_who_looks_on_and_fails_is_not_called_again(runner, trainer):
    calls = []

    def faulty(frame):
        calls.append(frame)
        raise OSError("the page is gone")

    runner.subscribe(faulty)
    watcher = Watcher(runner)
    runner.play()
    until(lambda: calls)
    idle(runner)
    assert watcher.last.error == "OSError: the page is gone"
    runner.play()
    step = trainer.step
    until(lambda: trainer.step > step + 100)
    assert len(calls) == 1 and not runner.error


def test_a_callback_may_do_what_it_likes(runner, trainer):
    """In the runner's own thread nothing waits for itself."""

    def meddle(frame):
        if frame.step >= 20:
            runner.pause()
            runner.scrub(0)
            subscription.close()
        else:
            subscription.acknowledge(frame.id)

    subscription = runner.subscribe(meddle, rate=1000)
    runner.play()
    until(lambda: not runner.playing)
    idle(runner)
    assert runner.past == 0


# -- beginning and end -----------------------------------------------------------------------------------------------


def test_a_trainer_has_one_runner(runner, trainer):
    assert Runner.of(trainer) is runner and runner.trainer is trainer
    with pytest.raises(ValueError, match="Argument `trainer` must have no runner yet"):
        Runner(trainer)
    with pytest.raises(TypeError, match="Argument `trainer` must be a Trainer"):
        Runner.of(TASK)
    assert Runner.of(crn.Trainer(TASK, 4)) is not runner


def test_many_threads_find_the_same_runner(trainer):
    found = []
    threads = [threading.Thread(target=lambda: found.append(Runner.of(trainer))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len({id(each) for each in found}) == 1


def test_both_go_when_nobody_has_them():
    trainer = crn.Trainer(TASK, 4)
    runner = Runner.of(trainer)
    Watcher(runner)
    runner.step(10)
    idle(runner)
    gone = [weakref.ref(trainer), weakref.ref(runner)]
    del trainer
    gc.collect()
    assert gone[0]() is runner.trainer
    del runner
    gc.collect()
    assert [ref() for ref in gone] == [None, None]


def test_many_threads_at_once(runner, trainer):
    """Whatever comes from where, nothing is lost, nothing stands still."""
    watcher = Watcher(runner)
    runner.play()
    until(lambda: trainer.step > 0)

    def disturb(member):
        for i in range(40):
            runner.change(entropy=i / 100)
            runner.reseed(member, NETWORK)
            runner.allow(member, ("A", "C", "B"), i % 2 == 1)
            watcher.subscription.refresh()
            runner.pause(wait=i % 4 == 0)
            runner.play()
        runner.allow(member, ("B", "C", "A"), False)

    threads = [threading.Thread(target=disturb, args=(member,)) for member in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    step = trainer.step
    until(lambda: trainer.step > step)
    runner.pause()
    assert not runner.error
    assert trainer.allowed[:, 2, 1, 0].tolist() == [False, False, False, True]
    assert trainer.allowed[:, 2, 0, 1].all()
    assert trainer.entropy == 0.39


@pytest.mark.parametrize("wait", ["pass", "[time.sleep(0.01) for _ in iter(seen, 40)]"], ids=["compiling", "training"])
def test_the_interpreter_ends_while_it_plays(wait):
    code = (
        "import time, crnwidgets as crn\n"
        "from crnwidgets.runner import Runner\n"
        "task = crn.tasks.Waveform.from_samples([0, 10, 20], [0.1, 0.6, 0.2], species=3, steps=20)\n"
        "runner = Runner.of(crn.Trainer(task, 4))\n"
        "runner.subscribe(lambda frame: None)\n"
        "seen = lambda: min(40, runner.trainer.step)\n"
        f"runner.play(); {wait}"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
