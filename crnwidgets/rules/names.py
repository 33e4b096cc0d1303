"""Names of species and rates: plain, or anything printable between double quotes."""

from __future__ import annotations

import re

__all__ = ["NAME", "QUOTED", "RESERVED", "name_problem", "quoted", "unquoted"]

NAME = r"(?![₀-₉])[^\W\d][\w'′]*"
"""A plain name: a letter or underscore, then letters, digits, underscores and primes."""

QUOTED = r'"(?:[^"\\\n]|\\["\\])*"'
"""A quoted name, in which `\\"` and `\\\\` stand for a quote and a backslash."""

RESERVED = ("at", "chambers", "membrane", "species")
"""Words that begin a statement of their own and are names only in quotes."""

_LONGEST = 100
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_PLAIN = re.compile(NAME)
_NUMBER_WORDS = ("inf", "infinity", "nan")


def name_problem(name: object) -> str | None:
    """What is wrong with a name, as the end of a sentence, or None where nothing is."""
    if not isinstance(name, str):
        return f"{name!r} is not a string"
    if not name or name != name.strip():
        return f"{name!r} is empty or has spaces around it"
    if len(name) > _LONGEST:
        return f"{name[:20]!r}… is longer than {_LONGEST} characters"
    if not name.isprintable():
        return f"{name!r} has a character that cannot be printed"
    return None


def quoted(name: str) -> str:
    """A name as it is written in rules: plain where that reads back as the same name, else in quotes."""
    plain = _PLAIN.fullmatch(name) and name not in RESERVED and name.lower() not in _NUMBER_WORDS
    if plain and name.translate(_SUBSCRIPTS) == name:
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unquoted(text: str) -> str:
    """The name that a plain or quoted text stands for; subscript digits become plain ones (X₁ is X1)."""
    if text.startswith('"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text.translate(_SUBSCRIPTS)
