"""Reaction networks: what reacts with what, how fast, and what follows from the structure alone ([NNRN] section 2)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from crnwidgets import rules
from crnwidgets.rules import name_problem

__all__ = ["OPERATIONS", "Complex", "Event", "Network", "Reaction"]

Complex = Mapping[str, int]
"""A linear combination of species over the non-negative integers: species → count, zeros left out."""

OPERATIONS = ("=", "+=", "-=")
"""What an intervention can do to a concentration: set, raise or lower it."""


_name_problem = lru_cache(maxsize=2**17, typed=True)(name_problem)  # large networks name each species many times


def _complex(argument: str, counts: Mapping[str, int]) -> Complex:
    clean: dict[str, int] = {}
    for name, count in counts.items():
        if problem := _name_problem(name):
            raise ValueError(f"Argument `{argument}` must map species names to counts, but {problem}.")
        if not isinstance(count, (int, np.integer)) or isinstance(count, bool) or count < 0:
            raise ValueError(f"Argument `{argument}` must have whole, non-negative counts, but {name!r} has {count!r}.")
        if count:
            clean[name] = int(count)
    return MappingProxyType(clean)


def _amount(argument: str, value: float, what: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"Argument `{argument}` must be a number, but {what} is {value!r}.") from None
    if not math.isfinite(number) or number < 0:
        raise ValueError(f"Argument `{argument}` must be finite and not negative, but {what} is {number:g}.")
    return number + 0.0  # −0.0 becomes 0.0, so that equal networks print the same text


@dataclass(frozen=True, eq=False)
class Reaction:
    """One directed edge between two complexes, with its mass-action rate constant.

    Attributes:
        reactants, products: species → count (read-only mappings); either may be empty, not both the same.
        rate: the rate constant, finite and ≥ 0, in 1/time × concentration^(1 − order).
        rate_name: the name under which the rate is shared and shown as a slider, or None.

    Raises ValueError for two equal sides ([NNRN] definition 2.1), a bad count, name or rate.
    """

    reactants: Complex
    products: Complex
    rate: float = 1.0
    rate_name: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "reactants", _complex("reactants", self.reactants))
        object.__setattr__(self, "products", _complex("products", self.products))
        object.__setattr__(self, "rate", _amount("rate", self.rate, "it"))
        if self.rate_name is not None and (problem := name_problem(self.rate_name)):
            raise ValueError(f"Argument `rate_name` must be a name or None, but {problem}.")
        if self.reactants == self.products:
            raise ValueError(
                f"Argument `products` must differ from `reactants` ([NNRN] definition 2.1), but both are {self}."
            )

    @property
    def edge(self) -> tuple[frozenset[tuple[str, int]], frozenset[tuple[str, int]]]:
        """The two complexes alone, as a hashable key: what makes two reactions the same edge of the graph."""
        return frozenset(self.reactants.items()), frozenset(self.products.items())

    @property
    def order(self) -> int:
        """How many molecules must meet: the sum of the reactant counts."""
        return sum(self.reactants.values())

    @property
    def change(self) -> dict[str, int]:
        """The reaction vector ζ: products minus reactants, species → net change, zeros left out."""
        names = dict.fromkeys([*self.reactants, *self.products])
        net = {n: self.products.get(n, 0) - self.reactants.get(n, 0) for n in names}
        return {n: change for n, change in net.items() if change}

    @property
    def catalysis(self) -> tuple[str, str, str] | None:
        """(input, catalyst, output) where the reaction has [DCRN]'s form A + C → B + C, else None."""
        return rules.catalysis(self.reactants, self.products)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reaction):
            return NotImplemented
        return (self.edge, self.rate, self.rate_name) == (other.edge, other.rate, other.rate_name)

    def __hash__(self) -> int:
        return hash((self.edge, self.rate, self.rate_name))

    def __str__(self) -> str:
        return rules.format_reaction(self.reactants, self.products, self.rate, self.rate_name)

    def __reduce__(self) -> tuple[Any, ...]:
        return Reaction, (dict(self.reactants), dict(self.products), self.rate, self.rate_name)


