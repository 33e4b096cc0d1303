"""Reaction tensors: the paper's constraints, masks, sparsity, counts, and the way back to a network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from crnwidgets import Network
from crnwidgets.learning import tensors

OSCILLATOR = Network.parse("A -0.5,B-> B; B -C-> C; C -A-> A")


SHAPES = [(1, 1, 1), (2, 2, 2), (5, 5, 5)]
POPULATIONS = [(2, 1, 1, 1), (3, 4, 4, 4)]


def logits(shapes=(*SHAPES, *POPULATIONS)):
    # Few shapes, because each compiles anew.
    values = st.floats(-60, 60, width=32)
    return st.sampled_from(shapes).flatmap(lambda shape: arrays(np.float32, shape, elements=values))


@st.composite
def masked_logits(draw):
    W = draw(logits())
    return W, draw(arrays(bool, W.shape[-3:]))


thresholds = st.floats(0, 1.2)


def assert_is_reaction_tensor(T):
    """[DCRN] section 2: rows sum to zero, only the input is consumed, nothing else is."""
    diagonal = np.eye(T.shape[-1], dtype=bool)
    np.testing.assert_allclose(T.sum(-1), 0, atol=1e-6)
    assert np.isfinite(T).all()
    assert (T[..., diagonal] <= 0).all()
    assert (T[..., ~diagonal] >= 0).all()


@given(logits(), thresholds)
def test_tensors_keep_the_three_constraints(W, k_min):
    T = tensors.reaction_tensor(tensors.probabilities(W))
    assert_is_reaction_tensor(np.asarray(T))
    assert_is_reaction_tensor(np.asarray(tensors.sparsify(T, k_min)))


@given(logits())
def test_equation_2(W):
    P = np.asarray(tensors.probabilities(W))
    powers = np.exp(W.astype(float) - W.max(-1, keepdims=True))
    np.testing.assert_allclose(P, powers / powers.sum(-1, keepdims=True), rtol=1e-4, atol=1e-30)
    np.testing.assert_allclose(tensors.reaction_tensor(P), P - np.eye(W.shape[-1]), atol=1e-6)


@given(masked_logits())
def test_forbidden_reactions_have_rate_and_gradient_zero(case):
    W, allowed = case
    off = ~(allowed | np.eye(W.shape[-1], dtype=bool))
    P = np.asarray(tensors.probabilities(W, allowed))
    assert (P[..., off] == 0).all()
    assert_is_reaction_tensor(np.asarray(tensors.reaction_tensor(P)))
    slopes = jax.grad(lambda W: (tensors.reaction_tensor(tensors.probabilities(W, allowed)) ** 2).sum())(jnp.asarray(W))
    assert np.isfinite(slopes).all()
    assert (np.asarray(slopes)[..., off] == 0).all()


def test_mask_of_catalysts_and_single_reactions():
    allowed = tensors.mask(["A", "B", "C"], catalysts=["C"], forbidden=[("A", "B", "B")])
    T = np.asarray(tensors.reaction_tensor(tensors.probabilities(np.zeros((3, 3, 3)), allowed)))
    assert (T[:, 2, :] == 0).all() and (T[:, :, 2] == 0).all()
    assert T[1, 0, 1] == 0 and T[2, 0, 1] > 0 and T[1, 1, 0] > 0
    network = tensors.to_network(T, 0.0, ["A", "B", "C"])
    assert not any("C" in r.change for r in network.reactions)
    assert all(r.catalysis != ("A", "B", "B") for r in network.reactions)


def test_mask_refuses_unknown_names():
    with pytest.raises(ValueError, match=r"Argument `catalysts` must .* 'X'"):
        tensors.mask(["A"], catalysts=["X"])
    with pytest.raises(ValueError, match=r"Argument `forbidden` must .* 'X'"):
        tensors.mask(["A"], forbidden=[("A", "X", "A")])


@given(logits(SHAPES), thresholds)
def test_sparse_tensor_literally(W, k_min):
    T = np.asarray(tensors.reaction_tensor(tensors.probabilities(W)))
    expected = np.zeros_like(T)
    count = 0
    for c, a, b in np.ndindex(T.shape):
        if a != b and T[c, a, b] > 0 and T[c, a, b] >= np.float32(k_min):
            expected[c, a, b] = T[c, a, b]
            expected[c, a, a] -= T[c, a, b]
            count += 1
    np.testing.assert_allclose(tensors.sparsify(T, k_min), expected, atol=1e-6)
    assert tensors.reaction_count(T, k_min) == count


def test_counts_at_most_all_reactions_but_the_idle_ones():
    T = tensors.reaction_tensor(tensors.probabilities(np.zeros((2, 4, 4, 4))))
    np.testing.assert_array_equal(tensors.reaction_count(T), [4**3 - 4**2] * 2)
    assert tensors.reaction_count(OSCILLATOR.to_tensor()) == 3
    assert tensors.reaction_count(OSCILLATOR.to_tensor(), 0.6) == 2


@given(logits(SHAPES), thresholds, st.integers(0, 2**32 - 1))
def test_network_has_the_vector_field_of_the_sparse_tensor(W, k_min, seed):
    T = tensors.reaction_tensor(tensors.probabilities(W))
    network = tensors.to_network(T, k_min)
    assert len(network.reactions) == tensors.reaction_count(T, k_min)
    x = np.random.default_rng(seed).uniform(0, 1, len(W))
    expected = np.einsum("cab,a,c->b", np.asarray(tensors.sparsify(T, k_min), float), x, x)
    np.testing.assert_allclose(network.derivative(x), expected, atol=1e-6 * max(1.0, len(W)))


def test_straight_through_has_the_sparse_values_and_the_gradient_of_the_dense():
    W = jax.random.normal(jax.random.PRNGKey(0), (3, 3, 3))

    def through(W):
        T = tensors.reaction_tensor(tensors.probabilities(W))
        return tensors.straight_through(T, tensors.sparsify(T, 0.3))

    T = tensors.reaction_tensor(tensors.probabilities(W))
    np.testing.assert_allclose(through(W), tensors.sparsify(T, 0.3), atol=1e-6)
    weights = jax.random.normal(jax.random.PRNGKey(1), (3, 3, 3))
    found = jax.grad(lambda W: (through(W) * weights).sum())(W)
    dense = jax.grad(lambda W: (tensors.reaction_tensor(tensors.probabilities(W)) * weights).sum())(W)
    np.testing.assert_allclose(found, dense, rtol=1e-5, atol=1e-7)
