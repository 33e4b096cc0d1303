"""The statements about chambers: how many there are, what is between them, and what is said of one of them alone."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from lark import Token, Tree

from crnwidgets.rules.names import quoted
from crnwidgets.rules.parts import Parts, Span, Value, similar, span_of, trees
from crnwidgets.rules.topologies import PAIRS, Pair

__all__ = ["ChamberStatements", "Membrane", "ParsedChambers", "ParsedMembrane", "Target"]

# A slip of the finger must not fill the memory; Python can make more of them.
_MOST = 10_000
_MOST_COMPLETE = 400  # which makes 79,800 membranes
_LONGEST = 9  # digits that are read


@dataclass(frozen=True)
class ParsedChambers:
    """The `chambers` statement of a text.

    Attributes:
        kind: "ring", "line", "star", "grid", "complete", or "" where the membranes are listed.
        shape: (chambers,), of a grid (rows, columns).
        membranes: the pairs of chambers, from 0.
        span: the whole statement.
    """

    kind: str
    shape: tuple[int, ...]
    membranes: tuple[Pair, ...]
    span: Span

    @property
    def count(self) -> int:
        """How many chambers there are."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class ParsedMembrane:
    """One `membrane` statement of a text.

    Attributes:
        species: what passes.
        rate, rate_name: its permeability, and the name it was given by or None.
        pairs: of which membranes, from 0; None: of all that no other statement names.
        rate_span: the number that says it, or None where there is a name.
    """

    species: str
    rate: float
    rate_name: str | None
    pairs: tuple[Pair, ...] | None
    rate_span: Span | None


@dataclass(frozen=True)
class Target:
    """A name before `=`, in one chamber (from 0) or in all (None); `span` is that of the name."""

    name: str
    chamber: int | None
    span: Span
    chamber_span: Span

    def __str__(self) -> str:
        return self.name if self.chamber is None else f"{self.name}[{self.chamber + 1}]"


@dataclass(frozen=True)
class Membrane:
    """A `membrane` statement as it is read, before names have values; each pair comes with its span."""

    species: str
    rate: Value
    pairs: tuple[tuple[Pair, Span], ...] | None
    span: Span


