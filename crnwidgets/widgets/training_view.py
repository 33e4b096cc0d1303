"""What the views of a training run share."""

from __future__ import annotations

from typing import Any

import traitlets

from crnwidgets.learning import Trainer
from crnwidgets.runner import AHEAD, Runner
from crnwidgets.widgets.base import Bundled
from crnwidgets.widgets.frames import Feed, about, as_runner

__all__ = ["RunView", "TrainingView"]


class RunView(Bundled):
    """A view of a training run of which one network is looked at.

    Arguments:
        trainer: a `Trainer`, or the `Runner` that it has.

    Traits:
        selected: the index of the network looked at; -1: the one with the lowest loss at the moment.

    Raises TraitError where `selected` is no network of the population.
    """

    selected = traitlets.Int(-1, help="The network looked at, or -1.").tag(sync=True)

    def __init__(self, trainer: Trainer | Runner, **kwargs: Any) -> None:
        self.runner = as_runner(trainer)
        super().__init__(**kwargs)

    @traitlets.validate("selected")
    def _check_selected(self, proposal: Any) -> int:
        population = self.runner.trainer.population
        if not -1 <= proposal.value < population:
            raise traitlets.TraitError(
                f"Argument `selected` must be -1 or the index of one of {population} networks, but it is "
                f"{proposal.value}."
            )
        return proposal.value


class TrainingView(RunView):
    """A view of a training run whose page gets its frames.

    Arguments:
        trainer: a `Trainer`, or the `Runner` that it has.

    Traits:
        selected: the index of the network looked at; -1: the one with the lowest loss at the moment.
        case: which case of the task is looked at, from 0 on.

    Raises TraitError where `selected` is no network of the population, or `case` is none of the task's.
    """

    case = traitlets.Int(0, help="The case of the task looked at.").tag(sync=True)

    _about = traitlets.Dict(help="What the browser must know besides the frames.").tag(sync=True)
    _ahead = AHEAD  # frames on their way
    _feed: Feed | None = None  # none where the arguments were wrong: such a view is closed as well

    def __init__(self, trainer: Trainer | Runner, **kwargs: Any) -> None:
        runner = as_runner(trainer)
        super().__init__(runner, _about=about(runner.trainer, kwargs.get("case", 0)), **kwargs)
        self._feed = Feed(self.runner, self.send, lambda: self.selected, lambda: self.case, self._ahead)
        self.on_msg(self._take)

    def refresh(self) -> None:
        """Take on what has changed about the trainer besides what its frames tell, such as its task."""
        self._about = about(self.runner.trainer, self.case)

    def close(self) -> None:
        """Take the view out of the kernel; the training goes on."""
        if self._feed is not None:
            self._feed.close()
        super().close()

    @traitlets.validate("case")
    def _check_case(self, proposal: Any) -> int:
        cases = self.runner.trainer.task.cases
        if not 0 <= proposal.value < cases:
            raise traitlets.TraitError(
                f"Argument `case` must be the index of one of {cases} cases, but it is {proposal.value}."
            )
        return proposal.value

    @traitlets.observe("case")
    def _show_case(self, _: Any) -> None:
        if self._feed is not None:
            self.refresh()
            self._feed.refresh()

    def _take(self, _view: Any, content: Any, _buffers: Any) -> None:
        assert self._feed is not None
        if not self._feed.receive(content):
            self._receive(content)

    def _receive(self, content: Any) -> None:
        """Take a message of the page that is not about frames."""
        match content:
            case {"type": "refresh"}:
                self.refresh()
