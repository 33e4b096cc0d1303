"""`python -m crnwidgets.zoo`: list the trained networks, measure them again, or train them from scratch."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from crnwidgets.learning import Solution
from crnwidgets.zoo.entries import Entry, entry, load, names, save
from crnwidgets.zoo.recipes import RECIPES

__all__ = ["check", "main", "train"]

# Errors are measured by an adaptive solver to a relative 1e-6; what differs by more is another network.
_TOLERANCE = 1e-3


def train(recipe: str, seed: int, folder: Path) -> list[Entry]:
    """Make the entries of a recipe from scratch, write them to a folder and print what they reach."""
    print(f"{recipe}: about {RECIPES[recipe].minutes:g} minutes on two cores")
    start = time.perf_counter()
    made = RECIPES[recipe].make(seed, print)
    print(f"{time.perf_counter() - start:.0f} s; of the networks as trained: {_listed(made.runs)}")
    entries = [
        Entry(name, recipe, seed, measure(solution), solution.network) for name, solution in made.solutions.items()
    ]
    folder.mkdir(parents=True, exist_ok=True)
    for made_entry in entries:
        print(f"{save(made_entry, folder)}: {_listed(made_entry.figures)}")
    return entries


def check() -> bool:
    """Measure all entries again, print the figures, and say whether they are those in the files."""
    good = True
    for name in names():
        stated, found = entry(name).figures, measure(load(name))
        same = stated.keys() == found.keys() and all(
            math.isclose(stated[key], found[key], rel_tol=_TOLERANCE) for key in stated
        )
        print(f"{name}: {_listed(found)}{'' if same else f'  BUT ITS FILE SAYS {_listed(stated)}'}")
        good = good and same
    return good


def measure(solution: Solution) -> dict[str, float]:
    """All figures of a network: its loss, and the task's own test."""
    scored = Solution.of(solution.task, solution.network)
    return {"loss": scored.loss, **solution.task.evaluate(scored)}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m crnwidgets.zoo", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the names of all entries")
    commands.add_parser("check", help="measure all entries again; the exit status is 1 where a figure differs")
    training = commands.add_parser("train", help="make entries from scratch")
    training.add_argument("recipe", choices=sorted(RECIPES))
    training.add_argument("--seed", type=int, default=0)
    training.add_argument("--folder", type=Path, default=Path("zoo"), help="where to write them (default: ./zoo)")
    options = parser.parse_args(argv)
    if options.command == "list":
        print(*names(), sep="\n")
    elif options.command == "check":
        return 0 if check() else 1
    else:
        train(options.recipe, options.seed, options.folder)
    return 0


def _listed(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in figures.items())


if __name__ == "__main__":
    sys.exit(main())
