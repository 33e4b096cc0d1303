"""LossPlot without a browser: quartiles, what is drawn of a run, and what its page is told."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.learning.history import Curves
from crnwidgets.tasks import Waveform
from crnwidgets.widgets.figure import round_up
from tests.charts import Page, advance, frame


@pytest.fixture(scope="module")
def trainer() -> crn.Trainer:
    return crn.Trainer(Waveform.squares(3), population=4)


@pytest.fixture
def plot(trainer: crn.Trainer) -> Iterator[Any]:
    plot = crn.widgets.LossPlot(trainer)
    yield plot
    plot.close()


def recorded(plot: Any, monkeypatch: pytest.MonkeyPatch, steps: list[int], losses: list[list[float]]) -> None:
    """Let the run of a plot have this history."""
    found = np.array(losses)
    best = np.minimum.accumulate(np.nanmin(found, axis=1)) if steps else np.array([])
    curves = Curves(np.array(steps, int), found, np.ones(found.shape, int), best)
    monkeypatch.setattr(type(plot._runner.history), "curves", property(lambda history: curves))


def test_draws_best_median_and_the_band_of_the_middle_half(plot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(plot, monkeypatch, [0, 50], [[0.5, 0.1, 0.2, 0.3, 0.4], [0.9, 0.2, 0.3, 0.4, 0.5]])
    told = plot._show(frame([0.05, 0.04, 0.03, 0.02, 0.01], step=80))
    np.testing.assert_array_equal(plot._best.x, [0, 50, 80])
    np.testing.assert_allclose(plot._best.y, [0.1, 0.1, 0.01], rtol=1e-6)
    np.testing.assert_allclose(plot._median.y, [0.3, 0.4, 0.03], rtol=1e-6)
    np.testing.assert_allclose(plot._band.y, [[0.4, 0.5, 0.04], [0.2, 0.3, 0.02]], rtol=1e-6)
    x, y = (axis.scale for axis in plot.figure.axes)
    assert (x.min, x.max, y.min, y.max) == (0, 80, 0.01, 1)
    assert told.pop("past") is None
    assert told == pytest.approx(
        {"step": 80, "end": 80, "best": 0.01, "median": 0.03, "upper": 0.04, "lower": 0.02}, rel=1e-6
    )


def test_a_step_of_the_past_adds_nothing(plot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(plot, monkeypatch, [0, 50], [[0.5, 0.1], [0.4, 0.1]])
    told = plot._show(frame([0.5, 0.1], step=70, past=0))
    np.testing.assert_array_equal(plot._best.x, [0, 50])
    assert (told["past"], told["end"]) == (0, 50)


def test_quartiles_are_of_the_finite_losses() -> None:
    from crnwidgets.widgets.loss_plot import _quartiles

    rows = np.array([[5.0, np.inf, 1, 3, np.nan, 2, 4], [7.0, *[np.inf] * 6], [np.inf] * 7])
    np.testing.assert_array_equal(_quartiles(rows), [[4, 7, np.inf], [3, 7, np.inf], [2, 7, np.inf]])
    rows = np.random.default_rng(0).uniform(size=(20, 41))
    np.testing.assert_allclose(_quartiles(rows), np.quantile(rows, [0.75, 0.5, 0.25], axis=1))


def test_moments_without_a_finite_loss_are_left_out(plot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(plot, monkeypatch, [0, 50, 60], [[np.inf] * 2, [np.inf, 0.0], [np.inf] * 2])
    told = plot._show(frame([np.inf, np.inf], step=60))
    np.testing.assert_array_equal(plot._best.x, [50])
    assert plot._best.y.min() > 0
    assert (told["median"], told["end"]) == (None, 60)
    before = plot._best.x
    recorded(plot, monkeypatch, [], [])
    assert plot._show(frame([np.inf, np.inf], step=0))["best"] is None
    np.testing.assert_array_equal(plot._best.x, before)


def test_ticks_are_round() -> None:
    import bqplot

    from crnwidgets.widgets.figure import span, span_decades

    linear, decades = (bqplot.Axis(scale=scale()) for scale in (bqplot.LinearScale, bqplot.LogScale))
    for factor, power in itertools.product((1, 1.1, 2, 3.7, 6, 9.9), range(-2, 7)):
        last = factor * 10.0**power
        span(linear, last)
        ticks = linear.tick_values
        assert 3 <= len(ticks) <= 7 and ticks[0] == 0 and ticks[-1] <= last * (1 + 1e-9)
        assert float(f"{ticks[1]:.0e}") == pytest.approx(ticks[1])
    for lowest, highest in ((0.02, 0.3), (1e-12, 1e5), (0.1, 0.1), (1e-3, 1)):
        span_decades(decades, np.array([highest, lowest]))
        assert decades.scale.min <= lowest and highest <= decades.scale.max
        assert 3 <= len(decades.tick_values) <= 7


@pytest.mark.parametrize(("last", "end"), [(1, 1), (2000, 2000), (2001, 2500), (90_000, 100_000), (100_001, 120_000)])
def test_the_end_of_an_axis_moves_seldom(last: int, end: int) -> None:
    assert round_up(last) == end


def test_follows_its_run(plot: Any, trainer: crn.Trainer) -> None:
    page = Page(plot)
    page.post({"type": "ready"})
    first = page.frame()
    assert (first["type"], first["step"]) == ("frame", trainer.step)
    advance(trainer, 3)
    for junk in ({"type": "ack"}, {"type": "ack", "painted": "1"}, {"type": "other"}, None, 3):
        page.post(junk)
    page.post({"type": "ack", "painted": first["id"]})
    second = page.frame()
    while second["step"] < trainer.step:
        second = page.frame()
    assert second["end"] == round_up(trainer.step)
    assert second["best"] == pytest.approx(trainer.best.loss)
    assert plot._best.x[-1] == trainer.step


def test_nobody_looks_on_and_nothing_is_drawn(plot: Any, trainer: crn.Trainer) -> None:
    plot._subscription._rate = 200
    page = Page(plot)
    advance(trainer, 1)
    while not page.frame()["awaited"]:  # by nobody
        advance(trainer, 1)
    drawn = plot._best.x[-1]
    for junk in ({"type": "ack"}, {"type": "ack", "painted": "1"}):  # acknowledges nothing
        page.post(junk)
    advance(trainer, 1)
    assert page.frames.empty()
    assert plot._best.x[-1] == drawn


def test_refuses_wrong_arguments(trainer: crn.Trainer) -> None:
    with pytest.raises(TypeError, match="did you mean `trainer`"):
        crn.widgets.LossPlot(trainer, trainers=1)
    with pytest.raises(TypeError, match="`trainer` must be a Trainer"):
        crn.widgets.LossPlot("squares")


def test_a_closed_plot_follows_nothing(trainer: crn.Trainer) -> None:
    plot = crn.widgets.LossPlot(trainer)
    page = Page(plot)
    plot.close()
    assert all(part.comm is None for part in (plot, *plot.children, *plot.figure.axes, *plot.figure.marks))
    advance(trainer, 1)
    assert page.frames.empty()
