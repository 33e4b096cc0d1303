"""Many training runs, one after another or spread over the processes and machines that an executor has."""

from __future__ import annotations

import contextlib
import inspect
import itertools
import os
import pickle
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from crnwidgets.chambers import Chambers
from crnwidgets.learning.numbers import whole
from crnwidgets.learning.population import CHUNK
from crnwidgets.learning.solution import Solution, pareto_front
from crnwidgets.learning.task import Task
from crnwidgets.learning.trainer import Trainer
from crnwidgets.network import Network

__all__ = ["Result", "sweep"]


@dataclass(frozen=True, eq=False)
class Result:
    """What came of one run of a sweep.

    Attributes:
        name: the task's name.
        task: the task, the very object that `sweep` was given.
        seed: from which the run started.
        settings: those that `sweep` was given, for this run.
        solutions: the networks of the run that no other beats in both loss and reaction count, lowest loss first.
        losses: (P,), of each sparse network at the end; infinite for a network that was left out.
        reaction_counts: (P,), of each sparse network at the end, integers.
        steps: how many were made: fewer than wanted where the run was interrupted.
        seconds: how long it took, compiling included.
        worker: the computer and the process that it ran in.
        error: why it failed or was never made, with the traceback; empty where all is well.
    """

    name: str
    task: Task
    seed: int
    settings: Mapping[str, Any]
    solutions: tuple[Solution, ...]
    losses: np.ndarray
    reaction_counts: np.ndarray
    steps: int
    seconds: float
    worker: str
    error: str

    @property
    def best(self) -> Solution:
        """The sparse network with the lowest loss that the run came across.

        Raises RuntimeError, saying why, if the run failed.
        """
        if self.error:
            raise RuntimeError(self.error)
        return self.solutions[0]


def sweep(
    tasks: Task | Iterable[Task] | Mapping[str, Task],
    *,
    executor: Executor | None = None,
    steps: int = 2000,
    seeds: Iterable[int] = (0,),
    progress: bool = True,
    **settings: Any,
) -> list[Result]:
    """Train for each task, with each of the settings, from each seed: one `Trainer` each, in that order.

    A run that fails says so in its result and leaves the others alone. Ctrl-C, or interrupting the kernel, cancels
    what is not finished, and the rest is returned; runs that have begun stop within a moment, but on a Dask cluster
    they go on.

        crn.sweep({"squares": Waveform.squares(), "peaks": Waveform.peaks()}, seeds=range(5), entropy=[0.005, 0.05])

    On all cores of this machine, below `if __name__ == "__main__":` in a script, and on a Dask cluster:

        with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as executor:
            crn.sweep(tasks, executor=executor)
        with dask.distributed.Client(address) as client:
            crn.sweep(tasks, executor=client.get_executor())

    Other processes get the tasks and the settings by pickle: classes and functions, schedules too, must be defined in a
    module that they can import, not in a notebook and not by `lambda`; Dask also takes those. Where a process has no
    environment variable NPROC, it has as many threads for computing as it makes runs at once, so that runs do not
    fight for the cores.

    Arguments:
        tasks: what to train for; names are the keys of a mapping, or else class and place, as in "Waveform 0".
        executor: where to train; left out, in this process, one after another.
        steps: how many steps each run makes.
        seeds: where runs start.
        progress: whether a bar counts the finished runs.
        settings: the other arguments of `Trainer`; a list holds values that are tried one by one, in all combinations.

    Raises TypeError and ValueError saying which argument is wrong, before anything runs.
    """
    from tqdm.auto import tqdm

    jobs = _jobs(tasks, steps, seeds, settings)
    if executor is not None:
        _check(executor, jobs)
    futures: list[Future[_Outcome]] = []
    failed = 0
    try:
        with (
            contextlib.suppress(KeyboardInterrupt),
            tempfile.NamedTemporaryFile(prefix="crnwidgets-sweep-") as wanted,
            tqdm(total=len(jobs), unit="run", disable=not progress) as bar,
        ):
            if isinstance(executor, (ProcessPoolExecutor, ThreadPoolExecutor)):
                # Others may work where there is another file system.
                jobs = [job._replace(wanted=wanted.name) for job in jobs]
            for future in _finished(jobs, executor, futures):
                outcome = _received(future)
                if outcome.error:
                    failed += 1
                    bar.set_postfix_str(f"{failed} failed", refresh=False)
                bar.update()
                if not outcome.error and outcome.steps < steps:
                    break  # the trainer, here or in a process that got the same Ctrl-C, took it for its own
    finally:
        for future in futures:
            future.cancel()
    outcomes = itertools.chain(map(_received, futures), itertools.repeat(_CANCELLED))
    return [_result(job, outcome) for job, outcome in zip(jobs, outcomes, strict=False)]


