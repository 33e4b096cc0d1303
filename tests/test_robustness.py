"""Networks under noise: rates that differ, and molecules that are counted."""

import sys

import jax.numpy as jnp
import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.learning import Solution
from crnwidgets.learning.task import Task
from crnwidgets.tasks import FrenchFlag, Waveform
from crnwidgets.zoo import __main__ as command
from crnwidgets.zoo.robustness import Tally, molecules, passes, perturbed, rate_noise, right_answers
from tests.own_tasks import FOLLOWS, Follow
from tests.test_flag import BY_HAND

FOLLOWER = crn.Network.parse(FOLLOWS)
LAZY = crn.Network.parse(FOLLOWS.replace("-No", "-0.12,No"))  # just fast enough


def solution(network, task=None):
    return Solution(network, 0.0, len(network.reactions), task or Follow())


class Majority(Task):
    """Which of A and B there is more of."""

    species = ("A", "B", "C")
    inputs = outputs = ("A", "B")
    duration, steps, every, cases = 200.0, 200, 20, 2

    def initial(self, learnt, key):
        return jnp.broadcast_to(jnp.array([[0.55, 0.45, 0], [0.45, 0.55, 0]]), (len(learnt), 2, 3))

    def loss(self, states):
        return jnp.zeros(len(states))

    def evaluate(self, solution):
        return {"figure": 1.0}

    def case(self, network, number=0):
        return network.updated(initial={"A": 0.55 - number / 10, "B": 0.45 + number / 10, "C": 0})


ANGLUIN = crn.Network.parse("A -B-> C\nB -A-> C\nC -A-> A\nC -B-> B")


# -- rates -------------------------------------------------------------------------------------------------------------


def test_perturbed_rates_are_log_normal():
    network = crn.Network([crn.Reaction({"A": 1}, {"B": 1}, 0.5)] * 1, initial={"A": 1})
    factors = np.array([perturbed(network, np.random.default_rng(i)).reactions[0].rate / 0.5 for i in range(500)])
    assert np.log(factors).std() == pytest.approx(0.1, rel=0.1) and np.median(factors) == pytest.approx(1, abs=0.02)
    noisy = perturbed(crn.Network.parse("A -B-> C\nB -C-> A {0.5}\nA = 1\nat 3: A = 2"), np.random.default_rng(0))
    assert len({reaction.rate for reaction in noisy.reactions}) == 2 and noisy.initial["A"] == 1 and noisy.events


def test_a_network_with_room_to_spare_passes_always_and_one_at_the_edge_sometimes():
    assert rate_noise(solution(FOLLOWER), draws=20) == Tally(20, 20)
    found = rate_noise(solution(LAZY), draws=40)
    assert 5 < found.good < 35 and found.runs == 40
    assert rate_noise(solution(LAZY), draws=40) == found
    broken = crn.Network.parse(FOLLOWS.replace("-No", "-0.01,No"))
    assert str(rate_noise(solution(broken), draws=5)) == "0.0% of 5"


def test_permeabilities_are_perturbed_as_well():
    chambers = crn.Chambers.parse(BY_HAND)
    noisy = perturbed(chambers, np.random.default_rng(0))
    assert noisy.network == perturbed(chambers.network, np.random.default_rng(0)) != chambers.network
    assert len({0, *noisy.permeability.values()}) == 3 and 0.6 < noisy.permeability["A"] < 1.6
    assert noisy.topology == chambers.topology and (noisy.initial == chambers.initial).all()


def test_chambers_are_tested_with_all_their_lines():
    right = Solution.of(FrenchFlag(duration=240), crn.Chambers.parse(BY_HAND))
    assert rate_noise(right, draws=2, deviation=0.0) == Tally(2, 2)
    assert rate_noise(right, draws=2, deviation=0.5) == Tally(0, 2)


def test_after_some_time_no_more_is_drawn():
    assert rate_noise(solution(FOLLOWER), seconds=0).runs == 1


def test_a_test_ends_with_the_first_failure():
    class Long(Follow):
        def examine(self, solution):
            yield from ()
            for finding in super().examine(solution):
                yield finding
                assert not finding.failure
            return {"passed": 0.0}

    assert not passes(solution(crn.Network.parse(FOLLOWS.replace("-Yes", "-0.01,Yes")), Long()))
    assert not passes(solution(FOLLOWER, Long()))  # without a failure in words


def test_curves_pass_by_their_error_and_a_test_without_outcome_is_refused():
    assert passes(crn.zoo.load("squares-16"))
    with pytest.raises(ValueError, match="a test to pass"):
        passes(solution(ANGLUIN, Majority()))


# -- molecules ---------------------------------------------------------------------------------------------------------


def test_many_molecules_do_what_concentrations_do():
    network = crn.Network.parse("A + B -> 2 B {0.3}\n2 B -> A + C {0.2}\n0 -> A {0.05}\nA = 1\nB = 0.2\nat 6: A += 0.5")
    times = np.linspace(0, 12, 13)
    times[6] *= 1 - 1e-9
    exact = crn.simulate(network, times).concentrations
    found = molecules(network, 12, 12, 1e5, np.random.default_rng(0))
    np.testing.assert_allclose(found, exact, atol=0.02)


