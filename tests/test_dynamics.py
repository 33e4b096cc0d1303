"""Dynamics: against SciPy, conservation, interventions, failures, no compilation on edit, trajectories."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from crnwidgets import Event, Network, Reaction, SimulationError, Trajectory, simulate
from crnwidgets.dynamics import simulation, solver, stiff
from crnwidgets.dynamics.packing import capacity, pack
from crnwidgets.palette import color
from crnwidgets.widgets.wire import encode
from tests.published import PUBLISHED

OSCILLATOR = "A -B-> B; B -C-> C; C -A-> A; A = 0.8; B = 0.1; C = 0.1"
VECTORS = json.loads((Path(__file__).parent / "vectors" / "trajectories.json").read_text(encoding="utf-8"))

published = pytest.mark.parametrize("case", PUBLISHED, ids=[case.name for case in PUBLISHED])


def scipy_slopes(network):
    """The Jacobian of the plain mass-action equations, written without the packed arrays."""
    orders = network.reactant_stoichiometry

    def slopes(t, x):
        columns = []
        for i in range(len(x)):
            lower = orders.copy()
            lower[i] = np.maximum(orders[i] - 1, 0)
            columns.append(network.stoichiometry @ (network.rates * orders[i] * np.prod(x[:, None] ** lower, axis=0)))
        return np.stack(columns, axis=1)

    return slopes


# -- numbers ---------------------------------------------------------------------------------------------------------


@published
def test_agrees_with_scipy(case):
    network = case.network
    times = np.linspace(0, case.duration, 101)
    reference = solve_ivp(
        lambda t, x: network.derivative(x),
        (0, case.duration),
        list(network.initial.values()),
        "Radau" if case.stiff else "LSODA",
        times,
        rtol=1e-11,
        atol=1e-20,
        jac=scipy_slopes(network),
    ).y.T
    np.testing.assert_allclose(simulate(network, times).concentrations, reference, rtol=1e-6, atol=1e-19)


@published
def test_keeps_conservation_laws_and_signs(case):
    network = case.network
    x = simulate(network, case.duration).concentrations
    assert x.min() >= 0
    for law in network.conservation_laws:
        total = x @ [law.get(name, 0) for name in network.species]
        np.testing.assert_allclose(total, total[0], rtol=1e-9, atol=0)


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_reproduces_the_vectors_that_the_browser_is_tested_with(vector):
    network = Network.parse(vector["rules"])
    now = json.loads(json.dumps(encode(network)))
    stale = [key for key, value in vector["network"].items() if key not in ("colors", "labels") and now[key] != value]
    assert not stale, "run tests/vectors/make.py"
    trajectory = simulate(network, vector["times"])
    np.testing.assert_allclose(trajectory.concentrations, vector["concentrations"], rtol=1e-6, atol=1e-19)


def test_the_vectors_cover_what_networks_can_do():
    networks = [Network.parse(vector["rules"]) for vector in VECTORS if not vector["stiff"]]
    assert len(networks) >= 15
    assert {event.operation for network in networks for event in network.events} == {"=", "+=", "-="}
    assert {0, 1, 2, 3} <= {reaction.order for network in networks for reaction in network.reactions}
    assert any(network.parameters for network in networks)


def test_known_solutions():
    times = np.array([0.5, 1.0, 4.0])
    decay = simulate(Network.parse("A -> B {0.5}; A = 3"), times)
    np.testing.assert_allclose(decay["A"], 3 * np.exp(-0.5 * times), rtol=1e-8)
    inflow = simulate(Network.parse("0 -> X {2}; X -> 0 {0.25}"), times)
    np.testing.assert_allclose(inflow["X"], 8 * (1 - np.exp(-0.25 * times)), rtol=1e-8)
    high = simulate(Network.parse("5 A -> 0; A = 1"), times)  # dA/dt = -5 A⁵
    np.testing.assert_allclose(high["A"], (1 + 20 * times) ** -0.25, rtol=1e-8)


def test_concentrations_may_be_in_any_unit():
    plain = simulate(Network.parse("A + B <-> C {2, 0.1}; A = 2; B = 1"), 10)
    nano = simulate(Network.parse("A + B <-> C {2e9, 0.1}; A = 2e-9; B = 1e-9"), 10)
    np.testing.assert_allclose(nano.concentrations, 1e-9 * plain.concentrations, rtol=1e-7, atol=1e-20)


def test_a_species_starts_at_zero_if_nothing_is_stated():
    trajectory = simulate(Network.parse("A -> B; A = 1"), [0, 1])
    assert trajectory["B"][0] == 0
    assert trajectory["B"][1] > 0.6


def test_initial_overrides():
    network = Network.parse(OSCILLATOR)
    assert simulate(network, 1.0, initial={"B": 0.4}).concentrations[0].tolist() == [0.8, 0.4, 0.1]
    assert simulate(network, 1.0, initial=[1, 2, 3]).concentrations[0].tolist() == [1, 2, 3]
    assert network.initial["B"] == 0.1


def test_times():
    network = Network.parse(OSCILLATOR)
    whole = simulate(network, 10)
    assert whole.times.tolist() == np.linspace(0, 10, 501).tolist()
    late = simulate(network, [2.0, 7.5, 10.0])
    np.testing.assert_allclose(late["A"], whole["A"][[100, 375, 500]], rtol=1e-7)
    assert simulate(network, [0.0]).concentrations.tolist() == [[0.8, 0.1, 0.1]]
    assert len(simulate(network, np.linspace(0, 1, 2000))) == 2000


def test_networks_without_reactions_stay_as_they_are():
    network = Network(species=["A", "B"], initial={"A": 2}, events=[Event(1, "B", "=", 3)])
    assert simulate(network, [0, 0.5, 1, 2]).concentrations.tolist() == [[2, 0], [2, 0], [2, 3], [2, 3]]


def test_thousands_of_reactions():
    generator = np.random.default_rng(1)
    size = 300
    edges = {tuple(edge) for edge in generator.integers(size, size=(3000, 3)) if edge[0] != edge[2]}
    network = Network.from_tensor(tensor(edges, size, generator), initial=generator.uniform(0, 1, size))
    assert len(network.reactions) > 2900
    x = simulate(network, 5.0).concentrations
    np.testing.assert_allclose(x.sum(axis=1), x[0].sum(), rtol=1e-12)


def tensor(edges, size, generator):
    result = np.zeros((size, size, size))
    for source, catalyst, target in edges:
        result[catalyst, source, target] = generator.uniform(0.1, 1)
    result[:, range(size), range(size)] = -result.sum(axis=2)
    return result


def test_methods_take_turns():
    # A stiff beginning that dies away, then a long, quick oscillation.
    robertson = "P -> Q {0.04}; 2Q -> Q + R {3e7}; Q + R -> P + R {1e4}; P = 1"
    both = Network.parse(f"{OSCILLATOR}; {robertson}")
    times = np.linspace(0, 40, 9)
    together = simulate(both, times).concentrations
    np.testing.assert_allclose(together[:, :3], simulate(Network.parse(OSCILLATOR), times).concentrations, rtol=1e-6)
    np.testing.assert_allclose(together[:, 3:], simulate(Network.parse(robertson), times).concentrations, rtol=1e-6)


def test_implicit_method_is_of_sixth_order():
    with solver.double_precision():
        packed, size = pack(Network.parse("A + B -> 2B; B -> 0 {0.5}; A = 1; B = 0.2"))
        start = np.zeros(size)
        start[:2] = 1.0, 0.2
        method = stiff.Extrapolation()
        step = jax.jit(lambda t1, y: method.step(None, 0.0, t1, y, packed, None, False)[0])

        def end(count):
            x = start
            for _ in range(count):
                x = step(1.0 / count, x)
            return np.asarray(x)

        exact = end(32)
        errors = [np.abs(end(count) - exact).max() for count in (2, 4)]
        assert errors[0] / errors[1] > 2**5.5


@published
def test_jacobian(case):
    with solver.double_precision():
        packed, size = pack(case.network)
        x = np.zeros(size)
        x[: len(case.network.species)] = np.random.default_rng(0).uniform(0.1, 1, len(case.network.species))
        expected = jax.jacfwd(lambda x: stiff.field(0.0, x, packed))(x)
        np.testing.assert_allclose(stiff.jacobian(jnp.asarray(x), packed), expected, rtol=1e-12, atol=1e-12)


# -- interventions ---------------------------------------------------------------------------------------------------


def test_interventions_show_at_their_time():
    network = Network.parse("A -> B {0.1}; A = 1; at 2: A = 3; at 4: A += 1; at 6: A -= 100; at 8: B = 0.5")
    trajectory = simulate(network, np.linspace(0, 10, 6))
    fall = np.exp(-0.2)
    np.testing.assert_allclose(trajectory["A"], [1, 3, 3 * fall + 1, 0, 0, 0], rtol=1e-8)
    assert trajectory["B"][-2:].tolist() == [0.5, 0.5]


def test_interventions_at_one_time_apply_in_order():
    events = [Event(1, "A", "-=", 5), Event(1, "A", "+=", 2), Event(1, "B", "=", 4), Event(1, "B", "-=", 1)]
    network = Network([Reaction({"A": 1}, {"B": 1}, 0.0)], initial={"A": 1}, events=events)
    assert simulate(network, [1.0]).concentrations.tolist() == [[2, 3]]


def test_interventions_at_the_start_at_the_end_and_beyond():
    network = Network.parse("A -> 0 {0}; A = 1; at 0: A += 1; at 5: A += 1; at 5.1: A += 1")
    assert simulate(network, [0, 2, 5])["A"].tolist() == [2, 2, 3]
    assert simulate(network, [0.0])["A"].tolist() == [2]


def test_interventions_before_the_first_time_and_between_times_count():
    network = Network.parse("A -> 0; A = 1; at 0.5: A = 2; at 1.25: A = 4")
    expected = [2 * np.exp(-0.5), 4 * np.exp(-0.75)]
    np.testing.assert_allclose(simulate(network, [1, 2])["A"], expected, rtol=1e-8)


def test_times_that_differ_by_rounding_are_one():
    network = Network.parse("A -> 0 {0}; A = 1; at 0.3: A = 2; at 0.7: A = 3")
    times = np.arange(11) * 0.1  # among them 0.30000000000000004 and 0.7000000000000001
    assert simulate(network, times)["A"].tolist() == [1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]


def test_late_interventions_on_fast_networks():
    # At t = 1e9 a clock in float64 ticks in steps of 1e-7; the fastest reaction here takes 1e-9.
    network = Network.parse("A <-> B {1e9, 1e9}; at 1e9: A = 1")
    np.testing.assert_allclose(simulate(network, [1e9 + 1]).concentrations, [[0.5, 0.5]], rtol=1e-9)


# -- no compilation on edit ------------------------------------------------------------------------------------------


def editing_session():
    """Thirty edits as a person would make them, each the whole text of the rules."""
    lines = OSCILLATOR.split("; ")
    for i in range(8):
        yield [*lines[:3], f"A = {0.8 + i / 10}", f"B = {i / 10}"]
    for i in range(6):
        yield [f"A -{0.5 + i / 5},B-> B", *lines[1:]]
    for i in range(1, 7):
        yield [*lines, *(f"D{k} + A -> 2 D{k} + B {{k{k}}}; k{k} = 0.1; D{k} = 1" for k in range(i))]
    for i in range(4):
        yield [*lines, f"0 -> X{i}; {i + 1} A -> {i + 1} X{i}", "X0 -> 0"]
    for i in range(5):
        yield [*lines, *(f"at {3 * k + 1}: A {'=' if k % 2 else '+='} 0.{k}" for k in range(i + 1))]
    yield ["A -> B", "A = 1"]


def test_editing_compiles_nothing_after_the_first():
    simulate(Network.parse(OSCILLATOR), 20.0)
    before = solver.traces.total()
    edits = ["\n".join(lines) for lines in editing_session()]
    assert len(set(edits)) == 30
    for i, text in enumerate(edits):
        network = Network.parse(text)
        simulate(network, 20.0 + i)
        simulate(network, np.linspace(0.5, 15, 10 + i), initial={"A": 0.3})
    assert solver.traces.total() == before


def test_the_stiff_method_compiles_once():
    simulate(Network.parse("A -> B {0.04}; 2B -> B + C {3e7}; B + C -> A + C {1e4}; A = 1"), 1e3)
    before = solver.traces.total()
    simulate(Network.parse("A -> B {0.05}; 2B -> B + C {2e7}; B + C -> A + C {1e4}; C -> D; A = 2; at 5: B = 1"), 1e4)
    assert solver.traces.total() == before


def test_capacity():
    assert [capacity(count, 16) for count in (0, 1, 16, 17, 32, 33, 1000)] == [16, 16, 16, 32, 32, 64, 1024]


def test_importing_loads_no_jax():
    code = "import crnwidgets.dynamics, sys; print(sorted({'jax', 'diffrax', 'bqplot', 'pandas'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_precision_of_the_process_stays_as_it_is():
    assert simulate(Network.parse(OSCILLATOR), 1.0).concentrations.dtype == np.float64
    assert jnp.ones(1).dtype == np.float32


# -- arguments -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"t": 0}, "Argument `t` must be a positive, finite end time, but it is 0"),
        ({"t": -1.0}, "Argument `t` must be a positive, finite end time, but it is -1.0"),
        ({"t": np.inf}, "Argument `t` must be a positive, finite end time"),
        ({"t": np.nan}, "Argument `t` must be a positive, finite end time"),
        ({"t": "soon"}, "Argument `t` must be an end time or an array of times, but it is 'soon'"),
        ({"t": None}, "Argument `t` must be a"),
        ({"t": []}, "Argument `t` must have the shape .*at least one time"),
        ({"t": [[1.0, 2.0]]}, r"Argument `t` must have the shape \(T,\) .*\(1, 2\)"),
        ({"t": [0, -1]}, r"Argument `t` must be finite and not negative, but t\[1\] is -1"),
        ({"t": [0, np.nan]}, r"Argument `t` must be finite and not negative, but t\[1\] is nan"),
        ({"t": [0, 2, 2]}, r"Argument `t` must increase, but t\[2\] = 2 follows t\[1\] = 2"),
        ({"initial": {"A": -1}}, "Argument `initial` must be finite and not negative, but A is -1"),
        ({"initial": {"B": np.nan}}, "Argument `initial` must be finite and not negative, but B is nan"),
        ({"initial": [0, np.inf, 0]}, "Argument `initial` must be finite and not negative, but B is inf"),
        (
            {"initial": {"Catalyst": 1}},
            "Argument `initial` must name species .* 'Catalyst' is not one; there are A, B",
        ),
        ({"initial": [1, 2]}, r"Argument `initial` must have 3 values, .* \(2,\)"),
        ({"initial": {"A": "much"}}, "Argument `initial` must hold numbers, but it is {'A': 'much'}"),
        ({"rtol": 0}, "Argument `rtol` must be at least 1e-13 and below 1, but it is 0"),
        ({"rtol": 1e-15}, "Argument `rtol` must be"),
        ({"atol": 0}, "Argument `atol` must be positive and finite, but it is 0"),
        ({"atol": np.nan}, "Argument `atol` must be positive and finite, but it is nan"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        simulate(Network.parse(OSCILLATOR), **{"t": 1.0, **arguments})


def test_unknown_species_get_the_likely_spelling():
    with pytest.raises(ValueError, match=r"'Predater' is not one; did you mean 'Predator'\?"):
        simulate(Network.parse("Prey + Predator -> 2 Predator"), 1.0, initial={"Predater": 1})


def test_only_networks_are_simulated():
    with pytest.raises(TypeError, match="Argument `network` must be a Network or Chambers, but it is of type str"):
        simulate(OSCILLATOR, 1.0)


# -- failures --------------------------------------------------------------------------------------------------------


def test_blow_up_in_finite_time():
    with pytest.raises(SimulationError, match=r"X grows without bound: at t = 0\.5 ") as caught:
        simulate(Network.parse("A -> B; 2X -> 3X {2}; A = 1; X = 1"), 2.0)
    error = caught.value
    assert error.species == "X"
    assert error.time == pytest.approx(0.5, rel=1e-6)
    assert error.trajectory.times.tolist() == [t for t in np.linspace(0, 2, 501) if t <= error.time]
    assert error.trajectory["X"][100] == pytest.approx(1 / (1 - 2 * 0.4), rel=1e-7)


def test_blow_up_of_a_stiff_network():
    rules = "A -> B {0.04}; 2B -> B + C {3e7}; B + C -> A + C {1e4}; A = 1; 2X -> 3X {0.1}; X = 0.5"
    with pytest.raises(SimulationError, match="X grows without bound") as caught:
        simulate(Network.parse(rules), 100.0)
    assert caught.value.time == pytest.approx(20, rel=1e-5)


def test_blow_up_after_an_intervention():
    with pytest.raises(SimulationError) as caught:
        simulate(Network.parse("2X -> 3X; at 3: X = 2"), [0, 1, 2, 3.25, 4])
    assert caught.value.time == pytest.approx(3.5, rel=1e-6)
    assert caught.value.trajectory.times.tolist() == [0, 1, 2, 3.25]


def test_values_beyond_what_a_number_can_hold():
    with pytest.raises(SimulationError, match=r"X grows without bound: at t = 709") as caught:
        simulate(Network.parse("X -> 2X; X = 1"), 1000.0)
    assert np.isfinite(caught.value.trajectory.concentrations).all()


def test_rates_beyond_what_a_number_can_hold():
    with pytest.raises(SimulationError, match="A changes too fast to follow at t = 0") as caught:
        simulate(Network.parse("D -> E; A + B -> C {1e308}; A = 1e10; B = 1e100; D = 1"), 1.0)
    assert len(caught.value.trajectory) == 1


def test_too_many_steps(monkeypatch):
    monkeypatch.setattr(simulation, "LARGEST_COST", 500)
    monkeypatch.setattr(simulation, "BUDGET", 500)
    with pytest.raises(SimulationError, match="integration takes too many steps to pass t = ") as caught:
        simulate(Network.parse(OSCILLATOR), 1e6)
    assert 0 < caught.value.time < 1e6
    assert caught.value.species in "ABC"


def test_errors_can_be_pickled():
    with pytest.raises(SimulationError) as caught:
        simulate(Network.parse("2X -> 3X; X = 1"), 2.0)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.species, copy.time) == (str(caught.value), "X", caught.value.time)
    assert copy.trajectory.concentrations.tolist() == caught.value.trajectory.concentrations.tolist()


# -- trajectories ----------------------------------------------------------------------------------------------------


@pytest.fixture
def trajectory():
    return Trajectory(["A", "Ca 2+"], [0, 1, 2], [[1, 2], [3, 4], [5, 6]])


def test_lookup(trajectory):
    assert trajectory["Ca 2+"].tolist() == [2, 4, 6]
    assert len(trajectory) == 3
    with pytest.raises(KeyError, match=r"no species 'Ca2\+'; did you mean 'Ca 2\+'\?"):
        trajectory["Ca2+"]
    with pytest.raises(KeyError, match="no species 0"):
        trajectory[0]


def test_trajectories_cannot_be_changed(trajectory):
    for array in (trajectory.times, trajectory.concentrations, trajectory["A"]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7
    with pytest.raises(AttributeError):
        trajectory.times = np.zeros(3)


def test_repr(trajectory):
    assert repr(trajectory) == "<Trajectory: 3 times from 0 to 2, 2 species: A, Ca 2+>"
    many = Trajectory([f"S{i}" for i in range(20)], [], np.zeros((0, 20)))
    assert repr(many) == "<Trajectory: 0 times, 20 species: S0, S1, S2, S3, S4, S5, S6, S7, …>"


@pytest.mark.parametrize(("times", "rows"), [([[0.0]], [[1, 2]]), ([0.0], [[1]]), ([0.0, 1.0], [[1, 2]])])
def test_shapes_must_fit(times, rows):
    with pytest.raises(ValueError, match="must have the shape"):
        Trajectory(["A", "B"], times, rows)


def test_plot(trajectory):
    figure = trajectory.plot()
    assert [line.labels for line in figure.marks] == [["A"], ["Ca 2+"]]
    assert [line.y.tolist() for line in figure.marks] == [[1, 3, 5], [2, 4, 6]]
    assert [line.colors for line in figure.marks] == [[color(0)], [color(1)]]


def test_plot_of_some(trajectory):
    (line,) = trajectory.plot(["Ca 2+"]).marks
    assert (line.labels, line.y.tolist(), line.colors) == (["Ca 2+"], [2, 4, 6], [color(1)])
    with pytest.raises(KeyError, match="Ca 2"):
        trajectory.plot(["Ca 2"])


def test_dataframe(trajectory):
    frame = trajectory.to_dataframe()
    assert frame.columns.tolist() == ["A", "Ca 2+"]
    assert frame.index.name == "time"
    assert frame.loc[1.0, "Ca 2+"] == 4


def test_dataframe_without_pandas(trajectory, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="to_dataframe needs pandas: pip install pandas"):
        trajectory.to_dataframe()
