"""The rule language: text → `RuleSet`, networks → text, and changed numbers back into a text that a person wrote."""

from crnwidgets.rules.chambers import ParsedMembrane
from crnwidgets.rules.errors import RuleError
from crnwidgets.rules.names import name_problem
from crnwidgets.rules.parser import ParsedEvent, ParsedReaction, RuleSet, parse
from crnwidgets.rules.rewriter import rewrite
from crnwidgets.rules.writer import (
    catalysis,
    catalytic,
    format_chambers,
    format_event,
    format_network,
    format_number,
    format_reaction,
    reading_order,
)

__all__ = [
    "ParsedEvent",
    "ParsedMembrane",
    "ParsedReaction",
    "RuleError",
    "RuleSet",
    "catalysis",
    "catalytic",
    "format_chambers",
    "format_event",
    "format_network",
    "format_number",
    "format_reaction",
    "name_problem",
    "parse",
    "reading_order",
    "rewrite",
]
