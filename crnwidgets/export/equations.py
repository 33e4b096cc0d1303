"""The mass-action differential equations of a network ([NNRN] eq. 2) as LaTeX, plain text and MathML.

All three, and the live view, write the same `Term`s: what is in an equation is decided here and nowhere else.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from crnwidgets.export.arguments import refuse_chambers
from crnwidgets.network import Network
from crnwidgets.rules.names import quoted

__all__ = [
    "Number",
    "Rate",
    "Species",
    "Term",
    "conservation_terms",
    "equation_terms",
    "split_name",
    "to_latex",
    "to_mathml",
    "to_text",
]

_TERMS_A_LINE = 6


@dataclass(frozen=True)
class Number:
    """A number to six significant digits: `mantissa`, or `mantissa` × 10^`exponent`; both texts, "-" for minus."""

    mantissa: str
    exponent: str = ""

    @classmethod
    def of(cls, value: float) -> Number:
        """The number nearest to a value."""
        mantissa, _, exponent = f"{value:.6g}".partition("e")
        return cls(mantissa, str(int(exponent)) if exponent else "")


@dataclass(frozen=True)
class Rate:
    """A named rate."""

    name: str


@dataclass(frozen=True)
class Species:
    """The concentration of a species to a power ≥ 1."""

    name: str
    power: int = 1


Factor = Number | Rate | Species


@dataclass(frozen=True)
class Term:
    """One summand of an equation.

    Attributes:
        reaction: index of the reaction that it comes from; −1 in a conservation law.
        negative: whether it is subtracted.
        factors: what is multiplied, never empty; a number that is 1 is left out where anything else is there.
    """

    reaction: int
    negative: bool
    factors: tuple[Factor, ...]


def _term(reaction: int, amount: float, symbols: Sequence[Factor]) -> Term:
    number = Number.of(abs(amount))
    return Term(reaction, amount < 0, (*(() if symbols and number == Number("1") else (number,)), *symbols))


def equation_terms(network: Network, *, numbers: bool = False) -> dict[str, list[Term]]:
    """The right-hand sides: species → one `Term` for each reaction that changes it, in the reactions' order.

    Arguments:
        numbers: write the values of named rates in place of their names.
    """
    refuse_chambers(network)
    place = {name: i for i, name in enumerate(network.species)}
    terms: dict[str, list[Term]] = {name: [] for name in network.species}
    for index, r in enumerate(network.reactions):
        rate = None if r.rate_name is None or numbers else Rate(r.rate_name)
        monomial = [Species(name, r.reactants[name]) for name in sorted(r.reactants, key=place.__getitem__)]
        for name, change in r.change.items():
            if rate is None:
                terms[name].append(_term(index, change * r.rate, monomial))
            else:
                terms[name].append(_term(index, change, [rate, *monomial]))
    return terms


def conservation_terms(network: Network) -> list[list[Term]]:
    """The sums of concentrations that stay as they are: a list of `Term`s for each of `network.conservation_laws`.

    What is subtracted comes last.
    """
    return [
        sorted((_term(-1, count, [Species(name)]) for name, count in law.items()), key=lambda term: term.negative)
        for law in network.conservation_laws
    ]


def split_name(name: str) -> tuple[str, str]:
    """A name as base and subscript: X12 is ("X", "12"); the subscript is empty where the name has another form."""
    match = re.fullmatch(r"([^\W\d_]+)([0-9]+)", name)
    return (match[1], match[2]) if match else (name, "")


def _sum(terms: Iterable[Term], write: Callable[[Factor], str], times: str, plus: str, minus: str) -> list[str]:
    """Each term with its sign: `plus` and `minus` with a space on both sides, but none around the first term's sign."""
    written: list[str] = []
    for term in terms:
        product = times.join(map(write, term.factors))
        if written:
            written.append(f" {minus if term.negative else plus} {product}")
        else:
            written.append(minus + product if term.negative else product)
    return written or ["0"]


# -- text -----------------------------------------------------------------------------------------------------------


def to_text(network: Network, *, numbers: bool = False) -> str:
    """The differential equations as plain text, one a line: `dA/dt = -A·B + 0.5·C^2`.

    Names are quoted where the rule language quotes them. `numbers` writes the values of named rates, not their names.
    """
    return "\n".join(
        f"d{quoted(name)}/dt = " + "".join(_sum(terms, _text, "·", "+", "-"))
        for name, terms in equation_terms(network, numbers=numbers).items()
    )


