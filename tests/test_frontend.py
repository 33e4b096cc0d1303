"""The JavaScript's own tests, run by Node.js."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.tools import node

FRONTEND = Path(__file__).parents[1] / "crnwidgets" / "widgets" / "frontend"


@pytest.mark.parametrize("file", sorted(FRONTEND.glob("test/*.test.js")), ids=lambda path: path.name)
def test_javascript(file: Path) -> None:
    result = subprocess.run([node(), "--test", str(file)], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
