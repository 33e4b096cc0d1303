"""A population that is divided among four devices learns what it learns on one, and each device minds its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from jax.sharding import PartitionSpec

import crnwidgets as crn
from crnwidgets.dynamics import native
from crnwidgets.dynamics.fixed import POPULATION
from crnwidgets.learning import population
from crnwidgets.learning.population import State
from tests.own_tasks import Own

ROOT = Path(__file__).parents[1]
DEVICES, MEMBERS = 4, 8
COLLECTIVE = re.compile(r"= (.*?) (?:all-gather|all-reduce|all-to-all|collective-permute|reduce-scatter)(?:-start)?\(")
needs_native = pytest.mark.skipif(bool(native.problem()), reason=native.problem() or "-")


def make(**options):
    return crn.Trainer(Own(), MEMBERS, **{"entropy": 0.05, **options})


def assert_divided(state):
    """Each array of the population has two networks on each device, and the rest is on all of them."""
    for name, value in zip(State._fields, state, strict=True):
        for leaf in jax.tree.leaves(value):
            divided = name not in ("key", "step", "best")
            assert len(leaf.sharding.device_set) == DEVICES, name
            assert leaf.sharding.spec == (PartitionSpec(POPULATION) if divided else PartitionSpec()), name
            shape = (MEMBERS // DEVICES, *leaf.shape[1:]) if divided else leaf.shape
            assert {shard.data.shape for shard in leaf.addressable_shards} == {shape}, name


def learns_the_same_as_on_one_device(tolerance):
    one, four = make(), make(devices=jax.devices())
    assert_divided(four.state)
    for trainer in (one, four):
        trainer.run(70, progress=False)
    assert_divided(four.state)
    np.testing.assert_array_equal(four.reaction_counts, one.reaction_counts)
    assert int(four.state.best.member) == int(one.state.best.member)
    for a, b in zip(jax.tree.leaves(four.snapshot()), jax.tree.leaves(one.snapshot()), strict=True):
        np.testing.assert_allclose(a, b, atol=tolerance)


def each_device_computes_only_its_own_networks():
    for strategy in ("double", "dense"):
        four = make(devices=jax.devices(), strategy=strategy)
        arguments = four.state, four.task, four.allowed, four._schedule(0, 1), np.int32(0), np.int32(1)
        with four._on_devices():
            lowered = population.steps.lower(*arguments, strategy=strategy, optimizer=population.ADAM)
        program = lowered.compile().as_text()
        sizes = [
            np.prod([int(n) for n in shape.split(",") if n], dtype=int)
            for match in COLLECTIVE.finditer(program)
            for shape in re.findall(r"\[([\d,]*)\]", match[1])
        ]
        # What each device has as its best: a loss, an index, and one network.
        assert sizes and max(sizes) <= max(DEVICES, 3**3), (strategy, sizes)
        calls = re.findall(r'"crnwidgets_forward", operand_layout_constraints=\{f32\[(\d+),3,3,3\]', program)
        per_device = MEMBERS // DEVICES * (2 if strategy == "double" else 1)
        assert set(calls) == ({str(per_device)} if crn.backend() == "native" else set()), (strategy, calls)


def stays_divided_whatever_happens():
    four = make(devices=jax.devices(), strategy="dense")
    start = four.state
    logits = start.parameters.logits.at[5].set(np.nan)
    four.state = start._replace(parameters=start.parameters._replace(logits=logits))
    assert_divided(four.state)
    four.run(3, progress=False)
    np.testing.assert_array_equal(four.restarts, [0, 0, 0, 0, 0, 1, 0, 0])
    assert_divided(four.state)
    four.reseed(6, four.best.network)
    assert_divided(four.state)
    assert np.isfinite(four.losses).all()
    four.task = Own(0.5)
    four.run(2, progress=False)
    assert_divided(four.state)
    earlier = jax.tree.map(np.asarray, four.state)
    four.reset()
    assert_divided(four.state)
    np.testing.assert_array_equal(four.state.parameters.logits, start.parameters.logits)
    four.state = earlier
    assert_divided(four.state)


def goes_on_from_a_file_on_other_devices(folder):
    four = make(devices=jax.devices(), strategy="dense")
    four.run(5, progress=False)
    four.save(folder / "run")
    one = crn.Trainer.load(folder / "run", Own())
    two = crn.Trainer.load(folder / "run", Own(), devices=jax.devices()[:2])
    assert len(one.state.sparse.sharding.device_set) == 1 and len(two.state.sparse.sharding.device_set) == 2
    for trainer in (one, two):
        for a, b in zip(jax.tree.leaves(trainer.state), jax.tree.leaves(four.state), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("backend", ["xla", pytest.param("native", marks=needs_native)])
def test_four_devices(backend, tmp_path):
    # Devices are counted when JAX starts, so that it takes another process to have four.
    environment = {
        **os.environ,
        "CRNWIDGETS_BACKEND": backend,
        # In double precision, in which all is equal; the native kernel has single precision.
        "JAX_ENABLE_X64": str(backend == "xla"),
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={DEVICES}",
    }
    command = [sys.executable, "-W", "error", "-m", "tests.test_sharding", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_device_given_by_name():
    given, left_out = make(devices=jax.devices()[:1]), make()
    for trainer in (given, left_out):
        trainer.run(3, progress=False)
    np.testing.assert_array_equal(given.losses, left_out.losses)


def test_wrong_devices():
    device = jax.devices()[0]
    for devices in ([], [device, device], ["cpu:0"]):
        with pytest.raises(ValueError, match="Argument `devices` must be different devices of JAX's, but"):
            make(devices=devices)


def main(folder):
    """What `test_four_devices` has another process do."""
    assert len(jax.devices()) == DEVICES
    with pytest.raises(ValueError, match="Argument `population` must be a multiple of the number of devices, 4, but"):
        crn.Trainer(Own(), 6, devices=jax.devices())
    learns_the_same_as_on_one_device(1e-10 if crn.backend() == "xla" else 1e-2)
    each_device_computes_only_its_own_networks()
    stays_divided_whatever_happens()
    goes_on_from_a_file_on_other_devices(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
