"""Chambers: topologies, permeabilities, text, and what passes the membranes against what mathematics says."""

import dataclasses
import pickle
import time
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from crnwidgets import Chambers, Event, Network, RuleError, SimulationError, Topology, simulate
from crnwidgets.chambers import read
from crnwidgets.dynamics import ChambersTrajectory, simulation
from crnwidgets.export import to_dot, to_latex, to_mathml, to_text
from crnwidgets.rules import rewrite
from tests.strategies import NUMBERS, chambers, topologies

OSCILLATOR = Network.parse("A -B-> B; B -C-> C; C -A-> A; A = 0.8; B = 0.1; C = 0.1")
ENZYME = Network.parse("E + S <-> ES {1, 0.5}; ES -> E + P {0.3}; E = 0.2; S = 1")
TOPOLOGIES = [
    Topology.ring(5),
    Topology.line(4),
    Topology.star(4),
    Topology.grid(2, 3),
    Topology.complete(4),
    Topology(4, [(0, 1), (1, 2), (1, 3)]),
]


def laplacian(topology, weights=None):
    """The matrix of the graph: what leaves on the diagonal, what comes beside it with a minus."""
    matrix = np.zeros((topology.chambers, topology.chambers))
    for (i, j), weight in zip(topology.membranes, weights or [1.0] * len(topology.membranes), strict=True):
        matrix[[i, j], [i, j]] += weight
        matrix[[i, j], [j, i]] -= weight
    return matrix


def some(network, count, seed=0):
    """Different concentrations in every chamber, (count, N)."""
    return np.random.default_rng(seed).uniform(0.05, 1, (count, len(network.species)))


# -- topologies ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("topology", "membranes"),
    [
        (Topology.ring(4), [(0, 1), (1, 2), (2, 3), (0, 3)]),
        (Topology.ring(3), [(0, 1), (1, 2), (0, 2)]),
        (Topology.ring(2), [(0, 1)]),
        (Topology.ring(1), []),
        (Topology.line(3), [(0, 1), (1, 2)]),
        (Topology.star(4), [(0, 1), (0, 2), (0, 3)]),
        (Topology.grid(2, 3), [(0, 1), (0, 3), (1, 2), (1, 4), (2, 5), (3, 4), (4, 5)]),
        (Topology.complete(4), [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]),
        (Topology(4, [(2, 1), (3, 0)]), [(1, 2), (0, 3)]),
    ],
    ids=repr,
)
def test_membranes_of_a_topology(topology, membranes):
    assert list(topology.membranes) == membranes
    assert pickle.loads(pickle.dumps(topology)) == topology
    assert eval(repr(topology)) == topology
    assert hash(eval(repr(topology))) == hash(topology)


