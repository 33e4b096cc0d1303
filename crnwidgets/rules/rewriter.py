"""Changed numbers back into the text a person wrote, so that comments, order and layout stay theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from crnwidgets.rules.errors import RuleError
from crnwidgets.rules.parser import ParsedEvent, RuleSet, Span, parse
from crnwidgets.rules.writer import format_initial, format_membrane, format_number, format_topology

if TYPE_CHECKING:
    from crnwidgets.chambers import Chambers
    from crnwidgets.network import Event, Network

__all__ = ["rewrite"]


class _AfreshError(Exception):
    """Numbers alone cannot make the text mean what it should."""


class _Edits:
    """What changes in a text: numbers in place, and lines at its end."""

    def __init__(self, parsed: RuleSet) -> None:
        self.parsed = parsed
        self.replacements: list[tuple[Span, str]] = []
        self.lines: list[str] = []

    def text(self) -> str:
        changed = self.parsed.text
        for (start, end), replacement in sorted(self.replacements, reverse=True):
            changed = changed[:start] + replacement + changed[end:]
        return "\n".join([changed.rstrip("\n"), *self.lines]) if self.lines else changed

    def change(self, span: Span, old: float, new: float) -> None:
        if old != new:
            self.replacements.append((span, format_number(new)))

    def chemistry(self, network: Network, parameters: Mapping[str, float]) -> None:
        """The rates of reactions, named rates, and initial concentrations without a chamber."""
        parsed = self.parsed
        written = [(r.reactants, r.products, r.rate_name) for r in parsed.reactions]
        wanted = [(dict(r.reactants), dict(r.products), r.rate_name) for r in network.reactions]
        if parsed.species != network.species or written != wanted:
            raise _AfreshError
        for before, after in zip(parsed.reactions, network.reactions, strict=True):
            if after.rate_name is None and before.rate != after.rate:
                if before.rate_span is None:
                    raise _AfreshError
                self.change(before.rate_span, before.rate, after.rate)
        for name, span in parsed.parameter_spans.items():
            if name in parameters:  # else it is that of a membrane that other statements speak of
                self.change(span, parsed.parameters[name], parameters[name])
        for name, value in network.initial.items():
            if name in parsed.initial:
                self.change(parsed.initial_spans[name], parsed.initial[name], value)
            elif value:
                self.lines.append(format_initial(name, value))

    def events(self, events: Sequence[Event]) -> None:
        for written, event in _pair_events(self.parsed.events, events):
            self.change(written.time_span, written.time, event.time)
            self.change(written.amount_span, written.amount, event.amount)
            if written.operation != event.operation:
                self.replacements.append((written.operation_span, event.operation))

    def topology(self, chambers: Chambers) -> None:
        parsed, topology = self.parsed.chambers, chambers.topology
        if parsed is None:
            raise _AfreshError
        new = topology.kind, topology.shape, topology.membranes
        if (parsed.kind, parsed.shape, parsed.membranes) == new:
            return
        single = [chamber for _, chamber in self.parsed.chamber_initial]
        if any(m.pairs is not None for m in self.parsed.membranes) or max(single, default=0) >= topology.chambers:
            raise _AfreshError
        self.replacements.append((parsed.span, format_topology(*new)))

    def membranes(self, chambers: Chambers, species: str) -> None:
        pairs = chambers.topology.membranes
        places = {pair: i for i, pair in enumerate(pairs)}
        wanted = list(zip(*chambers.membranes_of(species), strict=True))
        left = set(range(len(wanted)))
        # Statements about single membranes come first: those about all are about the others.
        statements = [m for m in self.parsed.membranes if m.species == species]
        for statement in sorted(statements, key=lambda m: m.pairs is None):
            covered = left if statement.pairs is None else {places[pair] for pair in statement.pairs}
            left = left - covered
            values = {wanted[i] for i in covered}
            for rate, name in values:
                if len(values) > 1 or name != statement.rate_name:
                    raise _AfreshError
                if statement.rate_span is not None:
                    self.change(statement.rate_span, statement.rate, rate)
        new = {wanted[i] for i in left}
        for rate, name in sorted(new, key=str):
            if name is not None:
                raise _AfreshError
            if rate:
                alike = len(left) == len(wanted) and len(new) == 1
                where = () if alike else [pairs[i] for i in sorted(left) if wanted[i] == (rate, name)]
                self.lines.append(format_membrane(species, rate, name, where))

    def chamber_initial(self, chambers: Chambers) -> None:
        parsed = self.parsed
        own = list(chambers.network.initial.items())
        for chamber, row in enumerate(chambers.initial.tolist()):
            for (name, common), value in zip(own, row, strict=True):
                place = name, chamber
                if place in parsed.chamber_initial:
                    self.change(parsed.chamber_initial_spans[place], parsed.chamber_initial[place], value)
                elif value != common:
                    self.lines.append(format_initial(name, value, chamber))


def rewrite(text: str, network: Network | Chambers) -> str:
    """A text that parses to `network`: `text` with only the changed numbers replaced, where that is possible.

    Where the reactions, the interventions or the membranes are others than the text's, or the text is wrong, all is
    written afresh (`str(network)`). A new initial concentration is added as a line at the end, a new permeability too.
    """
    try:
        edits = _Edits(parse(text))
        if hasattr(network, "topology"):  # Chambers, which this layer cannot import
            chambers = cast("Chambers", network)
            edits.topology(chambers)
            edits.chemistry(chambers.network, chambers.parameters)
            for species in chambers.species:
                edits.membranes(chambers, species)
            edits.chamber_initial(chambers)
        elif edits.parsed.chambers is None:
            edits.chemistry(network, network.parameters)
        else:
            return str(network)
        edits.events(network.events)
    except (RuleError, _AfreshError):
        return str(network)
    return edits.text()


def _pair_events(written: Sequence[ParsedEvent], wanted: Sequence[Event]) -> list[tuple[ParsedEvent, Event]]:
    """Which intervention of the text became which of the network: the same ones first, then those of one species.

    Raises _AfreshError where that cannot be said with numbers alone.
    """

    def content(e: ParsedEvent | Event) -> tuple[float, str, str, float, int | None]:
        return e.time, e.species, e.operation, e.amount, e.chamber

    if len(written) != len(wanted):
        raise _AfreshError
    left = list(wanted)
    moved: list[ParsedEvent] = []
    pairs: list[tuple[ParsedEvent, Event]] = []
    for old in written:
        same = next((e for e in left if content(e) == content(old)), None)
        if same is None:
            moved.append(old)
        else:
            left.remove(same)
            pairs.append((old, same))
    for old in moved:
        match = next((e for e in left if (e.species, e.chamber) == (old.species, old.chamber)), None)
        if match is None:
            raise _AfreshError
        left.remove(match)
        pairs.append((old, match))
    # at one time the order counts: the text's must be the network's
    order = {id(old): i for i, old in enumerate(written)}
    pairs.sort(key=lambda pair: (pair[1].time, order[id(pair[0])]))
    if [content(new) for _, new in pairs] != [content(e) for e in wanted]:
        raise _AfreshError
    return pairs
