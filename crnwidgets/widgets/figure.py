"""What the bqplot figures share: their look, and a layer over them that hands, keys and words reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bqplot
import ipywidgets
import numpy as np
import traitlets

from crnwidgets.widgets.base import Bundled

__all__ = ["Chart", "Layer", "figure", "round_up", "span", "span_decades"]

_HEIGHT = 240
_ENDS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
_MARGIN = {"top": 12, "right": 16, "bottom": 40, "left": 60}


def figure(marks: Sequence[bqplot.Mark], x: str, y: str) -> bqplot.Figure:
    """A figure of marks that share their scales, with labelled axes, to which `span` or `span_decades` give ends."""
    axes = [
        bqplot.Axis(scale=marks[0].scales["x"], label=x, label_offset="30px", tick_format="~g"),
        bqplot.Axis(scale=marks[0].scales["y"], label=y, label_offset="44px", tick_format="~g", side="left"),
    ]
    return bqplot.Figure(
        marks=list(marks),
        axes=axes,
        fig_margin=_MARGIN,
        padding_y=0,
        display_toolbar=False,
        layout={"width": "100%", "height": f"{_HEIGHT}px", "min_width": "0"},
    )


def span(axis: bqplot.Axis, last: float) -> None:
    """Let a linear axis go from 0 to a value, with round ticks."""
    decade = 10.0 ** np.floor(np.log10(last / 6))
    step = decade * next(factor for factor in (1, 2, 5, 10) if 6 * factor * decade >= last * (1 - 1e-9))
    _set(axis, 0, last, step * np.arange(round(last / step, 6) // 1 + 1))


def round_up(last: float) -> float:
    """The end of an axis for what grows, so that it moves seldom: bqplot draws all anew then."""
    decade = 10.0 ** np.floor(np.log10(last))
    return float(next(decade * factor for factor in _ENDS if decade * factor >= last * (1 - 1e-9)))


def span_decades(axis: bqplot.Axis, values: np.ndarray) -> None:
    """Let a logarithmic axis go over the whole decades that hold all values, which are positive, with round ticks."""
    # Rounded, because a float32 of a power of ten lies beside it.
    logs = np.round(np.log10(np.array([values.min(), values.max()], float)), 4)
    first, last = np.floor(logs[0]), np.ceil(logs[1])
    last = max(last, first + 1)
    decades = 10.0 ** np.arange(first, last + 1, np.ceil((last - first) / 6))
    _set(axis, 10**first, 10**last, decades if last - first > 1 else decades[0] * np.array([1.0, 2.0, 5.0, 10.0]))


def _set(axis: bqplot.Axis, first: float, last: float, ticks: np.ndarray) -> None:
    # In one message, because bqplot would also draw what lies between two.
    with axis.scale.hold_sync():
        axis.scale.min, axis.scale.max = float(first), float(last)
    axis.tick_values = ticks


class Layer(Bundled):
    """Lies over a figure in the browser; `_mark` is the mark whose data and scales it reads there."""

    _mark = traitlets.Instance(ipywidgets.Widget).tag(sync=True, **ipywidgets.widget_serialization)
    _area = traitlets.Dict({"height": _HEIGHT, **_MARGIN}, help="Where the figure plots, in pixels.").tag(sync=True)


class Chart(ipywidgets.VBox):
    """A figure with its layer."""

    _parts: tuple[ipywidgets.Widget, ...] = ()  # what closes with the chart

    def __init__(self, figure: bqplot.Figure, layer: Layer, **kwargs: Any) -> None:
        self.figure = figure
        self._x, self._y = figure.axes
        self._layer = layer
        scales = {axis.scale for axis in figure.axes}
        self._parts = (layer, figure, *figure.axes, *figure.marks, *scales, figure.scale_x, figure.scale_y)
        super().__init__([figure, layer], **kwargs)
        self.add_class("crn-figure")

    def close(self) -> None:
        """Take the chart out of the kernel, and all it is made of with it."""
        for part in self._parts:
            part.close()
        super().close()
