"""A test of a network in a real kernel: it runs beside the training, and the kernel answers meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

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


def reports(browser: Browser, comm: str) -> list[dict[str, Any]]:
    """What the panel's page has been told, oldest first."""
    return [m.data["report"] for m in browser.messages if m.comm == comm and m.method == "custom"]


def until_it_is(browser: Browser, comm: str, state: str) -> dict[str, Any]:
    """Wait for a report of this state, and return it."""
    deadline = time.monotonic() + _TIMEOUT
    while not (told := reports(browser, comm)) or told[-1]["state"] != state:
        assert time.monotonic() < deadline, told
        with suppress(Empty):
            browser.take(0.1)
    return told[-1]


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
    assert until_it_is(browser, panel, "done")["figures"] == {"passed": 1}
    assert browser.ask("trainer.step") > first and browser.ask("runner.playing")
    assert len(browser.messages) - before < 40  # a few a second


def test_it_is_cancelled(browser: Browser, panel: str) -> None:
    browser.custom(panel, {"type": "test", "best": False})
    browser.custom(panel, {"type": "cancel"})
    assert until_it_is(browser, panel, "cancelled")["figures"] is None
    assert browser.ask("(panel.wait(), panel.report['state'])[1]") == "cancelled"


def test_it_goes_on_while_a_cell_runs_and_the_page_chooses(browser: Browser, panel: str) -> None:
    browser.custom(panel, {"type": "test", "best": True})
    browser.start("panel.wait()")  # the kernel's main thread does nothing else meanwhile
    choices = [browser.post(panel, selected=i % 4) for i in range(40)]
    until_it_is(browser, panel, "done")
    browser.finish(choices[-1])
    assert browser.ask("panel.selected") == 3


def test_a_page_that_comes_later_is_told_how_it_ended(browser: Browser, panel: str) -> None:
    browser.custom(panel, {"type": "test", "best": True})
    last = until_it_is(browser, panel, "done")
    browser.messages.clear()
    browser.custom(panel, {"type": "ready"})
    assert reports(browser, panel) == [last]
