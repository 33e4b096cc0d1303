"""The live environment: editor, dynamics, reaction graph and equations of one network, kept together."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import ipywidgets
import traitlets

from crnwidgets.chambers import Chambers
from crnwidgets.network import Network
from crnwidgets.widgets.base import as_shown, chemistry, refuse_unknown
from crnwidgets.widgets.chamber_view import ChamberView
from crnwidgets.widgets.computing_view import ComputingView
from crnwidgets.widgets.dynamics_plot import DynamicsPlot
from crnwidgets.widgets.equations import Equations
from crnwidgets.widgets.page import write_page
from crnwidgets.widgets.reaction_graph import ReactionGraph
from crnwidgets.widgets.rule_editor import RuleEditor
from crnwidgets.widgets.space_time import SpaceTime

if TYPE_CHECKING:
    from crnwidgets.learning import Trainer
    from crnwidgets.learning.task import Task
    from crnwidgets.runner import Runner

__all__ = ["Lab"]


class Lab(ipywidgets.VBox):
    """All views of one network, live: change a rule or drag a concentration, and everything follows.

    Of a `Trainer`, or of a `Task` alone, it makes a `TrainingLab`, in which a population of networks is trained while
    one looks on. Where the network is in several chambers, these are shown as well, and the plot shows the one that is
    selected; they come and go with the `chambers` line of the rules.

    Arguments:
        network: a `Network` or `Chambers`, or a text in the rule language (its comments and layout stay).
        duration: the time span shown, > 0.
        views: further views of what the network computes, such as a `TruthTable`; they stand beneath the others, follow
            the Lab's network from then on, and close with it.

    Traits:
        network: the current `Network` or `Chambers`; assign or observe.
        editor, plot, graph, equations: the views, each usable as if it stood alone.
        chambers, space_time: the views of the chambers, or None where there are none.

    Raises TypeError for an unknown keyword argument, a view of another kind, or views of chambers; RuleError where a
    text has a mistake; ValueError for a network of more than 10,000 reactions.
    """

    network: traitlets.TraitType[Any, Any] = traitlets.Union(
        [traitlets.Instance(Network), traitlets.Instance(Chambers)], help="The network as it is now."
    )
    views: tuple[ComputingView, ...] = ()
    chambers: ChamberView | None = None
    space_time: SpaceTime | None = None
    _parts: tuple[ipywidgets.Widget, ...] = ()  # what closes with the Lab
    _links: Iterable[traitlets.link] = ()  # of the views of chambers

    def __new__(
        cls,
        network: Network | Chambers | str | Task | Trainer | Runner,
        *,
        duration: float | None = 30.0,
        **kwargs: Any,
    ) -> Lab:
        """An instance, of the class that fits what is to be shown."""
        if cls is Lab and _trains(network):
            from crnwidgets.widgets.training_lab import TrainingLab

            cls = TrainingLab
        return super().__new__(cls, network, duration=duration, **kwargs)

    @overload
    def __init__(
        self,
        network: Network | Chambers | str,
        *,
        duration: float = ...,
        views: Iterable[ComputingView] = ...,
        **kwargs: Any,
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
        current = as_shown(network)
        _refuse_too_many(chemistry(current))
        if self.views and isinstance(current, Chambers):
            raise TypeError(_NO_VIEWS)
        self.editor = RuleEditor(network, check=self._check_kind)
        self.plot = DynamicsPlot(current, duration=duration)
        self.graph = ReactionGraph(current)
        self.equations = Equations(current)
        self._compose(network=current, **kwargs)
        for view in self._placed().values():
            traitlets.link((self, "network"), (view, "network"))
        self._show_chambers()
        self.observe(self._show_chambers, "network")
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
        self._grid = ipywidgets.Box()
        self._grid.add_class("crn-lab-grid")
        super().__init__([self._grid], **kwargs)
        self.add_class("crn-lab")
        self._arrange()
        self._parts = (self._grid, *self._placed().values())

    def _arrange(self) -> None:
        areas = self._placed()
        for area, view in areas.items():
            view.add_class(f"crn-area-{area}")
        self._grid.children = list(areas.values())

    def _placed(self) -> dict[str, Any]:
        """Area → view, the further views included."""
        return {**self._areas(), **{f"view-{number}": view for number, view in enumerate(self.views)}}

    def _areas(self) -> dict[str, Any]:
        areas = {"editor": self.editor, "plot": self.plot, "graph": self.graph, "equations": self.equations}
        if self.chambers is None:
            return areas
        return {**areas, "chambers": self.chambers, "space-time": self.space_time}

    # -- chambers -----------------------------------------------------------------------------------------------------

    def _check_kind(self, network: Network | Chambers) -> None:
        _refuse_too_many(chemistry(network))
        if self.views and isinstance(network, Chambers):
            raise ValueError(_NO_VIEWS)

    def _show_chambers(self, _: Any = None) -> None:
        """Show what chambers there are, and no others."""
        network = self.network
        if not isinstance(network, Chambers):
            self._hide_chambers()
        elif self.chambers is None or self.space_time is None:
            shared = {"duration": self.plot.duration, "chamber": self.plot.chamber}
            self.chambers, self.space_time = ChamberView(network, **shared), SpaceTime(network, **shared)
            pairs: list[tuple[Any, Any, str]] = [(self.chambers, self.space_time, name) for name in ("chosen", "time")]
            for view in (self.chambers, self.space_time):
                view.observe(self._follow, "network")
                pairs += [(self.plot, view, trait) for trait in shared]
            self._links = [traitlets.link((one, trait), (other, trait)) for one, other, trait in pairs]
            self._arrange()
        else:
            self.chambers.network = self.space_time.network = network

    def _hide_chambers(self) -> None:
        gone = [view for view in (self.chambers, self.space_time) if view is not None]
        if not gone:
            return
        for link in self._links:
            link.unlink()
        self.chambers, self.space_time, self._links = None, None, []
        self._arrange()
        for view in gone:
            view.close()

    def _follow(self, change: Any) -> None:
        self.network = change.new

    # -- as a whole ---------------------------------------------------------------------------------------------------

    @property
    def rules(self) -> str:
        """The text in the editor as it is now; while it has a mistake, `network` is the last good one."""
        return self.editor.rules

    @rules.setter
    def rules(self, text: str) -> None:
        self.editor.rules = text

    def close(self) -> None:
        """Take the Lab out of the kernel, its views with it: a view left over would keep a reloaded page waiting."""
        self._hide_chambers()
        for part in self._parts:
            part.close()
        super().close()

    def save_html(self, path: str | os.PathLike[str]) -> Path:
        """Write one file that opens in a browser with no kernel and no network, and return its path.

        A reader can drag concentrations and interventions, move rate sliders and hover the graph; the rules are
        read-only.
        """
        return write_page(Path(path), self._placed(), hovering=("editor", "graph", "equations"))


_MOST = 10_000
"""Reactions: the rules of more take too long to reach the page, and nobody can read them there."""
_NO_VIEWS = "Argument `views` must be empty where there are chambers: these views run one network alone."


def _refuse_too_many(network: Network) -> None:
    """Raise ValueError for a network that is too large to be shown live, before anything is made of it."""
    count = len(network.reactions)
    if count <= _MOST:
        return
    less = len(network.absorb_enzymes().reactions)
    hint = f"; network.absorb_enzymes() has {less:,}" if less <= _MOST else ""
    raise ValueError(
        f"Argument `network` must have at most {_MOST:,} reactions to be live, but it has {count:,}{hint}."
    )


def _trains(what: object) -> bool:
    """Whether something is a `Task`, a `Trainer` or the `Runner` of one, without loading these: they take JAX along."""
    known = (
        ("crnwidgets.learning.task", "Task"),
        ("crnwidgets.learning.trainer", "Trainer"),
        ("crnwidgets.runner", "Runner"),
    )
    return any(isinstance(what, getattr(sys.modules.get(module), name, ())) for module, name in known)
