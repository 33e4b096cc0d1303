"""The fixed-step solver: both backends against each other, against finite differences and against `simulate`."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.dynamics import fixed, native
from crnwidgets.dynamics.solver import double_precision

needs_native = pytest.mark.skipif(bool(native.problem()), reason=native.problem() or "-")
BACKENDS = ["xla", pytest.param("native", marks=needs_native)]


@pytest.fixture
def use(monkeypatch):
    """Forces a backend: use("native")."""
    return lambda name: monkeypatch.setenv("CRNWIDGETS_BACKEND", name)


def population(networks, batch, species, seed=0):
    """Random tensors T = P - 1 ([DCRN] section 2), states of total 1, and weights for a loss."""
    random = np.random.default_rng(seed)
    T = random.dirichlet(np.full(species, 0.3), (networks, species, species)) - np.eye(species)
    return T, random.dirichlet(np.ones(species), (networks, batch))


def gradients(T, x0, **how):
    """States, and the gradients for T and x0 of a loss that weighs every saved number differently."""

    def loss(T, x0):
        states = fixed.integrate(T, x0, **how)
        # Of one sign: what nearly cancels would not be comparable in float32.
        weights = 1.5 + jnp.sin(jnp.arange(states.size, dtype=states.dtype)).reshape(states.shape)
        return jnp.sum(weights * states**2), states

    (_, states), slopes = jax.jit(jax.value_and_grad(loss, (0, 1), has_aux=True))(T, x0)
    return states, *slopes


def relative(value, expected):
    return float(np.max(np.abs(np.asarray(value) - expected)) / np.max(np.abs(expected)))


@pytest.mark.parametrize("every", [1, 3])
def test_gradient_is_that_of_finite_differences(every):
    T, x0 = population(2, 3, 4)
    how = {"dt": 0.5, "steps": 13, "every": every}
    random = np.random.default_rng(1)
    with double_precision():
        weights = random.normal(size=(2, 3, 13 // every + 1, 4))

        def loss(T, x0):
            return jnp.sum(weights * fixed.integrate(T, x0, **how))

        slopes = jax.grad(loss, (0, 1))(T, x0)
        assert slopes[0].dtype == jnp.float64
        for _ in range(5):
            along = random.normal(size=T.shape), random.normal(size=x0.shape)
            h = 1e-5
            above, below = (loss(T + s * along[0], x0 + s * along[1]) for s in (h, -h))
            expected = (above - below) / (2 * h)
            found = sum(float(jnp.vdot(a, b)) for a, b in zip(along, slopes, strict=True))
            assert found == pytest.approx(float(expected), rel=1e-6)


@needs_native
@pytest.mark.parametrize(
    ("species", "networks", "batch", "every"),
    [(n, *case) for n in [*range(1, 13), 16, 24, 32] for case in [(11, 1, 1), (3, 5, 4)]]
    + [(n, *case) for n in (5, 16) for case in [(1, 19, 1), (2, 8, 2), (1, 1, 21)]]
    # What the kernel does otherwise: few states, and many of one large network.
    + [(n, 2, 1, 2) for n in range(2, 9)]
    + [(5, 1, 2, 1), *((n, 1, 9, 1) for n in range(9, 13))],
)
def test_native_equals_xla(use, species, networks, batch, every):
    T, x0 = (np.float32(value) for value in population(networks, batch, species))
    how = {"dt": 0.3, "steps": 21, "every": every}
    results = {}
    for name in ("native", "xla"):
        use(name)
        results[name] = gradients(T, x0, **how)
    for got, expected in zip(results["native"], results["xla"], strict=True):
        assert got.shape == expected.shape
        assert got.dtype == jnp.float32
        assert relative(got, expected) < 1e-5


@pytest.mark.parametrize("name", BACKENDS)
def test_one_network_is_a_population_of_one(use, name):
    use(name)
    T, x0 = population(1, 4, 3)
    many = gradients(T, x0, dt=0.2, steps=10)
    for one, expected in zip(gradients(T[0], x0[0], dt=0.2, steps=10), many, strict=True):
        np.testing.assert_array_equal(one, expected[0])


@pytest.mark.parametrize("name", BACKENDS)
def test_agrees_with_simulate(use, name):
    use(name)
    net = crn.Network.parse("A -B-> B\nB -C-> C\nC -A-> A\nA = 0.8; B = 0.1; C = 0.1")
    states = fixed.integrate(net.to_tensor(), np.array([[0.8, 0.1, 0.1]]), dt=0.01, steps=3000, every=10)
    expected = crn.simulate(net, np.linspace(0, 30, 301)).concentrations
    np.testing.assert_allclose(states[0], expected, atol=2e-5)
    with double_precision():
        states = fixed.integrate(net.to_tensor(), np.array([[0.8, 0.1, 0.1]]), dt=0.01, steps=3000, every=10)
    np.testing.assert_allclose(states[0], expected, atol=1e-8)


@pytest.mark.parametrize("name", BACKENDS)
def test_saves_every_so_many_steps(use, name):
    use(name)
    T, x0 = population(2, 2, 3)
    fine = fixed.integrate(T, x0, dt=0.1, steps=20)
    np.testing.assert_array_equal(fine[:, :, 0], np.float32(x0))
    np.testing.assert_allclose(fixed.integrate(T, x0, dt=0.1, steps=20, every=6), fine[:, :, ::6], rtol=1e-6)


@pytest.mark.parametrize("name", BACKENDS)
def test_works_inside_jit_scan_and_vmap(use, name):
    use(name)
    T, x0 = (jnp.asarray(value, jnp.float32) for value in population(3, 2, 4))

    def loss(T):
        return jnp.sum(fixed.integrate(T, x0, dt=0.2, steps=10)[..., 0] ** 2)

    @jax.jit
    def descend(T):
        return jax.lax.scan(lambda T, _: (T - 0.01 * jax.grad(loss)(T), loss(T)), T, length=5)

    _, losses = descend(T)
    assert np.all(np.diff(losses) < 0)
    mapped = jax.vmap(lambda T, x: fixed.integrate(T, x, dt=0.2, steps=10))(T, x0)
    np.testing.assert_allclose(mapped, fixed.integrate(T, x0, dt=0.2, steps=10), rtol=1e-6)


@pytest.mark.parametrize("name", BACKENDS)
def test_a_member_that_blows_up_leaves_the_others_alone(use, name):
    use(name)
    T, x0 = (np.float32(value) for value in population(9, 1, 3))
    expected = gradients(T, x0, dt=0.5, steps=40)
    T[8] = 100.0  # the last one, whose network the empty lanes after it have as well
    for got, want in zip(gradients(T, x0, dt=0.5, steps=40), expected, strict=True):
        assert not np.all(np.isfinite(got[8]))
        np.testing.assert_array_equal(got[:8], want[:8])


@needs_native
@pytest.mark.parametrize("species", [3, 9])
def test_native_result_does_not_depend_on_the_company(use, species):
    use("native")
    how = {"dt": 0.3, "steps": 30, "every": 2}
    T, x0 = (np.float32(value) for value in population(41, 1, species))

    def states_and_gradients(count):
        states, pull = jax.vjp(lambda T, x0: fixed.integrate(T, x0, **how), T[:count], x0[:count])
        np.testing.assert_array_equal(states, fixed.integrate(T[:count], x0[:count], **how))
        return states, *pull(jnp.cos(states))

    of_all = states_and_gradients(41)
    # By themselves, and in vectors of one width or two that are full or not.
    for count in (1, 2, 3, 8, 9, 16, 17, 24, 25, 32, 40):
        for got, want in zip(states_and_gradients(count), of_all, strict=True):
            np.testing.assert_allclose(got, want[:count], rtol=2e-5, atol=1e-6)


@needs_native
def test_native_result_does_not_depend_on_the_threads(use):
    use("native")
    T, x0 = (np.float32(value) for value in population(2, 100, 8))
    first = gradients(T, x0, dt=0.1, steps=100)
    for _ in range(5):
        for got, want in zip(gradients(T, x0, dt=0.1, steps=100), first, strict=True):
            np.testing.assert_array_equal(got, want)


MEMORY = """
import resource, sys
import jax, numpy as np
from crnwidgets.dynamics import fixed

