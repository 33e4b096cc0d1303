"""`python -m tests.benchmarks` measures the Lab in a real JupyterLab, training, neural networks,
and how well points are told apart; `--quick` takes fewer samples.

Nothing here fails for being slow: each figure stands beside its target and beside the plain way in the same run.
"""

from __future__ import annotations

import argparse
from importlib import import_module

WHAT = ("lab", "training", "neural", "classification")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", help=f"what to measure, of {', '.join(WHAT)}; left out: all")
    parser.add_argument("--quick", action="store_true", help="few samples, to see that it works")
    given = parser.parse_args()
    if unknown := set(given.what) - set(WHAT):
        parser.error(f"{', '.join(sorted(unknown))} must be of {', '.join(WHAT)}")
    for what in given.what or WHAT:
        # Only what is asked for is imported: the Lab's needs a browser's driver, the others do not.
        import_module(f"tests.benchmarks.{what}").main(given.quick)


if __name__ == "__main__":
    main()
