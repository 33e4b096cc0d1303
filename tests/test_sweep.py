"""Sweeps: here, in threads, in processes, and on a Dask cluster of two worker processes."""

import multiprocessing
import os
import platform
import sys
import threading
import types
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import distributed
import numpy as np
import pytest

import crnwidgets as crn
from tests.own_tasks import Deadly, Failing, Interrupting, Meeting, Own

SMALL = {"population": 3, "strategy": "dense", "steps": 20, "progress": False}


def fading(step):
    return 0.1 / (1 + step)


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes with one thread each, reached through loopback."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
        ) as local,
        distributed.Client(local) as client,
    ):
        yield client


def processes(workers=2):
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def assert_same(one, other):
    assert [(r.name, r.seed, r.settings) for r in one] == [(r.name, r.seed, r.settings) for r in other]
    for a, b in zip(one, other, strict=True):
        assert a.error == b.error == ""
        np.testing.assert_allclose(a.losses, b.losses, rtol=1e-5)
        np.testing.assert_array_equal(a.reaction_counts, b.reaction_counts)
        assert [s.reaction_count for s in a.solutions] == [s.reaction_count for s in b.solutions]


# -- here ------------------------------------------------------------------------------------------------------------


def test_each_result_is_what_the_trainer_gives():
    tasks = {"low": Own(0.5), "high": Own()}
    results = crn.sweep(tasks, seeds=[3, 4], l1=[0.0, 0.1], entropy=fading, **SMALL)
    assert [(r.name, r.settings["l1"], r.seed) for r in results] == [
        (name, l1, seed) for name in tasks for l1 in (0.0, 0.1) for seed in (3, 4)
    ]
    for result in results:
        assert result.task is tasks[result.name]
        trainer = crn.Trainer(result.task, 3, result.seed, strategy="dense", l1=result.settings["l1"], entropy=fading)
        trainer.run(20, progress=False)
        np.testing.assert_array_equal(result.losses, trainer.losses)
        np.testing.assert_array_equal(result.reaction_counts, trainer.reaction_counts)
        assert result.best == trainer.best
        assert result.steps == 20 and result.seconds > 0 and result.error == ""
        assert result.worker.endswith(f":{os.getpid()}")


def test_solutions_are_those_that_no_other_beats():
    (result,) = crn.sweep(Own(), steps=300, population=8, entropy=0.1, progress=False)
    assert result.name == "Own 0"
    losses, counts = zip(*((s.loss, s.reaction_count) for s in result.solutions), strict=True)
    assert list(losses) == sorted(losses) and list(counts) == sorted(counts, reverse=True)
    assert len(set(counts)) == len(counts)
    for loss, count in zip(result.losses, result.reaction_counts, strict=True):
        assert any(s.loss <= loss and s.reaction_count <= count for s in result.solutions)
    assert all(len(s.network.reactions) == s.reaction_count and s.task is result.task for s in result.solutions)


def test_a_failed_run_says_which_and_why_and_harms_no_other():
    good, failed, last = crn.sweep([Own(), Failing(), Own(0.5)], seeds=[7], **SMALL)
    assert good.error == last.error == ""
    assert "'Failing 1'" in failed.error and "seed 7" in failed.error and "Stubborn: salt and water" in failed.error
    assert "own_tasks.py" in failed.error  # where it happened
    with pytest.raises(RuntimeError, match="salt and water"):
        _ = failed.best
    assert len(failed.losses) == len(failed.solutions) == 0


def test_progress_counts_runs_and_failures(capsys):
    crn.sweep([Own(), Failing()], **{**SMALL, "progress": True})
    shown = capsys.readouterr().err
    assert "2/2" in shown and "1 failed" in shown


def test_an_interrupted_sweep_returns_what_is_finished(monkeypatch):
    monkeypatch.setattr(Interrupting, "pressed", False)
    first, second, third = crn.sweep([Own(), Interrupting(), Own()], **SMALL)
    assert first.error == "" and first.steps == 20
    # The trainer keeps what it has learnt so far.
    assert second.error == "" and second.steps < 20 and second.solutions
    assert "'Own 2'" in third.error and "cancelled" in third.error


# -- executors -------------------------------------------------------------------------------------------------------


def test_threads():
    tasks = [Own(), Own(0.5)]
    with ThreadPoolExecutor(2) as executor:
        results = crn.sweep(tasks, executor=executor, seeds=range(2), l1=fading, **SMALL)
    assert_same(results, crn.sweep(tasks, seeds=range(2), l1=fading, **SMALL))


