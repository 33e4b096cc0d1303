"""The trainer: it learns, repeats itself, survives bad numbers, compiles once, and goes on from a file."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import crnwidgets as crn
from crnwidgets.learning import tensors, trainer
from crnwidgets.learning.checkpoints import CheckpointError
from crnwidgets.learning.population import CHUNK
from crnwidgets.tasks import Task, Waveform

TASK = Waveform.from_samples([0, 10, 20], [0.1, 0.6, 0.2], species=3, steps=20)
traces = 0


class Counted(Task):
    """Ends with as much of A as wanted; counts how often its loss is traced."""

    def __init__(self, wanted):
        self.species = ("A", "B", "C")
        self.duration = 5.0
        self.steps = 10
        self.every = 5
        self.catalysts = ("C",)
        self.wanted = np.array(wanted)

    def initial(self, learnt, key):
        starts = jnp.array([[0.2, 0.6, 0.2], [0.6, 0.2, 0.2]], learnt.dtype)
        return jnp.broadcast_to(starts, (len(learnt), 2, 3))

    def loss(self, states):
        global traces
        traces += 1
        return ((states[:, :, -1, 0] - self.wanted) ** 2).mean(-1)

    def evaluate(self, solution):
        return {"loss": solution.loss}


def make(task=TASK, population=4, seed=0, **options):
    return crn.Trainer(task, population, seed, **options)


def arrays(trainer):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(trainer.state)]


def assert_same(one, other):
    for a, b in zip(arrays(one), arrays(other), strict=True):
        np.testing.assert_array_equal(a, b)


def poison(trainer, member, value=np.nan):
    parameters = trainer.state.parameters
    logits = parameters.logits.at[member, 0, 0, 0].set(value)
    trainer._state = trainer.state._replace(parameters=parameters._replace(logits=logits))


@pytest.mark.parametrize("strategy", ["dense", "straight-through", "double"])
def test_training_reduces_the_loss(strategy):
    trainer = make(strategy=strategy)
    before = trainer.losses
    trainer.run(150, progress=False)
    assert trainer.step == 150
    assert trainer.losses.mean() < before.mean() / 2
    assert trainer.best.loss <= trainer.losses.min()


def test_best_is_a_sparse_network_with_the_loss_it_says():
    trainer = make(k_min=0.05)
    trainer.run(100, progress=False)
    best = trainer.best
    assert best.task is TASK
    assert best.reaction_count == len(best.network.reactions)
    assert min(r.rate for r in best.network.reactions) >= np.float32(0.05)
    assert best.network.species == TASK.species
    assert TASK.evaluate(best)["error"] == pytest.approx(best.loss, rel=1e-3, abs=1e-6)
    solutions = trainer.solutions()
    np.testing.assert_allclose([s.loss for s in solutions], trainer.losses)
    assert [s.reaction_count for s in solutions] == list(trainer.reaction_counts)


def test_same_seed_same_run_however_it_is_cut():
    one, other = make(), make()
    one.run(100, progress=False)
    for steps in (1, 30, 69):
        other.run(steps, progress=False)
    assert_same(one, other)
    different = make(seed=1)
    different.run(100, progress=False)
    assert not np.array_equal(one.losses, different.losses)


def test_members_do_not_depend_on_each_other():
    alone, together = make(), make()
    poison(together, 0)
    together.restart = False
    alone.run(50, progress=False)
    together.run(50, progress=False)
    np.testing.assert_array_equal(alone.losses[1:], together.losses[1:])


def test_schedules_are_followed_step_by_step():
    by_hand, scheduled = make(), make(learning_rate=lambda step: 0.1 / (1 + step), entropy=lambda step: 0.01 * step)
    scheduled.run(5, progress=False)
    for step in range(5):
        by_hand.learning_rate, by_hand.entropy = 0.1 / (1 + step), 0.01 * step
        by_hand.run(1, progress=False)
    assert_same(by_hand, scheduled)


def test_normalized_gradients_do_not_depend_on_the_scale_of_the_loss():
    class Scaled(Waveform):
        def loss(self, states):
            return 1000 * super().loss(states)

    plain = optax.identity()

    def moved(kind, normalize):
        task = kind(TASK.target, duration=20, species=3)
        trainer = make(task, normalize=normalize, entropy=0.0, optimizer=plain)
        trainer.run(1, progress=False)
        return np.asarray(trainer.state.parameters.logits)

    np.testing.assert_allclose(moved(Scaled, True), moved(Waveform, True), atol=1e-5)
    assert np.abs(moved(Scaled, False) - moved(Waveform, False)).max() > 0.1


def test_nothing_compiles_again():
    trainer = make(Counted(0.5))
    trainer.run(3, progress=False)
    _ = trainer.best, trainer.solutions()
    before = traces
    assert before
    trainer.learning_rate = 0.01
    trainer.l1, trainer.entropy, trainer.energy, trainer.k_min = 0.1, lambda step: 0.1 / (1 + step), 0.3, 0.02
    trainer.normalize = trainer.restart = False
    trainer.allowed = tensors.mask(trainer.task.species, forbidden=[("A", "B", "B")])
    trainer.task = Counted(0.7)
    trainer.run(2 * CHUNK + 7, progress=False)
    _ = trainer.best, trainer.solutions(), trainer.losses
    other = make(Counted(0.1), seed=5)
    other.run(10, progress=False)
    assert traces == before


def test_task_with_a_batch_catalysts_and_a_mask():
    trainer = make(Counted(0.7), entropy=0.0)
    trainer.allowed = tensors.mask(trainer.task.species, forbidden=[("A", "B", "B")])
    trainer.run(100, progress=False)
    reactions = [r for s in trainer.solutions() for r in s.network.reactions]
    assert reactions
    assert not any("C" in r.change for r in reactions)
    assert all(r.catalysis != ("A", "B", "B") for r in reactions)
    assert trainer.best.loss < 0.01


def test_a_new_target_is_followed_and_the_record_starts_anew():
    trainer = make(Counted(0.4))
    trainer.run(100, progress=False)
    trainer.task = Counted(0.8)
    assert trainer.best.loss == trainer.losses.min() > 0.05
    trainer.run(200, progress=False)
    assert trainer.best.loss < 0.01


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("strategy", ["dense", "double"])
def test_a_member_that_is_not_finite_starts_anew(value, strategy):
    trainer = make(strategy=strategy)
    trainer.run(10, progress=False)
    poison(trainer, 2, value)
    trainer.run(1, progress=False)
    np.testing.assert_array_equal(trainer.restarts, [0, 0, 1, 0])
    assert trainer.alive.all()
    np.testing.assert_array_equal(trainer.state.optimizer.count, [11, 11, 0, 11])
    trainer.run(10, progress=False)
    assert np.isfinite(trainer.losses).all()
    assert np.isfinite(trainer.best.loss)


def test_a_member_that_is_not_finite_is_left_out():
    trainer = make(restart=False)
    poison(trainer, 1)
    trainer.run(10, progress=False)
    np.testing.assert_array_equal(trainer.alive, [True, False, True, True])
    assert trainer.losses[1] == np.inf and np.isfinite(trainer.losses[[0, 2, 3]]).all()
    assert len(trainer.solutions()) == 3
    assert np.isfinite(trainer.best.loss)


def test_no_member_left():
    trainer = make(population=1, restart=False)
    poison(trainer, 0)
    trainer.run(2, progress=False)
    with pytest.raises(RuntimeError, match="finite loss"):
        _ = trainer.best


def test_an_interrupted_run_keeps_the_best(monkeypatch, capsys):
    undisturbed, interrupted = make(), make()
    undisturbed.run(CHUNK, progress=False)
    calls = []

    def interrupt(*arguments, **options):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(*arguments, **options)

    original = trainer.chunk
    monkeypatch.setattr(trainer, "chunk", interrupt)
    interrupted.run(10 * CHUNK)
    assert_same(undisturbed, interrupted)
    assert interrupted.best.loss == undisturbed.best.loss
    assert "interrupted" in capsys.readouterr().err


def test_progress_shows_loss_and_reaction_count(capsys):
    make().run(5)
    shown = capsys.readouterr().err
    assert "5/5" in shown and "loss" in shown and "reactions" in shown


# -- files -----------------------------------------------------------------------------------------------------------


def test_a_resumed_run_goes_on_bit_for_bit(tmp_path):
    trainer = make(k_min=0.02, strategy="straight-through", normalize=False, energy=0.01)
    trainer.allowed = tensors.mask(TASK.species, forbidden=[("A", "B", "B")])
    trainer.run(70, progress=False)
    trainer.save(tmp_path / "run")
    resumed = crn.Trainer.load(tmp_path / "run", TASK)
    assert_same(trainer, resumed)
    assert resumed.best == trainer.best
    assert (resumed.k_min, resumed.strategy, resumed.normalize, resumed.energy) == (
        0.02,
        "straight-through",
        False,
        0.01,
    )
    np.testing.assert_array_equal(resumed.allowed, trainer.allowed)
    trainer.run(70, progress=False)
    resumed.run(70, progress=False)
    assert_same(trainer, resumed)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_file_holds_no_pickle(tmp_path):
    make().save(tmp_path / "run")
    with np.load(tmp_path / "run", allow_pickle=False) as archive:
        assert json.loads(str(archive["header"]))["population"] == 4
        assert all(archive[name].dtype != object for name in archive.files)


def test_a_schedule_must_be_given_again(tmp_path):
    make(entropy=lambda step: 0.1).save(tmp_path / "run")
    with pytest.raises(ValueError, match="Argument `entropy` must be given"):
        crn.Trainer.load(tmp_path / "run", TASK)
    assert crn.Trainer.load(tmp_path / "run", TASK, entropy=0.2).entropy == 0.2


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / "run"
    make().save(path)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 3] ^= 0xFF
    for content in (b"", b"text", whole[: len(whole) // 2], bytes(flipped)):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match="must be a saved training run, but"):
            crn.Trainer.load(path, TASK)


def test_foreign_files_are_refused(tmp_path):
    path = tmp_path / "run.npz"
    np.savez(path, numbers=np.arange(3))
    with pytest.raises(CheckpointError, match="must be a saved training run"):
        crn.Trainer.load(path, TASK)
    np.savez(path, header=np.array(json.dumps({"format": "tea", "version": 1})))
    with pytest.raises(CheckpointError, match="'tea'"):
        crn.Trainer.load(path, TASK)
    make().save(path)
    for other in (Waveform.from_samples([0, 10, 20], [0.1, 0.6, 0.3], species=3, steps=20), Waveform.peaks()):
        with pytest.raises(CheckpointError, match="another"):
            crn.Trainer.load(path, other)
    with pytest.raises(CheckpointError, match="from another run"):
        crn.Trainer.load(path, TASK, optimizer=optax.scale_by_rms())
    with pytest.raises(FileNotFoundError):
        crn.Trainer.load(tmp_path / "nowhere", TASK)


# -- arguments -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"population": 0},
        {"learning_rate": -1},
        {"entropy": float("nan")},
        {"l1": "much"},
        {"k_min": float("inf")},
        {"strategy": "both"},
        {"normalize": 1},
        {"allowed": np.ones((2, 2, 2), bool)},
        {"allowed": np.ones((3, 3, 3))},
    ],
    ids=str,
)
def test_wrong_arguments(options):
    with pytest.raises(ValueError, match=f"Argument `{next(iter(options))}` must .*, but"):
        make(**options)


def test_wrong_types_and_steps():
    with pytest.raises(TypeError, match="Argument `task` must"):
        make("squares")
    with pytest.raises(TypeError, match="Argument `seed` must"):
        make(seed=0.5)
    with pytest.raises(ValueError, match="Argument `steps` must"):
        make().run(-1)
    with pytest.raises(ValueError, match="Argument `steps` must"):
        make().advance(CHUNK + 1)
    with pytest.raises(ValueError, match="Argument `task` must have 3 species"):
        make().task = Waveform.squares()
    with pytest.raises(ValueError, match="Argument `entropy` must"):
        make(entropy=lambda step: -1.0).run(1, progress=False)
