"""Leader election in rings of chambers, and training with membranes in general."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.learning import Solution
from crnwidgets.tasks import RingElection
from crnwidgets.tasks.election import _accuracy, _threshold

KEY = jax.random.PRNGKey(3)

# Most of A wins, for E eats what is left of it elsewhere; but nothing tells one chamber of another.
APART = "chambers 5 ring\nspecies A, B, C, D, E\nA -E-> E\nE -A-> A"


def test_rings_are_drawn_for_all_networks_alike():
    task = RingElection(batch=16)
    start = np.asarray(task.initial(jnp.zeros((3, 5)), KEY))
    assert start.shape == (3, 16, 5, 5)
    assert (start == start[0]).all()
    np.testing.assert_allclose(start.sum(axis=-1), 1, rtol=1e-6)
    assert (start[..., 1:4] == 0).all()
    A = start[0, ..., 0]
    assert A.min() >= 0.01 and A.max() <= 0.9 and A.std() > 0.2
    assert (task.initial(jnp.zeros((1, 5)), jax.random.PRNGKey(4)) != start[:1]).any()


def test_half_of_the_calls_can_be_close():
    task = RingElection(batch=400, closest=0.002)
    A = np.sort(np.asarray(task.initial(jnp.zeros((1, 5)), KEY))[0, :, :, 0], axis=1)
    gaps = A[:, -1] - A[:, -2]
    close, drawn = gaps[:200], gaps[200:]
    assert close.min() >= 0.0019 and close.max() <= 0.3 and np.median(close) < 0.05 < np.median(drawn)
    assert A.min() >= 0.01 and A.max() <= 0.9


def test_membranes_can_be_poorer_in_training():
    task = RingElection(poorest=0.1)
    D = jnp.linspace(0, 1, 10).reshape(2, 5)
    factors = [float(task.passage(D, jax.random.PRNGKey(i))[1, 4]) for i in range(50)]
    assert 0.1 <= min(factors) < 0.15 and 0.8 < max(factors) <= 1
    np.testing.assert_allclose(task.passage(D, KEY), D * task.passage(D, KEY)[1, 4], rtol=1e-6)
    assert (RingElection().passage(D, KEY) == D).all()


def test_the_loss_is_zero_for_an_election_that_ends_in_time():
    task = RingElection(batch=4)
    start = task.initial(jnp.zeros((1, 5)), KEY)
    wins = np.asarray(start[..., 0].argmax(-1, keepdims=True) == np.arange(5))
    states = np.repeat(np.asarray(start)[:, :, None], 61, axis=2)
    states[:, :, 20:, :, 0] = np.where(wins, 0.95, 0.0)[:, :, None]
    assert task.loss(jnp.asarray(states))[0] == 0
    late = states.copy()
    late[:, :, 20, :, 0] = 0.5
    assert task.loss(jnp.asarray(late))[0] > 0
    # Where the loser wins.
    wrong = states.copy()
    wrong[:, :, 20:, :, 0] = np.where(np.roll(wins, 1, axis=-1), 0.95, 0.0)[:, :, None]
    assert task.loss(jnp.asarray(wrong))[0] > 1


def test_what_no_chemistry_does_is_no_election():
    """A step that is too long drives winners up and losers down without end, which must not look like success."""
    task = RingElection(batch=4)
    start = np.asarray(task.initial(jnp.zeros((1, 5)), KEY))
    states = np.repeat(start[:, :, None], 61, axis=2)
    states[:, :, 20:, :, 0] = np.where(start[..., 0] == start[..., 0].max(-1, keepdims=True), 9, -9)[:, :, None]
    assert task.loss(jnp.asarray(states))[0] == np.inf


def test_the_threshold_is_right_for_as_many_as_any():
    rng = np.random.default_rng(0)
    outcomes = rng.uniform(0, 1, (3000, 2)) * [1, 0.6]
    found = _accuracy(outcomes, _threshold([outcomes]))
    tried = [_accuracy(outcomes, t) for t in np.linspace(0, 1, 1001)]
    assert found >= max(tried) - 0.002 and min(tried) < found < 1
    assert _threshold([np.array([[0.8, 0.1], [0.6, 0.2]])]) == pytest.approx(0.4)
    # Not at the edge where one more is right by chance.
    many = np.concatenate([np.tile([0.9, 0.01], (2000, 1)), [[0.0102, 0.0101]]])
    assert 0.4 < _threshold([many]) < 0.5
    assert _accuracy(np.array([[np.nan, 0.1], [0.1, 0.2]]), 0.15) == 0


def test_an_election_in_which_chambers_do_not_hear_of_each_other_fails():
    task = RingElection(duration=60)
    solution = Solution.of(task, crn.Chambers.parse(APART))
    assert solution.loss > 0.3 and solution.chambers is not None
    findings = []
    examination = task.examine(solution)
    while True:
        try:
            findings.append(next(examination))
        except StopIteration as end:
            figures = end.value
            break
    assert figures["passed"] == 0 and figures["accuracy_8"] < 0.6
    assert findings[3].failure.startswith("5 chambers: ") and "fewer than the paper's 99.68%." in findings[3].failure
    assert [f.progress for f in findings] == sorted(f.progress for f in findings) and findings[-1].progress == 1
    with pytest.raises(ValueError, match="`solution` must have chambers"):
        task.evaluate(Solution(solution.network, 0.0, 2, task))


def test_a_case_is_a_ring_that_might_be_drawn():
    task = RingElection()
    rings = [task.case(crn.Chambers.parse(APART), number) for number in range(task.cases)]
    assert len({ring.initial.tobytes() for ring in rings}) == task.cases
    np.testing.assert_allclose(rings[0].initial.sum(axis=1), 1)
    with pytest.raises(ValueError, match="`number` must be from 0 to 7, but it is 8"):
        task.case(rings[0], 8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"chambers": 1}, "`chambers` must be from 2 to 64, but it is 1"),
        ({"duration": 0}, "`duration` must be positive and finite, but it is 0"),
        ({"batch": 0}, "`batch` must be at least 1, but it is 0"),
        ({"closest": 0.4}, "`closest` must be above 0 and at most 0.3, but it is 0.4"),
        ({"poorest": 0}, "`poorest` must be above 0 and at most 1, but it is 0"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        RingElection(**arguments)


@pytest.fixture(scope="module")
def trainer():
    trainer = crn.Trainer(RingElection(3, duration=15, batch=8), 2, k_min=0.01)
    trainer.run(3, progress=False)
    return trainer


def test_permeabilities_are_learnt(trainer):
    before = np.asarray(trainer.snapshot().permeability)
    assert before.shape == (2, 5) and (before > 0).all() and (before < 1).all()
    trainer.run(2, progress=False)
    assert (np.asarray(trainer.snapshot().permeability) != before).all()


def test_what_is_found_is_chambers_that_score_the_same(trainer):
    best = trainer.best
    assert best.chambers.network.reactions == best.network.reactions
    assert best.chambers.topology == trainer.task.topology
    assert min(reaction.rate for reaction in best.network.reactions) >= 0.01
    assert crn.Chambers.parse(str(best.chambers)) == best.chambers
    for solution in trainer.solutions():
        again = Solution.of(trainer.task, solution.chambers)
        assert again.loss == pytest.approx(solution.loss, rel=0.2)  # of another draw of rings
        assert again.reaction_count == solution.reaction_count


def test_a_run_goes_on_from_a_file(trainer, tmp_path):
    trainer.save(tmp_path / "run.npz")
    again = crn.Trainer.load(tmp_path / "run.npz", RingElection(3, duration=15, batch=8))
    for run in (trainer, again):
        run.run(2, progress=False)
    np.testing.assert_array_equal(again.tensors, trainer.tensors)


def test_chambers_can_be_put_in_the_place_of_a_network(trainer):
    given = crn.Chambers.parse("chambers 3 ring\nspecies A, B, C, D, E\nA -0.5,E-> B\nmembrane B {0.75}")
    trainer.reseed(1, given)
    solution = trainer.solutions()[1]
    assert [(r.catalysis, round(r.rate, 5)) for r in solution.network.reactions] == [(("A", "E", "B"), 0.5)]
    assert solution.chambers.permeability["B"] == pytest.approx(0.75)
    assert max(solution.chambers.permeability[name] for name in "ACDE") < 1e-5
    for text, message in {
        "A -0.5,E-> B": "must be a Chambers for a task with chambers",
        "chambers 4 ring\nspecies A, B, C, D, E\nA -0.5,E-> B": r"in the task's Topology.ring\(3\)",
        "chambers 3 ring\nspecies A, B, C, D, E\nA -0.5,E-> B\nmembrane B {2}": "permeabilities of at most 1, but B",
        "chambers 3 ring\nspecies A, B, C, D, E\nA -0.5,E-> B\nmembrane B {0.2}: 1-2": "membranes that are all alike",
    }.items():
        read = crn.Chambers.parse if text.startswith("chambers") else crn.Network.parse
        with pytest.raises(ValueError, match=message):
            trainer.reseed(1, read(text))
    with pytest.raises(ValueError, match="must have chambers if and only if"):
        trainer.task = crn.tasks.SevenSegment()
