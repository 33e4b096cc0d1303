"""What a person probably meant where the grammar found something else."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from crnwidgets.rules.names import NAME, QUOTED, RESERVED

__all__ = ["Mistake", "diagnose"]


@dataclass(frozen=True)
class Mistake:
    """A mistake inside one statement; `start` and `end` are offsets in it."""

    kind: str
    start: int
    end: int
    message: str
    hint: str | None = None


_ARROWS = "->", "<-", "<->"
_WRONG_ARROWS = {"<=>": "<->", "<-->": "<->", "<==>": "<->", "<--": "<-", "<==": "<-"}
_WRONG_ARROW = re.compile(r"<=+>|<--+>|<--+|<==+|=+>|--+>|-\s+>|~+>|⇒|⟹|(?<![-<])>|--+|<(?!-)")
_READABLE = {
    "NUMBER": "a number",
    "NAME": "a name",
    "QUOTED": "a name",
    "FORWARD": "an arrow",
    "BACKWARD": "an arrow",
    "BOTH": "an arrow",
    "EMPTY": "0",
    "PLUS": "`+`",
    "MINUS": "an arrow",
    "EQUALS": "`=`",
    "RAISE": "`+=`",
    "LOWER": "`-=`",
    "COLON": "`:`",
    "COMMA": "`,`",
    "LBRACE": "a rate in braces",
    "RBRACE": "`}`",
    "LBRACKET": "`[`",
    "RBRACKET": "`]`",
    "AT": "`at`",
    "CHAMBERS": "`chambers`",
    "MEMBRANE": "`membrane`",
    "GRID": "rows and columns",
    "SPECIES": "`species`",
    "$END": "the end of the rule",
}


def diagnose(statement: str, at: int, token: str | None, found: str, expected: Iterable[str]) -> Mistake:
    """The mistake in a statement that stopped being grammatical.

    Arguments:
        statement: its text.
        at: the offset of what was not expected.
        token: the terminal found there ("$END" at the end), or None where no terminal matches.
        found: its text.
        expected: the terminals that could have stood there.
    """
    before = statement[:at].rstrip()
    end = at + max(len(found), 1) if token != "$END" else max(len(statement), 1)
    start = at if token != "$END" else max(len(before) - 1, 0)
    has_arrow = any(arrow in statement for arrow in ("->", "<-", "→", "←", "⇌", "⇄", "↔", "⟶", "⟵", "⟷"))
    shown = "the end of the rule" if token == "$END" else f"`{found[:20]}`"

    def mistake(kind: str, message: str, hint: str | None = None) -> Mistake:
        return Mistake(kind, start, end, message, hint)

    if found == '"':
        return Mistake("open-quote", at, len(statement), 'expected a closing `"`, but the line ends first', None)
    first = re.match(rf"{NAME}|{QUOTED}", statement)
    word = first.group() if first else ""
    if word in RESERVED and re.match(rf"{word}\s*([-+=]|<-|→|←|⇌)", statement):
        return Mistake(
            "reserved-word",
            0,
            len(word),
            f"expected a name, but `{word}` begins a statement of its own",
            f'to use it as a name write it in quotes: "{word}"',
        )
    if word == "at":
        return mistake(
            "event-form", f"expected `at TIME: SPECIES = AMOUNT`, but found {shown}", "for example `at 40: A = 0.3`"
        )
    if word == "species":
        return mistake("species-form", f"expected names and commas, but found {shown}", "write it as `species A, B, C`")
    if word == "chambers":
        return mistake(
            "chambers-form",
            f"expected how many chambers and how they are joined, but found {shown}",
            "for example `chambers 5 ring`, `chambers 3 x 4 grid` or `chambers 4: 1-2, 2-3, 2-4`",
        )
    if word == "membrane" and "{" not in before:
        return mistake(
            "membrane-form",
            f"expected a species and its permeability, but found {shown}",
            "write it as `membrane B {0.8}`",
        )
    if re.search(r"\{[^}]*$", before):
        if token == "$END":
            return mistake(
                "open-brace", "expected a closing `}`, but the rule ends first", "close the brace after the rate"
            )
        return mistake(
            "rate-form",
            f"expected rates as numbers or names, but found {shown}",
            "write `{0.5}` or `{k}`, or `{1, 0.2}`",
        )
    if word == "membrane":
        return mistake(
            "membrane-pairs",
            f"expected pairs of chambers, but found {shown}",
            "for single membranes write `membrane B {0.8}: 1-2, 2-3`",
        )
    meant = difflib.get_close_matches(word, RESERVED, n=1, cutoff=0.7)
    if meant and before == word and token in ("NAME", "QUOTED", "NUMBER"):
        return Mistake(
            "misspelt-word", 0, len(word), f"expected a rule, but found `{word}`", f"did you mean `{meant[0]}`?"
        )
    bare = re.sub(QUOTED, lambda name: "_" * len(name.group()), statement)
    if re.search(r"\[[^\]]*$", bare[:at]):
        return mistake(
            "chamber-form", f"expected the number of a chamber and `]`, but found {shown}", "write it as `A[2] = 0.9`"
        )
    place = re.search(r"\[[^\]]*\]?", bare[: at + 1])
    if place and (has_arrow or "+" in bare.replace("+=", "")):
        return Mistake(
            "chamber-in-reaction",
            place.start(),
            place.end(),
            f"expected a reaction without chambers, but found `{place.group()}`",
            "reactions happen in every chamber; `A[2] = 0.9` says what is in one",
        )
    for wrong in _WRONG_ARROW.finditer(statement):
        # near where reading stopped, or anywhere if nothing stopped it but the end
        if wrong.start() - 1 <= at <= wrong.end() or token == "$END":
            right = _WRONG_ARROWS.get(wrong.group(), "->")
            return Mistake(
                "wrong-arrow",
                wrong.start(),
                wrong.end(),
                f"expected an arrow (`->`, `<-` or `<->`), but found `{wrong.group()}`",
                f"did you mean `{right}`?",
            )
    if "{" in before:
        return mistake(
            "after-rate", f"expected nothing after the rate, but found {shown}", "put one list of rates at the very end"
        )
    if token == "LBRACE":
        return mistake("early-rate", "expected the rate at the end of the rule", "write it as `A -> B {0.5}`")
    if token == "EQUALS" and (has_arrow or "+" in before):
        return mistake("wrong-arrow", "expected an arrow, but found `=`", None if has_arrow else "did you mean `->`?")
    if token == "EQUALS":
        return mistake("missing-name", "expected a name before `=`", "write it as `A = 0.8`")
    if before.endswith("="):
        return mistake("missing-value", f"expected a number after `=`, but found {shown}", "write it as `A = 0.8`")
    if before.endswith("+") or (token == "PLUS" and (not before or before.endswith(_ARROWS))):
        return mistake(
            "dangling-plus", f"expected a species beside `+`, but found {shown}", "add it, or remove the `+`"
        )
    if not before:
        if token in ("FORWARD", "BACKWARD", "BOTH"):
            return mistake("missing-reactant", "expected a species before the arrow", "0 means nothing: `0 -> A`")
        if token == "MINUS":
            return mistake(
                "negative-count", "expected a species or a count of at least 1, but found a minus sign", None
            )
    if before.endswith((*_ARROWS, "→", "←", "⇌", "⇄", "↔")):
        return mistake(
            "missing-product", f"expected a species after the arrow, but found {shown}", "0 means nothing: `A -> 0`"
        )
    if re.search(r"(?<!<)[-−][^-−>]*$", before):
        return mistake(
            "open-arrow",
            f"expected the arrow to end with `->`, but found {shown}",
            "a catalysed reaction is `A -C-> B`, or with its rate `A -0.8,C-> B`",
        )
    if "=" in before:
        return mistake("after-value", f"expected nothing after the number, but found {shown}", "one statement a line")
    if token in ("NAME", "QUOTED"):
        return mistake(
            "missing-plus",
            f"expected `+` or an arrow before {shown}",
            f"did you mean `{before.split()[-1]} + {found}`?",
        )
    if token == "NUMBER":
        if has_arrow:
            return mistake("bare-rate", f"expected the rate {found} in braces", f"write `{{{found}}}`")
        return mistake("missing-equals", f"expected `=` or an arrow before {shown}", f"write `{before} = {found}`")
    if token == "COMMA":
        return mistake("comma", "expected `+` between species, but found `,`", "did you mean `+`?")
    if token == "$END":
        return mistake("missing-arrow", "expected an arrow, but the rule ends", "write it as `A -> B`, or `A = 0.8`")
    if token is None:
        hint = "write `2A` for two molecules of A" if found in "^*²³" else None
        return mistake("unknown-character", f"expected a rule, but `{found}` has no meaning here", hint)
    options = list(dict.fromkeys(_READABLE.get(name, name) for name in sorted(expected)))
    return mistake("unexpected", f"expected {' or '.join(options)}, but found {shown}")
