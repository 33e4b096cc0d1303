"""Boolean functions computed by chemistry, again and again as the inputs change ([DCRN] section 4.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from crnwidgets.dynamics.fixed import integrate
from crnwidgets.learning.numbers import whole
from crnwidgets.learning.solution import Solution
from crnwidgets.learning.task import Examination, Finding, Task, concluded
from crnwidgets.network import Event, Network

__all__ = ["Boolean", "LogicGate"]


class Boolean(Task):
    """The output Z is a function of k inputs, and follows them whenever they change.

    Inputs X1, X2, … and the output are two species each (dual rail): X1 = 1 is X1hi = 1 and X1lo = 0. Inputs only
    catalyse. In training they change three times, at a quarter, half and three quarters of the time. In each of these
    moments the cases of a batch make different ones of the 4ᵏ transitions that there are: all of them for up to two
    inputs, else 16, drawn anew for each step. The loss is the mean distance of Zhi and Zlo from what they should be,
    in the last eighth of the time before each transition and before the end.

    Zlo starts with 1, and Zhi and the auxiliary species with 0. The paper read the auxiliary concentrations off the
    plots of another one, and does not give them; with none there is just as much as the output needs, so that a
    settled network can have nothing left in its auxiliary species, whatever came before.

    Attributes (beside those of every task):
        function: the table as an array, (2ᵏ,).

    Arguments:
        function: of k numbers 0 or 1, its result true or false; or its table: the values for (0, …, 0, 0),
            (0, …, 0, 1), (0, …, 1, 0) and so on, the last input changing fastest.
        inputs: k, from 1 to 4.
        auxiliary: how many species there are besides inputs and outputs, from 0 to 20; left out: 2 k, enough for one
            for each state of a machine that looks at one input after the other.

    Raises ValueError saying which argument is wrong.
    """

    def __init__(
        self, function: Callable[..., object] | Sequence[int], *, inputs: int, auxiliary: int | None = None
    ) -> None:
        if not 1 <= whole("inputs", inputs) <= _MOST_INPUTS:
            raise ValueError(f"Argument `inputs` must be from 1 to {_MOST_INPUTS}, but it is {inputs}.")
        if callable(function):
            table = [int(bool(function(*values))) for values in product((0, 1), repeat=inputs)]
        else:
            table = _table("function", function, 2**inputs)
        self._set_up(table, tuple(f"X{i + 1}" for i in range(inputs)), 2 * inputs if auxiliary is None else auxiliary)

    def _set_up(self, table: Sequence[int], names: tuple[str, ...], auxiliary: int) -> None:
        if not 0 <= whole("auxiliary", auxiliary) <= _MOST_AUXILIARY:
            raise ValueError(f"Argument `auxiliary` must be from 0 to {_MOST_AUXILIARY}, but it is {auxiliary}.")
        # An array, so that another function compiles nothing.
        self.function = np.array(table)
        self.inputs = self.catalysts = tuple(name + rail for name in names for rail in ("hi", "lo"))
        self.outputs = ("Zhi", "Zlo")
        self.species = (*self.inputs, *self.outputs, *(chr(ord("A") + i) for i in range(auxiliary)))
        self.duration = 800.0
        # Concentrations sum to k + 1 and rates are at most 1: steps of 0.5 are stable but for four inputs.
        self.steps = 1600 if len(names) < _MOST_INPUTS else 2000
        self.every = 10
        self.interventions = tuple(self.steps * quarter // 4 for quarter in (1, 2, 3))
        self.cases = min(len(table) ** 2, _CASES)

    @property
    def table(self) -> tuple[int, ...]:
        """The values of the function, the last input changing fastest."""
        return tuple(int(z) for z in self.function)

    def initial(self, learnt: Array, key: Array) -> Array:
        """The first inputs, Zlo = 1, and nothing else: (P, N) → (P, B, N)."""
        start = jnp.zeros((len(learnt), self.cases, len(self.species)), learnt.dtype)
        return self._with_inputs(start.at[..., self._low].set(1), 0, key)

    def intervene(self, number: int, states: Array, key: Array) -> Array:
        """The next inputs, all at once: (P, B, N)."""
        return self._with_inputs(states, number + 1, key)

    def loss(self, states: Array) -> Array:
        """The mean of |Z − wanted| before the transitions: (P, B, K, N) → (P,)."""
        P, B, K, N = states.shape
        # The state at a transition shows the new inputs, and so it is the first of its quarter.
        quarters = states[:, :, : K - 1].reshape(P, B, 4, (K - 1) // 4, N)
        late = quarters[:, :, :, (K - 1) // 8 :, self._low - 1 : self._low + 1]
        weights = 2 ** np.arange(len(self.inputs) // 2)[::-1]
        given = (quarters[:, :, :, 0, : len(self.inputs) : 2] > 0.5) @ weights
        z = jnp.asarray(self.function)[given]
        wanted = jnp.stack([z, 1 - z], axis=-1).astype(states.dtype)
        return jnp.abs(late - wanted[:, :, :, None]).mean(axis=(1, 2, 3, 4))

    def case(self, network: Network, number: int = 0) -> Network:
        """A network with four inputs one after the other, so that all cases together show many transitions."""
        if not 0 <= whole("number", number) < self.cases:
            raise ValueError(f"Argument `number` must be from 0 to {self.cases - 1}, but it is {number}.")
        pair = number * len(self.function) ** 2 // self.cases
        first, *others = (self._values(int(row)) for row in _rows(pair, len(self.function)))
        events = [
            Event(step * self.duration / self.steps, name, "=", float(value))
            for step, values in zip(self.interventions, others, strict=True)
            for name, value in zip(self.inputs, values, strict=True)
        ]
        return network.updated(initial=self._start(first), events=events)

    def evaluate(self, solution: Solution) -> Mapping[str, float]:
        """Both tests of section 4.1.3: how far Zhi and Zlo are from what they should be just before each transition.

        First all transitions, with a hundred times the time in between. Then, for as long again, random inputs, each
        for a time drawn evenly between a quarter and half of the training time.

        Returns "passed" (1 or 0: never by more than 0.1), "failures" and "largest_error" of both tests together,
        "reaction_count", and "fast_reactions", those with a rate above 0.1, which the paper counts.
        """
        return concluded(self.examine(solution))

    def examine(self, solution: Solution) -> Examination:
        """The tests of `evaluate`, reading by reading."""
        failures, largest = 0, 0.0
        for reading in self._readings([solution.network]):
            error = float(self._errors(reading)[0])
            largest = max(largest, error)
            failures += error > _EPSILON
            yield Finding(reading.progress, self._failure(reading) if error > _EPSILON else "")
        rates = [reaction.rate for reaction in solution.network.reactions]
        return {
            "passed": float(failures == 0),
            "failures": float(failures),
            "largest_error": largest,
            "reaction_count": float(len(rates)),
            "fast_reactions": float(sum(rate > _FAST for rate in rates)),
        }

    def passing(self, networks: Sequence[Network]) -> np.ndarray:
        """Which networks pass the tests of `evaluate`, all of them tested at once: (P,) booleans."""
        good = np.ones(len(networks), bool)
        for reading in self._readings(networks):
            good &= self._errors(reading) <= _EPSILON
            if not good.any():
                break
        return good

    def _readings(self, networks: Sequence[Network]) -> Iterator[_Reading]:
        T = np.stack([network.to_tensor() for network in networks]).astype(np.float32)
        yield from self._long(T)
        yield from self._random(T)

    def _long(self, T: np.ndarray) -> Iterator[_Reading]:
        rows = _rows(np.arange(len(self.function) ** 2), len(self.function))
        x = np.zeros((len(T), len(rows), len(self.species)), np.float32)
        x[..., self._low] = 1
        dt, pieces = self.duration / self.steps, 10
        steps = self.steps * _LONGER // 4 // pieces
        for quarter in range(4):
            x[..., : len(self.inputs)] = self._values(rows[:, quarter])
            for _ in range(pieces):
                x = np.array(integrate(T, x, dt=dt, steps=steps, every=steps)[:, :, -1])
            time = (quarter + 1) * self.duration * _LONGER / 4
            for number, row in enumerate(rows):
                before, after = (None if quarter == 0 else int(row[quarter - 1])), int(row[quarter])
                test, progress = f"Case {number} of the long test", quarter / 8 + 0.125
                yield self._reading(test, progress, time, before, after, x[:, number])

    def _random(self, T: np.ndarray) -> Iterator[_Reading]:
        rng = np.random.default_rng(0)
        end, longest = self.duration * _LONGER, self.duration / 2
        x = np.zeros((len(T), 1, len(self.species)), np.float32)
        x[..., self._low] = 1
        time, before = 0.0, None
        while time < end:
            after, wait = int(rng.integers(len(self.function))), rng.uniform(longest / 2, longest)
            x[..., : len(self.inputs)] = self._values(after)
            # Rates scaled instead of time: as many steps for each wait, so that nothing compiles again.
            scaled = T * np.float32(wait / longest)
            steps = self.steps // 2
            x = np.array(integrate(scaled, x, dt=self.duration / self.steps, steps=steps, every=steps)[:, :, -1])
            time += wait
            yield self._reading("The random test", 0.5 + min(time / end, 1) / 2, time, before, after, x[:, 0])
            before = after

    def _reading(
        self, test: str, progress: float, time: float, before: int | None, after: int, states: np.ndarray
    ) -> _Reading:
        return _Reading(test, progress, time, before, after, states[:, self._low - 1], states[:, self._low])

    def _errors(self, reading: _Reading) -> np.ndarray:
        wanted = self.table[reading.after]
        errors = np.maximum(abs(reading.high - wanted), abs(reading.low - (1 - wanted)))
        # What is not finite is as wrong as can be.
        return np.nan_to_num(errors, nan=np.inf)

    def _failure(self, reading: _Reading) -> str:
        names = ", ".join(name.removesuffix("hi") for name in self.inputs[::2])
        before = "the start" if reading.before is None else f"({names}) = {self._shown(reading.before)}"
        wanted = self.table[reading.after]
        return (
            f"{reading.test}, time {reading.time:g}, from {before} to {self._shown(reading.after)}: "
            f"Zhi must be {wanted} and Zlo {1 - wanted}, but they are {reading.high[0]:.3f} and {reading.low[0]:.3f}."
        )

    def _shown(self, row: int) -> str:
        return "(" + ", ".join(str(value) for value in self._values(row)[::2]) + ")"

    @property
    def _low(self) -> int:
        """Where Zlo is among the species; Zhi comes before it."""
        return len(self.inputs) + 1

    def _start(self, inputs: np.ndarray) -> dict[str, float]:
        others = dict.fromkeys(self.species, 0.0) | {"Zlo": 1.0}
        return others | dict(zip(self.inputs, map(float, inputs), strict=True))

    def _values(self, row: int | np.ndarray) -> np.ndarray:
        """The input species' concentrations in rows of the table: (…) → (…, 2k)."""
        high = np.asarray(row)[..., None] >> np.arange(len(self.inputs) // 2)[::-1] & 1
        return np.stack([high, 1 - high], axis=-1).reshape(*np.shape(row), -1)

    def _with_inputs(self, states: Array, quarter: int, key: Array) -> Array:
        pairs = len(self.function) ** 2
        drawn = np.arange(pairs) if pairs == self.cases else jax.random.choice(key, pairs, (self.cases,), replace=False)
        values = jnp.asarray(self._values(np.arange(len(self.function))), states.dtype)
        return states.at[..., : len(self.inputs)].set(values[_rows(drawn, len(self.function))[:, quarter]])


class LogicGate(Boolean):
    """A gate with the two inputs X and Y, as `Boolean` explains.

    Arguments:
        table: "and", "or", "xor", or Z for (X, Y) = (0, 0), (0, 1), (1, 0), (1, 1).
        auxiliary: how many species there are besides inputs and outputs, from 0 to 20; left out, as in the paper: 4
            where either input can change the output in both directions, as in xor, else 3.

    Raises ValueError saying which argument is wrong.
    """

    def __init__(self, table: str | Sequence[int], *, auxiliary: int | None = None) -> None:
        if isinstance(table, str) and table not in _TABLES:
            raise ValueError(
                f"Argument `table` must be one of {list(_TABLES)} or four times 0 or 1, but it is {table!r}."
            )
        values = _table("table", _TABLES[table] if isinstance(table, str) else table, 4)
        either = values in ([0, 1, 1, 0], [1, 0, 0, 1])
        self._set_up(values, ("X", "Y"), (4 if either else 3) if auxiliary is None else auxiliary)


class _Reading(NamedTuple):
    """The output of P networks before a transition; `before` and `after` are rows of the table."""

    test: str
    progress: float
    time: float
    before: int | None
    after: int
    high: np.ndarray
    low: np.ndarray


_TABLES = {"and": (0, 0, 0, 1), "or": (0, 1, 1, 1), "xor": (0, 1, 1, 0)}
_MOST_INPUTS = 4
_MOST_AUXILIARY = 20
_CASES = 16
_EPSILON = 0.1
_FAST = 0.1
_LONGER = 100


def _table(argument: str, values: Sequence[int], length: int) -> list[int]:
    table = list(values)
    if len(table) != length or not all(z in (0, 1) for z in table):
        raise ValueError(f"Argument `{argument}` must be {length} times 0 or 1, but it is {values!r}.")
    return [int(z) for z in table]


def _rows(pair: Any, rows: int) -> Any:
    """The rows of the table that follow each other in the cases of some pairs of rows: (…) → (…, 4).

    Each column and the next make every pair of rows once, while `pair` goes through all of them; NumPy's arrays and
    JAX's both serve.
    """
    xp = jnp if isinstance(pair, Array) else np
    first, second = pair // rows, pair % rows
    return xp.stack([first, second, first + second, first + 2 * second], axis=-1) % rows
