"""Compiles kernel.cc into a library beside it: called by the build hook, or by hand, `python build.py`."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["LIBRARY", "build", "compiler"]

LIBRARY = "kernel.so"
_OPTIONS = ["-std=c++17", "-O3", "-ffp-contract=fast", "-fPIC", "-shared", "-pthread", "-Wno-psabi"]


def compiler() -> list[str] | None:
    """The command that starts a compiler of C++: CXX, or else the first of the usual ones, or None."""
    if named := os.environ.get("CXX"):
        return shlex.split(named)
    found = next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))), None)
    return [found] if found else None


def build(folder: Path) -> str:
    """Compile the kernel in `folder`; returns why that could not be done, or nothing.

    A library from before is gone in any case, lest it outlive its sources.
    """
    target = folder / LIBRARY
    target.unlink(missing_ok=True)
    command, jaxlib = compiler(), importlib.util.find_spec("jaxlib")
    if not command or sys.platform == "win32":
        return "no compiler of C++ was found"
    if not (jaxlib and jaxlib.origin):
        return "jaxlib, whose headers it needs, is not installed"
    # As a whole or not at all: a process that loads it meanwhile must not see half a library.
    partial = target.with_suffix(".partial")
    include = Path(jaxlib.origin).with_name("include")
    command = [*command, *_OPTIONS, f"-I{include}", str(folder / "kernel.cc"), "-o", str(partial)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except OSError as error:
        return f"`{command[0]}` could not be started: {error}"
    if done.returncode:
        partial.unlink(missing_ok=True)
        return f"`{shlex.join(command)}` failed:\n{done.stdout}{done.stderr}"
    partial.replace(target)
    return ""


if __name__ == "__main__":
    sys.exit(build(Path(__file__).parent) or 0)
