"""The seven-segment display: roles, loss, and a test that finds each kind of wrong network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.learning import Solution
from crnwidgets.learning.losses import trajectories
from crnwidgets.tasks import SevenSegment

KEY = jax.random.PRNGKey(0)
TASK = SevenSegment()

# Sa to Sd show the four bits: made of Ic by an input and unmade by Ic, each settles to the level of its input.
BITS = ["".join(np.array(list("abcd"))[[bit == "1" for bit in f"{n:04b}"]]) for n in range(16)]
PLAIN = SevenSegment(BITS)
COPIES = "".join(f"Ic -I{3 - i}-> {s}\n{s} -Ic-> Ic\n" for i, s in enumerate(["Sa", "Sb", "Sc", "Sd"]))


def solution(text, task=PLAIN):
    network = crn.Network.parse(f"species {', '.join(task.species)}\n{text}")
    return Solution(network, 0.0, len(network.reactions), task)


def test_species_and_roles():
    assert TASK.species == (*TASK.inputs, *TASK.outputs, "A", "B", "C", "D")
    assert TASK.inputs == ("I3", "I2", "I1", "I0", "Ic")
    assert TASK.catalysts == ("I3", "I2", "I1", "I0")
    assert TASK.outputs == ("Sa", "Sb", "Sc", "Sd", "Se", "Sf", "Sg")
    assert SevenSegment(auxiliary=1).species[12:] == ("A",)


def test_the_digits_are_those_that_people_read():
    pictures = {0: ["_", "| |", "|_|"], 2: ["_", "_|", "|_"], 4: ["", "|_|", "|"], 11: ["", "|_", "|_|"]}
    places = {"a": (0, 1), "f": (1, 0), "g": (1, 1), "b": (1, 2), "e": (2, 0), "d": (2, 1), "c": (2, 2)}
    for number, digit in enumerate(TASK.digits):
        rows = [[" "] * 3 for _ in range(3)]
        for segment in digit:
            row, column = places[segment]
            rows[row][column] = "_" if segment in "agd" else "|"
        if number in pictures:
            drawn = ["".join(row) for row in rows]
            assert [line.strip() for line in drawn] == pictures[number]
    assert len(set(TASK.digits)) == 16


def test_the_batch_is_all_inputs_with_the_same_mass():
    x0 = np.asarray(SevenSegment(perturbation=0).initial(jnp.zeros((3, 16)), KEY))
    assert x0.shape == (3, 16, 16)
    np.testing.assert_allclose(x0.sum(-1), 1, rtol=1e-6)
    np.testing.assert_allclose(x0[2, 0b1010, :5], [0.1, 0.01, 0.1, 0.01, 0.78], rtol=1e-6)
    assert (x0[..., 5:] == 0).all()


def test_each_step_perturbs_the_inputs_anew():
    plain = np.asarray(SevenSegment(perturbation=0).initial(jnp.zeros((3, 16)), KEY))
    one, other = (np.asarray(TASK.initial(jnp.zeros((3, 16)), jax.random.PRNGKey(n))) for n in (1, 2))
    for x0 in (one, other):
        np.testing.assert_allclose(abs(x0[..., :4] / plain[..., :4] - 1), 0.05, rtol=1e-4)
        np.testing.assert_allclose(x0.sum(-1), 1, rtol=1e-6)
        assert (x0[..., 5:] == 0).all() and (x0 == x0[:1]).all()
    assert (one != other).any()


@pytest.mark.parametrize("number", [0, 6, 15])
def test_a_case_is_one_of_the_batch(number):
    network = TASK.case(crn.Network([], species=TASK.species), number)
    expected = SevenSegment(perturbation=0).initial(jnp.zeros((1, 16)), KEY)[0, number]
    np.testing.assert_allclose(list(network.initial.values()), expected, rtol=1e-6)
    with pytest.raises(ValueError, match="`number` must be from 0 to 15, but it is 16"):
        TASK.case(network, 16)


def states(levels):
    """Trajectories in which the outputs have these levels in the latter half: (P, 16, 7) → (P, 16, K, N)."""
    result = np.full((len(levels), 16, TASK.steps // TASK.every + 1, 16), 0.05)
    result[:, :, result.shape[2] // 2 :, 5:12] = levels[:, :, None]
    return jnp.asarray(result)


def test_loss_is_the_squared_hinge_of_the_latter_half():
    lit = np.array([[s in digit for s in "abcdefg"] for digit in TASK.digits])
    right = np.where(lit, 0.1, 0.01)
    middle, beyond = np.full_like(right, 0.055), np.where(lit, 0.3, 0.0)
    one = right.copy()
    one[3, 4] += 0.09  # Se of the 3, which is dark, is as high as if it were lit
    losses = TASK.loss(states(np.stack([right, beyond, middle, one, np.where(lit, 0.01, 0.1)])))
    np.testing.assert_allclose(losses, [0, 0, 1, 4 / 112, 4], atol=1e-5)


def test_the_loss_begins_where_segments_must_have_settled():
    late = SevenSegment(duration=800, settled=0.25)  # K = 81
    right = np.where(np.array([[s in digit for s in "abcdefg"] for digit in TASK.digits]), 0.1, 0.01)
    levels = np.full((1, 16, 81, 16), 0.05)
    levels[:, :, 20:, 5:12] = right[:, None]
    np.testing.assert_allclose(late.loss(jnp.asarray(levels)), 0, atol=1e-6)
    levels[0, :, 20, 5:12] = 0.055
    np.testing.assert_allclose(late.loss(jnp.asarray(levels)), 1 / 61, rtol=1e-4)


def test_other_digits_compile_nothing_again():
    assert jax.tree.structure(TASK) == jax.tree.structure(PLAIN)
    assert PLAIN.digits == tuple(BITS) and jax.tree.unflatten(*reversed(jax.tree.flatten(PLAIN))).digits == PLAIN.digits


def test_a_network_by_hand_passes():
    found = solution(COPIES)
    result = PLAIN.evaluate(found)
    assert {name: result[name] for name in ("passed", "digits", "segments", "perturbed", "reaction_count")} == {
        "passed": 1,
        "digits": 16,
        "segments": 112,
        "perturbed": 256,
        "reaction_count": 8,
    }
    assert result["margin"] == pytest.approx((2 * 0.095 - 0.11) / 0.09, abs=1e-3)  # of an input 5 % below 0.1
    exact = SevenSegment(BITS, perturbation=0)
    assert Solution.of(exact, found.network).loss < 1e-6
    T = jnp.asarray(found.network.to_tensor()[None], jnp.float32)
    end = trajectories(exact, T, exact.initial(jnp.zeros((1, 16)), KEY), KEY)[0, 0b0101, -1]
    adaptive = crn.simulate(exact.case(found.network, 0b0101), exact.duration).concentrations[-1]
    np.testing.assert_allclose(end, adaptive, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "digits", "segments", "perturbed"),
    [
        ("", 1, 80, 16),  # always dark, which is right for 0 alone
        (COPIES.replace("Ic -I1-> Sc\n", ""), 8, 104, 128),  # one bit is never shown
        (COPIES.replace("Ic -I0-> Sd", "Ic -I1-> Sd"), 8, 104, 128),  # one bit is another
        (COPIES.replace("Ic -I0-> Sd", "Ic -I0-> Sd {0.56}"), 16, 112, 192),  # right, but by too little
    ],
)
def test_wrong_networks_fail(text, digits, segments, perturbed):
    result = PLAIN.evaluate(solution(text))
    assert (result["passed"], result["digits"], result["segments"]) == (0, digits, segments)
    assert result["perturbed"] == perturbed and result["margin"] < 0


def test_what_goes_wrong_after_the_time_of_training_fails():
    text = COPIES + "Ic -Ic-> Se {0.00011}"  # fills a dark segment within 600
    short = SevenSegment(BITS, duration=200)
    assert short.evaluate(solution(text, short))["passed"] == 1
    assert PLAIN.evaluate(solution(text))["passed"] == 0
    findings = list(PLAIN.examine(solution(text)))
    assert findings[0].failure.startswith("digit 0 (I3 = ")
    assert "Se is 0.0" in findings[0].failure and findings[0].failure.endswith(" at 800, but must be below 0.055")
    assert findings[15] == (1, "")  # little of Ic is left to fill it


def test_a_failure_names_the_inputs_with_which_it_comes():
    failures = [f.failure for f in PLAIN.examine(solution(COPIES.replace("Ic -I0-> Sd", "Ic -I0-> Sd {0.56}")))]
    assert [bool(failure) for failure in failures] == [False, True] * 8
    assert "digit D (" in failures[13] and "I0 = 0.095)" in failures[13] and "must be above 0.055" in failures[13]


def test_fast_reactions_are_solved_as_they_are():
    fast = COPIES.replace("\n", " {30}\n")
    assert PLAIN.evaluate(solution(fast))["margin"] == pytest.approx((2 * 0.095 - 0.11) / 0.09, abs=1e-3)


def test_training_finds_its_way():
    task = SevenSegment(duration=100)
    trainer = crn.Trainer(task, population=1, seed=0, learning_rate=0.1, k_min=1e-2)
    trainer.run(60, progress=False)
    assert trainer.best.loss < 0.7  # 0.83 is what a network reaches that does not look at its inputs
    for reaction in trainer.best.network.reactions:
        a, _, b = reaction.catalysis[:3]
        assert not {a, b} & {"I3", "I2", "I1", "I0"}


def test_the_zoo_has_it():
    found = crn.zoo.load("display")
    assert isinstance(found.task, SevenSegment) and found.task.digits == TASK.digits
    result = found.task.evaluate(found)
    assert (result["digits"], result["segments"], result["perturbed"], result["passed"]) == (16, 112, 256, 1)


@pytest.mark.parametrize(
    "arguments",
    [
        {"digits": BITS[:15]},
        {"digits": ["h"] * 16},
        {"auxiliary": -1},
        {"duration": 0},
        {"settled": 1},
        {"low": 0.1},
        {"high": 0.13},
        {"perturbation": 0.6},
    ],
)
def test_wrong_arguments(arguments):
    with pytest.raises(ValueError, match=f"Argument.* `{next(iter(arguments))}` .*must .*, but"):
        SevenSegment(**arguments)
