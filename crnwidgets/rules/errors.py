"""The one exception of the rule language."""

from __future__ import annotations

__all__ = ["RuleError"]


class RuleError(ValueError):
    """A mistake in a rule text, and how to mend it.

    Attributes:
        kind: which mistake, a short hyphenated word ("missing-arrow").
        line, column: where it starts, both from 1.
        end_column: where it ends on that line (exclusive, at least column + 1).
        message: what was expected and what was found, one sentence.
        hint: the likely fix, or None.
    """

    def __init__(self, kind: str, line: int, column: int, end_column: int, message: str, hint: str | None) -> None:
        self.kind = kind
        self.line = line
        self.column = column
        self.end_column = end_column
        self.message = message
        self.hint = hint
        super().__init__(f"line {line}, column {column}: {message}" + (f" ({hint})" if hint else ""))

    def __reduce__(self) -> tuple[object, ...]:
        return RuleError, (self.kind, self.line, self.column, self.end_column, self.message, self.hint)
