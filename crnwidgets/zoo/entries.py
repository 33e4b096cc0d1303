"""The entries of the zoo: one file each, in the rule language, its comments saying where it comes from."""

from __future__ import annotations

import decimal
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from crnwidgets.chambers import Chambers, read
from crnwidgets.network import Network, Reaction

if TYPE_CHECKING:
    from crnwidgets.learning import Solution

__all__ = ["FOLDER", "Entry", "entry", "load", "names", "readable", "save"]

FOLDER = Path(__file__).parent / "networks"
_SUFFIX = ".crn"
_DIGITS = 5

Readable = TypeVar("Readable", Network, Chambers)


@dataclass(frozen=True)
class Entry:
    """One trained network as it is kept.

    Attributes:
        name: of the entry.
        recipe: of the way it was made, see `recipes.RECIPES`; it also says for which task.
        seed: of the training.
        figures: what was measured on this very text: name → number, "loss" among them.
        network: as in the rules; in its chambers if it has any.
    """

    name: str
    recipe: str
    seed: int
    figures: Mapping[str, float]
    network: Network | Chambers

    def __str__(self) -> str:
        """The text of the file, from which `parse` makes an equal entry."""
        head = {"made by": f"python -m crnwidgets.zoo train {self.recipe} --seed {self.seed}", **self.figures}
        lines = [
            f"# {name}: {value if isinstance(value, str) else format(value, '.4g')}" for name, value in head.items()
        ]
        return "\n".join([f"# {self.name}", *lines, "", str(self.network), ""])

    @classmethod
    def parse(cls, text: str) -> Entry:
        """The entry that a text stands for.

        Raises ValueError where the comments are not those of an entry, RuleError for a mistake in the rules.
        """
        name, *head = [line[1:].strip() for line in text.splitlines() if line.startswith("#")]
        values = dict(line.split(": ", 1) for line in head)
        try:
            *_, recipe, _, seed = values.pop("made by").split()
            figures = {key: float(value) for key, value in values.items()}
            return cls(name, recipe, int(seed), figures, read(text))
        except (KeyError, ValueError) as error:
            raise ValueError(f"The text must begin with the comments of an entry, but {error} is wrong.") from error


def names() -> tuple[str, ...]:
    """The names of all entries: those of one recipe together, the smallest network first."""
    return tuple(sorted((path.stem for path in FOLDER.glob(f"*{_SUFFIX}")), key=_order))


def entry(name: str) -> Entry:
    """An entry with its recipe and its figures.

    Raises KeyError for a name that is not among `names`.
    """
    if name not in names():
        close = difflib.get_close_matches(name, names(), n=1, cutoff=0.4)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        raise KeyError(f"Argument `name` must be one of {list(names())}, but it is {name!r}{hint}")
    return Entry.parse((FOLDER / f"{name}{_SUFFIX}").read_text(encoding="utf-8"))


def load(name: str) -> Solution:
    """A trained network with its task: `.network`, `.loss`, `.reaction_count`, `.task`, and `.chambers` if it has any.

    Raises KeyError for a name that is not among `names`.
    """
    from crnwidgets.learning import Solution
    from crnwidgets.zoo.recipes import RECIPES

    found = entry(name)
    chambers = found.network if isinstance(found.network, Chambers) else None
    network = found.network.network if isinstance(found.network, Chambers) else found.network
    return Solution(network, found.figures["loss"], len(network.reactions), RECIPES[found.recipe].task(), chambers)


def save(entry: Entry, folder: Path) -> Path:
    """Write the entry's file, and return where."""
    path = folder / f"{entry.name}{_SUFFIX}"
    path.write_text(str(entry), encoding="utf-8")
    return path


def readable(network: Readable) -> Readable:
    """The network with five digits of each number; rounded down, so that no sum of rates grows beyond 1.

    Of chambers, permeabilities and initial concentrations have as many. Names of rates and events are left out.
    """
    if isinstance(network, Chambers):
        return Chambers(
            readable(network.network),
            network.topology,
            {name: np.vectorize(_rounded_down)(rates) for name, rates in network.permeability.items()},
            initial=np.vectorize(_rounded_down)(network.initial),
        )
    return Network(
        [Reaction(r.reactants, r.products, _rounded_down(r.rate)) for r in network.reactions],
        species=network.species,
        initial={name: _rounded_down(value) for name, value in network.initial.items()},
    )


def _rounded_down(number: float) -> float:
    # In decimals: multiplying a float by a power of ten may move it just below the number that it stands for.
    exact = decimal.Decimal(repr(float(number)))
    return float(exact.quantize(decimal.Decimal((0, (1,), exact.adjusted() - _DIGITS + 1)), decimal.ROUND_DOWN))


def _order(name: str) -> tuple[str, int]:
    recipe, _, size = name.rpartition("-")
    return (recipe, int(size)) if size.isdigit() else (name, 0)
