"""The Lab in a real JupyterLab: each figure beside its target and beside a slider of ipywidgets in the same run."""

from __future__ import annotations

import math
import socket
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from tests.benchmarks.hand import drag
from tests.benchmarks.machine import particulars
from tests.browser.jupyter import Notebook, chromium_browser, jupyter

PACKAGES = ("jupyterlab", "ipykernel", "ipywidgets", "anywidget", "jax", "playwright")

PROBE = Path(__file__).with_name("probe.js")

LAB = '''import crnwidgets as crn

lab = crn.Lab("""A -B-> B
B -1,C-> C
C -A-> A
A = 0.8; B = 0.1; C = 0.1""")
lab'''

SLIDER = """import ipywidgets

slider = ipywidgets.IntSlider(max=1000)
label = ipywidgets.Label("0")
label.add_class("benchmark-label")
slider.observe(lambda change: setattr(label, "value", str(change.new)), "value")
ipywidgets.VBox([slider, label])"""

COUNT_COMPILATIONS = """import jax.monitoring
compilations = []
def _note(name, *_, **__):
    if "backend_compile" in name:
        compilations.append(name)
jax.monitoring.register_event_duration_secs_listener(_note)
def _simulate(change):
    crn.simulate(change.new, t=30.0)
    global simulations
    simulations += 1
simulations = 0
crn.simulate(lab.network, t=30.0)
first = len(compilations)
lab.observe(_simulate, "network")"""

BASELINE = "slider to kernel and back"


@dataclass
class Figure:
    """Samples of one quantity, and what it should reach: at most `target` at its 95th percentile, or at least."""

    name: str
    samples: Sequence[float]
    unit: str = "ms"
    target: float | None = None
    at_least: bool = False
    compared: bool = True

    @property
    def median(self) -> float:
        return statistics.median(self.samples) if self.samples else math.nan

    @property
    def worst(self) -> float:
        """The 95th percentile, or the 5th where more is better."""
        return float(np.percentile(self.samples, 5 if self.at_least else 95)) if self.samples else math.nan

    def row(self, baseline: float) -> list[str]:
        ratio = f"{self.median / baseline:.2f}" if self.compared and self.unit == "ms" else ""
        target, verdict = "", ""
        if self.target is not None:
            met = self.worst >= self.target if self.at_least else self.worst <= self.target
            target = f"{'≥' if self.at_least else '≤'} {self.target:g}"
            verdict = "met" if met else "MISSED"
        values = [f"{self.median:.4g}", f"{self.worst:.4g}", str(len(self.samples))]
        return [f"{self.name} [{self.unit}]", *values, target, verdict, ratio]


