"""What [NNRN] theorem 4.8 says about a network, with numbers: whether every start leads to one point, and how soon.

The theorem is about nodes whose concentration x obeys an equation of its own, driven by nodes of earlier layers. Here
that equation is read from the reactions, dx/dt = h + ρ·x − c·x^q with ρ = b + Σ w·x′, and proposition 4.9 carries over
from q = 2, c = 1 to all q ≥ 2 and c > 0, because the right side is concave in x:

- Reliable: if h > 0, it is positive at 0 and has one positive root x*, which every x ≥ 0 approaches. The slope there is
  −λ with λ = h/x* + (q − 1)·c·x*^(q−1), not 0, so x* is smooth in the parameters.
- q-polynomial decay: if ρ ≤ R and R ≥ 0, then beyond the positive root M of h + R·x − (c/2)·x^q the right side is at
  most −(c/2)·x^q, which takes any x to M within the time M^(1−q) / ((q − 1)·c/2) (proposition A.1).
- Exponentially feed-forward: the chord of the right side from x* falls at least as steeply as the one to x = 0, so
  d/dt (x − x*)²/2 ≤ −(h/x*)·(x − x*)² + what the input's exponentially small error adds.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from crnwidgets.dynamics import simulate
from crnwidgets.dynamics.solver import double_precision
from crnwidgets.learning.numbers import whole
from crnwidgets.network import Network, Reaction
from crnwidgets.neural.activations import positive_root

__all__ = ["ActivationSystem", "Certificate", "certify"]

_LARGEST = 1e6  # concentration to start from
_DECADES = 9  # by which the slowest node's distance shrinks in a simulation


@dataclass(frozen=True)
class ActivationSystem:
    """The equation dx/dt = h + (bias + Σ weight·x′)·x − decay·x^q of one node, and what follows from it.

    Attributes:
        species: the node.
        h, bias, decay: constants, the fixed concentrations of inputs and enzymes multiplied in.
        weights: node of an earlier layer → weight.
        q: the order of the decay, 0 where there is none or other terms make it uncertain.
        problem: why the theorem does not cover the node, or "".
        layer: from 1, the first after the inputs; 0 where the network is not covered, and then the numbers are nan.
        fixed_point: x*, where all earlier layers have settled.
        rate: λ, at which a small distance from x* shrinks.
        least_rate: at which any distance from x* at least shrinks, h/x*.
        bound: M, which x stays below from the time `time` on, wherever all nodes started.
        time: see `bound`.
    """

    species: str
    h: float
    bias: float
    decay: float
    weights: Mapping[str, float]
    q: int
    problem: str
    layer: int = 0
    fixed_point: float = np.nan
    rate: float = np.nan
    least_rate: float = np.nan
    bound: float = np.nan
    time: float = np.nan

    @property
    def decays_polynomially(self) -> bool:
        """Whether the node has q-polynomial decay with some q > 1 ([NNRN] definition 4.5)."""
        return self.q > 1

    @property
    def reliable(self) -> bool:
        """Whether every start leads to one positive point, smooth in the parameters ([NNRN] definition 4.7)."""
        return not self.problem

    @property
    def exponentially_feed_forward(self) -> bool:
        """Whether inputs that converge exponentially make the node converge exponentially ([NNRN] definition 4.5)."""
        return not self.problem


@dataclass(frozen=True)
class Certificate:
    """Whether theorem 4.8 holds for a network, and with what numbers.

    Attributes:
        problems: why the theorem does not cover the network; empty where it does.
        systems: the activation systems of all dynamic species, the earlier layers first.
        time: from this time on, every start is inside the compact set where each node is below its `bound`; nan where
            the theorem does not hold, as are all numbers.
        rate: λ, at which small distances from the fixed point shrink in the end: the slowest node's.
        fitted_rate: the same, as simulations from `starts` show it.
        starts: (k, nodes): what those simulations started from, 0 and 1,000,000 among it.
        distance: how far from the fixed point the farthest of them was in the end, relative to each fixed point.
        contained: whether all of them were inside the compact set from the time `time` on.
    """

    problems: tuple[str, ...]
    systems: tuple[ActivationSystem, ...]
    time: float = np.nan
    rate: float = np.nan
    fitted_rate: float = np.nan
    starts: np.ndarray = field(default_factory=lambda: np.empty((0, 0)), repr=False, compare=False)
    distance: float = np.nan
    contained: bool = False

    @property
    def holds(self) -> bool:
        """Whether the network is exponentially reliable and converges from infinity in finite time."""
        return not self.problems

    def __str__(self) -> str:
        if not self.holds:
            return "\n".join(["Theorem 4.8 does not cover this network:", *(f"- {p}" for p in self.problems)])
        orders = ", ".join(str(q) for q in sorted({s.q for s in self.systems}))
        return "\n".join(
            [
                "By theorem 4.8 this network is exponentially reliable and converges from infinity in finite time:",
                f"- {len(self.systems)} activation systems in {self.systems[-1].layer} layers, each reliable, with "
                f"q-polynomial decay (q = {orders}) and exponentially feed-forward",
                f"- from t = {self.time:.4g} on, every start is inside a compact set, no node above "
                f"{max(s.bound for s in self.systems):.4g}",
                f"- in the end distances shrink as exp(−λ·t) with λ = {self.rate:.4g}; simulations from "
                f"{len(self.starts)} starts up to {self.starts.max():.3g} show {self.fitted_rate:.4g}, and end within "
                f"{self.distance:.1g} of the fixed point",
            ]
        )


def certify(network: Network, *, starts: int = 5, seed: int = 0) -> Certificate:
    """Whether [NNRN] theorem 4.8 holds for a network, such as `nn.to_network(d)`, with numbers and with simulations.

    Where it does not hold or does not apply, for example with h = 0, the certificate says why.

    Arguments:
        network: any mass-action network.
        starts: how many simulations: from 0, from 1,000,000, and from random concentrations in between; at least 2.
        seed: of the random ones.

    Raises ValueError for fewer than two starts, and SimulationError where a simulation takes too long.
    """
    if not isinstance(network, Network):
        raise TypeError(f"Argument `network` must be a Network, but it is of type {type(network).__name__}.")
    if whole("starts", starts) < 2:
        raise ValueError(f"Argument `starts` must be at least 2, but it is {starts}.")
    systems = _systems(network)
    layers = _layers(systems)
    if problems := tuple(_problems(network, systems, layers)):
        return Certificate(problems, tuple(systems))
    return _simulated(_numbers(systems, layers), starts, seed)


Others = tuple[tuple[str, int], ...]
"""The powers of the other dynamic species in a term of an equation."""


def _systems(network: Network) -> list[ActivationSystem]:
    """The equation of each dynamic species."""
    dynamic = dict.fromkeys(network.dynamic)
    terms: dict[str, dict[tuple[int, Others], float]] = {name: defaultdict(float) for name in dynamic}
    for r in network.reactions:
        change = r.change
        speed = r.rate * math.prod(network.initial[n] ** count for n, count in r.reactants.items() if n not in dynamic)
        for name in change:
            others = tuple(sorted((n, count) for n, count in r.reactants.items() if n in dynamic and n != name))
            terms[name][r.reactants.get(name, 0), others] += speed * change[name]
    return [_system(name, {key: value for key, value in terms[name].items() if value}) for name in dynamic]


def _system(name: str, terms: Mapping[tuple[int, Others], float]) -> ActivationSystem:
    """One node, from the terms of its equation: the power of itself, the powers of others → coefficient."""
    h = bias = decay = 0.0
    q, problem = 0, ""
    weights: dict[str, float] = {}
    for (power, others), value in terms.items():
        if power == 1 and not others:
            bias = value
        elif power == 1 and len(others) == 1 and others[0][1] == 1:
            weights[others[0][0]] = value
        elif power == 0 and not others:
            h = value
        elif power > 1 and not others and value < 0 and not q:
            q, decay = power, -value
        else:
            problem = "the equation has terms that no activation system of Table 1 has"
    if problem:
        q, decay = 0, 0.0
    elif not q:
        problem = "there is no decay q X -> X with q > 1, so nothing brings it back from infinity"
    elif not h:
        problem = (
            "h = 0, so 0 is a fixed point that x = 0 never leaves: it is not reliable; and where the weighted input is "
            "0 the approach is not exponential"
        )
    return ActivationSystem(name, h, bias, decay, weights, q, problem)


def _layers(systems: Sequence[ActivationSystem]) -> dict[str, int]:
    """The layer of each species, those missing that depend on one another: 1 more than that of its last input."""
    layers: dict[str, int] = {}
    waiting = list(systems)
    while ready := [s for s in waiting if all(name in layers for name in s.weights)]:
        # Of those ready in the same round the inputs are known already.
        layers.update({s.species: 1 + max((layers[name] for name in s.weights), default=0) for s in ready})
        waiting = [s for s in waiting if s.species not in layers]
    return layers


def _problems(network: Network, systems: Sequence[ActivationSystem], layers: Mapping[str, int]) -> Iterator[str]:
    """Why the theorem does not cover a network."""
    if not systems:
        yield "no reaction changes any species, so there is no activation system"
    if network.events:
        yield "it has timed interventions, and the theorem is about reactions left alone"
    if around := [s.species for s in systems if s.species not in layers]:
        yield f"{_some(around)}: not feed-forward, for some of them depend on one another"
    for problem in dict.fromkeys(s.problem for s in systems if s.problem):
        yield f"{_some([s.species for s in systems if s.problem == problem])}: {problem}"


def _some(names: Sequence[str]) -> str:
    """A few names, and how many more there are."""
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _numbers(systems: Sequence[ActivationSystem], layers: Mapping[str, int]) -> tuple[ActivationSystem, ...]:
    """The systems with their numbers, the earlier layers first."""
    done: dict[str, ActivationSystem] = {}
    for s in sorted(systems, key=lambda s: layers[s.species]):
        inputs = [(w, done[name]) for name, w in s.weights.items()]
        x = _root(s.h, s.bias + sum(w * other.fixed_point for w, other in inputs), s.decay, s.q)
        most = max(0.0, s.bias + sum(max(w, 0.0) * other.bound for w, other in inputs))
        bound = _root(s.h, most, s.decay / 2, s.q)
        done[s.species] = replace(
            s,
            layer=layers[s.species],
            fixed_point=x,
            rate=s.h / x + (s.q - 1) * s.decay * x ** (s.q - 1),
            least_rate=s.h / x,
            bound=bound,
            time=max((other.time for _, other in inputs), default=0.0) + bound ** (1 - s.q) / ((s.q - 1) * s.decay / 2),
        )
    return tuple(done.values())


def _root(h: float, rho: float, decay: float, q: int) -> float:
    """The positive root of h + rho·x − decay·x^q, where h > 0."""
    # That of h′ + y·x − (q − 1)·x^q with both numbers multiplied by the same.
    scale = (q - 1) / decay
    with double_precision():
        return float(positive_root(q, np.float64(h * scale), np.float64(rho * scale)))


def _simulated(systems: tuple[ActivationSystem, ...], starts: int, seed: int) -> Certificate:
    """The certificate, with what simulations of the systems show."""
    names = [s.species for s in systems]
    fixed, bounds = np.array([s.fixed_point for s in systems]), np.array([s.bound for s in systems])
    time, rate = max(s.time for s in systems), min(s.rate for s in systems)
    enough = _DECADES * np.log(10) / rate
    times = np.unique([*np.linspace(0, 2 * enough, 401), time, *(time + np.linspace(0, enough, 101))])
    random = np.exp(np.random.default_rng(seed).uniform(-1, 1, (starts - 2, len(names))) * np.log(_LARGEST))
    initial = np.concatenate([np.zeros((1, len(names))), np.full((1, len(names)), _LARGEST), random])
    network, slopes, last, contained = _reduced(systems), [], [], True
    for start in initial:
        x = simulate(network, times, initial=dict(zip(names, start, strict=True))).concentrations
        x = x[:, [network.species.index(name) for name in names]]
        contained &= bool((x[times >= time] <= bounds * (1 + 1e-6)).all())
        away = np.max(np.abs(x / fixed - 1), axis=1)
        straight = (away < 1e-4) & (away > 1e-8)  # near enough to be linear, far enough not to be rounding
        if straight.sum() > 2:
            slopes.append(-np.polyfit(times[straight], np.log(away[straight]), 1)[0])
        last.append(away[-1])
    fitted = float(min(slopes)) if slopes else np.nan
    return Certificate((), systems, time, rate, fitted, initial, float(max(last)), contained)


def _reduced(systems: Sequence[ActivationSystem]) -> Network:
    """The network of the systems' equations alone: one reaction a term."""
    reactions = []
    for s in systems:
        x = s.species
        reactions += [Reaction({}, {x: 1}, s.h), Reaction({x: s.q}, {x: s.q - 1}, s.decay)]
        if s.bias:
            reactions.append(Reaction({x: 1}, {x: 2} if s.bias > 0 else {}, abs(s.bias)))
        for name, w in s.weights.items():
            reactions.append(Reaction({name: 1, x: 1}, {name: 1, x: 2} if w > 0 else {name: 1}, abs(w)))
    return Network(reactions)