def test_few_molecules_are_whole_and_scatter():
    network = crn.Network.parse("A -> B {0.1}\nD -C-> C\nA = 1\nC = 0.3")
    runs = np.array([molecules(network, 10, 4, 20, np.random.default_rng(i)) for i in range(200)])
    assert (runs * 20 == np.round(runs * 20)).all()
    left = runs[:, -1, 0] * 20
    share = np.exp(-1)
    assert left.mean() == pytest.approx(20 * share, abs=0.5)
    assert left.var() == pytest.approx(20 * share * (1 - share), rel=0.35)  # each molecule for itself
    assert (runs[:, :, network.species.index("C")] == 0.3).all()


def test_interventions_set_add_and_take_away():
    rules = "A -> B {0}\nA = 0.5\nat 0: A += 0.1\nat 5: A -= 0.4\nat 10: A = 0.7\nat 15: A -= 5\nat 20: A = 1"
    found = molecules(crn.Network.parse(rules), 20, 4, 100, np.random.default_rng(0))
    assert found[:, 0].tolist() == [0.5, 0.6, 0.2, 0.7, 0]


def test_a_gate_answers_more_surely_with_more_molecules():
    weak = crn.Network.parse(FOLLOWS + "\nOn -0.7,Yes-> Off\nOff -0.7,No-> On")
    few, many = (right_answers(solution(weak), volume, runs=40) for volume in (5, 1000))
    assert few.good < 38 and many == Tally(40, 40)
    assert right_answers(solution(weak), 5, runs=40) == few
    wrong = crn.Network.parse("species Yes, No, On, Off\nOff -Yes-> On")
    assert right_answers(solution(wrong), 100, runs=4).runs == 4


def test_majorities_are_compared_with_each_other():
    few, many = (right_answers(solution(ANGLUIN, Majority()), volume, runs=40) for volume in (20, 10_000))
    assert few.good < many.good == 40
    assert right_answers(solution(ANGLUIN, Majority()), 20, runs=40, seconds=0).runs == 1


def test_a_curve_must_be_as_near_as_its_test_wants():
    times = np.linspace(0, 10, 21)
    task = Waveform(1 / (1 + 0.3 * times), duration=10, species=2, tolerance=1e-3)
    decay = solution(crn.Network.parse("A -0.3,A-> B\nA = 1"), task)
    assert right_answers(decay, 10, runs=20).good < 10
    assert right_answers(decay, 10_000, runs=20).good == 20


def test_levels_are_read_against_the_middle_of_the_task():
    class Levels(Follow):
        low, high = 0.0, 4.0  # On never reaches the middle

    stuck = crn.Network.parse("species Yes, No, On, Off\nOff -0.01,Yes-> On")
    assert right_answers(solution(stuck, Levels()), 50, runs=6) == Tally(6, 6)


def test_an_oscillator_must_make_as_many_turns():
    few, many = (right_answers(crn.zoo.load("amplitude"), volume, runs=4) for volume in (30, 100_000))
    assert few.good < 2 and many.good == 4


def test_without_rebop_it_is_said_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "rebop", None)
    with pytest.raises(ImportError, match="rebop"):
        right_answers(solution(FOLLOWER), 100, runs=1)


# -- the command -------------------------------------------------------------------------------------------------------


def test_the_commands_print_a_line_for_each_entry(capsys):
    assert command.main(["robustness", "squares-16", "peaks-8", "--draws", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": passes with ")[0] for line in lines] == ["squares-16", "peaks-8"]
    assert all(line.endswith("% of 2 draws of its rates") for line in lines)
    assert command.main(["stochastic", "squares-16", "--runs", "1"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("squares-16: right with 100 molecules: ") and "; 10,000 molecules: " in line
    with pytest.raises(KeyError, match="did you mean 'squares-16'"):
        command.main(["robustness", "square-16"])


def test_the_outputs_of_all_chambers_are_read():
    class Passing(Follow):
        topology = crn.Topology.line(2)
        interventions = ()
        cases = 1

        def initial(self, learnt, key):
            return jnp.ones((len(learnt), 1, 2, 4))

        def loss(self, states):
            return states[:, 0, 0, 0, 0]

        def case(self, network, number=0):
            return network.updated(initial={"Yes": [1, 0], "Off": 1})

    def tally(passing, volume):
        chambers = crn.Chambers.parse(f"chambers 2 line\n{FOLLOWS}\nmembrane Yes {{{passing}}}")
        return right_answers(Solution.of(Passing(), chambers), volume, runs=20)

    assert tally(0.5, 100) == Tally(20, 20)
    # One molecule, which half of the times does not come to the other chamber.
    assert 3 < tally(0.02, 1).good < 19
