"""Training, against [DCRN] listing 1 and other packages: all in one run and in turn, so that a busy machine is fair."""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array

import crnwidgets as crn
from crnwidgets.dynamics.fixed import integrate
from crnwidgets.learning.losses import Parameters, Strategy
from crnwidgets.learning.population import CHUNK
from tests.benchmarks.baselines import LISTING_1, OTHERS, OURS, Way
from tests.benchmarks.machine import particulars
from tests.benchmarks.peak import peak
from tests.tools import chromium

PACKAGES = ("jax", "jaxlib", "optax", "diffrax", "numpy")
SQUARES_STEPS = 2000
GOAL = 1e-2


class Case(NamedTuple):
    """One step of Adam for networks of so many species: softmax, forwards, loss, backwards, update."""

    networks: int
    batch: int
    species: int
    steps: int
    chambers: int = 1

    def __str__(self) -> str:
        networks = f"{self.networks} networks" if self.networks > 1 else "1 network"
        rings = f" in rings of {self.chambers}" if self.chambers > 1 else ""
        starts = f" from {self.batch} starts" if self.batch > 1 else ""
        return f"{networks}{rings}{starts}, {self.species} species, {self.steps} steps"

    @property
    def turns(self) -> int:
        """How many steps of Adam one call makes, so that the call itself takes next to nothing of the time."""
        return max(1, 10_000 // (self.networks * self.batch * self.chambers * self.steps))


POPULATION, SINGLE, GATE = Case(40, 1, 5, 200), Case(1, 1, 5, 200), Case(1, 64, 10, 1600)
RINGS = Case(4, 64, 5, 120, 5)
TARGETS = {POPULATION: 15.0, SINGLE: 5.0, GATE: 10.0, RINGS: 10.0}
# With more of each: species, networks, steps.
SCALING = [
    *(Case(40, 1, n, 200) for n in (2, 3, 8, 12, 16, 24, 32)),
    *(Case(p, 1, 5, 200) for p in (2, 8, 80, 320, 1280)),
    *(Case(40, 1, 5, k) for k in (50, 800, 3200)),
]


@dataclass
class Row:
    """One line of the table.

    Attributes:
        what: what was measured.
        way: how.
        wall: samples in milliseconds.
        cpu: likewise, of all threads together.
        ratios: how many times as long as crnwidgets it took, turn by turn.
        target: what the ratio should at least be.
        note: anything else.
    """

    what: str
    way: str
    wall: Sequence[float] = ()
    cpu: Sequence[float] = ()
    ratios: Sequence[float] = ()
    target: float | None = None
    note: str = ""
    cells: list[str] = field(init=False)

    def __post_init__(self) -> None:
        ratio = statistics.median(self.ratios) if self.ratios else math.nan
        verdict = "" if self.target is None else f"≥ {self.target:g} " + ("met" if ratio >= self.target else "MISSED")
        times = [statistics.median(self.wall), min(self.wall)] if self.wall else []
        times += [statistics.median(self.cpu)] if self.cpu else []
        self.cells = [
            self.what,
            self.way,
            *(f"{value:.4g}" for value in times),
            *[""] * (3 - len(times)),
            f"{ratio:.3g}" if self.ratios else "",
            verdict,
            self.note,
        ]


HEADER = ["", "", "ms", "least", "CPU ms", "ratio", "target", ""]


def main(quick: bool) -> None:
    """Measure and print; `quick` takes few samples and leaves out what takes long to compile."""
    print(*particulars(PACKAGES), f"Fixed-step solver: {crn.backend()}", "", sep="\n")
    print_table(measure(quick))


def print_table(rows: Iterable[Row]) -> None:
    """Print each line as soon as it is there."""
    print(_line(HEADER), flush=True)
    last = ""
    for row in rows:
        print(_line(["" if row.what == last else row.what, *row.cells[1:]]), flush=True)
        last = row.what
    print("", f"Load after the run: {os.getloadavg()[0]:.1f}", sep="\n")


def _line(cells: Sequence[str]) -> str:
    what, way, *figures, verdict, note = cells
    return "  ".join([f"{what:62}", f"{way:42}", *(f"{cell:>9}" for cell in figures), f"{verdict:11}", note]).rstrip()


def measure(quick: bool) -> Iterator[Row]:
    """The table, line by line."""
    rounds = 3 if quick else 9
    yield from steps_of_training(POPULATION, (LISTING_1, *OTHERS), rounds, quick)
    yield from steps_of_training(SINGLE, (LISTING_1,) if quick else (LISTING_1, *OTHERS), rounds, quick)
    # 900 reactions one by one are too many to compile.
    yield from steps_of_training(GATE, (LISTING_1,) if quick else (LISTING_1, *OTHERS[:-1]), rounds, quick)
    yield from steps_of_training(RINGS, (LISTING_1,), rounds, quick)
    for case in SCALING[:1] if quick else SCALING:
        yield from steps_of_training(case, (LISTING_1,), rounds, quick)
    yield from share_of_peak(10 if quick else 100)
    yield from whole_run(quick)
    yield from time_to_goal(500 if quick else 5000)
    yield from open_lab(quick)


# -- one step --------------------------------------------------------------------------------------------------------


def steps_of_training(case: Case, others: Sequence[Way], rounds: int, quick: bool) -> list[Row]:
    """A step with this library and with the others; each a program of its own, which differs in the solver alone."""
    runs: dict[str, Callable[[], Any]] = {}
    notes: dict[str, str] = {}
    left_out = []
    expected: Any = None
    for way in (OURS, *others):
        hindrance = "left out of a quick run" if quick and way.slow else way.hindrance()
        if hindrance:
            left_out.append(Row(str(case), way.name, note=hindrance))
            continue
        step, gradient, start = one_step(way, case)
        begin = time.perf_counter()
        jax.block_until_ready(step(*start))
        notes[way.name] = f"compiles in {time.perf_counter() - begin:.1f} s"
        found = gradient(start[0]).logits
        if expected is None:
            expected = found
        else:
            notes[way.name] += f"; gradient differs by {abs(found - expected).max() / abs(expected).max():.0e}"
        runs[way.name] = partial(lambda step, start: jax.block_until_ready(step(*start)), step, start)
    samples = {name: taken / case.turns for name, taken in in_turn(runs, rounds).items()}
    return [*compared(str(case), samples, notes, {LISTING_1.name: TARGETS.get(case)}), *left_out]


def one_step(way: Way, case: Case) -> tuple[Callable[..., Any], Callable[..., Any], tuple[Any, Any]]:
    """The compiled program of a case's turns, the gradient in a step, and what it starts from."""
    keys = jax.random.split(jax.random.PRNGKey(0))
    n = case.species
    parameters = Parameters(
        jax.random.normal(keys[0], (case.networks, n, n, n)),
        jax.random.normal(keys[1], (case.networks, case.batch, *([case.chambers] if case.chambers > 1 else []), n)),
        jnp.zeros((case.networks, n if case.chambers > 1 else 0)),
    )
    target = np.where(np.linspace(0, 100, case.steps + 1) % 40 < 20, 0.5, 0.1).astype(np.float32)
    adam = optax.adam(0.05)

    def loss(parameters: Parameters) -> Array:
        T = jax.nn.softmax(parameters.logits) - jnp.eye(n)
        x0, dt = jax.nn.softmax(parameters.initial), 100 / case.steps
        if case.chambers > 1:
            assert way.ring is not None
            states = way.ring(T, jax.nn.sigmoid(parameters.permeability), x0, dt, case.steps)
            return ((states[..., 0] - target[:, None]) ** 2).mean(axis=(1, 2, 3)).sum()
        states = way.solve(T, x0, dt, case.steps)
        return ((states[..., 0] - target) ** 2).mean(axis=(1, 2)).sum()

    def step(_: Any, now: tuple[Parameters, Any]) -> tuple[Parameters, Any]:
        parameters, moments = now
        update, moments = adam.update(jax.grad(loss)(parameters), moments)
        return optax.apply_updates(parameters, update), moments

    program = jax.jit(lambda *start: jax.lax.fori_loop(0, case.turns, step, start))
    return program, jax.jit(jax.grad(loss)), (parameters, adam.init(parameters))


def in_turn(runs: Mapping[str, Callable[[], Any]], rounds: int, least: float = 0.03) -> dict[str, np.ndarray]:
    """Milliseconds of wall and CPU time that a call of each takes, (rounds, 2): A B A B …, each at least `least` s."""
    counts = {}
    for name, run in runs.items():
        begin = time.perf_counter()
        run()
        counts[name] = max(1, math.ceil(least / (time.perf_counter() - begin)))
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(counts[name]):
                run()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            samples[name].append((1e3 * wall / counts[name], 1e3 * cpu / counts[name]))
    return {name: np.array(values) for name, values in samples.items()}


def compared(
    what: str,
    samples: Mapping[str, np.ndarray],
    notes: Mapping[str, str],
    targets: Mapping[str, float | None],
) -> list[Row]:
    """Rows from `in_turn`, the first way being ours."""
    ours = next(iter(samples.values()))
    rows = []
    for name, taken in samples.items():
        ratios = () if taken is ours else (taken / ours)[:, 0].tolist()
        note = notes.get(name, "")
        if ratios:
            note = f"{np.median(taken[:, 1] / ours[:, 1]):.3g} in CPU time; {note}"
        rows.append(Row(what, name, *taken.T.tolist(), ratios, targets.get(name), note.rstrip("; ")))
    return rows


# -- the kernel ------------------------------------------------------------------------------------------------------


def share_of_peak(rounds: int) -> list[Row]:
    """How near forwards and backwards come to what the processor can do at most; of both the best times count.

    The most is that of one thread times their number, which other programs disturb less than all of them at once.
    """
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    one = peak()
    most = None if one is None else threads * one
    rows = []
    for case in (POPULATION, SINGLE, GATE):
        T, x0 = _networks(case)
        solve = partial(integrate, dt=100 / case.steps, steps=case.steps)
        forwards, (states, pull) = jax.jit(solve), jax.vjp(solve, T, x0)
        backwards = jax.jit(pull)
        slopes = jnp.ones_like(states)
        samples = in_turn(
            {
                "forwards": lambda run=forwards, at=(T, x0): jax.block_until_ready(run(*at)),
                "backwards": lambda run=backwards, at=slopes: jax.block_until_ready(run(at)),
            },
            rounds,
            0.005,
        )
        for (name, taken), each in zip(samples.items(), operations(case.species), strict=True):
            rate = each * case.networks * case.batch * case.steps / taken[:, 0].min() / 1e6
            share = f"= {1e11 * rate / most:.0f} % of {most / 1e9:.0f}" if most else "(no compiler to measure the peak)"
            note = f"{rate:.3g} GFLOP/s {share} on {threads} threads"
            rows.append(Row(f"kernel alone: {case}", name, *taken.T.tolist(), note=note))
    return rows


def operations(species: int) -> tuple[int, int]:
    """Multiplications and additions in one step forwards and one backwards, as native/lanes.h does them."""
    pairs = species * (species + 1) // 2
    field, pull, gather = pairs * (1 + 2 * species), pairs * (2 * species + 4), pairs * (4 + 8 * species)
    return 4 * field + 13 * species, 3 * field + 4 * pull + gather + 20 * species


def _networks(case: Case) -> tuple[Array, Array]:
    keys = jax.random.split(jax.random.PRNGKey(0))
    P = jax.nn.softmax(jax.random.normal(keys[0], (case.networks, *[case.species] * 3)))
    x0 = jax.nn.softmax(jax.random.normal(keys[1], (case.networks, case.batch, case.species)))
    return P - jnp.eye(case.species), x0


# -- the whole run ---------------------------------------------------------------------------------------------------


def whole_run(quick: bool) -> list[Row]:
    """40 networks learn the squares for 2,000 steps, compiling included, against listing 1 with the same steps.

    The plain way is timed for fewer steps, and the rest is extrapolated.
    """
    steps = 100 if quick else SQUARES_STEPS
    few = 30 if quick else 100
    rows = []
    strategies: tuple[Strategy, ...] = ("double",) if quick else ("dense", "double")
    for strategy in strategies:
        samples = []
        for _ in range(1 if quick else 3):
            jax.clear_caches()
            begin = _now()
            trainer = crn.Trainer(crn.tasks.Waveform.squares(), strategy=strategy)
            start = trainer.state.parameters
            trainer.run(steps, progress=False)
            samples.append(_now() - begin)
        ours = np.array(samples)
        begin = _now()
        step, moments = plain_step(trainer, start)
        now = jax.block_until_ready(step(start, moments))
        compiling = _now() - begin
        plain = partial(_repeat, step, now, few // 10)

        # The steps alone, in turn.
        alone = in_turn({"ours": partial(trainer.advance, CHUNK), "plain": plain}, 3 if quick else 9, 0)
        a_step, a_plain_step = alone["ours"] / CHUNK, alone["plain"] / (few // 10)
        theirs = compiling + steps * np.median(a_plain_step, axis=0)
        what = f'squares, {steps:,} steps, strategy "{strategy}"'
        note = f"compiling included; {np.median(a_step[:, 0]):.3g} ms a step without"
        rows.append(Row(what, OURS.name + " Trainer", *ours.T.tolist(), note=note))
        ratios = np.median(a_plain_step / a_step, axis=0)
        note = (
            f"extrapolated from {len(a_step) * (few // 10)} steps and {compiling[0] / 1e3:.1f} s of compiling; "
            f"{theirs[1] / np.median(ours[:, 1]):.3g} in CPU time; without compiling {ratios[0]:.3g}, "
            f"in CPU time {ratios[1]:.3g}"
        )
        target = 12.0 if (steps, strategy) == (SQUARES_STEPS, "double") else None
        way = LISTING_1.name + " and Adam"
        rows.append(Row(what, way, theirs[:1], theirs[1:], (theirs[0] / ours[:, 0]).tolist(), target, note))
    return rows


def _repeat(step: Callable[..., Any], now: Any, count: int) -> None:
    for _ in range(count):
        now = step(*now)
    jax.block_until_ready(now)


def plain_step(trainer: crn.Trainer, start: Parameters) -> tuple[Callable[..., Any], Any]:
    """The trainer's step as one writes it down with listing 1 and Optax, and the moments that it starts with."""
    task, adam = trainer.task, optax.adam(trainer.learning_rate)
    diagonal = np.eye(len(task.species), dtype=np.float32)

    def fit(T: Array, x0: Array) -> Array:
        states = LISTING_1.solve(T, x0, task.duration / task.steps, task.steps)
        return ((states[..., 0] - task.target.astype(np.float32)) ** 2).mean(axis=(1, 2))

    def loss(parameters: Parameters) -> Array:
        P = jax.nn.softmax(parameters.logits)
        x0 = jax.nn.softmax(parameters.initial)[:, None] * task.total
        T = P - diagonal
        if trainer.strategy == "double":
            rates = jnp.where((trainer.k_min <= T) & (diagonal == 0), T, 0)
            sparse = rates - rates.sum(-1, keepdims=True) * diagonal
            both = fit(jnp.concatenate([T, sparse]), jnp.concatenate([x0, x0]))
            total = both[: len(T)] + both[len(T) :]
        else:
            total = fit(T, x0)
        if trainer.l1:
            total += trainer.l1 * abs(T).mean(axis=(1, 2, 3))
        if trainer.entropy:
            total -= trainer.entropy * (P * jnp.log(P)).mean(axis=(1, 2, 3))
        return total.sum()

    def normalized(gradient: Array) -> Array:
        return gradient / jnp.sqrt((gradient**2).sum(axis=tuple(range(1, gradient.ndim)), keepdims=True))

    @jax.jit
    def step(parameters: Parameters, moments: Any) -> tuple[Parameters, Any]:
        gradient = jax.grad(loss)(parameters)
        if trainer.normalize:
            gradient = jax.tree.map(normalized, gradient)
        update, moments = adam.update(gradient, moments)
        return optax.apply_updates(parameters, update), moments

    return step, adam.init(start)


def time_to_goal(most: int) -> list[Row]:
    """Until the best sparse network of 40 has a loss of 1e-2 on squares, compiling included."""
    jax.clear_caches()
    begin = _now()
    trainer = crn.Trainer(crn.tasks.Waveform.squares())
    while trainer.state.best.loss > GOAL and trainer.step < most:
        trainer.advance()
    taken = _now() - begin
    reached = f"after {trainer.step} steps" if trainer.state.best.loss <= GOAL else f"not within {most} steps"
    what = f"squares until a loss of {GOAL:g}"
    return [Row(what, OURS.name + " Trainer", taken[:1], taken[1:], note=f"{reached}, compiling included")]


def _now() -> np.ndarray:
    """Milliseconds of wall and of CPU time."""
    return 1e3 * np.array([time.perf_counter(), time.process_time()])


# -- with a Lab open -------------------------------------------------------------------------------------------------


def open_lab(quick: bool) -> list[Row]:
    """How much of its speed training keeps while a Lab in a real JupyterLab shows it."""
    what = f"training {POPULATION.networks} networks for squares, a step"
    if chromium() is None:
        return [Row(what, "with an open Lab", note="no Chromium here; `python tests/tools.py --install` gets one")]
    from tests.benchmarks.open_lab import speeds

    note = "the ratio is the share of its speed that it keeps"
    rows = []
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    for apart in (False, True)[: 1 + (processors > 1)]:
        alone, shown = zip(*speeds(rounds=1 if quick else 5, seconds=1 if quick else 4, apart=apart), strict=True)
        kept = [a / b for a, b in zip(alone, shown, strict=True)]
        where = ", on a processor of its own" if apart else ""
        rows += [
            Row(what, "alone in its kernel" + (", without one processor" if apart else ""), alone),
            Row(what, "with an open Lab" + where, shown, (), kept, 0.9, note),
        ]
    return rows
