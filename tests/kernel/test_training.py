"""Training in a real kernel, with comm messages as a browser sends them: it answers, loses nothing, and stops."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty
from typing import Any

import numpy as np
import pytest

from tests.kernel.browser import Browser, Message

CELL = """
import threading
import crnwidgets as crn
from crnwidgets.runner import Runner

def memory():
    import resource
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 2**20
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20

def threads():
    return sum(thread.name == "crnwidgets training" for thread in threading.enumerate())

trainer = crn.Trainer(crn.tasks.Waveform.squares())
runner = Runner.of(trainer)
panel = crn.widgets.TrainingPanel(trainer)
"""
_TIMEOUT = 90.0


class Page:
    """A page that shows the panel of a training: it acknowledges frames, and notes when answers come."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        browser.run(CELL)
        browser.drain()
        browser.messages.clear()
        browser.complaints.clear()
        self.comm = browser.comm("panel")
        self.acknowledges = True
        self.frames: list[dict[str, Any]] = []
        self.sizes: list[int] = []
        self.answers: list[dict[str, Any]] = []
        self.seen: list[float] = []
        self.sent = 0
        self.post("ready")

    def post(self, kind: str, **content: Any) -> int:
        """Send a message without waiting; returns its number."""
        self.sent += 1
        self.browser.post_custom(self.comm, {"type": kind, **content, "id": self.sent})
        return self.sent

    def take(self, wait: float) -> None:
        """Take in what comes, for a while at most until there is something."""
        with suppress(Empty):
            self.browser.take(wait)
        while self.browser.messages:
            self._read(self.browser.messages.pop(0))

    def until(self, condition: Callable[[], Any]) -> None:
        deadline = time.monotonic() + _TIMEOUT
        while not condition():
            assert time.monotonic() < deadline, "this never came about"
            self.take(0.05)

    def change(self, **settings: Any) -> float:
        """How long the kernel takes to answer a slider, in seconds."""
        start = time.monotonic()
        number = self.post("change", settings=settings)
        self.until(lambda: self.answers and self.answers[-1]["id"] == number)
        return self.seen[-1] - start

    def play(self) -> None:
        """Train, and wait until everything is compiled and frames come."""
        self.post("play")
        self.until(lambda: len([frame for frame in self.frames if frame["playing"] and frame["step"]]) >= 3)

    def pause(self) -> int:
        """Stop, and wait for the last frame; returns its step."""
        number = self.post("pause")
        self.until(lambda: self.answers and self.answers[-1]["id"] == number and not self.frames[-1]["playing"])
        return self.frames[-1]["step"]

    def _read(self, message: Message) -> None:
        if message.comm != self.comm or message.method != "custom":
            return
        if message.data["type"] == "answer":
            self.answers.append(message.data)
            self.seen.append(time.monotonic())
        if message.data["type"] == "frame":
            self.frames.append(message.data)
            self.sizes.append(message.size)
            if self.acknowledges and message.data["awaited"]:
                self.browser.post_custom(self.comm, {"type": "ack", "painted": message.data["id"]})


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = Page(browser)
    yield page
    assert not browser.complaints
    browser.run("runner.pause(); panel.close()")


def test_a_slider_is_answered_while_training_runs(page: Page) -> None:
    page.play()
    first = page.frames[-1]["step"]
    times = []
    for i in range(150):
        times.append(page.change(entropy=i / 1e4))
        page.take(0.03)
    assert np.quantile(times, 0.95) < 0.15, f"median {np.median(times):.3f} s, most {max(times):.3f} s"
    page.until(lambda: page.frames[-1]["step"] > first)
    assert page.frames[-1]["playing"]
    assert not any(answer["problem"] for answer in page.answers)