class ChamberStatements(Parts):
    """Reads `chambers`, `membrane` and `A[2]`, and checks them once the whole text is known."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.chambers: ParsedChambers | None = None
        self.membranes: list[Membrane] = []

    # -- reading ------------------------------------------------------------------------------------------------

    def read_chambers(self, parts: list[Any], start: int, span: Span) -> None:
        """`chambers 5 ring`, `chambers 3 x 4 grid` or `chambers 4: 1-2, 2-3`."""
        if self.chambers is not None:
            self.fail("chambers-twice", span, "expected one `chambers` statement, but this is the second", "keep one")
        size, kind = parts[1], parts[2]
        if kind.type == "COLON":
            count = self.size(size, size, _MOST, start)
            pairs: dict[Pair, None] = {}
            for pair, place in self.pairs(parts, start):
                if pair[1] >= count:
                    self.fail_chamber(pair[1], count, place)
                if pair in pairs:
                    self.fail("pair-twice", place, f"expected each pair once, but {_shown(pair)} is here twice", None)
                pairs[pair] = None
            self.chambers = ParsedChambers("", (count,), tuple(pairs), span)
            return
        if kind not in PAIRS:
            self.fail(
                "unknown-topology",
                span_of(kind, start),
                f"expected how the chambers are joined ({', '.join(PAIRS)}), but found {kind}",
                similar(kind, PAIRS) or "for any other way list the membranes: `chambers 4: 1-2, 2-3, 2-4`",
            )
        if (size.type == "GRID") != (kind == "grid"):
            lattice, single = "rows and columns", "one number"
            wanted, found = (lattice, single) if kind == "grid" else (single, lattice)
            self.fail(
                "topology-size",
                span_of(size, start),
                f"expected {wanted} for a {kind}, but found {found}",
                "write `chambers 5 ring` or `chambers 3 x 4 grid`",
            )
        numbers = [part.strip() for part in size.replace("×", "x").split("x")]
        most = _MOST_COMPLETE if kind == "complete" else _MOST
        shape = tuple(self.size(number, size, most, start) for number in numbers)
        if math.prod(shape) > most:
            self.fail_count(size, most, span_of(size, start))
        self.chambers = ParsedChambers(str(kind), shape, PAIRS[kind](*shape), span)

    def read_membrane(self, parts: list[Any], start: int, span: Span) -> None:
        """`membrane B {0.8}`, or of single membranes `membrane B {0.8}: 1-2, 2-3`."""
        name, braces = parts[1], parts[2]
        rates = [self.value(value, start) for value in trees(braces, "value")]
        if not rates:
            self.fail("empty-rate", span_of(braces, start), "expected a rate between the braces", "write `{1}`")
        if len(rates) > 1:
            place = rates[0].span[0], rates[-1].span[1]
            self.fail("rate-count", place, f"expected one rate, for both ways, but found {len(rates)}", "write `{0.8}`")
        pairs = self.pairs(parts, start) or None
        self.membranes.append(Membrane(self.name(name, start), rates[0], pairs, span_of(name, start)))

    def target(self, node: Any, start: int) -> Target:
        """What stands before `=`: `A` or `A[2]`."""
        token, *place = node.children
        name, span = self.name(token, start), span_of(token, start)
        if not place:
            return Target(name, None, span, span)
        value = self.value(trees(place[0], "value")[0], start)
        number = value.number
        if number is None or not 1 <= number < 10**_LONGEST or not number.is_integer():
            self.fail(
                "chamber-number",
                value.span,
                f"expected the number of a chamber, from 1 on, but found {self.text[slice(*value.span)]}",
                f"write it as `{quoted(name)}[1]`",
            )
        return Target(name, int(number) - 1, span, span_of(place[0], start))

    def pairs(self, parts: list[Any], start: int) -> tuple[tuple[Pair, Span], ...]:
        """The pairs of chambers among the parts of a statement, each with its span."""
        nodes = [part for part in parts if isinstance(part, Tree) and part.data == "pair"]
        return tuple((self.pair(node, start), span_of(node, start)) for node in nodes)

    def pair(self, node: Any, start: int) -> Pair:
        """The two chambers of a pair, from 0, the smaller one first."""
        ends = []
        for token in node.children[::2]:
            if not token.isdigit() or len(token) > _LONGEST or int(token) < 1:
                self.fail(
                    "chamber-number",
                    span_of(token, start),
                    f"expected the number of a chamber, from 1 on, but found {token[:20]}",
                    "write a membrane as `1-2`",
                )
            ends.append(int(token) - 1)
        if ends[0] == ends[1]:
            self.fail(
                "membrane-to-itself",
                span_of(node, start),
                f"expected two chambers, but both are {ends[0] + 1}",
                "a membrane is between two",
            )
        return min(ends), max(ends)

    def size(self, number: str, token: Token, most: int, start: int) -> int:
        """A number of chambers, from 1 to `most`; `token` is where it stands."""
        if not number.isdigit() or len(number) > _LONGEST or not 1 <= int(number) <= most:
            self.fail_count(number[:20], most, span_of(token, start))
        return int(number)

    # -- the whole text -------------------------------------------------------------------------------------------

    def check_targets(self, targets: Iterable[Target]) -> None:
        """That what is said of one chamber is said of one that exists."""
        for target in targets:
            if target.chamber is None:
                continue
            if self.chambers is None:
                self.fail_without_chambers(target.chamber_span, f"{target} is in one")
            if target.chamber >= self.chambers.count:
                self.fail_chamber(target.chamber, self.chambers.count, target.chamber_span)

    def check_membranes(self, species: Collection[str]) -> None:
        """That every membrane exists, that known species pass, and that no permeability is said twice."""
        joined = frozenset(self.chambers.membranes) if self.chambers else frozenset()
        said: set[tuple[str, Pair | None]] = set()
        for membrane in self.membranes:
            name = membrane.species
            if self.chambers is None:
                self.fail_without_chambers(membrane.span, "there is a membrane")
            if name not in species:
                self.fail(
                    "membrane-unknown-species",
                    membrane.span,
                    f"expected a species of the rules, but found {name}",
                    similar(name, species),
                )
            for pair, span in membrane.pairs or ((None, membrane.span),):
                if pair is not None and pair[1] >= self.chambers.count:
                    self.fail_chamber(pair[1], self.chambers.count, span)
                if pair is not None and pair not in joined:
                    self.fail(
                        "no-such-membrane",
                        span,
                        f"expected chambers beside each other, but {_shown(pair)} has no membrane",
                        "there are " + ", ".join(map(_shown, self.chambers.membranes[:8])) if joined else None,
                    )
                if (name, pair) in said:
                    where = "" if pair is None else f" between {_shown(pair)}"
                    self.fail(
                        "membrane-twice",
                        span,
                        f"expected one permeability for {name}{where}, but this is the second",
                        "keep one",
                    )
                said.add((name, pair))

    def finished_membranes(self, parameters: Mapping[str, float]) -> tuple[ParsedMembrane, ...]:
        """The `membrane` statements with the values of their rates."""
        finished = []
        for membrane in self.membranes:
            number, name, span = self.rate(membrane.rate, parameters, "the permeability")
            pairs = None if membrane.pairs is None else tuple(pair for pair, _ in membrane.pairs)
            finished.append(ParsedMembrane(membrane.species, number, name, pairs, span))
        return tuple(finished)

    # -- mistakes -------------------------------------------------------------------------------------------------

    def fail_without_chambers(self, span: Span, what: str) -> NoReturn:
        """Raise the RuleError for what makes sense among chambers alone."""
        self.fail(
            "no-chambers",
            span,
            f"expected a `chambers` statement, for {what}, but there is none",
            "add a line such as `chambers 5 ring`",
        )

    def fail_chamber(self, chamber: int, count: int, span: Span) -> NoReturn:
        """Raise the RuleError for a chamber that is not there."""
        self.fail(
            "no-such-chamber",
            span,
            f"expected a chamber from 1 to {count}, but found {chamber + 1}",
            f"to have more write `chambers {chamber + 1} …`",
        )

    def fail_count(self, found: str, most: int, span: Span) -> NoReturn:
        """Raise the RuleError for a number of chambers that cannot be."""
        self.fail("chamber-count", span, f"expected from 1 to {most} chambers, but found {found}", None)


def _shown(pair: Pair) -> str:
    return f"{pair[0] + 1}-{pair[1] + 1}"
