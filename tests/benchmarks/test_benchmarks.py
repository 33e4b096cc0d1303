"""The benchmarks run and measure; how fast it was is for a person to read, nothing here asserts a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.zoo.robustness import perturbed
from tests.benchmarks import classification, neural, training
from tests.benchmarks.baselines import LISTING_1, OTHERS, OURS, Way
from tests.tools import chromium

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(chromium() is None, reason="no Chromium here; `python tests/tools.py --install` gets one")
def test_a_short_run_prints_every_figure() -> None:
    command = [sys.executable, "-m", "tests.benchmarks", "lab", "--quick"]
    table = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=ROOT)
    assert table.returncode == 0, table.stderr
    print(table.stdout)
    for figure in ("cold start", "drag to paint", "redraws while dragging", "shown everywhere", "slider to kernel"):
        assert figure in table.stdout
    assert "nan" not in table.stdout


WAYS = [way for way in (LISTING_1, *OTHERS) if not way.hindrance()]


@pytest.mark.parametrize(
    ("way", "chambers"),
    [*((way, 1) for way in WAYS), *((way, 4) for way in WAYS if way.ring)],
    ids=lambda value: value.name if isinstance(value, Way) else str(value),
)
def test_all_ways_do_the_same_work(way: Way, chambers: int) -> None:
    case = training.Case(networks=2, batch=2, species=3, steps=200, chambers=chambers)
    _, ours, start = training.one_step(OURS, case)
    _, theirs, _ = training.one_step(way, case)
    # As far as other methods, and steps of a length of their own choice, give the same.
    for expected, found in zip(ours(start[0]), theirs(start[0]), strict=True):
        np.testing.assert_allclose(found, expected, atol=0.02 * float(np.max(np.abs(expected), initial=0)))


@pytest.mark.parametrize("strategy", ["dense", "double"])
def test_the_plain_steps_are_those_of_the_trainer(strategy: str) -> None:
    options = {"l1": 0.01, "entropy": 0.005, "normalize": strategy == "double"}
    trainer = crn.Trainer(crn.tasks.Waveform.squares(species=3), population=4, strategy=strategy, **options)
    start = trainer.state.parameters
    step, moments = training.plain_step(trainer, start)
    now = (start, moments)
    for _ in range(3):
        now = step(*now)
    trainer.advance(3)
    for expected, found in zip(now[0], trainer.state.parameters, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_short_run_compares_training_with_the_plain_way() -> None:
    rows = list(training.measure(quick=True))
    print(*(" | ".join(row.cells) for row in rows), sep="\n")
    assert all(len(row.cells) == len(training.HEADER) for row in rows)
    assert all(min(row.wall) > 0 if row.wall else row.note for row in rows)
    compared = {row.what for row in rows if row.ratios and row.way.startswith(LISTING_1.name)}
    assert {str(case) for case in training.TARGETS} < compared
    assert any(row.target for row in rows)
    jax.clear_caches()


@pytest.mark.parametrize(
    "way", [way for way in (neural.OURS, *neural.OTHERS) if not neural.hindrance(way.needs)], ids=lambda way: way.name
)
def test_all_ways_settle_alike(way: neural.Way) -> None:
    nn = crn.neural.FeedForward.random(neural.SIZES, seed=1)
    first, second = np.random.default_rng(0).uniform(size=(2, 784))
    solve = way.load(nn, first, way.tolerances[len(way.tolerances) // 2])
    for d in (second, first):
        np.testing.assert_allclose(solve(d), crn.neural.settle(nn, d), atol=1e-4)
    jax.clear_caches()


def test_a_short_run_compares_neural_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neural, "OTHERS", (*neural.OTHERS[:1], neural.OTHERS[-1]))
    rows = list(neural.measure(quick=True))
    print(*(" | ".join(row.cells) for row in rows), sep="\n")
    assert all(min(row.wall) > 0 if row.wall else row.note for row in rows)
    assert [row.note.split(",")[0] for row in rows[:4]] == ["63", "31", "63", "31"]
    assert sum(row.target is not None and bool(row.ratios) for row in rows) == 2
    assert "iterations a second" in rows[-1].note
    jax.clear_caches()


@pytest.mark.parametrize("enzymes", [False, True])
def test_classifiers_are_read_where_they_settle(enzymes: bool) -> None:
    task = crn.tasks.Classification.two_moons(20, held_out=6)
    nn = crn.neural.FeedForward.random((2, 3, 2), seed=1)
    way = classification.compiled(task, nn, enzymes)
    noisy = perturbed(way.at(task.points[4]), np.random.default_rng(0))
    end = crn.simulate(noisy, 200.0)
    expected = [end[f"X{layer}_{i + 1}"][-1] for layer, size in ((1, 3), (2, 2)) for i in range(size)]
    found = classification.at_rest(noisy, task.features(task.points))
    np.testing.assert_allclose(found[4], expected, rtol=1e-5)
    assert (way.right(way.at(task.points[0])) == (nn(task.features(task.points)).argmax(axis=1) == task.labels)).all()


def test_when_a_network_has_settled() -> None:
    # A falls as exp(−t) to 1/10 of what it was, and B grows.
    decay = crn.Network.parse("A -> B {0.9}\nB -> A {0.1}\nA = 1")
    settled, decided, turnover = classification.settling(decay, ["A", "B"])
    assert settled == pytest.approx(np.log(100), rel=0.02) and decided == pytest.approx(np.log(2.25), rel=0.02)
    assert turnover == pytest.approx(0.9)


def test_a_short_run_compares_classifiers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classification, "PLANS", {"iris": classification.PLANS["iris"]})
    rows = list(classification.measure(quick=True))
    print(*(" | ".join(row.cells) for row in rows), sep="\n")
    assert [(row.species, row.reactions) for row in rows[1:]] == [(13, 69), (65, 69)]
    assert all(len(row.cells) == len(classification.HEADER) and row.accuracy > 0.9 for row in rows)
    assert rows[1].cells[5:] == rows[2].cells[5:]
    jax.clear_caches()
