"""The live environment of a training run: its controls, its networks at a glance, and one of them as in a `Lab`."""

from __future__ import annotations

import math
import os
import time
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import IPython
import jax
import numpy as np
import traitlets

from crnwidgets.chambers import Chambers
from crnwidgets.learning import Trainer
from crnwidgets.learning.population import Snapshot
from crnwidgets.learning.solution import Solution
from crnwidgets.learning.task import Task
from crnwidgets.learning.tensors import sparsify, to_network
from crnwidgets.network import Network, Reaction
from crnwidgets.runner import Runner
from crnwidgets.tasks import Waveform
from crnwidgets.widgets.base import refuse_unknown
from crnwidgets.widgets.computing_view import ComputingView
from crnwidgets.widgets.dynamics_plot import DynamicsPlot
from crnwidgets.widgets.equations import Equations
from crnwidgets.widgets.evaluation_panel import EvaluationPanel
from crnwidgets.widgets.frames import as_runner
from crnwidgets.widgets.lab import Lab
from crnwidgets.widgets.loss_plot import LossPlot
from crnwidgets.widgets.pareto_plot import ParetoPlot
from crnwidgets.widgets.population_view import PopulationView
from crnwidgets.widgets.reaction_graph import ReactionGraph
from crnwidgets.widgets.rule_editor import TURN, RuleEditor
from crnwidgets.widgets.target_painter import TargetPainter
from crnwidgets.widgets.training_panel import TrainingPanel

__all__ = ["TrainingLab"]

_DIGITS = 5
"""How many digits of a rate or a concentration are shown: as many as anyone reads."""
_SHARE = 0.04
"""Of the time while it trains, for bringing up to date what is not live."""
_STILL = 4.0
"""For so many seconds the nodes of the graph keep their places while it trains."""
_MOST = 60
"""Of networks with more reactions the graph says nothing, and training soon has fewer."""
_WORK = 5e7
"""Of a step, as (networks × cases × steps of the solver × species³): about a tenth of a second's."""
_FEWEST, _MOST_NETWORKS = 8, 40
"""Networks that are trained where nobody says how many; the solver takes eight together."""
_HINT = "Click a reaction to forbid it, and once more to allow it again."

_Place = tuple[str, str, str]  # of a reaction, as `Reaction.catalysis` has it


