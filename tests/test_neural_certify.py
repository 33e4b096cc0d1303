"""Theorem 4.8, checked: what is certified, with what numbers, and what is refused and why."""

import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.neural import FeedForward, PolynomialDecay, ReLU, certify

D = np.array([0.3, 0.0, 1.0, 2.0])
NN = FeedForward.random((4, 3, 2), seed=1)


@pytest.mark.parametrize("q", [2, 3, 5])
@pytest.mark.parametrize("enzymes", [True, False])
def test_compiled_networks_are_certified(q, enzymes):
    nn = FeedForward(NN.weights, NN.biases, activation=PolynomialDecay(q, 0.5))
    result = certify(nn.to_network(D, enzymes=enzymes))
    assert result.holds and result.problems == ()
    assert [s.species for s in result.systems] == ["X1_1", "X1_2", "X1_3", "X2_1", "X2_2"]
    assert [s.layer for s in result.systems] == [1, 1, 1, 2, 2] and {s.q for s in result.systems} == {q}
    assert all(s.reliable and s.decays_polynomially and s.exponentially_feed_forward for s in result.systems)
    assert all(s.decay == q - 1 and s.h == 0.5 for s in result.systems)
    expected = np.concatenate([np.asarray(a) for a in nn.activations(D)])
    np.testing.assert_allclose([s.fixed_point for s in result.systems], expected, rtol=1e-5)
    # The simulations agree with the theory.
    assert result.contained and result.distance < 1e-6
    assert result.fitted_rate == pytest.approx(result.rate, rel=0.1)
    assert result.starts.shape == (5, 5) and result.starts.min() == 0 and result.starts.max() == 1e6
    for s in result.systems:
        assert s.time <= result.time and s.fixed_point < s.bound and 0 < s.least_rate < s.rate


def test_the_rate_is_the_slowest_eigenvalue():
    network = NN.to_network(D, enzymes=False)
    result = certify(network)
    x = np.array([*D, *(s.fixed_point for s in result.systems)])
    step = 1e-6 * np.eye(len(x))
    jacobian = (network.derivative(x + step) - network.derivative(x - step))[4:, 4:] / 2e-6
    assert result.rate == pytest.approx(-np.linalg.eigvals(jacobian).real.max(), rel=1e-6)


def test_the_bound_in_time_holds_from_infinity():
    # dx/dt = 1 - x^2 comes from infinity as coth(t); the bound is where 1 = x^2/2.
    (system,) = certify(crn.Network.parse("0 -> X; 2X -> X")).systems
    assert (system.fixed_point, system.rate, system.least_rate) == pytest.approx((1, 2, 1))
    assert system.bound == pytest.approx(2**0.5) and 1 / np.tanh(system.time) < system.bound


def test_distances_shrink_at_least_as_fast_as_the_least_rate():
    network = crn.Network.parse("0 -> X {0.5}; X -> 0 {2}; 3X -> 0 {0.4}")  # decay 1.2
    (system,) = certify(network).systems
    assert system.decay == pytest.approx(1.2) and system.bias == -2
    for start in (0.0, 5.0):
        trajectory = crn.simulate(network, 3.0, initial={"X": start})
        away = np.abs(trajectory["X"] - system.fixed_point)
        assert (away <= away[0] * np.exp(-system.least_rate * trajectory.times) + 1e-8).all()


def test_h_of_zero_is_refused_with_the_reason():
    result = certify(FeedForward(NN.weights, NN.biases, activation=ReLU()).to_network(D))
    assert not result.holds and np.isnan(result.time)
    assert result.problems[0].startswith("X1_1, X1_2, X1_3 and 2 more: h = 0, so 0 is a fixed point")
    assert all(s.decays_polynomially and not s.reliable and not s.exponentially_feed_forward for s in result.systems)
    assert str(result).startswith("Theorem 4.8 does not cover this network:\n- X1_1")


@pytest.mark.parametrize(
    ("rules", "problems"),
    [
        ("A + E -> 2A + E; 0 -> A; E = 1", ["A: there is no decay"]),
        ("0 -> A; A -> 0", ["A: there is no decay"]),
        ("0 -> A; 0 -> B; 2A -> A; 2B -> B; A + B -> A; B + A -> B + 2A", ["A, B: not feed-forward"]),
        ("0 -> A; 2A -> A; B -> 2B {0.1}; 2B -> B; A -> A + B", ["B: the equation has terms"]),
        ("0 -> A; 2A -> 3A; 3A -> A", ["A: the equation has terms"]),
        ("0 -> A; 2A -> A; at 3: A = 1", ["it has timed interventions"]),
        ("2A -> A; A -> B", ["A: h = 0", "B: "]),
    ],
)
def test_what_the_theorem_does_not_cover(rules, problems):
    result = certify(crn.Network.parse(rules))
    assert not result.holds
    for found, expected in zip(result.problems, problems, strict=True):
        assert found.startswith(expected)


def test_a_network_in_which_nothing_changes():
    result = certify(crn.Network((), species=["A"]))
    assert result.problems == ("no reaction changes any species, so there is no activation system",)


def test_it_says_what_it_found():
    text = str(certify(NN.to_network(D), starts=2))
    assert "5 activation systems in 2 layers" in text and "(q = 2)" in text and "from 2 starts up to 1e+06" in text


def test_wrong_arguments():
    with pytest.raises(TypeError, match="`network` must be a Network, but it is of type FeedForward"):
        certify(NN)
    with pytest.raises(ValueError, match="`starts` must be at least 2, but it is 1"):
        certify(NN.to_network(D), starts=1)