def test_an_interrupt_cancels_what_threads_have_not_finished(monkeypatch):
    monkeypatch.setattr(Interrupting, "pressed", False)
    with ThreadPoolExecutor(1) as executor:
        # So many steps that the thread would never end by itself.
        results = crn.sweep([Interrupting(), Own()], executor=executor, **{**SMALL, "steps": 10**9})
        assert all("cancelled" in result.error for result in results)


def test_processes(tmp_path, monkeypatch):
    monkeypatch.delenv("NPROC", raising=False)
    # A module that only this process has, as a notebook is.
    notebook = types.ModuleType("notebook_of_mine")
    notebook.Lost = type("Lost", (Own,), {"__module__": notebook.__name__})
    monkeypatch.setitem(sys.modules, notebook.__name__, notebook)
    tasks = [Meeting(tmp_path), notebook.Lost(), Failing(), Meeting(tmp_path)]
    with processes() as executor:
        first, lost, failed, last = crn.sweep(tasks, executor=executor, l1=fading, **SMALL)
        assert "notebook_of_mine" in lost.error and "salt and water" in failed.error
    assert_same([first, last], crn.sweep({"Meeting 0": Own(), "Meeting 3": Own()}, l1=fading, **SMALL))
    assert first.task is first.best.task is tasks[0]
    # Both workers took part, and neither takes all cores.
    assert {f"{platform.node()}:{path.name}" for path in tmp_path.iterdir()} == {first.worker, last.worker}
    assert [path.read_text() for path in tmp_path.iterdir()] == ["1", "1"]
    assert first.worker != last.worker and not first.worker.endswith(f":{os.getpid()}")


def test_a_worker_that_dies_takes_only_its_own_runs():
    with processes(1) as executor:
        first, dead = crn.sweep([Own(), Deadly()], executor=executor, **{**SMALL, "steps": 0})
    assert first.error == "" and first.best.loss < 1
    assert "'Deadly 1'" in dead.error and "BrokenProcessPool" in dead.error


def test_dask(cluster, tmp_path):
    tasks = {"one": Meeting(tmp_path), "other": Meeting(tmp_path), "bad": Failing()}
    one, other, bad = crn.sweep(tasks, executor=cluster.get_executor(), l1=fading, **SMALL)
    assert "salt and water" in bad.error
    assert_same([one, other], crn.sweep({"one": Own(), "other": Own()}, l1=fading, **SMALL))
    # Each waited for the other, so that both workers of the cluster worked, and at the same time.
    assert one.worker != other.worker
    pids = {str(pid) for pid in cluster.run(os.getpid).values()}
    assert {path.name for path in tmp_path.iterdir()} == pids
    assert {one.worker, other.worker} == {f"{platform.node()}:{pid}" for pid in pids}
    assert [path.read_text() for path in tmp_path.iterdir()] == ["1", "1"]


def test_dask_takes_functions_without_a_module_and_says_what_it_cannot_take(cluster):
    lock = threading.Lock()
    good, bad = crn.sweep(Own(), executor=cluster.get_executor(), l1=[lambda step: 0.1, lambda step: lock], **SMALL)
    assert good.error == "" and good.best.loss < 1
    assert "cannot pickle" in bad.error and "lock" in bad.error


# -- arguments -------------------------------------------------------------------------------------------------------


def test_what_cannot_be_pickled_is_refused_before_anything_runs():
    class Local(Own):
        pass

    with processes() as executor:
        for tasks, settings, argument in (
            (Own(), {"entropy": lambda step: 0.1}, "entropy"),
            (Local(), {}, "tasks"),
        ):
            with pytest.raises(TypeError, match=f"Argument `{argument}` must .* pickle .* but for '.* 0' it is not"):
                crn.sweep(tasks, executor=executor, **settings, **SMALL)


def test_a_forking_executor_is_refused():
    with (
        ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as executor,
        pytest.raises(ValueError, match="Argument `executor` must not fork"),
    ):
        crn.sweep(Own(), executor=executor, **SMALL)


@pytest.mark.parametrize(
    ("error", "argument", "value"),
    [
        (TypeError, "tasks", "squares"),
        (TypeError, "tasks", 3),
        (TypeError, "tasks", [Own(), None]),
        (TypeError, "seeds", 3),
        (TypeError, "seeds", [0.5]),
        (TypeError, "steps", 1.5),
        (ValueError, "steps", -1),
        (TypeError, "executor", "threads"),
    ],
)
def test_wrong_arguments(error, argument, value):
    with pytest.raises(error, match=f"Argument `{argument}` must .*, but"):
        crn.sweep(**{"tasks": Own(), **SMALL, argument: value})


def test_unknown_settings_are_refused():
    with pytest.raises(TypeError, match=r"Argument `settings` must be among .*, but has \['entropie'\]"):
        crn.sweep(Own(), entropie=0.1)


def test_no_task_no_result():
    assert crn.sweep([], **SMALL) == []
