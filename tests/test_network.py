"""Networks: identity, structure against published answers, enzymes, unions, the reaction tensor."""

import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crnwidgets import Event, Network, Reaction
from crnwidgets.network import default_names
from tests.strategies import networks

# name, rules, complexes, linkage classes, rank, deficiency, weakly reversible, conservation laws; the source.
PUBLISHED = [
    # [NNRN] example 2.2: four complexes, two reactions
    ("epidemic", "X1 + X2 -> 2X2; X2 -> X1", 4, 2, 1, 1, False, [{"X1": 1, "X2": 1}]),
    # [NNRN] example 2.3
    ("example 2.3", "0 -> X1 + X2; X1 <-> X3 <- X1 + X3", 5, 2, 3, 0, False, []),
    # Michaelis and Menten 1913: the enzyme and the substrate are conserved
    ("enzyme", "E + S <-> ES -> E + P", 3, 1, 2, 0, False, [{"E": 1, "ES": 1}, {"S": 1, "ES": 1, "P": 1}]),
    # Edelstein's network, Feinberg's standard example of deficiency one
    ("Edelstein", "A <-> 2A; A + B <-> C <-> B", 5, 2, 2, 1, True, [{"B": 1, "C": 1}]),
    # Horn and Jackson 1972, section 7: deficiency two
    ("Horn-Jackson", "3A -> A + 2B -> 3B -> 2A + B -> 3A", 4, 1, 1, 2, True, [{"A": 1, "B": 1}]),
    # Schlögl 1972, with the two reservoirs in the rates
    ("Schloegl", "2X <-> 3X; X <-> 0", 4, 2, 1, 1, True, []),
    # Prigogine and Lefever 1968
    ("Brusselator", "0 -> X -> 0; 2X + Y -> 3X; X -> Y", 5, 2, 2, 1, False, []),
    # Lotka 1920
    ("Lotka-Volterra", "X -> 2X; X + Y -> 2Y; Y -> 0", 6, 3, 2, 1, False, []),
    # Shinar and Feinberg 2010, EnvZ-OmpR: deficiency one, robust
    (
        "EnvZ-OmpR",
        "XD <-> X <-> XT -> Xp; Xp + Y <-> XpY -> X + Yp; XT + Yp <-> XTYp -> XT + Y",
        10,
        3,
        6,
        1,
        False,
        [
            {"XD": 1, "X": 1, "XT": 1, "Xp": 1, "XpY": 1, "XTYp": 1},
            {"Y": 1, "XpY": 1, "Yp": 1, "XTYp": 1},
        ],
    ),
    # the futile cycle: one substrate, two enzymes
    (
        "futile cycle",
        "S + E <-> C -> P + E; P + F <-> D -> S + F",
        6,
        2,
        3,
        1,
        False,
        [{"E": 1, "C": 1}, {"F": 1, "D": 1}, {"S": 1, "C": 1, "P": 1, "D": 1}],
    ),
    # [DCRN] Fig. 1
    ("three-phase", "A -B-> B; B -C-> C; C -A-> A", 6, 3, 2, 1, False, [{"A": 1, "B": 1, "C": 1}]),
]


@pytest.mark.parametrize(
    ("rules", "complexes", "classes", "rank", "deficiency", "reversible", "laws"),
    [case[1:] for case in PUBLISHED],
    ids=[case[0] for case in PUBLISHED],
)
def test_structure_has_the_published_answers(rules, complexes, classes, rank, deficiency, reversible, laws):
    net = Network.parse(rules)
    assert len(net.complexes) == complexes
    assert len(net.linkage_classes) == classes
    assert net.rank == rank == np.linalg.matrix_rank(net.stoichiometry)
    assert net.deficiency == deficiency
    assert net.weakly_reversible is reversible
    found = {frozenset(law.items()) for law in net.conservation_laws}
    assert found == {frozenset(law.items()) for law in laws}


def test_stoichiometry_of_an_example():
    net = Network.parse("0 -> X1 + X2; X1 <-> X3 <- X1 + X3")
    np.testing.assert_array_equal(net.reactant_stoichiometry, [[0, 1, 0, 1], [0, 0, 0, 0], [0, 0, 1, 1]])
    np.testing.assert_array_equal(net.product_stoichiometry, [[1, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 1]])
    np.testing.assert_array_equal(net.stoichiometry, [[1, -1, 1, -1], [1, 0, 0, 0], [0, 1, -1, 0]])
    with pytest.raises(ValueError, match="read-only"):
        net.stoichiometry[0, 0] = 5


