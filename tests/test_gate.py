"""Boolean functions: the batch and its transitions, the loss, and the paper's two tests of a gate."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.learning import Solution
from crnwidgets.learning.losses import trajectories
from crnwidgets.tasks import Boolean, LogicGate

KEY = jax.random.PRNGKey(3)
TABLES = list(itertools.product((0, 1), repeat=4))
# Zlo is left slowly while X is 1 and come back to at once unless Y is 1 too.
AND = "Zlo -0.06,Xhi-> A; A -Yhi-> Zhi; A -Ylo-> Zlo; Zhi -Xlo-> Zlo; Zhi -Ylo-> Zlo"
# A has seen X = 1 and B has seen X = 0; Y says what follows from that.
ANY = "Z -0.05,Xhi-> A; Z -0.05,Xlo-> B; A -Yhi-> Z11; A -Ylo-> Z10; B -Yhi-> Z01; B -Ylo-> Z00"


def network(task, rules):
    return crn.Network.parse(f"species {', '.join(task.species)}\n{rules}\nZlo = 1")


def any_gate(task):
    """A network for any table, which looks at X and then at Y."""
    rules = ANY.split("; ")
    rules = [rule.replace("Z ", f"{z} ") for rule in rules[:2] for z in ("Zhi", "Zlo")] + rules[2:]
    for (x, y), z in zip(itertools.product((0, 1), repeat=2), task.table, strict=True):
        rules = [rule.replace(f"Z{x}{y}", "Zhi" if z else "Zlo") for rule in rules]
    return network(task, "; ".join(rules))


def batch(task, key=KEY):
    """What a network without reactions sees: its trajectories, (B, K, N)."""
    learnt = jnp.zeros((1, len(task.species)))
    T = np.zeros((1, *[len(task.species)] * 3), np.float32)
    return np.asarray(trajectories(task, T, task.initial(learnt, key), key))[0]


def ideal(task, states):
    """The states with the right output throughout."""
    weights = 2 ** np.arange(len(task.inputs) // 2)[::-1]
    z = np.array(task.table)[(states[..., : len(task.inputs) : 2] @ weights).astype(int)]
    states = states.copy()
    states[..., len(task.inputs)], states[..., len(task.inputs) + 1] = z, 1 - z
    return states


def test_the_papers_species():
    assert LogicGate("and").species == ("Xhi", "Xlo", "Yhi", "Ylo", "Zhi", "Zlo", "A", "B", "C")
    assert LogicGate("xor").species[-4:] == ("A", "B", "C", "D")
    task = Boolean(lambda x, y, z: (x and y) or z, inputs=3)
    assert task.inputs == ("X1hi", "X1lo", "X2hi", "X2lo", "X3hi", "X3lo") == task.catalysts == task.species[:6]
    assert task.outputs == ("Zhi", "Zlo") == task.species[6:8]
    assert task.table == (0, 1, 0, 1, 0, 1, 1, 1)
    assert len(LogicGate("or", auxiliary=5).species) == 11


def test_tables():
    assert [LogicGate(name).table for name in ("and", "or", "xor")] == [(0, 0, 0, 1), (0, 1, 1, 1), (0, 1, 1, 0)]
    assert Boolean(lambda x, y: x > y, inputs=2).table == LogicGate([0, 0, 1, 0]).table == (0, 0, 1, 0)
    # Another table compiles nothing.
    one, other = LogicGate("and"), LogicGate([1, 1, 0, 0])
    assert jax.tree.structure(one) == jax.tree.structure(other)


@pytest.mark.parametrize("inputs", [1, 2, 3, 4])
def test_each_moment_has_different_transitions(inputs):
    task = Boolean(lambda *x: sum(x) % 2, inputs=inputs)
    states = batch(task)
    every = task.steps // task.every // 4
    assert states.shape == (task.cases, 4 * every + 1, len(task.species))
    given = states[:, :-1, : 2 * inputs].reshape(task.cases, 4, every, inputs, 2)
    np.testing.assert_array_equal(given.sum(-1), 1)
    np.testing.assert_array_equal(given, np.broadcast_to(given[:, :, :1], given.shape))
    rows = given[:, :, 0, :, 0] @ 2 ** np.arange(inputs)
    for quarter in range(3):
        assert len({tuple(pair) for pair in rows[:, quarter : quarter + 2]}) == min(4**inputs, 16)
    np.testing.assert_array_equal(states[:, 0, 2 * inputs :], np.eye(2 + 2 * inputs)[[1]].repeat(task.cases, 0))
    # The same for all networks of a population, and others in another step where there are more than a batch holds.
    same = task.initial(jnp.zeros((2, len(task.species))), KEY)
    np.testing.assert_array_equal(same[0], same[1])
    assert (inputs > 2) == (batch(task, jax.random.PRNGKey(4)) != states).any()


@pytest.mark.parametrize("table", ["and", "or", "xor", [1, 0, 0, 1]])
def test_the_loss_is_of_the_time_before_transitions(table):
    task = LogicGate(table)
    states = batch(task)
    good = ideal(task, states)
    assert task.loss(jnp.asarray(good[None])) == 0
    swapped = good.copy()
    swapped[..., [4, 5]] = good[..., [5, 4]]
    assert task.loss(jnp.asarray(swapped[None])) == pytest.approx(1)
    # Half of each quarter is time to change.
    quarter = np.arange(states.shape[1] - 1) % 40
    early, late = good.copy(), good.copy()
    early[:, :-1][:, quarter < 20, 4:6] = 0.5
    late[:, :-1][:, quarter >= 39, 4:6] = 0.5
    np.testing.assert_allclose(task.loss(jnp.asarray([early, late])), [0, 0.5 / 20], rtol=1e-5)


def test_a_network_that_is_not_finite_spoils_no_other():
    task = LogicGate("and")
    good = ideal(task, batch(task))
    losses = task.loss(jnp.asarray([np.full_like(good, np.nan), good]))
    assert np.isnan(losses[0]) and losses[1] == 0


@pytest.mark.parametrize("table", TABLES)
def test_all_sixteen_gates_exist(table):
    task = LogicGate(table)
    assert Solution.of(task, any_gate(task)).loss < 0.03


def examined(task, gate):
    """The findings of the test, and its figures."""
    examination = task.examine(Solution.of(task, gate))
    findings = []
    while True:
        try:
            findings.append(next(examination))
        except StopIteration as end:
            return findings, end.value


@pytest.mark.parametrize("table", ["and", "xor"])
def test_a_right_gate_passes(table):
    task = LogicGate(table)
    gate = network(task, AND) if table == "and" else any_gate(task)
    found, result = examined(task, gate)
    assert not any(finding.failure for finding in found)
    progress = [finding.progress for finding in found]
    assert progress == sorted(progress) and progress[0] > 0 and progress[-1] == 1
    assert (result["passed"], result["failures"], result["reaction_count"]) == (1, 0, len(gate.reactions))
    assert result["fast_reactions"] == 4
    assert 0.03 < result["largest_error"] < 0.06


def failures(task, rules):
    findings, result = examined(task, network(task, rules))
    found = [finding.failure for finding in findings if finding.failure]
    assert (result["passed"], result["failures"]) == (0, len(found)) and result["largest_error"] > 0.1
    return found


def test_a_wrong_gate_fails_where_it_is_wrong():
    found = failures(LogicGate("or"), AND)
    assert found[0] == (
        "Case 4 of the long test, time 20000, from the start to (0, 1): Zhi must be 1 and Zlo 0, but they are 0.000 "
        "and 1.000."
    )
    assert all("to (0, 1):" in failure or "to (1, 0):" in failure for failure in found)
    assert "The random test, time" in found[-1] and "from (X, Y) = (" in found[-1]


def test_a_gate_that_works_once_fails():
    task = LogicGate("and")
    # It never comes back from 1.
    found = failures(task, "Zlo -0.06,Xhi-> A; A -Yhi-> Zhi; A -Ylo-> Zlo")
    assert "from the start" not in found[0] and "from (X, Y) = (1, 1)" in found[0]


def test_a_gate_that_is_not_sharp_fails():
    task = LogicGate("and")
    found = failures(task, AND.replace("0.06", "0.2"))
    assert all("Zlo 1, but they are 0." in failure for failure in found)


def test_a_gate_that_is_too_slow_fails_only_the_random_test():
    task = LogicGate("and")
    found = failures(task, AND.replace("0.06", "0.01"))
    assert all(failure.startswith("The random test") for failure in found)


def test_many_gates_are_tested_at_once():
    task = LogicGate("and")
    gates = [AND, AND.replace("0.06", "0.2"), "", AND.replace("0.06", "0.05")]
    passing = task.passing([network(task, rules) for rules in gates])
    assert passing.tolist() == [True, False, False, True]


def test_the_random_test_is_solved_well_enough():
    """Against an adaptive solver, wait by wait."""
    task = LogicGate("xor")
    gate = crn.zoo.load("xor").network
    readings = [r for r in task._readings([gate]) if r.test == "The random test"][:20]
    state, time = np.zeros(10), 0.0
    state[5] = 1
    for reading in readings:
        state[:4] = [reading.after >> 1, 1 - (reading.after >> 1), reading.after & 1, 1 - (reading.after & 1)]
        found = crn.simulate(gate, [0, reading.time - time], initial=state, rtol=1e-8)
        state, time = found.concentrations[-1].copy(), reading.time
        np.testing.assert_allclose([reading.high[0], reading.low[0]], state[4:6], atol=1e-4)


@pytest.mark.parametrize("inputs", [2, 4])
def test_a_case_can_be_shown(inputs):
    task = Boolean(lambda *x: all(x), inputs=inputs)
    empty = network(task, "")
    shown = [task.case(empty, number) for number in range(task.cases)]
    assert len({case.events for case in shown}) == task.cases
    assert {event.time for event in shown[0].events} == {200, 400, 600}
    times = np.linspace(0, task.duration, task.steps // task.every + 1)
    states = np.stack([crn.simulate(case, times).concentrations for case in shown[:5]])
    if inputs == 2:
        np.testing.assert_allclose(states, batch(task)[:5])
    np.testing.assert_array_equal(states[..., ::2][..., :inputs] + states[..., 1::2][..., :inputs], 1)
    with pytest.raises(ValueError, match="`number` must be from 0 to 15, but it is 16"):
        task.case(empty, task.cases)


@pytest.mark.parametrize("name", ["and", "or", "xor"])
def test_the_zoos_gates_are_as_small_as_those_designed_by_hand(name):
    figures = crn.zoo.entry(name).figures
    assert figures["passed"] == 1 and figures["failures"] == 0
    assert figures["fast_reactions"] <= {"and": 7, "or": 7, "xor": 12}[name]
    # AND and OR need none that is slow.
    assert figures["reaction_count"] <= {"and": 7, "or": 7, "xor": 16}[name]
    assert figures["reaction_count"] == figures["fast_reactions"] or name == "xor"
    assert crn.zoo.load(name).task.table == LogicGate(name).table


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LogicGate("nope"), r"`table` must be one of \['and', 'or', 'xor'\] or four times 0 or 1"),
        (lambda: LogicGate([0, 1, 2, 0]), "`table` must be 4 times 0 or 1"),
        (lambda: LogicGate([0, 1]), "`table` must be 4 times 0 or 1"),
        (lambda: LogicGate("and", auxiliary=-1), "`auxiliary` must be from 0 to 20"),
        (lambda: Boolean([0, 1], inputs=2), "`function` must be 4 times 0 or 1"),
        (lambda: Boolean(lambda *x: 1, inputs=5), "`inputs` must be from 1 to 4"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=f"Argument {message}, but"):
        make()
