"""The trainer: it learns, repeats itself, takes changes, survives bad numbers, compiles once, goes on from a file."""

import json
import threading

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
        trainer = make(task, normalize=normalize, l1=0.0, optimizer=plain)
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


# -- changes ---------------------------------------------------------------------------------------------------------


def test_no_other_change_loses_the_best():
    trainer = make()
    trainer.run(60, progress=False)
    best = trainer.best
    trainer.k_min = 0.3
    trainer.allowed = np.broadcast_to(np.eye(3, dtype=bool), (3, 3, 3))
    assert trainer.best == best
    trainer.run(10, progress=False)
    assert trainer.best == best
    assert not trainer.reaction_counts.any()


def test_settings_as_they_are_now():
    trainer = make(learning_rate=lambda step: 1 / (1 + step), k_min=0.01)
    trainer.run(3, progress=False)
    assert trainer.settings == {
        "learning_rate": 0.25,
        "l1": 0.01,
        "entropy": 0.0,
        "energy": 0.0,
        "k_min": 0.01,
        "normalize": False,
        "restart": True,
        "strategy": "double",
    }


def test_change_all_or_nothing():
    trainer = make()
    trainer.change(entropy=0.3, strategy="dense", normalize=False, task=Waveform(TASK.target, duration=20, species=3))
    assert (trainer.entropy, trainer.strategy, trainer.normalize) == (0.3, "dense", False)
    assert trainer.task is not TASK
    before = trainer.settings
    for name, value in {"l1": -1, "restart": 1, "strategy": "both", "task": Waveform.squares(), "allowed": 3}.items():
        with pytest.raises(ValueError, match=f"Argument `{name}` must"):
            trainer.change(entropy=0.1, **{name: value})
    with pytest.raises(TypeError, match=r"Argument `settings` must be among .* but has 'seed'"):
        trainer.change(entropy=0.1, seed=3)
    assert trainer.settings == before


def test_tensors_are_those_of_the_sparse_networks_and_slower_reactions_too():
    trainer = make(k_min=0.1)
    trainer.run(20, progress=False)
    assert trainer.tensors.shape == (4, 3, 3, 3)
    np.testing.assert_allclose(trainer.tensors.sum(-1), 0, atol=1e-6)
    for T, count, solution in zip(trainer.tensors, trainer.reaction_counts, trainer.solutions(), strict=True):
        assert tensors.reaction_count(T, 0.1) == count
        np.testing.assert_allclose(tensors.sparsify(T, 0.1), solution.network.to_tensor(), atol=1e-6)


def test_reset_repeats_the_run():
    trainer, fresh = make(entropy=0.1), make(seed=7, entropy=0.1)
    trainer.run(30, progress=False)
    first = arrays(trainer)
    trainer.reset()
    assert trainer.step == 0 and trainer.entropy == 0.1
    assert trainer.best.loss == trainer.losses.min()
    trainer.run(30, progress=False)
    for a, b in zip(first, arrays(trainer), strict=True):
        np.testing.assert_array_equal(a, b)
    trainer.reset(7)
    assert_same(trainer, fresh)
    with pytest.raises(TypeError, match="Argument `seed` must"):
        trainer.reset("seven")
    with pytest.raises(ValueError, match="Argument `seed` must"):
        trainer.reset(2**70)


def test_going_back_to_an_earlier_state():
    trainer, straight = make(), make()
    trainer.run(20, progress=False)
    earlier = trainer.state
    trainer.run(60, progress=False)
    losses, best = trainer.losses, trainer.best
    straight.run(80, progress=False)
    trainer.state = jax.device_get(earlier)
    assert trainer.step == 20
    assert trainer.best == best
    np.testing.assert_array_equal(trainer.snapshot(straight.state).losses, losses)
    trainer.run(60, progress=False)
    np.testing.assert_array_equal(trainer.losses, losses)
    other = make(seed=1)
    other.state = trainer.state
    assert other.best == best
    for wrong in (make(population=3).state, make(optimizer=optax.identity()).state, trainer.state.parameters):
        with pytest.raises(ValueError, match="Argument `state` must have the arrays of this trainer's"):
            trainer.state = wrong


def test_forbid_and_allow_a_reaction():
    trainer = make(k_min=1e-6)
    reaction = ("A", "C", "B")
    place = (2, 0, 1)
    rate = trainer.tensors[1][place]
    trainer.allow(1, reaction, False)
    assert [T[place] == 0 for T in trainer.tensors] == [False, True, False, False]
    assert all(r.catalysis != reaction for r in trainer.solutions()[1].network.reactions)
    trainer.run(30, progress=False)
    assert trainer.tensors[1][place] == 0
    trainer.reset()
    assert trainer.tensors[1][place] == 0
    trainer.allow(1, reaction)
    assert trainer.tensors[1][place] == rate


@pytest.mark.parametrize(
    ("member", "reaction", "problem"),
    [
        (4, ("A", "B", "C"), "Argument `member` must be from 0 to 3, but it is 4"),
        (-1, ("A", "B", "C"), "Argument `member` must"),
        (0, ("A", "B", "Z"), "Argument `reaction` must name species .* but 'Z'"),
        (0, ("A", "B", "A"), "Argument `reaction` must change its input"),
        (0, ("C", "A", "B"), "Argument `reaction` must be one that the task allows"),
    ],
)
def test_what_cannot_be_allowed(member, reaction, problem):
    with pytest.raises(ValueError, match=problem):
        make(Counted(0.5)).allow(member, reaction)


