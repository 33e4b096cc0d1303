"""The population alone, and the plot and the graph that follow one of its networks, on a real training run."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.jupyter import Notebook, Server, picture
from tests.browser.lab import LabView, middle

MAKE = """import crnwidgets as crn
from crnwidgets.runner import Runner

trainer = crn.Trainer(crn.tasks.Waveform.squares(), population=40)
trainer.run(64, progress=False)
runner = Runner.of(trainer)
population = crn.widgets.PopulationView(trainer)
population"""

FOLLOW = """network = trainer.solutions()[3].network
panel = crn.widgets.TrainingPanel(trainer, selected=3)
plot = crn.widgets.DynamicsPlot(network, duration=100)
plot.reference = {"A": (trainer.task.times, trainer.task.target)}
graph = crn.widgets.ReactionGraph(network)
relayed = crn.widgets.PopulationView(trainer, _relayed=True)
panel.lead(frames=[relayed], networks=[plot, graph])
display(panel, plot, graph, relayed)"""

LABEL = re.compile(r"^Network \d+: loss [\d.e-]+, \d+ reactions?(, the best)?$")

# How often the curves are painted in so many milliseconds.
_DRAWS = """([root, time]) => new Promise((resolve) => {
  let count = 0;
  root.addEventListener("crn-draw", () => count++);
  setTimeout(() => resolve(count), time);
})"""


class PopulationPage:
    """The first or the second view of the notebook as a hand and an eye find it."""

    def __init__(self, notebook: Notebook, place: int = 0) -> None:
        self.page = notebook.page
        self.root = self.page.locator(".crn-population-view").nth(place)
        self.cells = self.root.get_by_role("option")
        self.chosen = self.root.locator("[role=option][aria-selected=true]")
        self.canvas = self.root.locator("canvas").last  # the targets are on the other one

    def cell(self, member: int) -> Locator:
        return self.cells.nth(member)

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    def wait(self) -> None:
        """Return once all is drawn and nothing moves."""
        expect(self.cells.first).to_have_accessible_name(LABEL)
        self.wait_for_rest()

    def draws(self, milliseconds: int) -> int:
        return draws(self.root, milliseconds)

    def wait_for_rest(self) -> None:
        assert any(self.draws(300) == 0 for _ in range(30)), "the pictures never come to rest"

    def image(self) -> str:
        return self.canvas.evaluate("(canvas) => canvas.toDataURL()")

    def expect_redrawn(self, before: str) -> None:
        changed = "([canvas, before]) => canvas.toDataURL() !== before"
        self.page.wait_for_function(changed, arg=[self.canvas.element_handle(), before])

    def ink(self, member: int) -> list[int]:
        """How many pixels of a cell's picture are painted, and the colour of the mark beside its loss."""
        return self.canvas.evaluate(
            """(canvas, [cell, width]) => {
              const context = canvas.getContext("2d");
              const ratio = canvas.width / width;
              const [x, y, w, h] = [cell.offsetLeft, cell.offsetTop, cell.offsetWidth, cell.offsetHeight];
              const all = context.getImageData(x * ratio, (y + 16) * ratio, w * ratio, (h - 16) * ratio).data;
              const mark = context.getImageData((x + 4) * ratio, (y + 8) * ratio, 1, 1).data;
              return [all.filter((value, i) => i % 4 === 3 && value > 0).length, ...mark.slice(0, 3)];
            }""",
            [self.cell(member).element_handle(), self.canvas.bounding_box()["width"]],  # type: ignore[index]
        )


def draws(root: Locator, milliseconds: int) -> int:
    """How often a view is painted in this time."""
    return root.page.evaluate(_DRAWS, [root.element_handle(), milliseconds])


@pytest.fixture(scope="module")
def notebook(server: Server, open_notebook: OpenNotebook) -> Notebook:
    notebook = open_notebook(server.write("population.ipynb", [MAKE, FOLLOW]))
    notebook.run_all()
    return notebook


@pytest.fixture
def view(notebook: Notebook) -> PopulationPage:
    notebook.show("PopulationView")
    notebook.do("runner.pause(); population.selected = -1; population.beyond = False")
    view = PopulationPage(notebook)
    view.wait()
    return view


def train(notebook: Notebook, steps: int) -> None:
    """Play, see so many steps go by, and pause."""
    until = notebook.ask("trainer.step") + steps
    notebook.do("runner.play()")
    notebook.until(f"trainer.step >= {until}", timeout=60)
    notebook.do("runner.pause()")


def test_every_network_is_there_before_anything_is_trained(notebook: Notebook, view: PopulationPage) -> None:
    expect(view.cells).to_have_count(40)
    losses = notebook.ask("trainer.losses.tolist()")
    best = losses.index(min(losses))
    for member in (0, 17, 39):
        name = view.cell(member).get_attribute("aria-label") or ""
        number = re.search(r"loss ([\d.e-]+)", name)
        assert number is not None, name
        assert float(number[1]) == pytest.approx(losses[member], rel=0.06)
        assert view.ink(member)[0] > 60
    expect(view.cell(best)).to_have_accessible_name(re.compile("the best$"))
    expect(view.chosen).to_have_attribute("data-member", str(best))
    expect(view.button("Follow the best")).to_have_attribute("aria-pressed", "true")


