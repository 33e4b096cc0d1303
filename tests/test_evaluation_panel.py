"""EvaluationPanel without a browser: it runs the task's own test in the background, and says what came of it."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import traitlets

import crnwidgets as crn
from crnwidgets import Lab, Network
from crnwidgets.learning.task import Finding
from crnwidgets.tasks import Waveform
from crnwidgets.widgets import EvaluationPanel
from crnwidgets.widgets.training_lab import TrainingLab
from tests.own_tasks import FOLLOWS, Follow

PATIENCE = 60  # s


class Page:
    """Plays the browser's part: keeps the reports that arrive, and presses."""

    def __init__(self, panel: EvaluationPanel) -> None:
        self.panel = panel
        self.reports: list[dict[str, Any]] = []
        panel._send = self._receive  # where ipywidgets hands a message to the comm

    def _receive(self, message: dict[str, Any], buffers: list[Any] | None = None) -> None:
        if message["method"] == "custom":
            assert message["content"]["type"] == "report"
            self.reports.append(json.loads(json.dumps(message["content"]["report"], allow_nan=False)))

    def press(self, content: Any) -> None:
        self.panel._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


class Slow(Follow):
    """A test whose pieces wait until they are told to go on; it fails 150 times, at a tenth and on and on."""

    said: threading.Semaphore

    def examine(self, solution: Any) -> Any:
        for i in range(150):
            assert Slow.said.acquire(timeout=PATIENCE)
            yield Finding((i + 1) / 150, f"failure {i}")
        return {"passed": 0.0, "worst": math.inf}


class Wrong(Follow):
    def examine(self, solution: Any) -> Any:
        yield Finding(0.5, "")
        raise ZeroDivisionError("nothing to divide by")


class Worded(Follow):
    def examine(self, solution: Any) -> Any:
        yield Finding(0.5, "")
        return {"passed": "very well"}


