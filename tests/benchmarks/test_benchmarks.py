"""The benchmarks run and measure; how fast it was is for a person to read, nothing here asserts a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools import chromium

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(chromium() is None, reason="no Chromium here; `python tests/tools.py --install` gets one")
def test_a_short_run_prints_every_figure() -> None:
    command = [sys.executable, "-m", "tests.benchmarks", "--quick"]
    table = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=ROOT)
    assert table.returncode == 0, table.stderr
    print(table.stdout)
    for figure in ("cold start", "drag to paint", "redraws while dragging", "shown everywhere", "slider to kernel"):
        assert figure in table.stdout
    assert "nan" not in table.stdout
