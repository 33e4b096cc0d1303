"""Changed numbers back into the text a person wrote, so that comments, order and layout stay theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crnwidgets.rules.errors import RuleError
from crnwidgets.rules.names import quoted
from crnwidgets.rules.parser import ParsedEvent, RuleSet, Span, parse
from crnwidgets.rules.writer import format_network, format_number

if TYPE_CHECKING:
    from crnwidgets.network import Event, Network

__all__ = ["rewrite"]


def rewrite(text: str, network: Network) -> str:
    """A text that parses to `network`: `text` with only the changed numbers replaced, where that is possible.

    Where the reactions or the interventions are others than the text's, or the text is wrong, the network is written
    afresh (`str(network)`). A new initial concentration is added as a line at the end.
    """
    try:
        parsed = parse(text)
    except RuleError:
        return format_network(network)
    edits = _edits(parsed, network)
    if edits is None:
        return format_network(network)
    changed = parsed.text
    for (start, end), replacement in sorted(edits, reverse=True):
        changed = changed[:start] + replacement + changed[end:]
    missing = [
        f"{quoted(name)} = {format_number(value)}"
        for name, value in network.initial.items()
        if value and name not in parsed.initial
    ]
    return "\n".join([changed.rstrip("\n"), *missing]) if missing else changed


def _edits(parsed: RuleSet, network: Network) -> list[tuple[Span, str]] | None:
    """The numbers to replace, or None where numbers alone cannot make the text mean `network`."""
    written = [(r.reactants, r.products, r.rate_name) for r in parsed.reactions]
    wanted = [(dict(r.reactants), dict(r.products), r.rate_name) for r in network.reactions]
    if parsed.species != network.species or written != wanted:
        return None
    edits: list[tuple[Span, str]] = []

    def change(span: Span, old: float, new: float) -> None:
        if old != new:
            edits.append((span, format_number(new)))

    for before, after in zip(parsed.reactions, network.reactions, strict=True):
        if after.rate_name is None and before.rate != after.rate:
            if before.rate_span is None:
                return None
            change(before.rate_span, before.rate, after.rate)
    for name, span in parsed.parameter_spans.items():
        change(span, parsed.parameters[name], network.parameters[name])
    for name, span in parsed.initial_spans.items():
        change(span, parsed.initial[name], network.initial[name])
    pairs = _pair_events(parsed.events, network.events)
    if pairs is None:
        return None
    for written_event, event in pairs:
        change(written_event.time_span, written_event.time, event.time)
        change(written_event.amount_span, written_event.amount, event.amount)
        if written_event.operation != event.operation:
            edits.append((written_event.operation_span, event.operation))
    return edits


def _pair_events(written: tuple[ParsedEvent, ...], wanted: tuple[Event, ...]) -> list[tuple[ParsedEvent, Event]] | None:
    """Which intervention of the text became which of the network: the same ones first, then those of one species.

    None where that cannot be said with numbers alone.
    """

    def content(e: ParsedEvent | Event) -> tuple[float, str, str, float]:
        return e.time, e.species, e.operation, e.amount

    if len(written) != len(wanted):
        return None
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
        match = next((e for e in left if e.species == old.species), None)
        if match is None:
            return None
        left.remove(match)
        pairs.append((old, match))
    # at one time the order counts: the text's must be the network's
    order = {id(old): i for i, old in enumerate(written)}
    pairs.sort(key=lambda pair: (pair[1].time, order[id(pair[0])]))
    return pairs if [content(new) for _, new in pairs] == [content(e) for e in wanted] else None
