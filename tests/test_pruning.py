"""Pruning: what it takes away first, that it trains in between, and what it returns."""

import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.learning import Solution
from crnwidgets.learning.pruning import least_needed, prune
from crnwidgets.learning.schedules import cosine
from crnwidgets.learning.solution import pareto_front
from crnwidgets.tasks import Waveform


def test_the_least_needed_reaction_is_found():
    # B → C does not touch the output A; A → B does.
    network = crn.Network.parse("A -B-> B {0.5}; B -C-> C {0.3}; A -A-> B {0.2}; A = 0.5; B = 0.3; C = 0.2")
    trajectory = crn.simulate(network, np.linspace(0, 20, 41))
    task = Waveform.from_samples(trajectory.times, trajectory["A"], species=3, steps=40, total=1)
    T, x0 = network.to_tensor().astype(np.float32), np.array([[0.5, 0.3, 0.2]], np.float32)
    losses = {}
    for i, r in enumerate(network.reactions):
        rest = crn.Network(
            [other for other in network.reactions if other is not r], species=network.species, initial=network.initial
        )
        losses[i] = Solution.of(task, rest).loss
    easiest = network.reactions[min(losses, key=losses.get)]
    c, a, b = least_needed(task, T, x0)
    assert tuple(network.species[i] for i in (a, c, b)) == easiest.catalysis


@pytest.fixture(scope="module")
def pruned():
    task = Waveform.from_samples([0, 5, 10], [0.2, 0.4, 0.3], species=3, steps=20)
    trainer = crn.Trainer(task, population=6, seed=1, entropy=0.0)
    trainer.run(150, progress=False)
    counts = trainer.reaction_counts
    return trainer, counts, prune(trainer, 2, steps=40, learning_rate=0.02)


def test_pruning_ends_with_few_reactions_and_keeps_the_settings(pruned):
    trainer, before, _ = pruned
    assert before.min() > 2 and trainer.reaction_counts.max() <= 2
    assert (np.sum(trainer.allowed, axis=(1, 2, 3)) - 9 <= 2).all()  # nine are the diagonal: nothing happens
    assert trainer.learning_rate == 0.05
    assert trainer.step == 150 + 40 * (before.max() - trainer.reaction_counts.max())


def test_pruning_returns_a_front_of_networks_as_they_were_scored(pruned):
    trainer, before, front = pruned
    assert [s.reaction_count for s in front] == sorted({s.reaction_count for s in front})
    assert [s.loss for s in front] == sorted((s.loss for s in front), reverse=True)
    assert front[0].reaction_count <= 2 and front[-1].reaction_count <= before.max()
    for solution in front:
        assert len(solution.network.reactions) == solution.reaction_count
        assert Solution.of(trainer.task, solution.network).loss == pytest.approx(solution.loss, rel=1e-3)


def test_pareto_front():
    network = crn.Network.parse("A -B-> B")
    made = [Solution(network, loss, count, None) for loss, count in [(3, 5), (4, 4), (4, 6), (1, 7), (5, 4)]]
    assert [(s.loss, s.reaction_count) for s in pareto_front(made)] == [(4, 4), (3, 5), (1, 7)]
    assert pareto_front([]) == []


def test_cosine():
    rate = cosine(0.2, 100, start=50)
    assert [rate(i) for i in (0, 50, 100, 150, 1000)] == pytest.approx([0.2, 0.2, 0.1, 0, 0])


def test_a_solution_of_other_species_is_refused():
    with pytest.raises(ValueError, match="must have the species"):
        Solution.of(Waveform.squares(), crn.Network.parse("A -B-> B"))
