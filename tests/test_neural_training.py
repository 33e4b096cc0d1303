"""Training: stochastic gradient descent by the formula and through the chemistry."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from crnwidgets.dynamics.solver import double_precision
from crnwidgets.neural import FeedForward, PolynomialDecay, SmoothReLU, digits, fit, gradient, quadratic, train
from crnwidgets.neural.dynamics import drive, integrate

IMAGES, LABELS = digits()


def small(activation=SmoothReLU(1.0)):  # noqa: B008
    return FeedForward.random((64, 12, 10), activation=activation, seed=1)


def test_an_iteration_is_the_papers():
    nn, rate = small(), 0.1
    (report,) = train(nn, IMAGES, LABELS, iterations=1, batch=len(IMAGES), rate=rate)
    targets = np.where(LABELS[:, None] == np.arange(10), 10.0, 1.0)
    cost = lambda net: jnp.mean(quadratic(net(IMAGES), targets))  # noqa: E731
    expected = jax.tree.map(lambda p, g: p - rate * g, nn, jax.grad(cost)(nn))
    for a, b in zip(jax.tree.leaves(report.network), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    assert report.cost == pytest.approx([float(cost(nn))], rel=1e-5)
    assert report.correct.tolist() == [int((np.argmax(nn(IMAGES), axis=1) == LABELS).sum())]


def test_gradients_through_the_chemistry_are_those_of_the_formula():
    nn = small(PolynomialDecay(3, 1.0))
    with double_precision():
        d, targets = IMAGES[:50], np.where(LABELS[:50, None] == np.arange(10), 10.0, 1.0)
        direct = jax.grad(lambda net: jnp.mean(quadratic(net(d), targets)))(nn)
        settled = integrate(nn, drive(nn, d), jnp.array([20.0]), (jnp.ones((50, 12)), jnp.ones((50, 10))))
        found = gradient(nn, d, targets, [x[0] for x in settled])
        for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(direct), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-9)


def test_training_through_the_chemistry_is_training_the_network():
    settings = {"iterations": 30, "batch": 40, "seed": 3, "progress": False}
    direct = fit(small(), IMAGES, LABELS, **settings)
    through = fit(small(), IMAGES, LABELS, chemistry=True, **settings)
    for a, b, start in zip(*map(jax.tree.leaves, (direct, through, small())), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
        assert np.abs(np.asarray(a) - start).max() > 0.01
    assert through.weights[0].dtype == np.float64


def test_digits_are_learnt():
    nn = fit(FeedForward.random((64, 40, 10), seed=1), IMAGES, LABELS, iterations=400, progress=False)
    assert (np.argmax(nn(IMAGES), axis=1) == LABELS).mean() > 0.95


def test_reports_and_seeds():
    nn, settings = small(), {"iterations": 30, "batch": 20}
    first, last = train(nn, IMAGES, LABELS, **settings)
    assert (first.iteration, last.iteration) == (25, 30) and last.batch == 20
    assert first.cost.shape == first.correct.shape == (25,) and last.cost.shape == (5,)
    same, other = (list(train(nn, IMAGES, LABELS, seed=seed, **settings))[-1] for seed in (0, 1))
    assert (same.cost == last.cost).all() and (other.cost != last.cost).any()
    assert (nn.weights[0] == small().weights[0]).all()  # the network given is left as it was
    assert list(train(nn, IMAGES, LABELS, iterations=0)) == [] and fit(nn, IMAGES, LABELS, 0, progress=False) is nn


def test_an_interrupted_training_keeps_what_was_learnt(monkeypatch):
    reports = train(small(), IMAGES, LABELS, iterations=50, batch=20)
    first = next(reports)

    def interrupted(*_, **__):
        yield first
        raise KeyboardInterrupt

    monkeypatch.setattr("crnwidgets.neural.training.train", interrupted)
    assert fit(small(), IMAGES, LABELS, progress=False) is first.network


@pytest.mark.parametrize(("chemistry", "rate"), [(False, 1e30), (True, 1e300)])
def test_a_training_that_diverges_says_so(chemistry, rate):
    with pytest.raises(ValueError, match=r"`rate` must be small enough for the cost to stay finite, but with 1e\+30"):
        fit(small(), IMAGES, LABELS, iterations=30, batch=20, rate=rate, chemistry=chemistry, progress=False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": IMAGES[:, :3]}, r"`images` must have the shape \(n, 64\), but it has \(1797, 3\)"),
        ({"images": -IMAGES - 1, "chemistry": True}, "`images` must be finite and not negative"),
        ({"images": IMAGES * np.nan}, "`images` must be finite, but"),
        ({"labels": LABELS[1:]}, r"`labels` must have the shape \(1797,\), but it has \(1796,\)"),
        ({"labels": LABELS + 1}, "`labels` must be whole numbers from 0 to 9"),
        ({"labels": LABELS / 1}, "`labels` must be whole numbers from 0 to 9"),
        ({"iterations": -1}, "`iterations` must not be negative, but it is -1"),
        ({"batch": 1798}, "`batch` must be from 1 to the 1797 images there are, but it is 1798"),
        ({"rate": -1}, "`rate` must be finite and not negative"),
        ({"t": np.inf}, "`t` must be finite and not negative"),
    ],
)
def test_wrong_arguments(changes, message):
    with pytest.raises(ValueError, match=message):
        train(**{"nn": small(), "images": IMAGES, "labels": LABELS, **changes})
