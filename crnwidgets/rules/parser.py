"""Rule text → `RuleSet`: statements one by one through the grammar, then the checks that need the whole text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from crnwidgets.rules.chambers import ChamberStatements, ParsedChambers, ParsedMembrane, Target
from crnwidgets.rules.diagnosis import diagnose
from crnwidgets.rules.errors import RuleError
from crnwidgets.rules.names import NAME, QUOTED, quoted
from crnwidgets.rules.parts import Span, Value, mistake_in, similar, span_of, trees
from crnwidgets.rules.writer import reading_order

__all__ = ["ParsedEvent", "ParsedReaction", "RuleSet", "parse"]

Counts = dict[str, int]

_LARGEST_COUNT = 1000
# A statement ends at a line break or a semicolon, but not inside quotes or a comment.
_PIECE = re.compile(r'"(?:[^"\\\n]|\\.)*"?|#[^\n]*|[;\n]|[^"#;\n]+')


@dataclass(frozen=True)
class ParsedReaction:
    """One reaction of a text.

    Attributes:
        reactants, products: species → count.
        rate, rate_name: the value, and the name it was given by or None.
        line: where it stands, from 1 (the reactions of one chain share a line).
        span: the statement it comes from.
        rate_span: the number that says its rate, or None where there is none.
    """

    reactants: Mapping[str, int]
    products: Mapping[str, int]
    rate: float
    rate_name: str | None
    line: int
    span: Span
    rate_span: Span | None


@dataclass(frozen=True)
class ParsedEvent:
    """One timed intervention of a text, with the spans of its time, its operation and its amount.

    `chamber` counts from 0; None is every one.
    """

    time: float
    species: str
    operation: str
    amount: float
    chamber: int | None
    time_span: Span
    operation_span: Span
    amount_span: Span


@dataclass(frozen=True)
class RuleSet:
    """What a rule text says, and where it says it.

    Attributes:
        text: the text itself, with line breaks as "\\n"; all spans count in it.
        species: in the order of the `species` statement, else of first appearance.
        reactions: `ParsedReaction`s in the order of the text.
        initial, parameters: the stated initial concentrations and the named rates.
        events: `ParsedEvent`s in the order of the text.
        initial_spans, parameter_spans: where those numbers stand.
        chambers: the `chambers` statement, or None.
        membranes: `ParsedMembrane`s in the order of the text.
        chamber_initial: (species, chamber from 0) → initial concentration, where one chamber has its own.
        chamber_initial_spans: where those numbers stand.
    """

    text: str
    species: tuple[str, ...]
    reactions: tuple[ParsedReaction, ...]
    initial: Mapping[str, float]
    parameters: Mapping[str, float]
    events: tuple[ParsedEvent, ...]
    initial_spans: Mapping[str, Span]
    parameter_spans: Mapping[str, Span]
    chambers: ParsedChambers | None
    membranes: tuple[ParsedMembrane, ...]
    chamber_initial: Mapping[tuple[str, int], float]
    chamber_initial_spans: Mapping[tuple[str, int], Span]

    def mistake(self, kind: str, span: Span, message: str, hint: str | None) -> RuleError:
        """The RuleError for a mistake that shows only when the text is put to use."""
        return mistake_in(self.text, kind, span, message, hint)


def parse(text: str) -> RuleSet:
    """Read a text in the rule language.

    Raises RuleError at the first mistake, and TypeError if `text` is not a string. Takes linear time.
    """
    if not isinstance(text, str):
        raise TypeError(f"Argument `text` must be a string of rules, but it is {type(text).__name__}.")
    return _Reader(text.replace("\r\n", "\n").replace("\r", "\n")).read()


class _Reader(ChamberStatements):
    """Reads one text; collects statements first, then checks them against each other."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.reactions: list[tuple[Counts, Counts, Value | None, Span]] = []
        self.assignments: list[tuple[Target, Value]] = []
        self.events: list[tuple[ParsedEvent, Target]] = []
        self.declared: dict[str, None] | None = None
        self.used: dict[str, Span] = {}

    # -- reading ------------------------------------------------------------------------------------------------

    def read(self) -> RuleSet:
        for start, statement in _statements(self.text):
            mistake = None
            try:
                tree = _grammar().parse(statement)
            except UnexpectedToken as error:
                at = len(statement) if error.token.type == "$END" else error.token.start_pos or 0
                mistake = diagnose(statement, at, error.token.type, error.token, error.expected)
            except UnexpectedCharacters as error:
                mistake = diagnose(statement, error.pos_in_stream or 0, None, error.char, error.allowed or ())
            if mistake:
                # Not while the parser's own error is handled: it would come along, and it cannot be pickled.
                self.fail(mistake.kind, (start + mistake.start, start + mistake.end), mistake.message, mistake.hint)
            node = tree.children[0]
            assert isinstance(node, Tree)
            getattr(self, f"read_{node.data}")(node.children, start, (start, start + len(statement.rstrip())))
        return self.check()

    def read_reaction(self, parts: list[Any], start: int, span: Span) -> None:
        rates: list[Value] | None = None
        if parts[-1].data == "rates":
            braces = parts.pop()
            rates = [self.value(v, start) for v in trees(braces, "value")]
            if not rates:
                self.fail("empty-rate", span_of(braces, start), "expected a rate between the braces", "write `{1}`")
        complexes = [self.complex(part, start) for part in parts[::2]]
        steps: list[tuple[Counts, Counts, Value | None]] = []
        for left, arrow, right in zip(complexes, parts[1::2], complexes[1:], strict=False):
            first = arrow.children[0].type
            if first == "MINUS":
                steps.append(self.catalysed(left, arrow, right, start))
            if first in ("FORWARD", "BOTH"):
                steps.append((left, right, None))
            if first in ("BACKWARD", "BOTH"):
                steps.append((right, left, None))
        if rates is not None:
            self.check_rate_count(rates, steps, span)
            steps = [(left, right, rate) for (left, right, _), rate in zip(steps, rates, strict=True)]
        for left, right, rate in steps:
            if left == right:
                self.fail(
                    "equal-sides",
                    span,
                    "expected two different sides, but both are the same",
                    "a reaction must change something",
                )
            self.reactions.append((left, right, rate, span))

    def check_rate_count(
        self, rates: list[Value], steps: list[tuple[Counts, Counts, Value | None]], span: Span
    ) -> None:
        where = (rates[0].span[0], rates[-1].span[1])
        if any(rate is not None for *_, rate in steps):
            self.fail("rate-twice", where, "expected one rate, but the arrow has one too", "keep one of the two")
        if len(rates) == len(steps):
            return
        if len(steps) == 1:
            message, hint = (
                f"expected one rate for a one-way arrow, but found {len(rates)}",
                "for both ways write `<->`",
            )
        elif len(steps) == 2 and len(rates) == 1:
            message, hint = "expected two rates, one for each direction, but found one", "write `{1, 1}`"
        else:
            message = f"expected {len(steps)} rates, one for each direction from left to right, but found {len(rates)}"
            hint = None
        self.fail("rate-count", where, message, hint)

    def catalysed(self, left: Counts, arrow: Any, right: Counts, start: int) -> tuple[Counts, Counts, Value | None]:
        values = [self.value(v, start) for v in trees(arrow, "value")]
        *before, last = values
        if last.name is None:
            self.fail(
                "missing-catalyst",
                last.span,
                "expected a catalyst before the arrow, but found a number",
                f"write `-{last.number:g},C->` with a catalyst C, or put the rate at the end: `{{{last.number:g}}}`",
            )
        if len(before) > 1:
            self.fail(
                "many-catalysts",
                span_of(arrow, start),
                "expected at most a rate and one catalyst between `-` and `->`",
                "write several catalysts on both sides: `A + C + D -> B + C + D`",
            )
        self.use(last.name, last.span)

        def with_catalyst(counts: Counts) -> Counts:
            assert last.name is not None
            return {**counts, last.name: counts.get(last.name, 0) + 1}

        return with_catalyst(left), with_catalyst(right), before[0] if before else None

    def complex(self, node: Any, start: int) -> Counts:
        counts: Counts = {}
        items = trees(node, "item")
        for item in items:
            span = span_of(item, start)
            number = next((t for t in item.children if t.type == "NUMBER"), None)
            name = next((t for t in item.children if t.type in ("NAME", "QUOTED")), None)
            if name is None:
                if number is not None and float(number) != 0:
                    self.fail(
                        "number-alone", span, f"expected a species, but found the number {number}", "0 means nothing"
                    )
                if len(items) > 1:
                    self.fail("nothing-added", span, "expected a species, but found nothing (0)", "leave it out")
                return {}
            count = 1 if number is None else self.count(number, span)
            species = self.name(name, start)
            self.use(species, span)
            counts[species] = counts.get(species, 0) + count
        return counts

    def count(self, number: Token, span: Span) -> int:
        if not number.isdigit():
            self.fail(
                "fractional-count",
                span,
                f"expected a whole number of molecules, but found {number}",
                "a rate goes at the end, in braces: `{0.5}`",
            )
        if len(number) > len(str(_LARGEST_COUNT)) or not 0 < int(number) <= _LARGEST_COUNT:
            self.fail("count-range", span, f"expected a count from 1 to {_LARGEST_COUNT}, but found {number[:9]}", None)
        return int(number)

    def read_assignment(self, parts: list[Any], start: int, span: Span) -> None:
        target, _, value = parts
        self.assignments.append((self.target(target, start), self.value(value, start)))

    def read_event(self, parts: list[Any], start: int, span: Span) -> None:
        _, when, _, place, operation, how_much = parts
        time, target, amount = self.value(when, start), self.target(place, start), self.value(how_much, start)
        self.events.append(
            (
                ParsedEvent(
                    self.amount(time, "time", "the time of an intervention"),
                    target.name,
                    str(operation).replace("−", "-"),
                    self.amount(amount, "amount", "the amount of an intervention"),
                    target.chamber,
                    time.span,
                    span_of(operation, start),
                    amount.span,
                ),
                target,
            )
        )

    def read_declaration(self, parts: list[Any], start: int, span: Span) -> None:
        if self.declared is not None:
            self.fail("species-twice", span, "expected one `species` statement, but this is the second", "join the two")
        self.declared = {}
        for token in parts:
            if token.type not in ("NAME", "QUOTED"):
                continue
            name = self.name(token, start)
            if name in self.declared:
                self.fail(
                    "declared-twice",
                    span_of(token, start),
                    f"expected each species once, but {name} is here twice",
                    None,
                )
            self.declared[name] = None

    def use(self, name: str, span: Span) -> None:
        self.used.setdefault(name, span)

    # -- the whole text -------------------------------------------------------------------------------------------

    def check(self) -> RuleSet:
        rates = [*(rate for _, _, rate, _ in self.reactions if rate), *(membrane.rate for membrane in self.membranes)]
        rate_names: dict[str, Span] = {}
        for rate in rates:
            if rate.name is not None:
                rate_names.setdefault(rate.name, rate.span)
        for target, value in self.assignments:
            if value.name is not None and target.name not in {*self.used, *(self.declared or ()), *rate_names}:
                self.fail(
                    "reaction-as-equation",
                    (target.chamber_span[1], value.span[0]),
                    "expected an arrow between the two sides, but found `=`",
                    "did you mean `->`?",
                )
        if not self.used and not self.declared:
            self.fail(
                "no-rules",
                (0, len(self.text.rstrip())) if self.text.strip() else (0, 0),
                "expected at least one reaction, but found none",
                "write one a line, for example `A + B -> C {0.5}`",
            )
        order = dict.fromkeys(n for left, right, *_ in self.reactions for n in reading_order(left, right))
        species = tuple(order if self.declared is None else self.declared)
        known = set(species)
        if self.declared is not None:
            for name, span in self.used.items():
                if name not in known:
                    self.fail(
                        "undeclared-species",
                        span,
                        f"expected a species from the `species` statement, but found {name}",
                        similar(name, species) or f"add {quoted(name)} to the `species` statement",
                    )
        for name, span in rate_names.items():
            if name in known:
                self.fail(
                    "species-and-rate", span, f"expected a rate, but {name} is a species", "rename one of the two"
                )
        self.check_membranes(order if self.declared is None else self.declared)
        self.check_targets([*(target for target, _ in self.assignments), *(target for _, target in self.events)])
        initial: dict[str, float] = {}
        chamber_initial: dict[tuple[str, int], float] = {}
        parameters: dict[str, float] = {}
        spans: dict[Any, Span] = {}  # of all three: their keys differ
        for target, value in self.assignments:
            name = target.name
            if name in known and target.chamber is None:
                self.assign(target, value, name, initial, spans)
            elif name in known:
                self.assign(target, value, (name, target.chamber), chamber_initial, spans)
            elif name in rate_names:
                if target.chamber is not None:
                    self.fail(
                        "rate-in-chamber",
                        target.chamber_span,
                        f"expected `=`, for {name} is a rate",
                        "a rate is the same in every chamber",
                    )
                self.assign(target, value, name, parameters, spans, "rate", f"the rate {name}")
            else:
                self.fail(
                    "unknown-name",
                    target.span,
                    f"expected a species or a rate of the rules, but {name} is neither",
                    similar(name, [*species, *rate_names]),
                )
        for name, span in rate_names.items():
            if name not in parameters:
                self.fail(
                    "missing-rate-value",
                    span,
                    f"expected a value for the rate {name}, but there is none",
                    similar(name, parameters) or f"add the line `{quoted(name)} = 1`",
                )
        for event, target in self.events:
            if event.species in rate_names:
                self.fail(
                    "event-on-rate",
                    target.span,
                    f"expected a species, but {event.species} is a rate",
                    "an intervention changes a concentration",
                )
            if event.species not in known:
                self.fail(
                    "event-unknown-species",
                    target.span,
                    f"expected a species of the rules, but found {event.species}",
                    similar(event.species, species),
                )
        return RuleSet(
            self.text,
            species,
            self.finished_reactions(parameters),
            initial,
            parameters,
            tuple(event for event, _ in self.events),
            {name: spans[name] for name in initial},
            {name: spans[name] for name in parameters},
            self.chambers,
            self.finished_membranes(parameters),
            chamber_initial,
            {place: spans[place] for place in chamber_initial},
        )

    def assign(
        self,
        target: Target,
        value: Value,
        key: Any,
        values: dict[Any, float],
        spans: dict[Any, Span],
        kind: str = "concentration",
        what: str | None = None,
    ) -> None:
        if key in values:
            self.fail(
                "assigned-twice", target.span, f"expected one value for {target}, but this is the second", "keep one"
            )
        values[key] = self.amount(value, kind, what or f"the initial concentration of {target}")
        spans[key] = value.span

    def finished_reactions(self, parameters: Mapping[str, float]) -> tuple[ParsedReaction, ...]:
        finished = []
        starts = [m.end() for m in re.finditer("\n", self.text)]
        seen: dict[Any, int] = {}
        for left, right, rate, span in self.reactions:
            line = bisect_right(starts, span[0]) + 1
            edge = frozenset(left.items()), frozenset(right.items())
            if edge in seen:
                self.fail(
                    "reaction-twice",
                    span,
                    f"expected each reaction once, but this one is already in line {seen[edge]}",
                    "add the two rates up in one line",
                )
            seen[edge] = line
            number, name, rate_span = (1.0, None, None) if rate is None else self.rate(rate, parameters, "the rate")
            finished.append(ParsedReaction(left, right, number, name, line, span, rate_span))
        return tuple(finished)


@cache
def _grammar() -> Lark:
    terminals = f"\nNAME: /{NAME}/\nQUOTED: /{QUOTED}/\n_SPACE: /[^\\S\\n\\ufeff]+|\\ufeff/\n%ignore _SPACE\n"
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8") + terminals
    return Lark(grammar, parser="lalr", maybe_placeholders=False, propagate_positions=True)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """The statements of a text that are not blank, each with the offset where it starts."""
    start: int | None = None
    end = 0
    for piece in _PIECE.finditer(text):
        found = piece.group()
        if found in ";\n" or found.startswith("#"):
            if start is not None:
                yield start, text[start:end]
            start = None
        else:
            if start is None:
                blank = len(found) - len(found.lstrip("\ufeff \t\f\v\xa0"))
                start = piece.start() + blank if blank < len(found) else None
            end = piece.end()
    if start is not None:
        yield start, text[start:end]
