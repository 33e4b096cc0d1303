"""Chambers joined by membranes: the same chemistry in each, and species that pass between them ([DCRN] section 5)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from crnwidgets import rules
from crnwidgets.network import Event, Network, Reaction
from crnwidgets.rules import name_problem
from crnwidgets.rules.topologies import PAIRS, Pair

__all__ = ["Chambers", "Topology", "from_rules", "read"]


@dataclass(frozen=True, init=False)
class Topology:
    """How many chambers there are, and which of them have a membrane between them; immutable.

    Arguments:
        chambers: how many, at least 1.
        membranes: pairs of chambers, numbered from 0; their order is kept.

    Attributes:
        chambers: how many.
        membranes: the pairs, each with the smaller number first.
        kind: "ring", "line", "star", "grid", "complete", or "" for any other graph.
        shape: (rows, columns) of a grid, else (chambers,).

    Raises ValueError for a pair that is there twice, joins a chamber to itself, or has a number that no chamber has.
    """

    chambers: int
    membranes: tuple[Pair, ...]
    kind: str
    shape: tuple[int, ...]

    def __init__(self, chambers: int, membranes: Iterable[Sequence[int]] = ()) -> None:
        _check_count("chambers", chambers)
        pairs: dict[Pair, None] = {}
        for pair in membranes:
            i, j = sorted(_pair(pair))
            if i < 0 or j >= chambers:
                raise ValueError(
                    f"Argument `membranes` must join chambers from 0 to {chambers - 1}, but one is {(i, j)}."
                )
            if i == j:
                raise ValueError(f"Argument `membranes` must join different chambers, but one is {(i, j)}.")
            if (i, j) in pairs:
                raise ValueError(f"Argument `membranes` must have each pair once, but {(i, j)} is there twice.")
            pairs[i, j] = None
        self._set(int(chambers), tuple(pairs), "", (int(chambers),))

    def _set(self, chambers: int, membranes: tuple[Pair, ...], kind: str, shape: tuple[int, ...]) -> None:
        object.__setattr__(self, "chambers", chambers)
        object.__setattr__(self, "membranes", membranes)
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "shape", shape)

    @classmethod
    def _named(cls, kind: str, *shape: int) -> Topology:
        topology = object.__new__(cls)
        shape = tuple(map(int, shape))
        topology._set(math.prod(shape), PAIRS[kind](*shape), kind, shape)
        return topology

    @classmethod
    def ring(cls, chambers: int) -> Topology:
        """Each chamber beside the next and the last beside the first; two chambers have one membrane."""
        _check_count("chambers", chambers)
        return cls._named("ring", chambers)

    @classmethod
    def line(cls, chambers: int) -> Topology:
        """Each chamber beside the next."""
        _check_count("chambers", chambers)
        return cls._named("line", chambers)

    @classmethod
    def star(cls, chambers: int) -> Topology:
        """Chamber 0 beside every other."""
        _check_count("chambers", chambers)
        return cls._named("star", chambers)

    @classmethod
    def complete(cls, chambers: int) -> Topology:
        """Every chamber beside every other."""
        _check_count("chambers", chambers)
        return cls._named("complete", chambers)

    @classmethod
    def grid(cls, rows: int, columns: int) -> Topology:
        """Chambers in rows and columns, numbered row by row, each beside up to four others."""
        _check_count("rows", rows)
        _check_count("columns", columns)
        return cls._named("grid", rows, columns)

    @classmethod
    def of(cls, value: Any) -> Topology:
        """The topology that something else describes.

        Arguments:
            value: a `Topology`; an adjacency matrix (C, C), symmetric, of zeros and ones; or an undirected networkx
                graph, whose nodes are numbered in their order.

        Raises ValueError for a matrix or graph that no chambers have, and TypeError for anything else.
        """
        if isinstance(value, Topology):
            return value
        if hasattr(value, "nodes") and hasattr(value, "edges"):
            if value.is_directed():
                raise ValueError("Argument `topology` must be an undirected graph, but it is directed.")
            number = {node: i for i, node in enumerate(value.nodes)}
            return cls(len(number), [(number[a], number[b]) for a, b, *_ in value.edges])
        matrix = np.asarray(value)
        if matrix.dtype.kind not in "biuf":
            raise TypeError(
                "Argument `topology` must be a Topology, an adjacency matrix or a networkx graph, but it is of type "
                f"{type(value).__name__}."
            )
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
            raise ValueError(
                f"Argument `topology` must be an adjacency matrix of the shape (C, C), but it has {matrix.shape}."
            )
        if not np.isin(matrix, (0, 1)).all() or (matrix != matrix.T).any() or matrix.diagonal().any():
            raise ValueError(
                "Argument `topology` must be a symmetric matrix of zeros and ones with zeros on the diagonal, but it "
                "is not."
            )
        return cls(len(matrix), np.argwhere(np.triu(matrix)).tolist())

    @cached_property
    def positions(self) -> np.ndarray:
        """Where to draw the chambers: (chambers, 2) in the unit square, x to the right and y down, read-only."""
        count = self.chambers
        if count == 1:
            places = np.full((1, 2), 0.5)
        elif self.kind == "line":
            places = np.column_stack([np.linspace(0, 1, count), np.full(count, 0.5)])
        elif self.kind == "grid":
            lattice = np.indices(self.shape).reshape(2, -1).T[:, ::-1].astype(float)
            places = 0.5 + (lattice - lattice[-1] / 2) / lattice.max()
        else:
            centre = np.full((int(self.kind == "star"), 2), 0.5)
            angles = 2 * np.pi * np.arange(count - len(centre)) / (count - len(centre))
            circle = 0.5 + 0.5 * np.column_stack([np.sin(angles), -np.cos(angles)])
            places = np.concatenate([centre, circle])
        places.setflags(write=False)
        return places

    def __repr__(self) -> str:
        if self.kind:
            return f"Topology.{self.kind}({', '.join(map(str, self.shape))})"
        return f"Topology({self.chambers}, {list(self.membranes)})"


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Chambers:
    """One chemistry in several chambers, joined by membranes that let species pass ([DCRN] eq. 4); immutable.

    The concentration of a species in chamber i changes, beside its reactions there, by the sum over the chambers j
    beside it of its permeability times (xⱼ − xᵢ).

    Arguments:
        network: the reactions in every chamber, without interventions. Its initial concentrations hold in every chamber
            unless `initial` says otherwise.
        topology: a `Topology`, or what `Topology.of` understands.
        permeability: species → the rate at which it passes every membrane, or (E,) rates, one for each of the
            topology's membranes. A species left out stays in its chamber.
        initial: species → a concentration in every chamber, which becomes the network's, or (C,) concentrations; or all
            of them, (C, N).
        events: `Event`s, in one chamber or in all; kept in the order of their times.
        permeability_names: species → the name under which its permeability is shared and shown as a slider, for all
            membranes or (E,), None where there is none.

    Attributes:
        network, topology, events: as above.
        permeability: species → its permeability, of all N species: a number where all membranes are alike in it, else
            (E,).
        permeability_names: species → name or (E,) names; species without any are left out.
        initial: (C, N) concentrations, read-only.

    Raises ValueError naming the offending entry, and TypeError for an argument of the wrong type.
    """

    network: Network
    topology: Topology
    permeability: Mapping[str, float | tuple[float, ...]]
    permeability_names: Mapping[str, str | tuple[str | None, ...]]
    initial: np.ndarray
    events: tuple[Event, ...]

    def __init__(
        self,
        network: Network,
        topology: Any,
        permeability: Mapping[str, float | Sequence[float]],
        *,
        initial: Mapping[str, float | ArrayLike] | ArrayLike | None = None,
        events: Iterable[Event] = (),
        permeability_names: Mapping[str, str | Sequence[str | None]] | None = None,
    ) -> None:
        if not isinstance(network, Network):
            raise TypeError(f"Argument `network` must be a Network, but it is of type {type(network).__name__}.")
        if network.events:
            raise ValueError("Argument `network` must have no events, but it has; give them as `events`.")
        topology = Topology.of(topology)
        own = np.tile(list(network.initial.values()), (topology.chambers, 1)).astype(float)
        network, start = _with_initial(network, own, initial)
        rates, names = _membranes(network, topology, permeability, permeability_names or {})
        start.setflags(write=False)
        object.__setattr__(self, "network", network)
        object.__setattr__(self, "topology", topology)
        object.__setattr__(self, "permeability", MappingProxyType(rates))
        object.__setattr__(self, "permeability_names", MappingProxyType(names))
        object.__setattr__(self, "initial", start)
        object.__setattr__(self, "events", _checked_events(network, topology, events))

    # -- text -----------------------------------------------------------------------------------------------------

    @classmethod
    def parse(cls, text: str) -> Chambers:
        """The chambers that a text in the rule language describes.

        Raises RuleError with `.line`, `.column` and `.hint` at the first mistake.
        """
        return cls.from_rules(rules.parse(text))

    @classmethod
    def from_rules(cls, parsed: rules.RuleSet) -> Chambers:
        """The chambers of an already parsed text; raises RuleError where the text has no `chambers` statement."""
        if parsed.chambers is None:
            raise parsed.mistake(
                "missing-chambers",
                (0, 0),
                "expected a `chambers` statement, but there is none",
                "add a line such as `chambers 5 ring`, or read it with `crnwidgets.Network.parse`",
            )
        network = Network.from_rules(replace(parsed, chambers=None, events=()))
        topology = Topology(parsed.chambers.count, parsed.chambers.membranes)
        if parsed.chambers.kind:
            topology = Topology._named(parsed.chambers.kind, *parsed.chambers.shape)
        rates, names = _parsed_membranes(parsed.membranes, topology)
        initial = np.tile(list(network.initial.values()), (topology.chambers, 1)).astype(float)
        for (species, chamber), value in parsed.chamber_initial.items():
            initial[chamber, network.species.index(species)] = value
        events = [Event(e.time, e.species, e.operation, e.amount, e.chamber) for e in parsed.events]
        return cls(network, topology, rates, initial=initial, events=events, permeability_names=names)

    def __str__(self) -> str:
        return rules.format_chambers(self)

    def _repr_html_(self) -> str:
        from crnwidgets.export.html import to_html

        return to_html(self)

    def __repr__(self) -> str:
        count = self.topology.chambers
        where = f"{count} chamber{'' if count == 1 else 's'}"
        if self.topology.kind:
            where += f" in a {self.topology.kind}" if self.topology.kind != "complete" else ", all joined"
        return f"<Chambers: {where}, {repr(self.network)[10:-1]}>"

    # -- equality -------------------------------------------------------------------------------------------------

    @cached_property
    def _content(self) -> tuple[Any, ...]:
        rates, names = tuple(self.permeability.items()), tuple(self.permeability_names.items())
        return self.network, self.topology, rates, names, self.initial.tobytes(), self.events

    def __eq__(self, other: object) -> bool:
        return self._content == other._content if isinstance(other, Chambers) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._content)

    def __reduce__(self) -> tuple[Any, ...]:
        rates, names = dict(self.permeability), dict(self.permeability_names)
        return _rebuild, (self.network, self.topology, rates, names, np.array(self.initial), self.events)

    # -- parts ----------------------------------------------------------------------------------------------------

    @property
    def species(self) -> tuple[str, ...]:
        """The names of the N species, the same in every chamber."""
        return self.network.species

    @property
    def reactions(self) -> tuple[Reaction, ...]:
        """The reactions, the same in every chamber."""
        return self.network.reactions

    @cached_property
    def parameters(self) -> Mapping[str, float]:
        """The named rates, of reactions and of membranes: name → value, in order of first appearance."""
        values = dict(self.network.parameters)
        for species, names in self.permeability_names.items():
            rates = self.permeability[species]
            for rate, name in zip(*_one_each(rates, names), strict=True):
                if name is not None:
                    values.setdefault(name, rate)
        return MappingProxyType(values)

    @cached_property
    def permeabilities(self) -> np.ndarray:
        """The permeability of each membrane for each species: (E, N), float64, read-only."""
        table = np.zeros((len(self.topology.membranes), len(self.species)))
        for column, rates in enumerate(self.permeability.values()):
            table[:, column] = rates
        table.setflags(write=False)
        return table

    def membranes_of(self, species: str) -> tuple[tuple[float, ...], tuple[str | None, ...]]:
        """The permeabilities for one species and their names, each (E,); one for those to come where E = 0."""
        count = max(1, len(self.topology.membranes))
        return _one_each(self.permeability[species], self.permeability_names.get(species), count)

    # -- changed copies -------------------------------------------------------------------------------------------

    def updated(
        self,
        *,
        initial: Mapping[str, float | ArrayLike] | ArrayLike | None = None,
        parameters: Mapping[str, float] | None = None,
        events: Iterable[Event] | None = None,
        permeability: Mapping[str, float | Sequence[float]] | None = None,
        topology: Any = None,
    ) -> Chambers:
        """A copy with some initial concentrations, named rates or permeabilities, all events or the topology replaced.

        A permeability given here has no name. Raises ValueError for an unknown name, and for what is not the same in
        all chambers or for all membranes and so has no meaning in another topology.
        """
        new_rates = dict(parameters or {})
        for name in new_rates:
            if name not in self.parameters:
                raise ValueError(
                    f"Argument `parameters` must name rates of these chambers, but {name!r} is not one of "
                    f"{list(self.parameters)}."
                )
        network = self.network.updated(parameters={n: v for n, v in new_rates.items() if n in self.network.parameters})
        rates = {
            species: _renamed(rate, self.permeability_names.get(species), new_rates)
            for species, rate in self.permeability.items()
        }
        names = {s: n for s, n in self.permeability_names.items() if s not in (permeability or {})}
        rates.update(permeability or {})  # type: ignore[arg-type]
        places = self.topology if topology is None else Topology.of(topology)
        if places.membranes != self.topology.membranes:
            for name, rate in rates.items():
                if isinstance(rate, tuple) and name not in (permeability or {}):
                    raise ValueError(
                        f"Argument `permeability` must say {name!r} for another topology, but it is left out, and the "
                        "membranes are not alike in it now."
                    )
        start = self.initial
        if places.chambers != self.topology.chambers:
            own = np.array(list(self.network.initial.values()))
            start = np.tile(own, (places.chambers, 1))
            for name, special in zip(self.species, (self.initial != own).any(axis=0), strict=True):
                if special and (initial is None or (isinstance(initial, Mapping) and name not in initial)):
                    raise ValueError(
                        f"Argument `initial` must say {name!r} for another number of chambers, but it is left out, and "
                        "the chambers are not alike in it now."
                    )
        network, start = _with_initial(network, start, initial)
        return Chambers(
            network,
            places,
            rates,
            initial=start,
            events=self.events if events is None else events,
            permeability_names=names,
        )

    # -- as one network -------------------------------------------------------------------------------------------

    def expanded(self) -> Network:
        """The same system as one network: species A[1], B[1], …, A[2], …, chamber by chamber, numbered from 1.

        A membrane is a pair of reactions, B[1] -> B[2] and back, left out where the permeability is 0 and has no name.
        """
        where = range(1, self.topology.chambers + 1)
        names = [{name: f"{name}[{i}]" for name in self.species} for i in where]

        def placed(counts: Mapping[str, int], chamber: int) -> dict[str, int]:
            return {names[chamber][name]: count for name, count in counts.items()}

        reactions = [
            Reaction(placed(r.reactants, c), placed(r.products, c), r.rate, r.rate_name)
            for c in range(self.topology.chambers)
            for r in self.reactions
        ]
        for species, rates in self.permeability.items():
            pairs = self.topology.membranes
            named = self.permeability_names.get(species)
            for (i, j), rate, name in zip(pairs, *_one_each(rates, named, len(pairs)), strict=True):
                if rate or name is not None:
                    a, b = names[i][species], names[j][species]
                    reactions += [Reaction({a: 1}, {b: 1}, rate, name), Reaction({b: 1}, {a: 1}, rate, name)]
        return Network(
            reactions,
            species=[name for chamber in names for name in chamber.values()],
            initial={
                name: value
                for chamber, row in zip(names, self.initial.tolist(), strict=True)
                for name, value in zip(chamber.values(), row, strict=True)
            },
            events=[
                Event(e.time, names[c][e.species], e.operation, e.amount)
                for e in self.events
                for c in (range(self.topology.chambers) if e.chamber is None else (e.chamber,))
            ],
        )


def _rebuild(
    network: Network,
    topology: Topology,
    permeability: dict[str, float | tuple[float, ...]],
    names: dict[str, str | tuple[str | None, ...]],
    initial: np.ndarray,
    events: tuple[Event, ...],
) -> Chambers:
    return Chambers(network, topology, permeability, initial=initial, events=events, permeability_names=names)


def _check_count(argument: str, count: object) -> None:
    if not isinstance(count, (int, np.integer)) or isinstance(count, bool) or count < 1:
        raise ValueError(f"Argument `{argument}` must be a whole number of at least 1, but it is {count!r}.")


def _pair(pair: Sequence[int]) -> Pair:
    try:
        i, j = pair
        whole = all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in (i, j))
    except (TypeError, ValueError):
        whole = False
    if not whole:
        raise ValueError(f"Argument `membranes` must be pairs of chamber numbers, but one is {pair!r}.")
    return int(i), int(j)


def _numbers(argument: str, values: Any, what: str) -> np.ndarray:
    """Finite, non-negative numbers of any shape, a new array; `what` says whose they are."""
    try:
        numbers = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"Argument `{argument}` must hold numbers, but {what} is {values!r}.") from None
    if len(bad := numbers[~np.isfinite(numbers) | (numbers < 0)]):
        raise ValueError(f"Argument `{argument}` must be finite and not negative, but {what} is {bad[0]:g}.")
    return numbers + 0.0  # −0.0 becomes 0.0, so that equal chambers print the same text


def _with_initial(network: Network, start: np.ndarray, initial: Any) -> tuple[Network, np.ndarray]:
    """The network and the concentrations (C, N) once `initial` has its say over those in `start`."""
    start = np.array(start)
    if initial is None:
        return network, start
    if not isinstance(initial, Mapping):
        values = _numbers("initial", initial, "one")
        if values.shape != start.shape:
            raise ValueError(
                f"Argument `initial` must have the shape {start.shape}, chambers × species, but it has {values.shape}."
            )
        return network, values
    for name, given in initial.items():
        if name not in network.initial:
            raise ValueError(f"Argument `initial` must name species of the network, but {name!r} is not one of them.")
        values = _numbers("initial", given, f"the initial concentration of {name}")
        if values.ndim == 0:
            network = network.updated(initial={name: float(values)})
        elif values.shape != start.shape[:1]:
            raise ValueError(
                f"Argument `initial` must have one value or {len(start)}, one for each chamber, but {name!r} has the "
                f"shape {values.shape}."
            )
        start[:, network.species.index(name)] = values
    return network, start


def _one_each(rates: Any, names: Any, count: int | None = None) -> tuple[tuple[float, ...], tuple[str | None, ...]]:
    """Permeabilities and their names as one for each membrane; one in all where `count` is None and both are alike."""
    if count is None:
        count = next((len(part) for part in (rates, names) if isinstance(part, tuple)), 1)
    return (
        rates if isinstance(rates, tuple) else (rates,) * count,
        names if isinstance(names, tuple) else (names,) * count,
    )


def _renamed(rates: Any, names: Any, values: Mapping[str, float]) -> float | tuple[float, ...]:
    """Permeabilities with those replaced whose name has a new value."""
    new = tuple(values.get(name, rate) for rate, name in zip(*_one_each(rates, names), strict=True))  # type: ignore[arg-type]
    return new if isinstance(rates, tuple) or isinstance(names, tuple) else new[0]


def _membranes(
    network: Network,
    topology: Topology,
    permeability: Mapping[str, float | Sequence[float]],
    names: Mapping[str, str | Sequence[str | None]],
) -> tuple[dict[str, float | tuple[float, ...]], dict[str, str | tuple[str | None, ...]]]:
    """Permeabilities and names, checked, as numbers and single names where all membranes are alike."""
    count = len(topology.membranes)
    for argument, mapping in (("permeability", permeability), ("permeability_names", names)):
        if not isinstance(mapping, Mapping):
            raise TypeError(f"Argument `{argument}` must be a mapping, but it is of type {type(mapping).__name__}.")
        for name in mapping:
            if name not in network.initial:
                raise ValueError(
                    f"Argument `{argument}` must name species of the network, but {name!r} is not one of them."
                )
    values = dict(network.parameters)
    clean_rates: dict[str, float | tuple[float, ...]] = dict.fromkeys(network.species, 0.0)
    clean_names: dict[str, str | tuple[str | None, ...]] = {}
    for species in network.species:
        given = _numbers("permeability", permeability.get(species, 0.0), f"the permeability of {species}")
        named = names.get(species)
        labels = named if named is None or isinstance(named, str) else tuple(named)
        for argument, shape in (
            ("permeability", given.shape),
            ("permeability_names", (len(labels),) if isinstance(labels, tuple) else ()),
        ):
            if shape not in ((), (count,)):
                raise ValueError(
                    f"Argument `{argument}` must have one value or {count}, one for each membrane, but {species!r} has "
                    f"the shape {shape}."
                )
        rates = tuple(given.tolist()) if given.ndim else float(given)
        for rate, label in zip(*_one_each(rates, labels), strict=True):
            if label is not None:
                _check_name(label, rate, network, values)
        pairs = set(zip(*_one_each(rates, labels), strict=True))
        if len(pairs) == 1:
            rates, labels = pairs.pop()
        elif not pairs:  # no membrane, and so nothing said
            rates, labels = 0.0, None
        else:
            rates, labels = _one_each(rates, labels)
        clean_rates[species] = rates
        if labels is not None and labels != (None,) * count:
            clean_names[species] = labels
    return clean_rates, clean_names


def _parsed_membranes(
    statements: Iterable[rules.ParsedMembrane], topology: Topology
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Permeabilities and their names as the statements say them: of all membranes first, then of single ones."""
    rates: dict[str, Any] = {}
    names: dict[str, Any] = {}
    place = {pair: i for i, pair in enumerate(topology.membranes)}
    for statement in sorted(statements, key=lambda statement: statement.pairs is not None):
        species = statement.species
        if statement.pairs is None:
            rates[species], names[species] = statement.rate, statement.rate_name
            continue
        common = _one_each(rates.get(species, 0.0), names.get(species), len(place))
        own_rates, own_names = map(list, common)
        for pair in statement.pairs:
            own_rates[place[pair]], own_names[place[pair]] = statement.rate, statement.rate_name
        rates[species], names[species] = tuple(own_rates), tuple(own_names)
    return rates, names


