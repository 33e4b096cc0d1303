"""The converter: its batch, its loss, its test of a network, and that a little training makes one of a bit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.learning import Solution, Trainer
from crnwidgets.tasks import AnalogToDigital

KEY = jax.random.PRNGKey(0)

# X and Xc share A out; then approximate majority.
BIT = """
species X, Xc, B0hi, B0lo, A
A -X-> B0hi; A -Xc-> B0lo
B0hi -B0lo-> A; B0lo -B0hi-> A; A -B0hi-> B0hi; A -B0lo-> B0lo
"""
SHARED = "species X, Xc, B0hi, B0lo, A\nA -X-> B0hi; A -Xc-> B0lo"


def solution(text, bits=1):
    task = AnalogToDigital(bits)
    return Solution.of(task, crn.Network.parse(text))


def evaluated(text):
    found = solution(text)
    return found.task.evaluate(found)


def test_the_roles():
    task = AnalogToDigital()
    assert task.species == ("X", "Xc", "B2hi", "B2lo", "B1hi", "B1lo", "B0hi", "B0lo", "A", "B", "C")
    assert task.inputs == task.catalysts == ("X", "Xc") and task.outputs == task.species[2:8]
    assert AnalogToDigital(1).species == ("X", "Xc", "B0hi", "B0lo", "A")


def test_a_batch_covers_the_range_and_is_the_same_for_all_networks():
    task = AnalogToDigital(samples=16)
    start = np.asarray(task.initial(jnp.zeros((3, 11)), KEY))
    np.testing.assert_array_equal(start[0], start[2])
    x = start[0, :, 0]
    np.testing.assert_array_equal(np.floor(16 * x), np.arange(16))
    np.testing.assert_allclose(start[0, :, 1], 1 - x, rtol=1e-6)
    assert (start[..., 2:8] == 0).all() and (start[..., 8:] == 1).all()
    assert (np.asarray(task.initial(jnp.zeros((3, 11)), jax.random.PRNGKey(1)))[0, :, 0] != x).all()


def states_of(task, x, outputs):
    """What a network shows that has these outputs, (B, 2 bits), in the second half, and anything in the first."""
    states = np.full((1, len(x), 21, len(task.species)), 0.5)
    states[0, :, 0, 0] = x
    states[0, :, 10:, 2 : 2 + 2 * task.bits] = np.asarray(outputs)[:, None]
    return jnp.asarray(states)


def test_the_loss_is_zero_for_the_right_numbers():
    task = AnalogToDigital(2)
    x = [0, 0.2, 0.3, 0.6, 0.8, 1]
    right = [[0, 1, 0, 1], [0, 1, 0, 1], [0, 1, 1, 0], [1, 0, 0, 1], [1, 0, 1, 0], [1, 0, 1, 0]]
    assert task.loss(states_of(task, x, right)) == 0
    wrong = np.array(right, float)
    wrong[2, 2:] = [0, 1]
    assert task.loss(states_of(task, x, wrong)) == pytest.approx(2 / 24)


def test_the_loss_leaves_out_what_is_near_to_a_threshold():
    task = AnalogToDigital(1, margin=0.05)
    near, far = [[0, 1], [1, 0]], [[0, 1], [0, 1]]
    assert task.loss(states_of(task, [0.54, 0.9], near)) == 0
    assert task.loss(states_of(task, [0.56, 0.9], near)) == pytest.approx(0.5)
    # The ends of the range are no thresholds.
    assert task.loss(states_of(task, [0.01, 0.99], far)) == pytest.approx(0.5)
    assert task.loss(states_of(task, [0.5, 0.51], far)) == 0


def test_a_converter_written_by_hand_passes():
    result = evaluated(BIT)
    assert (result["passed"], result["wrong"], result["wrong_later"], result["reaction_count"]) == (1, 0, 0, 6)
    # 256 evenly spaced inputs from 0 to 1 without the two on either side of the threshold.
    assert result["inputs"] == 252 and result["clear"] > 0.9 and result["mean_error"] < 0.02


def test_a_converter_without_a_decision_is_right_but_not_clear():
    result = evaluated(SHARED)
    assert result["passed"] == 1 and result["clear"] < 0.3 and result["mean_error"] == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (BIT.replace("A -X->", "A -Y->").replace("A -Xc->", "A -X->").replace("A -Y->", "A -Xc->"), 252),
        ("species X, Xc, B0hi, B0lo, A\nA -A-> B0hi", 126),  # always 1
        ("species X, Xc, B0hi, B0lo, A", 252),  # nothing happens
        (BIT.replace("A -X->", "A -0.8,X->"), 14),  # a threshold in the wrong place
    ],
)
def test_wrong_networks_fail(text, wrong):
    result = evaluated(text)
    assert result["passed"] == 0 and result["wrong"] == pytest.approx(wrong, abs=2 if wrong < 100 else 0)


def test_an_answer_must_last():
    result = evaluated(f"{SHARED}; B0hi -0.0001,X-> B0lo; B0hi -0.0001,Xc-> B0lo")
    assert (result["passed"], result["wrong"]) == (0, 0) and 0 < result["wrong_later"] < 10


def test_an_examination_names_the_input_and_the_outputs():
    task = AnalogToDigital(1)
    always = Solution.of(task, crn.Network.parse("species X, Xc, B0hi, B0lo, A\nA -A-> B0hi"))
    first, second = task.examine(always)
    assert (first.progress, second.progress) == (0.5, 1)
    assert first.failure == ("126 inputs are wrong at time 40; for x = 0.0000, which is 0, B0hi = 0.98, B0lo = 0.00")
    assert not any(finding.failure for finding in task.examine(solution(BIT)))


def test_cases_count():
    task = AnalogToDigital(2)
    network = crn.Network([], species=task.species)
    shown = [dict(task.case(network, number).initial) for number in range(task.cases)]
    assert [case["X"] for case in shown] == [0.125, 0.375, 0.625, 0.875]
    assert shown[3] == {"X": 0.875, "Xc": 0.125, **dict.fromkeys(task.outputs, 0), "A": 1, "B": 1}


def test_training_makes_a_converter_of_one_bit():
    task = AnalogToDigital(1, duration=20, margin=0.03, samples=32)
    trainer = Trainer(task, population=8, seed=0, learning_rate=0.1, l1=0.0)
    trainer.run(200, progress=False)
    result = task.evaluate(trainer.best)
    assert result["wrong"] <= 10 and result["mean_error"] < 0.1
    # Inputs only catalyse.
    assert not any({"X", "Xc"} & {r.catalysis[0], r.catalysis[2]} for r in trainer.best.network.reactions)


def test_the_zoo_has_it():
    found = crn.zoo.load("converter")
    result = found.task.evaluate(found)
    assert result["passed"] == 1 and result["wrong"] == result["wrong_later"] == 0 and result["inputs"] > 220


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"bits": 0}, ValueError, "`bits` must be from 1 to 5"),
        ({"bits": 6}, ValueError, "`bits` must be from 1 to 5"),
        ({"bits": 1.5}, TypeError, "`bits` must"),
        ({"duration": 0}, ValueError, "`duration` must be positive"),
        ({"margin": 0.0625}, ValueError, "`margin` must be from 0 to less than half of a level"),
        ({"margin": -0.1}, ValueError, "`margin` must"),
        ({"samples": 0}, ValueError, "`samples` must be at least 1"),
    ],
)
def test_wrong_arguments(arguments, error, message):
    with pytest.raises(error, match=f"Argument {message}.*, but"):
        AnalogToDigital(**arguments)
