"""Programming chemistry by gradient descent: reaction networks, their dynamics, and live widgets around them.

The public names are loaded when first used, so that `import crnwidgets` costs next to nothing.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crnwidgets import neural, tasks, widgets, zoo
    from crnwidgets.chambers import Chambers, Topology
    from crnwidgets.dynamics import SimulationError, Trajectory, simulate
    from crnwidgets.dynamics.fixed import backend
    from crnwidgets.learning import Trainer
    from crnwidgets.learning.sweep import sweep
    from crnwidgets.network import Event, Network, Reaction
    from crnwidgets.rules import RuleError
    from crnwidgets.widgets.lab import Lab

__version__ = "0.1.0"

_HOME = {
    "Chambers": "crnwidgets.chambers",
    "Event": "crnwidgets.network",
    "Lab": "crnwidgets.widgets.lab",
    "Network": "crnwidgets.network",
    "Reaction": "crnwidgets.network",
    "RuleError": "crnwidgets.rules",
    "SimulationError": "crnwidgets.dynamics",
    "Topology": "crnwidgets.chambers",
    "Trainer": "crnwidgets.learning",
    "Trajectory": "crnwidgets.dynamics",
    "backend": "crnwidgets.dynamics.fixed",
    "simulate": "crnwidgets.dynamics",
    "sweep": "crnwidgets.learning.sweep",
}

__all__ = [
    "Chambers",
    "Event",
    "Lab",
    "Network",
    "Reaction",
    "RuleError",
    "SimulationError",
    "Topology",
    "Trainer",
    "Trajectory",
    "__version__",
    "backend",
    "neural",
    "simulate",
    "sweep",
    "tasks",
    "widgets",
    "zoo",
]


def _show_networks_in_notebooks() -> None:
    """Tell IPython, where it runs, how to show networks; the widgets are loaded when the first one is shown."""
    if (ipython := sys.modules.get("IPython")) and (shell := ipython.get_ipython()):
        for name in ("Network", "Chambers"):
            shell.display_formatter.mimebundle_formatter.for_type_by_name(
                _HOME[name],
                name,
                lambda network: importlib.import_module("crnwidgets.widgets.display").bundle(network),
            )


_show_networks_in_notebooks()


def __getattr__(name: str) -> Any:
    if name in ("neural", "tasks", "widgets", "zoo"):
        return importlib.import_module(f"crnwidgets.{name}")
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'crnwidgets' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
