"""A bqplot figure that follows a run of training."""

from __future__ import annotations

from typing import Any

import bqplot
import numpy as np

from crnwidgets.learning import Trainer
from crnwidgets.runner import Frame, Runner, Subscription
from crnwidgets.widgets.figure import Chart, Layer, span, span_decades
from crnwidgets.widgets.frames import RATE, as_runner, receive

__all__ = ["LEAST", "LiveChart"]

LEAST = 1e-12
"""The lowest loss that is drawn: what is exactly right has no place on a logarithmic axis."""


class LiveChart(Chart):
    """A chart that follows a run: now and then while it trains, as long as a browser keeps up, and when it stops.

    The run's own thread writes the marks, which nothing else does. What its pages must be told besides goes to the
    layer as a message, because a trait that a page writes too is the main thread's alone.
    """

    _subscription: Subscription | None = None

    def __init__(self, trainer: Trainer | Runner, figure: bqplot.Figure, layer: Layer, **kwargs: Any) -> None:
        self._runner = as_runner(trainer)
        super().__init__(figure, layer, **kwargs)
        # Until there is something to show: bqplot takes no axis without ends.
        span(self._x, 1.0)
        span_decades(self._y, np.array([1e-3, 1.0]))
        self._subscription = self._runner.subscribe(self._follow, rate=RATE / 8)
        layer.on_msg(self._listen)

    def _follow(self, frame: Frame) -> None:
        self._layer.send({"type": "frame", "id": frame.id, "awaited": frame.awaited, **self._show(frame)})

    def _show(self, frame: Frame) -> dict[str, Any]:
        """Draw a frame; returns what the layer needs to know."""
        raise NotImplementedError

    def _listen(self, _layer: Any, content: Any, _buffers: Any) -> None:
        assert self._subscription is not None
        receive(self._subscription, content)

    def close(self) -> None:
        """Follow the run no longer, and take the chart out of the kernel."""
        if self._subscription is not None:
            self._subscription.close()
        super().close()
