"""Training a population of networks for a task."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import optax
from numpy.typing import ArrayLike

from crnwidgets.learning import checkpoints
from crnwidgets.learning.losses import STRATEGIES, Settings, Strategy
from crnwidgets.learning.population import ADAM, CHUNK, Best, State, assess, chunk, init, no_best, sparse_tensor
from crnwidgets.learning.solution import Solution
from crnwidgets.learning.task import Task
from crnwidgets.learning.tensors import mask, reaction_count, to_network

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
        if not (self._scheduled and callable(value)):
            value = _not_negative(self._name, value)
        trainer._settings[self._name] = value
        if self._name == "k_min":
            trainer._forget_best()


class _Flag:
    """An attribute of a trainer that is True or False."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, trainer: Trainer | None, owner: type | None = None) -> Any:
        return self if trainer is None else trainer._settings[self._name]

    def __set__(self, trainer: Trainer, value: Any) -> None:
        if not isinstance(value, (bool, np.bool_)):
            raise ValueError(f"Argument `{self._name}` must be True or False, but it is {value!r}.")
        trainer._settings[self._name] = bool(value)


class Trainer:
    """Trains a population of networks for a task, all of them in one program ([DCRN] sections 2 and 3).

    All arguments but the first three and the optimizer are attributes too, and may be assigned between two runs; none
    but `strategy` makes anything compile again. Where the task, k_min or the allowed reactions change, the record of
    the best network starts anew, because losses before and after cannot be compared.

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
        l1: Schedule = 0.0,
        entropy: Schedule = 0.005,
        energy: Schedule = 0.0,
        k_min: float = 1e-3,
        strategy: Strategy = "double",
        normalize: bool = True,
        restart: bool = True,
        allowed: ArrayLike | None = None,
        optimizer: optax.GradientTransformation = ADAM,
    ) -> None:
        if not isinstance(task, Task):
            raise TypeError(f"Argument `task` must be a Task, but it is of type {type(task).__name__}.")
        if _whole("population", population) < 1:
            raise ValueError(f"Argument `population` must be at least 1, but it is {population}.")
        self._task = task
        self._optimizer = optimizer
        self._state = init(task, _whole("seed", seed), population, optimizer)
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
        if not isinstance(task, Task):
            raise TypeError(f"Argument `task` must be a Task, but it is of type {type(task).__name__}.")
        if len(task.species) != len(self._task.species):
            raise ValueError(
                f"Argument `task` must have {len(self._task.species)} species as before, but it has "
                f"{len(task.species)}."
            )
        self._task = task
        self.allowed = self._allowed

    @property
    def allowed(self) -> np.ndarray:
        """Which reactions may happen: (P, N, N, N), read-only; assign None to allow all that the task allows."""
        return self._allowed

    @allowed.setter
    def allowed(self, allowed: ArrayLike | None) -> None:
        least = mask(self._task.species, catalysts=self._task.catalysts)
        shape = self._state.parameters.logits.shape
        given = np.ones_like(least) if allowed is None else np.asarray(allowed)
        if given.dtype != bool or given.shape not in (shape, shape[1:]):
            raise ValueError(
                f"Argument `allowed` must be booleans of shape {shape[1:]} or {shape}, but it is {given.dtype} of "
                f"shape {given.shape}."
            )
        self._allowed = np.broadcast_to((given & least) | np.eye(shape[-1], dtype=bool), shape)
        self._forget_best()

    @property
    def strategy(self) -> Strategy:
        """Which tensor the task's loss is taken of."""
        return self._strategy

    @strategy.setter
    def strategy(self, strategy: Strategy) -> None:
        if strategy not in STRATEGIES:
            raise ValueError(f"Argument `strategy` must be one of {list(STRATEGIES)}, but it is {strategy!r}.")
        self._strategy = strategy

    # -- training ------------------------------------------------------------------------------------------------

    def run(self, steps: int, *, progress: bool = True) -> None:
        """Make so many steps, with a progress bar of the best loss and its reaction count.

        Ctrl-C, or interrupting the kernel, ends the run early and keeps what was learnt.
        """
        from tqdm.auto import tqdm

        if _whole("steps", steps) < 0:
            raise ValueError(f"Argument `steps` must not be negative, but it is {steps}.")
        with tqdm(total=steps, unit="step", disable=not progress) as bar:
            try:
                for done in range(0, steps, CHUNK):
                    count = min(CHUNK, steps - done)
                    self.advance(count)
                    if progress:
                        best = self._state.best
                        found = int(reaction_count(self._sparse(best)))
                        bar.set_postfix_str(f"loss {float(best.loss):.2e}, {found} reactions", refresh=False)
                    bar.update(count)
            except KeyboardInterrupt:
                bar.set_postfix_str("interrupted")

    def advance(self, steps: int = CHUNK) -> None:
        """Make up to CHUNK steps in one call of the compiled program, and wait for it."""
        if not 0 <= _whole("steps", steps) <= CHUNK:
            raise ValueError(f"Argument `steps` must be from 0 to {CHUNK}, but it is {steps}.")
        state = chunk(
            self._state,
            self._task,
            self._allowed,
            self._schedule(steps),
            np.int32(steps),
            strategy=self._strategy,
            optimizer=self._optimizer,
        )
        # Assigned only when finished: an interrupted call leaves everything as it was.
        self._state = jax.block_until_ready(state)

    @property
    def step(self) -> int:
        """How many steps have been made."""
        return int(self._state.step)

    # -- results -------------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """All arrays of the run, as they are now."""
        return self._state

    @property
    def losses(self) -> np.ndarray:
        """The task's loss of each sparse network as it is now, (P,); infinite for a network that was left out."""
        return np.asarray(self._assess()[0].sparse)

    @property
    def reaction_counts(self) -> np.ndarray:
        """How many reactions each sparse network has as it is now, (P,), integers."""
        return np.asarray(self._assess()[0].reaction_count)

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
        best = self._assess()[1]
        if not math.isfinite(best.loss):
            raise RuntimeError("There must be a network with a finite loss, but there is none.")
        return self._solution(self._sparse(best), best.initial[0], best.loss)

    def solutions(self) -> list[Solution]:
        """All networks of the population as they are now, without those that were left out."""
        scores = self._assess()[0]
        tensors = sparse_tensor(self._state.parameters, self._allowed, self._k_min())
        key = jax.random.fold_in(self._state.key, self._state.step)
        starts = self._task.initial(self._state.parameters.initial, key)[:, 0]
        return [
            self._solution(np.asarray(T), start, loss)
            for T, start, loss in zip(tensors, starts, np.asarray(scores.sparse), strict=True)
            if math.isfinite(loss)
        ]

    # -- files ---------------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the run to one file, from which `load` goes on bit for bit; the task is not in it.

        Raises OSError if the file cannot be written.
        """
        header = {
            "task": checkpoints.fingerprint(self._task),
            "population": len(self._allowed),
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
        **settings: Any,
    ) -> Trainer:
        """The trainer that was saved.

        Arguments:
            path: the file.
            task: equal to the one that was trained for.
            optimizer: the one that was used.
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
        trainer = cls(task, members, strategy=strategy, optimizer=optimizer, **values)
        state, allowed = checkpoints.load(path, (trainer._state, trainer._allowed))
        trainer.allowed = np.asarray(allowed)
        trainer._state = state
        return trainer

    # -- inside --------------------------------------------------------------------------------------------------

    def _k_min(self) -> np.ndarray:
        return np.asarray(self.k_min, self._state.sparse.dtype)

    def _schedule(self, steps: int) -> Settings:
        """Each setting for each of the next CHUNK steps; those after `steps` are not used."""
        values = {}
        for name, value in self._settings.items():
            if isinstance(value, bool):
                values[name] = np.full(CHUNK, value)
                continue
            values[name] = np.zeros(CHUNK, self._state.sparse.dtype)
            first = self.step
            values[name][:steps] = (
                [_not_negative(name, value(first + i)) for i in range(steps)] if callable(value) else value
            )
        return Settings(**values)

    def _assess(self) -> tuple[Any, Best]:
        settings = Settings(*(s[0] for s in self._schedule(1)))
        return assess(self._state, self._task, self._allowed, settings)

    def _sparse(self, best: Best) -> np.ndarray:
        return np.asarray(sparse_tensor(best.parameters, self._allowed[int(best.member)], self._k_min()))

    def _solution(self, T: np.ndarray, start: Any, loss: Any) -> Solution:
        network = to_network(T, 0.0, self._task.species, np.asarray(start).tolist())
        return Solution(network, float(loss), int(reaction_count(T)), self._task)

    def _forget_best(self) -> None:
        parameters, key = self._state.parameters, self._state.key
        self._state = self._state._replace(best=no_best(self._task, parameters, key))


def _whole(argument: str, value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"Argument `{argument}` must be a whole number, but it is {value!r}.") from None


def _not_negative(argument: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"Argument `{argument}` must be a number, but it is {value!r}.") from None
    if not 0 <= number < math.inf:
        raise ValueError(f"Argument `{argument}` must be finite and not negative, but it is {number:g}.")
    return number
