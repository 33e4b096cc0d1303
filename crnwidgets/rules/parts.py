"""What the readers of all statements share: names, numbers, places in the text, and mistakes there."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from lark import Token, Tree

from crnwidgets.rules.errors import RuleError
from crnwidgets.rules.names import RESERVED, name_problem, quoted, unquoted

__all__ = ["Parts", "Span", "Value", "mistake_in", "similar", "span_of", "trees"]

Span = tuple[int, int]
"""Where something stands in the text: offsets of its first character and of the one after its last."""

_NUMBER_WORDS = ("inf", "infinity", "nan")


@dataclass(frozen=True)
class Value:
    """A number or a name that stands where a number can; `sign` is −1 where a minus stands before it."""

    number: float | None
    name: str | None
    sign: int
    span: Span


class Parts:
    """Reads the small parts of the statements of one text, and says where a mistake is."""

    def __init__(self, text: str) -> None:
        self.text = text

    def name(self, token: Token, start: int) -> str:
        """A name that may be used as one."""
        if token.type == "NAME" and token in RESERVED:
            self.fail(
                "reserved-word",
                span_of(token, start),
                f"expected a name, but `{token}` begins a statement of its own",
                f'to use it as a name write it in quotes: "{token}"',
            )
        name = unquoted(token)
        if problem := name_problem(name):
            self.fail("bad-name", span_of(token, start), f"expected a name, but {problem}", None)
        return name

    def value(self, node: Any, start: int) -> Value:
        """What stands where a number can."""
        *signs, token = node.children
        sign = -1 if signs and signs[0].type == "MINUS" else 1
        number: float | None = None
        name: str | None = None
        if token.type == "NUMBER" or (token.type == "NAME" and token.lower() in _NUMBER_WORDS):
            number = sign * float(token)
        else:
            name = self.name(token, start)
        return Value(number, name, sign, span_of(node, start))

    def amount(self, value: Value, kind: str, what: str) -> float:
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

    def rate(self, value: Value, parameters: Mapping[str, float], what: str) -> tuple[float, str | None, Span | None]:
        """A rate that is a number or has a name: its value, its name or None, and where the number stands or None."""
        if value.name is None:
            return self.amount(value, "rate", what), None, value.span
        if value.sign < 0:
            self.fail("negative-rate", value.span, f"expected {what} to be at least 0, but found -{value.name}", None)
        return parameters[value.name], value.name, None

    def fail(self, kind: str, span: Span, message: str, hint: str | None) -> NoReturn:
        """Raise the RuleError for a mistake at a place."""
        raise mistake_in(self.text, kind, span, message, hint)


def mistake_in(text: str, kind: str, span: Span, message: str, hint: str | None) -> RuleError:
    """The RuleError for a mistake at a place of a text."""
    column = span[0] - text.rfind("\n", 0, span[0])
    line = text.count("\n", 0, span[0]) + 1
    return RuleError(kind, line, column, column + max(1, span[1] - span[0]), message, hint)


def trees(node: Any, name: str) -> list[Any]:
    """The subtrees of a node that a rule of this name made."""
    return [child for child in node.children if isinstance(child, Tree) and child.data == name]


def span_of(node: Any, start: int) -> Span:
    """Where a token or a subtree stands, in a statement that begins at `start`."""
    if isinstance(node, Token):
        return start + (node.start_pos or 0), start + (node.end_pos or 0)
    return start + node.meta.start_pos, start + node.meta.end_pos


def similar(name: str, names: Iterable[str]) -> str | None:
    """A hint at the known name that is like this one, or None."""
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f"did you mean {quoted(close[0])}?" if close else None