def test_nothing_is_lost_or_reordered(page: Page) -> None:
    page.play()
    first = page.sent
    for i in range(1, 301):
        page.post("change", settings={"entropy": i / 1e4, "l1": i / 1e5})
    page.until(lambda: page.answers[-1]["id"] == page.sent)
    assert [answer["id"] for answer in page.answers][-300:] == list(range(first + 1, first + 301))
    page.until(lambda: page.frames[-1]["settings"]["entropy"] == 0.03)
    assert page.browser.ask("[trainer.entropy, trainer.l1]") == [0.03, 0.003]
    for i, settings in enumerate([{"entropy": -1.0}, {"entropy": "much"}, {"k_min": 0.002}]):
        page.change(**settings)
        assert bool(page.answers[-1]["problem"]) == (i < 2)
    page.pause()
    assert page.browser.ask("[trainer.entropy, trainer.k_min]") == [0.03, 0.002]
    assert [frame["id"] for frame in page.frames] == sorted({frame["id"] for frame in page.frames})
    steps = [frame["step"] for frame in page.frames]
    assert steps == sorted(steps)


def test_frames_are_few_and_small(page: Page) -> None:
    page.play()
    before, start = len(page.frames), time.monotonic()
    while time.monotonic() - start < 3:
        page.take(0.05)
    assert 3 < len(page.frames) - before <= 32
    # 40 networks of 5 species: 125 rates and 5 concentrations each, a loss and a count, and what goes around them.
    assert max(page.sizes) < 40 * (130 + 2) * 4 + 2000


def test_without_a_page_nothing_piles_up(page: Page) -> None:
    page.play()
    page.acknowledges = False
    page.take(0.5)
    while page.browser.ask("trainer.step") < page.frames[-1]["step"] + 200:
        page.take(0.05)
    page.take(0.2)
    before = len(page.frames)
    step = page.browser.ask("trainer.step")
    page.until(lambda: page.browser.ask("trainer.step") > step + 100)
    assert len(page.frames) <= before + 1
    page.acknowledges = True
    page.post("ready")
    page.until(lambda: len(page.frames) >= before + 5)


def test_stopping_stops(page: Page) -> None:
    page.play()
    step = page.pause()
    page.until(lambda: page.browser.ask("threads()") == 0)
    count = len(page.frames)
    page.take(0.5)
    assert page.browser.ask("[trainer.step, runner.playing]") == [step, False]
    assert len(page.frames) == count
    page.post("step")
    page.until(lambda: page.frames[-1]["step"] == step + 1)
    page.until(lambda: page.browser.ask("threads()") == 0)


def test_it_trains_on_through_a_busy_cell_and_an_interrupt(page: Page) -> None:
    page.play()
    pid = page.browser.ask("__import__('os').getpid()")
    cell = page.browser.start("import time\nbefore = trainer.step\nwhile True: time.sleep(0.01)")
    started = time.monotonic()
    while time.monotonic() < started + 1:
        page.take(0.1)
    os.kill(pid, signal.SIGINT)
    page.browser.finish(cell)
    page.browser.complaints.clear()
    assert page.browser.ask("trainer.step > before and runner.playing and not runner.error")
    page.pause()


def test_memory_stays_level(page: Page) -> None:
    page.browser.run(
        "task = crn.tasks.Waveform.from_samples([0, 10, 20], [0.1, 0.6, 0.2], species=3, steps=20)\n"
        "panel.close(); trainer = crn.Trainer(task, 4); runner = Runner.of(trainer)\n"
        "panel = crn.widgets.TrainingPanel(trainer)"
    )
    page.comm = page.browser.comm("panel")
    page.browser.messages.clear()
    page.post("ready")
    page.play()

    def reach(step: int) -> float:
        while page.frames[-1]["step"] < step:
            page.change(entropy=(page.sent % 100) / 1e4)
        return page.browser.ask("memory()")

    early = reach(15_000)
    late = reach(60_000)
    assert late - early < 8, f"{early:.0f} MiB grew to {late:.0f} MiB"
    page.pause()
    assert page.browser.ask("len(runner.history.steps) <= 256 and len(runner.history.curves.steps) <= 512")
