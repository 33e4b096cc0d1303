"""Runs a task's own test of a network in the background, and tells how it goes; it knows no widgets.

A thread of its own, the only one besides `runner`'s: a test takes from seconds to minutes, for which the runner's
thread would not train, and the kernel's would not answer. Like the runner's it is there only while there is something
to do, and it touches no trait of a widget: what it has to tell goes through one callback, which sends it as a message.
"""

from __future__ import annotations

import atexit
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from crnwidgets.learning.solution import Solution

__all__ = ["Examiner", "Report"]

_MOST = 100
"""Failures that are told in words: nobody reads more."""
_PAUSE = 0.2
"""Seconds between two reports of one test at least."""
_LAST_SECONDS = 30.0
"""How long the end of the interpreter waits for a piece of a test."""


class Report(NamedTuple):
    """How a test goes.

    Attributes:
        state: "running", "done", "cancelled", or "stopped" by an error.
        solution: what is tested; None until it is known.
        progress: how much of the test is done, from 0 to 1.
        failures: the first hundred, in words.
        failure_count: how many there are.
        figures: what `Task.evaluate` returns; None unless the test is done.
        problem: the error that stopped it, or "".
    """

    state: Literal["running", "done", "cancelled", "stopped"] = "running"
    solution: Solution | None = None
    progress: float = 0.0
    failures: tuple[str, ...] = ()
    failure_count: int = 0
    figures: Mapping[str, float] | None = None
    problem: str = ""


class Examiner:
    """Runs one test at a time, in a thread that is there only while there is something to do.

    Every method may be called by any thread.

    Arguments:
        publish: takes each `Report`: a few a second, and always the last of a test. Called in the thread or by whoever
            starts or cancels a test, one call at a time; it must not wait for another thread.
    """

    def __init__(self, publish: Callable[[Report], None]) -> None:
        self._publish = publish
        # Guards everything below; told when the thread ends.
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._wanted: Callable[[], Solution] | None = None
        self._report: Report | None = None
        _all.add(self)

    @property
    def running(self) -> bool:
        """Whether a test runs."""
        return self._wanted is not None

    @property
    def report(self) -> Report | None:
        """How the last test went, or goes; None before the first."""
        return self._report

    def repeat(self) -> None:
        """Publish the last report once more, if there is one."""
        with self._changed:
            if self._report is not None:
                self._publish(self._report)

    def start(self, solution: Callable[[], Solution]) -> None:
        """Begin a test, in the place of one that runs.

        Arguments:
            solution: makes what is to be tested; called in the thread.
        """
        with self._changed:
            self._wanted = solution
            self._tell(Report())
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="crnwidgets test", daemon=True)
                self._thread.start()

    def cancel(self) -> None:
        """End the test that runs, if any; the piece that is being computed is finished, but nobody hears of it."""
        with self._changed:
            if self._wanted is not None and self._report is not None:
                self._wanted = None
                self._tell(self._report._replace(state="cancelled"))

    def wait(self) -> None:
        """Wait until no test runs."""
        with self._changed:
            while self._thread is not None:
                self._changed.wait()

    def _tell(self, report: Report) -> None:
        self._report = report
        self._publish(report)

    # -- in the thread -------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while True:
            with self._changed:
                wanted = self._wanted
                if wanted is None:
                    self._thread = None
                    self._changed.notify_all()
                    return
            last = self._examine(wanted)
            with self._changed:
                if self._wanted is wanted:
                    self._wanted = None
                    self._tell(last)

    def _examine(self, wanted: Callable[[], Solution]) -> Report:
        """Run a test to its end, or until another one is wanted; returns its last report."""
        report, due = Report(), 0.0
        try:
            solution = wanted()
            report = report._replace(solution=solution)
            examination = solution.task.examine(solution)
            while True:
                with self._changed:
                    if self._wanted is not wanted:
                        examination.close()
                        return report
                    if (now := time.monotonic()) >= due:
                        due = now + _PAUSE
                        self._tell(report)
                try:
                    finding = next(examination)
                except StopIteration as end:
                    figures = {name: float(value) for name, value in end.value.items()}
                    return report._replace(state="done", progress=1.0, figures=figures)
                report = report._replace(progress=finding.progress)
                if finding.failure:
                    told = report.failures if len(report.failures) == _MOST else (*report.failures, finding.failure)
                    report = report._replace(failures=told, failure_count=report.failure_count + 1)
        except Exception as error:  # a test of anyone's, whose error must not pass unseen
            return report._replace(state="stopped", problem=f"{type(error).__name__}: {error}")


_all: weakref.WeakSet[Examiner] = weakref.WeakSet()


@atexit.register
def _quit_all() -> None:
    # A thread that is still inside compiled code when the interpreter goes would bring it down.
    for examiner in list(_all):
        with examiner._changed:
            examiner._wanted = None
            thread = examiner._thread
        if thread is not None:
            thread.join(_LAST_SECONDS)