def test_curves_move_while_it_trains_and_rest_when_it_stops(notebook: Notebook, view: PopulationPage) -> None:
    before, names = view.image(), view.cells.evaluate_all("(all) => all.map((cell) => cell.ariaLabel)")
    notebook.do("runner.play()")
    view.expect_redrawn(before)
    assert view.draws(2000) > 5
    notebook.until("trainer.step >= 400", timeout=60)
    notebook.do("runner.pause()")
    view.wait_for_rest()
    expect(view.cell(0)).not_to_have_accessible_name(names[0])
    losses = notebook.ask("trainer.losses.tolist()")
    best = losses.index(min(losses))
    expect(view.cell(best)).to_have_accessible_name(re.compile("the best$"))
    expect(view.root.locator(".crn-summary")).to_contain_text(f"network {best + 1},")
    # By colour too: the best one is blue, the worst one is not.
    worst = losses.index(max(losses))
    (_, red, _, blue), (_, dull_red, _, dull_blue) = view.ink(best), view.ink(worst)
    assert blue > red
    assert dull_blue - dull_red < blue - red


def test_a_click_selects(notebook: Notebook, view: PopulationPage) -> None:
    view.page.mouse.click(*middle(view.cell(23)))
    notebook.until("population.selected == 23")
    expect(view.chosen).to_have_attribute("data-member", "23")
    expect(view.cell(23)).to_be_focused()
    view.button("Follow the best").click()
    notebook.until("population.selected == -1")
    notebook.do("population.selected = 5")
    expect(view.chosen).to_have_attribute("data-member", "5")


def test_keys_move_and_select(notebook: Notebook, view: PopulationPage) -> None:
    expect(view.root.locator("[role=option][tabindex='0']")).to_have_count(1)
    view.cell(0).focus()
    press = view.page.keyboard.press
    columns = view.cells.evaluate_all("(all) => all.filter((cell) => cell.offsetTop === all[0].offsetTop).length")
    assert columns > 1
    press("ArrowRight")
    expect(view.cell(1)).to_be_focused()
    press("ArrowDown")
    expect(view.cell(1 + columns)).to_be_focused()
    assert notebook.ask("population.selected") == -1, "moving is not choosing"
    press("Enter")
    notebook.until(f"population.selected == {1 + columns}")
    press("ArrowUp")
    press("ArrowLeft")
    press("ArrowLeft")  # there is nothing further left
    expect(view.cell(0)).to_be_focused()
    press("End")
    expect(view.cell(39)).to_be_focused()
    press("Space")
    notebook.until("population.selected == 39")
    press("Escape")
    notebook.until("population.selected == -1")
    expect(view.cell(39)).to_be_focused()
    press("Tab")
    expect(view.cell(39)).not_to_be_focused()


def test_what_comes_after_training_is_shown_on_request(notebook: Notebook, view: PopulationPage) -> None:
    before = view.image()
    view.button("Twice the time").click()
    notebook.until("population.beyond")
    view.expect_redrawn(before)
    expect(view.root.locator(".crn-note")).to_contain_text("from time 0 to 200")


def test_another_target_is_followed(notebook: Notebook, view: PopulationPage) -> None:
    before = view.image()
    notebook.do("runner.change(task=crn.tasks.Waveform.peaks())")
    train(notebook, 20)
    view.page.wait_for_timeout(1100)  # the page asks for the target once a second
    train(notebook, 20)
    view.expect_redrawn(before)
    assert notebook.ask("population._about['target'][100]") == pytest.approx(0.35, abs=0.01)
    notebook.do("runner.change(task=crn.tasks.Waveform.squares()); runner.pause(); population.refresh()")


def test_without_a_target_the_outputs_are_shown(notebook: Notebook, view: PopulationPage) -> None:
    before = view.image()
    # What a task without a target has instead
    notebook.do("known = {k: v for k, v in population._about.items() if k != 'target'}")
    notebook.do("population._about = known | {'outputs': [1, 3]}")
    view.expect_redrawn(before)
    view.wait_for_rest()
    expect(view.root.locator(".crn-note")).to_contain_text("number of reactions, and B, D from time 0")
    expect(view.root.locator(".crn-key")).to_be_hidden()
    expect(view.root.locator(".crn-summary")).to_contain_text("Best now")
    notebook.do("population.refresh()")
    expect(view.root.locator(".crn-key")).to_be_visible()