T = np.full((40, 5, 5, 5), 0.2, np.float32) - np.eye(5, dtype=np.float32)
x0 = np.full((40, 64, 5), 0.2, np.float32)
how = {"dt": 0.1, "every": 200}

def peak(steps):
    jax.block_until_ready(jax.grad(lambda T: fixed.integrate(T, x0, steps=steps, **how).sum())(T))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024)

small = peak(200)
print(peak(20_000 if fixed.backend() == "native" else 2_000) - small)
"""


@pytest.mark.parametrize("name", BACKENDS)
def test_long_horizon_needs_no_memory_to_match(use, name):
    use(name)
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    # Every state of 20,000 steps would be a gigabyte, of 2,000 a hundred megabytes; with the stages, four times that.
    assert float(done.stdout) < 60


@pytest.mark.parametrize(
    ("T", "x0", "how", "message"),
    [
        ((3, 3, 2), (1, 3), {}, r"`T` must have the shape \(P, N, N, N\) or \(N, N, N\), but it has \(3, 3, 2\)"),
        ((3, 3), (1, 3), {}, r"`T` must have the shape"),
        ((0, 3, 3, 3), (0, 1, 3), {}, r"`T` must have the shape"),
        ((3, 3, 3), (3,), {}, r"`x0` must have the shape \(B, 3\), as `T` has \(3, 3, 3\), but it has \(3,\)"),
        ((2, 3, 3, 3), (2, 3), {}, r"`x0` must have the shape \(2, B, 3\)"),
        ((2, 3, 3, 3), (1, 4, 3), {}, r"`x0` must have the shape \(2, B, 3\)"),
        ((3, 3, 3), (1, 2), {}, r"`x0` must have the shape \(B, 3\)"),
        ((3, 3, 3), (0, 3), {}, r"`x0` must hold at least one state"),
        ((3, 3, 3), (1, 3), {"dt": 0.0}, r"`dt` must be positive and finite, but it is 0\.0"),
        ((3, 3, 3), (1, 3), {"dt": "fast"}, r"`dt` must be a number"),
        ((3, 3, 3), (1, 3), {"steps": 0}, r"`steps` must be at least 1, but it is 0"),
        ((3, 3, 3), (1, 3), {"steps": 2.5}, r"`steps` must be an integer .*, but it is 2\.5"),
        ((3, 3, 3), (1, 3), {"every": 0}, r"`every` must be at least 1"),
        ((3, 3, 3), (1, 3), {"every": 11}, r"`every` must be at most `steps`, which is 10, but it is 11"),
    ],
)
def test_wrong_arguments_are_explained(T, x0, how, message):
    with pytest.raises(ValueError, match=message):
        fixed.integrate(np.zeros(T), np.zeros(x0), **{"dt": 0.1, "steps": 10, **how})


def test_backend_can_be_forced(use, monkeypatch):
    monkeypatch.delenv("CRNWIDGETS_BACKEND", raising=False)
    assert crn.backend() == ("xla" if native.problem() else "native")
    use("xla")
    assert crn.backend() == "xla"
    use("fast")
    with pytest.raises(ValueError, match=r"CRNWIDGETS_BACKEND must be \"native\" or \"xla\", but it is 'fast'"):
        crn.backend()


def test_missing_kernel_is_reported_only_when_asked_for(use, monkeypatch):
    monkeypatch.setattr(native, "problem", lambda: "it was not built")
    use("")
    assert crn.backend() == "xla"
    use("native")
    T, x0 = population(1, 1, 3)
    with pytest.raises(RuntimeError, match='asks for "native", but it was not built'):
        fixed.integrate(T, x0, dt=0.1, steps=1)


def test_kernel_that_cannot_be_loaded_is_explained(monkeypatch, tmp_path):
    (tmp_path / native.LIBRARY).write_text("not a library")
    monkeypatch.setattr(native, "_FOLDER", tmp_path)
    assert native.problem.__wrapped__().startswith("the native kernel cannot be loaded: ")
    (tmp_path / native.LIBRARY).unlink()
    assert "was not built" in native.problem.__wrapped__()


@needs_native
def test_float64_and_many_species_go_to_xla(use):
    use("native")
    T, x0 = population(1, 2, 33)
    assert fixed.integrate(T, x0, dt=0.1, steps=2).shape == (1, 2, 3, 33)
    with double_precision():
        assert fixed.integrate(T, x0, dt=0.1, steps=2).dtype == jnp.float64
