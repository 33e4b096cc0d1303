"""Chambers in the fixed-step solver: both backends against each other, finite differences and exact results."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from crnwidgets.dynamics import fixed
from crnwidgets.dynamics.solver import double_precision
from tests.test_fixed import BACKENDS, needs_native, population, relative, use

__all__ = ["use"]

RING = ((0, 1), (1, 2), (2, 3), (3, 4), (0, 4))
STAR = ((0, 1), (0, 2), (0, 3))


def system(networks, batch, species, membranes, each=False, seed=0):
    """Random tensors, permeabilities, and states of all chambers."""
    random = np.random.default_rng(seed)
    T, _ = population(networks, batch, species, seed)
    chambers = max(map(max, membranes)) + 1
    D = random.uniform(0, 1, (networks, *([len(membranes)] if each else []), species))
    return T, D, random.dirichlet(np.ones(species), (networks, batch, chambers))


def gradients(T, D, x0, **how):
    """States, and the gradients of a loss that weighs every saved number differently."""

    def loss(T, D, x0):
        states = fixed.integrate(T, x0, permeability=D, **how)
        weights = 1.5 + jnp.sin(jnp.arange(states.size, dtype=states.dtype)).reshape(states.shape)
        return jnp.sum(weights * states**2), states

    (_, states), slopes = jax.jit(jax.value_and_grad(loss, (0, 1, 2), has_aux=True))(T, D, x0)
    return states, *slopes


@pytest.mark.parametrize(("each", "every"), [(False, 1), (True, 4)])
def test_gradient_is_that_of_finite_differences(each, every):
    T, D, x0 = system(2, 3, 3, RING, each)
    random = np.random.default_rng(1)
    with double_precision():
        weights = random.normal(size=(2, 3, 13 // every + 1, 5, 3))

        def loss(*arguments):
            T, D, x0 = arguments
            how = {"dt": 0.5, "steps": 13, "every": every, "membranes": RING}
            return jnp.sum(weights * fixed.integrate(T, x0, permeability=D, **how))

        slopes = jax.grad(loss, (0, 1, 2))(T, D, x0)
        for _ in range(4):
            along = [random.normal(size=part.shape) for part in (T, D, x0)]
            h = 1e-5
            above, below = (
                loss(*(part + s * way for part, way in zip((T, D, x0), along, strict=True))) for s in (h, -h)
            )
            found = sum(float(jnp.vdot(a, b)) for a, b in zip(along, slopes, strict=True))
            assert found == pytest.approx(float((above - below) / (2 * h)), rel=1e-6)


@needs_native
@pytest.mark.parametrize(
    ("species", "networks", "batch", "membranes", "each", "every"),
    [(n, 3, 5, STAR, True, 4) for n in range(2, 13)]
    + [(5, 2, 21, RING, False, 1), (5, 1, 1, RING, True, 3), (20, 1, 2, ((0, 1),), False, 2)],
)
def test_native_equals_xla(use, species, networks, batch, membranes, each, every):
    T, D, x0 = (np.float32(part) for part in system(networks, batch, species, membranes, each))
    results = {}
    for name in ("native", "xla"):
        use(name)
        results[name] = gradients(T, D, x0, dt=0.3, steps=21, every=every, membranes=membranes)
    for got, expected in zip(results["native"], results["xla"], strict=True):
        assert (got.shape, got.dtype) == (expected.shape, jnp.float32)
        assert relative(got, expected) < 1e-5


@pytest.mark.parametrize("name", BACKENDS)
def test_without_passage_chambers_are_so_many_starts(use, name):
    use(name)
    T, D, x0 = system(2, 3, 4, RING)
    how = {"dt": 0.2, "steps": 30, "every": 10}
    alone = fixed.integrate(T, x0.reshape(2, 15, 4), **how).reshape(2, 3, 5, 4, 4)
    for membranes in (RING, ()):
        states = fixed.integrate(T, x0, permeability=0 * D, membranes=membranes, **how)
        assert states.shape == (2, 3, 4, 5, 4)
        np.testing.assert_allclose(np.moveaxis(states, 2, 3), alone, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", BACKENDS)
def test_nothing_is_lost_on_the_way_from_chamber_to_chamber(use, name):
    use(name)
    T, D, x0 = system(2, 3, 4, RING, each=True)
    states = fixed.integrate(T, x0, dt=0.2, steps=100, every=20, permeability=D, membranes=RING)
    np.testing.assert_allclose(states.sum((-2, -1)), 5, rtol=1e-5)
    # Reactions aside, each species keeps its own total, and comes to the mean of all chambers.
    states = fixed.integrate(0 * T, x0, dt=0.5, steps=2000, every=2000, permeability=0.1 + 0.9 * D, membranes=RING)
    np.testing.assert_allclose(states[:, :, 1], states[:, :, 0].mean(2, keepdims=True).repeat(5, 2), rtol=1e-4)


@pytest.mark.parametrize("name", BACKENDS)
def test_one_network_is_a_population_of_one(use, name):
    use(name)
    T, D, x0 = system(1, 4, 3, STAR)
    how = {"dt": 0.2, "steps": 10, "membranes": STAR}
    for one, expected in zip(gradients(T[0], D[0], x0[0], **how), gradients(T, D, x0, **how), strict=True):
        np.testing.assert_array_equal(one, expected[0])


def test_wrong_arguments_are_refused():
    T, D, x0 = system(2, 3, 4, STAR)
    how = {"dt": 0.2, "steps": 10}
    with pytest.raises(ValueError, match=r"`x0` must have the shape \(2, B, C, 4\)"):
        fixed.integrate(T, x0[:, :, 0], permeability=D, membranes=STAR, **how)
    with pytest.raises(ValueError, match=r"`permeability` must have the shape \(2, 4\) or \(2, 3, 4\)"):
        fixed.integrate(T, x0, permeability=D[:, :3], membranes=STAR, **how)
    for pair in ((0, 0), (1, 4), (-1, 2)):
        with pytest.raises(ValueError, match="pairs of different chambers from 0 to 3, but one is"):
            fixed.integrate(T, x0, permeability=D, membranes=[pair], **how)
    with pytest.raises(ValueError, match="`membranes` must be pairs of different chambers from 0 to 0"):
        fixed.integrate(T, x0[:, :, 0], membranes=STAR, **how)
