"""The live environment: editor, dynamics, reaction graph and equations of one network, kept together."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import ipywidgets
import traitlets

from crnwidgets.network import Network
from crnwidgets.widgets.base import as_network, refuse_unknown
from crnwidgets.widgets.computing_view import ComputingView
from crnwidgets.widgets.dynamics_plot import DynamicsPlot
from crnwidgets.widgets.equations import Equations
from crnwidgets.widgets.page import write_page
from crnwidgets.widgets.reaction_graph import ReactionGraph
from crnwidgets.widgets.rule_editor import RuleEditor

if TYPE_CHECKING:
    from crnwidgets.learning import Trainer
    from crnwidgets.learning.task import Task
    from crnwidgets.runner import Runner

__all__ = ["Lab"]


class Lab(ipywidgets.VBox):
    """All views of one network, live: change a rule or drag a concentration, and everything follows.

    Of a `Trainer`, or of a `Task` alone, it makes a `TrainingLab`, in which a population of networks is trained while
    one looks on.

    Arguments:
        network: a `Network`, or a text in the rule language (its comments and layout stay).
        duration: the time span shown, > 0.
        views: further views of what the network computes, such as a `TruthTable`; they stand beneath the others, follow
            the Lab's network from then on, and close with it.

    Traits:
        network: the current `Network`; assign or observe.
        editor, plot, graph, equations: the views, each usable as if it stood alone.

    Raises TypeError for an unknown keyword argument or a view of another kind, RuleError where a text has a mistake.
    """

    network = traitlets.Instance(Network, help="The network as it is now.")
    views: tuple[ComputingView, ...] = ()
    _parts: tuple[ipywidgets.Widget, ...] = ()  # what closes with the Lab

    def __new__(
        cls, network: Network | str | Task | Trainer | Runner, *, duration: float | None = 30.0, **kwargs: Any
    ) -> Lab:
        """An instance, of the class that fits what is to be shown."""
        if cls is Lab and _trains(network):
            from crnwidgets.widgets.training_lab import TrainingLab

            cls = TrainingLab
        return super().__new__(cls, network, duration=duration, **kwargs)

    @overload
    def __init__(
        self, network: Network | str, *, duration: float = ..., views: Iterable[ComputingView] = ..., **kwargs: Any
    ) -> None: ...
    @overload
    def __init__(
        self,
        network: Task | Trainer | Runner,
        *,
        duration: float | None = ...,
        views: Iterable[ComputingView] = ...,
        **kwargs: Any,
    ) -> None: ...
    def __init__(
        self, network: Any, *, duration: Any = 30.0, views: Iterable[ComputingView] = (), **kwargs: Any
    ) -> None:
        refuse_unknown(type(self), kwargs)
        self.views = tuple(views)
        current = as_network(network)
        self.editor = RuleEditor(network)
        self.plot = DynamicsPlot(current, duration=duration)
        self.graph = ReactionGraph(current)
        self.equations = Equations(current)
        self._compose(network=current, **kwargs)
        for view in self._placed().values():
            traitlets.link((self, "network"), (view, "network"))
        # between the views of one page, without a way through the kernel
        ties = [ipywidgets.jslink((self.editor, "hovered"), (view, "hovered")) for view in (self.graph, self.equations)]
        self._parts = (*ties, *self._parts)

    def _compose(self, **kwargs: Any) -> None:
        """Put the views into their areas."""
        for view in self.views:
            if not isinstance(view, ComputingView):
                raise TypeError(
                    "Argument `views` must be views of what a network computes, such as a TruthTable, but one is a "
                    f"{type(view).__name__}."
                )
        areas = self._placed()
        for area, view in areas.items():
            view.add_class(f"crn-area-{area}")
        grid = ipywidgets.Box(list(areas.values()))
        grid.add_class("crn-lab-grid")
        super().__init__([grid], **kwargs)
        self.add_class("crn-lab")
        self._parts = (grid, *areas.values())

    def _placed(self) -> dict[str, Any]:
        """Area → view, the further views included."""
        return {**self._areas(), **{f"view-{number}": view for number, view in enumerate(self.views)}}

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
        return write_page(Path(path), self._placed(), hovering=("editor", "graph", "equations"))


def _trains(what: object) -> bool:
    """Whether something is a `Task`, a `Trainer` or the `Runner` of one, without loading these: they take JAX along."""
    known = (
        ("crnwidgets.learning.task", "Task"),
        ("crnwidgets.learning.trainer", "Trainer"),
        ("crnwidgets.runner", "Runner"),
    )
    return any(isinstance(what, getattr(sys.modules.get(module), name, ())) for module, name in known)