def _text(factor: Factor) -> str:
    match factor:
        case Number(mantissa, exponent):
            return f"{mantissa}e{exponent}" if exponent else mantissa
        case Rate(name):
            return quoted(name)
        case Species(name, power):
            return quoted(name) + (f"^{power}" if power > 1 else "")


# -- LaTeX ----------------------------------------------------------------------------------------------------------

_GREEK = (
    *(
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
    ),
    *("pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi"),
    *("Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"),
)
# Commands of math mode that both LaTeX and MathJax know; MathJax would not understand \textbackslash and the like.
_COMMANDS = {"\\": r"\backslash", "^": r"\hat{\ }", "~": r"\sim", " ": r"\ ", "'": "'", "′": "'"}
_COMMANDS |= {c: "\\" + c for c in "${}_%#&"}
_COMMANDS |= {letter: "\\" + name for letter, name in zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ", _GREEK, strict=True)}


def to_latex(network: Network, *, numbers: bool = False) -> str:
    """The differential equations as an `align*` environment, for a LaTeX document (amsmath) or a Markdown cell.

    Names are escaped; letters followed by digits become a subscript. `numbers` writes the values of named rates, not
    their names. Long equations are broken into lines.
    """
    rows = []
    for name, terms in equation_terms(network, numbers=numbers).items():
        written = _sum(terms, _latex, r" \, ", "+", "-")
        lines = ["".join(written[i : i + _TERMS_A_LINE]) for i in range(0, len(written), _TERMS_A_LINE)]
        rows.append(rf"\frac{{d{_latex_name(name)}}}{{dt}} &= " + " \\\\\n&\\quad {}".join(lines))
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


def _latex(factor: Factor) -> str:
    match factor:
        case Number(mantissa, exponent):
            return rf"{mantissa} \times 10^{{{exponent}}}" if exponent else mantissa
        case Rate(name):
            return _latex_name(name)
        case Species(name, power):
            return _latex_name(name) + (f"^{{{power}}}" if power > 1 else "")


def _latex_name(name: str) -> str:
    base, subscript = split_name(name)
    escaped = "".join(map(_latex_character, base))
    return (escaped if len(base) == 1 else rf"\mathrm{{{escaped}}}") + (f"_{{{subscript}}}" if subscript else "")


def _latex_character(character: str) -> str:
    if character.isalnum() and character not in _COMMANDS:
        return character
    # The braces take away the spacing of operators, end commands, and keep "<b" and "&amp;" from being read as HTML.
    return f"{{{_COMMANDS.get(character, character)}}}"


# -- MathML ---------------------------------------------------------------------------------------------------------


def to_mathml(network: Network, *, numbers: bool = False, limit: int | None = None) -> str:
    """The differential equations as one MathML table that every current browser shows without a library.

    Arguments:
        numbers: write the values of named rates in place of their names.
        limit: show at most so many equations, and terms in each.
    """
    rows = []
    equations = equation_terms(network, numbers=numbers)
    for name, terms in list(equations.items())[:limit]:
        shown = "".join(_sum(terms[:limit], _mathml, '<mspace width="0.17em"/>', "<mo>+</mo>", "<mo>−</mo>"))
        rest = "<mo>+</mo><mo>⋯</mo>" if limit is not None and len(terms) > limit else ""
        rows.append(
            f'<mtr><mtd style="text-align:right"><mi>d</mi>{_mathml(Species(name))}'
            '<mo lspace="0" rspace="0">/</mo><mi>d</mi><mi>t</mi></mtd>'
            f'<mtd style="text-align:left"><mo>=</mo>{shown if terms else "<mn>0</mn>"}{rest}</mtd></mtr>'
        )
    return f'<math style="white-space:nowrap"><mtable>{"".join(rows)}</mtable></math>'


def _mathml(factor: Factor) -> str:
    match factor:
        case Number(mantissa, exponent):
            number = f"<mn>{mantissa}</mn>"
            power = f"<mo>×</mo><msup><mn>10</mn><mn>{exponent.replace('-', '−')}</mn></msup>"
            return number + power if exponent else number
        case Rate(name):
            return _mathml_name(name, "")
        case Species(name, power):
            return _mathml_name(name, str(power) if power > 1 else "")


def _mathml_name(name: str, power: str) -> str:
    base, subscript = split_name(name)
    scripts = "".join(f"<mn>{script}</mn>" for script in (subscript, power) if script)
    symbol = f"<mi>{html.escape(base)}</mi>{scripts}"
    element = ("m" + "sub" * bool(subscript) + "sup" * bool(power)) if scripts else ""
    return f"<{element}>{symbol}</{element}>" if element else symbol
