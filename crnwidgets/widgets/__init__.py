"""The live views; each works alone, `Lab` composes them. Loaded when first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crnwidgets.widgets.activation_plot import ActivationPlot
    from crnwidgets.widgets.bit_raster import BitRaster
    from crnwidgets.widgets.chamber_view import ChamberView
    from crnwidgets.widgets.convergence_plot import ConvergencePlot
    from crnwidgets.widgets.dynamics_plot import DynamicsPlot
    from crnwidgets.widgets.equations import Equations
    from crnwidgets.widgets.evaluation_panel import EvaluationPanel
    from crnwidgets.widgets.lab import Lab
    from crnwidgets.widgets.learning_plot import LearningPlot
    from crnwidgets.widgets.loss_plot import LossPlot
    from crnwidgets.widgets.majority_map import MajorityMap
    from crnwidgets.widgets.neural_view import NeuralView
    from crnwidgets.widgets.pareto_plot import ParetoPlot
    from crnwidgets.widgets.population_view import PopulationView
    from crnwidgets.widgets.reaction_graph import ReactionGraph
    from crnwidgets.widgets.rule_editor import RuleEditor
    from crnwidgets.widgets.segment_display import SegmentDisplay
    from crnwidgets.widgets.space_time import SpaceTime
    from crnwidgets.widgets.target_painter import TargetPainter
    from crnwidgets.widgets.training_panel import TrainingPanel
    from crnwidgets.widgets.truth_table import TruthTable

_HOME = {
    "ActivationPlot": "activation_plot",
    "BitRaster": "bit_raster",
    "ChamberView": "chamber_view",
    "ConvergencePlot": "convergence_plot",
    "DynamicsPlot": "dynamics_plot",
    "Equations": "equations",
    "EvaluationPanel": "evaluation_panel",
    "Lab": "lab",
    "LearningPlot": "learning_plot",
    "LossPlot": "loss_plot",
    "MajorityMap": "majority_map",
    "NeuralView": "neural_view",
    "ParetoPlot": "pareto_plot",
    "PopulationView": "population_view",
    "ReactionGraph": "reaction_graph",
    "RuleEditor": "rule_editor",
    "SegmentDisplay": "segment_display",
    "SpaceTime": "space_time",
    "TargetPainter": "target_painter",
    "TrainingPanel": "training_panel",
    "TruthTable": "truth_table",
}

__all__ = [
    "ActivationPlot",
    "BitRaster",
    "ChamberView",
    "ConvergencePlot",
    "DynamicsPlot",
    "Equations",
    "EvaluationPanel",
    "Lab",
    "LearningPlot",
    "LossPlot",
    "MajorityMap",
    "NeuralView",
    "ParetoPlot",
    "PopulationView",
    "ReactionGraph",
    "RuleEditor",
    "SegmentDisplay",
    "SpaceTime",
    "TargetPainter",
    "TrainingPanel",
    "TruthTable",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(f"crnwidgets.widgets.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'crnwidgets.widgets' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
