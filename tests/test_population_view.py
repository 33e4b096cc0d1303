"""PopulationView without a browser: what the page is told, and what it may say."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import traitlets

import crnwidgets as crn
from crnwidgets.runner import Runner
from crnwidgets.tasks import Waveform
from crnwidgets.widgets import PopulationView
from tests.own_tasks import Follow

PATIENCE = 60  # s; the first step compiles


class Page:
    """Plays the browser's part: keeps the frames that arrive, and sends."""

    def __init__(self, view: PopulationView, *, acknowledges: bool = True) -> None:
        self.view = view
        self.acknowledges = acknowledges
        self.frames: list[tuple[dict[str, Any], list[Any]]] = []
        self._came = threading.Condition()
        view._send = self._receive  # where ipywidgets hands a message to the comm

    def _receive(self, message: dict[str, Any], buffers: list[Any] | None = None) -> None:
        content = message.get("content", {})
        if content.get("type") != "frame":
            return
        with self._came:
            self.frames.append((content, buffers or []))
            self._came.notify_all()
        if self.acknowledges:
            self.post({"type": "ack", "painted": content["id"]})

    def post(self, content: Any) -> None:
        self.view._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})

    def until(self, count: int) -> None:
        """Wait for so many frames."""
        deadline = time.monotonic() + PATIENCE
        with self._came:
            while len(self.frames) < count:
                assert self._came.wait(deadline - time.monotonic()), len(self.frames)


def train(view: PopulationView, steps: int) -> None:
    """Make so many steps, and have all frames sent that are to be sent."""
    view.runner.step(steps)
    wait(lambda: view.runner.trainer.step >= steps)
    view.runner.pause()


def wait(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def view() -> Iterator[PopulationView]:
    view = PopulationView(crn.Trainer(Waveform.squares(species=2), population=3))
    yield view
    view.runner.pause()
    view.close()


def test_the_first_state_is_complete(view: PopulationView) -> None:
    state = view.get_state()
    assert (state["selected"], state["beyond"], state["_relayed"]) == (-1, False, False)
    about = state["_about"]
    assert (about["species"], about["population"], about["duration"], about["outputs"]) == (["A", "B"], 3, 100, [0])
    assert about["target"] == view.runner.trainer.task.target.tolist()  # type: ignore[attr-defined]


def test_a_trainer_and_its_runner_are_the_same_to_it(view: PopulationView) -> None:
    assert PopulationView(view.runner).runner is PopulationView(view.runner.trainer).runner is view.runner
    assert Runner.of(view.runner.trainer) is view.runner


def test_refuses_what_it_does_not_know(view: PopulationView) -> None:
    with pytest.raises(TypeError, match="did you mean `selected`"):
        PopulationView(view.runner, selcted=1)
    with pytest.raises(TypeError, match="`trainer` must be a Trainer"):
        PopulationView("A -> B")  # type: ignore[arg-type]
    for member in (-2, 3):
        with pytest.raises(traitlets.TraitError, match="`selected` must be -1 or the index of one of 3 networks"):
            view.selected = member
    assert PopulationView(view.runner, selected=2, beyond=True).selected == 2


def test_a_page_that_is_ready_gets_the_population_as_it_is(view: PopulationView) -> None:
    page = Page(view)
    page.post({"type": "ready"})
    page.until(1)
    content, (losses, counts, rates, initial) = page.frames[0]
    assert (content["step"], content["playing"], content["members"]) == (0, False, None)
    assert np.frombuffer(losses, np.float32) == pytest.approx(view.runner.trainer.losses)
    assert np.frombuffer(counts, np.int32).tolist() == view.runner.trainer.reaction_counts.tolist()
    assert (len(rates), len(initial)) == (3 * 2**3 * 4, 3 * 2 * 4)


def test_frames_come_while_it_trains_and_stop_with_it(view: PopulationView) -> None:
    page = Page(view)
    page.post({"type": "ready"})
    view.runner.play()
    page.until(4)
    view.runner.pause()
    wait(lambda: not page.frames[-1][0]["playing"] and page.frames[-1][0]["step"] == view.runner.trainer.step)
    ids = [content["id"] for content, _ in page.frames]
    assert ids == sorted(set(ids))


def test_a_page_that_does_not_answer_gets_one_frame_each_time_it_is_ready() -> None:
    view = PopulationView(crn.Trainer(Waveform.squares(species=2), population=3), _relayed=True)
    assert view.get_state()["_relayed"]
    page = Page(view, acknowledges=False)
    page.post({"type": "ready"})
    page.until(1)
    train(view, 3)
    assert len(page.frames) == 1
    page.post({"type": "ready"})
    page.until(2)
    assert page.frames[1][0]["step"] > page.frames[0][0]["step"]
    view.close()


def test_another_task_is_taken_on(view: PopulationView) -> None:
    page = Page(view)
    page.post({"type": "refresh"})
    before = view.get_state()["_about"]
    view.runner.change(task=Waveform.peaks(species=2))
    view.runner.pause()
    assert view.get_state()["_about"] == before
    page.post({"type": "refresh"})
    assert view.get_state()["_about"]["target"] == Waveform.peaks(species=2).target.tolist()


def test_another_case_is_taken_on_and_shown_at_once() -> None:
    view = PopulationView(crn.Trainer(Follow(), population=2), case=1)
    page = Page(view)
    page.post({"type": "ready"})
    page.until(1)
    view.case = 0
    page.until(2)
    starts = [np.frombuffer(buffers[3], np.float32).reshape(2, 4)[0].tolist() for _, buffers in page.frames]
    assert starts == [[1, 0, 0, 1], [0, 1, 0, 1]] and view.get_state()["_about"]["case"] == "No 1"
    for case in (-1, 2):
        with pytest.raises(traitlets.TraitError, match="`case` must be the index of one of 2 cases"):
            view.case = case
        with pytest.raises(traitlets.TraitError, match="`case` must be the index of one of 2 cases"):
            PopulationView(view.runner, case=case)
    view.close()


def test_other_messages_are_none_of_its_business(view: PopulationView) -> None:
    page = Page(view)
    for content in ({"type": "else"}, {"type": "ack", "painted": "x"}, None, "text", {"type": "ack", "painted": 99}):
        page.post(content)
    assert page.frames == []


def test_a_closed_view_asks_for_nothing(view: PopulationView) -> None:
    page = Page(view)
    page.post({"type": "ready"})
    page.until(1)
    view.close()
    train(view, 1)
    assert len(page.frames) == 1