@given(networks())
def test_conservation_laws_are_a_basis_of_the_left_kernel(net):
    laws = np.array([[law.get(n, 0) for n in net.species] for law in net.conservation_laws])
    laws = laws.reshape(-1, len(net.species))
    assert not (laws @ net.stoichiometry).any()
    assert np.linalg.matrix_rank(laws) == len(laws) == len(net.species) - np.linalg.matrix_rank(net.stoichiometry)
    assert all(np.gcd.reduce(law) == 1 for law in laws)
    assert net.deficiency >= 0


@given(networks())
def test_weak_reversibility_is_that_of_the_graph(net):
    both_ways = [*net.reactions]
    edges = {r.edge for r in net.reactions}
    both_ways += [back for r in net.reactions if (back := Reaction(r.products, r.reactants)).edge not in edges]
    assert Network(both_ways, species=net.species).weakly_reversible
    assert sum(map(len, net.linkage_classes)) == len(net.complexes)


@given(networks())
def test_networks_are_values(net):
    twin = pickle.loads(pickle.dumps(net))
    assert twin == net
    assert hash(twin) == hash(net)
    assert net.updated() == net
    assert net.updated(initial={net.species[0]: 123.0}) != net
    for attribute in ("species", "reactions", "initial", "events"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(net, attribute, None)
    with pytest.raises(TypeError):
        net.initial["A"] = 1.0
    with pytest.raises(TypeError):
        net.reactions[0].reactants["A"] = 1


@given(networks(), networks())
def test_unions_contain_both(left, right):
    try:
        union = left | right
    except ValueError as error:
        assert "must" in str(error)
        return
    assert left.is_subnetwork_of(union)
    assert right.is_subnetwork_of(union)
    assert {r.edge for r in union.reactions} == {r.edge for r in (*left.reactions, *right.reactions)}
    assert union | left == union
    assert (left | left) == left


def test_unions_refuse_contradictions():
    with pytest.raises(ValueError, match=r"agree on reactions they share, but one has `A -> B`, one `A -> B \{2\}`"):
        Network.parse("A -> B") | Network.parse("A -> B {2}")
    with pytest.raises(ValueError, match="A starts at 1 in one and at 2 in the other"):
        Network.parse("A -> B; A = 1") | Network.parse("A -> C; A = 2")
    with pytest.raises(ValueError, match="'k' is 1 and 2"):
        Network.parse("A -> B {k}; k = 1") | Network.parse("A -> C {k}; k = 2")


def test_subnetworks_ignore_rates():
    whole = Network.parse("A -> B; B -> C {2}")
    assert Network.parse("B -> C {5}").is_subnetwork_of(whole)
    assert not whole.is_subnetwork_of(Network.parse("B -> C"))


def test_enzymes_of_the_papers_example():
    net = Network.parse("X + Y + E -> 2Y + E {k1}\nY + F -> X + F {k2}\nk1 = 2; k2 = 3; E = 0.5; F = 4; X = 1")
    assert net.enzymatic == ("E", "F")
    assert net.dynamic == ("X", "Y")
    assert net.absorb_enzymes() == Network.parse("X + Y -> 2Y\nY -> X {12}\nX = 1")
    # a third reaction makes F dynamic ([NNRN] section 5.1)
    assert (net | Network.parse("Z + F -> Z {0.1}")).enzymatic == ("E", "Z")


@given(networks())
def test_absorbing_enzymes_keeps_the_dynamics(net):
    net = net.updated(events=())
    assume(net.dynamic and len(net.species) > len(net.enzymatic))
    reduced = net.absorb_enzymes()
    assert not reduced.reactions or not set(reduced.species) & set(net.enzymatic)
    x = np.array([net.initial[n] if n in net.enzymatic else 0.5 + i for i, n in enumerate(net.species)])
    where = [net.species.index(n) for n in reduced.species]
    scale = np.abs(net.derivative(x)).max() + 1
    np.testing.assert_allclose(reduced.derivative(x[where]), net.derivative(x)[where], rtol=1e-9, atol=1e-9 * scale)


def test_enzymes_with_interventions_are_not_absorbed():
    with pytest.raises(ValueError, match="`at 3: E = 1` is one"):
        Network.parse("A + E -> B + E; at 3: E = 1").absorb_enzymes()


def reaction_tensors():
    def tensor(parts):
        size, seed, zeros = parts
        rng = np.random.default_rng(seed)
        P = rng.dirichlet(np.full(size, 0.3), (size, size)) * (rng.random((size, size, 1)) > zeros)
        P[..., 0] += np.where(P.sum(-1) == 0, 1, 0)
        return P - np.eye(size)

    return st.tuples(st.integers(2, 6), st.integers(0, 1000), st.floats(0, 1)).map(tensor)


@given(reaction_tensors(), st.sampled_from([0.0, 1e-3, 0.1]))
def test_tensor_form_both_ways(T, min_rate):
    net = Network.from_tensor(T, min_rate=min_rate)
    off = ~np.eye(len(T), dtype=bool) & (min_rate <= T) & (T > 0)
    again = net.to_tensor()
    np.testing.assert_allclose(np.where(off, T, 0), again * ~np.eye(len(T), dtype=bool), atol=1e-15)
    np.testing.assert_allclose(again.sum(-1), 0, atol=1e-12)
    assert len(net.reactions) == off.sum()
    x = np.linspace(0.1, 1, len(T))
    np.testing.assert_allclose(net.derivative(x), np.einsum("c,a,cab->b", x, x, again), atol=1e-12)
    assert Network.parse(str(net)) == net


def test_the_papers_tensor():
    T = Network.parse("A -2,B-> B; B -3,C-> C; C -5,A-> A").to_tensor()
    expected = np.zeros((3, 3, 3))
    expected[1, 0] = [-2, 2, 0]
    expected[2, 1] = [0, -3, 3]
    expected[0, 2] = [5, 0, -5]
    np.testing.assert_array_equal(T, expected)


@pytest.mark.parametrize(
    ("entry", "value", "message"),
    [
        (
            (0, 1, 2),
            -0.5,
            r"not be negative off the diagonal, but T\[0, 1, 2\] \(catalyst A, input B, output C\) is -0.5",
        ),
        ((0, 1, 1), 0.5, r"not be positive on the diagonal, but T\[0, 1, 1\]"),
        ((2, 1, 0), 0.5, r"rows that sum to zero, but T\[2, 1\] \(catalyst C, input B\) sums to 0.5"),
        ((2, 2, 2), np.nan, r"finite, but T\[2, 2, 2\]"),
    ],
)
def test_a_broken_constraint_is_named(entry, value, message):
    T = np.zeros((3, 3, 3))
    T[entry] = value
    with pytest.raises(ValueError, match=message):
        Network.from_tensor(T)


def test_only_catalysed_conversions_have_a_tensor():
    with pytest.raises(ValueError, match="`A -> B` has not"):
        Network.parse("A -B-> B; A -> B").to_tensor()
    with pytest.raises(ValueError, match=r"shape \(N, N, N\), but it has \(3, 3\)"):
        Network.from_tensor(np.zeros((3, 3)))
    with pytest.raises(ValueError, match="must have 2 names"):
        Network.from_tensor(np.zeros((2, 2, 2)), ["A"])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Reaction({"A": 1}, {"A": 1}), "Argument `products` must differ"),
        (lambda: Reaction({"A": -1}, {}), "whole, non-negative counts, but 'A' has -1"),
        (lambda: Reaction({"A": 0.5}, {}), "whole, non-negative counts, but 'A' has 0.5"),
        (lambda: Reaction({" A": 1}, {}), "spaces around it"),
        (lambda: Reaction({"A\n": 1}, {}), "spaces around it|cannot be printed"),
        (lambda: Reaction({"A": 1}, {}, -1), "Argument `rate` must be finite and not negative, but it is -1"),
        (lambda: Reaction({"A": 1}, {}, "x"), "must be a number"),
        (lambda: Event(-1, "A", "=", 0), "Argument `time` must be finite"),
        (lambda: Event(1, "A", "*=", 0), "Argument `operation` must be"),
        (lambda: Network(), "at least one species"),
        (lambda: Network(species=["A", "A"]), "'A' is there twice"),
        (lambda: Network([Reaction({"A": 1}, {"B": 1})], species=["A"]), "'B' is missing"),
        (lambda: Network([Reaction({"A": 1}, {})] * 2), "each reaction once"),
        (lambda: Network([Reaction({"A": 1}, {}, 1, "A")]), "'A' is both"),
        (lambda: Network(species=["A"], initial={"B": 1}), "'B' is not one of them"),
        (lambda: Network(species=["A"], initial={"A": np.inf}), "initial concentration of A is inf"),
        (lambda: Network(species=["A"], events=[Event(1, "B", "=", 0)]), "Argument `events` must name species"),
        (lambda: Network(species=["A"]).updated(parameters={"k": 1}), "'k' is not one of"),
    ],
)
def test_bad_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_names_for_unnamed_species():
    assert default_names(28) == (*"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "A1", "B1")


def test_repr_says_what_is_inside():
    assert repr(Network.parse("A -> B; at 3: A = 1")) == "<Network: 2 species, 1 reaction, 1 event>"