@dataclass(frozen=True)
class Event:
    """A timed intervention: at `time`, the concentration of `species` is set, raised or lowered.

    Attributes:
        time: finite and ≥ 0.
        species: whose concentration changes.
        operation: "=", "+=" or "-="; lowering below zero leaves zero.
        amount: a concentration, finite and ≥ 0.
        chamber: in which of several chambers, from 0; None: in each (of a network: in the only one).
    """

    time: float
    species: str
    operation: str
    amount: float
    chamber: int | None = None

    def __post_init__(self) -> None:
        if problem := name_problem(self.species):
            raise ValueError(f"Argument `species` must be a species name, but {problem}.")
        if self.operation not in OPERATIONS:
            raise ValueError(f'Argument `operation` must be "=", "+=" or "-=", but it is {self.operation!r}.')
        object.__setattr__(self, "time", _amount("time", self.time, "it"))
        object.__setattr__(self, "amount", _amount("amount", self.amount, "it"))
        if self.chamber is not None:
            if not isinstance(self.chamber, (int, np.integer)) or isinstance(self.chamber, bool) or self.chamber < 0:
                raise ValueError(
                    f"Argument `chamber` must be None or a whole number of at least 0, but it is {self.chamber!r}."
                )
            object.__setattr__(self, "chamber", int(self.chamber))

    def __str__(self) -> str:
        return rules.format_event(self.time, self.species, self.operation, self.amount, self.chamber)


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Network:
    """A reaction network with mass-action rates, initial concentrations and timed interventions; immutable.

    Arguments:
        reactions: `Reaction`s, no two with the same complexes on both sides (a reaction network is a graph).
        species: names that fix the order of the species; every species used must be among them. Left out: the order
            of first appearance in the reactions. A species that no reaction uses may be listed; it stays as it starts.
        initial: species → initial concentration; a species left out starts at 0.
        events: `Event`s without a chamber; kept in the order of their times.

    Two networks are equal if species, reactions, initial concentrations and events are, in the same order.

    Raises ValueError naming the offending entry, and TypeError for an argument of the wrong type.
    """

    species: tuple[str, ...]
    reactions: tuple[Reaction, ...]
    initial: Mapping[str, float]
    events: tuple[Event, ...] = field(default=())

    def __init__(
        self,
        reactions: Iterable[Reaction] = (),
        *,
        species: Iterable[str] | None = None,
        initial: Mapping[str, float] | None = None,
        events: Iterable[Event] = (),
    ) -> None:
        reactions = tuple(reactions)
        events = tuple(sorted(events, key=lambda event: event.time))
        used = dict.fromkeys(n for r in reactions for n in rules.reading_order(r.reactants, r.products))
        names = tuple(used) if species is None else tuple(species)
        _check_species(names, used)
        _check_reactions(reactions, names)
        start = dict.fromkeys(names, 0.0)
        for name, value in (initial or {}).items():
            _known("initial", name, start)
            start[name] = _amount("initial", value, f"the initial concentration of {name}")
        for event in events:
            _known("events", event.species, start)
            if event.chamber is not None:
                raise ValueError(f"Argument `events` must be in no chamber, but `{event}` is in one; see `Chambers`.")
        object.__setattr__(self, "species", names)
        object.__setattr__(self, "reactions", reactions)
        object.__setattr__(self, "initial", MappingProxyType(start))
        object.__setattr__(self, "events", events)

    # -- text ---------------------------------------------------------------------------------------------------

    @classmethod
    def parse(cls, text: str) -> Network:
        """The network that a text in the rule language describes.

        Raises RuleError with `.line`, `.column` and `.hint` at the first mistake.
        """
        return cls.from_rules(rules.parse(text))

    @classmethod
    def from_rules(cls, parsed: rules.RuleSet) -> Network:
        """The network of an already parsed text; raises RuleError where the text has several chambers."""
        if parsed.chambers is not None:
            raise parsed.mistake(
                "chambers-in-network",
                parsed.chambers.span,
                "expected a network without chambers, but found a `chambers` statement",
                "read it with `crnwidgets.Chambers.parse`",
            )
        return cls(
            [Reaction(r.reactants, r.products, r.rate, r.rate_name) for r in parsed.reactions],
            species=parsed.species,
            initial=parsed.initial,
            events=[Event(e.time, e.species, e.operation, e.amount) for e in parsed.events],
        )

    def __str__(self) -> str:
        return rules.format_network(self)

    def __repr__(self) -> str:
        def count(n: int, noun: str) -> str:
            return f"{n} {noun}{'' if n == 1 or noun == 'species' else 's'}"

        parts = [count(len(self.species), "species"), count(len(self.reactions), "reaction")]
        if self.events:
            parts.append(count(len(self.events), "event"))
        return f"<Network: {', '.join(parts)}>"

    def _repr_html_(self) -> str:
        from crnwidgets.export.html import to_html

        return to_html(self)

    # -- equality -----------------------------------------------------------------------------------------------

    @cached_property
    def _content(self) -> tuple[Any, ...]:
        return self.species, self.reactions, tuple(self.initial.items()), self.events

    def __eq__(self, other: object) -> bool:
        return self._content == other._content if isinstance(other, Network) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._content)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.reactions, self.species, dict(self.initial), self.events)

    # -- changed copies -----------------------------------------------------------------------------------------

    @cached_property
    def parameters(self) -> Mapping[str, float]:
        """The named rates: name → value, in order of first appearance."""
        return MappingProxyType({r.rate_name: r.rate for r in self.reactions if r.rate_name is not None})

    def updated(
        self,
        *,
        initial: Mapping[str, float] | None = None,
        parameters: Mapping[str, float] | None = None,
        events: Iterable[Event] | None = None,
    ) -> Network:
        """A copy with some initial concentrations, some named rates or all events replaced.

        Raises ValueError for an unknown species or rate name.
        """
        new_rates = dict(parameters or {})
        for name in new_rates:
            if name not in self.parameters:
                raise ValueError(
                    f"Argument `parameters` must name rates of this network, but {name!r} is not one of "
                    f"{list(self.parameters)}."
                )
        return Network(
            [
                Reaction(r.reactants, r.products, new_rates[r.rate_name], r.rate_name)
                if r.rate_name in new_rates
                else r
                for r in self.reactions
            ],
            species=self.species,
            initial={**self.initial, **(initial or {})},
            events=self.events if events is None else events,
        )

    # -- stoichiometry ------------------------------------------------------------------------------------------

    @cached_property
    def reactant_stoichiometry(self) -> np.ndarray:
        """How many of each species a reaction takes: (species, reactions), integers, read-only."""
        return self._counts([r.reactants for r in self.reactions])

    @cached_property
    def product_stoichiometry(self) -> np.ndarray:
        """How many of each species a reaction gives: (species, reactions), integers, read-only."""
        return self._counts([r.products for r in self.reactions])

    @cached_property
    def stoichiometry(self) -> np.ndarray:
        """The net change of each species: (species, reactions), integers, read-only."""
        return _frozen(self.product_stoichiometry - self.reactant_stoichiometry)

    def _counts(self, complexes: Sequence[Complex]) -> np.ndarray:
        row = {name: i for i, name in enumerate(self.species)}
        matrix = np.zeros((len(self.species), len(complexes)), dtype=np.int64)
        for column, counts in enumerate(complexes):
            for name, count in counts.items():
                matrix[row[name], column] = count
        return _frozen(matrix)

    @cached_property
    def rates(self) -> np.ndarray:
        """The rate constants, (reactions,), read-only."""
        return _frozen(np.array([r.rate for r in self.reactions], dtype=float))

    def derivative(self, x: np.ndarray) -> np.ndarray:
        """dx/dt under mass action ([NNRN] eq. 2) at the concentrations x, (…, species) → (…, species)."""
        powers = np.asarray(x, dtype=float)[..., :, None] ** self.reactant_stoichiometry
        return (self.rates * powers.prod(axis=-2)) @ self.stoichiometry.T

    # -- the graph of complexes -----------------------------------------------------------------------------------

    @cached_property
    def complexes(self) -> tuple[Complex, ...]:
        """The vertices of the reaction graph, in order of first appearance."""
        seen: dict[frozenset[tuple[str, int]], Complex] = {}
        for r in self.reactions:
            for side in (r.reactants, r.products):
                seen.setdefault(frozenset(side.items()), side)
        return tuple(seen.values())

    @cached_property
    def _edges(self) -> list[tuple[int, int]]:
        index = {frozenset(c.items()): i for i, c in enumerate(self.complexes)}
        return [(index[a], index[b]) for a, b in (r.edge for r in self.reactions)]

    @cached_property
    def linkage_classes(self) -> tuple[tuple[Complex, ...], ...]:
        """The connected components of the reaction graph, each a tuple of its complexes."""
        label = _components(len(self.complexes), self._edges)
        groups: dict[int, list[Complex]] = {}
        for complex_, root in zip(self.complexes, label, strict=True):
            groups.setdefault(root, []).append(complex_)
        return tuple(tuple(group) for group in groups.values())

    @cached_property
    def rank(self) -> int:
        """The dimension of the stoichiometric subspace (exact)."""
        return len(self.species) - len(self.conservation_laws)

    @property
    def deficiency(self) -> int:
        """Complexes − linkage classes − rank (Feinberg, Horn, Jackson)."""
        return len(self.complexes) - len(self.linkage_classes) - self.rank

    @cached_property
    def weakly_reversible(self) -> bool:
        """Whether every reaction lies on a directed cycle of the reaction graph."""
        strong = _strong_components(len(self.complexes), self._edges)
        return all(strong[a] == strong[b] for a, b in self._edges)

    @cached_property
    def conservation_laws(self) -> tuple[Mapping[str, int], ...]:
        """An exact integer basis of the linear conserved quantities: each a mapping species → coefficient.

        Coefficients have no common divisor; laws are made non-negative where adding others can do it.
        """
        return tuple(
            MappingProxyType({name: c for name, c in zip(self.species, law, strict=True) if c})
            for law in _integer_kernel(self.stoichiometry.T.tolist(), len(self.species))
        )

    # -- enzymes ([NNRN] section 5.1) -------------------------------------------------------------------------------

    @cached_property
    def enzymatic(self) -> tuple[str, ...]:
        """The species that no reaction changes ([NNRN] definition 5.1)."""
        changing = {name for r in self.reactions for name in r.change}
        return tuple(name for name in self.species if name not in changing)

    @cached_property
    def dynamic(self) -> tuple[str, ...]:
        """The species that some reaction changes ([NNRN] definition 5.1)."""
        still = set(self.enzymatic)
        return tuple(name for name in self.species if name not in still)

    def absorb_enzymes(self) -> Network:
        """The dynamically equivalent network without enzymatic species: the rates take up their concentrations.

        Reactions that become the same edge are added up, those with rate 0 fall away, and rates that change lose their
        name ([NNRN] example 5.2). Raises ValueError if an event changes an enzymatic species.
        """
        still = set(self.enzymatic)
        for event in self.events:
            if event.species in still:
                raise ValueError(
                    f"The network must not have events on enzymatic species to absorb them, but `{event}` is one."
                )
        merged: dict[Any, Reaction] = {}
        for r in self.reactions:
            enzymes = {n: c for n, c in r.reactants.items() if n in still}
            rate = r.rate * math.prod(self.initial[n] ** c for n, c in enzymes.items())
            if enzymes and rate == 0:
                continue
            reduced = Reaction(
                {n: c for n, c in r.reactants.items() if n not in still},
                {n: c for n, c in r.products.items() if n not in still},
                rate,
                None if enzymes else r.rate_name,
            )
            twin = merged.get(reduced.edge)
            if twin is not None:
                reduced = Reaction(reduced.reactants, reduced.products, twin.rate + rate)
            merged[reduced.edge] = reduced
        return Network(
            merged.values(),
            species=self.dynamic,
            initial={name: self.initial[name] for name in self.dynamic},
            events=self.events,
        )

    # -- combining ----------------------------------------------------------------------------------------------

    def __or__(self, other: Network) -> Network:
        """The union of two networks: all species, reactions, initial concentrations and events of both.

        Raises ValueError where both say something different: a reaction's rate, a named rate, a non-zero initial value.
        """
        if not isinstance(other, Network):
            return NotImplemented
        mine = {r.edge: r for r in self.reactions}
        for r in other.reactions:
            twin = mine.setdefault(r.edge, r)
            if twin != r:
                raise ValueError(f"The networks must agree on reactions they share, but one has `{twin}`, one `{r}`.")
        initial = dict(self.initial)
        for name, value in other.initial.items():
            if initial.get(name) and value and initial[name] != value:
                raise ValueError(
                    f"The networks must agree on initial concentrations, but {name} starts at {initial[name]:g} in one "
                    f"and at {value:g} in the other."
                )
            initial[name] = initial.get(name) or value
        return Network(
            mine.values(),
            species=dict.fromkeys([*self.species, *other.species]),
            initial=initial,
            events=[*self.events, *(e for e in other.events if e not in self.events)],
        )

    def is_subnetwork_of(self, other: Network) -> bool:
        """Whether every reaction of this network is one of the other ([NNRN] section 5.1), whatever the rates."""
        return {r.edge for r in self.reactions} <= {r.edge for r in other.reactions}

    # -- the reaction tensor ([DCRN] section 2) -----------------------------------------------------------------------

    def to_tensor(self) -> np.ndarray:
        """The reaction tensor T[catalyst, input, output], (N, N, N), float64 ([DCRN] eq. 1).

        Raises ValueError if a reaction is not of the form A + C → B + C.
        """
        index = {name: i for i, name in enumerate(self.species)}
        tensor = np.zeros((len(self.species),) * 3)
        for r in self.reactions:
            if r.catalysis is None:
                raise ValueError(
                    f"Every reaction must have the form A -C-> B to be an entry of the reaction tensor, but `{r}` has "
                    "not."
                )
            source, catalyst, target = (index[name] for name in r.catalysis)
            tensor[catalyst, source, target] += r.rate
            tensor[catalyst, source, source] -= r.rate
        return tensor

    @classmethod
    def from_tensor(
        cls,
        T: Any,
        species: Sequence[str] | None = None,
        min_rate: float = 0.0,
        *,
        initial: Mapping[str, float] | Sequence[float] | None = None,
    ) -> Network:
        """The network of a reaction tensor, leaving out reactions slower than `min_rate` ([DCRN] section 2.1).

        Arguments:
            T: (N, N, N), T[catalyst, input, output]; rows sum to zero, off-diagonal entries are not negative.
            species: N names; left out: A, B, C, …
            min_rate: k_min; the diagonal is repaired by construction.
            initial: a mapping, or N values.

        Raises ValueError naming the entry that breaks one of the three constraints.
        """
        tensor = np.asarray(T, dtype=float)
        if tensor.ndim != 3 or len(set(tensor.shape)) != 1:
            raise ValueError(f"Argument `T` must have the shape (N, N, N), but it has {tensor.shape}.")
        size = len(tensor)
        names = default_names(size) if species is None else tuple(species)
        if len(names) != size:
            raise ValueError(f"Argument `species` must have {size} names, one for each row, but it has {len(names)}.")
        _check_tensor(tensor, names)
        kept = (tensor > 0) & (tensor >= min_rate) & ~np.eye(size, dtype=bool)
        if initial is not None and not isinstance(initial, Mapping):
            initial = dict(zip(names, map(float, initial), strict=True))
        return cls(
            [
                Reaction(*rules.catalytic(names[a], names[c], names[b]), float(tensor[c, a, b]))
                for c, a, b in np.argwhere(kept)
            ],
            species=names,
            initial=initial,
        )