class TrainingLab(Lab):
    """A training run, live: `Lab(trainer)` or `Lab(task)` makes it.

    The network looked at is the selected one of the population, or the one with the lowest loss, in a case of the task
    and without reactions slower than k_min. What a hand changes of it, the training goes on from:

    - rules that are edited and concentrations that are dragged are put in its place; where the task itself gives all
      concentrations, dragging them only shows what would be;
    - a reaction that is clicked in the graph is forbidden, and once more, allowed again;
    - a curve that is painted is the target from then on.

    Arguments:
        trainer: a `Trainer`, or the `Runner` that it has; or a `Task`: then a trainer is made, with a population for
            which a step takes about a tenth of a second, of 8 networks at least and 40 at most.
        duration: the time span shown, > 0; left out: that of the task.
        views: further views of what the network looked at computes; see `Lab`.

    Traits:
        network: the network looked at, its numbers rounded to five digits; brought up to date now and then while it
            trains and when it stops, not while somebody writes in the editor. Assigning puts another one in its place.
        panel, population, losses, pareto, evaluation, painter: the views of the run, besides those of a `Lab`;
            `painter` is None where the task has no target to paint. `panel.selected` says which network is looked at,
            `panel.case` in which case.

    Where a cell of a notebook runs again, the Lab that it had made before is closed, and its training pauses.

    Raises TypeError for an unknown keyword argument, ValueError for a task with chambers, and TraitError for a network
    that does not fit the task.
    """

    _showing = True  # what changes is not the hand's doing
    _behind = False  # the editor is, because somebody writes in it
    _next = -math.inf  # when the views may be brought up to date again while it trains
    _laid_out = -math.inf  # when the graph was, and for which network
    _drawn = -1
    _plotted = -1  # the case that the plot shows
    _pointing = False

    def __init__(
        self,
        trainer: Task | Trainer | Runner,
        *,
        duration: float | None = None,
        views: Iterable[ComputingView] = (),
        **kwargs: Any,
    ) -> None:
        refuse_unknown(type(self), kwargs)
        task = trainer if isinstance(trainer, Task) else as_runner(trainer).trainer.task
        if task.topology is not None:
            raise ValueError(
                f"Argument `trainer` must be for a task without chambers, but {type(task).__name__} has "
                f"{task.topology.chambers}: train it with `trainer.run(steps)`, and look at its best network with "
                "`Lab(trainer.best.chambers)`."
            )
        self.views = tuple(views)
        if isinstance(trainer, Task):
            trainer = Trainer(trainer, population=_population(trainer))
        self.runner = as_runner(trainer)
        self._task = self.trainer.task
        self._selected, self._case = -1, 0
        self._member, network = self._look()
        shown = self._shown(network)
        network = _without_events(shown)
        self.plot = DynamicsPlot(shown, duration=self._task.duration if duration is None else duration)
        self.panel = TrainingPanel(self.runner)
        self.population = PopulationView(self.runner, _relayed=True)
        self.editor = RuleEditor(network, check=self._check_rules)
        self.graph = ReactionGraph(network, most=_MOST, note=_HINT)
        self.equations = Equations(network)
        self.losses = LossPlot(self.runner)
        self.pareto = ParetoPlot(self.runner)
        self.evaluation = EvaluationPanel(self.runner)
        self.painter = TargetPainter(self._task) if isinstance(self._task, Waveform) else None
        self._compose(network=network, **kwargs)
        self.add_class("crn-training-lab")
        traitlets.link((self, "network"), (self.editor, "network"))
        for view in (self.editor, self.graph, self.equations):
            view.observe(self._point, "hovered")
        for view in (self.population, self.pareto, self.evaluation):
            traitlets.link((self.panel, "selected"), (view, "selected"))
        traitlets.link((self.panel, "case"), (self.population, "case"))
        self.panel.lead(frames=[self.population], networks=[self.plot, self.graph, *self.views])
        self.panel.observe(self._select, "selected")
        self.panel.observe(self._show_case, "case")
        self.panel.on_msg(self._receive)
        self.editor.observe(self._write, "editing")
        self.plot.observe(self._drag, "initial")
        self.graph.observe(self._click, "selected")
        if self.painter is not None:
            self.painter.observe(self._paint, "task")
        self.refresh()
        _replace(self)

    def _areas(self) -> dict[str, Any]:
        painter = {} if self.painter is None else {"painter": self.painter}
        return {
            "panel": self.panel,
            "plot": self.plot,
            "population": self.population,
            "evaluation": self.evaluation,
            "graph": self.graph,
            "editor": self.editor,
            "equations": self.equations,
            "losses": self.losses,
            "pareto": self.pareto,
            **painter,
        }

    @property
    def trainer(self) -> Trainer:
        """What trains."""
        return self.runner.trainer

    @property
    def best(self) -> Solution:
        """The sparse network with the lowest loss that the run has come across.

        Raises RuntimeError if no network has a finite loss.
        """
        return self.trainer.best

    def close(self) -> None:
        """Pause the training, and take the Lab with its views out of the kernel; the trainer keeps what was learnt."""
        if hasattr(self, "runner"):  # else the arguments were wrong: such a Lab is closed as well
            self.runner.pause(wait=False)
        super().close()

    def save_html(self, path: str | os.PathLike[str]) -> Path:
        """Write the network looked at, as it is now, into one file that opens with no kernel; return its path.

        It is the page of a `Lab` of this network, with the further views, over the curve that the task wants; the
        training is not in it.
        """
        self.refresh()
        shown = self._shown(self.network)
        for view in self.views:  # which the pages have moved by themselves while it trains
            view.network = _without_events(shown)
        lab = Lab(shown, duration=self.plot.duration)
        lab.views = self.views  # on the page, but not to be closed with it
        try:
            lab.plot.reference, lab.plot.hidden = self.plot.reference, self.plot.hidden
            return lab.save_html(path)
        finally:
            lab.close()

    # -- from the training to the views --------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Bring all views up to date with the training now; a page asks for it now and then, and when it stops."""
        with TURN:
            start = time.monotonic()
            self._member, network = self._look()
            self._showing = True
            try:
                self._take_task()
                shown = self._shown(network)
                network = _without_events(shown)
                self._behind = self.editor.editing
                if not self._behind:
                    self.network = self._as_written(network)
                # While it trains the page itself moves the curves.
                if not self.runner.playing or self._plotted != self._case:
                    self.plot.network = shown
                    for view in self.views:
                        view.network = network
                    self._plotted = self._case
                self.equations.network = network
                self._draw(network)
            finally:
                self._showing = False
            now = time.monotonic()
            self._next = now + (now - start) / _SHARE

    def _look(self) -> tuple[int, Network]:
        """Which network is looked at, and the network."""
        now = self.runner.snapshot()
        member = _chosen(now, self._selected)
        least = np.asarray(self.trainer.k_min, np.float32)
        rates = np.asarray(sparsify(now.tensors[member], least), float)
        diagonal = np.arange(len(rates))
        rates[:, diagonal, diagonal] = 0
        rates = _readable(rates, float(least))
        rates[:, diagonal, diagonal] = -rates.sum(axis=-1)
        initial = np.asarray(now.initial, float)[member, 0]
        # Of the whole, that is: what is next to nothing is nothing.
        decimals = _DIGITS - int(np.floor(np.log10(initial.sum() or 1)))
        return member, Network.from_tensor(
            rates, self.trainer.task.species, initial=np.round(initial, decimals).tolist()
        )

    def _shown(self, network: Network) -> Network:
        """The network as the case looked at has it."""
        return self._task.case(network, min(self._case, self._task.cases - 1))

    def _as_written(self, network: Network) -> Network:
        """The network in the order of the text, so that this stays as somebody has written it, but for its numbers."""
        rank = {reaction.edge: i for i, reaction in enumerate(self.network.reactions)}
        if rank.keys() != {reaction.edge for reaction in network.reactions}:
            return network
        reactions = sorted(network.reactions, key=lambda reaction: rank[reaction.edge])
        return Network(reactions, species=network.species, initial=network.initial)

    def _take_task(self) -> None:
        task = self.trainer.task
        self.population.refresh()
        # What is painted is not yet the trainer's task: only one that has been assigned to it is news.
        if task is not self._task:
            self._task, self._plotted = task, -1
            if self.painter is not None and isinstance(task, Waveform):
                self.painter.task = task
        if task.species == self.plot.network.species:
            self._show_target(task)

    def _show_target(self, task: Any) -> None:
        if isinstance(task, Waveform):
            self.plot.reference = {task.species[0]: [task.times, task.target]}

    def _draw(self, network: Network) -> None:
        """The graph, with what a hand has forbidden, so that it can be allowed again; a place once found is kept."""
        graph, known = self.graph, self._forbidden()
        wanted = known | {_place(reaction): reaction for reaction in network.reactions}
        drawn = [_place(reaction) for reaction in graph.network.reactions]
        if set(drawn) != set(wanted):
            # The page lets the edges follow meanwhile, and nobody can follow nodes that move all the time.
            due = time.monotonic() >= self._laid_out + _STILL or self._member != self._drawn
            if self.runner.playing and not due:
                return
            self._laid_out, self._drawn = time.monotonic(), self._member
            rank = {name: i for i, name in enumerate(network.species)}
            drawn = sorted(wanted, key=lambda place: [rank[name] for name in place])
        with graph.hold_sync():
            graph.network = Network(
                [wanted[place] for place in drawn], species=network.species, initial=network.initial
            )
            self._cross()

    def _cross(self) -> None:
        known = self._forbidden()
        self.graph.forbidden = [i for i, r in enumerate(self.graph.network.reactions) if _place(r) in known]

    def _forbidden(self) -> dict[_Place, Reaction]:
        """What a hand has forbidden the network looked at, and is forbidden still."""
        known = _FORBIDDEN.setdefault(self.trainer, {}).setdefault(self._member, {})
        if not self.runner.pending:
            allowed, species = self.trainer.allowed[self._member], self.trainer.task.species
            for place in list(known):
                a, c, b = map(species.index, place)
                if allowed[c, a, b]:
                    del known[place]
        return known

    # -- from a hand to the training -----------------------------------------------------------------------------------

    def _receive(self, _: Any, content: Any, _buffers: Any) -> None:
        match content:
            case {"type": "refresh"} if not self.runner.playing or time.monotonic() >= self._next:
                self.refresh()

    def _select(self, change: Any) -> None:
        if change.new != self._selected:
            self._selected = change.new
            self.refresh()

    def _show_case(self, change: Any) -> None:
        self._case = change.new
        self.refresh()

    def _hold(self) -> None:
        """Look at the network that a hand is on from now on, whichever becomes the best."""
        self._selected = self._member
        self.panel.selected = self._member

    def _write(self, change: Any) -> None:
        with TURN:
            # After a change that is still to be made, the page asks for what came of it.
            if not change.new and self._behind and not self.runner.pending:
                self.refresh()

    def _check_rules(self, network: Network | Chambers) -> None:
        try:
            self.trainer.check_reseed(self._member, network)
        except ValueError as error:
            raise ValueError(str(error).replace("Argument `network` must", "The rules must")) from None

    @traitlets.validate("network")
    def _check_network(self, proposal: Any) -> Network:
        if not self._showing:
            try:
                self.trainer.check_reseed(self._member, proposal.value)
            except ValueError as error:
                raise traitlets.TraitError(str(error)) from None
        return proposal.value

    @traitlets.observe("network")
    def _take_network(self, _: Any) -> None:
        with TURN:
            if self._showing:
                return
            self._hold()
            self.runner.reseed(self._member, self.network)

    def _drag(self, change: Any) -> None:
        with TURN:
            if self._showing or type(self.trainer.task).learnt is Task.learnt:
                return
            # While it trains, the one with the lowest loss may be another than at the last refresh.
            now = self.runner.snapshot()
            self._member = _chosen(now, self._selected)
            self._hold()
            task = self.trainer.task
            start = dict(zip(task.species, np.asarray(now.initial)[self._member, 0].tolist(), strict=True))
            # While it trains, the page has other values than Python for all of them.
            others = [name for name in change.new if change.new[name] != change.old.get(name)]
            moved = others[0] if len(others) == 1 else self.plot.moved
            start = _moved(task, start, moved, change.new[moved]) if moved in others else change.new
            # All its reactions, also those that are not shown.
            network = to_network(now.tensors[self._member], 0.0, task.species, list(start.values()))
            self.runner.reseed(self._member, network)

    def _click(self, change: Any) -> None:
        with TURN:
            if self._showing or change.new < 0:
                return
            reaction = self.graph.network.reactions[change.new]
            place, known = _place(reaction), self._forbidden()
            self._hold()
            allowed = known.pop(place, None) is not None
            if not allowed:
                known[place] = reaction
            self.runner.allow(self._member, place, allowed)
            self._cross()
            self.graph.selected = -1

    def _paint(self, change: Any) -> None:
        with TURN:
            if self._showing:
                return
            self.runner.change(task=change.new)
            self._show_target(change.new)

    def _point(self, change: Any) -> None:
        """Point at the same reaction in all views, which may have it in other places."""
        with TURN:
            if self._pointing:
                return
            reactions = change.owner.network.reactions
            edge = reactions[change.new].edge if 0 <= change.new < len(reactions) else None
            self._pointing = True
            try:
                for view in (self.editor, self.graph, self.equations):
                    if view is not change.owner:
                        edges = [reaction.edge for reaction in view.network.reactions]
                        view.hovered = edges.index(edge) if edge in edges else -1
            finally:
                self._pointing = False