def test_light_and_dark(notebook: Notebook, view: PopulationPage) -> None:
    style = "(e) => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color].join()"
    seen = []
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        before = view.image()
        notebook.theme(theme)
        view.page.wait_for_function(
            "(light) => document.body.dataset.jpThemeLight === light", arg=str(theme.endswith("Light")).lower()
        )
        view.expect_redrawn(before)
        view.wait_for_rest()
        seen.append(view.root.evaluate(style))
        picture(view.root, f"population-{theme.split()[-1].lower()}")
    assert len(set(seen)) == 2


@pytest.fixture
def lab(page: Page, notebook: Notebook) -> LabView:
    notebook.show("panel.lead")
    notebook.do("runner.pause()")
    lab = LabView(page, page.locator("body"))
    expect(lab.legend.first).to_have_text(re.compile(r"\d"))
    expect(lab.graph.locator("svg g.node").first).to_be_visible()
    return lab


def test_the_plot_glides_with_the_selected_network(notebook: Notebook, lab: LabView) -> None:
    lab.plot.scroll_into_view_if_needed()
    before, python = lab.image(), notebook.ask("str(plot.network)")
    notebook.do("runner.play()")
    lab.expect_redrawn(before)
    assert draws(lab.plot, 2000) >= 6  # without a graphics card
    notebook.do("runner.pause()")
    assert any(draws(lab.plot, 300) == 0 for _ in range(30)), "the curves never come to rest"
    assert notebook.ask("str(plot.network)") == python, "it is the page that computes, and Python is told nothing"
    notebook.do("final = crn.simulate(trainer.solutions()[3].network, [0, 100]).concentrations[-1]")
    assert list(lab.readings.values()) == pytest.approx(notebook.ask("final.tolist()"), rel=2e-2, abs=1e-3)
    notebook.do("plot.network = trainer.solutions()[3].network.updated(initial={'A': 2.0})")
    expect(lab.handle("A")).to_have_attribute("aria-valuenow", "2")
    picture(lab.plot, "plot-with-reference")


def test_what_is_out_of_sight_costs_nothing_until_it_is_seen(notebook: Notebook, lab: LabView) -> None:
    view = PopulationPage(notebook, 1)
    view.root.scroll_into_view_if_needed()
    view.wait()
    notebook.show("PopulationView(trainer)")
    before, steps = view.image(), notebook.ask("trainer.step")
    notebook.do("runner.play()")
    notebook.until(f"trainer.step >= {steps + 200}", timeout=60)
    assert view.draws(500) == 0
    notebook.do("runner.pause()")
    assert view.image() == before
    view.root.scroll_into_view_if_needed()
    view.expect_redrawn(before)


def test_the_graph_restyles_its_edges_and_lays_out_nothing(notebook: Notebook, lab: LabView) -> None:
    lab.graph.scroll_into_view_if_needed()
    notebook.do("graph.network = trainer.solutions()[3].network")
    lab.page.evaluate("() => document.querySelector('.crn-reaction-graph svg').setAttribute('data-drawn', 'once')")
    widths = "(lines) => lines.map((line) => line.style.getPropertyValue('--width'))"
    before = lab.graph.locator(".crn-line").evaluate_all(widths)
    train(notebook, 2000)
    expect(lab.graph.locator("svg[data-drawn=once]")).to_have_count(1)
    # The graph restyles in a frame of its own after the last news.
    lab.page.wait_for_function(
        "([lines, before]) => JSON.stringify((" + widths + ")([...document.querySelectorAll(lines)])) !== before",
        arg=[".crn-reaction-graph .crn-line", json.dumps(before, separators=(",", ":"))],
    )
    after = lab.graph.locator(".crn-line").evaluate_all(widths)
    assert len(before) == len(after)
    assert all(0.6 <= float(width) <= 4 for width in after)


def test_what_is_forbidden_is_crossed_out(notebook: Notebook, lab: LabView) -> None:
    notebook.do("graph.forbidden = [1]")
    expect(lab.reaction(1)).to_have_accessible_name(re.compile(r"\(forbidden\)$"))
    expect(lab.reaction(1).locator(".crn-cross")).to_be_visible()
    expect(lab.reaction(0).locator(".crn-cross")).to_be_hidden()
    dashes = lab.graph.locator('.edge[data-reaction="1"] > .crn-line').first
    expect(dashes).to_have_css("stroke-dasharray", re.compile("^4px"))
    picture(lab.graph, "graph-with-forbidden-reaction")
    lab.page.mouse.click(*middle(lab.reaction(1)))
    notebook.until("graph.selected == 1")
    notebook.do("graph.forbidden = []; graph.selected = -1")
    expect(lab.reaction(1).locator(".crn-cross")).to_be_hidden()


def test_frames_can_come_by_way_of_another_widget(notebook: Notebook, lab: LabView) -> None:
    view = PopulationPage(notebook, 1)
    view.root.scroll_into_view_if_needed()
    view.wait()
    before = view.image()
    asked = notebook.ask("relayed._feed._subscription._on_their_way")
    train(notebook, 200)
    view.expect_redrawn(before)
    view.wait_for_rest()
    assert notebook.ask("relayed._feed._subscription._on_their_way") == asked, "Python sends it nothing"
