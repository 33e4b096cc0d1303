"""How the losses of a population fall as it learns."""

from __future__ import annotations

from typing import Any

import bqplot
import numpy as np
import traitlets

from crnwidgets.learning import Trainer
from crnwidgets.palette import color
from crnwidgets.runner import Frame, Runner
from crnwidgets.widgets.base import refuse_unknown
from crnwidgets.widgets.figure import Layer, figure, round_up, span, span_decades
from crnwidgets.widgets.live_chart import LEAST, LiveChart

__all__ = ["LossPlot"]


_BEST, _MIDDLE = color(1), color(0)
_QUARTILES = np.array([0.75, 0.5, 0.25])


class _Legend(Layer, bundle="loss_plot"):
    """What the lines are, and their last values."""

    _colors = traitlets.List([_BEST, _MIDDLE]).tag(sync=True)


class LossPlot(LiveChart):
    """The lowest loss of a population, the median, and the band of the middle half, over the steps of training.

    Arguments:
        trainer: a `Trainer`, or its `Runner`.

    Raises TypeError for an unknown keyword argument.
    """

    def __init__(self, trainer: Trainer | Runner, **kwargs: Any) -> None:
        refuse_unknown(type(self), kwargs)
        scales = {"x": bqplot.LinearScale(allow_padding=False), "y": bqplot.LogScale(allow_padding=False)}
        common: dict[str, Any] = {"scales": scales, "enable_hover": False}
        self._band = bqplot.Lines(
            **common, colors=[_MIDDLE], fill="between", fill_colors=[_MIDDLE], fill_opacities=[0.2, 0.2], stroke_width=0
        )
        self._median = bqplot.Lines(**common, colors=[_MIDDLE], line_style="dashed", stroke_width=2)
        self._best = bqplot.Lines(**common, colors=[_BEST], stroke_width=2.5)
        layer = _Legend(_mark=self._best)
        drawing = figure([self._band, self._median, self._best], "steps", "loss")
        super().__init__(trainer, drawing, layer, **kwargs)

    def _show(self, frame: Frame) -> dict[str, Any]:
        steps, losses, _, best = self._runner.history.curves
        if not len(steps) or (frame.past is None and frame.step > steps[-1]):
            row = frame.losses[None]
            losses = np.concatenate([losses, row]) if len(steps) else row
            steps, best = np.append(steps, frame.step), np.append(best, frame.best_loss)
        quartiles = np.maximum(_quartiles(losses), LEAST)
        best = np.maximum(best, LEAST)
        there = np.isfinite(quartiles).all(0) & np.isfinite(best)
        end = round_up(max(1, steps[-1]))
        if there.any():
            x, upper, median, lower, lowest = (a[there].astype(np.float32) for a in (steps, *quartiles, best))
            span(self._x, end)
            span_decades(self._y, np.concatenate([upper, lower, lowest]))
            for line, y in ((self._band, np.stack([upper, lower])), (self._median, median), (self._best, lowest)):
                with line.hold_sync():
                    line.x, line.y = x, y
        last = {"best": best[-1], "upper": quartiles[0, -1], "median": quartiles[1, -1], "lower": quartiles[2, -1]}
        told = {name: float(loss) if np.isfinite(loss) else None for name, loss in last.items()}
        return {"step": frame.step, "past": frame.past, "end": end, **told}


def _quartiles(losses: np.ndarray) -> np.ndarray:
    """Upper quartile, median and lower quartile of the finite losses of each row, (K, P) → (3, K); else infinite.

    The nearest losses there are, because between a finite and an infinite one there is none.
    """
    ordered = np.sort(np.where(np.isfinite(losses), losses, np.inf), axis=1)
    last = np.maximum(np.isfinite(ordered).sum(1) - 1, 0)
    places = np.rint(_QUARTILES[:, None] * last).astype(int)
    return np.take_along_axis(ordered, places.T, axis=1).T
