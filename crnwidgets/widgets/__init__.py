"""The live views; each works alone, `Lab` composes them. Loaded when first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crnwidgets.widgets.dynamics_plot import DynamicsPlot
    from crnwidgets.widgets.equations import Equations
    from crnwidgets.widgets.lab import Lab
    from crnwidgets.widgets.loss_plot import LossPlot
    from crnwidgets.widgets.pareto_plot import ParetoPlot
    from crnwidgets.widgets.population_view import PopulationView
    from crnwidgets.widgets.reaction_graph import ReactionGraph
    from crnwidgets.widgets.rule_editor import RuleEditor
    from crnwidgets.widgets.target_painter import TargetPainter
    from crnwidgets.widgets.training_panel import TrainingPanel

_HOME = {
    "DynamicsPlot": "dynamics_plot",
    "Equations": "equations",
    "Lab": "lab",
    "LossPlot": "loss_plot",
    "ParetoPlot": "pareto_plot",
    "PopulationView": "population_view",
    "ReactionGraph": "reaction_graph",
    "RuleEditor": "rule_editor",
    "TargetPainter": "target_painter",
    "TrainingPanel": "training_panel",
}

__all__ = [
    "DynamicsPlot",
    "Equations",
    "Lab",
    "LossPlot",
    "ParetoPlot",
    "PopulationView",
    "ReactionGraph",
    "RuleEditor",
    "TargetPainter",
    "TrainingPanel",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(f"crnwidgets.widgets.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'crnwidgets.widgets' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