class _Job(NamedTuple):
    name: str
    task: Task
    seed: int
    settings: dict[str, Any]
    steps: int
    sender: str  # the process that sweeps
    wanted: str = ""  # a file that is there as long as the job is wanted


class _Outcome(NamedTuple):
    # Solutions without the task, which need not travel back.
    found: tuple[tuple[Network, float, int, Chambers | None], ...] = ()
    losses: np.ndarray = np.empty(0)
    reaction_counts: np.ndarray = np.empty(0, int)
    steps: int = 0
    seconds: float = 0.0
    worker: str = ""
    error: str = ""


_CANCELLED = _Outcome(error="it was cancelled")


def _jobs(
    tasks: Task | Iterable[Task] | Mapping[str, Task], steps: int, seeds: Iterable[int], settings: dict[str, Any]
) -> list[_Job]:
    known = [name for name in inspect.signature(Trainer).parameters if name not in ("task", "seed")]
    if unknown := [name for name in settings if name not in known]:
        raise TypeError(f"Argument `settings` must be among {known}, but has {unknown}.")
    if whole("steps", steps) < 0:
        raise ValueError(f"Argument `steps` must not be negative, but it is {steps}.")
    if isinstance(seeds, (str, bytes)) or not isinstance(seeds, Iterable):
        raise TypeError(f"Argument `seeds` must be whole numbers, but it is {seeds!r}.")
    seeds = [whole("seeds", seed) for seed in seeds]
    choices = [value if isinstance(value, list) else [value] for value in settings.values()]
    combinations = [dict(zip(settings, values, strict=True)) for values in itertools.product(*choices)]
    return [
        _Job(name, task, seed, combination, steps, _process())
        for name, task in _named(tasks).items()
        for combination in combinations
        for seed in seeds
    ]


def _named(tasks: Task | Iterable[Task] | Mapping[str, Task]) -> dict[str, Task]:
    if isinstance(tasks, Task):
        tasks = [tasks]
    if isinstance(tasks, Mapping):
        named = {str(name): task for name, task in tasks.items()}
    elif isinstance(tasks, Iterable):
        named = {f"{type(task).__name__} {i}": task for i, task in enumerate(tasks)}
    else:
        raise TypeError(f"Argument `tasks` must be tasks, but it is of type {type(tasks).__name__}.")
    for name, task in named.items():
        if not isinstance(task, Task):
            raise TypeError(f"Argument `tasks` must be tasks, but {name!r} is of type {type(task).__name__}.")
    return named


def _check(executor: Executor, jobs: list[_Job]) -> None:
    if not isinstance(executor, Executor):
        raise TypeError(
            f"Argument `executor` must be a concurrent.futures.Executor, but it is of type {type(executor).__name__}."
        )
    if not isinstance(executor, ProcessPoolExecutor):
        return
    context = getattr(executor, "_mp_context", None)
    if context is not None and context.get_start_method() == "fork":
        raise ValueError(
            "Argument `executor` must not fork this process, whose threads would be missing in the copy, but it does: "
            'give it mp_context=multiprocessing.get_context("spawn").'
        )
    for job in jobs:
        for argument, value in [("tasks", job.task), *job.settings.items()]:
            try:
                pickle.dumps(value)
            except Exception as error:  # whatever an object raises that does not want to be pickled
                raise TypeError(
                    f"Argument `{argument}` must be something that pickle can take to another process, with its class "
                    f"or function defined in a module, but for {job.name!r} it is not: {error}"
                ) from error


