"""Networks → text that parses back to an equal network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from crnwidgets.rules.names import quoted

if TYPE_CHECKING:
    from crnwidgets.network import Network

__all__ = [
    "catalysis",
    "catalytic",
    "format_event",
    "format_network",
    "format_number",
    "format_reaction",
    "reading_order",
]

Counts = Mapping[str, int]


def catalysis(reactants: Counts, products: Counts) -> tuple[str, str, str] | None:
    """(input, catalyst, output) where the two complexes have the form A + C → B + C, else None ([DCRN] section 1.1)."""
    if sum(reactants.values()) != 2 or sum(products.values()) != 2:
        return None
    for source in reactants:
        catalyst = source if reactants[source] == 2 else next(n for n in reactants if n != source)
        if catalyst in products:
            target = catalyst if products[catalyst] == 2 else next(n for n in products if n != catalyst)
            if target != source:
                return source, catalyst, target
    return None


def catalytic(source: str, catalyst: str, target: str) -> tuple[dict[str, int], dict[str, int]]:
    """The complexes A + C and B + C of the reaction A -C-> B."""

    def pair(a: str, b: str) -> dict[str, int]:
        return {a: 2} if a == b else {a: 1, b: 1}

    return pair(source, catalyst), pair(target, catalyst)


def reading_order(reactants: Counts, products: Counts) -> tuple[str, ...]:
    """The species of a reaction in the order in which its text names them."""
    return tuple(dict.fromkeys(catalysis(reactants, products) or [*reactants, *products]))


def format_number(value: float) -> str:
    """The shortest text that reads back as the same float."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _format_complex(counts: Counts) -> str:
    def term(name: str, count: int) -> str:
        text = quoted(name)
        if count == 1:
            return text
        # "2e1" would read as the number twenty
        return f"{count} {text}" if text[0] in 'eE"' else f"{count}{text}"

    return " + ".join(term(name, count) for name, count in counts.items()) or "0"


def format_reaction(reactants: Counts, products: Counts, rate: float, rate_name: str | None) -> str:
    """One reaction as a rule, in [DCRN]'s compact form where it has one; the rate 1 is left out."""
    value = format_number(rate) if rate_name is None else quoted(rate_name)
    shown = rate_name is not None or rate != 1
    if form := catalysis(reactants, products):
        source, catalyst, target = map(quoted, form)
        return f"{source} -{value + ',' if shown else ''}{catalyst}-> {target}"
    return f"{_format_complex(reactants)} -> {_format_complex(products)}" + (f" {{{value}}}" if shown else "")


def format_event(time: float, species: str, operation: str, amount: float) -> str:
    """One timed intervention as a rule."""
    return f"at {format_number(time)}: {quoted(species)} {operation} {format_number(amount)}"


def format_network(network: Network) -> str:
    """The whole network as rules, one statement a line, with a `species` line only where the order needs one."""
    read = tuple(dict.fromkeys(n for r in network.reactions for n in reading_order(r.reactants, r.products)))
    lines = [] if read == network.species else ["species " + ", ".join(map(quoted, network.species))]
    lines += map(str, network.reactions)
    lines += (f"{quoted(name)} = {format_number(value)}" for name, value in network.parameters.items())
    lines += (f"{quoted(name)} = {format_number(value)}" for name, value in network.initial.items() if value)
    lines += map(str, network.events)
    return "\n".join(lines)
