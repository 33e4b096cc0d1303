"""What bqplot draws, in JupyterLab: the painter of a target, and the plots that follow a run."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.jupyter import Notebook, Server, picture

PAINTER = """import crnwidgets as crn
task = crn.tasks.Waveform.squares()
painter = crn.widgets.TargetPainter(task)
painter"""
PLOTS = """from crnwidgets.runner import Runner
import ipywidgets
trainer = crn.Trainer(task, population=6)
runner = Runner.of(trainer)
losses, pareto = crn.widgets.LossPlot(trainer), crn.widgets.ParetoPlot(runner)
ipywidgets.VBox([losses, pareto])"""
NUMBER = re.compile(r"\d")

LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"


@pytest.fixture(scope="module")
def notebook(server: Server, open_notebook: OpenNotebook) -> Notebook:
    notebook = open_notebook(server.write("plots.ipynb", [PAINTER, PLOTS]))
    notebook.run_all()
    return notebook


def contrast(words: Locator) -> float:
    """The least contrast of SVG texts with the page behind them ([WCAG] 2.2, 1.4.3)."""
    return words.evaluate_all(
        """(nodes) => {
          const channels = (color) => color.match(/[\\d.]+/g).slice(0, 3).map((c) => c / 255)
            .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
          const light = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
          return Math.min(...nodes.map((node) => {
            const behind = getComputedStyle(node.closest(".crn-figure")).backgroundColor;
            const [a, b] = [getComputedStyle(node).fill, behind].map((color) => light(channels(color)));
            return Math.max(a, b) / Math.min(a, b);
          }));
        }"""
    )


# -- the painter -------------------------------------------------------------------------------------------------------


class PainterView:
    """A painter as a hand finds it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".crn-figure").filter(has=page.locator(".crn-target-painter"))
        self.canvas = self.root.locator(".crn-canvas")
        self.curve = self.root.locator(".bqplot path.line")

    def point(self, time: float) -> Locator:
        return self.root.get_by_role("slider", name=f"Point at time {time:g}", exact=True)

    def at(self, time: float, value: float, top: float = 0.6) -> tuple[float, float]:
        """Where on the page a place of the plot is."""
        box = self.canvas.bounding_box()
        assert box is not None
        return box["x"] + box["width"] * time / 100, box["y"] + box["height"] * (1 - value / top)


@pytest.fixture
def painter(notebook: Notebook, page: Page) -> PainterView:
    """The painter, with the squares in it and nothing held."""
    notebook.show("TargetPainter")
    page.mouse.move(1, 1)
    notebook.do("painter.task = task")
    view = PainterView(page)
    expect(view.point(10)).to_have_attribute("aria-valuenow", "0.5")
    expect(view.curve).to_have_attribute("d", re.compile("M"))
    return view


def expect_stroke(notebook: Notebook) -> None:
    """Wait until the kernel has a straight line from (10, 0.1) to (60, 0.4), with the rest as it was."""
    notebook.do("import numpy as np")
    notebook.do("there = (painter.times > 11) & (painter.times < 59)")
    notebook.do("line = 0.1 + 0.3 * (painter.times - 10) / 50")
    notebook.until("bool(np.abs(painter.values - line)[there].max() < 0.01)")
    assert notebook.ask("bool((painter.values == task.target)[(painter.times < 9) | (painter.times > 61)].all())")
    assert notebook.ask("[painter.task.duration, painter.task.steps, list(painter.task.species)]") == [
        100,
        200,
        list("ABCDE"),
    ]


def test_the_mouse_draws(notebook: Notebook, painter: PainterView, page: Page) -> None:
    before = painter.curve.get_attribute("d")
    page.mouse.move(*painter.at(10, 0.1))
    page.mouse.down()
    page.mouse.move(*painter.at(60, 0.4), steps=12)
    # The browser shows the stroke; the task changes when it has ended.
    expect(painter.curve).not_to_have_attribute("d", before or "")
    assert notebook.ask("painter.task is task")
    page.mouse.up()
    expect_stroke(notebook)
    expect(painter.point(35)).to_have_attribute("aria-valuenow", re.compile(r"0\.2[45]"))


def test_a_finger_draws(notebook: Notebook, painter: PainterView, page: Page) -> None:
    session = page.context.new_cdp_session(page)
    scrolled = page.locator(".jp-WindowedPanel-outer").evaluate("(e) => e.scrollTop")
    for i in range(13):
        x, y = painter.at(10 + 50 * i / 12, 0.1 + 0.3 * i / 12)
        kind = "touchMove" if i else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()
    expect_stroke(notebook)
    assert page.locator(".jp-WindowedPanel-outer").evaluate("(e) => e.scrollTop") == scrolled


def test_a_point_is_dragged_and_takes_its_neighbourhood_along(
    notebook: Notebook, painter: PainterView, page: Page
) -> None:
    page.mouse.move(*painter.at(10, 0.5))
    page.mouse.down()
    page.mouse.move(*painter.at(13, 0.2), steps=8)  # sideways goes nowhere
    page.mouse.up()
    notebook.until("painter.task is not task")
    ends = notebook.ask("painter.values[[10, 15, 20, 25, 30]].tolist()")
    assert ends == pytest.approx([0.5, 0.35, 0.2, 0.35, 0.5], abs=0.01)
    expect(painter.point(10)).to_be_focused()


