"""Frames of a training run: what goes to the browser, and that the browser reads it as Python means it."""

from __future__ import annotations

import base64
import json
import math
import queue
import subprocess
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import crnwidgets as crn
from crnwidgets.learning.tensors import to_network
from crnwidgets.runner import Frame, Runner
from crnwidgets.tasks import Waveform
from crnwidgets.widgets import wire
from crnwidgets.widgets.frames import BUDGET, Feed, about, as_runner, encode
from tests.own_tasks import Follow
from tests.tools import node

FRAMES = Path(__file__).parents[1] / "crnwidgets" / "widgets" / "frontend" / "src" / "lib" / "frames.js"

READ = """
import { readFileSync } from "node:fs";
import { chosenMember, memberNetwork, reactionCount, readFrame } from "%s";
const { about, messages, selected, kMin } = JSON.parse(readFileSync(0, "utf8"));
let frame = null;
for (const [content, buffers] of messages) {
  const bytes = buffers.map((text) => new DataView(Uint8Array.from(Buffer.from(text, "base64")).buffer));
  frame = readFrame(content, bytes, frame);
}
const member = chosenMember(frame, selected);
const network = memberNetwork(about, frame, member, kMin);
const count = reactionCount(frame, member, kMin);
console.log(JSON.stringify({ member, network, count, step: frame.step, known: [...frame.known], best: frame.best }));
"""


def a_frame(population: int = 3, species: int = 2, **changes: Any) -> Frame:
    rng = np.random.default_rng(0)
    rates = rng.uniform(size=(population, species, species, species)).astype(np.float32) ** 4 / species
    rates[..., range(species), range(species)] = 0
    frame = Frame(
        id=4,
        step=120,
        past=None,
        playing=True,
        speed=500.0,
        error="",
        best_loss=0.25,
        best_count=3,
        losses=rng.uniform(size=population).astype(np.float32),
        counts=np.arange(population, dtype=np.int32),
        rates=rates,
        initial=rng.uniform(size=(population, species)).astype(np.float32),
        settings={"k_min": 1e-3, "normalize": True, "strategy": "double"},
        steps=(0, 120),
    )
    return frame._replace(**changes)


