"""The network of [NNRN] section 6: compiled, settled by other packages and by this one, trained; all in one run.

Everyone settles the same digits, from the same start until the same time, with the loosest tolerance or the longest
step that brings all outputs within 1e-6 of the activations, relative to those above 1; the table tells which. `settle`
has a tolerance of its own and comes far nearer.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import crnwidgets as crn
from crnwidgets.dynamics.solver import double_precision
from crnwidgets.neural import FeedForward
from tests.benchmarks.baselines import hindrance
from tests.benchmarks.machine import particulars
from tests.benchmarks.training import Row, compared, in_turn, print_table

PACKAGES = ("jax", "jaxlib", "diffrax", "numpy", "scipy")
SIZES = (784, 40, 10)
UNTIL = 20.0
NEAR = 1e-6
BATCH = 300
RATE = 0.02
PATIENCE = 120
"""Seconds for a package to load all reactions and settle one image."""

TOLERANCES = (1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6, 3e-7, 1e-7, 3e-8, 1e-8)
STEPS = (0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 5e-4, 2e-4, 1e-4)

Solve = Callable[[np.ndarray], np.ndarray]
"""From an image, (784,), to the outputs' concentrations, (10,)."""


class Way(NamedTuple):
    """One way to settle an image.

    Attributes:
        name: as it stands in the table.
        load: all that does not depend on the image; takes the network, an image, and a tolerance of `tolerances`.
        tolerances: what to try, the cheapest first.
        kind: what these are.
        needs: the package from PyPI that it stands on, where it is not one of crnwidgets' own.
        slow: whether it is left out where time is short.
    """

    name: str
    load: Callable[[FeedForward, np.ndarray, float], Solve]
    tolerances: Sequence[float] = TOLERANCES
    kind: str = "rtol"
    needs: str = ""
    slow: bool = False


def main(quick: bool) -> None:
    """Measure and print; `quick` takes few samples of a network that has hardly learnt anything."""
    print(*particulars(PACKAGES), "", sep="\n")
    print_table(measure(quick))


def measure(quick: bool) -> Iterator[Row]:
    """The table, line by line."""
    images, labels = scaled_digits()
    untrained, iterations = FeedForward.random(SIZES, seed=1234), 100 if quick else 1000
    # These digits have more ink than MNIST's, and with the paper's rate of 0.1 some nodes would die at once.
    nn = crn.neural.fit(untrained, images, labels, iterations, BATCH, rate=RATE, progress=False)
    yield from compilation(nn, images[0], 1 if quick else 3)
    yield from settling(nn, images, "1", OTHERS, quick)
    way = "libroadrunner, CVODE, all reactions"
    note = "left out of a quick run" if quick else hindrance("roadrunner") or in_time(nn, images[0])
    yield Row("load all reactions, settle one image", way, note=note)
    # Bytes as they are in MNIST's files: rates of up to thousands, and stiff equations.
    yield from settling(nn, 255 * images, "255", OTHERS[:-1], quick)
    yield from training_speed(nn, images, labels, 3 if quick else 9)


def scaled_digits() -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's digits, three times as large and with a margin of two pixels: (n, 784), and their labels."""
    small, labels = crn.neural.digits()
    large = small.reshape(-1, 8, 8).repeat(3, axis=1).repeat(3, axis=2)
    return np.pad(large, ((0, 0), (2, 2), (2, 2))).reshape(len(small), -1), labels


# -- compiling to reactions --------------------------------------------------------------------------------------------


def compilation(nn: FeedForward, d: np.ndarray, rounds: int) -> list[Row]:
    """The four forms of the network of reactions."""
    rows = []
    for enzymes in (True, False):
        for both in (True, False):
            compile_ = partial(nn.to_network, d, enzymes=enzymes, both_signs=both)
            found = compile_()
            taken = in_turn({"": compile_}, rounds, 0)[""]
            what = f"{'-'.join(map(str, SIZES))} to reactions, target < 2 s"
            form = f"{'enzymes' if enzymes else 'rates'}, {'both signs' if both else 'one sign'}"
            note = f"{len(found.reactions):,} reactions, {len(found.species):,} species, {len(found.dynamic)} dynamic"
            rows.append(Row(what, form, *taken.T.tolist(), note=note))
    return rows


# -- settling ----------------------------------------------------------------------------------------------------------


