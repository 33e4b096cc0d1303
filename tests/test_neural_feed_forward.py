"""Feed-forward networks: their outputs, costs and gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from crnwidgets.dynamics.solver import double_precision
from crnwidgets.neural import (
    FeedForward,
    PolynomialDecay,
    ReLU,
    SmoothReLU,
    cross_entropy,
    gradient,
    one_norm,
    quadratic,
)

XOR = FeedForward([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]], activation=ReLU())


def test_a_network_computes_its_function():
    np.testing.assert_array_equal(XOR([[0, 0], [0, 1], [1, 0], [1, 1]]), [[0], [1], [1], [0]])
    assert XOR([0, 1]).shape == (1,) and XOR(np.zeros((2, 3, 2))).shape == (2, 3, 1)
    hidden, output = XOR.activations([1, 1])
    assert (hidden == jnp.array([2, 1])).all() and output == 0
    assert repr(XOR) == "<FeedForward: 2-2-1, ReLU()>" and XOR.sizes == (2, 2, 1)


def test_random_networks_are_scaled_gaussians():
    nn = FeedForward.random((400, 300, 100), seed=1234)
    assert nn.activation == SmoothReLU(1.0)
    assert [w.shape for w in nn.weights] == [(300, 400), (100, 300)] and [len(b) for b in nn.biases] == [300, 100]
    for w in nn.weights:
        assert np.std(w) * np.sqrt(w.shape[1]) == pytest.approx(1, abs=0.02)
    assert np.std(nn.biases[0]) == pytest.approx(1, abs=0.1)
    again, other = (FeedForward.random((400, 300, 100), seed=seed) for seed in (1234, 5))
    assert (again.weights[1] == nn.weights[1]).all() and (other.weights[1] != nn.weights[1]).any()


def test_it_is_a_pytree_of_weights_and_biases():
    nn = FeedForward.random((3, 2, 1), activation=PolynomialDecay(3))
    doubled = jax.tree.map(lambda leaf: 2 * leaf, nn)
    assert doubled.activation == nn.activation and (doubled.weights[0] == 2 * nn.weights[0]).all()
    assert len(jax.tree.leaves(nn)) == 4
    assert jax.jit(lambda net: net(jnp.ones(3)))(nn).shape == (1,)


def test_costs():
    outputs, targets = jnp.array([[0.5, 0.25], [0.1, 0.9]]), jnp.array([[1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(quadratic(outputs, targets), [(0.25 + 0.0625) / 2, 0.01], rtol=1e-6)
    np.testing.assert_allclose(one_norm(outputs, targets), [0.75, 0.2], rtol=1e-6)
    np.testing.assert_allclose(cross_entropy(outputs, targets), [-np.log(0.5 * 0.75), -2 * np.log(0.9)], rtol=1e-6)
    assert np.isnan(cross_entropy(jnp.array([2.0]), jnp.array([1.0])))


@pytest.mark.parametrize("cost", [quadratic, one_norm, cross_entropy])
@pytest.mark.parametrize("activation", [SmoothReLU(0.5), PolynomialDecay(3, 1.0), ReLU()], ids=repr)
def test_equation_10_is_the_gradient(activation, cost):
    with double_precision():
        nn = FeedForward.random((6, 5, 4, 3), activation=activation, seed=3)
        if cost is cross_entropy:
            # Its outputs have to lie between 0 and 1.
            nn = FeedForward(
                nn.weights, [*nn.biases[:-1], np.full(3, -8.0 if activation.h else 0.0)], activation=activation
            )
            nn.weights[-1][:] = np.abs(nn.weights[-1]) * 0.02
        draw = np.random.default_rng(0)
        d, targets = draw.uniform(size=(7, 6)), draw.uniform(size=(7, 3))
        expected = jax.grad(lambda net: jnp.mean(cost(net(d), targets)))(nn)
        found = gradient(nn, d, targets, nn.activations(d), cost)
        for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
            assert np.isfinite(b).all()
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-14)


def test_the_quadratic_cost_is_the_default():
    nn = FeedForward.random((2, 3, 1))
    d, targets = np.ones((1, 2)), np.zeros((1, 1))
    found = gradient(nn, d, targets, nn.activations(d))
    expected = jax.grad(lambda net: jnp.mean(quadratic(net(d), targets)))(nn)
    np.testing.assert_allclose(found.biases[0], expected.biases[0], rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: FeedForward([], []), ValueError, "`weights` must have a matrix"),
        (lambda: FeedForward([[[1.0]]], [[1.0, 2.0]]), ValueError, r"`biases` must have a value for each node, \[1\]"),
        (lambda: FeedForward([[[1.0]], [[1.0, 1]]], [[1.0], [1.0]]), ValueError, "`weights` must have a column"),
        (lambda: FeedForward([[1.0]], [[1.0]]), ValueError, r"`weights` must have 2 axes"),
        (lambda: FeedForward([[[np.nan]]], [[1.0]]), ValueError, "`weights` must be finite"),
        (lambda: FeedForward([[[1.0]]], [[1.0]], activation=max), TypeError, "`activation` must be a PolynomialDecay"),
        (lambda: FeedForward(np.zeros((1, 1, 0)), [[1.0]]), ValueError, "`weights` must have nodes in every layer"),
        (lambda: FeedForward.random((3,)), ValueError, "`sizes` must be two or more positive numbers"),
        (lambda: FeedForward.random((3, 0)), ValueError, "`sizes` must be two or more positive numbers"),
        (lambda: FeedForward.random((3, 1.5)), TypeError, "`sizes` must be whole numbers"),
        (lambda: XOR([1, 2, 3]), ValueError, r"`d` must have the shape \(…, 2\), but it has \(3,\)"),
    ],
)
def test_wrong_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()