def read(messages: list[Any], about: dict[str, Any], selected: int = -1, k_min: float = 1e-3) -> Any:
    """What the page makes of messages that arrive one after another."""
    texts = [[content, [base64.b64encode(buffer).decode() for buffer in buffers]] for content, buffers in messages]
    question = {"about": about, "messages": texts, "selected": selected, "kMin": k_min}
    command = [node(), "--input-type=module", "-e", READ % FRAMES.as_uri()]
    result = subprocess.run(command, input=json.dumps(question), capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_a_frame_goes_in_flat_arrays() -> None:
    frame = a_frame()
    content, buffers = encode(frame)
    assert json.loads(json.dumps(content, allow_nan=False)) == {
        "type": "frame",
        "id": 4,
        "step": 120,
        "past": None,
        "playing": True,
        "speed": 500.0,
        "error": "",
        "best": [0.25, 3],
        "settings": {"k_min": 1e-3, "normalize": True, "strategy": "double"},
        "history": [0, 120],
        "awaited": False,
        "members": None,
    }
    kinds = ("<f4", "<i4", "<f4", "<f4")
    for array, buffer, kind in zip(
        (frame.losses, frame.counts, frame.rates, frame.initial), buffers, kinds, strict=True
    ):
        np.testing.assert_array_equal(np.frombuffer(buffer, kind), array.ravel())


def test_no_best_network_is_no_number() -> None:
    content, _ = encode(a_frame(best_loss=math.inf, best_count=0))
    assert content["best"] == [None, 0]


def test_within_the_budget_all_networks_go_along() -> None:
    content, buffers = encode(a_frame(40, 5))
    assert content["members"] is None
    assert sum(buffer.nbytes for buffer in buffers[2:]) <= BUDGET


def test_beyond_the_budget_the_networks_take_turns() -> None:
    frame = a_frame(5, 3)
    each = frame.rates[0].nbytes + frame.initial[0].nbytes
    content, buffers = encode(frame, 3 * each, first=1, selected=4)
    assert content["members"] == [4, 1, 2]
    np.testing.assert_array_equal(np.frombuffer(buffers[2], "<f4"), frame.rates[[4, 1, 2]].ravel())
    assert encode(frame, 3 * each, first=4, selected=0)[0]["members"] == [0, 4]
    best = int(frame.losses.argmin())
    assert encode(frame, 1, first=best + 1)[0]["members"] == [best, (best + 1) % 5]


def test_the_page_reads_the_network_that_python_means() -> None:
    """Also where rates and k_min are equal but for the precision, and names need quotes."""
    task = Waveform(np.full(11, 0.3), duration=10, species=("A", "at", "C d"))
    trainer = crn.Trainer(task, population=4, seed=3)
    frame = a_frame(4, 3, losses=np.array([3, 1, 2, 1], np.float32))
    k_min = float(np.sort(frame.rates[1].ravel())[-5])
    answer = read([encode(frame)], about(trainer), k_min=k_min)
    network = to_network(jnp.asarray(frame.rates[1]), k_min, task.species, frame.initial[1].tolist())
    expected = wire.encode(network)
    assert answer["member"] == 1
    assert answer["count"] == len(network.reactions) == 5
    assert {**answer["network"], "labels": []} == {**expected, "labels": []}
    for label, exact in zip(answer["network"]["labels"], network.reactions, strict=True):
        shown = crn.Network.parse(label).reactions[0]
        assert (shown.edge, shown.rate) == (exact.edge, pytest.approx(exact.rate, rel=5e-3))


def test_the_page_keeps_networks_that_have_no_turn() -> None:
    frame = a_frame(5, 2)
    trainer = crn.Trainer(Waveform(np.full(11, 0.3), duration=10, species=2), population=5)
    later = frame._replace(rates=frame.rates / 2, step=130)
    messages = [encode(frame, 1, first=2, selected=0), encode(later, 1, first=3, selected=0)]
    answer = read(messages, about(trainer), selected=2, k_min=0)
    assert answer["known"] == [1, 0, 1, 1, 0]
    assert answer["step"] == 130
    assert answer["network"]["rates"] == pytest.approx(frame.rates[2][frame.rates[2] > 0].tolist())


def test_about_says_what_frames_do_not() -> None:
    trainer = crn.Trainer(Waveform.squares(), population=2, entropy=lambda step: 0.1)
    answer = json.loads(json.dumps(about(trainer), allow_nan=False))
    assert (answer["species"], answer["population"], answer["scheduled"]) == (list("ABCDE"), 2, ["entropy"])
    assert (answer["duration"], answer["steps"], answer["outputs"]) == (100, 200, [0])
    assert answer["target"] == pytest.approx(Waveform.squares().target)
    assert answer["backend"] == crn.backend()


def test_about_a_task_with_cases() -> None:
    trainer = crn.Trainer(Follow(), population=2)
    for case, shown in [(0, "No 1"), (1, "Yes 1"), (7, "Yes 1"), (-7, "No 1")]:
        answer = json.loads(json.dumps(about(trainer, case), allow_nan=False))
        assert (answer["cases"], answer["case"], answer["outputs"]) == (2, shown, [2, 3])
        assert answer["events"]["times"] == [20, 20] and "target" not in answer


def test_a_frame_starts_as_the_case_does() -> None:
    runner, sent, case = Subscriptions(), [], [1]
    runner.trainer = crn.Trainer(Follow(), population=3)
    Feed(runner, lambda content, buffers: sent.append(buffers), lambda: 0, lambda: case[0])  # type: ignore[arg-type]
    for number, start in [(1, [1, 0, 0, 1]), (0, [0, 1, 0, 1])]:
        case[0] = number
        runner.callback(a_frame(3, 4))
        assert np.frombuffer(sent[-1][3], np.float32).reshape(3, 4).tolist() == [start] * 3


def test_a_runner_is_taken_for_its_trainer() -> None:
    trainer = crn.Trainer(Waveform.squares(), population=2)
    runner = as_runner(trainer)
    assert as_runner(runner) is as_runner(trainer) is runner
    with pytest.raises(TypeError, match="Argument `trainer` must be a Trainer, but it is of type str"):
        as_runner("trainer")  # type: ignore[arg-type]


class Subscriptions:
    """Plays a runner: keeps who looks on, and what they said."""

    def __init__(self) -> None:
        self.trainer = crn.Trainer(Waveform.squares(species=2), population=5)
        self.said: list[Any] = []

    def subscribe(self, callback: Any, rate: float, ahead: int) -> Subscriptions:
        assert rate <= 10 and ahead <= 10
        self.callback = callback
        return self

    def acknowledge(self, number: int) -> None:
        self.said.append(number)

    def refresh(self) -> None:
        self.said.append("refresh")

    def close(self) -> None:
        self.said.append("close")


def test_a_feed_sends_frames_and_takes_what_the_page_says_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    runner, sent = Subscriptions(), []
    feed = Feed(runner, lambda content, buffers: sent.append(content), lambda: 1, lambda: 0)  # type: ignore[arg-type]
    assert feed.receive({"type": "ready"})
    assert feed.receive({"type": "ack", "painted": 7})
    for other in ({"type": "ack", "painted": "7"}, {"type": "play"}, None, "ready"):
        assert not feed.receive(other)
    # what asks for something else may acknowledge a frame by the way
    assert not feed.receive({"type": "refresh", "painted": 9})
    feed.close()
    assert runner.said == ["refresh", 7, 9, "close"]
    # all networks have their turn, whatever the page says or not
    monkeypatch.setattr("crnwidgets.widgets.frames.BUDGET", 1)
    for _ in range(5):
        runner.callback(a_frame(5, 2))
    assert [content["members"] for content in sent] == [[1, 0], [1], [1, 2], [1, 3], [1, 4]]


def test_a_feed_of_a_real_runner() -> None:
    runner = Runner.of(crn.Trainer(Waveform.squares(species=2), population=2))
    sent: queue.Queue[Any] = queue.Queue()
    feed = Feed(runner, lambda *message: sent.put(message), lambda: -1, lambda: 0)
    runner.step(3)
    content: dict[str, Any] = {"step": 0}
    while content["step"] < 3:
        content, buffers = sent.get(timeout=60)
        feed.receive({"type": "ack", "painted": content["id"]})
    feed.close()
    json.dumps(content, allow_nan=False)
    assert (content["step"], content["playing"], content["error"]) == (3, False, "")
    assert [buffer.nbytes for buffer in buffers] == [8, 8, 2 * 8 * 4, 2 * 2 * 4]
