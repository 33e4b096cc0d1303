"""The record of a run: bounded, evenly spread, and a way back."""

import jax
import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.learning import history
from crnwidgets.learning.history import History
from crnwidgets.tasks import Waveform

STATE = crn.Trainer(Waveform.from_samples([0, 10], [0.1, 0.6], species=2, steps=10), 3).state


def filled(steps, capacity=16):
    record = History(capacity)
    for step in steps:
        losses = np.full(3, 1 / (1 + step))
        record.add(step, STATE._replace(step=np.int32(step)), losses, np.arange(3), 1 / (1 + step))
    return record


def test_an_empty_history():
    record = History()
    assert record.steps == [] and record.curves.steps.shape == (0,)
    assert record.due(0)
    with pytest.raises(LookupError, match="nothing is recorded"):
        record.at(0)


@pytest.mark.parametrize("chunk", [1, 3, 17, 64])
def test_it_is_bounded_and_evenly_spread(chunk):
    record = filled(range(0, 2000 * chunk, chunk))
    steps = np.array(record.steps)
    assert steps[0] == 0 and steps[-1] >= 1700 * chunk
    assert 6 <= len(steps) <= 16
    gaps = np.diff(steps)
    assert gaps.max() <= 2 * gaps.min()
    assert len(record.curves.steps) <= history.POINTS


def test_an_uneven_run_is_bounded_too():
    rng = np.random.default_rng(0)
    record = filled(np.cumsum(rng.integers(1, 65, 3000)).tolist())
    gaps = np.diff(record.steps)
    assert len(gaps) < 16
    assert gaps.max() < 4 * gaps.min()


def test_the_nearest_that_is_not_later():
    record = filled([0, 10, 20, 30])
    assert [record.at(step).step for step in (-5, 0, 9, 10, 29, 30, 1000)] == [0, 0, 0, 10, 20, 30, 30]
    entry = record.at(25)
    assert int(entry.state.step) == 20
    assert all(isinstance(leaf, np.ndarray) for leaf in jax.tree.leaves(entry.state.parameters))


def test_states_and_curves_are_thinned_apart():
    record = filled(range(40), capacity=4)
    before, step = record.steps, record.steps[-1] + 1
    record.add(max(step, 40), STATE, np.zeros(3), np.zeros(3, int), 0.0)
    assert record.steps == before
    assert len(record.curves.steps) == 41


def test_what_is_due(monkeypatch):
    monkeypatch.setattr(history, "POINTS", 4)
    record = filled(range(0, 96, 2), capacity=4)
    last = max(record.steps[-1], record.curves.steps[-1])
    assert not record.due(last + 1)
    assert record.due(last + 50)


def test_curves():
    curves = filled([0, 5, 9]).curves
    assert list(curves.steps) == [0, 5, 9]
    assert curves.losses.shape == curves.reaction_counts.shape == (3, 3)
    np.testing.assert_allclose(curves.best, [1, 1 / 6, 1 / 10])
    np.testing.assert_array_equal(curves.reaction_counts[1], [0, 1, 2])


def test_a_branch_forgets_what_came_after():
    record = filled(range(0, 100, 10))
    record.cut(record.at(45).step)
    assert record.steps[-1] == 40
    assert record.curves.steps[-1] == 40
    assert record.due(41)
    record.clear()
    assert record.steps == [] and not len(record.curves.losses)


def test_large_states_are_fewer(monkeypatch):
    size = sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(STATE))
    monkeypatch.setattr(history, "MEMORY", 20 * size)
    assert len(filled(range(1000), capacity=256).steps) <= 20
    monkeypatch.setattr(history, "MEMORY", size)
    assert len(filled(range(1000), capacity=256).steps) <= history.FEWEST


def test_wrong_capacity():
    with pytest.raises(ValueError, match="Argument `capacity` must"):
        History(1)
