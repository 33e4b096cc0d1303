"""Activation functions: their roots against exact arithmetic, their derivatives against finite differences."""

from decimal import Decimal, localcontext

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from crnwidgets.dynamics.solver import double_precision
from crnwidgets.neural import PolynomialDecay, ReLU, SmoothReLU

Y = np.concatenate([-np.logspace(3, -6, 28), [0.0], np.logspace(-6, 3, 28)])
CASES = [(q, h) for q in (2, 3, 7, 32) for h in (1e-6, 1.0, 1e4)]


def exact(q, h, y):
    """The positive root by bisection with 50 digits."""
    with localcontext() as context:
        context.prec = 50
        h, y = Decimal(float(h)), Decimal(float(y))
        low, high = Decimal(0), Decimal(10) ** 8
        for _ in range(220):
            middle = (low + high) / 2
            if h + y * middle - (q - 1) * middle**q > 0:
                low = middle
            else:
                high = middle
        return float(low)


@pytest.mark.parametrize(("q", "h"), CASES)
def test_roots_are_exact_in_both_precisions(q, h):
    with double_precision():
        np.testing.assert_allclose(PolynomialDecay(q, h)(Y), [exact(q, h, y) for y in Y], rtol=4e-15)
    single = PolynomialDecay(q, h)(jnp.asarray(Y, jnp.float32))
    assert single.dtype == jnp.float32
    # Of the rounded input, and of h as float32 holds it.
    np.testing.assert_allclose(single, [exact(q, np.float32(h), y) for y in Y.astype(np.float32)], rtol=2e-6)


@pytest.mark.parametrize(("q", "h"), [*CASES, (2, 0.0), (5, 0.0)])
def test_derivatives_agree_with_finite_differences(q, h):
    with double_precision():
        phi = PolynomialDecay(q, h)
        y = jnp.asarray(Y[np.abs(Y) > 1e-2])
        slope = jax.vmap(jax.grad(phi))(y)
        step = 1e-4 * jnp.maximum(jnp.abs(y), h ** (1 - 1 / q))  # over which the slope changes by little
        quotient = (-phi(y + 2 * step) + 8 * phi(y + step) - 8 * phi(y - step) + phi(y - 2 * step)) / (12 * step)
        np.testing.assert_allclose(slope, quotient, rtol=1e-7)
        np.testing.assert_array_equal(slope, phi.slope(phi(y)))


def test_the_second_derivative_is_right_too():
    with double_precision():
        phi, y = PolynomialDecay(3, 1.0), jnp.linspace(-5.0, 5.0, 11)
        first = jax.vmap(jax.grad(phi))
        second = jax.vmap(jax.grad(jax.grad(phi)))(y)
        np.testing.assert_allclose(second, (first(y + 1e-5) - first(y - 1e-5)) / 2e-5, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("phi", [PolynomialDecay(5, 1e-6), SmoothReLU(1e-6), PolynomialDecay(3, 1e4)])
def test_gradients_are_finite_everywhere_in_single_precision(phi):
    slopes = jax.vmap(jax.grad(phi))(jnp.asarray(Y, jnp.float32))
    assert (np.asarray(slopes) > 0).all() and np.isfinite(slopes).all()


def test_the_rectifiers():
    y = jnp.asarray([-3.0, -1.0, 0.0, 2.0, 5.0])
    np.testing.assert_array_equal(ReLU()(y), [0, 0, 0, 2, 5])
    np.testing.assert_array_equal(jax.vmap(jax.grad(ReLU()))(y), [0, 0, 0, 1, 1])
    np.testing.assert_array_equal(SmoothReLU(0.0)(y), ReLU()(y))
    np.testing.assert_allclose(SmoothReLU(2.0)(y), (y + np.sqrt(y**2 + 8)) / 2, rtol=1e-6)
    np.testing.assert_allclose(PolynomialDecay(2, 2.0)(y), SmoothReLU(2.0)(y))
    assert float(SmoothReLU(4)(0)) == 2  # of whole numbers too


def test_it_grows_and_falls_as_the_paper_says():
    phi = PolynomialDecay(3, 1.0)
    assert float(phi(1e6)) == pytest.approx((1e6 / 2) ** 0.5, rel=1e-5)
    assert float(phi(-1e6)) == pytest.approx(1e-6, rel=1e-5)


def test_what_they_are_called_and_when_they_are_the_same():
    assert repr(SmoothReLU(1)) == "SmoothReLU(h=1.0)" and repr(ReLU()) == "ReLU()"
    assert repr(PolynomialDecay(3, 1)) == "PolynomialDecay(q=3, h=1.0)"
    assert SmoothReLU(1) == SmoothReLU(1.0) != SmoothReLU(2) and len({ReLU(), ReLU()}) == 1


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((2.5,), TypeError, "`q` must be a whole number, but it is 2.5"),
        ((1,), ValueError, "`q` must be at least 2, but it is 1"),
        ((2, -1), ValueError, "`h` must be finite and not negative, but it is -1"),
        ((2, "a"), ValueError, "`h` must be a number, but it is 'a'"),
    ],
)
def test_wrong_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        PolynomialDecay(*arguments)
