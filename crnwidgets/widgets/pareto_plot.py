"""How sparse and how good the networks of a population are: loss against reaction count."""

from __future__ import annotations

from typing import Any

import bqplot
import numpy as np
import traitlets

from crnwidgets.learning import Trainer
from crnwidgets.learning.solution import front
from crnwidgets.palette import color
from crnwidgets.runner import Frame, Runner
from crnwidgets.widgets.base import refuse_unknown
from crnwidgets.widgets.figure import Layer, figure, span, span_decades
from crnwidgets.widgets.live_chart import LEAST, LiveChart

__all__ = ["ParetoPlot"]


class _Points(Layer, bundle="pareto_plot"):
    """The networks as one chooses among them, with pointer or keys."""

    selected = traitlets.Int(-1).tag(sync=True)


class ParetoPlot(LiveChart):
    """The loss of each sparse network against the number of its reactions, and the front none of them has passed.

    Arguments:
        trainer: a `Trainer`, or its `Runner`.

    Traits:
        selected: the member of the population that was chosen, or -1 for the one with the lowest loss.

    Raises TypeError for an unknown keyword argument, TraitError where `selected` is no member.
    """

    selected = traitlets.Int(-1, help="The member chosen; -1: the one with the lowest loss.")

    def __init__(self, trainer: Trainer | Runner, **kwargs: Any) -> None:
        refuse_unknown(type(self), kwargs)
        scales = {"x": bqplot.LinearScale(allow_padding=False), "y": bqplot.LogScale(allow_padding=False)}
        self._front = bqplot.Lines(
            scales=scales, colors=[color(0)], stroke_width=1.5, interpolation="step-after", enable_hover=False
        )
        self._dots = bqplot.Scatter(
            scales=scales, colors=[color(0)], default_size=36, display_names=False, enable_hover=False
        )
        layer = _Points(_mark=self._dots)
        drawing = figure([self._front, self._dots], "reactions", "loss")
        super().__init__(trainer, drawing, layer, **kwargs)
        layer.observe(self._choose, "selected")

    def _choose(self, change: Any) -> None:
        try:
            self.selected = change.new
        except traitlets.TraitError:
            self._layer.selected = self.selected  # put right in the browser

    @traitlets.observe("selected")
    def _tell(self, change: Any) -> None:
        self._layer.selected = change.new

    @traitlets.validate("selected")
    def _check_selected(self, proposal: Any) -> int:
        count = self._runner.trainer.population
        if not -1 <= proposal.value < count:
            raise traitlets.TraitError(
                f"Argument `selected` must be -1 or one of {count} members, but it is {proposal.value}."
            )
        return proposal.value

    def _show(self, frame: Frame) -> dict[str, Any]:
        members = np.flatnonzero(np.isfinite(frame.losses))
        if not len(members):
            return {}
        counts, losses = frame.counts[members], np.maximum(frame.losses[members].astype(float), LEAST)
        span(self._x, 5 * np.ceil((counts.max() + 1) / 5))
        span_decades(self._y, losses)
        best = front(counts, losses)
        with self._front.hold_sync():
            self._front.x, self._front.y = counts[best], losses[best]
        with self._dots.hold_sync():
            self._dots.x, self._dots.y, self._dots.names = counts, losses, members.astype(str)
        return {}
