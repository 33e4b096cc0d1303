"""The speed of training while a Lab shows it in a real JupyterLab."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tests.browser.jupyter import chromium_browser, jupyter

LAB = """import os, time
import crnwidgets as crn

trainer = crn.Trainer(crn.tasks.Waveform.squares())
trainer.run(128, progress=False)
lab = crn.Lab(trainer)

def alone(seconds):
    first, start = trainer.step, time.perf_counter()
    while time.perf_counter() < start + seconds:
        trainer.advance()
    return 1e3 * (time.perf_counter() - start) / (trainer.step - first)

lab"""
NOW = "[time.perf_counter(), trainer.step]"
# Threads that libraries have started included.
MOVE = "[os.sched_setaffinity(int(thread), {processors}) for thread in os.listdir('/proc/self/task')]"


def speeds(rounds: int, seconds: float, *, apart: bool) -> list[tuple[float, float]]:
    """Milliseconds a step, in turn without anything that looks at the training and with the Lab at work.

    With `apart` browser and server have one of the processors, and the training has the others; only on Linux.
    """
    processors = os.sched_getaffinity(0) if apart else set()
    try:
        if apart:
            os.sched_setaffinity(0, {max(processors)})
        return _speeds(rounds, seconds, processors - {max(processors, default=0)})
    finally:
        if apart:
            os.sched_setaffinity(0, processors)


def _speeds(rounds: int, seconds: float, for_training: set[int]) -> list[tuple[float, float]]:
    result = []
    with tempfile.TemporaryDirectory() as folder, jupyter(Path(folder)) as server, chromium_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        notebook = server.open(page, server.write("lab.ipynb", [LAB]))
        notebook.run_all()
        notebook.show("crn.Lab")
        page.locator(".crn-training-panel").wait_for()
        if for_training:
            notebook.do(MOVE.format(processors=for_training))
        for _ in range(rounds):
            alone = notebook.ask(f"alone({seconds})")
            notebook.do("lab.runner.play()")
            page.wait_for_timeout(1000)  # until the chunks have found their length
            start, first = notebook.ask(NOW)
            page.wait_for_timeout(1000 * seconds)
            end, last = notebook.ask(NOW)
            notebook.do("lab.runner.pause()")
            result.append((alone, 1e3 * (end - start) / (last - first)))
        notebook.close()
    return result
