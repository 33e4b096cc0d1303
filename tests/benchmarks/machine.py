"""What a figure was measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("jupyterlab", "ipykernel", "ipywidgets", "anywidget", "jax", "playwright")


def particulars(chromium: str) -> list[str]:
    """Lines that name processor, system and versions."""
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    return [
        f"{os.cpu_count()} cores, {_processor()}, load before the run {load}",
        f"{platform.platform()}, Python {platform.python_version()}, Chromium {chromium}",
        ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
    ]


def _processor() -> str:
    description = Path("/proc/cpuinfo")
    if description.exists():
        for line in description.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