def _finished(
    jobs: list[_Job], executor: Executor | None, futures: list[Future[_Outcome]]
) -> Iterator[Future[_Outcome]]:
    """The futures of the jobs as they finish; all that there are so far are put into the list, in the jobs' order."""
    if executor is None:
        for job in jobs:
            futures.append(Future())
            futures[-1].set_result(_train(job))
            yield futures[-1]
    else:
        futures.extend(_submit(executor, job) for job in jobs)
        yield from as_completed(futures)


def _submit(executor: Executor, job: _Job) -> Future[_Outcome]:
    try:
        if isinstance(executor, ProcessPoolExecutor):
            # As bytes: one job that a worker cannot unpickle itself would break the whole pool.
            return executor.submit(_train_pickled, pickle.dumps(job))
        return executor.submit(_train, job)
    except Exception as error:  # what cannot be sent, or an executor that has just broken down
        future: Future[_Outcome] = Future()
        future.set_result(_failure(error.__cause__ or error, "it could not be sent to a worker"))
        return future


def _received(future: Future[_Outcome]) -> _Outcome:
    if future.cancelled() or not future.done():
        return _CANCELLED
    try:
        return future.result()
    except Exception as error:
        return _failure(error, "its worker was lost, or could not load it")


def _train_pickled(pickled: bytes) -> _Outcome:
    try:
        job = pickle.loads(pickled)
    except Exception as error:  # whatever a missing module or class raises
        return _failure(error, "its worker could not load it")
    return _train(job)


def _train(job: _Job) -> _Outcome:
    if _process() != job.sender:
        # XLA reads it when it starts, which in a new process is still to come.
        os.environ.setdefault("NPROC", str(_runs_at_once()))
    start = time.perf_counter()
    try:
        trainer = Trainer(job.task, seed=job.seed, **job.settings)
        while trainer.step < job.steps:
            if job.wanted and not os.path.exists(job.wanted):
                return _CANCELLED
            goal = min(trainer.step + CHUNK, job.steps)
            trainer.run(goal - trainer.step, progress=False)
            if trainer.step < goal:
                break  # interrupted
        best = trainer.best
        front = pareto_front([best, *trainer.solutions()])
        found = tuple((each.network, each.loss, each.reaction_count, each.chambers) for each in reversed(front))
        losses, counts, made = trainer.losses, trainer.reaction_counts, trainer.step
    except Exception as error:  # whatever a user's task raises; as text, because not every exception can be pickled
        return _failure(error, "it failed")
    return _Outcome(found, losses, counts, made, time.perf_counter() - start, _process())


def _result(job: _Job, outcome: _Outcome) -> Result:
    error = outcome.error and f"The run for {job.name!r} from the seed {job.seed} has no result: {outcome.error}"
    return Result(
        job.name,
        job.task,
        job.seed,
        job.settings,
        tuple(Solution(*each[:3], job.task, each[3]) for each in outcome.found),
        outcome.losses,
        outcome.reaction_counts,
        outcome.steps,
        outcome.seconds,
        outcome.worker,
        error,
    )


def _failure(error: BaseException, what: str) -> _Outcome:
    details = "".join(traceback.format_exception(error))
    return _Outcome(worker=_process(), error=f"{what}: {type(error).__name__}: {error}\n\n{details}")


def _runs_at_once() -> int:
    """How many runs this worker makes at the same time: one, but for a worker of Dask's that has several threads."""
    if dask := sys.modules.get("distributed"):
        with contextlib.suppress(ValueError):  # which says that this is no worker
            return dask.get_worker().state.nthreads
    return 1


def _process() -> str:
    return f"{platform.node()}:{os.getpid()}"