RULES = """A -0.25,B-> B; A -0.5,B-> C
B -0.001,A-> C
C -1,A-> A
C = 0.5; A = 0.3; B = 0.2"""


def test_reseed_puts_a_network_in_the_place_of_a_member():
    trainer, undisturbed = (make(l1=0.0, normalize=True) for _ in range(2))
    for each in (trainer, undisturbed):
        each.run(20, progress=False)
    network = crn.Network.parse(RULES)
    trainer.allow(2, ("A", "B", "C"), False)
    trainer.reseed(2, network)
    found = trainer.solutions()[2].network
    # A rate of just k_min is kept as well.
    assert {r.catalysis: r.rate for r in found.reactions} == {
        r.catalysis: pytest.approx(r.rate, rel=2e-5) for r in network.reactions
    }
    # The shares, of the task's own total.
    assert found.initial == pytest.approx({name: 1.2 * value for name, value in network.initial.items()})
    np.testing.assert_array_equal(trainer.state.optimizer.count, [20, 20, 0, 20])
    slow = trainer.tensors[2][1, 1]
    np.testing.assert_allclose(slow, [1e-4, -2e-4, 1e-4], rtol=1e-3)
    trainer.run(60, progress=False)
    undisturbed.run(60, progress=False)
    others = [0, 1, 3]
    np.testing.assert_array_equal(trainer.losses[others], undisturbed.losses[others])
    assert trainer.losses[2] < TASK.loss(jnp.broadcast_to(jnp.array([0.3, 0.2, 0.5]), (1, 1, 21, 3)))[0]
    assert trainer.reaction_counts[2] > 4


def test_reseed_brings_a_member_back_to_life():
    trainer = make(restart=False)
    poison(trainer, 1)
    trainer.run(2, progress=False)
    assert not trainer.alive[1]
    trainer.reseed(1, crn.Network.parse(RULES))
    trainer.run(20, progress=False)
    assert trainer.alive.all() and np.isfinite(trainer.losses).all()


def test_reseed_keeps_what_is_saturated_finite():
    trainer = make(k_min=0.0, entropy=0.0)
    trainer.reseed(0, crn.Network.parse("A -B-> B; B -C-> C; C -A-> A; A = 1"))
    np.testing.assert_allclose(trainer.tensors[0][1, 0], [-1, 1, 0], atol=1e-5)
    trainer.run(20, progress=False)
    assert not trainer.restarts.any() and np.isfinite(trainer.losses).all()


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ("A -B-> B; B -A-> Z", "must only have species of .* but has 'Z'"),
        ("A -> B {0.5}", "must have the form A -C-> B"),
        ("A -B-> B; at 4: A = 1", "must have no interventions, but it has `at 4"),
        ("A -0.7,B-> B; A -0.6,B-> C", "at most 1 in sum .* input A with the catalyst B the sum is 1.3"),
        ("A -B-> B {2}", "at most 1 in sum"),
        ("A -B-> C {0.5}", "must leave \\['C'\\] as they are"),
    ],
)
def test_networks_that_do_not_fit(rules, problem):
    trainer = make(Counted(0.5))
    before = arrays(trainer)
    with pytest.raises(ValueError, match=problem):
        trainer.reseed(0, crn.Network.parse(rules))
    for a, b in zip(before, arrays(trainer), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_change_while_steps_are_made_is_not_lost(monkeypatch):
    """Another thread changes what it likes in the middle of a chunk: the steps count from after the change."""
    changed, by_hand = make(), make()
    network = crn.Network.parse(RULES)
    original, calls = trainer.chunk, []

    def disturbed(*arguments, **options):
        calls.append(1)
        result = original(*arguments, **options)
        if len(calls) == 1:
            for change in (lambda: changed.reseed(1, network), lambda: changed.allow(0, ("A", "B", "C"), False)):
                other = threading.Thread(target=change)
                other.start()
                other.join()
        return result

    monkeypatch.setattr(trainer, "chunk", disturbed)
    changed.advance(5)
    assert len(calls) == 2
    by_hand.reseed(1, network)
    by_hand.allow(0, ("A", "B", "C"), False)
    by_hand.advance(5)
    assert_same(changed, by_hand)


# -- numbers that are not finite -------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(("version", "writer"), [(2, "an older"), (4, "a newer")])
def test_files_of_other_releases_are_refused(tmp_path, version, writer):
    path = tmp_path / "run.npz"
    make().save(path)
    with np.load(path) as archive:
        arrays = dict(archive)
    header = json.loads(str(arrays["header"]))
    assert header["version"] == 3
    np.savez(path, **arrays | {"header": np.array(json.dumps(header | {"version": version}))})
    with pytest.raises(CheckpointError, match=f"version 3 .* has {version}: {writer} crnwidgets wrote it"):
        crn.Trainer.load(path, TASK)


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
