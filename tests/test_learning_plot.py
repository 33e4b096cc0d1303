"""LearningPlot without a browser: what is drawn of the reports of a training, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.neural import FeedForward, Progress, train
from crnwidgets.widgets import LearningPlot


@pytest.fixture
def plot() -> Iterator[LearningPlot]:
    plot = LearningPlot()
    yield plot
    plot.close()


def report(cost: list[float], correct: list[int], batch: int = 20) -> Progress:
    return Progress(FeedForward.random((2, 1)), len(cost), np.array(cost), np.array(correct), batch)


def lines(plot: LearningPlot) -> list[Any]:
    return [chart.figure.marks[0] for chart in (plot.cost, plot.right)]


def test_draws_cost_and_share_of_each_iteration(plot: LearningPlot) -> None:
    plot.add(report([30.0, 3.0], [5, 10]))
    cost, right = lines(plot)
    assert (cost.x.tolist(), cost.y.tolist()) == ([1, 2], [30, 3])
    assert (right.x.tolist(), right.y.tolist()) == ([1, 2], [25, 50])
    x, y = (axis.scale for axis in plot.cost.figure.axes)
    assert (x.min, x.max, y.min, y.max) == (0, 2, 1, 100)
    x, y = (axis.scale for axis in plot.right.figure.axes)
    assert (x.min, x.max, y.min, y.max) == (0, 2, 0, 100)
    assert plot.cost._layer.text == "iteration 2: cost 3"
    assert plot.right._layer.text == "iteration 2: 50 %, 10 of the last 20 right"


def test_reports_go_on_where_the_last_one_ended_until_they_are_cleared(plot: LearningPlot) -> None:
    plot.add(report([30.0], [5]))
    plot.add(report([9.0, 0.0], [20, 100], batch=100))
    cost, right = lines(plot)
    assert right.x.tolist() == [1, 2, 3] and right.y.tolist() == [25, 20, 100]
    assert cost.y[:2].tolist() == [30, 9] and cost.y[2] > 0  # a logarithmic axis has no place for 0
    plot.clear()
    assert [len(line.x) for line in lines(plot)] == [0, 0]
    assert plot.cost._layer.text == ""
    plot.add(report([7.0], [5]))
    assert cost.x.tolist() == [1] and cost.y.tolist() == [7]


def test_draws_a_training(plot: LearningPlot) -> None:
    images, labels = crn.neural.digits()
    reports = list(train(FeedForward.random((64, 10)), images, labels, iterations=60, batch=40))
    for one in reports:
        plot.add(one)
    cost, right = lines(plot)
    np.testing.assert_allclose(cost.y, np.concatenate([one.cost for one in reports]), rtol=1e-6)
    np.testing.assert_allclose(right.y, np.concatenate([2.5 * one.correct for one in reports]), rtol=1e-6)


def test_many_iterations_are_drawn_as_means(plot: LearningPlot) -> None:
    plot.add(report(np.repeat([4.0, 2.0], 1250).tolist(), [10] * 2500))
    cost, _ = lines(plot)
    assert len(cost.x) == 834 and cost.x[:2].tolist() == [2, 5] and cost.x[-1] == 2500
    assert cost.y[0] == 4 and cost.y[-1] == 2 and cost.y[416] == pytest.approx((4 + 4 + 2) / 3)


def test_what_comes_fast_is_drawn_now_and_then_and_in_the_end(plot: LearningPlot) -> None:
    cost, _ = lines(plot)
    drawn = []

    async def cell() -> None:
        for _ in range(200):
            plot.add(report([3.0], [5]))
            drawn.append(len(cost.x))

    async def kernel() -> None:
        await cell()
        await asyncio.sleep(0.5)

    asyncio.run(kernel())
    assert len(set(drawn)) < 20
    assert len(cost.x) == 200 and plot.cost._layer.text == "iteration 200: cost 3"


def test_refuses_wrong_arguments(plot: LearningPlot) -> None:
    with pytest.raises(TypeError, match="LearningPlot has no argument `report`"):
        LearningPlot(report=1)
    with pytest.raises(TypeError, match="`report` must be a Progress, but it is FeedForward"):
        plot.add(FeedForward.random((2, 1)))  # type: ignore[arg-type]


def test_a_closed_plot_is_out_of_the_kernel() -> None:
    plot = LearningPlot()
    parts = [plot, *plot.children, *plot.cost.figure.marks, *plot.right.figure.axes]
    plot.close()
    assert all(part.comm is None for part in parts)
