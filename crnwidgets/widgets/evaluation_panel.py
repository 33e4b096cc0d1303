"""The test of a trained network at the press of a button: how far it is, what failed, and the figures at its end."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from crnwidgets.examiner import Examiner, Report
from crnwidgets.learning import Solution, Trainer
from crnwidgets.learning.tensors import to_network
from crnwidgets.runner import Runner
from crnwidgets.widgets.base import refuse_unknown
from crnwidgets.widgets.training_view import RunView

__all__ = ["EvaluationPanel"]


class EvaluationPanel(RunView, bundle="evaluation_panel"):
    """Runs the task's own test on a network of a training run, in the background; the training goes on meanwhile.

    Arguments:
        trainer: a `Trainer`, or the `Runner` that it has.

    Traits:
        selected: the index of the network looked at; -1: the one with the lowest loss at the moment.

    Raises TypeError for an unknown keyword argument, TraitError where `selected` is no network of the population.
    """

    _examiner: Examiner | None = None  # none where the arguments were wrong: such a panel is closed as well

    def __init__(self, trainer: Trainer | Runner, **kwargs: Any) -> None:
        refuse_unknown(type(self), kwargs)
        self._subject = ""
        super().__init__(trainer, **kwargs)
        # Messages, which the test's thread may send: traits are the main thread's alone.
        self._examiner = Examiner(lambda report: self.send({"type": "report", "report": self._told(report)}))
        self.on_msg(self._receive)

    @property
    def report(self) -> dict[str, Any]:
        """How the last test went, or goes; empty before the first.

        "state" ("running", "done", "cancelled" or "stopped"), "subject" (what is tested, in words), "progress" (from 0
        to 1), "failures" (the first hundred, in words), "failure_count", "figures" (name → number, once it is done) and
        "problem" (the error that stopped it).
        """
        assert self._examiner is not None
        report = self._examiner.report
        return {} if report is None else self._told(report)

    def test(self, *, best: bool = True) -> None:
        """Begin a test, in the place of one that runs, and return at once.

        Arguments:
            best: of the best network that the run has come across; False: of the network looked at.
        """
        assert self._examiner is not None
        self._examiner.start(self._best if best else self._shown)

    def cancel(self) -> None:
        """End the test that runs, if any."""
        if self._examiner is not None:
            self._examiner.cancel()

    def wait(self) -> None:
        """Wait until no test runs."""
        assert self._examiner is not None
        self._examiner.wait()

    def close(self) -> None:
        """Take the panel out of the kernel, and end its test; the training goes on."""
        self.cancel()
        super().close()

    def _best(self) -> Solution:
        solution = self.runner.trainer.best
        self._subject = "The best network so far"
        return solution

    def _shown(self) -> Solution:
        trainer, now = self.runner.trainer, self.runner.snapshot()
        losses = np.asarray(now.losses)
        member = self.selected if self.selected >= 0 else int(np.argmin(losses))
        start = np.asarray(now.initial)[member, 0].tolist()
        network = to_network(now.tensors[member], trainer.k_min, trainer.task.species, start)
        self._subject = f"Network {member + 1}"
        return Solution(network, float(losses[member]), len(network.reactions), trainer.task)

    def _told(self, report: Report) -> dict[str, Any]:
        solution, figures = report.solution, report.figures
        count = "" if solution is None else f"{solution.reaction_count} reactions"
        return {
            "state": report.state,
            "subject": "" if solution is None else f"{self._subject}: loss {solution.loss:.3g}, {count}",
            "progress": report.progress,
            "failures": list(report.failures),
            "failure_count": report.failure_count,
            "figures": None if figures is None else {name: _json(value) for name, value in figures.items()},
            "problem": report.problem,
        }

    def _receive(self, _panel: Any, content: Any, _buffers: Any) -> None:
        assert self._examiner is not None
        match content:
            case {"type": "ready"}:
                self._examiner.repeat()
            case {"type": "test", "best": bool(best)}:
                self.test(best=best)
            case {"type": "cancel"}:
                self.cancel()


def _json(value: float) -> float | str:
    """JSON knows no infinity."""
    return float(value) if math.isfinite(value) else str(float(value))
