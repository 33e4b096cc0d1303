"""Training a population of networks for a task."""

from __future__ import annotations

import contextlib
import math
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import jax
import numpy as np
import optax
from jax.sharding import Mesh
from numpy.typing import ArrayLike

from crnwidgets.chambers import Chambers
from crnwidgets.dynamics.fixed import POPULATION
from crnwidgets.learning import checkpoints
from crnwidgets.learning.losses import STRATEGIES, Parameters, Settings, Strategy
from crnwidgets.learning.numbers import not_negative, whole
from crnwidgets.learning.population import (
    ADAM,
    CHUNK,
    Best,
    Snapshot,
    State,
    chunk,
    divide,
    init,
    no_best,
    replace,
    snapshot,
)
from crnwidgets.learning.solution import Solution, parts
from crnwidgets.learning.task import Task
from crnwidgets.learning.tensors import mask, sparsify
from crnwidgets.network import Network

__all__ = ["Schedule", "Trainer"]

Schedule = float | Callable[[int], float]
"""A number, or a function from the step, counted from 0, to a number."""


class _Number:
    """An attribute of a trainer that is a finite number ≥ 0, or, with `scheduled`, a function of the step."""

    def __init__(self, *, scheduled: bool = True) -> None:
        self._scheduled = scheduled

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, trainer: Trainer | None, owner: type | None = None) -> Any:
        return self if trainer is None else trainer._settings[self._name]

    def __set__(self, trainer: Trainer, value: Any) -> None:
        value = self.checked(value)
        if self._name == "k_min":
            trainer._keep_seen()
        trainer._settings[self._name] = value

    def checked(self, value: Any) -> Any:
        """The value as it is kept. Raises ValueError."""
        return value if self._scheduled and callable(value) else not_negative(self._name, value)