def main(quick: bool) -> None:
    """Measure and print; `quick` takes few samples."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (
        tempfile.TemporaryDirectory() as folder,
        jupyter(Path(folder)) as server,
        chromium_browser(f"--remote-debugging-port={port}") as browser,
    ):
        print(*particulars(PACKAGES, browser.version), "", sep="\n", flush=True)
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.add_init_script(path=PROBE)
        notebook = server.open(page, server.write("lab.ipynb", [LAB]))
        figures = cold_start(notebook, 1 if quick else 3)
        notebook.show("crn.Lab")
        figures += dragging(page, port, 1 if quick else 5)
        figures += editing(notebook, 2 if quick else 20)
        figures += compilations(notebook, 1 if quick else 5)
        notebook.close()
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.add_init_script(path=PROBE)
        notebook = server.open(page, server.write("slider.ipynb", [SLIDER]))
        figures += slider(notebook, 5 if quick else 40)
        notebook.close()
    print_table(figures)


def cold_start(notebook: Notebook, times: int) -> list[Figure]:
    """From the wish for a kernel to a drawn Lab, the server being up and the page open."""
    runs = [notebook.page.evaluate("() => crnProbe.coldStart()") for _ in range(times)]
    return [
        Figure("kernel answers", [run["kernel"] for run in runs], compared=False),
        Figure("cold start: kernel to drawn Lab", [run["lab"] for run in runs], target=5000, compared=False),
    ]


def dragging(page: Page, port: int, times: int) -> list[Figure]:
    """Two seconds up and down with a handle at 120 events a second; latency to the frame after the paint."""
    handle = page.locator(".crn-handle").first
    latencies: list[float] = []
    redraws = []
    for _ in range(times):
        box = handle.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        places = [(x, y + 45 * (1 - math.cos(i / 20))) for i in range(240)]
        page.evaluate("() => crnProbe.followDrag()")
        drag(page, port, places)
        result = page.evaluate("() => crnProbe.finish()")
        latencies += result["latencies"]
        redraws.append(result["redraws"])
    return [
        Figure("drag to paint", latencies, target=40),
        Figure("redraws while dragging", redraws, unit="1/s", target=50, at_least=True),
    ]


def editing(notebook: Notebook, times: int) -> list[Figure]:
    """One key that changes a rate, one that changes what reacts; until plot, graph and equations are all painted."""
    page = notebook.page
    number: dict[str, list[float]] = {"plot": [], "graph": [], "equations": []}
    structure: dict[str, list[float]] = {"plot": [], "graph": [], "equations": []}
    for i in range(times):
        for view, time in _edit(page, 2, 3, "2" if i % 2 == 0 else "1").items():
            number[view].append(time)
        for view, time in _edit(page, 3, 7, "D" if i % 2 == 0 else "A").items():
            structure[view].append(time)
    figures = []
    for what, views in (("rate", number), ("species", structure)):
        if len({len(samples) for samples in views.values()}) != 1:
            print(f"A changed {what} did not reach all views each time:", {k: len(v) for k, v in views.items()})
        everywhere = [max(samples) for samples in zip(*views.values(), strict=False)]
        figures.append(Figure(f"edit a {what}: shown everywhere", everywhere, target=150))
        figures += [Figure(f"    in the {view}", samples) for view, samples in views.items()]
    return figures


def _edit(page: Page, line: int, column: int, key: str) -> dict[str, float]:
    """Replace one character in the editor by a key; the time until each view shows it."""
    page.locator(".crn-rule-editor .cm-content").focus()
    for step in ["Control+Home", *["ArrowDown"] * (line - 1), *["ArrowRight"] * column, "Shift+ArrowRight"]:
        page.keyboard.press(step)
    page.wait_for_timeout(300)  # a person has moved the cursor before, too, and the views no longer follow it
    page.evaluate("() => crnProbe.followKey()")
    page.keyboard.press(key)
    return page.evaluate("() => crnProbe.finish()")


def compilations(notebook: Notebook, times: int) -> list[Figure]:
    """Compilations by JAX while rules are edited and every new network is simulated in Python too."""
    print("The Lab imports JAX:", "yes" if notebook.ask("'jax' in __import__('sys').modules") else "no")
    notebook.do(COUNT_COMPILATIONS)
    for i in range(times):
        _edit(notebook.page, 2, 3, "3" if i % 2 == 0 else "1")
    first, now, simulations = notebook.ask("[first, len(compilations), simulations]")
    print(f"Compilations: {first} for the first simulation in Python, {now - first} in {simulations} after edits\n")
    return [Figure("compilations on edit", [now - first], unit="compilations", target=0)]


def slider(notebook: Notebook, times: int) -> list[Figure]:
    """The plain way: an ipywidgets slider whose value an observer in the kernel writes into a label."""
    notebook.run_all()
    page = notebook.page
    page.locator(".noUi-handle").focus()
    samples = []
    for _ in range(times):
        page.evaluate("() => crnProbe.followTo('.benchmark-label')")
        page.keyboard.press("ArrowRight")
        samples.append(page.evaluate("() => crnProbe.finish()"))
    return [Figure(BASELINE, samples)]


def print_table(figures: Sequence[Figure]) -> None:
    baseline = next(figure for figure in figures if figure.name == BASELINE)
    header = ["", "median", "p95 (p5 of rates)", "samples", "target", "", f"median ÷ {BASELINE}"]
    rows = [header, *(figure.row(baseline.median) for figure in figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(header))]
    for row in rows:
        _, *cells = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join([row[0].ljust(widths[0]), *cells]).rstrip())
