"""Winner takes all: its batch, its loss, its test, and that a little training finds approximate majority."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.learning import Solution, Trainer
from crnwidgets.tasks import WinnerTakesAll

KEY = jax.random.PRNGKey(0)
ANGLUIN = "species A, B, C\nA -B-> C; B -A-> C; C -A-> A; C -B-> B"


def evaluated(text):
    task = WinnerTakesAll()
    return task.evaluate(Solution.of(task, crn.Network.parse(text)))


def test_the_roles():
    task = WinnerTakesAll()
    assert (task.species, task.inputs, task.outputs) == (("A", "B", "C"), ("A", "B"), ("A", "B"))
    assert task.duration == 200 and WinnerTakesAll(5).duration == 5


def test_a_batch_is_drawn_by_the_key_and_is_the_same_for_all_networks():
    task = WinnerTakesAll()
    start = np.asarray(task.initial(jnp.zeros((3, 3)), KEY))
    np.testing.assert_array_equal(start[0], start[2])
    assert (start[..., 2] == 0).all()
    drawn = start[0, :, :2]
    assert 0 <= drawn.min() < 0.1 and 0.9 < drawn.max() <= 1 and len(np.unique(drawn)) == drawn.size
    assert (np.asarray(task.initial(jnp.zeros((3, 3)), jax.random.PRNGKey(1)))[0, :, :2] != drawn).all()


def test_the_loss_asks_for_everything_in_the_winner_at_the_end():
    states = np.zeros((2, 2, 4, 3))
    states[:, :, 0, :2] = [[0.5, 0.2], [0.1, 0.3]]
    states[:, :, 1:3] = 7  # what is in between does not matter
    states[0, :, -1, :2] = [[0.7, 0], [0, 0.4]]
    states[1, :, -1, :2] = [[0, 0.7], [0, 0.4]]
    np.testing.assert_allclose(WinnerTakesAll().loss(jnp.asarray(states)), [0, 2 * 0.7**2 / 4], atol=1e-12, rtol=1e-6)


def test_the_network_of_angluin_passes():
    result = evaluated(ANGLUIN)
    assert (result["passed"], result["approximate_majority"], result["reaction_count"]) == (1, 1, 4)
    assert result["accuracy_0.01"] == result["accuracy_0.5"] == result["slowest_rate"] == 1


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        # The loser takes all.
        ("species A, B, C\nB -B-> C; A -A-> C; C -A-> B; C -B-> A", 0, 0),
        # Always A.
        ("species A, B, C\nB -A-> A", 0.5, 0.5),
        # Nobody: A and B turn into each other.
        ("species A, B, C\nA -B-> C; B -A-> C; C -C-> A; A -A-> B", 0, 0),
        # A head start for A: only clear cases are right.
        ("species A, B, C\nA -0.5,B-> C; B -A-> C; C -A-> A; C -B-> B", 0.5, 0.75),
    ],
)
def test_wrong_networks_fail(text, least, most):
    result = evaluated(text)
    assert result["passed"] == 0
    assert least <= result["accuracy_0.01"] <= most


def test_other_networks_of_four_reactions_are_not_that_of_angluin():
    assert evaluated("species A, B, C\nA -B-> C; B -A-> C; C -A-> A; C -A-> B")["approximate_majority"] == 0
    assert evaluated(f"{ANGLUIN}; A -0.05,C-> B")["approximate_majority"] == 0


def test_an_examination_names_what_is_wrong():
    task = WinnerTakesAll()
    findings = list(task.examine(Solution.of(task, crn.Network.parse("species A, B, C\nB -A-> A"))))
    assert [finding.progress for finding in findings] == sorted(finding.progress for finding in findings)
    assert findings[-1].progress == 1
    assert findings[0].failure == (
        "|A − B| = 0.5: 50 of 100 starts go wrong; from A = 0.005, B = 0.505 the winner has 0.00 of everything at "
        "time 2000"
    )
    assert not any(finding.failure for finding in task.examine(Solution.of(task, crn.Network.parse(ANGLUIN))))


def test_a_case_is_a_mixture():
    task = WinnerTakesAll()
    shown = [task.case(crn.Network.parse(ANGLUIN), number) for number in range(task.cases)]
    assert [network.initial["A"] for network in shown] == pytest.approx(np.arange(1, 16, 2) / 16)
    for network in shown:
        assert sum(network.initial.values()) == 1
        end = crn.simulate(network, task.duration)
        assert (end["A"][-1] > 0.9) == (network.initial["A"] > 0.5)


def test_training_finds_the_network_of_angluin():
    trainer = Trainer(WinnerTakesAll(5), population=8, seed=0, learning_rate=0.1, l1=0.0, k_min=0.05)
    for duration in (5, 10):
        trainer.task = WinnerTakesAll(duration)
        trainer.run(100, progress=False)
    found = [trainer.task.evaluate(solution) for solution in trainer.solutions()]
    assert any(result["approximate_majority"] for result in found)


def test_the_zoo_has_it():
    solution = crn.zoo.load("majority")
    result = solution.task.evaluate(solution)
    assert result["passed"] == result["approximate_majority"] == 1


@pytest.mark.parametrize("duration", [0, -1, np.inf, np.nan])
def test_wrong_durations(duration):
    with pytest.raises(ValueError, match="Argument `duration` must be positive and finite, but"):
        WinnerTakesAll(duration)
