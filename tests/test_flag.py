"""Three bands in lines of chambers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.learning import Solution
from crnwidgets.tasks import FrenchFlag

KEY = jax.random.PRNGKey(3)

# By hand: between the ends B falls evenly and A rises. Of Blue and White there is as much where B is twice A.
BY_HAND = """chambers 9 line
species L, R, Blue, White, Red, A, B
A -L-> B
B -R-> A
White -0.5,B-> Blue
Blue -A-> White
White -0.5,A-> Red
Red -B-> White
membrane A {1}
membrane B {1}"""


def flag(lengths, task, level=0.95):
    """States (1, B, K, C, N) in which the bands are there from the start."""
    start = np.asarray(task.initial(jnp.zeros((1, 7)), KEY))
    states = np.repeat(start[:, :, None], 31, axis=2)
    states[..., 2:5] = np.concatenate([np.repeat(np.eye(3), n // 3, axis=0) for n in lengths]) * level
    return states


def test_only_the_ends_of_lines_are_marked():
    task = FrenchFlag((6, 9), batch=4)
    start = np.asarray(task.initial(jnp.zeros((3, 7)), KEY))
    assert start.shape == (3, 4, 15, 7) and (start == start[0]).all()
    marks = np.zeros((15, 2))
    marks[[0, 6], 0] = marks[[5, 14], 1] = 1
    assert (start[..., :2] == marks).all()
    assert (start[..., [2, 4, 6]] == 0).all()
    drawn = start[0][..., [3, 5]]
    assert 0.9 <= drawn.min() < 0.93 and 1.07 < drawn.max() <= 1.1
    assert (task.initial(jnp.zeros((1, 7)), jax.random.PRNGKey(4)) != start[:1]).any()


def test_lines_side_by_side_are_not_joined():
    assert FrenchFlag(9).topology == crn.Topology.line(9)
    assert FrenchFlag((6, 3)).topology == crn.Topology(9, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (6, 7), (7, 8)])
    both, short, long = (
        Solution.of(task, crn.Chambers.parse(BY_HAND).updated(topology=task.topology)).loss
        for task in (FrenchFlag(lengths, duration=60) for lengths in ((6, 12), 6, 12))
    )
    assert both == pytest.approx((6 * short + 12 * long) / 18, rel=0.01)


@pytest.mark.parametrize("lengths", [(9,), (6, 12)])
def test_the_loss_is_zero_for_bands_that_are_there_in_time(lengths):
    task = FrenchFlag(lengths)
    states = flag(lengths, task)
    assert task.loss(jnp.asarray(states))[0] == 0
    early = states.copy()
    early[:, :, :20] = 0.5
    assert task.loss(jnp.asarray(early))[0] == 0
    late = states.copy()
    late[:, :, 20, -1] = 0.5
    assert task.loss(jnp.asarray(late))[0] > 0
    assert task.loss(jnp.asarray(states[..., ::-1, :]))[0] > 1
    assert task.loss(jnp.asarray(flag(lengths, task, level=0.5)))[0] == pytest.approx(1 / 3)


def test_a_network_made_by_hand_passes_in_lines_of_any_length():
    solution = Solution.of(FrenchFlag(duration=240), crn.Chambers.parse(BY_HAND))
    figures = solution.task.evaluate(solution)
    assert figures["passed"] == 1 and figures["reaction_count"] == 6
    assert all(figures[f"right_{n}"] == figures[f"perturbed_{n}"] == 1 for n in (6, 9, 12, 15, 18))
    assert 0 < figures["ahead"] < 0.1 and solution.loss > 0.3  # for its colours are pale


def test_marks_that_nobody_hears_of_fail():
    solution = Solution.of(FrenchFlag(duration=90), crn.Chambers.parse(BY_HAND).updated(permeability={"B": 0}))
    findings = []
    examination = solution.task.examine(solution)
    while True:
        try:
            findings.append(next(examination))
        except StopIteration as end:
            figures = end.value
            break
    assert figures["passed"] == 0 and figures["right_18"] < 0.5 and figures["ahead"] < 0
    assert findings[1].failure.startswith("9 chambers: the colour is wrong in 51 of 51 lines, in the chambers ")
    assert [f.progress for f in findings] == sorted(f.progress for f in findings) and findings[-1].progress == 1
    with pytest.raises(ValueError, match="`solution` must have chambers"):
        solution.task.evaluate(Solution(solution.network, 0.0, 6, solution.task))


def test_bands_that_do_not_stay_fail():
    # Without anything that takes B away they move on.
    moving = crn.Chambers.parse(BY_HAND.replace("B -R-> A\n", "").replace("{1}", "{0.085}"))
    task = FrenchFlag(duration=180)
    end = crn.simulate(task.case(moving), [0, 180]).concentrations[-1]
    assert end[:, 2:5].argmax(axis=1).tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert task.evaluate(Solution.of(task, moving))["right_9"] < 1


def test_the_case_is_the_line_that_all_start_from():
    task, chambers = FrenchFlag((6, 9)), crn.Chambers.parse(BY_HAND)
    line = task.case(chambers)
    assert line.initial[:, 0].tolist() == [1] + [0] * 8 and line.initial[:, 1].tolist() == [0] * 8 + [1]
    assert (line.initial[:, 3] == 1).all() and (line.initial[:, [2, 4, 6]] == 0).all()
    assert task.case(chambers.updated(topology=crn.Topology.line(12))).initial[11, 1] == 1
    assert task.case(chambers.updated(topology=task.topology)).initial[:, 0].sum() == 2
    with pytest.raises(ValueError, match="`number` must be 0, for there is one case, but it is 1"):
        task.case(chambers, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"chambers": 8}, "`chambers` must be a multiple of 3, or several, but it is 8"),
        ({"chambers": (6, 0)}, r"`chambers` must be a multiple of 3, or several, but it is \(6, 0\)"),
        ({"chambers": ()}, r"`chambers` must be a multiple of 3, or several, but it is \(\)"),
        ({"chambers": (30, 33)}, r"`chambers` must be at most 60 in all, but it is \(30, 33\)"),
        ({"duration": 0}, "`duration` must be positive and finite, but it is 0"),
        ({"batch": 0}, "`batch` must be at least 1, but it is 0"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        FrenchFlag(**arguments)


def test_marks_stay_where_they_are_in_training():
    trainer = crn.Trainer(FrenchFlag(3, duration=15), 2, k_min=0.01)
    trainer.run(2, progress=False)
    passing = np.asarray(trainer.snapshot().permeability)
    assert (passing[:, :2] == 0).all() and (passing[:, 2:] > 0).all()
    best = trainer.best.chambers
    assert best.permeability["L"] == best.permeability["R"] == 0
    assert not any({"L", "R"} & set((*r.reactants, *r.products)) - set(r.catalysis[1:2]) for r in best.reactions)


@pytest.mark.parametrize("length", [9, 15])
def test_the_zoo_has_it(length):
    solution, figures = crn.zoo.load("flag"), crn.zoo.entry("flag").figures
    assert figures["passed"] == 1 and figures["right_15"] == figures["perturbed_15"] == 1
    line = crn.Chambers(solution.network, crn.Topology.line(length), solution.chambers.permeability)
    # By the adaptive solver, which knows nothing of the steps of training.
    states = crn.simulate(solution.task.case(line), [0, 360, 1080]).concentrations
    colours = states[1:, :, 2:5].argmax(axis=2).tolist()
    assert colours == [[0] * (length // 3) + [1] * (length // 3) + [2] * (length // 3)] * 2