def _check_name(name: Any, rate: float, network: Network, values: dict[str, float]) -> None:
    if problem := name_problem(name):
        raise ValueError(f"Argument `permeability_names` must be names or None, but {problem}.")
    if name in network.initial:
        raise ValueError(f"A name must be a species or a rate, but {name!r} is both.")
    if values.setdefault(name, rate) != rate:
        raise ValueError(f"A named rate must have one value, but {name!r} is {values[name]:g} and {rate:g}.")


def _checked_events(network: Network, topology: Topology, events: Iterable[Event]) -> tuple[Event, ...]:
    ordered = tuple(sorted(events, key=lambda event: event.time))
    for event in ordered:
        if event.species not in network.initial:
            raise ValueError(
                f"Argument `events` must name species of the network, but {event.species!r} is not one of them."
            )
        if event.chamber is not None and event.chamber >= topology.chambers:
            raise ValueError(
                f"Argument `events` must be in chambers from 0 to {topology.chambers - 1}, but one is in "
                f"{event.chamber}."
            )
    return ordered


def read(text: str) -> Network | Chambers:
    """What a text in the rule language describes: chambers where it has a `chambers` statement, else a network.

    Raises RuleError at the first mistake.
    """
    return from_rules(rules.parse(text))


def from_rules(parsed: rules.RuleSet) -> Network | Chambers:
    """What an already parsed text describes: chambers where it has a `chambers` statement, else a network."""
    return Network.from_rules(parsed) if parsed.chambers is None else Chambers.from_rules(parsed)
