"""The dynamics in matrix form: against the reactions' own, and how they settle from any start."""

import jax
import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.dynamics.solver import double_precision
from crnwidgets.neural import FeedForward, PolynomialDecay, ReLU, SmoothReLU, digits, settle, simulate
from crnwidgets.neural.dynamics import integrate

NN = FeedForward.random((4, 3, 2), activation=PolynomialDecay(3, 0.5), seed=1)
D = np.array([0.3, 0.0, 1.0, 2.0])
IMAGES = digits()[0][:60]
DIGITS = FeedForward.random((64, 40, 10), seed=1234)


def outputs(nn, images):
    with double_precision():
        return np.asarray(nn(images))


@pytest.mark.parametrize("activation", [SmoothReLU(1.0), PolynomialDecay(3, 0.5), ReLU()], ids=repr)
def test_trajectories_are_those_of_the_reactions(activation):
    nn = FeedForward(NN.weights, NN.biases, activation=activation)
    start = np.array([3.0, 0.1, 20.0, 0.0, 1.0])
    mine = simulate(nn, D, 5.0, initial=start)
    assert mine.species == ("X1_1", "X1_2", "X1_3", "X2_1", "X2_2") and len(mine) == 501
    network = nn.to_network(D)
    theirs = crn.simulate(network, 5.0, initial=dict(zip(mine.species, start, strict=True)))
    for name in mine.species:
        np.testing.assert_allclose(mine[name], theirs[name], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("initial", [None, 0.0, 1e6, np.random.default_rng(0).uniform(0, 1e3, 50)])
@pytest.mark.parametrize("activation", [SmoothReLU(1.0), PolynomialDecay(3, 1.0)], ids=repr)
def test_every_start_settles_on_the_activations(activation, initial):
    nn = FeedForward(DIGITS.weights, DIGITS.biases, activation=activation)
    np.testing.assert_allclose(settle(nn, IMAGES, initial=initial), outputs(nn, IMAGES), rtol=1e-9)


def test_every_image_has_steps_of_its_own():
    starts = np.random.default_rng(1).uniform(0, 1e4, (60, 50))
    together = settle(DIGITS, IMAGES, 0.03, starts)
    alone = [settle(DIGITS, image, 0.03, start) for image, start in zip(IMAGES[:3], starts, strict=False)]
    np.testing.assert_allclose(together[:3], alone, rtol=1e-10)
    np.testing.assert_allclose(
        alone[0], simulate(DIGITS, IMAGES[0], 0.03, starts[0]).concentrations[-1, -10:], rtol=1e-7
    )


def test_shapes():
    assert settle(DIGITS, IMAGES[0]).shape == (10,)
    grid = IMAGES.reshape(3, 20, 64)
    assert settle(DIGITS, grid, 0.5).shape == (3, 20, 10)
    np.testing.assert_array_equal(settle(DIGITS, grid, 0.5).reshape(60, 10), settle(DIGITS, IMAGES, 0.5))
    assert settle(DIGITS, IMAGES[:0]).shape == (0, 10)


def test_times_may_be_given():
    few, many = simulate(NN, D, [0.0, 0.7, 3.0]), simulate(NN, D, np.linspace(0, 3, 31))
    assert few.times.tolist() == [0.0, 0.7, 3.0] and (few.concentrations[0] == 1).all()
    np.testing.assert_allclose(few.concentrations, many.concentrations[[0, 7, 30]], rtol=1e-6)


def test_nothing_compiles_again_for_other_weights():
    count = integrate._cache_size
    settle(DIGITS, IMAGES)
    before = count()
    settle(FeedForward.random((64, 40, 10), seed=1), IMAGES, 3.0, 1e3)
    assert count() == before


def test_trained_weights_of_any_kind_are_taken():
    single = jax.tree.map(lambda leaf: jax.numpy.asarray(leaf, "float32"), DIGITS)
    found = settle(single, IMAGES)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, outputs(DIGITS, IMAGES), rtol=1e-4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: settle(NN, [1, 2]), r"`images` must have the shape \(…, 4\), but it has \(2,\)"),
        (lambda: settle(NN, -D), "`images` must be finite and not negative"),
        (lambda: settle(NN, D, [1, 2]), r"`t` must be a number, but it is \[1, 2\]"),
        (lambda: settle(NN, D, 0), "`t` must be a positive, finite end time"),
        (lambda: settle(NN, D, initial=[1, 2]), r"`initial` must be a number or have the shape \(5,\)"),
        (lambda: settle(NN, D, initial=-1), "`initial` must be finite and not negative"),
        (lambda: settle(jax.tree.map(lambda leaf: leaf * np.nan, NN), D), "`weights` must be finite"),
        (lambda: simulate(NN, [D, D], 1), r"`d` must have the shape \(4,\), but it has \(2, 4\)"),
        (
            lambda: settle(FeedForward(NN.weights, NN.biases, activation=PolynomialDecay(60)), D, initial=1e6),
            r"`initial` must leave x\^60 a number",
        ),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
