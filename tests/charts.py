"""What follows a run, without a browser: frames made by hand, and one who plays the page."""

from __future__ import annotations

import queue
import time
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from crnwidgets.learning import Trainer
from crnwidgets.runner import Frame, Runner


def frame(losses: ArrayLike, counts: ArrayLike = 0, step: int = 10, past: int | None = None) -> Frame:
    """A frame of networks with these losses and reaction counts, of two species."""
    losses = np.asarray(losses, np.float32)
    shape = (len(losses), 2, 2, 2)
    return Frame(
        id=1,
        step=step,
        past=past,
        playing=False,
        speed=0.0,
        error="",
        best_loss=float(losses.min()),
        best_count=0,
        losses=losses,
        counts=np.broadcast_to(np.asarray(counts, np.int32), losses.shape),
        rates=np.zeros(shape, np.float32),
        initial=np.zeros(shape[:2], np.float32),
        settings={},
        steps=(0, step),
    )


def advance(trainer: Trainer, steps: int) -> None:
    """Have the runner of a trainer make steps, and wait for them; the first compiles."""
    last = trainer.step + steps
    runner = Runner.of(trainer)
    runner.step(steps)
    deadline = time.monotonic() + 90
    while trainer.step < last:
        assert time.monotonic() < deadline and not runner.error, runner.error
        time.sleep(0.01)
    runner.pause()


class Page:
    """Plays the browser's part for the layer of a chart: keeps what arrives, and sends."""

    def __init__(self, chart: Any) -> None:
        self.frames: queue.Queue[dict[str, Any]] = queue.Queue()
        self.state: dict[str, Any] = {}
        self._layer = chart._layer
        self._layer._send = self._receive  # where ipywidgets hands a message to the comm

    def _receive(self, message: dict[str, Any], buffers: list[Any] | None = None) -> None:
        self.state.update(message.get("state", {}))
        if message["method"] == "custom":
            self.frames.put(message["content"])

    def post(self, content: object) -> None:
        self._layer._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})

    def frame(self) -> dict[str, Any]:
        """The next frame; the first step of a run compiles."""
        return self.frames.get(timeout=90)