def test_topologies_from_graphs_and_matrices():
    ring = Topology.ring(4)
    matrix = np.zeros((4, 4), dtype=int)
    for i, j in ring.membranes:
        matrix[i, j] = matrix[j, i] = 1
    assert sorted(Topology.of(matrix).membranes) == sorted(ring.membranes)
    assert Topology.of(matrix.tolist()) == Topology.of(matrix.astype(bool)) == Topology.of(matrix)
    # what networkx graphs have
    nodes, edges = ["north", "south", "east"], [("south", "north"), ("south", "east")]
    graph = SimpleNamespace(nodes=nodes, edges=edges, is_directed=lambda: False)
    assert Topology.of(graph) == Topology(3, [(0, 1), (1, 2)])
    with pytest.raises(ValueError, match="an undirected graph, but it is directed"):
        Topology.of(SimpleNamespace(nodes=nodes, edges=edges, is_directed=lambda: True))
    assert Topology.of(ring) is ring


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Topology.ring(0), "Argument `chambers` must be a whole number of at least 1, but it is 0"),
        (lambda: Topology.line(2.5), "Argument `chambers` must be a whole number"),
        (lambda: Topology.grid(2, True), "Argument `columns` must be a whole number"),
        (lambda: Topology(2, [(0, 2)]), r"from 0 to 1, but one is \(0, 2\)"),
        (lambda: Topology(2, [(1, 1)]), r"different chambers, but one is \(1, 1\)"),
        (lambda: Topology(2, [(0, 1), (1, 0)]), r"each pair once, but \(0, 1\) is there twice"),
        (lambda: Topology(2, [(0, 1, 2)]), "pairs of chamber numbers"),
        (lambda: Topology(2, [(0, 0.5)]), "pairs of chamber numbers"),
        (lambda: Topology.of([[0, 1]]), r"shape \(C, C\), but it has \(1, 2\)"),
        (lambda: Topology.of([[0, 1], [0, 0]]), "symmetric matrix of zeros and ones"),
        (lambda: Topology.of([[1, 1], [1, 0]]), "zeros on the diagonal"),
        (lambda: Topology.of([[0, 2], [2, 0]]), "zeros and ones"),
    ],
)
def test_what_no_chambers_have(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_only_topologies_matrices_and_graphs():
    with pytest.raises(TypeError, match="a Topology, an adjacency matrix or a networkx graph, but it is of type str"):
        Topology.of("ring")


@given(topologies())
def test_chambers_are_drawn_apart_and_inside_the_picture(topology):
    places = topology.positions
    assert places.shape == (topology.chambers, 2)
    assert (places > -1e-9).all()
    assert (places < 1 + 1e-9).all()
    gaps = np.linalg.norm(places[:, None] - places, axis=-1) + np.eye(topology.chambers)
    assert gaps.min() > 0.99 / topology.chambers


def test_positions():
    np.testing.assert_allclose(Topology.ring(4).positions, [[0.5, 0], [1, 0.5], [0.5, 1], [0, 0.5]], atol=1e-15)
    np.testing.assert_allclose(Topology.star(3).positions, [[0.5, 0.5], [0.5, 0], [0.5, 1]], atol=1e-15)
    np.testing.assert_allclose(Topology.line(3).positions, [[0, 0.5], [0.5, 0.5], [1, 0.5]])
    np.testing.assert_allclose(Topology.grid(1, 3).positions, Topology.line(3).positions)
    assert Topology.grid(2, 2).positions.tolist() == [[0, 0], [1, 0], [0, 1], [1, 1]]


# -- chambers as values ------------------------------------------------------------------------------------------------


@given(chambers())
def test_text_and_chambers_are_two_forms_of_one_thing(system):
    again = Chambers.parse(str(system))
    assert again == system
    assert str(again) == str(system)
    assert hash(again) == hash(system)
    assert read(str(system)) == system
    assert pickle.loads(pickle.dumps(system)) == system
    assert system.updated() == system
    np.testing.assert_array_equal(again.permeabilities, system.permeabilities)
    for attribute in dataclasses.fields(Chambers):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(system, attribute.name, None)
    for array in (system.initial, system.permeabilities):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1


def test_the_example_of_the_language_parses():
    system = Chambers.parse(
        """chambers 5 ring
        A -B-> C
        membrane B {0.8}             # of every membrane
        membrane B {0.3}: 2-1, 2-3   # of these only
        membrane C {p}; p = 0.5
        A = 0.5
        A[2] = 0.9
        at 40: A[2] += 0.3
        at 30: A = 0"""
    )
    assert system.topology == Topology.ring(5)
    assert system.network == Network.parse("A -B-> C; A = 0.5")
    assert system.permeability == {"A": 0.0, "B": (0.3, 0.3, 0.8, 0.8, 0.8), "C": 0.5}
    assert system.permeability_names == {"C": "p"}
    assert system.parameters == {"p": 0.5}
    assert system.initial[:, 0].tolist() == [0.5, 0.9, 0.5, 0.5, 0.5]
    assert system.events == (Event(30, "A", "=", 0), Event(40, "A", "+=", 0.3, 1))
    assert system.permeabilities.shape == (5, 3)
    assert (system.species, system.reactions) == (system.network.species, system.network.reactions)
    assert repr(system) == "<Chambers: 5 chambers in a ring, 3 species, 1 reaction>"


@pytest.mark.parametrize(
    ("text", "topology"),
    [
        ("chambers 3 line", Topology.line(3)),
        ("chambers 3 star", Topology.star(3)),
        ("chambers 3 complete", Topology.complete(3)),
        ("chambers 3x4 grid", Topology.grid(3, 4)),
        ("chambers 3 × 4 grid", Topology.grid(3, 4)),
        ("chambers 4: 1-2, 3-2, 2-4", Topology(4, [(0, 1), (1, 2), (1, 3)])),
        ("chambers 4:", Topology(4)),
    ],
)
def test_topologies_in_text(text, topology):
    system = Chambers.parse(f"A -> B\n{text}")
    assert system.topology == topology
    assert Chambers.parse(str(system)) == system


def test_texts_with_and_without_chambers():
    assert read("A -> B") == Network.parse("A -> B")
    with pytest.raises(RuleError, match=r"crnwidgets\.Chambers\.parse") as caught:
        Network.parse("A -> B\n chambers 3 ring")
    assert (caught.value.kind, caught.value.line, caught.value.column) == ("chambers-in-network", 2, 2)
    with pytest.raises(RuleError, match=r"crnwidgets\.Network\.parse") as caught:
        Chambers.parse("A -> B")
    assert (caught.value.kind, caught.value.line, caught.value.column) == ("missing-chambers", 1, 1)


def test_a_number_holds_everywhere_and_an_array_in_each():
    system = Chambers(OSCILLATOR, Topology.ring(3), {"B": 0.8, "C": [0.1, 0.2, 0.3]}, initial={"A": 2, "B": [1, 2, 3]})
    assert system.initial.tolist() == [[2, 1, 0.1], [2, 2, 0.1], [2, 3, 0.1]]
    assert system.network.initial == {"A": 2, "B": 0.1, "C": 0.1}
    assert system.permeability == {"A": 0.0, "B": 0.8, "C": (0.1, 0.2, 0.3)}
    alike = Chambers(OSCILLATOR, Topology.ring(3), {"B": [0.8] * 3})
    assert alike == Chambers(OSCILLATOR, Topology.ring(3), {"B": 0.8})
    table = some(OSCILLATOR, 3)
    assert Chambers(OSCILLATOR, Topology.ring(3), {}, initial=table).initial.tolist() == table.tolist()


def test_changed_copies():
    system = Chambers.parse("chambers 3 ring; A -k,B-> B; membrane B {p}; membrane A {k}: 1-2; k = 2; p = 0.5; A = 1")
    changed = system.updated(parameters={"p": 0.7, "k": 3}, initial={"B": [1, 2, 3]})
    assert changed.permeability == {"A": (3.0, 0.0, 0.0), "B": 0.7}
    assert changed.network.parameters == {"k": 3}
    assert changed.initial.tolist() == [[1, 1], [1, 2], [1, 3]]
    assert system.updated(permeability={"B": 0.9}).permeability_names == {"A": ("k", None, None)}
    with pytest.raises(ValueError, match=r"'q' is not one of \['k', 'p'\]"):
        system.updated(parameters={"q": 1})
    with pytest.raises(ValueError, match="`permeability` must say 'A' for another topology"):
        system.updated(topology=Topology.ring(5))
    larger = system.updated(topology=Topology.ring(5), permeability={"A": 0.1})
    assert larger.permeability == {"A": 0.1, "B": 0.5}
    assert larger.initial.tolist() == [[1, 0]] * 5
    with pytest.raises(ValueError, match="`initial` must say 'B' for another number of chambers"):
        changed.updated(topology=Topology.ring(5), permeability={"A": 0.1})
    alone = larger.updated(topology=Topology.ring(1))
    assert alone.permeability == larger.permeability  # which shows as soon as there is a membrane
    assert alone.updated(topology=Topology.ring(5)) == larger


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"permeability": {"X": 1}}, "`permeability` must name species of the network, but 'X' is not one of them"),
        (
            {"permeability": {"A": -1}},
            "`permeability` must be finite and not negative, but the permeability of A is -1",
        ),
        ({"permeability": {"A": [1, np.inf, 1]}}, "the permeability of A is inf"),
        ({"permeability": {"A": "much"}}, "`permeability` must hold numbers, but the permeability of A is 'much'"),
        ({"permeability": {"A": [1, 2]}}, r"one value or 3, one for each membrane, but 'A' has the shape \(2,\)"),
        ({"initial": {"X": 1}}, "`initial` must name species of the network, but 'X' is not one of them"),
        ({"initial": {"A": -1}}, "the initial concentration of A is -1"),
        ({"initial": {"A": [1, 2]}}, r"one value or 3, one for each chamber, but 'A' has the shape \(2,\)"),
        ({"initial": [[1, 2, 3]]}, r"shape \(3, 3\), chambers × species, but it has \(1, 3\)"),
        ({"events": [Event(1, "X", "=", 0)]}, "`events` must name species of the network, but 'X'"),
        ({"events": [Event(1, "A", "=", 0, 3)]}, "in chambers from 0 to 2, but one is in 3"),
        ({"permeability_names": {"A": "B"}}, "'B' is both"),
        ({"permeability_names": {"A": ""}}, "`permeability_names` must be names or None"),
        ({"permeability": {"A": [1, 2, 3]}, "permeability_names": {"A": "p"}}, "'p' is 1 and 2"),
        ({"network": Network.parse("A -> B; at 3: A = 1")}, "`network` must have no events"),
    ],
)
def test_wrong_arguments(arguments, message):
    given = {"network": OSCILLATOR, "topology": Topology.ring(3), "permeability": {}, **arguments}
    with pytest.raises(ValueError, match=message):
        Chambers(**given)


