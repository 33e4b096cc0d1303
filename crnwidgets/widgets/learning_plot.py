"""How a neural network learns: what its mistakes cost, and how much it gets right ([NNRN] Figs. 8, 9 and 14)."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import bqplot
import ipywidgets
import numpy as np
import traitlets

from crnwidgets.neural import Progress
from crnwidgets.palette import color
from crnwidgets.widgets.base import refuse_unknown
from crnwidgets.widgets.figure import Chart, Layer, figure, span, span_decades
from crnwidgets.widgets.live_chart import LEAST

__all__ = ["LearningPlot"]

_PAUSE = 0.25  # seconds from one drawing to the next: a browser has more to do than to draw every report
_POINTS = 1000  # of a line, at most


class _Reading(Layer, bundle="learning_plot"):
    """Where a line ends, in words."""

    name = traitlets.Unicode(help="What the chart shows.").tag(sync=True)
    text = traitlets.Unicode(help="Its last value.").tag(sync=True)


class LearningPlot(ipywidgets.HBox):
    """The cost of each iteration, and the share of its batch that was right, as the reports of a training come in.

    `for report in crn.neural.train(nn, images, labels): plot.add(report)` draws while it trains.

    Raises TypeError for an unknown keyword argument.
    """

    _charts: tuple[Chart, ...] = ()  # what closes with the plot
    _waiting: asyncio.TimerHandle | None = None
    _next = 0.0  # when to draw again at the earliest

    def __init__(self, **kwargs: Any) -> None:
        refuse_unknown(type(self), kwargs)
        self.cost = _chart("cost", bqplot.LogScale(allow_padding=False), color(0))
        self.right = _chart("right, %", bqplot.LinearScale(allow_padding=False), color(1))
        span(self.right.figure.axes[1], 100.0)
        self._charts = (self.cost, self.right)
        super().__init__(self._charts, **kwargs)
        self.layout.flex_flow = "row wrap"
        self.add_class("crn-learning")
        self._costs = self._shares = np.empty(0)
        self._batch = ""
        self._draw()

    def add(self, report: Progress) -> None:
        """Draw what a report of `crn.neural.train` tells; the reports of another training go on where the last ended.

        Where they come fast, some are drawn with the next one, and the last one when its cell is done.
        """
        if not isinstance(report, Progress):
            raise TypeError(f"Argument `report` must be a Progress, but it is {type(report).__name__}.")
        self._costs = np.concatenate([self._costs, report.cost])
        self._shares = np.concatenate([self._shares, 100 * report.correct / report.batch])
        self._batch = f"{report.correct[-1]} of the last {report.batch} right"
        if time.monotonic() >= self._next:
            self._draw()
        elif self._waiting is None:
            try:
                self._waiting = asyncio.get_running_loop().call_later(_PAUSE, self._draw)
            except RuntimeError:  # no loop, so nobody comes back to it
                self._draw()

    def clear(self) -> None:
        """Forget all reports."""
        self._costs = self._shares = np.empty(0)
        self._batch = ""
        self._draw()

    def close(self) -> None:
        """Take the charts out of the kernel."""
        self._wait_no_longer()
        for chart in self._charts:
            chart.close()
        super().close()

    def _wait_no_longer(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _draw(self) -> None:
        self._wait_no_longer()
        count = len(self._costs)
        iterations = _thinned(np.arange(1.0, count + 1))
        cost, share = np.maximum(_thinned(self._costs), LEAST), _thinned(self._shares)
        for chart, values in ((self.cost, cost), (self.right, share)):
            span(chart.figure.axes[0], max(count, 1))
            (line,) = chart.figure.marks
            with line.hold_sync():
                line.x, line.y = iterations.astype(np.float32), values.astype(np.float32)
        span_decades(self.cost.figure.axes[1], cost if count else np.array([0.1, 10.0]))
        self.cost._layer.text = f"iteration {count}: cost {self._costs[-1]:.3g}" if count else ""
        self.right._layer.text = f"iteration {count}: {self._shares[-1]:.3g} %, {self._batch}" if count else ""
        self._next = time.monotonic() + _PAUSE


def _chart(name: str, scale: bqplot.Scale, stroke: str) -> Chart:
    scales = {"x": bqplot.LinearScale(allow_padding=False), "y": scale}
    line = bqplot.Lines(x=[], y=[], scales=scales, colors=[stroke], stroke_width=1.5, enable_hover=False)
    chart = Chart(figure([line], "iterations", name), _Reading(_mark=line, name=name))
    # Beside the other where there is room for both.
    chart.layout.flex, chart.layout.min_width = "1 1 280px", "0"
    return chart


def _thinned(values: np.ndarray) -> np.ndarray:
    """Of many values the means of as many as it takes for a line of `_POINTS`; the rest in a shorter group."""
    size = -(-len(values) // _POINTS)
    if size <= 1:
        return values
    starts = np.arange(0, len(values), size)
    return np.add.reduceat(values, starts) / np.diff(np.append(starts, len(values)))
