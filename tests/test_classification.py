"""Points told apart by chemistry: the task, its test, and what the zoo has learnt."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.learning import Solution, Trainer
from crnwidgets.tasks import Classification
from crnwidgets.zoo.recipes import classification

KEY = jax.random.PRNGKey(0)
# Along a line: class 0 below the middle, 1 above.
LINE = np.linspace(-3, 5, 41)[:, None]
ABOVE = (LINE[:, 0] > 1).astype(int)
# As much of Y2 in the end as there is of X1, and as much of Y1 as of Xc.
BY_HAND = "species X1, Xc, Y1, Y2, A\nA -X1-> Y2\nA -Xc-> Y1"


def line(**options):
    return Classification(LINE, ABOVE, **{"hidden": 1, "low": 0.1, "high": 0.5, **options})


def figures(text, task):
    return task.evaluate(Solution.of(task, crn.Network.parse(text)))


# -- points and concentrations -----------------------------------------------------------------------------------------


def test_the_roles():
    task = Classification.two_moons(20, held_out=10)
    assert task.species == ("X1", "X2", "Xc", "Y1", "Y2", "A", "B", "C")
    assert task.inputs == task.catalysts == ("X1", "X2", "Xc") and task.outputs == ("Y1", "Y2")
    assert (task.duration, task.low, task.high, task.cases) == (40, 0.1, 0.6, 20)
    allowed = Trainer(task, 1).allowed[0]
    assert not (allowed & ~np.eye(8, dtype=bool))[:, :3].any() and allowed[:3, 3:, 3:].all()


def test_features_become_concentrations_by_the_points_for_training():
    task = line(held_out=np.isin(np.arange(41), (0, 40)))
    np.testing.assert_allclose(task.features([[-2.8], [1.0], [4.8]])[:, 0], [0, 0.5, 1], atol=1e-12)
    assert task.features(LINE).min() == 0 and task.features(LINE[[0, 40]])[:, 0].tolist() == [0, 1]
    start = task.starts(LINE)
    assert start[:, :2].sum(axis=1) == pytest.approx(1) and (start[:, 2:] == [0, 0, 1]).all()


def test_all_points_have_the_same_mass_and_a_feature_that_never_changes_is_nothing():
    points = np.random.default_rng(0).normal(size=(30, 3)) * [1, 50, 0] + 7
    task = Classification(points, np.arange(30) // 10, held_out=np.arange(30) % 2 == 0)
    start = task.starts(points)
    assert start.shape == (30, 10) and start.sum(axis=1) == pytest.approx(6) and start.min() >= 0
    assert (start[:, 2] == 0).all() and start[:, 1].max() == 1


def test_training_starts_with_all_points_that_are_not_held_out():
    task = line()
    assert task.held_out.tolist() == [i % 3 == 0 for i in range(41)]
    start = np.asarray(task.initial(jnp.zeros((3, 5)), KEY))
    assert start.shape == (3, 27, 5) and task.cases == 27
    np.testing.assert_allclose(start[2], task.starts(LINE[~task.held_out]), atol=1e-6)


def test_two_moons_are_two_half_circles():
    task = Classification.two_moons(100, held_out=40, noise=0, seed=3)
    assert np.bincount(task.labels[~task.held_out]).tolist() == [50, 50] and task.held_out.sum() == 40
    centres = np.array([[0, 0], [1, 0.5]])[task.labels]
    away = task.points - centres
    assert np.hypot(*away.T) == pytest.approx(1)
    assert (away[:, 1] * np.array([1, -1])[task.labels] >= 0).all()
    noisy = Classification.two_moons(100, held_out=40, noise=0.1, seed=3).points
    assert 0.08 < (noisy - task.points).std() < 0.12
    assert (Classification.two_moons(100, held_out=40, seed=4).points != noisy).all()


def test_iris_holds_each_flower_out_once():
    tasks = [Classification.iris(fold) for fold in range(3)]
    assert sum(task.held_out.astype(int) for task in tasks).tolist() == [1] * 150
    assert tasks[0].points.shape == (150, 4) and np.bincount(tasks[0].labels).tolist() == [50] * 3
    assert tasks[0].outputs == ("Y1", "Y2", "Y3")


def test_without_scikit_learn_it_is_said_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r"pip install \"crnwidgets\[digits\]\""):
        Classification.iris()


# -- the loss and the test ---------------------------------------------------------------------------------------------


def test_the_loss_asks_for_the_class_in_the_latter_half():
    task = line()
    states = np.zeros((2, 27, 21, 5))
    states[:, :, :10] = 7  # what is before does not matter
    one_hot = np.eye(2)[ABOVE[~task.held_out]]
    states[0, :, 10:, 2:4] = np.where(one_hot[:, None], 0.5, 0.1)
    states[1, :, 10:, 2:4] = np.where(one_hot[:, None], 0.3, 0.1)  # half-way
    np.testing.assert_allclose(task.loss(jnp.asarray(states)), [0, 0.5], atol=1e-6)


def test_a_network_by_hand_passes_and_its_mirror_image_fails():
    good = figures(BY_HAND, line())
    assert good["passed"] == good["accuracy"] == good["accuracy_later"] == good["accuracy_trained"] == 1
    bad = figures("species X1, Xc, Y1, Y2, A\nA -X1-> Y1\nA -Xc-> Y2", line())
    assert bad["passed"] == bad["accuracy"] == 0 and bad["reaction_count"] == 2


def test_the_classes_that_come_out_can_be_read():
    task, network = line(), crn.Network.parse(BY_HAND)
    levels = task.levels(network, [[-3], [0], [5]], durations=2)
    assert levels.shape == (3, 41, 2) and (levels[:, 0] == 0).all()
    share = task.features([[-3], [0], [5]])
    np.testing.assert_allclose(levels[:, -1], np.concatenate([1 - share, share], axis=1), atol=1e-5)
    assert task.right(network).sum() >= 40  # one is on the border
    for number in (0, task.cases - 1):
        one = crn.simulate(task.case(network, number), 40)
        assert (one["Y2"][-1] > one["Y1"][-1]) == ABOVE[~task.held_out][number]


def test_an_answer_must_last():
    # All of Y2 becomes Y1 in the end.
    result = figures(f"{BY_HAND}\nY2 -0.004,Y2-> Y1\nY2 -0.004,Y1-> Y1", line())
    assert result["accuracy"] > 0.9 > result["accuracy_later"] and result["passed"] == 0


def test_an_examination_names_what_is_wrong():
    task = line()
    lazy = Solution.of(task, crn.Network.parse("species X1, Xc, Y1, Y2, A\nA -A-> Y1"))
    found = list(task.examine(lazy))
    assert [finding.progress for finding in found] == [0.5, 1]
    assert found[0].failure == (
        "7 of 14 points are wrong at time 40; for point 21, which is of class 1, Y1 = 0.98, Y2 = 0.00"
    )
    assert "at time 400" in found[1].failure
    right = Solution.of(task, crn.Network.parse(BY_HAND))
    assert not any(finding.failure for finding in task.examine(right))
    assert figures("species X1, Xc, Y1, Y2, A\nA -A-> Y1", line(required=0.5))["passed"] == 1


def test_fast_reactions_are_tested_with_short_steps():
    fast = BY_HAND.replace("-X1", "-60,X1").replace("-Xc", "-60,Xc")
    assert figures(fast, line())["passed"] == 1


def test_a_little_training_tells_two_sides_apart():
    trainer = Trainer(line(duration=20), 4, learning_rate=0.3, l1=0.0)
    trainer.run(150, progress=False)
    assert trainer.task.evaluate(trainer.best)["accuracy"] > 0.9


# -- the zoo -----------------------------------------------------------------------------------------------------------


def test_the_recipe_makes_a_network_without_the_points_held_out(monkeypatch):
    monkeypatch.setattr(classification, "_STEPS", (60, 10))
    monkeypatch.setattr(classification, "_ROUND", 5)
    monkeypatch.setattr(classification, "_DRAWS", 3)

    def made(labels):
        def task(**options):
            return Classification(LINE, labels, hidden=1, high=0.5, **options)

        return classification.learn("line", task, 0).solutions["line"]

    solution = made(ABOVE)
    assert solution.task.duration == 40 and solution.task.evaluate(solution)["accuracy"] > 0.9
    # As if all that are held out had the other class.
    misled = made(np.where(solution.task.held_out, 1 - ABOVE, ABOVE))
    assert misled.network == solution.network and misled.task.evaluate(misled)["accuracy"] < 0.1


@pytest.mark.parametrize(("name", "accuracy", "reactions"), [("two-moons", 0.97, 20), ("iris", 0.95, 40)])
def test_the_zoo_has_few_reactions_that_tell_points_apart(name, accuracy, reactions):
    solution, stated = crn.zoo.load(name), crn.zoo.entry(name).figures
    assert stated["passed"] == 1 and min(stated["accuracy"], stated["accuracy_later"]) >= accuracy
    assert solution.reaction_count <= reactions and min(r.rate for r in solution.network.reactions) >= 1e-3
    held_out = np.flatnonzero(solution.task.held_out)[:4]
    right = solution.task.right(solution.network)
    for i in held_out:
        (start,) = solution.task.starts(solution.task.points[[i]])
        end = crn.simulate(solution.network, 40, initial=start)
        outputs = [end[output][-1] for output in solution.task.outputs]
        assert (np.argmax(outputs) == solution.task.labels[i]) == right[i]


# -- wrong arguments ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"hidden": 0}, "`hidden` must be from 1 to 20, but it is 0"),
        ({"duration": 0}, "`duration` must be positive and finite"),
        ({"low": 0.5}, "`low` and `high` must be rising"),
        ({"high": 2}, "`low` and `high` must be rising, from 0 to the 1 hidden species"),
        ({"required": 1.5}, "`required` must be at most 1"),
        ({"required": -1}, "`required` must be finite and not negative"),
        ({"held_out": [True, False]}, "`held_out` must be 41 times true or false"),
        ({"held_out": np.zeros(41, bool)}, r"`labels` must be .* among the points held out, but there they are \[\]"),
        ({"held_out": ABOVE == 1}, r"`labels` must be .* among the points to train with, but there they are \[0\]"),
    ],
)
def test_wrong_options(options, problem):
    with pytest.raises(ValueError, match=f"Arguments? {problem}"):
        line(**options)


@pytest.mark.parametrize(
    ("points", "labels", "problem"),
    [
        (LINE[:, 0], ABOVE, "`points` must be finite and have the shape"),
        (LINE * np.nan, ABOVE, "`points` must be finite"),
        (LINE, ABOVE[:-1], "`labels` must be 41 whole numbers"),
        (LINE, ABOVE / 2, "`labels` must be 41 whole numbers, but it is of float64"),
        (LINE, ABOVE + 1, "`labels` must be whole numbers from 0 to 2, each of them among the points to train with"),
        (LINE, 0 * ABOVE, "`labels` must be whole numbers from 0 to 1"),
    ],
)
def test_wrong_points(points, labels, problem):
    with pytest.raises(ValueError, match=f"Argument {problem}"):
        Classification(points, labels)


def test_other_wrong_arguments():
    task = line()
    with pytest.raises(ValueError, match=r"Argument `points` must have the shape \(n, 1\), but it has \(2,\)"):
        task.features([1.0, 2.0])
    with pytest.raises(ValueError, match="Argument `number` must be from 0 to 26"):
        task.case(crn.Network.parse(BY_HAND), 27)
    with pytest.raises(ValueError, match="Argument `fold` must be from 0 to 2"):
        Classification.iris(3)
    with pytest.raises(ValueError, match="Argument `count` must be at least 2"):
        Classification.two_moons(1)
    with pytest.raises(ValueError, match="Argument `noise` must be finite and not negative"):
        Classification.two_moons(noise=-1)