def test_chambers_are_in_no_network():
    with pytest.raises(ValueError, match=r"must be in no chamber, but `at 1: A\[3\] = 0` is in one"):
        Network(species=["A"], events=[Event(1, "A", "=", 0, 2)])
    with pytest.raises(ValueError, match="`chamber` must be None or a whole number of at least 0, but it is -1"):
        Event(1, "A", "=", 0, -1)
    with pytest.raises(TypeError, match="Argument `network` must be a Network, but it is of type str"):
        Chambers("A -> B", Topology.ring(3), {})


def test_chambers_in_other_notations():
    system = Chambers.parse("chambers 3 ring; A -B-> C; membrane B {0.4}")
    shown = system._repr_html_()
    assert "membrane B {0.4}" in shown
    assert "In each chamber" in shown
    for export in (to_dot, to_text, to_latex, to_mathml):
        with pytest.raises(TypeError, match=r"take its `\.network`, .* or its `\.expanded\(\)`"):
            export(system)
        assert export(system.network)


# -- text that a person wrote ------------------------------------------------------------------------------------------


@settings(max_examples=50)
@given(chambers(), chambers(), st.data())
def test_rewriting_gives_a_text_of_the_new_chambers(system, other, data):
    text = "# mine\n" + str(system)
    assert rewrite(text, system) == text
    count = system.topology.chambers
    changed = system.updated(
        initial={name: data.draw(st.lists(NUMBERS, min_size=count, max_size=count)) for name in system.species},
        parameters={name: data.draw(NUMBERS) for name in system.parameters},
        events=[
            Event(data.draw(NUMBERS), e.species, e.operation, data.draw(NUMBERS), e.chamber) for e in system.events
        ],
    )
    assert Chambers.parse(rewrite(text, changed)) == changed
    less = changed.updated(permeability=dict.fromkeys(system.species[:1], data.draw(NUMBERS)))
    assert Chambers.parse(rewrite(text, less)) == less
    assert Chambers.parse(rewrite(text, other)) == other
    assert Network.parse(rewrite(text, other.network)) == other.network
    assert Chambers.parse(rewrite(str(other.network), system)) == system


