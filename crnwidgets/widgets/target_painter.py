"""A curve for a waveform task, drawn by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bqplot
import numpy as np
import traitlets
from numpy.typing import ArrayLike

from crnwidgets.palette import color
from crnwidgets.tasks.waveform import Waveform
from crnwidgets.widgets.base import refuse_unknown
from crnwidgets.widgets.figure import Chart, Layer, figure, span

__all__ = ["TargetPainter"]


class _Brush(Layer, bundle="target_painter"):
    """What draws: the pointer, the points of the curve, the presets."""

    _presets = traitlets.List(traitlets.Unicode()).tag(sync=True)


class TargetPainter(Chart):
    """A task's curve to draw over with mouse or finger, to drag by its points, or to choose among presets.

    Arguments:
        task: the `Waveform` to begin with. Whatever is drawn keeps its species, fixed concentrations, duration and
            steps.

    Traits:
        task: the `Waveform` with the curve as it is now; assign or observe. It changes when a stroke has ended.

    Raises TypeError for an unknown keyword argument, TraitError where `task` is no `Waveform`.
    """

    task = traitlets.Instance(Waveform, help="The task with the curve as it is now.")
    _given: Waveform  # the task last assigned: what is drawn on it does not change what later curves keep
    _drawn: Waveform | None = None
    _top = 1.0

    def __init__(self, task: Waveform, **kwargs: Any) -> None:
        refuse_unknown(type(self), kwargs)
        scales = {axis: bqplot.LinearScale(allow_padding=False) for axis in "xy"}
        self._line = bqplot.Lines(scales=scales, colors=[color(0)], stroke_width=2.5, enable_hover=False)
        brush = _Brush(_mark=self._line, _presets=list(_PRESETS))
        super().__init__(figure([self._line], "time", "concentration"), brush, task=task, **kwargs)
        brush.on_msg(self._listen)

    @property
    def times(self) -> np.ndarray:
        """Where the curve is given, (steps + 1,)."""
        return self.task.times

    @property
    def values(self) -> np.ndarray:
        """The curve as it is now, (steps + 1,); assign another one, finite and not negative."""
        return self.task.target.copy()

    @values.setter
    def values(self, values: ArrayLike) -> None:
        self._draw(values)

    def preset(self, name: str) -> None:
        """Draw one of the presets: "squares", "peaks", "sine", "sawtooth", "step", "flat".

        Raises ValueError for another name.
        """
        if name not in _PRESETS:
            raise ValueError(f"Argument `name` must be one of {list(_PRESETS)}, but it is {name!r}.")
        curve, period = _PRESETS[name]
        values = curve(self.times / self.task.duration)
        self._draw(values, None if period is None else period * self.task.duration, _top(values.max()))

    def _draw(self, values: ArrayLike, period: float | None = None, top: float | None = None) -> None:
        self._drawn = self._given.with_target(values, period=period)
        # While a hand draws, the scale only grows: one that follows the hand down would slip away under it.
        self._top = max(self._top, _top(self._drawn.high)) if top is None else top
        self.task = self._drawn

    @traitlets.observe("task")
    def _show(self, change: Any) -> None:
        task = change.new
        if task is not self._drawn:
            self._given, self._top = task, _top(task.high)
        span(self._x, task.duration)
        span(self._y, self._top)
        with self._line.hold_sync():
            self._line.x, self._line.y = task.times, task.target

    def _listen(self, _layer: Any, content: Any, buffers: list[Any]) -> None:
        """Take a stroke or a preset from the browser; what is no curve is put right there."""
        try:
            match content, buffers:
                case {"type": "preset", "name": str(name)}, _:
                    self.preset(name)
                case {"type": "paint"}, [curve]:
                    self.values = np.frombuffer(curve, np.float64)
        except ValueError:
            self._line.send_state(["x", "y"])


def _top(highest: float) -> float:
    """The end of the axis: a fifth above the curve, on a round number."""
    if not highest:
        return 1.0
    half = 10.0 ** np.floor(np.log10(1.2 * highest)) / 2
    return float(np.round(np.ceil(np.round(1.2 * highest / half, 6)) * half, 12))


def _stretched(waveform: Waveform) -> Callable[[np.ndarray], np.ndarray]:
    """The curve of a task, over a duration of 1."""
    return lambda u: np.interp(u * waveform.duration, waveform.times, waveform.target)


# For each preset the curve over a duration of 1, and its period; all have about the levels of the squares.
_PRESETS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], float | None]] = {
    "squares": (_stretched(Waveform.squares()), 0.4),
    "peaks": (_stretched(Waveform.peaks()), None),
    "sine": (lambda u: 0.3 + 0.2 * np.sin(5 * np.pi * u), 0.4),
    "sawtooth": (lambda u: 0.1 + 0.4 * (2.5 * u % 1), 0.4),
    "step": (lambda u: np.where(u < 0.5, 0.1, 0.5), None),
    "flat": (lambda u: np.full(u.shape, 0.3), None),
}
