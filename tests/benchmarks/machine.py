"""What a figure was measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path


def particulars(packages: Sequence[str], chromium: str = "") -> list[str]:
    """Lines that name processor, system and versions."""
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    return [
        f"{os.cpu_count()} cores, {_processor()}, load before the run {load}",
        f"{platform.platform()}, Python {platform.python_version()}" + (f", Chromium {chromium}" if chromium else ""),
        ", ".join(f"{name} {version(name)}" for name in packages),
    ]


def _processor() -> str:
    description = Path("/proc/cpuinfo")
    if description.exists():
        for line in description.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
