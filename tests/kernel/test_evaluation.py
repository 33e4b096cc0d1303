"""A test of a network in a real kernel: it runs beside the training, and the kernel answers meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty

import pytest

from tests.kernel.browser import Browser

CELL = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
import crnwidgets as crn
from crnwidgets.learning.task import Finding
from crnwidgets.runner import Runner
from tests.own_tasks import Follow

class Busy(Follow):
    def examine(self, solution):
        from time import monotonic
        for i in range(150):
            end = monotonic() + 0.02
            while monotonic() < end:
                sum(range(1000))
            yield Finding((i + 1) / 150, "")
        return {{"passed": 1.0}}

trainer = crn.Trainer(Busy(), population=4)
trainer.run(3, progress=False)
trainer.best
runner = Runner.of(trainer)
panel = crn.widgets.EvaluationPanel(trainer)
"""
_TIMEOUT = 60.0


@pytest.fixture
def panel(browser: Browser) -> Iterator[str]:
    browser.run(CELL)
    yield browser.comm("panel")
    browser.run("runner.pause(); panel.close(); panel.wait()")
    assert not browser.complaints


def until_it_is(browser: Browser, comm: str, state: str) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while browser.states[comm]["report"].get("state") != state:
        assert time.monotonic() < deadline, browser.states[comm]["report"]
        with suppress(Empty):
            browser.take(0.1)


def test_it_runs_beside_the_training_and_the_kernel_answers(browser: Browser, panel: str) -> None:
    browser.run("runner.play()")
    browser.custom(panel, {"type": "test", "best": True})
    first, times = browser.ask("trainer.step"), []
    for _ in range(20):
        start = time.monotonic()
        assert browser.ask("panel.report['state']") == "running"
        times.append(time.monotonic() - start)
    assert sorted(times)[10] < 0.3, times
    before = len(browser.messages)
    until_it_is(browser, panel, "done")
    assert browser.states[panel]["report"]["figures"] == {"passed": 1}
    assert browser.ask("trainer.step") > first and browser.ask("runner.playing")
    assert len(browser.messages) - before < 40  # a few a second


def test_it_is_cancelled(browser: Browser, panel: str) -> None:
    browser.custom(panel, {"type": "test", "best": False})
    browser.custom(panel, {"type": "cancel"})
    until_it_is(browser, panel, "cancelled")
    assert browser.states[panel]["report"]["figures"] is None
    assert browser.ask("(panel.wait(), panel.report['state'])[1]") == "cancelled"
