"""TrainingPanel without a browser: what its buttons and sliders do, and what the page is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import traitlets

import crnwidgets as crn
from crnwidgets.runner import Runner
from crnwidgets.tasks import Waveform
from crnwidgets.widgets import DynamicsPlot, ReactionGraph, TrainingPanel

PATIENCE = 60  # s; the first step compiles


class Page:
    """Plays the browser's part: keeps what arrives, acknowledges frames, and sends."""

    def __init__(self, panel: TrainingPanel) -> None:
        self.panel = panel
        self.frames: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self.states: list[dict[str, Any]] = []
        self._came = threading.Condition()
        panel._send = self._receive  # where ipywidgets hands a message to the comm

    def _receive(self, message: dict[str, Any], buffers: list[Any] | None = None) -> None:
        content = message.get("content", {})
        with self._came:
            if content.get("type") == "frame":
                self.frames.append(content)
                self.post(type="ack", painted=content["id"])
            elif content.get("type") == "answer":
                self.answers.append(content)
            elif message["method"] == "update":
                self.states.append(message["state"])
            self._came.notify_all()

    def post(self, *content: Any, **fields: Any) -> None:
        data = {"method": "custom", "content": content[0] if content else fields}
        self.panel._handle_msg({"content": {"data": data}, "buffers": []})

    def press(self, **content: Any) -> dict[str, Any]:
        """Send a message and return its answer, which comes at once."""
        before = len(self.answers)
        self.post(content | {"id": f"x {before}"})
        assert [answer["id"] for answer in self.answers[before:]] == [f"x {before}"]
        return self.answers[-1]

    def until(self, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first frame from now on that is as it should be."""
        start = len(self.frames)
        deadline = time.monotonic() + PATIENCE
        with self._came:
            while True:
                for frame in self.frames[start:]:
                    if true(frame):
                        return frame
                assert self._came.wait(deadline - time.monotonic()), self.frames[-1:]


@pytest.fixture
def panel() -> Iterator[TrainingPanel]:
    settings = {"learning_rate": 0.05, "l1": 0, "normalize": True, "strategy": "double"}
    panel = TrainingPanel(crn.Trainer(Waveform.squares(species=2), population=3, **settings))
    yield panel
    panel.runner.pause()
    panel.close()


@pytest.fixture
def page(panel: TrainingPanel) -> Page:
    return Page(panel)


def test_the_first_state_is_complete(panel: TrainingPanel) -> None:
    state = panel.get_state()
    assert (state["selected"], state["_about"]["population"]) == (-1, 3)
    assert state["_reference"] == f"IPY_MODEL_{panel.model_id}"
    assert state["_followers"] == {"frames": [], "networks": []}


def test_a_trainer_has_one_runner_for_all_panels(panel: TrainingPanel) -> None:
    trainer = panel.runner.trainer
    assert TrainingPanel(trainer).runner is TrainingPanel(panel.runner).runner is Runner.of(trainer) is panel.runner


def test_refuses_wrong_arguments(panel: TrainingPanel) -> None:
    with pytest.raises(TypeError, match="Argument `trainer` must be a Trainer, but it is of type int"):
        TrainingPanel(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="did you mean `selected`"):
        TrainingPanel(panel.runner, selcted=1)
    for wrong in (3, -2):
        with pytest.raises(traitlets.TraitError, match="one of 3 networks"):
            panel.selected = wrong
        with pytest.raises(traitlets.TraitError, match="one of 3 networks"):
            TrainingPanel(panel.runner, selected=wrong)
    assert TrainingPanel(panel.runner, selected=2).selected == 2


def test_a_page_that_is_ready_gets_a_frame(page: Page) -> None:
    page.post(type="ready")
    frame = page.until(lambda frame: True)
    assert (frame["step"], frame["playing"], frame["error"]) == (0, False, "")
    assert (frame["settings"]["learning_rate"], frame["settings"]["strategy"]) == (0.05, "double")


def test_play_pause_step_and_reset(page: Page, panel: TrainingPanel) -> None:
    page.post(type="ready")
    assert page.press(type="play") == {"type": "answer", "id": "x 0", "problem": "", "playing": True}
    page.until(lambda frame: frame["playing"] and frame["step"] > 10)
    assert page.press(type="pause")["playing"] is False
    step = page.until(lambda frame: not frame["playing"])["step"]
    assert page.press(type="step")["problem"] == ""
    assert page.until(lambda frame: frame["step"] > step)["step"] == step + 1
    loss = panel.runner.trainer.best.loss
    page.press(type="reset", seed=None)
    assert page.until(lambda frame: frame["step"] == 0)["best"][0] > loss
    page.press(type="reset", seed=5)
    assert page.press(type="reset", seed=2**80)["problem"].startswith("Argument `seed` must")


def test_settings_are_changed_all_or_none(page: Page, panel: TrainingPanel) -> None:
    page.post(type="ready")
    page.press(type="change", settings={"entropy": 0.5, "normalize": False, "strategy": "dense"})
    settings = page.until(lambda frame: frame["settings"]["entropy"] == 0.5)["settings"]
    assert (settings["normalize"], settings["strategy"]) == (False, "dense")
    for wrong in ({"l1": 1, "entropy": -1}, {"l1": 1, "entropy": "much"}, {"l1": 1, "k": 1}):
        assert page.press(type="change", settings=wrong)["problem"].startswith("Argument ")
    assert (panel.runner.trainer.l1, panel.runner.trainer.entropy) == (0, 0.5)


def test_back_through_history_and_a_branch(page: Page) -> None:
    page.post(type="ready")
    page.press(type="play")
    last = page.until(lambda frame: frame["step"] > 60)["step"]
    page.press(type="scrub", step=30)
    frame = page.until(lambda frame: frame["past"] is not None)
    assert frame["past"] <= 30 and frame["history"][1] >= last and not frame["playing"]
    page.press(type="scrub", step=None)
    page.until(lambda frame: frame["past"] is None)
    page.press(type="scrub", step=1)
    page.until(lambda frame: frame["past"] is not None)
    page.press(type="play")
    frame = page.until(lambda frame: frame["playing"])
    assert frame["past"] is None and frame["step"] < last


def test_what_no_page_of_ours_sends_is_answered_and_does_nothing(page: Page, panel: TrainingPanel) -> None:
    for content in ({"type": "fly"}, {"type": "change", "settings": [1]}, {"type": "reset", "seed": "x"}, {}, None, 3):
        page.post(content)
        assert "must be one that the panel knows" in page.answers[-1]["problem"]
    assert not panel.runner.playing


def test_a_refresh_tells_of_what_has_changed_besides(page: Page, panel: TrainingPanel) -> None:
    trainer = panel.runner.trainer
    page.press(type="refresh")
    assert page.states == []
    trainer.task = Waveform.peaks(species=2)
    trainer.entropy = lambda step: 0.1
    page.press(type="refresh")
    (state,) = page.states
    assert state["_about"]["target"] == pytest.approx(trainer.task.target)
    assert state["_about"]["scheduled"] == ["entropy"]


def test_it_leads_other_views(panel: TrainingPanel) -> None:
    other, plot, graph = TrainingPanel(panel.runner), DynamicsPlot("A -> B"), ReactionGraph("A -> B")
    panel.lead(frames=[other], networks=[plot, graph])
    assert panel._followers == {
        "frames": [f"IPY_MODEL_{other.model_id}"],
        "networks": [f"IPY_MODEL_{view.model_id}" for view in (plot, graph)],
    }


def test_a_closed_panel_gets_no_frames_and_the_training_goes_on(page: Page, panel: TrainingPanel) -> None:
    page.post(type="ready")
    page.press(type="play")
    page.until(lambda frame: frame["playing"])
    panel.close()
    count = len(page.frames)
    step = panel.runner.trainer.step
    deadline = time.monotonic() + PATIENCE
    while panel.runner.trainer.step < step + 30:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert len(page.frames) <= count + 1  # one may have been on its way
    assert panel.runner.playing