def test_keys_move_points(notebook: Notebook, painter: PainterView, page: Page) -> None:
    painter.point(0).focus()
    page.keyboard.press("ArrowRight")
    expect(painter.point(5)).to_be_focused()
    page.keyboard.press("ArrowDown")
    value = notebook.until("painter.task is not task and painter.values[10]")
    assert 0.48 < value < 0.5
    expect(painter.point(5)).to_have_attribute("aria-valuenow", str(value))
    page.keyboard.press("Shift+ArrowUp")
    notebook.until(f"bool(painter.values[10] > {value} + 0.04)")
    page.keyboard.press("Home")
    notebook.until("bool(painter.values[10] == 0)")
    # one stop for Tab, then the presets
    page.keyboard.press("Tab")
    expect(painter.root.get_by_role("button", name="squares")).to_be_focused()


def test_presets_and_assigned_curves_are_shown(notebook: Notebook, painter: PainterView) -> None:
    painter.root.get_by_role("button", name="sine").click()
    notebook.until("painter.task.period == 40")
    expect(painter.point(50)).to_have_attribute("aria-valuenow", "0.5")
    notebook.do("painter.values = np.linspace(0, 2, 201)")
    expect(painter.point(50)).to_have_attribute("aria-valuenow", "1")
    expect(painter.point(100)).to_have_attribute("aria-valuemax", "2.5")


def test_two_views_show_one_curve(notebook: Notebook, painter: PainterView, page: Page) -> None:
    notebook.command("notebook:create-output-view")
    views = page.locator(".crn-target-painter")
    expect(views).to_have_count(2)
    first, second = (views.nth(i).get_by_role("slider", name="Point at time 10", exact=True) for i in range(2))
    expect(second).to_have_attribute("aria-valuenow", "0.5")
    first.focus()
    page.keyboard.press("ArrowDown")
    expect(second).not_to_have_attribute("aria-valuenow", "0.5")
    expect(second).to_have_attribute("aria-valuenow", first.get_attribute("aria-valuenow") or "")
    page.evaluate("() => [...jupyterapp.shell.widgets('main')].at(-1).close()")
    expect(views).to_have_count(1)


# -- the plots of a run ------------------------------------------------------------------------------------------------


@pytest.fixture(params=[LIGHT, DARK])
def theme(notebook: Notebook, request: pytest.FixtureRequest) -> Iterator[str]:
    notebook.theme(request.param)
    yield request.param.split()[-1].lower()
    notebook.theme(LIGHT)


@pytest.fixture
def losses(notebook: Notebook, page: Page) -> Locator:
    notebook.show("LossPlot")
    return page.locator(".crn-figure").filter(has=page.locator(".crn-loss-plot"))


@pytest.fixture
def pareto(losses: Locator, page: Page) -> Locator:
    return page.locator(".crn-figure").filter(has=page.locator(".crn-pareto-plot"))


def test_plots_show_a_population_that_was_not_trained(losses: Locator, pareto: Locator) -> None:
    expect(losses.locator(".crn-step")).to_have_text("step 0")
    expect(pareto.get_by_role("option")).to_have_count(6)
    expect(pareto.locator(".crn-told")).to_have_text(re.compile(r"^Lowest loss: network \d: \d+ reactions, loss 0\.\d"))


def test_plots_follow_a_run(notebook: Notebook, losses: Locator, pareto: Locator) -> None:
    notebook.do("runner.play()")
    best = losses.locator(".crn-value").first
    first = best.inner_text()
    notebook.until("trainer.step > 200", timeout=90)
    expect(best).not_to_have_text(first)
    expect(losses.locator(".crn-step")).not_to_have_text("step 0")
    notebook.do("runner.pause()")
    expect(losses.locator(".crn-step")).to_have_text(f"step {notebook.ask('trainer.step')}")
    assert float(best.inner_text()) == pytest.approx(notebook.ask("trainer.best.loss"), rel=0.01)
    expect(pareto.locator(".bqplot path.dot")).to_have_count(6)
    notebook.do("runner.scrub(100)")
    expect(losses.locator(".crn-past")).to_be_visible()
    notebook.do("runner.scrub(None)")
    expect(losses.locator(".crn-past")).to_be_hidden()


def test_a_network_is_chosen_by_pointer_and_keys(notebook: Notebook, pareto: Locator, page: Page) -> None:
    options = pareto.get_by_role("option")
    last = int(options.last.get_attribute("data-member") or "")
    options.last.click(force=True)  # others may lie on it
    chosen = notebook.until("pareto.selected >= 0 and [pareto.selected]")[0]
    expect(pareto.locator(f'[data-member="{chosen}"]')).to_have_attribute("aria-selected", "true")
    pareto.locator(f'[data-member="{last}"]').focus()
    page.keyboard.press("Home")
    first = int(options.first.get_attribute("data-member") or "")
    expect(options.first).to_be_focused()
    page.keyboard.press("Enter")
    notebook.until(f"pareto.selected == {first}")
    expect(pareto.locator(".crn-told")).to_have_text(re.compile(f"^Chosen: network {first + 1}:"))
    notebook.do("pareto.selected = -1")
    expect(pareto.locator(".crn-told")).to_have_text(re.compile("^Lowest loss"))


def test_every_theme_is_readable(notebook: Notebook, theme: str, pareto: Locator, painter: PainterView) -> None:
    for place, name in (("TargetPainter", "painter"), ("LossPlot", "pareto")):
        notebook.show(place)
        shown = pareto if name == "pareto" else painter.root
        expect(shown.locator(".bqplot .axislabel").first).to_be_visible()
        assert contrast(shown.locator(".bqplot text")) >= 4.5
        picture(shown, f"{name}-{theme}")
