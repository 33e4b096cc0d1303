"""The live environment: editor, dynamics, reaction graph and equations of one network, kept together."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import ipywidgets
import traitlets

from crnwidgets.network import Network
from crnwidgets.widgets.base import as_network, refuse_unknown
from crnwidgets.widgets.dynamics_plot import DynamicsPlot
from crnwidgets.widgets.equations import Equations
from crnwidgets.widgets.page import write_page
from crnwidgets.widgets.reaction_graph import ReactionGraph
from crnwidgets.widgets.rule_editor import RuleEditor

__all__ = ["Lab"]


class Lab(ipywidgets.VBox):
    """All views of one network, live: change a rule or drag a concentration, and everything follows.

    Arguments:
        network: a `Network`, or a text in the rule language (its comments and layout stay).
        duration: the time span shown, > 0.

    Traits:
        network: the current `Network`; assign or observe.
        editor, plot, graph, equations: the views, each usable as if it stood alone.

    Raises TypeError for an unknown keyword argument, RuleError where a text has a mistake.
    """

    network = traitlets.Instance(Network, help="The network as it is now.")
    _parts: tuple[ipywidgets.Widget, ...] = ()  # what closes with the Lab

    def __init__(self, network: Network | str, *, duration: float = 30.0, **kwargs: Any) -> None:
        refuse_unknown(type(self), kwargs)
        current = as_network(network)
        self.editor = RuleEditor(network)
        self.plot = DynamicsPlot(current, duration=duration)
        self.graph = ReactionGraph(current)
        self.equations = Equations(current)
        for area, view in self._areas().items():
            view.add_class(f"crn-area-{area}")
        grid = ipywidgets.Box(list(self._areas().values()))
        grid.add_class("crn-lab-grid")
        super().__init__([grid], network=current, **kwargs)
        self.add_class("crn-lab")
        for view in self._areas().values():
            traitlets.link((self, "network"), (view, "network"))
        # between the views of one page, without a way through the kernel
        ties = [ipywidgets.jslink((self.editor, "hovered"), (view, "hovered")) for view in (self.graph, self.equations)]
        self._parts = (*ties, grid, *self._areas().values())

    def _areas(self) -> dict[str, Any]:
        return {"editor": self.editor, "plot": self.plot, "graph": self.graph, "equations": self.equations}

    @property
    def rules(self) -> str:
        """The text in the editor as it is now; while it has a mistake, `network` is the last good one."""
        return self.editor.rules

    @rules.setter
    def rules(self, text: str) -> None:
        self.editor.rules = text

    def close(self) -> None:
        """Take the Lab out of the kernel, its views with it: a view left over would keep a reloaded page waiting."""
        for part in self._parts:
            part.close()
        super().close()

    def save_html(self, path: str | os.PathLike[str]) -> Path:
        """Write one file that opens in a browser with no kernel and no network, and return its path.

        A reader can drag concentrations and interventions, move rate sliders and hover the graph; the rules are
        read-only.
        """
        return write_page(Path(path), self._areas(), hovering=("editor", "graph", "equations"))