class _Flag:
    """An attribute of a trainer that is True or False."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, trainer: Trainer | None, owner: type | None = None) -> Any:
        return self if trainer is None else trainer._settings[self._name]

    def __set__(self, trainer: Trainer, value: Any) -> None:
        trainer._settings[self._name] = self.checked(value)

    def checked(self, value: Any) -> bool:
        """The value as it is kept. Raises ValueError."""
        if not isinstance(value, (bool, np.bool_)):
            raise ValueError(f"Argument `{self._name}` must be True or False, but it is {value!r}.")
        return bool(value)


class Trainer:
    """Trains a population of networks for a task, all of them in one program ([DCRN] sections 2 and 3).

    All arguments but `population`, `seed`, `optimizer` and `devices` are attributes too, and may be assigned at any
    time, by any thread, also while the trainer runs; none but `strategy` makes anything compile again. Where the task
    changes, the record of the best network starts anew, because losses before and after cannot be compared.

    Arguments:
        task: what to train for; another one with the same number of species may be assigned to the attribute.
        population: how many networks, each from its own random start.
        seed: two trainers with the same seed and arguments learn the same.
        learning_rate: the optimiser's; a number or a function of the step, as the weights are.
        l1, entropy, energy: weights of the regularisers of section 2.1.
        k_min: reactions slower than this are left out of the sparse network.
        strategy: "dense", "straight-through" or "double", see `losses.Strategy`.
        normalize: whether each network's gradient is divided by its norm.
        restart: whether a network whose numbers stop being finite starts anew; otherwise it is left out.
        allowed: which reactions may happen, (N, N, N) or one for each network; see `tensors.mask`. The task's
            catalysts are kept in any case.
        optimizer: an Optax transformation without a learning rate; each network has its own state of it.
        devices: such as `jax.devices()`: each has the same number of the networks and trains those by itself; in a
            step, only what each has as its best goes from one to another. Left out: the device that JAX chooses.

    Raises ValueError saying which argument is wrong.
    """

    learning_rate = _Number()
    l1 = _Number()
    entropy = _Number()
    energy = _Number()
    k_min = _Number(scheduled=False)
    normalize = _Flag()
    restart = _Flag()

    def __init__(
        self,
        task: Task,
        population: int = 40,
        seed: int = 0,
        *,
        learning_rate: Schedule = 0.05,
        l1: Schedule = 0.01,
        entropy: Schedule = 0.0,
        energy: Schedule = 0.0,
        k_min: float = 1e-3,
        strategy: Strategy = "double",
        normalize: bool = False,
        restart: bool = True,
        allowed: ArrayLike | None = None,
        optimizer: optax.GradientTransformation = ADAM,
        devices: Iterable[jax.Device] | None = None,
    ) -> None:
        if not isinstance(task, Task):
            raise TypeError(f"Argument `task` must be a Task, but it is of type {type(task).__name__}.")
        if whole("population", population) < 1:
            raise ValueError(f"Argument `population` must be at least 1, but it is {population}.")
        self._task = task
        self._optimizer = optimizer
        self._mesh = None if devices is None else _mesh(devices, population)
        # Held only while attributes are read or assigned together, never while anything is compiled.
        self._lock = threading.RLock()
        self._state = init(task, _key(seed), population, optimizer)
        # The last state that was looked at, with its best, which the state itself records only with the next step.
        self._seen: tuple[State, Best] | None = None
        self._settings: dict[str, Any] = {}
        self.allowed = allowed
        self.strategy = strategy
        self.learning_rate = learning_rate
        self.l1 = l1
        self.entropy = entropy
        self.energy = energy
        self.k_min = k_min
        self.normalize = normalize
        self.restart = restart

    # -- what may be changed -------------------------------------------------------------------------------------

    @property
    def task(self) -> Task:
        """What is trained for."""
        return self._task

    @task.setter
    def task(self, task: Task) -> None:
        task = self._checked_task(task)
        with self._lock:
            self._task = task
            self.allowed = self._allowed
            parameters, key = self._state.parameters, self._state.key
            self._state = self._state._replace(best=no_best(task, parameters, key))

    @property
    def population(self) -> int:
        """How many networks there are."""
        return len(self._allowed)

    @property
    def allowed(self) -> np.ndarray:
        """Which reactions may happen: (P, N, N, N), read-only; assign None to allow all that the task allows."""
        return self._allowed

    @allowed.setter
    def allowed(self, allowed: ArrayLike | None) -> None:
        given = self._checked_allowed(allowed)
        with self._lock:
            self._keep_seen()
            least = mask(self._task.species, catalysts=self._task.catalysts)
            self._allowed = np.broadcast_to(given & least | np.eye(len(least), dtype=bool), self._shape)

    @property
    def strategy(self) -> Strategy:
        """Which tensor the task's loss is taken of."""
        return self._strategy

    @strategy.setter
    def strategy(self, strategy: Strategy) -> None:
        self._strategy = self._checked_strategy(strategy)

    @property
    def settings(self) -> dict[str, Any]:
        """The numbers, flags and the strategy as they are now: functions of the step at the present step."""
        step = self.step
        values = {name: _at(step, name, value) for name, value in self._settings.items()}
        return {**values, "strategy": self._strategy}

    def change(self, **settings: Any) -> None:
        """Assign many attributes at once, or none of them where one is wrong.

        Raises what `check_change` raises.
        """
        checked = self.check_change(**settings)
        with self._lock:
            for name, value in checked.items():
                setattr(self, name, value)

    def check_change(self, **settings: Any) -> dict[str, Any]:
        """The attributes as `change` would assign them.

        Raises ValueError for a wrong value, and TypeError for a name that is no setting or a task that is no Task.
        """
        checks: dict[str, Callable[[Any], Any]] = {
            **{name: vars(Trainer)[name].checked for name in Settings._fields},
            "task": self._checked_task,
            "allowed": self._checked_allowed,
            "strategy": self._checked_strategy,
        }
        for name in settings:
            if name not in checks:
                raise TypeError(f"Argument `settings` must be among {list(checks)}, but has {name!r}.")
        return {name: checks[name](value) for name, value in settings.items()}

    def allow(self, member: int, reaction: tuple[str, str, str], allowed: bool = True) -> None:
        """Allow one network a reaction, or forbid it; what it had learnt of it is kept.

        Arguments:
            member: which network of the population.
            reaction: (input, catalyst, output), the order of `Reaction.catalysis`.
            allowed: False to forbid it.

        Raises ValueError if there is no such member or reaction, or if the task does not allow it.
        """
        with self._lock:
            place = self.check_allow(member, reaction, allowed)
            changed = self._allowed.copy()
            changed[member, *place] = allowed
            self.allowed = changed

    def check_allow(self, member: int, reaction: tuple[str, str, str], allowed: bool = True) -> tuple[int, int, int]:
        """Where in a tensor the reaction is; raises what `allow` raises, and changes nothing."""
        self._check_member(member)
        species = self._task.species
        for name in reaction:
            if name not in species:
                raise ValueError(f"Argument `reaction` must name species of {list(species)}, but {name!r} is not one.")
        a, c, b = (species.index(name) for name in reaction)
        if a == b:
            raise ValueError(f"Argument `reaction` must change its input, but it makes {reaction[0]} of itself.")
        if allowed and not mask(species, catalysts=self._task.catalysts)[c, a, b]:
            raise ValueError(f"Argument `reaction` must be one that the task allows, but {reaction} is not.")
        return c, a, b

    def reseed(self, member: int, network: Network | Chambers) -> None:
        """Put a network in the place of one of the population; training goes on from it.

        The network's reactions have its rates, and are allowed from now on. All others that are allowed start at a
        tenth of k_min, so that training can find them again.

        Arguments:
            member: which network of the population.
            network: of the form [DCRN] trains: reactions A -C-> B, those with the same input and catalyst at most 1
                together; in the task's chambers if it has any, with permeabilities of at most 1.

        Raises ValueError if there is no such member or if the network does not fit the task or the form.
        """

        def put(state: State, task: Task, allowed: np.ndarray) -> tuple[State, np.ndarray]:
            rates = self.check_reseed(member, network)
            chemistry, D = parts(task, network)
            allowed = allowed.copy()
            allowed[member] |= rates > 0
            logits = np.log(_with_traces(rates, allowed[member], self._settings["k_min"]))
            start = task.learnt(np.array([chemistry.initial.get(name, 0.0) for name in task.species]))
            within = np.clip(D, _LEAST, 1 - _LEAST)
            learnt = (logits, start, np.log(within / (1 - within)))
            parameters = Parameters(*(jax.numpy.asarray(new, state.sparse.dtype) for new in learnt))
            return replace(state, np.int32(member), parameters, optimizer=self._optimizer), allowed

        self._keep_seen()
        self._exchange(put)

    def check_reseed(self, member: int, network: Network | Chambers) -> np.ndarray:
        """The network's rates, (N, N, N) without a diagonal; raises what `reseed` raises, and changes nothing."""
        self._check_member(member)
        species = self._task.species
        chemistry, D = parts(self._task, network)
        if len(bad := np.argwhere(D > 1)):
            raise ValueError(
                f"Argument `network` must have permeabilities of at most 1, but {network.species[int(bad[0][0])]} has "
                f"{D.max():g}."
            )
        if len(D) and network.species != species:
            raise ValueError(f"Argument `network` must have the species {list(species)}, but has {network.species}.")
        if unknown := [name for name in network.species if name not in species]:
            raise ValueError(f"Argument `network` must only have species of {list(species)}, but has {unknown[0]!r}.")
        if network.events:
            raise ValueError(f"Argument `network` must have no interventions, but it has `{network.events[0]}`.")
        places = [species.index(name) for name in network.species]
        rates = np.zeros(self._shape[1:])
        rates[np.ix_(places, places, places)] = chemistry.to_tensor()
        rates[:, range(len(species)), range(len(species))] = 0
        sums = rates.sum(axis=-1)
        if len(bad := np.argwhere(sums > 1 + 1e-6)):
            c, a = bad[0]
            raise ValueError(
                "Argument `network` must have rates of at most 1 in sum for each pair of input and catalyst, but for "
                f"the input {species[a]} with the catalyst {species[c]} the sum is {sums[c, a]:g}."
            )
        if len(bad := np.argwhere((rates > 0) & ~mask(species, catalysts=self._task.catalysts))):
            c, a, b = bad[0]
            raise ValueError(
                f"Argument `network` must leave {list(self._task.catalysts)} as they are, which may only act as "
                f"catalysts, but it has {species[a]} -{species[c]}-> {species[b]}."
            )
        return rates

    def reset(self, seed: int | None = None) -> None:
        """Start anew, with all settings as they are and no best network.

        Arguments:
            seed: left out: the same one, so that a run repeats itself.

        Raises TypeError or ValueError if it is no whole number of at most 64 bits.
        """
        key = self.check_reset(seed)
        self._exchange(lambda _, task, allowed: (init(task, key, len(allowed), self._optimizer), allowed))

    def check_reset(self, seed: int | None = None) -> jax.Array:
        """The random key of the new start; raises what `reset` raises, and changes nothing."""
        return self._state.key if seed is None else _key(seed)

    # -- training ------------------------------------------------------------------------------------------------

    def run(self, steps: int, *, progress: bool = True) -> None:
        """Make so many steps, with a progress bar of the best loss and its reaction count.

        Ctrl-C, or interrupting the kernel, ends the run early and keeps what was learnt.
        """
        from tqdm.auto import tqdm

        if whole("steps", steps) < 0:
            raise ValueError(f"Argument `steps` must not be negative, but it is {steps}.")
        with tqdm(total=steps, unit="step", disable=not progress) as bar:
            try:
                for done in range(0, steps, CHUNK):
                    count = min(CHUNK, steps - done)
                    self.advance(count)
                    if progress:
                        best = self._state.best
                        found = np.count_nonzero(np.asarray(best.tensor) > 0)
                        bar.set_postfix_str(f"loss {float(best.loss):.2e}, {found} reactions", refresh=False)
                    bar.update(count)
            except KeyboardInterrupt:
                bar.set_postfix_str("interrupted")

    def advance(self, steps: int = CHUNK) -> None:
        """Make up to CHUNK steps in one call of the compiled program, and wait for it.

        Where another thread changes the state, the task or what is allowed meanwhile, the steps are made again after
        that change.
        """
        if not 0 <= whole("steps", steps) <= CHUNK:
            raise ValueError(f"Argument `steps` must be from 0 to {CHUNK}, but it is {steps}.")

        def walk(state: State, task: Task, allowed: np.ndarray) -> tuple[State, np.ndarray]:
            with self._on_devices():
                after = chunk(
                    state,
                    task,
                    allowed,
                    self._schedule(int(state.step), steps),
                    np.int32(steps),
                    strategy=self._strategy,
                    optimizer=self._optimizer,
                )
            return jax.block_until_ready(after), allowed

        self._exchange(walk)

    @property
    def step(self) -> int:
        """How many steps have been made."""
        return int(self._state.step)

    # -- results -------------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """All arrays of the run as they are now; assign an earlier one to go back to it.

        Of the record of the best network there and here, the better one stays. Raises ValueError for a state that
        does not fit this trainer.
        """
        return self._state

    @state.setter
    def state(self, state: State) -> None:
        with self._lock:
            self._keep_seen()
            own = self._state
            if _forms(state) != _forms(own):
                raise ValueError("Argument `state` must have the arrays of this trainer's, but it has others.")
            best = min(own.best, state.best, key=lambda best: float(best.loss))
            self._state = jax.tree.map(jax.numpy.asarray, state._replace(best=best))

    def snapshot(self, state: State | None = None) -> Snapshot:
        """How the networks do as they are now, or how those of an earlier state would do now; the best is the run's."""
        now, task, allowed = self._now()
        shown = now if state is None else state
        settings = Settings(*(s[0] for s in self._schedule(int(shown.step), 1)))
        with self._on_devices():
            result = snapshot(shown, task, allowed, settings)
        if shown is now:
            self._seen = now, result.best
            return result
        seen = self._seen
        return result._replace(best=seen[1] if seen is not None and seen[0] is now else now.best)

    @property
    def losses(self) -> np.ndarray:
        """The task's loss of each sparse network as it is now, (P,); infinite for a network that was left out."""
        return np.asarray(self.snapshot().losses)

    @property
    def reaction_counts(self) -> np.ndarray:
        """How many reactions each sparse network has as it is now, (P,), integers."""
        return np.asarray(self.snapshot().reaction_counts)

    @property
    def tensors(self) -> np.ndarray:
        """The reaction tensors as they are now, with the reactions slower than k_min, (P, N, N, N)."""
        return np.asarray(self.snapshot().tensors)

    @property
    def alive(self) -> np.ndarray:
        """(P,), False for networks that were left out because their numbers stopped being finite."""
        return np.asarray(self._state.alive)

    @property
    def restarts(self) -> np.ndarray:
        """(P,), how often each network started anew because its numbers stopped being finite."""
        return np.asarray(self._state.restarts)

    @property
    def best(self) -> Solution:
        """The sparse network with the lowest loss that the run has come across.

        Raises RuntimeError if no network has a finite loss.
        """
        best = self.snapshot().best
        if not math.isfinite(best.loss):
            raise RuntimeError("There must be a network with a finite loss, but there is none.")
        T, start, D = (np.asarray(part) for part in (best.tensor, best.initial[0], best.permeability))
        return Solution.from_arrays(self._task, T, start, D, float(best.loss))

    def solutions(self) -> list[Solution]:
        """All networks of the population as they are now, without those that were left out."""
        now = self.snapshot()
        arrays = sparsify(now.tensors, self._k_min()), now.initial[:, 0], now.permeability, now.losses
        members = zip(*map(np.asarray, arrays), strict=True)
        return [Solution.from_arrays(self._task, *member) for member in members if math.isfinite(member[-1])]

    # -- files ---------------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the run to one file, from which `load` goes on bit for bit; the task is not in it.

        Raises OSError if the file cannot be written.
        """
        header = {
            "task": checkpoints.fingerprint(self._task),
            "population": self.population,
            "strategy": self._strategy,
            # A function cannot be kept without pickle; `load` asks for it.
            "settings": {name: None if callable(value) else value for name, value in self._settings.items()},
        }
        checkpoints.save(path, header, (self._state, self._allowed))

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        task: Task,
        *,
        optimizer: optax.GradientTransformation = ADAM,
        devices: Iterable[jax.Device] | None = None,
        **settings: Any,
    ) -> Trainer:
        """The trainer that was saved.

        Arguments:
            path: the file.
            task: equal to the one that was trained for.
            optimizer: the one that was used.
            devices: as for a new trainer; they need not be those that were used.
            settings: what was given as a function of the step must be given again; other settings may be.

        Raises `checkpoints.CheckpointError` for a file that is damaged, foreign or of another task or optimiser.
        """
        header = checkpoints.read_header(path)
        try:
            fingerprint, members, strategy = header["task"], int(header["population"]), header["strategy"]
            values = {name: settings.pop(name, header["settings"][name]) for name in Settings._fields}
        except (KeyError, TypeError, ValueError) as error:
            raise checkpoints.CheckpointError(f"{path} must be a saved training run, but {error} is wrong.") from error
        if settings:
            raise TypeError(f"Argument `settings` must be among {list(Settings._fields)}, but has {list(settings)}.")
        if missing := [name for name, value in values.items() if value is None]:
            raise ValueError(f"Argument `{missing[0]}` must be given, but it is not: the saved run had a function.")
        if fingerprint != checkpoints.fingerprint(task):
            raise checkpoints.CheckpointError(f"{path} must be a run for the given task, but it is for another one.")
        trainer = cls(task, members, strategy=strategy, optimizer=optimizer, devices=devices, **values)
        state, allowed = checkpoints.load(path, (trainer._state, trainer._allowed))
        trainer.allowed = np.asarray(allowed)
        trainer._state = state
        return trainer

    # -- inside --------------------------------------------------------------------------------------------------

    @property
    def _state(self) -> State:
        return self._placed

    @_state.setter
    def _state(self, state: State) -> None:
        self._placed = state if self._mesh is None else divide(state, self._mesh)

    def _on_devices(self) -> contextlib.AbstractContextManager[Any]:
        return contextlib.nullcontext() if self._mesh is None else jax.set_mesh(self._mesh)

    @property
    def _shape(self) -> tuple[int, ...]:
        return self._state.parameters.logits.shape

    def _now(self) -> tuple[State, Task, np.ndarray]:
        with self._lock:
            return self._state, self._task, self._allowed

    def _exchange(self, make: Callable[[State, Task, np.ndarray], tuple[State, np.ndarray]]) -> None:
        """Assign the state and the masks that are made of those now: made again where others come in between."""
        while True:
            now = self._now()
            state, allowed = make(*now)
            with self._lock:
                if all(a is b for a, b in zip(now, self._now(), strict=True)):
                    # Assigned only when finished: an interrupted call leaves everything as it was.
                    self._state, self._allowed = state, allowed
                    return

    def _keep_seen(self) -> None:
        """Record the best that was seen, before a change that may lose it."""
        with self._lock:
            if self._seen is not None and self._seen[0] is self._state:
                self._state = self._state._replace(best=self._seen[1])

    def _k_min(self) -> np.ndarray:
        return np.asarray(self.k_min, self._state.sparse.dtype)

    def _schedule(self, first: int, steps: int) -> Settings:
        """Each setting for each of CHUNK steps from the first on; those after `steps` are not used."""
        values = {}
        for name, value in self._settings.items():
            if isinstance(value, bool):
                values[name] = np.full(CHUNK, value)
                continue
            values[name] = np.zeros(CHUNK, self._state.sparse.dtype)
            values[name][:steps] = [_at(first + i, name, value) for i in range(steps)] if callable(value) else value
        return Settings(**values)

    def _checked_task(self, task: Task) -> Task:
        if not isinstance(task, Task):
            raise TypeError(f"Argument `task` must be a Task, but it is of type {type(task).__name__}.")
        if bool(task.topology) != bool(self._task.topology):
            raise ValueError("Argument `task` must have chambers if and only if the one before has, but it is not so.")
        if len(task.species) != len(self._task.species):
            raise ValueError(
                f"Argument `task` must have {len(self._task.species)} species as before, but it has "
                f"{len(task.species)}."
            )
        return task

    def _checked_allowed(self, allowed: ArrayLike | None) -> np.ndarray:
        shape = self._shape
        given = np.ones(shape, bool) if allowed is None else np.asarray(allowed)
        if given.dtype != bool or given.shape not in (shape, shape[1:]):
            raise ValueError(
                f"Argument `allowed` must be booleans of shape {shape[1:]} or {shape}, but it is {given.dtype} of "
                f"shape {given.shape}."
            )
        return given

    def _checked_strategy(self, strategy: Strategy) -> Strategy:
        if strategy not in STRATEGIES:
            raise ValueError(f"Argument `strategy` must be one of {list(STRATEGIES)}, but it is {strategy!r}.")
        return strategy

    def _check_member(self, member: int) -> None:
        if not 0 <= whole("member", member) < self.population:
            raise ValueError(f"Argument `member` must be from 0 to {self.population - 1}, but it is {member}.")


# The probability that stands for none, whose logarithm could not be learnt from.
_LEAST = 1e-7


def _with_traces(rates: np.ndarray, allowed: np.ndarray, k_min: float) -> np.ndarray:
    """Probabilities, (N, N, N), all positive: the given rates, a trace of all other reactions, and the diagonal."""
    others = ~np.eye(len(rates), dtype=bool) & (rates == 0)
    # A rate of just k_min must not be rounded to less.
    rates = np.where(rates >= k_min, np.maximum(rates, k_min * (1 + 1e-5)), rates)
    room = np.maximum(1 - rates.sum(axis=-1, keepdims=True), 0)
    count = (others & allowed).sum(axis=-1, keepdims=True)
    trace = np.maximum(np.minimum(k_min / 10 or 1e-6, room / (count + 1)), _LEAST)
    nothing = np.maximum(room - count * trace, _LEAST)
    return np.where(others, trace, rates) + nothing * np.eye(len(rates))


def _forms(tree: Any) -> tuple[Any, list[tuple[Any, Any]]]:
    leaves, structure = jax.tree.flatten(tree)
    return structure, [(leaf.shape, leaf.dtype) for leaf in leaves]


def _at(step: int, name: str, value: Any) -> Any:
    """A setting at a step."""
    return not_negative(name, value(step)) if callable(value) else value


def _mesh(devices: Iterable[jax.Device], population: int) -> Mesh:
    chosen = list(devices)
    if not chosen or len(set(chosen)) < len(chosen) or not all(isinstance(device, jax.Device) for device in chosen):
        raise ValueError(f"Argument `devices` must be different devices of JAX's, but it is {chosen}.")
    if population % len(chosen):
        raise ValueError(
            f"Argument `population` must be a multiple of the number of devices, {len(chosen)}, but it is {population}."
        )
    return Mesh(np.array(chosen), (POPULATION,))


def _key(seed: int) -> jax.Array:
    if not -(2**63) <= whole("seed", seed) < 2**63:
        raise ValueError(f"Argument `seed` must have at most 64 bits, but it is {seed}.")
    return jax.random.PRNGKey(seed)