def test_rewriting_keeps_what_a_person_wrote():
    text = (
        "chambers 3 ring # three\nA -> B\nmembrane A {0.5}: 1-2 # slow\nmembrane A {p} # fast\np = 1\nA[2] = 0.9 # rich"
    )
    system = Chambers.parse(text)
    changed = system.updated(initial={"A": [0, 0.1, 0.2], "B": 1}, parameters={"p": 2}, permeability={"B": [0, 0.3, 0]})
    assert rewrite(text, changed).splitlines() == [
        "chambers 3 ring # three",
        "A -> B",
        "membrane A {0.5}: 1-2 # slow",
        "membrane A {p} # fast",
        "p = 2",
        "A[2] = 0.1 # rich",
        "B = 1",
        "membrane B {0.3}: 2-3",
        "A[3] = 0.2",
    ]
    simple = Chambers.parse("A -> B # so\nchambers 3 ring # few\nmembrane A {1}")
    larger = simple.updated(topology=Topology.line(4))
    assert rewrite("A -> B # so\nchambers 3 ring # few\nmembrane A {1}", larger) == (
        "A -> B # so\nchambers 4 line # few\nmembrane A {1}"
    )


# -- dynamics ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=repr)
def test_pure_diffusion_is_the_exponential_of_the_laplacian(topology):
    rates = np.linspace(0.2, 1, len(topology.membranes)).tolist()
    start = some(Network(species=["A", "B", "C"]), topology.chambers)
    system = Chambers(Network(species=["A", "B", "C"]), topology, {"A": 0.7, "B": rates}, initial=start)
    found = simulate(system, [0.0, 0.5, 3.0])
    for k, t in enumerate(found.times):
        np.testing.assert_allclose(found["A"][k], expm(-0.7 * t * laplacian(topology)) @ start[:, 0], rtol=1e-7)
        np.testing.assert_allclose(found["B"][k], expm(-t * laplacian(topology, rates)) @ start[:, 1], rtol=1e-7)
        np.testing.assert_array_equal(found["C"][k], start[:, 2])