def settling(nn: FeedForward, images: np.ndarray, inputs: str, ways: Sequence[Way], quick: bool) -> list[Row]:
    """One image, by everyone in turn, and many at once by `settle`."""
    some, batch = images[: 2 if quick else 3], images[:BATCH]
    what = f"one image until t = {UNTIL:g}, inputs from 0 to {inputs}"
    runs: dict[str, Callable[[], Any]] = {}
    notes, left_out = {}, []
    for way in (OURS, *ways):
        problem = "left out of a quick run" if quick and way.slow else hindrance(way.needs)
        solve, note = (None, problem) if problem else cheapest(way, nn, some)
        if solve is None:
            left_out.append(Row(what, way.name, note=note))
        else:
            runs[way.name], notes[way.name] = partial(_all, solve, some), note
    together = f"{OURS.name}, {BATCH} at once, each"
    runs[together] = partial(crn.neural.settle, nn, batch, UNTIL)
    begin = time.perf_counter()
    found = runs[together]()
    notes[together] = f"ready after {time.perf_counter() - begin:.1f} s, error {_error(nn, batch, found):.0e}"
    taken = in_turn(runs, 3 if quick else 9)
    samples = {name: taken[name] / (BATCH if name == together else len(some)) for name in (OURS.name, together, *taken)}
    return [*compared(what, samples, notes, {way.name: 1.0 for way in ways}), *left_out]


def cheapest(way: Way, nn: FeedForward, images: np.ndarray) -> tuple[Solve | None, str]:
    """The way with the cheapest tolerance that comes near enough, and a note on it; None where no tolerance does."""
    error = np.inf
    for tolerance in way.tolerances:
        begin = time.perf_counter()
        solve = way.load(nn, images[0], tolerance)
        solve(images[0])
        ready = time.perf_counter() - begin
        error = _error(nn, images, np.stack([solve(d) for d in images]))
        if error <= NEAR:
            return solve, f"ready after {ready:.1f} s, {way.kind} {tolerance:.0e}, error {error:.0e}"
    return None, f"error {error:.0e} with {way.kind} {way.tolerances[-1]:.0e}"


def _error(nn: FeedForward, images: np.ndarray, found: np.ndarray) -> float:
    """How far from the activations, relative to those above 1."""
    with double_precision():
        expected = np.asarray(nn(images))
    error = abs(found - expected) / np.maximum(expected, 1)
    return float(np.max(np.where(np.isfinite(error), error, np.inf)))


def _all(solve: Solve, images: np.ndarray) -> None:
    for d in images:
        solve(d)


def ours(nn: FeedForward, d: np.ndarray, tolerance: float) -> Solve:
    """This library."""
    return lambda d: crn.neural.settle(nn, d, UNTIL)


# -- the equations in matrix form, [NNRN] eqs. 11 and 12 ---------------------------------------------------------------


class Equations:
    """For SciPy: the derivative and the Jacobian of the 50 nodes, for one image."""

    def __init__(self, nn: FeedForward, d: np.ndarray) -> None:
        (w, self.w), (b, self.b) = nn.weights, nn.biases
        self.hidden = len(b)
        self.drive = np.concatenate([w @ d + b, self.b])
        self.jacobian = np.zeros((len(self.drive), len(self.drive)))
        self.start = np.ones(len(self.drive))

    def field(self, t: float, x: np.ndarray) -> np.ndarray:
        return 1 + (self._inflow(x) - x) * x

    def slope(self, t: float, x: np.ndarray) -> np.ndarray:
        self.jacobian[self.hidden :, : self.hidden] = x[self.hidden :, None] * self.w
        np.fill_diagonal(self.jacobian, self._inflow(x) - 2 * x)
        return self.jacobian

    def _inflow(self, x: np.ndarray) -> np.ndarray:
        self.drive[self.hidden :] = self.w @ x[: self.hidden] + self.b
        return self.drive


def lsoda(equations: Any, tolerance: float) -> np.ndarray:
    """SciPy's `odeint`, which has less to do in Python than `solve_ivp`."""
    from scipy.integrate import odeint

    options = {"Dfun": equations.slope, "rtol": tolerance, "atol": tolerance / 100, "mxstep": 10_000, "tfirst": True}
    return odeint(equations.field, equations.start, [0, UNTIL], **options)[-1, -SIZES[-1] :]


def matrix_lsoda(nn: FeedForward, d: np.ndarray, tolerance: float) -> Solve:
    """SciPy on the equations in matrix form."""
    nn = _double(nn)
    return lambda d: lsoda(Equations(nn, d), tolerance)


