"""Compilation: the reactions of Table 1, unions of elementary networks, and the equations they obey."""

import gc
from functools import reduce
from operator import or_

import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.neural import FeedForward, PolynomialDecay, ReLU, SmoothReLU, compile

NN = FeedForward.random((4, 3, 2), activation=PolynomialDecay(3, 0.5), seed=1)
D = np.array([0.3, 0.0, 1.0, 2.0])
MODES = [{"enzymes": e, "both_signs": b} for e in (True, False) for b in (True, False)]


def equations(nn, d, x):
    """The right side of equations (11) and (12), of inputs and nodes in their order."""
    parts = np.split(x, np.cumsum(nn.sizes)[:-1])
    q, h = nn.activation.q, nn.activation.h
    change = [np.zeros(len(d))]
    for w, b, before, own in zip(nn.weights, nn.biases, parts, parts[1:], strict=False):
        change.append(h + (w @ before + b) * own - (q - 1) * own**q)
    return np.concatenate(change)


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize(
    "activation", [SmoothReLU(1.0), PolynomialDecay(3, 0.5), PolynomialDecay(5, 2), ReLU()], ids=repr
)
def test_the_network_obeys_the_papers_equations(activation, mode):
    nn = FeedForward(NN.weights, NN.biases, activation=activation)
    network = nn.to_network(D, **mode)
    nodes = sum(nn.sizes)
    assert network.species[:nodes] == tuple(
        f"X{layer}_{i + 1}" for layer, size in enumerate(nn.sizes) for i in range(size)
    )
    x = np.array(list(network.initial.values()))
    for seed in range(5):
        x[4:nodes] = np.random.default_rng(seed).uniform(0, 3, nodes - 4)
        change = network.derivative(x)
        np.testing.assert_allclose(change[:nodes], equations(nn, D, x[:nodes]), rtol=1e-12, atol=1e-12)
        assert not change[nodes:].any()


def test_table_1():
    nn = FeedForward([[[-0.5]]], [[2.0]], activation=PolynomialDecay(3, 0.25))
    network = nn.to_network([0.75])
    rules = """
        species X0_1, X1_1, H, Bp1_1, Bm1_1, Wp1_1_1, Wm1_1_1
        H -> H + X1_1
        X1_1 + Bp1_1 -> 2X1_1 + Bp1_1
        X1_1 + Bm1_1 -> Bm1_1
        3X1_1 -> X1_1
        X0_1 + X1_1 + Wp1_1_1 -> X0_1 + 2X1_1 + Wp1_1_1
        X0_1 + X1_1 + Wm1_1_1 -> X0_1 + Wm1_1_1
        X0_1 = 0.75; X1_1 = 1; H = 0.25; Bp1_1 = 2; Wm1_1_1 = 0.5
    """
    expected = crn.Network.parse(rules)
    assert network == expected and crn.Network.parse(str(network)) == network
    assert network.dynamic == ("X1_1",)
    rules = """
        species X0_1, X1_1
        0 -> X1_1 {0.25}
        X1_1 -> 2X1_1 {2}
        3X1_1 -> X1_1
        X0_1 + X1_1 -> X0_1 {0.5}
        X0_1 = 0.75; X1_1 = 1
    """
    assert nn.to_network([0.75], enzymes=False, both_signs=False) == crn.Network.parse(rules)


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_a_node_is_the_union_of_its_edges_and_the_network_that_of_its_nodes(mode):
    def same(a, b):
        return set(a.reactions) == set(b.reactions) and a.initial == b.initial

    edges = [compile.edge(NN, D, 1, 2, j, **mode) for j in (1, 2, 3, 4)]
    node = compile.node(NN, D, 1, 2, **mode)
    assert same(node, reduce(or_, edges)) and all(edge.is_subnetwork_of(node) for edge in edges)
    assert node.dynamic == ("X1_2",)
    nodes = [compile.node(NN, D, layer, i, **mode) for layer, size in ((1, 3), (2, 2)) for i in range(1, size + 1)]
    whole = NN.to_network(D, **mode)
    assert same(whole, reduce(or_, nodes)) and all(part.is_subnetwork_of(whole) for part in nodes)
    # What is an enzyme of a part can be dynamic in the whole.
    assert "X1_1" in nodes[-1].enzymatic and "X1_1" in whole.dynamic


def test_how_many_species_and_reactions():
    both, edges, nodes = NN.to_network(D), 4 * 3 + 3 * 2, 5
    assert len(both.reactions) == 2 * edges + 2 * nodes + nodes + nodes
    assert len(both.species) == 4 + nodes + 2 * edges + 2 * nodes + 1
    assert len(NN.to_network(D, both_signs=False).reactions) == edges + 3 * nodes
    assert NN.to_network(D).dynamic == NN.to_network(D).absorb_enzymes().species
    zero = FeedForward(np.zeros((1, 1, 1)), np.zeros((1, 1)), activation=ReLU())
    assert [str(r) for r in zero.to_network([1], both_signs=False).reactions] == ["2X1_1 -> X1_1"]


def test_the_compiled_network_settles_on_the_activations():
    network = NN.to_network(D)
    end = crn.simulate(network, [40.0])
    for layer, values in enumerate(NN.activations(D), start=1):
        for i, value in enumerate(values, start=1):
            assert end[f"X{layer}_{i}"][0] == pytest.approx(float(value), rel=1e-6)


def test_mnist_sized_networks_compile():
    nn = FeedForward.random((784, 40, 10), seed=1234)
    d = np.linspace(0, 1, 784)
    network = nn.to_network(d)
    assert len(network.reactions) == 63_720 and len(network.dynamic) == 50
    assert gc.isenabled()
    small = network.absorb_enzymes()
    x = np.random.default_rng(0).uniform(0, 3, 50)
    expected = equations(nn, d, np.concatenate([d, x]))[784:]
    np.testing.assert_allclose(small.derivative(x), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NN.to_network([1, 2]), r"`d` must have the shape \(4,\), but it has \(2,\)"),
        (lambda: NN.to_network([1, 2, -3, 4]), r"`d` must be finite and not negative, but d\[2\] is -3"),
        (lambda: NN.to_network(["a"]), "`d` must hold numbers"),
        (lambda: compile.edge(NN, D, 3, 1, 1), "`layer` must be from 1 to 2, but it is 3"),
        (lambda: compile.edge(NN, D, 1, 4, 1), "`i` must be from 1 to 3, but it is 4"),
        (lambda: compile.edge(NN, D, 1, 1, 0), "`j` must be from 1 to 4, but it is 0"),
        (lambda: compile.node(NN, D, 2, 3), "`i` must be from 1 to 2, but it is 3"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
