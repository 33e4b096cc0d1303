"""`python -m crnwidgets.zoo`: list the trained networks, measure them again, also under noise, or train them anew."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from crnwidgets.learning import Solution
from crnwidgets.zoo.entries import Entry, entry, load, names, save
from crnwidgets.zoo.recipes import RECIPES
from crnwidgets.zoo.robustness import rate_noise, right_answers

__all__ = ["check", "main", "robustness", "stochastic", "train"]

# Errors are measured by an adaptive solver to a relative 1e-6; what differs by more is another network.
_TOLERANCE = 1e-3
_VOLUMES = (100, 1_000, 10_000)


def train(recipe: str, seed: int, folder: Path) -> list[Entry]:
    """Make the entries of a recipe from scratch, write them to a folder and print what they reach."""
    print(f"{recipe}: about {RECIPES[recipe].minutes:g} minutes on two cores")
    start = time.perf_counter()
    made = RECIPES[recipe].make(seed, print)
    print(f"{time.perf_counter() - start:.0f} s; of the networks as trained: {_listed(made.runs)}")
    entries = [
        Entry(name, recipe, seed, measure(solution), solution.system) for name, solution in made.solutions.items()
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


def robustness(entries: Iterable[str], draws: int, seconds: float) -> None:
    """Print how often entries pass their whole tests with rates about a tenth more or less."""
    for name in entries:
        print(
            f"{name}: passes with {rate_noise(load(name), draws=draws, seconds=seconds)} draws of its rates", flush=True
        )


def stochastic(entries: Iterable[str], runs: int, seconds: float) -> None:
    """Print how often entries give the right answer with a hundred, a thousand and ten thousand molecules a unit."""
    for name in entries:
        solution = load(name)
        found = (f"{v:,} molecules: {right_answers(solution, v, runs=runs, seconds=seconds)} runs" for v in _VOLUMES)
        print(f"{name}: right with {'; '.join(found)}", flush=True)


def measure(solution: Solution) -> dict[str, float]:
    """All figures of a network: its loss, and the task's own test."""
    scored = Solution.of(solution.task, solution.system)
    return {"loss": scored.loss, **solution.task.evaluate(scored)}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m crnwidgets.zoo", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the names of all entries")
    commands.add_parser("check", help="measure all entries again; the exit status is 1 where a figure differs")
    noise = commands.add_parser("robustness", help="how often entries pass their tests with other rates")
    noise.add_argument("--draws", type=int, default=1000, help="of the rates, 10 %% log-normal noise (default: 1000)")
    counted = commands.add_parser("stochastic", help="how often entries are right with few molecules; needs rebop")
    counted.add_argument("--runs", type=int, default=100, help="with each number of molecules (default: 100)")
    for command in (noise, counted):
        command.add_argument("name", nargs="*", help="which entries (default: all)")
        command.add_argument(
            "--seconds", type=float, default=120.0, help="no more after so long, for each (default: 120)"
        )
    training = commands.add_parser("train", help="make entries from scratch")
    training.add_argument("recipe", choices=sorted(RECIPES))
    training.add_argument("--seed", type=int, default=0)
    training.add_argument("--folder", type=Path, default=Path("zoo"), help="where to write them (default: ./zoo)")
    options = parser.parse_args(argv)
    if options.command == "list":
        print(*names(), sep="\n")
    elif options.command == "check":
        return 0 if check() else 1
    elif options.command == "robustness":
        robustness(options.name or names(), options.draws, options.seconds)
    elif options.command == "stochastic":
        stochastic(options.name or names(), options.runs, options.seconds)
    else:
        train(options.recipe, options.seed, options.folder)
    return 0


def _listed(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in figures.items())


if __name__ == "__main__":
    sys.exit(main())