@settings(max_examples=15, deadline=None)
@given(topologies(most=6), st.sampled_from([OSCILLATOR, ENZYME]), st.data())
def test_what_is_conserved_is_conserved_over_all_chambers(topology, network, data):
    rates = st.floats(0, 2)
    permeability = {
        name: data.draw(st.lists(rates, min_size=len(topology.membranes), max_size=len(topology.membranes)))
        for name in network.species
    }
    system = Chambers(network, topology, permeability, initial=some(network, topology.chambers))
    total = simulate(system, [0.0, 1.0, 10.0]).concentrations.sum(axis=1)
    assert network.conservation_laws
    for law in network.conservation_laws:
        amount = total @ [law.get(name, 0) for name in network.species]
        np.testing.assert_allclose(amount, amount[0], rtol=1e-9)


def test_without_permeability_every_chamber_is_alone():
    start = some(OSCILLATOR, 4)
    system = Chambers(
        OSCILLATOR,
        Topology.ring(4),
        {"A": 0.0},
        initial=start,
        events=[Event(5, "A", "=", 1, 2), Event(6, "B", "+=", 1)],
    )
    found = simulate(system, 20.0)
    for chamber in range(4):
        own = [Event(6, "B", "+=", 1)] + ([Event(5, "A", "=", 1)] if chamber == 2 else [])
        alone = simulate(OSCILLATOR.updated(events=own), 20.0, initial=start[chamber])
        np.testing.assert_allclose(found.chamber(chamber).concentrations, alone.concentrations, rtol=1e-6)


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=repr)
def test_what_passes_easily_is_well_mixed(topology):
    start = some(OSCILLATOR, topology.chambers)
    system = Chambers(OSCILLATOR, topology, dict.fromkeys("ABC", 500.0), initial=start)
    times = np.linspace(0.5, 5, 10)
    mixed = simulate(OSCILLATOR, times, initial=start.mean(axis=0)).concentrations
    found = simulate(system, times).concentrations
    np.testing.assert_allclose(found, np.broadcast_to(mixed[:, None], found.shape), rtol=0.005)


def test_equation_4():
    # [DCRN] eq. 4, written out: what a chamber gains is the sum over its neighbours of D (x_j - x_i)
    topology = Topology.star(4)
    system = Chambers(OSCILLATOR, topology, {"A": 0.3, "B": 0.8}, initial=some(OSCILLATOR, 4))
    x = system.initial
    passing = -laplacian(topology) @ x * [0.3, 0.8, 0.0]
    network = system.expanded()
    assert network.species[:4] == ("A[1]", "B[1]", "C[1]", "A[2]")
    np.testing.assert_allclose(
        network.derivative(x.ravel()).reshape(4, 3), OSCILLATOR.derivative(x) + passing, rtol=1e-12, atol=1e-15
    )


def test_two_chambers_in_a_ring_have_one_membrane():
    system = Chambers(Network(species=["A"]), Topology.ring(2), {"A": 0.5}, initial=[[1], [0]])
    assert [str(r) for r in system.expanded().reactions] == ['"A[1]" -> "A[2]" {0.5}', '"A[2]" -> "A[1]" {0.5}']
    np.testing.assert_allclose(simulate(system, [2.0])["A"], [[0.5 + 0.5 * np.exp(-2), 0.5 - 0.5 * np.exp(-2)]])


def test_one_network_in_place_of_many_chambers():
    system = Chambers.parse(
        "chambers 3 line; A -k,B-> B; k = 2; membrane B {p}; membrane B {0}: 1-2; p = 0.5; A[2] = 1; at 1: A = 3; "
        "at 2: A[3] = 4"
    )
    network = system.expanded()
    assert network.parameters == {"k": 2, "p": 0.5}
    assert [str(r) for r in network.reactions[3:]] == ['"B[2]" -> "B[3]" {p}', '"B[3]" -> "B[2]" {p}']
    assert network.initial["A[2]"] == 1
    assert [(e.time, e.species) for e in network.events] == [(1, "A[1]"), (1, "A[2]"), (1, "A[3]"), (2, "A[3]")]
    assert Network.parse(str(network)) == network


