"""The regularisers against the paper's formulas, and the strategies of sparse training."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import crnwidgets as crn
from crnwidgets.learning import losses, tensors
from crnwidgets.learning.losses import Parameters, Settings
from crnwidgets.tasks import Waveform

KEY = jax.random.PRNGKey(0)
TASK = Waveform.from_samples([0, 10], [0.2, 0.6], species=3, steps=20)
W = arrays(np.float32, (2, 3, 3, 3), elements=st.floats(-40, 40, width=32))


def settings(**changed):
    plain = {"learning_rate": 0.1, "l1": 0, "entropy": 0, "energy": 0, "k_min": 0.05, "normalize": 0, "restart": 1}
    return Settings(**{name: jnp.asarray(value, jnp.float32) for name, value in {**plain, **changed}.items()})


def parameters(seed=0, population=4):
    one, two = jax.random.split(jax.random.PRNGKey(seed))
    logits = 2 * jax.random.normal(one, (population, 3, 3, 3))
    return Parameters(logits, jax.random.normal(two, (population, 3)), jnp.zeros((population, 0)))


ALLOWED = tensors.mask(TASK.species)


@given(W)
def test_regularisers_literally(W):
    P = np.asarray(tensors.probabilities(W), float)
    T = np.asarray(tensors.reaction_tensor(P), float)
    for p in range(len(P)):
        l1 = entropy = energy = 0.0
        for c, a, b in np.ndindex(3, 3, 3):
            l1 += abs(T[p, c, a, b]) / 27
            entropy -= P[p, c, a, b] * np.log(P[p, c, a, b]) / 27 if P[p, c, a, b] > 0 else 0
            energy -= P[p, c, a, b] ** 2 / 27
        assert losses.l1(T)[p] == pytest.approx(l1, rel=1e-4, abs=1e-6)
        assert losses.entropy(tensors.log_probabilities(W))[p] == pytest.approx(entropy, rel=1e-4, abs=1e-6)
        assert losses.informational_energy(P)[p] == pytest.approx(energy, rel=1e-4, abs=1e-6)


@given(W, arrays(bool, (3, 3, 3)))
def test_regularisers_have_finite_gradients(W, allowed):
    def total(W):
        log_P = tensors.log_probabilities(W, allowed)
        P = jnp.exp(log_P)
        T = tensors.reaction_tensor(P)
        return (losses.l1(T) + losses.entropy(log_P) + losses.informational_energy(P)).sum()

    assert np.isfinite(jax.grad(total)(jnp.asarray(W))).all()


def tensors_of(parameters):
    T = tensors.reaction_tensor(tensors.probabilities(parameters.logits))
    return T, tensors.sparsify(T, 0.05), TASK.initial(parameters.initial, KEY)


def test_objective_adds_up():
    start = parameters()
    T, sparse, x0 = tensors_of(start)
    P = tensors.probabilities(start.logits)
    dense_loss, sparse_loss = losses.score(TASK, T, x0, KEY), losses.score(TASK, sparse, x0, KEY)
    assert not np.allclose(dense_loss, sparse_loss)
    for strategy, fit in {
        "dense": dense_loss,
        "straight-through": sparse_loss,
        "double": dense_loss + sparse_loss,
    }.items():
        scores = losses.objective(TASK, start, ALLOWED, settings(), KEY, strategy)
        np.testing.assert_allclose(scores.total, fit, rtol=1e-4)
        np.testing.assert_allclose(scores.sparse, sparse_loss, rtol=1e-4)
        np.testing.assert_array_equal(scores.reaction_count, tensors.reaction_count(T, 0.05))
        weighted = losses.objective(TASK, start, ALLOWED, settings(l1=0.3, entropy=0.2, energy=0.1), KEY, strategy)
        extra = 0.3 * losses.l1(T) + 0.2 * losses.entropy(np.log(P)) + 0.1 * losses.informational_energy(P)
        np.testing.assert_allclose(weighted.total, fit + extra, rtol=1e-4)


@pytest.mark.parametrize("strategy", ["dense", "double"])
def test_gradient_of_the_objective_is_its_slope(strategy):
    start = parameters()

    def total(start):
        weights = settings(l1=0.1, entropy=0.1, energy=0.1)
        return losses.objective(TASK, start, ALLOWED, weights, KEY, strategy).total.sum()

    towards = jax.tree.map(lambda leaf: jax.random.normal(jax.random.PRNGKey(3), leaf.shape), start)
    slope = sum(jax.tree.leaves(jax.tree.map(lambda g, v: (g * v).sum(), jax.grad(total)(start), towards)))
    step = 1e-3

    def moved(sign):
        return total(jax.tree.map(lambda x, v: x + sign * step * v, start, towards))

    np.testing.assert_allclose(slope, (moved(1) - moved(-1)) / (2 * step), rtol=2e-2)


def test_straight_through_gradient_is_taken_at_the_sparse_tensor():
    start = parameters()
    _, sparse, x0 = tensors_of(start)
    at_sparse = jax.grad(lambda T: losses.score(TASK, T, x0, KEY).sum())(sparse)
    _, back = jax.vjp(lambda W: tensors.reaction_tensor(tensors.probabilities(W)), start.logits)

    def total(logits):
        moved = start._replace(logits=logits)
        return losses.objective(TASK, moved, ALLOWED, settings(), KEY, "straight-through").total.sum()

    np.testing.assert_allclose(jax.grad(total)(start.logits), back(at_sparse)[0], rtol=1e-3, atol=1e-6)


def test_double_loss_gradient_is_the_sum_of_both():
    start = parameters()

    def grad(strategy):
        def total(start):
            return losses.objective(TASK, start, ALLOWED, settings(), KEY, strategy).total.sum()

        return jax.grad(total)(start).logits

    def sparse_alone(logits):
        sparse = tensors.sparsify(tensors.reaction_tensor(tensors.probabilities(logits)), 0.05)
        return losses.score(TASK, sparse, TASK.initial(start.initial, KEY), KEY).sum()

    expected = grad("dense") + jax.grad(sparse_alone)(start.logits)
    np.testing.assert_allclose(grad("double"), expected, rtol=1e-3, atol=1e-6)


class Switched(crn.tasks.Task):
    """Species A is set to what the key says in the middle, and B gets more at three quarters."""

    species = ("A", "B")
    duration = 8.0
    steps = 80
    every = 5

    def __init__(self, interventions=(40, 60)):
        self.interventions = interventions

    def initial(self, learnt, key):
        return jnp.broadcast_to(jnp.array([[0.4, 0.6], [0.9, 0.1]]), (len(learnt), 2, 2))

    def intervene(self, number, states, key):
        if number == 0:
            return states.at[..., 0].set(jax.random.uniform(key, states.shape[1:2]))
        return states.at[..., 1].add(0.5)

    def loss(self, states):
        return states[..., 0].mean(axis=(1, 2))

    def evaluate(self, solution):
        return {}


def test_interventions_change_concentrations_on_the_way():
    task = Switched()
    T = np.array([[[0, 0], [0.3, -0.3]], [[-0.2, 0.2], [0, 0]]])
    start = task.initial(np.zeros((1, 2)), KEY)
    states = np.asarray(losses.trajectories(task, jnp.asarray(T[None], jnp.float32), start, KEY))
    drawn = jax.random.uniform(KEY, (2,))
    assert states.shape == (1, 2, 17, 2)
    for case, start in enumerate([(0.4, 0.6), (0.9, 0.1)]):
        network = crn.Network.from_tensor(T, ["A", "B"], initial=start)
        network = network.updated(events=[crn.Event(4, "A", "=", float(drawn[case])), crn.Event(6, "B", "+=", 0.5)])
        expected = crn.simulate(network, np.linspace(0, 8, 17)).concentrations
        np.testing.assert_allclose(states[0, case], expected, atol=1e-5)


@pytest.mark.parametrize("interventions", [(42,), (60, 40), (0,), (80,)])
def test_interventions_must_be_at_states_that_are_kept(interventions):
    task = Switched(interventions)
    with pytest.raises(ValueError, match="multiples of 5 between 0 and 80"):
        losses.trajectories(task, jnp.zeros((1, 2, 2, 2)), jnp.ones((1, 2, 2)), KEY)


class Sealed(Switched):
    """The same in two chambers, with a membrane that B does not pass."""

    topology = crn.Topology.line(2)
    sealed = ("B",)

    def __init__(self):
        super().__init__(())

    def initial(self, learnt, key):
        return jnp.broadcast_to(jnp.array([[[0.8, 0.2], [0.1, 0.4]]]), (len(learnt), 1, 2, 2))

    def loss(self, states):
        return ((states[:, 0, -1, :, 0] - states[:, 0, -1, :, 1]) ** 2).sum(axis=-1)


def test_sealed_species_pass_no_membrane():
    task, V = Sealed(), jnp.array([[0.5, 2.0], [-1.0, 3.0]])

    def loss(V):
        start = Parameters(jnp.zeros((2, 2, 2, 2)), jnp.zeros((2, 2)), V)
        scores = losses.objective(task, start, jnp.eye(2, dtype=bool)[None], settings(), KEY, "dense")
        return scores.total.sum(), scores

    gradient, scores = jax.grad(loss, has_aux=True)(V)
    np.testing.assert_allclose(scores.permeability, [[0.62246, 0], [0.26894, 0]], rtol=1e-4)
    # Nothing reacts: A evens out, and B stays.
    even = 0.45 + 0.35 * np.exp(-2 * 8 * np.asarray(scores.permeability[:, :1])) * [1, -1]
    np.testing.assert_allclose(scores.sparse, ((even - [0.2, 0.4]) ** 2).sum(axis=1), rtol=1e-3)
    assert (gradient[:, 1] == 0).all() and (gradient[:, 0] != 0).all()