def matrix_ivp(method: str, nn: FeedForward, d: np.ndarray, tolerance: float) -> Solve:
    """Likewise by one of `solve_ivp`'s methods."""
    from scipy.integrate import solve_ivp

    nn = _double(nn)

    def solve(d: np.ndarray) -> np.ndarray:
        equations = Equations(nn, d)
        options = {"method": method, "jac": equations.slope, "rtol": tolerance, "atol": tolerance / 100}
        return solve_ivp(equations.field, (0, UNTIL), equations.start, t_eval=[UNTIL], **options).y[-SIZES[-1] :, -1]

    return solve


def matrix_diffrax(solver: diffrax.AbstractSolver, nn: FeedForward, d: np.ndarray, tolerance: float) -> Solve:
    """diffrax on the equations in matrix form, compiled and in float64."""
    (w, v), (b, c) = _double(nn).weights, _double(nn).biases

    def field(t: Array, x: Any, drive: Array) -> Any:
        hidden, out = x
        return 1 + (drive - hidden) * hidden, 1 + (v @ hidden + c - out) * out

    @jax.jit
    def run(drive: Array) -> Array:
        controller = diffrax.PIDController(rtol=tolerance, atol=tolerance / 100)
        start = jnp.ones(len(b)), jnp.ones(len(c))
        term = diffrax.ODETerm(field)
        end = diffrax.diffeqsolve(
            term, solver, 0.0, UNTIL, None, start, drive, stepsize_controller=controller, max_steps=100_000, throw=False
        )
        return end.ys[1][-1]

    def solve(d: np.ndarray) -> np.ndarray:
        with double_precision():
            return np.asarray(run(w @ d + b))

    return solve


# -- the reactions -----------------------------------------------------------------------------------------------------


class MassAction:
    """For SciPy: the equations of all reactions, their stoichiometry as a sparse matrix.

    A reaction here takes at most two molecules of dynamic species and two of others, which are multiplied in once.
    """

    def __init__(self, network: crn.Network) -> None:
        from scipy.sparse import csr_array

        self.sparse = csr_array
        self.moving = {name: i for i, name in enumerate(network.dynamic)}
        self.still = {name: i for i, name in enumerate(network.enzymatic)}
        self.start = np.array([network.initial[name] for name in self.moving])
        self.fixed = np.array([network.initial[name] for name in self.still])
        self.constants = network.rates
        self.slots = self._slots(network, self.moving)
        self.factors = self._slots(network, self.still)
        changes = [(n, self.moving[name], k) for k, r in enumerate(network.reactions) for name, n in r.change.items()]
        values, rows, columns = np.array(changes).T
        self.changes = csr_array((values.astype(float), (rows, columns)), shape=(len(self.moving), len(self.slots)))

    def _slots(self, network: crn.Network, place: dict[str, int]) -> np.ndarray:
        """Which of the species each reaction takes, (reactions, 2); what is not used points behind the last."""
        slots = np.full((len(network.reactions), 2), len(place))
        for k, r in enumerate(network.reactions):
            taken = [place[name] for name, count in r.reactants.items() if name in place for _ in range(count)]
            slots[k, : len(taken)] = taken
        return slots

    def show(self, d: np.ndarray) -> None:
        """Take another image."""
        self.fixed[[self.still[f"X0_{j}"] for j in range(1, len(d) + 1)]] = d
        self.rates = self.constants * np.append(self.fixed, 1.0)[self.factors].prod(axis=1)

    def field(self, t: float, x: np.ndarray) -> np.ndarray:
        first, second = np.append(x, 1.0)[self.slots.T]
        return self.changes @ (self.rates * first * second)

    def slope(self, t: float, x: np.ndarray) -> np.ndarray:
        by_slot = self.rates[:, None] * np.append(x, 1.0)[self.slots[:, ::-1]]
        ends = np.arange(0, by_slot.size + 1, 2)
        by_species = self.sparse((by_slot.ravel(), self.slots.ravel(), ends), shape=(len(self.slots), len(x) + 1))
        return (self.changes @ by_species).toarray()[:, :-1]


def reactions_lsoda(nn: FeedForward, d: np.ndarray, tolerance: float) -> Solve:
    """SciPy on all reactions."""
    equations = MassAction(nn.to_network(d))

    def solve(d: np.ndarray) -> np.ndarray:
        equations.show(d)
        return lsoda(equations, tolerance)

    return solve