def test_a_thousand_chambers():
    generator = np.random.default_rng(0)
    edges = {tuple(edge) for edge in generator.integers(5, size=(40, 3)) if edge[0] != edge[2]}
    network = Network.parse("\n".join(f"X{a} -0.{1 + c},X{c}-> X{b}" for a, c, b in sorted(edges)[:12]))
    system = Chambers(
        network, Topology.ring(1000), dict.fromkeys(network.species[:3], 0.5), initial=some(network, 1000)
    )
    start = time.perf_counter()
    found = simulate(system, np.linspace(0, 30, 31))
    assert time.perf_counter() - start < 60  # seconds; a few of them where nothing else runs
    total = found.concentrations.sum(axis=(1, 2))
    np.testing.assert_allclose(total, total[0], rtol=1e-9)


def test_large_systems_do_without_the_implicit_method(monkeypatch):
    monkeypatch.setattr(simulation, "BUDGET", 50)
    monkeypatch.setattr(simulation, "LARGEST_IMPLICIT", 8)
    used = set()
    run = simulation._Integrator.run

    def watched(self, *arguments):
        result = run(self, *arguments)
        used.add(self.method)
        return result

    monkeypatch.setattr(simulation._Integrator, "run", watched)
    simulate(OSCILLATOR, 30.0)
    assert used == {"explicit"}


def test_initial_concentrations_of_a_simulation():
    system = Chambers(OSCILLATOR, Topology.line(2), {"A": 0.1})
    assert simulate(system, [0.0], initial={"A": [1, 2], "B": 3}).concentrations.tolist() == [
        [[1, 3, 0.1], [2, 3, 0.1]]
    ]
    assert simulate(system, [0.0], initial=[[1, 2, 3], [4, 5, 6]]).chamber(1)["B"].tolist() == [5]
    with pytest.raises(ValueError, match="Argument `initial` must name species"):
        simulate(system, 1.0, initial={"A[1]": 1})


def test_failure_in_one_chamber():
    system = Chambers.parse("chambers 2 ring; 2X -> 3X; X[2] = 1")
    with pytest.raises(SimulationError, match=r"X\[2\] grows without bound") as caught:
        simulate(system, 2.0)
    error = pickle.loads(pickle.dumps(caught.value))
    assert error.species == "X[2]"
    assert isinstance(error.trajectory, ChambersTrajectory)
    assert error.trajectory.concentrations.shape[1:] == (2, 1)


# -- trajectories ------------------------------------------------------------------------------------------------------


@pytest.fixture
def trajectory():
    return ChambersTrajectory(["A", "B"], [0, 1, 2], np.arange(12).reshape(3, 2, 2))


def test_lookup(trajectory):
    assert trajectory["B"].tolist() == [[1, 3], [5, 7], [9, 11]]
    assert trajectory.chamber(1)["A"].tolist() == [2, 6, 10]
    assert len(trajectory) == 3
    assert repr(trajectory) == "<ChambersTrajectory: 3 times from 0 to 2, 2 chambers, 2 species: A, B>"
    with pytest.raises(KeyError, match="no species 'Q'"):
        trajectory["Q"]
    with pytest.raises(IndexError, match="no chamber 2; there are chambers 0 to 1"):
        trajectory.chamber(2)
    with pytest.raises(ValueError, match="read-only"):
        trajectory["A"][0] = 1
    with pytest.raises(ValueError, match=r"must have the shape \(1, C, 2\)"):
        ChambersTrajectory(["A", "B"], [0], [[1, 2]])


def test_pictures_and_tables(trajectory):
    figure = trajectory.plot("A")
    assert [line.labels for line in figure.marks] == [["A[1]"], ["A[2]"]]
    assert figure.marks[1].y.tolist() == [2, 6, 10]
    frame = trajectory.to_dataframe()
    assert frame.index.name == "time"
    assert frame[1, "B"].tolist() == [3, 7, 11]
    assert frame[0].columns.tolist() == ["A", "B"]
