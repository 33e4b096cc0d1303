"""Oscillators that can be set: their curves, their loss, and a test that the wrong networks fail."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.learning import Solution
from crnwidgets.learning.losses import trajectories
from crnwidgets.tasks import AmplitudeControl, FrequencyControl
from crnwidgets.zoo.recipes import RECIPES, oscillators

KEY = jax.random.PRNGKey(0)
TIMES = np.arange(0, 301, 2)

# The levels of the batch, before the change at 150 and after it.
FREQUENCIES = np.array([(0.3, 0.7), (0.5, 0.3), (0.7, 0.9), (0.9, 0.5)])
AMPLITUDES = np.array([(0.4, 0.8), (0.6, 0.4), (0.8, 1.0), (1.0, 0.6)])

# Three phases in turn, from crest to crest, whatever the first crest was.
RING = "Out -A-> A; A -B-> B; B -Out-> Out"
DAMPED = f"{RING}; A -0.02,A-> Out"


def solution(task, rules):
    return Solution.of(task, crn.Network.parse(f"species {', '.join(task.species)}\n{rules}"))


def examined(task, solution):
    """What the test says is wrong, and its figures."""
    findings, examination = [], task.examine(solution)
    while True:
        try:
            findings.append(next(examination))
        except StopIteration as end:
            progress = [finding.progress for finding in findings]
            assert progress == sorted(progress) and progress[0] > 0 and progress[-1] == 1
            said = [finding.failure for finding in findings if finding.failure]
            assert end.value["passed"] == (not said) and end.value == task.evaluate(solution)
            return said, end.value


def turns(levels):
    """How many periods have passed at each of TIMES, where the level 1 takes 30: (B, K)."""
    return (levels[:, :1] * np.minimum(TIMES, 150) + levels[:, 1:] * np.maximum(TIMES - 150, 0)) / 30


def states_of(task, out):
    """States, (1, B, K, N), in which Out is as given and the others are anything."""
    states = np.random.default_rng(0).uniform(size=(1, *out.shape, len(task.species)))
    states[0, ..., 0] = out
    return jnp.asarray(states)


def test_roles():
    frequency, amplitude = FrequencyControl(), AmplitudeControl()
    assert frequency.species == ("Out", "In", "A", "B", "C", "D")
    assert (frequency.inputs, frequency.outputs, frequency.catalysts) == (("In",), ("Out",), ("In",))
    assert amplitude.species == ("Out", "A", "B", "C")
    assert (amplitude.inputs, amplitude.outputs, amplitude.catalysts) == (("Out",), ("Out",), ())
    assert frequency.duration == amplitude.duration == 300 and frequency.cases == amplitude.cases == 4


def test_the_number_of_auxiliary_species():
    assert FrequencyControl(2).species == ("Out", "In", "A", "B")
    assert AmplitudeControl(1).species == ("Out", "A")
    for task in (FrequencyControl, AmplitudeControl):
        for wrong in (0, 21):
            with pytest.raises(ValueError, match=f"`auxiliary` must be from 1 to 20, but it is {wrong}"):
                task(wrong)


def test_frequency_starts_with_levels_of_in_and_shares_of_the_rest():
    task = FrequencyControl()
    learnt = np.log([[0.75, 7, 0.3, 0.15, 0.15, 0.15], [1, 1, 1, 1, 1, 1]])
    start = np.asarray(task.initial(jnp.asarray(learnt), KEY))
    assert start.shape == (2, 4, 6)
    np.testing.assert_allclose(start[:, :, 1], [FREQUENCIES[:, 0]] * 2, rtol=1e-6)
    np.testing.assert_allclose(
        start[0, :, [0, 2, 3, 4, 5]], np.repeat([[0.75], [0.3], [0.15], [0.15], [0.15]], 4, 1), 1e-5
    )
    np.testing.assert_allclose(np.delete(start, 1, axis=-1).sum(-1), 1.5, rtol=1e-6)
    again = task.initial(jnp.asarray(task.learnt(start[0, 0]))[None], KEY)
    np.testing.assert_allclose(again[0], start[0], rtol=1e-5)


def test_frequency_changes_with_in_alone():
    task = FrequencyControl()
    assert [n * task.duration / task.steps for n in task.interventions] == [150]
    before = jnp.asarray(np.random.default_rng(0).uniform(size=(3, 4, 6)))
    after = task.intervene(0, before, KEY)
    np.testing.assert_allclose(after[..., 1], [FREQUENCIES[:, 1]] * 3, rtol=1e-6)
    np.testing.assert_array_equal(np.delete(after, 1, -1), np.delete(before, 1, -1))


def test_amplitude_starts_with_levels_of_out_and_the_same_of_the_others():
    task = AmplitudeControl()
    learnt = task.learnt(np.array([0.4, 0.1, 0.01, 0.15]))
    start = np.asarray(task.initial(jnp.asarray(learnt)[None], KEY))
    np.testing.assert_allclose(start[0, :, 0], AMPLITUDES[:, 0], rtol=1e-6)
    np.testing.assert_allclose(start[0, :, 1:], [[0.1, 0.01, 0.15]] * 4, rtol=1e-5)
    # What cannot be learnt, nothing or too much, comes as near as it can.
    near = task.initial(jnp.asarray(task.learnt(np.array([0.4, 0, 0.5, 0.1])))[None], KEY)
    np.testing.assert_allclose(near[0, 0], [0.4, 0, 0.15, 0.1], atol=1e-5)


def test_amplitude_changes_by_what_is_added_or_taken_away():
    task = AmplitudeControl()
    assert [n * task.duration / task.steps for n in task.interventions] == [150]
    before = jnp.asarray(np.random.default_rng(0).uniform(0.5, 0.6, size=(3, 4, 4))).at[0, 3, 0].set(0.1)
    after = task.intervene(0, before, KEY)
    difference = AMPLITUDES[:, 1] - AMPLITUDES[:, 0]
    np.testing.assert_allclose(after[1:, :, 0], before[1:, :, 0] + difference, rtol=1e-6)
    assert after[0, 3, 0] == 0
    np.testing.assert_array_equal(after[..., 1:], before[..., 1:])


def test_loss_of_frequency():
    task = FrequencyControl()
    ideal = 0.3 + 0.2 * np.cos(2 * np.pi * turns(FREQUENCIES))
    assert float(task.loss(states_of(task, ideal))[0]) < 1e-10
    wrong = 0.3 + 0.2 * np.cos(2 * np.pi * turns(FREQUENCIES[:, [0, 0]]))
    expected = ((wrong - ideal) ** 2).mean()
    assert expected > 0.01
    np.testing.assert_allclose(task.loss(states_of(task, wrong)), [expected], rtol=1e-4)
    assert (ideal.min(), ideal.max()) == pytest.approx((task.low, task.high), abs=1e-3)


def test_loss_of_amplitude():
    task = AmplitudeControl()
    wave = (1 + np.cos(2 * np.pi * turns(AMPLITUDES))) / 2
    ideal = wave * np.where(TIMES < 150, AMPLITUDES[:, :1], AMPLITUDES[:, 1:])
    np.testing.assert_allclose(ideal[:, TIMES == 150][:, 0], AMPLITUDES[:, 1])  # all are at a crest
    assert float(task.loss(states_of(task, ideal))[0]) < 1e-10
    unchanged = wave * AMPLITUDES[:, :1]
    expected = (((unchanged - ideal) / AMPLITUDES.max(axis=1)[:, None]) ** 2).mean()
    assert expected > 0.01
    np.testing.assert_allclose(task.loss(states_of(task, unchanged)), [expected], rtol=1e-4)
    assert ideal.max() == task.high and ideal.min() >= task.low


@pytest.mark.parametrize("name", ["frequency", "amplitude"])
def test_a_case_is_what_is_trained(name):
    entry = crn.zoo.load(name)
    task, network = entry.task, entry.network
    T = jnp.asarray(network.to_tensor(), jnp.float32)[None]
    learnt = jnp.asarray(task.learnt(np.array(list(network.initial.values()))), jnp.float32)[None]
    trained = trajectories(task, T, task.initial(learnt, KEY), KEY)
    for number in range(task.cases):
        shown = crn.simulate(task.case(network, number), TIMES, rtol=1e-6)
        # As near as the long steps of training come.
        np.testing.assert_allclose(shown.concentrations, trained[0, number], atol=0.05)


def test_the_frequency_of_the_zoo_follows_in():
    entry = crn.zoo.load("frequency")
    said, figures = examined(entry.task, entry)
    assert not said and figures["fastest"] > 2 * figures["slowest"] > 0
    assert figures["swing_deviation"] <= 0.2 and figures["period_deviation"] <= 0.1
    assert figures["reaction_count"] == len(entry.network.reactions)
    # Periods counted in another way, on what the adaptive solver finds.
    times = np.arange(300, 1500, 0.25)
    above = crn.simulate(entry.network, times, initial={"In": 0.33}, rtol=1e-6)["Out"] > 0.3
    rises = times[1:][above[1:] & ~above[:-1]]
    assert (len(rises) - 1) / (rises[-1] - rises[0]) == pytest.approx(figures["slowest"], rel=1e-3)


def test_the_amplitude_of_the_zoo_follows_out():
    entry = crn.zoo.load("amplitude")
    said, figures = examined(entry.task, entry)
    assert not said and 0 < figures["deviation"] <= 0.15 and 0 < figures["deviation_after"] <= 0.15
    out = crn.simulate(entry.network, np.arange(1200, 1500, 0.25), initial={"Out": 0.77}, rtol=1e-6)["Out"]
    assert np.ptp(out) == pytest.approx(0.77, rel=figures["deviation"])


def test_a_ring_by_hand_has_the_amplitude_that_it_is_given():
    task = AmplitudeControl()
    said, figures = examined(task, solution(task, f"{RING}; A = 0.02; B = 0.02"))
    assert not said and figures["reaction_count"] == 3 and figures["deviation"] < 0.01


def test_amplitude_fails_a_ring_that_starts_with_too_much_of_the_others():
    task = AmplitudeControl()
    said, figures = examined(task, solution(task, f"{RING}; A = 0.15; B = 0.15"))
    assert said[0] == "From Out = 0.43, the swings are up to 23% off."
    assert "When Out goes from 0.73 to 0.43 at 30" in " ".join(said)
    assert figures["deviation"] > 0.15


def test_amplitude_fails_an_oscillator_that_dies():
    task = AmplitudeControl()
    said, _ = examined(task, solution(task, f"{DAMPED}; A = 0.02; B = 0.02"))
    assert said[0] == "From Out = 0.43, Out does not oscillate to the end." and len(said) == 20


def test_frequency_fails_an_oscillator_without_a_control():
    task = FrequencyControl(2)
    said, figures = examined(task, solution(task, f"{RING}; Out = 0.8; A = 0.1; B = 0.1"))
    assert said[0] == "With In = 0.39, Out is not faster than with 0.33."
    assert said[-1] == "With the highest In, Out is not twice as fast as with the lowest."
    assert figures["slowest"] == pytest.approx(figures["fastest"]) and figures["slowest"] > 0


def test_frequency_fails_an_oscillator_that_dies():
    task = FrequencyControl(2)
    said, _ = examined(task, solution(task, f"{DAMPED}; Out = 0.8; A = 0.1; B = 0.1"))
    assert said[0] == "With In = 0.33, Out does not oscillate until 1500."


def test_frequency_fails_one_that_follows_too_late():
    # In sets how much there is in the ring, slowly.
    task = FrequencyControl(3)
    slow = f"{RING}; C -0.003,In-> A; A -0.003,Out-> C; Out = 0.4; A = 0.1; B = 0.1; C = 0.4"
    said, figures = examined(task, solution(task, slow))
    assert "When In goes from 0.33 to 0.63 at 300, the periods of Out are up to 24% off two periods later." in said
    assert not any("With In =" in failure for failure in said) and figures["period_deviation"] > 0.1


def test_frequency_fails_an_oscillator_too_slow_to_see_it_follow():
    task = FrequencyControl(2)
    said, figures = examined(task, solution(task, f"{RING}; Out = 0.02; A = 0.005; B = 0.005"))
    assert 0 < figures["slowest"] < 1 / 300 and figures["period_deviation"] == 1
    assert said[-1] == "When In goes from 0.87 to 0.57 at 300, Out stops oscillating."


def test_a_still_network_fails_both():
    for task in (FrequencyControl(2), AmplitudeControl()):
        said, figures = examined(task, solution(task, "Out = 1"))
        assert len(said) > 19 and not figures["passed"]


def test_the_recipe_takes_one_that_passes(monkeypatch):
    said, good = [], crn.zoo.load("amplitude")
    _, *others = good.network.reactions
    bad = Solution.of(good.task, crn.Network(others, species=good.network.species, initial=good.network.initial))
    monkeypatch.setattr(oscillators, "_STEPS", 1)
    monkeypatch.setattr(oscillators, "_DRAWS", 2)
    monkeypatch.setattr(oscillators, "prune", lambda trainer, least, steps: [bad, good])
    made = RECIPES["amplitude"].make(0, said.append)
    assert made.solutions["amplitude"].network == good.network and made.runs["networks"] == 24
    assert "5 reactions" in said[-2] and said[-2].endswith("fails")
    assert "6 reactions" in said[-1] and said[-1].endswith("passes; with perturbed rates in 100.0% of 2")
    monkeypatch.setattr(oscillators, "prune", lambda trainer, least, steps: [bad])
    with pytest.raises(RuntimeError, match="None of the networks for 'amplitude' with the seed 0 passes"):
        RECIPES["amplitude"].make(0, said.append)