def icrn(nn: FeedForward, d: np.ndarray, step: float) -> Solve:
    """Reactions with indexed species, inputs and enzymes absorbed into rates, by icrn's own Runge-Kutta solver."""
    from icrn import MassActionReaction, many_index_symbols, many_rate_constants, many_species, solve_well_mixed

    X, Y = many_species("X, Y")
    names = "h, u, v, q, g, e, f, r, p, m"
    h, u, v, q, g, e, f, r, p, m = constants = many_rate_constants(names)
    i, j = many_index_symbols("i, j")
    reactions = [
        *(MassActionReaction(0, X[j], h[j]), MassActionReaction(2 * X[j], X[j], q[j])),
        *(MassActionReaction(X[j], 2 * X[j], u[j]), MassActionReaction(X[j], 0, v[j])),
        *(MassActionReaction(0, Y[i], g[i]), MassActionReaction(2 * Y[i], Y[i], r[i])),
        *(MassActionReaction(Y[i], 2 * Y[i], e[i]), MassActionReaction(Y[i], 0, f[i])),
        MassActionReaction(X[j] + Y[i], X[j] + 2 * Y[i], p[i, j]),
        MassActionReaction(X[j] + Y[i], X[j], m[i, j]),
    ]
    (w, second), (b, c) = _double(nn).weights, _double(nn).biases
    hidden, out = np.ones(len(b)), np.ones(len(c))
    positive, negative = _parts(second)
    more, less = _parts(c)

    @jax.jit
    def run(up: Array, down: Array) -> Array:
        rates = (hidden, up, down, hidden, out, more, less, out, positive, negative)
        values = dict(zip(constants, map(jnp.asarray, rates), strict=True))
        start = {X: jnp.asarray(hidden), Y: jnp.asarray(out)}
        return solve_well_mixed(reactions, start, values, np.array([0.0, UNTIL]), step)[Y][-1]

    def solve(d: np.ndarray) -> np.ndarray:
        with double_precision():
            return np.asarray(run(*_absorbed(w, b, d)))

    return solve


def _double(nn: FeedForward) -> FeedForward:
    return FeedForward([np.asarray(w, float) for w in nn.weights], [np.asarray(b, float) for b in nn.biases])