def _population(task: Task) -> int:
    """How many networks to train for a task."""
    species = len(task.species)
    learnt = jax.ShapeDtypeStruct((1, species), np.float32)
    cases = jax.eval_shape(task.initial, learnt, jax.random.PRNGKey(0)).shape[1]
    fitting = int(_WORK / (cases * task.steps * species**3)) // _FEWEST * _FEWEST
    return min(max(fitting, _FEWEST), _MOST_NETWORKS)


def _without_events(network: Network) -> Network:
    return network.updated(events=()) if network.events else network


def _place(reaction: Reaction) -> _Place:
    assert reaction.catalysis is not None  # as all that is trained
    return reaction.catalysis


def _chosen(now: Snapshot, selected: int) -> int:
    return selected if selected >= 0 else int(np.argmin(np.asarray(now.losses)))


def _moved(task: Task, start: dict[str, float], name: str, value: float) -> dict[str, float]:
    """Where a network starts, with one concentration moved: of a total to share, the others share what is left."""
    if not isinstance(task, Waveform):
        return start | {name: value}
    if name in task.fixed:
        return start
    total = task.total - sum(task.fixed.values())
    value = min(value, total)
    rest = {other: start[other] for other in start if other != name and other not in task.fixed}
    scale = (total - value) / (sum(rest.values()) or math.inf)
    return start | {other: scale * share for other, share in rest.items()} | {name: value}


