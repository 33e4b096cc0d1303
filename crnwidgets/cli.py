"""The console command `crnwidgets`: opens the tutorials in JupyterLab."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from crnwidgets import __version__

__all__ = ["copy_tutorials", "main", "tutorials"]


def tutorials() -> list[Path]:
    """The tutorial notebooks that came with the package, in the order in which they are meant to be read.

    Raises FileNotFoundError where the package came without them.
    """
    here = Path(__file__).parent
    for folder in (here / "tutorials", here.parent / "notebooks"):  # in a wheel, in a checkout
        if found := sorted(folder.glob("*.ipynb")):
            return found
    raise FileNotFoundError("This installation of crnwidgets has no tutorials. Install it again.")


def copy_tutorials(folder: Path) -> tuple[list[Path], list[Path]]:
    """Copy the tutorials into a folder, made if need be, and leave alone what is there already.

    Returns all tutorials in the folder, in reading order, and those among them that differ from the package's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    copies, changed = [], []
    for original in tutorials():
        copy = folder / original.name
        if not copy.exists():
            shutil.copyfile(original, copy)
        elif copy.read_bytes() != original.read_bytes():
            changed.append(copy)
        copies.append(copy)
    return copies, changed


def main(argv: Sequence[str] | None = None) -> None:
    """Run the console command; `argv` stands in for the command line's arguments."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # argparse would hand an option after "--" to FOLDER, so what is JupyterLab's is cut off first.
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    options = _parser().parse_args(arguments[:cut])
    if options.command == "lab":
        _lab(options.folder, arguments[cut + 1 :])
    else:
        _parser().print_help()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="crnwidgets", description="Live chemical reaction networks in a notebook.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", title="commands")
    lab = commands.add_parser(
        "lab",
        help="open the tutorials in JupyterLab",
        description="Copy the tutorials to FOLDER and open the first one in JupyterLab. A file that is there stays.",
        usage="crnwidgets lab [-h] [FOLDER] [-- JUPYTERLAB_ARGUMENT ...]",
        epilog="What follows -- is passed to JupyterLab, as in: crnwidgets lab -- --no-browser --port 9999",
    )
    lab.add_argument(
        "folder",
        metavar="FOLDER",
        nargs="?",
        type=Path,
        default=Path("crnwidgets-tutorials"),
        help="where to put the tutorials (default: ./%(default)s)",
    )
    return parser


def _lab(folder: Path, arguments: list[str]) -> None:
    from jupyterlab import labapp

    copies, changed = copy_tutorials(folder)
    print(f"The tutorials are in {folder.resolve()}")
    for path in changed:
        print(f"  {path.name} is kept: it differs from the packaged one. Rename it to get a fresh copy.")
    # In this process, so that Ctrl-C reaches JupyterLab alone.
    labapp.main([str(copies[0].resolve()), *arguments])
