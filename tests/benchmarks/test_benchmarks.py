"""The benchmarks run and measure; how fast it was is for a person to read, nothing here asserts a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

import crnwidgets as crn
from tests.benchmarks import training
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
