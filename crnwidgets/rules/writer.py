"""Networks and chambers → text that parses back to an equal one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from crnwidgets.rules.names import quoted

if TYPE_CHECKING:
    from crnwidgets.chambers import Chambers
    from crnwidgets.network import Network

__all__ = [
    "catalysis",
    "catalytic",
    "format_chambers",
    "format_event",
    "format_initial",
    "format_membrane",
    "format_network",
    "format_number",
    "format_reaction",
    "format_topology",
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


def format_event(time: float, species: str, operation: str, amount: float, chamber: int | None = None) -> str:
    """One timed intervention as a rule; `chamber` counts from 0, in the text from 1."""
    where = "" if chamber is None else f"[{chamber + 1}]"
    return f"at {format_number(time)}: {quoted(species)}{where} {operation} {format_number(amount)}"


def format_network(network: Network) -> str:
    """The whole network as rules, one statement a line, with a `species` line only where the order needs one."""
    lines = [*_chemistry(network), *_values(network.parameters), *_initial(network), *map(str, network.events)]
    return "\n".join(lines)


def _chemistry(network: Network) -> Iterator[str]:
    read = tuple(dict.fromkeys(n for r in network.reactions for n in reading_order(r.reactants, r.products)))
    if read != network.species:
        yield "species " + ", ".join(map(quoted, network.species))
    yield from map(str, network.reactions)


def _values(values: Mapping[str, float]) -> Iterator[str]:
    return (f"{quoted(name)} = {format_number(value)}" for name, value in values.items())


def _initial(network: Network) -> Iterator[str]:
    return (format_initial(name, value) for name, value in network.initial.items() if value)


def format_initial(species: str, value: float, chamber: int | None = None) -> str:
    """One initial concentration as a rule; `chamber` counts from 0, in the text from 1."""
    where = "" if chamber is None else f"[{chamber + 1}]"
    return f"{quoted(species)}{where} = {format_number(value)}"


def format_chambers(chambers: Chambers) -> str:
    """Chambers as rules, one statement a line."""
    topology, network = chambers.topology, chambers.network
    lines = [
        format_topology(topology.kind, topology.shape, topology.membranes),
        *_chemistry(network),
        *(line for name in chambers.species for line in _membranes(chambers, name)),
        *_values(chambers.parameters),
        *_initial(network),
        *(
            format_initial(name, value, chamber)
            for chamber, row in enumerate(chambers.initial.tolist())
            for (name, own), value in zip(network.initial.items(), row, strict=True)
            if value != own
        ),
        *map(str, chambers.events),
    ]
    return "\n".join(lines)


def format_topology(kind: str, shape: tuple[int, ...], membranes: Iterable[tuple[int, int]]) -> str:
    """The `chambers` statement; chambers count from 0, in the text from 1."""
    start = "chambers " + " x ".join(map(str, shape))
    return f"{start} {kind}" if kind else f"{start}: {_pairs(membranes)}".rstrip()


def _pairs(membranes: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"{i + 1}-{j + 1}" for i, j in membranes)


def _membranes(chambers: Chambers, species: str) -> Iterator[str]:
    """The `membrane` statements of one species: of most membranes first, then of the others."""

    membranes: dict[tuple[float, str | None], list[tuple[int, int]]] = {}
    all_pairs = chambers.topology.membranes or ((0, 0),)
    for rate, name, pair in zip(*chambers.membranes_of(species), all_pairs, strict=True):
        membranes.setdefault((rate, name), []).append(pair)
    most = max(membranes, key=lambda key: len(membranes[key]))
    if most != (0, None):
        yield format_membrane(species, *most)
    for key, pairs in membranes.items():
        if key != most:
            yield format_membrane(species, *key, pairs)


def format_membrane(species: str, rate: float, rate_name: str | None, pairs: Iterable[tuple[int, int]] = ()) -> str:
    """The permeability of every membrane for one species, or of those between these chambers, as a rule."""
    value = format_number(rate) if rate_name is None else quoted(rate_name)
    where = f": {_pairs(pairs)}" if pairs else ""
    return f"membrane {quoted(species)} {{{value}}}{where}"