def default_names(count: int) -> tuple[str, ...]:
    """Names for species that have none: A … Z, then A1 … Z1, and so on."""
    letters = [chr(ord("A") + i) for i in range(26)]
    return tuple(letters[i % 26] + (str(i // 26) if i >= 26 else "") for i in range(count))


def _rebuild(
    reactions: tuple[Reaction, ...], species: tuple[str, ...], initial: dict[str, float], events: tuple[Event, ...]
) -> Network:
    return Network(reactions, species=species, initial=initial, events=events)


def _frozen(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array


def _known(argument: str, name: str, names: Mapping[str, float]) -> None:
    if name not in names:
        raise ValueError(f"Argument `{argument}` must name species of the network, but {name!r} is not one of them.")


def _check_species(names: tuple[str, ...], used: Mapping[str, None]) -> None:
    if not names:
        raise ValueError("A network must have at least one species, but there are no reactions and no `species`.")
    for name in names:
        if problem := name_problem(name):
            raise ValueError(f"Argument `species` must be names, but {problem}.")
    if len(set(names)) != len(names):
        twice = next(n for i, n in enumerate(names) if n in names[:i])
        raise ValueError(f"Argument `species` must name each species once, but {twice!r} is there twice.")
    if missing := set(used).difference(names):
        name = next(n for n in used if n in missing)
        raise ValueError(f"Argument `species` must list every species used, but {name!r} is missing.")


def _check_reactions(reactions: tuple[Reaction, ...], names: tuple[str, ...]) -> None:
    seen: set[Any] = set()
    values: dict[str, float] = {}
    species = set(names)
    for r in reactions:
        if not isinstance(r, Reaction):
            raise TypeError(f"Argument `reactions` must be Reaction objects, but one is {r!r}.")
        edge = r.edge
        if edge in seen:
            raise ValueError(f"Argument `reactions` must have each reaction once, but `{r}` shares its complexes.")
        seen.add(edge)
        if r.rate_name is None:
            continue
        if r.rate_name in species:
            raise ValueError(f"A name must be a species or a rate, but {r.rate_name!r} is both.")
        if values.setdefault(r.rate_name, r.rate) != r.rate:
            raise ValueError(
                f"A named rate must have one value, but {r.rate_name!r} is {values[r.rate_name]:g} and {r.rate:g}."
            )


def _check_tensor(tensor: np.ndarray, names: Sequence[str]) -> None:
    """[DCRN] section 2's constraints, to the rounding of float32."""

    def entry(c: int, a: int, b: int) -> str:
        return f"T[{c}, {a}, {b}] (catalyst {names[c]}, input {names[a]}, output {names[b]}) is {tensor[c, a, b]:g}"

    if len(bad := np.argwhere(~np.isfinite(tensor))):
        raise ValueError(f"Argument `T` must be finite, but {entry(*bad[0])}.")
    diagonal = np.eye(len(tensor), dtype=bool)
    if len(bad := np.argwhere((tensor < 0) & ~diagonal)):
        raise ValueError(f"Argument `T` must not be negative off the diagonal, but {entry(*bad[0])}.")
    if len(bad := np.argwhere((tensor > 0) & diagonal)):
        raise ValueError(f"Argument `T` must not be positive on the diagonal, but {entry(*bad[0])}.")
    sums = tensor.sum(axis=-1)
    if len(bad := np.argwhere(np.abs(sums) > 1e-5 * np.maximum(1.0, np.abs(tensor).max(axis=-1)))):
        c, a = bad[0]
        raise ValueError(
            f"Argument `T` must have rows that sum to zero, but T[{c}, {a}] (catalyst {names[c]}, input {names[a]}) "
            f"sums to {sums[c, a]:g}."
        )


def _components(count: int, edges: Iterable[tuple[int, int]]) -> list[int]:
    """The root of each vertex's connected component (union–find)."""
    parent = list(range(count))

    def root(v: int) -> int:
        while parent[v] != v:
            parent[v] = parent[parent[v]]
            v = parent[v]
        return v

    for a, b in edges:
        parent[root(b)] = root(a)
    return [root(v) for v in range(count)]


def _strong_components(count: int, edges: Iterable[tuple[int, int]]) -> list[int]:
    """The strongly connected component of each vertex (Kosaraju, without recursion)."""
    ahead: list[list[int]] = [[] for _ in range(count)]
    back: list[list[int]] = [[] for _ in range(count)]
    for a, b in edges:
        ahead[a].append(b)
        back[b].append(a)
    order: list[int] = []
    seen = [False] * count
    for start in range(count):
        stack = [] if seen[start] else [(start, iter(ahead[start]))]
        seen[start] = True
        while stack:
            vertex, rest = stack[-1]
            following = next((w for w in rest if not seen[w]), None)
            if following is None:
                order.append(vertex)
                stack.pop()
            else:
                seen[following] = True
                stack.append((following, iter(ahead[following])))
    component = [-1] * count
    for start in reversed(order):
        todo = [start] if component[start] < 0 else []
        while todo:
            vertex = todo.pop()
            if component[vertex] < 0:
                component[vertex] = start
                todo.extend(w for w in back[vertex] if component[w] < 0)
    return component


def _integer_kernel(rows: list[list[int]], width: int) -> list[list[int]]:
    """A primitive integer basis of {v : row · v = 0 for every row}, by exact elimination."""
    reduced: list[list[Fraction]] = []
    pivots: list[int] = []
    for row in rows:
        v = [Fraction(x) for x in row]
        for pivot, known in zip(pivots, reduced, strict=True):
            if v[pivot]:
                factor = v[pivot]
                v = [x - factor * y for x, y in zip(v, known, strict=True)]
        lead = next((i for i, x in enumerate(v) if x), None)
        if lead is None:
            continue
        v = [x / v[lead] for x in v]
        for k, known in enumerate(reduced):
            if known[lead]:
                factor = known[lead]
                reduced[k] = [x - factor * y for x, y in zip(known, v, strict=True)]
        reduced.append(v)
        pivots.append(lead)
    basis: list[list[int]] = []
    for free in (i for i in range(width) if i not in pivots):
        v = [Fraction(0)] * width
        v[free] = Fraction(1)
        for pivot, known in zip(pivots, reduced, strict=True):
            v[pivot] = -known[free]
        scale = math.lcm(*(x.denominator for x in v))
        basis.append(_primitive([int(x * scale) for x in v]))
    return _without_negatives(basis)


def _primitive(v: list[int]) -> list[int]:
    divisor = math.gcd(*v)
    sign = -1 if max(v) <= 0 else 1
    return [sign * x // divisor for x in v]


def _without_negatives(basis: list[list[int]]) -> list[list[int]]:
    """Add laws to one another where that takes negative coefficients away; each step keeps the span and the lattice."""
    for i in range(len(basis)):
        for j in range(len(basis)):
            if i != j and min(basis[i]) < 0:
                lack = max((-x for x, y in zip(basis[i], basis[j], strict=True) if x < 0 < y), default=0)
                candidate = [x + lack * y for x, y in zip(basis[i], basis[j], strict=True)]
                if lack and sum(x < 0 for x in candidate) < sum(x < 0 for x in basis[i]):
                    basis[i] = _primitive(candidate)
    return basis
