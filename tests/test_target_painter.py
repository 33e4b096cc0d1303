"""TargetPainter without a browser: curves that are drawn, chosen and assigned, and the task they make."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import traitlets

import crnwidgets as crn
from crnwidgets.tasks import Waveform

PRESETS = ["squares", "peaks", "sine", "sawtooth", "step", "flat"]


def painted(painter: Any, content: object, *buffers: bytes) -> None:
    """Send what a browser would."""
    data = {"content": {"data": {"method": "custom", "content": content}}, "buffers": list(buffers)}
    painter._layer._handle_msg(data)


@pytest.fixture
def task() -> Waveform:
    return Waveform.from_samples([0, 30], [0.1, 0.4], species=("Y", "X"), steps=60, initial={"Y": 0.1}, total=0.9)


@pytest.fixture
def painter(task: Waveform) -> Any:
    return crn.widgets.TargetPainter(task)


def test_shows_the_task(painter: Any, task: Waveform) -> None:
    assert painter.task is task
    np.testing.assert_array_equal(painter.times, task.times)
    np.testing.assert_array_equal(painter.values, task.target)
    np.testing.assert_array_equal(painter._line.y, task.target)


def test_a_stroke_makes_a_task_that_keeps_all_but_the_curve(painter: Any, task: Waveform) -> None:
    seen: list[Waveform] = []
    painter.observe(lambda change: seen.append(change.new), "task")
    curve = np.linspace(0.4, 0, 61)
    painted(painter, {"type": "paint"}, curve.tobytes())
    assert seen == [painter.task]
    drawn = painter.task
    np.testing.assert_array_equal(drawn.target, curve)
    assert (drawn.species, drawn.duration, drawn.steps) == (task.species, task.duration, task.steps)
    assert drawn.total == task.total
    start = np.asarray(drawn.initial(np.zeros((1, 2), np.float32), None))
    np.testing.assert_allclose(start, [[[0.1, 0.8]]], rtol=1e-6)
    np.testing.assert_array_equal(painter._line.y, curve)


def test_a_task_grows_for_a_high_curve_and_shrinks_again(painter: Any, task: Waveform) -> None:
    painter.values = np.full(61, 3.0)
    assert painter.task.total == 6
    painter.values = np.full(61, 0.2)
    assert painter.task.total == task.total


@pytest.mark.parametrize(
    ("content", "buffers"),
    [
        ({"type": "paint"}, [np.zeros(60).tobytes()]),
        ({"type": "paint"}, [np.full(61, np.nan).tobytes()]),
        ({"type": "paint"}, [np.full(61, -0.1).tobytes()]),
        ({"type": "paint"}, [b"123"]),
        ({"type": "paint"}, []),
        ({"type": "preset", "name": "elephant"}, []),
        ({"type": "preset"}, []),
        ({"type": "other"}, []),
        ("paint", []),
        (None, []),
    ],
    ids=str,
)
def test_a_wrong_message_changes_nothing(painter: Any, task: Waveform, content: object, buffers: list[bytes]) -> None:
    painted(painter, content, *buffers)
    assert painter.task is task
    np.testing.assert_array_equal(painter._line.y, task.target)


def test_what_is_no_curve_is_put_right_in_the_browser(painter: Any) -> None:
    sent: list[dict[str, Any]] = []
    painter._line._send = lambda message, buffers=None: sent.append(message)
    painted(painter, {"type": "paint"}, np.full(61, np.inf).tobytes())
    assert [sorted(message["state"]) for message in sent] == [["x", "y"]]


@pytest.mark.parametrize("name", PRESETS)
def test_presets_fit_any_duration(name: str) -> None:
    painter = crn.widgets.TargetPainter(Waveform.from_samples([0, 30], [0.1, 0.4], species=3, steps=90))
    painted(painter, {"type": "preset", "name": name})
    drawn = painter.task
    assert (drawn.duration, drawn.steps, len(drawn.species)) == (30, 90, 3)
    assert 0 <= drawn.low <= drawn.high <= 0.51
    if drawn.period is not None:
        assert drawn.period == pytest.approx(12)
        half = 36  # samples in a period
        inner = np.abs(np.diff(drawn.target)) < 0.05  # away from jumps, which fall between two samples
        np.testing.assert_allclose(drawn.target[:-1][inner][:20], drawn.target[half:-1][inner[half:]][:20], atol=0.02)


def test_presets_are_the_papers_waveforms() -> None:
    painter = crn.widgets.TargetPainter(Waveform.peaks())
    painter.preset("squares")
    np.testing.assert_allclose(painter.values, Waveform.squares().target, atol=1e-12)
    assert painter.task.period == 40
    painter.preset("peaks")
    np.testing.assert_allclose(painter.values, Waveform.peaks().target, atol=1e-12)
    assert painter.task.period is None
    painter.values = Waveform.squares().target
    assert painter.task.period is None  # a hand promises nothing


def test_the_axis_grows_under_the_hand_and_fits_what_is_chosen() -> None:
    painter = crn.widgets.TargetPainter(Waveform.squares())
    axis = painter.figure.axes[1].scale
    assert (axis.min, axis.max) == (0, 0.6)
    painted(painter, {"type": "paint"}, np.full(201, 0.6).tobytes())
    assert axis.max == 0.75
    painted(painter, {"type": "paint"}, np.full(201, 0.1).tobytes())
    assert axis.max == 0.75
    painter.preset("flat")
    assert axis.max == 0.4
    painter.task = Waveform([1.0, 7.0, 3.0], duration=8)
    assert (axis.max, painter.figure.axes[0].scale.max) == (8.5, 8)
    np.testing.assert_array_equal(painter._line.x, [0, 4, 8])
    painter.values = [0, 0, 0]
    assert painter.task.duration == 8


def test_refuses_what_is_no_task_and_unknown_arguments() -> None:
    with pytest.raises(TypeError, match="did you mean `task`"):
        crn.widgets.TargetPainter(Waveform.squares(), tasks=1)
    with pytest.raises(traitlets.TraitError, match="Waveform"):
        crn.widgets.TargetPainter("squares")
    painter = crn.widgets.TargetPainter(Waveform.squares())
    with pytest.raises(traitlets.TraitError, match="Waveform"):
        painter.task = None
    with pytest.raises(ValueError, match="`name` must be one of"):
        painter.preset("elephant")
    for wrong in (np.zeros(3), np.full(201, -1.0), np.full(201, np.nan)):
        with pytest.raises(ValueError, match="`target` must"):
            painter.values = wrong


def test_values_are_a_copy(painter: Any) -> None:
    painter.values[:] = 7
    assert painter.values.max() == 0.4


def test_closes_with_all_its_parts() -> None:
    painter = crn.widgets.TargetPainter(Waveform.squares())
    parts = (*painter.children, *painter.figure.axes, *painter.figure.marks, painter._line.scales["x"])
    painter.close()
    assert all(part.comm is None for part in (painter, *parts))
