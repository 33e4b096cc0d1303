"""`simulate`: arguments in, trajectory out. Events cut the integration into segments; failures become clear errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import ArrayLike

from crnwidgets.chambers import Chambers
from crnwidgets.dynamics.packing import TIMES, capacity, pack
from crnwidgets.dynamics.trajectory import ChambersTrajectory, SimulationError, Trajectory, suggestion
from crnwidgets.network import Event, Network

if TYPE_CHECKING:
    from crnwidgets.dynamics.solver import State

__all__ = ["output_times", "simulate"]

POINTS = 501  # for an end time: both ends, and steps of a round number for a round end

# Costs are counted in explicit steps.
BUDGET = 10_000  # before the other method is considered
LARGEST_IMPLICIT = 2048  # species, padded: an implicit step holds six square matrices of that size (200 MB)
LARGEST_COST = 2_000_000  # of a whole simulation


@overload
def simulate(
    network: Network,
    t: float | ArrayLike,
    *,
    initial: Mapping[str, float] | ArrayLike | None = None,
    rtol: float = 1e-9,
    atol: float = 1e-20,
) -> Trajectory: ...


@overload
def simulate(
    network: Chambers,
    t: float | ArrayLike,
    *,
    initial: Mapping[str, float | ArrayLike] | ArrayLike | None = None,
    rtol: float = 1e-9,
    atol: float = 1e-20,
) -> ChambersTrajectory: ...


def simulate(
    network: Network | Chambers,
    t: float | ArrayLike,
    *,
    initial: Mapping[str, Any] | ArrayLike | None = None,
    rtol: float = 1e-9,
    atol: float = 1e-20,
) -> Trajectory | ChambersTrajectory:
    """The concentrations over time of a mass-action network ([NNRN] eq. 2), with its timed interventions.

    Or of chambers ([DCRN] eq. 4): then the result is a `ChambersTrajectory`.

    Integration starts at time 0, in float64, with steps that adapt to the tolerances: explicit ones (Tsit5), or
    implicit ones (extrapolation) where those make better headway. At the time of an intervention the trajectory shows
    the value after it.

    Arguments:
        network: any mass-action `Network`, or `Chambers`.
        t: the end time, for 501 evenly spaced times from 0 on; or the times themselves, (T,), increasing and ≥ 0.
        initial: concentrations instead of the network's own: of some species by name, or of all N in their order. Of
            chambers: of some species by name, a number or (C,) values, or of all, (C, N).
        rtol, atol: the error allowed in one step, relative to each concentration, and absolute in its unit: small by
            default, so that concentrations may be in any unit.

    Raises ValueError for a wrong argument, and SimulationError, which carries the trajectory so far, if a concentration
    grows without bound in finite time or the integration takes too long (two million explicit steps).
    """
    if isinstance(network, Chambers):
        return _in_chambers(network if initial is None else network.updated(initial=initial), t, rtol, atol)
    if not isinstance(network, Network):
        raise TypeError(
            f"Argument `network` must be a Network or Chambers, but it is of type {type(network).__name__}."
        )
    times = output_times(t)
    x = _initial(network, initial)
    if not 1e-13 <= rtol < 1:
        raise ValueError(f"Argument `rtol` must be at least 1e-13 and below 1, but it is {rtol!r}.")
    if not 0 < atol < np.inf:
        raise ValueError(f"Argument `atol` must be positive and finite, but it is {atol!r}.")
    integrator = _Integrator(network, len(times), rtol, atol)
    rows = np.zeros((len(times), len(x)))
    rows[times == 0] = x
    now, last = 0.0, float(times[-1])
    for end, events in [*_groups(network.events, last), (last, ())]:
        if end > now:
            inside = np.flatnonzero((times > now) & (times <= end))
            state = integrator.run(x, times[inside] - now, end - now)
            x = state.x[: len(x)]
            # Integration errs by the tolerance to either side of zero; a concentration is not negative.
            rows[inside[: state.row]] = np.maximum(state.saved[: state.row, : len(x)], 0.0)
            if state.time < end - now:
                reached = Trajectory(network.species, *_before(now + state.time, times, rows))
                raise _failure(network, x, reached, now + float(state.time), bool(state.stuck))
        for event in events:
            place = network.species.index(event.species)
            x[place] = _after(event, x[place])
        # Times such as 0.3 and 3 * 0.1 are meant to be the same.
        rows[np.isclose(times, end, rtol=1e-12, atol=0.0)] = np.maximum(x, 0.0)
        now = end
    return Trajectory(network.species, times, rows)


def _in_chambers(chambers: Chambers, t: float | ArrayLike, rtol: float, atol: float) -> ChambersTrajectory:
    """The trajectory of chambers, from that of the same system as one network."""

    def split(whole: Trajectory | ChambersTrajectory) -> ChambersTrajectory:
        shape = len(whole), chambers.topology.chambers, len(chambers.species)
        return ChambersTrajectory(chambers.species, whole.times, whole.concentrations.reshape(shape))

    try:
        return split(simulate(chambers.expanded(), t, rtol=rtol, atol=atol))
    except SimulationError as error:
        error.trajectory = split(error.trajectory)
        raise


class _Integrator:
    """Carries a network from one time to another, by whichever method makes the better headway."""

    def __init__(self, network: Network, count: int, rtol: float, atol: float) -> None:
        self.network, self.species = pack(network)
        self.times = capacity(count, TIMES)
        self.tolerances = np.float64(rtol), np.float64(atol)
        # An implicit step solves linear equations, in a time that grows as the cube of their number (measured).
        self.price = {"explicit": 1.0, "implicit": 15.0 + self.species**3 / (150 * len(self.network.rates))}
        self.method = "explicit"
        possible = self.species <= LARGEST_IMPLICIT
        self.headway = {"explicit": np.inf, "implicit": np.inf if possible else 0.0}  # time per cost, as last seen
        self.cost = 0.0

    def run(self, x: np.ndarray, times: np.ndarray, length: float) -> State:
        """Integrate from x for `length`, saving at `times`, which count from the start of this segment.

        The segment has a clock of its own, so that late events keep the resolution in time that early ones have. The
        state that comes back has not reached `length` where integration could not go on.
        """
        from crnwidgets.dynamics import solver

        start = np.zeros(self.species)
        start[: len(x)] = x
        clock = np.zeros(self.times)
        clock[: len(times)] = times
        zero, none = np.float64(0.0), np.int64(0)
        state = solver.State(zero, zero, start, np.zeros((self.times, self.species)), none, none, np.bool_(False))
        goal = solver.Goal(clock, np.int64(len(times)), np.float64(length), *self.tolerances, none)
        with solver.double_precision():
            while state.time < length and not state.stuck and self.cost < LARGEST_COST:
                before = state.time
                budget = int(max(20, BUDGET / self.price[self.method]))
                goal = goal._replace(budget=np.int64(budget))
                state = solver.advance(self.network, state, goal, stiff=self.method == "implicit")
                state = solver.State(*(np.array(part) for part in state))
                cost = int(state.steps) * self.price[self.method]
                self.cost += cost
                if state.steps >= budget:
                    self.headway[self.method] = float(state.time - before) / cost
                    self.method = max(self.headway, key=lambda method: self.headway[method])
        return state


def _groups(events: Iterable[Event], last: float) -> list[tuple[float, tuple[Event, ...]]]:
    """The events up to `last`, which come in the order of their times, together with those of the same time."""
    grouped = groupby((e for e in events if e.time <= last), key=lambda event: event.time)
    return [(time, tuple(group)) for time, group in grouped]


def _after(event: Event, value: float) -> float:
    """A concentration after an event."""
    if event.operation == "=":
        return event.amount
    return value + event.amount if event.operation == "+=" else max(value - event.amount, 0.0)


def output_times(t: float | ArrayLike) -> np.ndarray:
    """The times of a trajectory, (T,), as `simulate` takes them. Raises ValueError."""
    try:
        times = np.asarray(t, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"Argument `t` must be an end time or an array of times, but it is {t!r}.") from None
    if times.ndim == 0:
        if not 0 < times < np.inf:
            raise ValueError(f"Argument `t` must be a positive, finite end time, but it is {t!r}.")
        return np.linspace(0.0, float(times), POINTS)
    if times.ndim != 1 or not len(times):
        raise ValueError(f"Argument `t` must have the shape (T,) with at least one time, but it has {times.shape}.")
    if len(bad := np.flatnonzero(~np.isfinite(times) | (times < 0))):
        raise ValueError(f"Argument `t` must be finite and not negative, but t[{bad[0]}] is {times[bad[0]]:g}.")
    if len(bad := np.flatnonzero(np.diff(times) <= 0)):
        i = bad[0]
        raise ValueError(
            f"Argument `t` must increase, but t[{i + 1}] = {times[i + 1]:g} follows t[{i}] = {times[i]:g}."
        )
    return times


def _initial(network: Network, initial: Mapping[str, float] | ArrayLike | None) -> np.ndarray:
    """The concentrations to start from, (N,), a new array."""
    own = dict(network.initial)
    if isinstance(initial, Mapping):
        for name in initial:
            if name not in own:
                raise ValueError(
                    f"Argument `initial` must name species of the network, but {name!r} is not one"
                    f"{suggestion(name, own)}."
                )
        values = list({**own, **initial}.values())
    elif initial is None:
        values = list(own.values())
    else:
        values = initial  # type: ignore[assignment]
    try:
        x = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"Argument `initial` must hold numbers, but it is {initial!r}.") from None
    if x.shape != (len(own),):
        raise ValueError(
            f"Argument `initial` must have {len(own)} values, one for each species, but its shape is {x.shape}."
        )
    if len(bad := np.flatnonzero(~np.isfinite(x) | (x < 0))):
        name = network.species[bad[0]]
        raise ValueError(f"Argument `initial` must be finite and not negative, but {name} is {x[bad[0]]:g}.")
    return x


def _before(time: float, times: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count = int(np.searchsorted(times, time, side="right"))
    return times[:count], rows[:count]


def _failure(network: Network, x: np.ndarray, reached: Trajectory, time: float, stuck: bool) -> SimulationError:
    """The error for an integration that came to `time` and x and no further."""
    place = {name: i for i, name in enumerate(network.species)}
    slope = np.zeros(len(x))
    with np.errstate(all="ignore"):
        for reaction in network.reactions:  # one by one: of a thousand chambers the matrices are too large
            powers = [max(x[place[name]], 0.0) ** count for name, count in reaction.reactants.items()]
            speed = np.prod([reaction.rate, *powers])
            for name, change in reaction.change.items():
                slope[place[name]] += change * speed
    fastest = int(np.argmax(np.where(np.isfinite(slope), np.abs(slope), np.inf)))
    name, value = network.species[fastest], x[fastest]
    if not stuck:
        problem = f"integration takes too many steps to pass t = {time:.6g}; {name} changes fastest there"
    elif slope[fastest] > 0 and value > 1e6 * max(1.0, *reached.concentrations[:1].flat):
        problem = f"{name} grows without bound: at t = {time:.6g} it is {value:.3g}, and no time step is small enough"
    else:
        problem = f"{name} changes too fast to follow at t = {time:.6g}, where it is {value:.3g}"
    return SimulationError(f"The network cannot be simulated further: {problem}.", name, time, reached)