def until(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def panel_of(task: crn.tasks.Task, *rules: str) -> EvaluationPanel:
    """A panel of a trainer whose first networks are these."""
    trainer = crn.Trainer(task, population=3)
    for member, text in enumerate(rules):
        trainer.reseed(member, Network.parse(text))
    return EvaluationPanel(trainer)


@pytest.fixture
def panel() -> Iterator[EvaluationPanel]:
    panel = panel_of(Follow(), FOLLOWS, FOLLOWS.replace("-No", "-0.001,No"))
    yield panel
    panel.close()
    panel.wait()


@pytest.fixture
def slow() -> Iterator[EvaluationPanel]:
    Slow.said = threading.Semaphore(0)
    panel = panel_of(Slow(), FOLLOWS)
    yield panel
    panel.close()
    Slow.said.release(200)
    panel.wait()


def test_the_best_network_passes(panel: EvaluationPanel) -> None:
    page = Page(panel)
    panel.selected = 1
    page.press({"type": "test", "best": True})
    panel.wait()
    report = panel.report
    assert (report["state"], report["progress"], report["failures"], report["problem"]) == ("done", 1, [], "")
    assert report["figures"] == {"passed": 1, "failures": 0, "reaction_count": 2}
    assert report["subject"].startswith("The best network so far: loss ") and report["subject"].endswith("2 reactions")
    assert page.reports[0]["state"] == "running" and page.reports[-1] == report


def test_a_page_that_comes_later_is_told_the_last_report(panel: EvaluationPanel) -> None:
    page = Page(panel)
    page.press({"type": "ready"})
    assert page.reports == []  # nothing has been tested yet
    panel.test()
    panel.wait()
    later = Page(panel)
    later.press({"type": "ready"})
    assert later.reports == [panel.report]


def test_no_other_thread_touches_a_trait(panel: EvaluationPanel) -> None:
    touched = []
    panel.observe(lambda change: touched.append((change.name, threading.current_thread())), traitlets.All)
    panel.test()
    panel.wait()
    panel.selected = 1
    assert panel.report["state"] == "done"
    assert touched == [("selected", threading.main_thread())]


def test_the_network_looked_at_fails_and_why_is_said(panel: EvaluationPanel) -> None:
    panel.selected = 1
    Page(panel).press({"type": "test", "best": False})
    panel.wait()
    report = panel.report
    assert (report["state"], report["figures"]["passed"], report["failure_count"]) == ("done", 0, 1)
    assert report["failures"] == ["Case 2, time 40: On is 0.98 and should be 0."]
    assert report["subject"].startswith("Network 2: loss ")


def test_without_a_choice_the_lowest_loss_is_looked_at(panel: EvaluationPanel) -> None:
    panel.test(best=False)
    panel.wait()
    assert panel.report["subject"].startswith("Network 1: ") and panel.report["figures"]["passed"] == 1


def test_what_is_scrubbed_to_is_looked_at(panel: EvaluationPanel) -> None:
    panel.selected = 1
    panel.runner.step(40)
    until(lambda: panel.runner.trainer.step == 40)
    panel.runner.pause()
    losses = []
    for step in (0, None):
        panel.runner.scrub(step)
        panel.test(best=False)
        panel.wait()
        losses.append(float(panel.report["subject"].split("loss ")[1].split(",")[0]))
    assert losses[0] == pytest.approx(0.27, abs=0.25) and losses[0] != losses[1]


def test_progress_and_the_first_failures_are_told(slow: EvaluationPanel) -> None:
    page = Page(slow)
    slow.test()
    until(lambda: slow.report["subject"])
    until(lambda: Slow.said.release(1) or slow.report["progress"] > 0)
    assert slow.report["state"] == "running" and slow.report["failures"][0] == "failure 0"
    assert slow.report["failure_count"] == len(slow.report["failures"]) and slow.report["figures"] is None
    Slow.said.release(150)
    slow.wait()
    assert (len(slow.report["failures"]), slow.report["failure_count"]) == (100, 150)
    assert slow.report["figures"] == {"passed": 0, "worst": "inf"}
    progress = [report["progress"] for report in page.reports]
    assert len(progress) < 20 and progress == sorted(progress)


def test_a_test_is_cancelled_at_once(slow: EvaluationPanel) -> None:
    page = Page(slow)
    slow.test()
    page.press({"type": "cancel"})
    assert slow.report["state"] == "cancelled" and slow.report["figures"] is None
    Slow.said.release(200)
    slow.wait()
    assert slow.report["state"] == "cancelled"
    slow.test()
    slow.wait()
    assert slow.report["state"] == "done"


def test_another_test_takes_the_place_of_one_that_runs(slow: EvaluationPanel) -> None:
    slow.test()
    slow.test(best=False)
    Slow.said.release(400)
    slow.wait()
    assert slow.report["subject"].startswith("Network 1") and slow.report["failure_count"] == 150


def test_training_and_the_kernel_go_on_meanwhile(slow: EvaluationPanel) -> None:
    slow.test()
    slow.runner.step(5)
    until(lambda: slow.runner.trainer.step == 5)
    assert slow.report["state"] == "running"
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("crnwidgets test") == 1
    slow.cancel()
    Slow.said.release(1)
    slow.wait()
    assert "crnwidgets test" not in [thread.name for thread in threading.enumerate()]


def test_an_error_stops_the_test_and_is_told() -> None:
    panel = panel_of(Wrong(), FOLLOWS)
    panel.test()
    panel.wait()
    assert (panel.report["state"], panel.report["figures"]) == ("stopped", None)
    assert panel.report["problem"] == "ZeroDivisionError: nothing to divide by"


def test_figures_that_are_no_numbers_stop_the_test() -> None:
    panel = panel_of(Worded(), FOLLOWS)
    panel.test()
    panel.wait()
    assert panel.report["state"] == "stopped" and "very well" in panel.report["problem"]


def test_a_task_whose_test_is_in_one_piece() -> None:
    panel = EvaluationPanel(crn.Trainer(Waveform.squares(species=3), population=2))
    panel.test()
    panel.wait()
    assert panel.report["state"] == "done" and {"error", "passed"} <= panel.report["figures"].keys()


def test_wrong_arguments_are_refused(panel: EvaluationPanel) -> None:
    with pytest.raises(TypeError, match="did you mean `selected`"):
        EvaluationPanel(panel.runner, selcted=1)
    with pytest.raises(traitlets.TraitError, match="one of 3 networks"):
        panel.selected = 3
    page = Page(panel)
    for content in ({"type": "test"}, {"type": "test", "best": 1.5}, {"type": "else"}, None, "test"):
        page.press(content)
    assert panel.report == {} and page.reports == []


def test_a_closed_panel_tests_no_more(slow: EvaluationPanel) -> None:
    slow.test()
    slow.close()
    assert slow.report["state"] == "cancelled"


def test_in_a_lab_it_tests_the_network_looked_at() -> None:
    lab = Lab(Follow())
    assert isinstance(lab, TrainingLab)
    lab.panel.selected = 4
    assert lab.evaluation.selected == 4 and lab._areas()["evaluation"] is lab.evaluation
    lab.close()
    assert lab.evaluation.comm is None


def test_an_interpreter_that_ends_waits_for_the_test() -> None:
    code = (
        "import crnwidgets as crn; from tests.own_tasks import Follow\n"
        "panel = crn.widgets.EvaluationPanel(crn.Trainer(Follow(), population=2)); panel.test(); print('left')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "left\n", "")