def _readable(rates: np.ndarray, least: float) -> np.ndarray:
    """Rates with as many digits as anyone reads, each still at least `least`, each row still at most 1 in sum."""
    digits = _DIGITS - 1 - np.floor(np.log10(np.where(rates > 0, rates, 1)))
    rounded = np.round(rates * 10**digits) / 10**digits
    lower = np.floor(rates * 10**digits) / 10**digits
    rounded = np.where(rounded.sum(axis=-1, keepdims=True) > 1, lower, rounded)
    return np.where(rates > 0, np.maximum(rounded, least), 0)


# -- cells that run again ----------------------------------------------------------------------------------------------

_FORBIDDEN: weakref.WeakKeyDictionary[Trainer, dict[int, dict[_Place, Reaction]]] = weakref.WeakKeyDictionary()
"""What hands have forbidden the networks of a trainer."""
_MADE: dict[str, tuple[str, weakref.WeakSet[TrainingLab]]] = {}
"""For each cell its last execution, and the Labs made in it."""


def _replace(lab: TrainingLab) -> None:
    """Close what the same cell had made when it ran before: nobody sees it any more."""
    kernel = getattr(IPython.get_ipython(), "kernel", None)
    parent = kernel.get_parent("shell") if kernel is not None else {}
    cell, execution = parent.get("metadata", {}).get("cellId"), parent.get("header", {}).get("msg_id")
    if cell is None:
        return
    before, labs = _MADE.get(cell, (execution, weakref.WeakSet[TrainingLab]()))
    if before != execution:
        for old in list(labs):
            old.close()
        labs = weakref.WeakSet()
    labs.add(lab)
    _MADE[cell] = execution, labs
