"""The whole population at a glance: what each network does against what it shall do, as in [DCRN] Fig. 2."""

from __future__ import annotations

from typing import Any

import traitlets

from crnwidgets.learning import Trainer
from crnwidgets.runner import Runner
from crnwidgets.widgets.base import refuse_unknown
from crnwidgets.widgets.training_view import TrainingView

__all__ = ["PopulationView"]


class PopulationView(TrainingView, bundle="population_view"):
    """A small picture for each network of a population: its curve over the target, coloured by its loss, live.

    Where the task has no target curve, each picture shows the outputs in a case of the task. Curves are those of the
    sparse networks, without reactions slower than k_min, and the browser computes them.

    Arguments:
        trainer: a `Trainer`, or the `Runner` that it has.

    Traits:
        selected: the index of the network that was chosen; -1: the one with the lowest loss at the moment.
        case: which case of the task is looked at, from 0 on.
        beyond: whether the time after training's is shown too, as long again: what a network does of its own accord.

    Raises TypeError for an unknown keyword argument, TraitError where there is no such network or case.
    """

    beyond = traitlets.Bool(False, help="Whether the time after training's is shown too.").tag(sync=True)

    # Whether another widget of the page hands on its frames; this one then asks for none but the first.
    _relayed = traitlets.Bool(False).tag(sync=True)

    def __init__(self, trainer: Trainer | Runner, *, _relayed: bool = False, **kwargs: Any) -> None:
        refuse_unknown(type(self), kwargs)
        if _relayed:
            self._ahead = 1
        super().__init__(trainer, _relayed=_relayed, **kwargs)