def _parts(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The positive and the negative part."""
    return np.maximum(values, 0), np.maximum(-values, 0)


def _absorbed(w: np.ndarray, b: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How fast each node of the first layer doubles and vanishes."""
    (up, down), (more, less) = _parts(w), _parts(b)
    return up @ d + more, down @ d + less


def roadrunner(nn: FeedForward, d: np.ndarray, tolerance: float) -> Solve:
    """libroadrunner on the network with enzymes absorbed; an image changes the rates of its first layer."""
    network = nn.to_network(np.ones_like(d)).absorb_enzymes()  # no rate that an image needs is 0 and falls away
    model = _open(sbml(network), tolerance)
    (w, _), (b, _) = _double(nn).weights, _double(nn).biases
    place = {r.edge: k for k, r in enumerate(network.reactions)}
    nodes = [f"X1_{j}" for j in range(1, len(b) + 1)]
    up = [place[crn.Reaction({x: 1}, {x: 2}).edge] for x in nodes]
    down = [place[crn.Reaction({x: 1}, {}).edge] for x in nodes]
    ids = {name: k for k, name in enumerate(model.model.getGlobalParameterIds())}
    places = [ids[f"k{k}"] for k in up + down]

    def solve(d: np.ndarray) -> np.ndarray:
        model.reset()
        model.model.setGlobalParameterValues(places, np.concatenate(_absorbed(w, b, d)))
        return np.asarray(model.simulate(0, UNTIL, 2))[-1]

    return solve


def _open(text: str, tolerance: float) -> Any:
    """A model in libroadrunner, which gives the outputs; its faster compiler, unoptimized, is ready soonest."""
    from roadrunner import Config, RoadRunner

    Config.setValue(Config.LLVM_BACKEND, Config.LLJIT)
    Config.setValue(Config.LLJIT_OPTIMIZATION_LEVEL, Config.NONE)
    model = RoadRunner(text)
    model.integrator.relative_tolerance, model.integrator.absolute_tolerance = tolerance, tolerance / 100
    model.timeCourseSelections = [f"[X2_{i}]" for i in range(1, SIZES[-1] + 1)]
    return model


def sbml(network: crn.Network) -> str:
    """The network in SBML level 3, the rate of reaction n as the parameter kn."""
    still = set(network.enzymatic)
    species = [
        f'<species id={quoteattr(name)} compartment="c" initialConcentration="{value!r}" hasOnlySubstanceUnits="false" '
        f'boundaryCondition="{str(name in still).lower()}" constant="{str(name in still).lower()}"/>'
        for name, value in network.initial.items()
    ]
    rates = [f'<parameter id="k{n}" value="{r.rate!r}" constant="false"/>' for n, r in enumerate(network.reactions)]
    reactions = []
    for n, r in enumerate(network.reactions):
        sides = "".join(
            f"<{tag}>"
            + "".join(f'<speciesReference species="{x}" stoichiometry="{m}" constant="true"/>' for x, m in side.items())
            + f"</{tag}>"
            for tag, side in (("listOfReactants", r.reactants), ("listOfProducts", r.products))
            if side
        )
        factors = "".join(f"<ci>{x}</ci>" * m for x, m in r.reactants.items())
        reactions.append(
            f'<reaction id="r{n}" reversible="false">{sides}<kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML">'
            f"<apply><times/><ci>k{n}</ci>{factors}</apply></math></kineticLaw></reaction>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" '
        'version="1"><model id="m"><listOfCompartments><compartment id="c" size="1" constant="true"/>'
        f"</listOfCompartments><listOfSpecies>{''.join(species)}</listOfSpecies>"
        f"<listOfParameters>{''.join(rates)}</listOfParameters>"
        f"<listOfReactions>{''.join(reactions)}</listOfReactions></model></sbml>"
    )


def in_time(nn: FeedForward, d: np.ndarray) -> str:
    """What comes of all reactions with their enzymes in libroadrunner, in a process of its own."""
    call = "import sys; from tests.benchmarks.neural import settle_file; settle_file(sys.argv[1])"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.xml"
        path.write_text(sbml(nn.to_network(d)))
        try:
            done = subprocess.run(
                [sys.executable, "-c", call, path], capture_output=True, text=True, timeout=PATIENCE, check=True
            )
        except subprocess.TimeoutExpired:
            return f"not even loaded within {PATIENCE} s"
        except subprocess.CalledProcessError as error:
            return f"ended with {error.returncode}: {error.stderr.strip()[-200:]}"
    return done.stdout.strip()


def settle_file(path: str) -> None:
    """Print how long a network in SBML takes to be loaded and to settle."""
    begin = time.perf_counter()
    model = _open(Path(path).read_text(), 1e-6)
    loaded = time.perf_counter()
    model.simulate(0, UNTIL, 2)
    print(f"loaded in {loaded - begin:.1f} s, settled in {time.perf_counter() - loaded:.1f} s, rtol 1e-6")


OURS = Way("crnwidgets.neural.settle", ours, (1e-8,))
OTHERS = (
    Way("SciPy LSODA, matrix form", matrix_lsoda),
    Way("SciPy BDF, matrix form", partial(matrix_ivp, "BDF")),
    Way("SciPy Radau, matrix form", partial(matrix_ivp, "Radau")),
    Way("diffrax Tsit5, matrix form", partial(matrix_diffrax, diffrax.Tsit5())),
    Way("diffrax Kvaerno5, matrix form", partial(matrix_diffrax, diffrax.Kvaerno5())),
    Way("libroadrunner, CVODE, enzymes absorbed", roadrunner, needs="roadrunner"),
    Way("icrn, RK4, enzymes absorbed", icrn, STEPS, "step", needs="icrn"),
    Way("SciPy LSODA, all reactions, sparse", reactions_lsoda, slow=True),
)


# -- training ----------------------------------------------------------------------------------------------------------


def training_speed(nn: FeedForward, images: np.ndarray, labels: np.ndarray, rounds: int) -> list[Row]:
    """Stochastic gradient descent with the activations' formula, and through the settled chemistry."""
    each = 25  # iterations from one report to the next
    runs: dict[str, Callable[[], Any]] = {}
    notes = {}
    for name, chemistry in (("fit", False), ("fit, chemistry=True", True)):
        reports = crn.neural.train(nn, images, labels, 10**6, BATCH, RATE, chemistry=chemistry)
        begin = time.perf_counter()
        next(reports)
        notes[name] = f"ready after {time.perf_counter() - begin:.1f} s"
        runs[name] = partial(next, reports)
    samples = {name: taken / each for name, taken in in_turn(runs, rounds).items()}
    notes |= {
        name: f"{1e3 / np.median(taken[:, 0]):,.0f} iterations a second; {notes[name]}"
        for name, taken in samples.items()
    }
    return compared(f"training, an iteration with {BATCH} images", samples, notes, {})
