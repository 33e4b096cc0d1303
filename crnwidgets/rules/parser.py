"""Rule text → `RuleSet`: statements one by one through the grammar, then the checks that need the whole text."""

from __future__ import annotations

import difflib
import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from crnwidgets.rules.diagnosis import Mistake, diagnose
from crnwidgets.rules.errors import RuleError
from crnwidgets.rules.names import NAME, QUOTED, RESERVED, name_problem, quoted, unquoted
from crnwidgets.rules.writer import reading_order

__all__ = ["ParsedEvent", "ParsedReaction", "RuleSet", "parse"]

Counts = dict[str, int]
Span = tuple[int, int]
"""Where something stands in the text: offsets of its first character and of the one after its last."""

_LARGEST_COUNT = 1000
_NUMBER_WORDS = ("inf", "infinity", "nan")
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
    """One timed intervention of a text, with the spans of its time, its operation and its amount."""

    time: float
    species: str
    operation: str
    amount: float
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
    """

    text: str
    species: tuple[str, ...]
    reactions: tuple[ParsedReaction, ...]
    initial: Mapping[str, float]
    parameters: Mapping[str, float]
    events: tuple[ParsedEvent, ...]
    initial_spans: Mapping[str, Span]
    parameter_spans: Mapping[str, Span]


def parse(text: str) -> RuleSet:
    """Read a text in the rule language.

    Raises RuleError at the first mistake, and TypeError if `text` is not a string. Takes linear time.
    """
    if not isinstance(text, str):
        raise TypeError(f"Argument `text` must be a string of rules, but it is {type(text).__name__}.")
    return _Reader(text.replace("\r\n", "\n").replace("\r", "\n")).read()


@dataclass(frozen=True)
class _Value:
    """A number or a name that stands where a number can; `sign` is −1 where a minus stands before it."""

    number: float | None
    name: str | None
    sign: int
    span: Span


@dataclass(frozen=True)
class _Assignment:
    name: str
    name_span: Span
    value: _Value


class _Reader:
    """Reads one text; collects statements first, then checks them against each other."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.reactions: list[tuple[Counts, Counts, _Value | None, Span]] = []
        self.assignments: list[_Assignment] = []
        self.events: list[tuple[ParsedEvent, Span]] = []
        self.declared: dict[str, None] | None = None
        self.used: dict[str, Span] = {}
        self.line_starts = [0, *(m.end() for m in re.finditer("\n", text))]

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
                self.fail_with(mistake, start)
            node = tree.children[0]
            assert isinstance(node, Tree)
            getattr(self, f"read_{node.data}")(node.children, start, (start, start + len(statement.rstrip())))
        return self.check()

    def read_reaction(self, parts: list[Any], start: int, span: Span) -> None:
        rates: list[_Value] | None = None
        if parts[-1].data == "rates":
            braces = parts.pop()
            rates = [self.value(v, start) for v in _trees(braces, "value")]
            if not rates:
                self.fail("empty-rate", _span(braces, start), "expected a rate between the braces", "write `{1}`")
        complexes = [self.complex(part, start) for part in parts[::2]]
        steps: list[tuple[Counts, Counts, _Value | None]] = []
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
        self, rates: list[_Value], steps: list[tuple[Counts, Counts, _Value | None]], span: Span
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

    def catalysed(self, left: Counts, arrow: Any, right: Counts, start: int) -> tuple[Counts, Counts, _Value | None]:
        values = [self.value(v, start) for v in _trees(arrow, "value")]
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
                _span(arrow, start),
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
        items = _trees(node, "item")
        for item in items:
            span = _span(item, start)
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
        self.assignments.append(_Assignment(self.name(target, start), _span(target, start), self.value(value, start)))

    def read_event(self, parts: list[Any], start: int, span: Span) -> None:
        _, when, _, target, operation, how_much = parts
        time, amount = self.value(when, start), self.value(how_much, start)
        self.events.append(
            (
                ParsedEvent(
                    self.amount(time, "time", "the time of an intervention"),
                    self.name(target, start),
                    str(operation).replace("−", "-"),
                    self.amount(amount, "amount", "the amount of an intervention"),
                    time.span,
                    _span(operation, start),
                    amount.span,
                ),
                _span(target, start),
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
                    "declared-twice", _span(token, start), f"expected each species once, but {name} is here twice", None
                )
            self.declared[name] = None

    # -- small parts --------------------------------------------------------------------------------------------

    def name(self, token: Token, start: int) -> str:
        if token.type == "NAME" and token in RESERVED:
            self.fail(
                "reserved-word",
                _span(token, start),
                f"expected a name, but `{token}` begins a statement of its own",
                f'to use it as a name write it in quotes: "{token}"',
            )
        name = unquoted(token)
        if problem := name_problem(name):
            self.fail("bad-name", _span(token, start), f"expected a name, but {problem}", None)
        return name

    def use(self, name: str, span: Span) -> None:
        self.used.setdefault(name, span)

    def value(self, node: Any, start: int) -> _Value:
        *signs, token = node.children
        sign = -1 if signs and signs[0].type == "MINUS" else 1
        number: float | None = None
        name: str | None = None
        if token.type == "NUMBER" or (token.type == "NAME" and token.lower() in _NUMBER_WORDS):
            number = sign * float(token)
        else:
            name = self.name(token, start)
        return _Value(number, name, sign, _span(node, start))

    def amount(self, value: _Value, kind: str, what: str) -> float:
        """A finite, non-negative number, or a RuleError of the kinds negative-…, infinite-… or number-…"""
        number = value.number
        if number is None:
            hint = None if kind != "concentration" else f"for a reaction write `-> {quoted(value.name or '')}`"
            self.fail(f"{kind}-number", value.span, f"expected {what} as a number, but found {value.name}", hint)
        if math.isnan(number) or math.isinf(number):
            self.fail(f"infinite-{kind}", value.span, f"expected {what} to be finite, but found {number}", None)
        if number < 0:
            self.fail(f"negative-{kind}", value.span, f"expected {what} to be at least 0, but found {number:g}", None)
        return number + 0.0

    # -- the whole text -------------------------------------------------------------------------------------------

    def check(self) -> RuleSet:
        named = {rate.name for _, _, rate, _ in self.reactions if rate is not None}
        for a in self.assignments:
            if a.value.name is not None and a.name not in {*self.used, *(self.declared or ()), *named}:
                self.fail(
                    "reaction-as-equation",
                    (a.name_span[1], a.value.span[0]),
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
                        _similar(name, species) or f"add {quoted(name)} to the `species` statement",
                    )
        rate_names: dict[str, Span] = {}
        for _, _, rate, _ in self.reactions:
            if rate is not None and rate.name is not None:
                rate_names.setdefault(rate.name, rate.span)
        for name, span in rate_names.items():
            if name in known:
                self.fail(
                    "species-and-rate", span, f"expected a rate, but {name} is a species", "rename one of the two"
                )
        initial: dict[str, float] = {}
        parameters: dict[str, float] = {}
        initial_spans: dict[str, Span] = {}
        parameter_spans: dict[str, Span] = {}
        for a in self.assignments:
            if a.name in known:
                self.assign(a, initial, initial_spans, "concentration", f"the initial concentration of {a.name}")
            elif a.name in rate_names:
                self.assign(a, parameters, parameter_spans, "rate", f"the rate {a.name}")
            else:
                self.fail(
                    "unknown-name",
                    a.name_span,
                    f"expected a species or a rate of the rules, but {a.name} is neither",
                    _similar(a.name, [*species, *rate_names]),
                )
        for name, span in rate_names.items():
            if name not in parameters:
                self.fail(
                    "missing-rate-value",
                    span,
                    f"expected a value for the rate {name}, but there is none",
                    _similar(name, parameters) or f"add the line `{quoted(name)} = 1`",
                )
        for event, span in self.events:
            if event.species in rate_names:
                self.fail(
                    "event-on-rate",
                    span,
                    f"expected a species, but {event.species} is a rate",
                    "an intervention changes a concentration",
                )
            if event.species not in known:
                self.fail(
                    "event-unknown-species",
                    span,
                    f"expected a species of the rules, but found {event.species}",
                    _similar(event.species, species),
                )
        return RuleSet(
            self.text,
            species,
            self.finished_reactions(parameters),
            initial,
            parameters,
            tuple(event for event, _ in self.events),
            initial_spans,
            parameter_spans,
        )

    def assign(self, a: _Assignment, values: dict[str, float], spans: dict[str, Span], kind: str, what: str) -> None:
        if a.name in values:
            self.fail(
                "assigned-twice", a.name_span, f"expected one value for {a.name}, but this is the second", "keep one"
            )
        values[a.name] = self.amount(a.value, kind, what)
        spans[a.name] = a.value.span

    def finished_reactions(self, parameters: Mapping[str, float]) -> tuple[ParsedReaction, ...]:
        finished = []
        seen: dict[Any, int] = {}
        for left, right, rate, span in self.reactions:
            line = bisect_right(self.line_starts, span[0])
            edge = frozenset(left.items()), frozenset(right.items())
            if edge in seen:
                self.fail(
                    "reaction-twice",
                    span,
                    f"expected each reaction once, but this one is already in line {seen[edge]}",
                    "add the two rates up in one line",
                )
            seen[edge] = line
            if rate is None:
                number, name, rate_span = 1.0, None, None
            elif rate.name is None:
                number, name, rate_span = self.amount(rate, "rate", "the rate"), None, rate.span
            elif rate.sign < 0:
                self.fail(
                    "negative-rate", rate.span, f"expected the rate to be at least 0, but found -{rate.name}", None
                )
            else:
                number, name, rate_span = parameters[rate.name], rate.name, None
            finished.append(ParsedReaction(left, right, number, name, line, span, rate_span))
        return tuple(finished)

    # -- mistakes -------------------------------------------------------------------------------------------------

    def fail_with(self, mistake: Mistake, start: int) -> NoReturn:
        span = start + mistake.start, start + mistake.end
        self.fail(mistake.kind, span, mistake.message, mistake.hint)

    def fail(self, kind: str, span: Span, message: str, hint: str | None) -> NoReturn:
        line = bisect_right(self.line_starts, span[0])
        column = span[0] - self.line_starts[line - 1] + 1
        raise RuleError(kind, line, column, column + max(1, span[1] - span[0]), message, hint)


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


def _trees(node: Any, name: str) -> list[Any]:
    return [child for child in node.children if isinstance(child, Tree) and child.data == name]


def _span(node: Any, start: int) -> Span:
    if isinstance(node, Token):
        return start + (node.start_pos or 0), start + (node.end_pos or 0)
    return start + node.meta.start_pos, start + node.meta.end_pos


def _similar(name: str, names: Iterable[str]) -> str | None:
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f"did you mean {quoted(close[0])}?" if close else None
