"""The waveform task: its curves, its loss, its test of a solution, and what it refuses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.learning import Solution
from crnwidgets.tasks import Waveform

KEY = jax.random.PRNGKey(0)


def test_squares():
    task = Waveform.squares()
    assert (task.duration, task.steps, task.period, task.low, task.high) == (100, 200, 40, 0.1, 0.5)
    assert task.species == ("A", "B", "C", "D", "E")
    at = dict(zip(task.times, task.target, strict=True))
    assert [at[t] for t in (0, 19.5, 20, 39.5, 40, 59.5, 60, 79.5, 80, 99.5)] == [0.5, 0.5, 0.1, 0.1] * 2 + [0.5, 0.5]


def test_peaks_fall():
    task = Waveform.peaks()
    f = task.target
    tops = [i for i in range(1, len(f) - 1) if f[i - 1] < f[i] > f[i + 1]]
    assert len(tops) == 3
    assert f[tops[0]] > f[tops[1]] > f[tops[2]] > 0.1
    assert task.duration == 100 and task.period is None


def test_from_samples_draws_straight_lines():
    task = Waveform.from_samples([1, 2, 4], [0, 3, 1], species=("out", "help"), steps=8)
    assert task.species == ("out", "help") and task.duration == 4
    np.testing.assert_allclose(task.target, [0, 0, 0, 1.5, 3, 2.5, 2, 1.5, 1])
    assert task.total == 6  # enough of everything to reach the highest value


def test_another_curve_keeps_the_rest_of_the_task():
    task = Waveform.from_samples(
        [0, 10], [0.1, 0.5], species=("out", "help"), steps=4, initial={"help": 0.3}, total=0.8
    )
    other = task.with_target([0.5, 0.1, 0.5, 0.1, 0.5], period=5)
    np.testing.assert_array_equal(other.target, [0.5, 0.1, 0.5, 0.1, 0.5])
    assert (other.species, other.duration, other.steps, other.total) == (task.species, 10, 4, 0.8)
    np.testing.assert_allclose(other.initial(jnp.zeros((1, 2)), KEY), [[[0.5, 0.3]]], rtol=1e-6)
    assert (task.period, other.period) == (None, 5)
    assert other.with_target([0] * 5).period is None
    assert task.with_target([0, 1, 0, 1, 0]).total == 2  # as much as a curve so high needs
    for wrong in ([0.1] * 4, [-1] * 5, [np.nan] * 5):
        with pytest.raises(ValueError, match="`target` must"):
            task.with_target(wrong)


def test_loss_is_the_mean_squared_distance_of_the_first_species():
    task = Waveform.from_samples([0, 10], [0.1, 0.5], species=3, steps=7)
    states = np.random.default_rng(0).uniform(size=(4, 2, 8, 3))
    expected = [((states[p, :, :, 0] - task.target) ** 2).mean() for p in range(4)]
    np.testing.assert_allclose(task.loss(jnp.asarray(states)), expected, rtol=1e-6)


def test_learnt_concentrations_share_the_total():
    task = Waveform.from_samples([0, 10], [0.1, 0.5], species=3, total=2)
    x0 = task.initial(jax.random.normal(KEY, (4, 3)), KEY)
    assert x0.shape == (4, 1, 3)
    assert (np.asarray(x0) > 0).all()
    np.testing.assert_allclose(x0.sum(-1), 2, rtol=1e-6)


@pytest.mark.parametrize("fixed", [{"B": 0.25}, {"A": 0.2, "C": 0}, {"A": 0.2, "B": 0.3, "C": 4}])
def test_fixed_concentrations_stay(fixed):
    task = Waveform.from_samples([0, 10], [0.1, 0.5], species=3, initial=fixed)
    learnt = jax.random.normal(KEY, (4, 3))
    x0, back = jax.vjp(lambda learnt: task.initial(learnt, KEY), learnt)
    for name, value in fixed.items():
        np.testing.assert_allclose(x0[:, 0, task.species.index(name)], value, rtol=1e-6)
    if len(fixed) < 3:
        np.testing.assert_allclose(x0.sum(-1), 1, rtol=1e-6)
    slopes = np.asarray(back(jnp.ones_like(x0).at[..., 0].set(2))[0])
    assert np.isfinite(slopes).all()
    np.testing.assert_allclose(slopes[:, [task.species.index(name) for name in fixed]], 0, atol=1e-7)


@pytest.mark.parametrize("fixed", [{}, {"B": 0.2}, {"A": 0.1, "C": 0.3}])
def test_what_is_learnt_from_initial_concentrations_makes_them_again(fixed):
    task = Waveform.from_samples([0, 10], [0.1, 0.5], species=3, initial=fixed, total=1.0)
    start = np.array([0.1, 0.2, 0.7]) if "C" not in fixed else np.array([0.1, 0.6, 0.3])

    def made(wanted):
        learnt = task.learnt(wanted)
        assert np.isfinite(learnt).all()
        return task.initial(jnp.asarray(learnt, jnp.float32)[None], KEY)[0, 0]

    np.testing.assert_allclose(made(start), start, atol=1e-6)
    # Another total is shared in the same way, and nothing at all evenly.
    for wanted in (start / 2, np.zeros(3), np.array([0.5, 0, 0])):
        np.testing.assert_allclose(made(wanted).sum(), 1, rtol=1e-6)


def test_two_curves_have_one_structure():
    one, other = Waveform.squares(), Waveform.peaks()
    assert jax.tree.structure(one) == jax.tree.structure(other)
    assert jax.tree.structure(one) != jax.tree.structure(Waveform.squares(species=4))
    again = jax.tree.unflatten(*reversed(jax.tree.flatten(one)))
    np.testing.assert_array_equal(again.target, one.target)
    assert (again.species, again.period) == (one.species, one.period)


def solution(task, text):
    network = crn.Network.parse(text)
    return Solution(network, 0.0, len(network.reactions), task)


def test_evaluate_an_oscillator_against_its_own_curve():
    network = crn.Network.parse("A -B-> B; B -C-> C; C -A-> A; A = 0.8; B = 0.1; C = 0.1")
    traj = crn.simulate(network, np.linspace(0, 60, 301))
    task = Waveform.from_samples(traj.times, traj["A"], species=3, steps=300)
    result = task.evaluate(Solution(network, 0.0, 3, task))
    assert result["error"] < 1e-12
    assert (result["passed"], result["reaction_count"], result["oscillates"]) == (1, 3, 1)
    assert "error_after" not in result


def test_evaluate_a_network_that_stands_still():
    task = Waveform.squares(species=2)
    result = task.evaluate(solution(task, "species A, B\nA -B-> B\nA = 0.3"))
    assert result["error"] == pytest.approx(0.04)
    assert result["error_after"] == pytest.approx(0.04)
    assert (result["passed"], result["oscillates"]) == (0, 0)


def test_error_after_is_of_the_repeated_curve():
    task = Waveform.squares(species=1)
    result = task.evaluate(solution(task, "species A\nA = 0.5"))
    times = np.arange(100.5, 200.25, 0.5)
    assert result["error_after"] == pytest.approx(np.mean(np.where(times % 40 < 20, 0, 0.16)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"times": [0, 1, 1]}, "`times`"),
        ({"times": [-1, 1, 2]}, "`times`"),
        ({"values": [1, 2]}, "`values`"),
        ({"values": [1, 2, -1]}, "`target`"),
        ({"values": [1, 2, np.nan]}, "`values`"),
        ({"steps": 0}, "`steps`"),
        ({"species": 0}, "`species`"),
        ({"total": 0}, "`total`"),
        ({"period": 5}, "`period`"),
        ({"tolerance": -1}, "`tolerance`"),
        ({"initial": {"X": 1}}, "`initial`"),
        ({"initial": {"A": -1}}, "`initial`"),
        ({"initial": {"A": 9}}, "`initial`"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=f"Argument {message} must .*, but"):
        Waveform.from_samples(**{"times": [0, 1, 2], "values": [0.1, 0.2, 0.3], **arguments})
