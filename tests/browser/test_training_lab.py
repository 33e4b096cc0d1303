"""The Lab of a training run in JupyterLab, as a person uses it; the tests share one page, and each begins anew."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.jupyter import Notebook, Server, picture
from tests.browser.lab import LabView, middle

TALL: ViewportSize = {"width": 1280, "height": 1700}  # what is out of sight is not painted

MAKE = """import threading
import crnwidgets as crn
task = crn.tasks.Waveform.squares(species=3)
trainer = crn.Trainer(task, population=8)"""
SHOW = """lab = crn.Lab(trainer)
lab"""
RING = "species A, B, C\nC -0.125,A-> A\nA -0.5,B-> B\nB -0.25,C-> C\nA = 0.5\nB = 0.3\nC = 0.2"
THREADS = "[t.name for t in threading.enumerate()].count('crnwidgets training')"


class TrainingLabView(LabView):
    """One view of a training Lab."""

    def __init__(self, page: Page, root: Locator) -> None:
        super().__init__(page, root)
        self.panel = root.locator(".crn-training-panel")
        self.population = root.locator(".crn-population-view")
        self.painter = root.locator(".crn-target-painter")
        self.play = self.panel.locator(".crn-play")

    def wait(self) -> None:
        super().wait()
        expect(self.panel.locator(".crn-reading-step")).to_have_text(re.compile(r"\d"))
        expect(self.population.get_by_role("option").first).to_have_attribute("aria-label", re.compile("loss"))

    @property
    def step(self) -> int:
        """The steps made, as the panel has them."""
        return int(self.panel.locator(".crn-reading-step").inner_text())

    def expect_step(self, at_least: int) -> None:
        """Wait until the panel shows so many steps."""
        reached = "([node, least]) => Number(node.textContent) >= least"
        self.page.wait_for_function(
            reached, arg=[self.panel.locator(".crn-reading-step").element_handle(), at_least], timeout=60_000
        )

    def start(self) -> None:
        expect(self.play).to_have_text("Play")
        self.play.click()
        expect(self.play).to_have_text("Pause")

    def pause(self) -> None:
        self.play.click()
        expect(self.panel.locator(".crn-reading-speed")).to_have_text("paused")

    @property
    def widths(self) -> list[str]:
        """How wide each edge of the graph is drawn."""
        style = "(lines) => lines.map((line) => getComputedStyle(line).strokeWidth)"
        return self.graph.locator(".crn-line").evaluate_all(style)

    def networks(self) -> str:
        """What the population view has painted, to compare."""
        return self.population.evaluate(_PAINTED)

    def expect_networks_moved(self, before: str) -> None:
        """Wait until the population view has painted anything else."""
        moved = f"([view, before]) => ({_PAINTED})(view) !== before"
        self.page.wait_for_function(moved, arg=[self.population.element_handle(), before])


_PAINTED = "(view) => [...view.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL()).join()"


@pytest.fixture(scope="module")
def notebook(server: Server, page: Page, open_notebook: OpenNotebook) -> Notebook:
    page.set_viewport_size(TALL)
    notebook = open_notebook(server.write("training-lab.ipynb", [MAKE, SHOW, "# another cell"]))
    notebook.run_all()
    notebook.show("crn.Lab(trainer)")
    return notebook


@pytest.fixture
def lab(notebook: Notebook, page: Page) -> TrainingLabView:
    """The Lab, paused at the start, with the best network."""
    page.mouse.move(1, 1)
    page.evaluate("() => document.activeElement?.blur()")
    notebook.do("lab.runner.pause(); trainer.task, trainer.allowed = task, None; lab.panel.selected = -1")
    notebook.do("lab.runner.reset(); lab.runner.pause(); lab.refresh()")
    view = TrainingLabView(page, page.locator(".crn-training-lab").first)
    view.wait()
    expect(view.play).to_have_text("Play")
    return view


def put_ring(notebook: Notebook, lab: TrainingLabView, member: int = 0) -> None:
    """Look at a network of three reactions."""
    notebook.do(f"lab.panel.selected = {member}")
    notebook.do(f"lab.runner.reseed({member}, crn.Network.parse({RING!r})); lab.runner.pause(); lab.refresh()")
    lab.expect_text(RING)
    expect(lab.graph.locator(".crn-reaction")).to_have_count(3)


def test_it_trains_live(notebook: Notebook, lab: TrainingLabView) -> None:
    expect(lab.panel).to_contain_text(notebook.ask("crn.backend()"))
    curves, small, widths, rules = lab.image(), lab.networks(), lab.widths, lab.text
    lab.start()
    lab.expect_step(60)
    lab.expect_redrawn(curves)
    lab.expect_networks_moved(small)
    lab.expect_redrawn(lab.image())  # and on and on
    notebook.until("lab.trainer.step > 200", timeout=60)
    lab.pause()
    notebook.until(f"{THREADS} == 0")
    expect(lab.editor.locator(".cm-line").first).not_to_have_text(rules.split("\n")[0])
    assert lab.widths != widths
    assert notebook.ask("[str(lab.network) == str(lab.plot.network), lab.trainer.step]") == [True, lab.step]
    picture(lab.page, "training-lab")


def test_a_dragged_concentration_is_trained_on(notebook: Notebook, lab: TrainingLabView) -> None:
    put_ring(notebook, lab)
    lab.drag(lab.handle("A"), 0, -40)
    value = lab.value(lab.handle("A"))
    assert value > 0.55
    notebook.until(f"abs(lab.network.initial['A'] - {value}) < 2e-3")
    lab.page.wait_for_timeout(600)  # what comes from the kernel after the hand has let go
    assert lab.value(lab.handle("A")) == pytest.approx(value, abs=2e-3)
    assert sum(notebook.ask("list(lab.network.initial.values())")) == pytest.approx(1, abs=1e-3)


def test_a_concentration_is_dragged_while_it_trains(notebook: Notebook, lab: TrainingLabView) -> None:
    notebook.do("lab.panel.selected = 2; trainer.learning_rate = 1e-6")
    lab.start()
    lab.drag(lab.handle("B"), 0, -50)
    value = lab.value(lab.handle("B"))
    notebook.until(f"abs(float(trainer.snapshot().initial[2, 0, 1]) - {value}) < 0.02")
    lab.pause()
    notebook.do("trainer.learning_rate = 0.05")


def test_back_through_history_and_a_branch(notebook: Notebook, lab: TrainingLabView) -> None:
    first = lab.text
    lab.start()
    lab.expect_step(lab.step + 100)
    lab.pause()
    # The rules are brought up to date a moment after the steps.
    expect(lab.editor.locator(".cm-content")).not_to_have_text(first.replace("\n", ""))
    last, text = lab.step, lab.text
    best = notebook.ask("trainer.best.loss")
    history = lab.panel.get_by_role("slider", name="Step shown")
    history.focus()
    lab.page.keyboard.press("Home")
    notebook.until("lab.runner.past is not None")
    expect(lab.editor.locator(".cm-content")).not_to_have_text(text.replace("\n", ""))
    lab.panel.get_by_role("button", name="Branch here").click()
    notebook.until(f"trainer.step < {last} and lab.runner.past is None")
    lab.pause()
    assert notebook.ask("trainer.best.loss") <= best


def test_a_clicked_edge_is_forbidden_and_allowed_again(notebook: Notebook, lab: TrainingLabView) -> None:
    put_ring(notebook, lab)
    reaction = lab.reaction(1)
    place = middle(reaction)
    reaction.click()
    expect(reaction).to_have_attribute("aria-label", re.compile("forbidden"))
    expect(lab.graph.locator(".crn-reaction.crn-forbidden")).to_have_count(1)
    notebook.until("trainer.allowed[0].sum() == 26 and len(lab.network.reactions) == 2")
    expect(lab.editor.locator(".cm-line", has_text="->")).to_have_count(2)
    assert middle(reaction) == pytest.approx(place, abs=1)  # nothing moves away from under the pointer
    picture(lab.graph, "training-lab-forbidden")
    lab.start()
    lab.expect_step(lab.step + 30)
    assert notebook.ask("float(trainer.tensors[0][~trainer.allowed[0]].max())") == 0
    lab.pause()
    notebook.do("lab.refresh()")
    expect(lab.graph.locator(".crn-reaction")).to_have_count(notebook.ask("len(lab.graph.network.reactions)"))
    lab.graph.locator(".crn-reaction.crn-forbidden").click()
    notebook.until("bool(trainer.allowed[0].all())")
    expect(lab.graph.locator(".crn-reaction.crn-forbidden")).to_have_count(0)


def test_an_edited_rule_is_trained_on_and_not_overwritten(notebook: Notebook, lab: TrainingLabView) -> None:
    put_ring(notebook, lab)
    lab.place_cursor(3, 5)
    notebook.until("lab.editor.editing")
    lab.page.keyboard.press("Delete")
    lab.page.keyboard.type("9")
    notebook.until("abs(float(trainer.tensors[0][1, 0, 1]) - 0.9) < 1e-3")
    text = lab.text
    assert "-0.9,B->" in text
    notebook.do("lab.runner.play()")
    lab.expect_step(lab.step + 50)
    notebook.do("lab.refresh()")
    assert lab.text == text  # although it trains
    lab.editor.locator(".cm-content").blur()
    expect(lab.editor.locator(".cm-content")).not_to_have_text(text.replace("\n", ""))
    lab.pause()


def test_rules_that_cannot_be_trained_say_why(notebook: Notebook, lab: TrainingLabView) -> None:
    put_ring(notebook, lab)
    lab.add_line("A -> C")
    expect(lab.editor.get_by_role("status")).to_contain_text("must have the form A -C-> B")
    assert notebook.ask("trainer.reaction_counts.tolist()[0]") == 3
    for _ in "\nA -> C":
        lab.page.keyboard.press("Backspace")
    lab.expect_text(RING)
    expect(lab.editor.get_by_role("status")).to_contain_text("3 reactions")


def test_another_target_is_painted_while_it_trains(notebook: Notebook, lab: TrainingLabView) -> None:
    lab.start()
    before = lab.networks()
    preset = lab.painter.get_by_role("button", name="sine")
    preset.scroll_into_view_if_needed()
    preset.click()
    notebook.until("trainer.task is lab.painter.task and trainer.task is not task")
    lab.expect_networks_moved(before)
    assert notebook.ask("lab.runner.playing and lab.runner.error == ''")
    lab.pause()


def test_a_chosen_network_is_shown_everywhere(notebook: Notebook, lab: TrainingLabView) -> None:
    put_ring(notebook, lab, member=5)
    notebook.do("lab.panel.selected = -1")
    lab.population.get_by_role("option").nth(5).click()
    lab.expect_text(RING)
    assert notebook.ask("[lab.panel.selected, lab.pareto.selected]") == [5, 5]
    lab.population.get_by_role("button", name="Follow the best").click()
    notebook.until("lab.panel.selected == -1")
    expect(lab.editor.locator(".cm-content")).not_to_have_text(RING.replace("\n", ""))


def test_two_views_show_one_lab(notebook: Notebook, lab: TrainingLabView, page: Page) -> None:
    notebook.command("notebook:create-output-view")
    other = TrainingLabView(page, page.locator(".crn-training-lab").last)
    other.wait()
    before = lab.image(), other.image()
    lab.start()
    expect(other.play).to_have_text("Pause")
    lab.expect_redrawn(before[0])
    other.expect_redrawn(before[1])
    other.pause()
    expect(lab.play).to_have_text("Play")
    page.evaluate("() => jupyterapp.shell.currentWidget.close()")
    expect(page.locator(".crn-training-lab")).to_have_count(1)


def test_an_interrupted_kernel_trains_on(notebook: Notebook, lab: TrainingLabView) -> None:
    best = notebook.ask("trainer.best.loss")
    lab.start()
    notebook.command("notebook:interrupt-kernel")
    lab.expect_step(lab.step + 50)
    lab.pause()
    notebook.until(f"{THREADS} == 0")
    assert notebook.ask("trainer.best.loss") <= best * (1 + 1e-4)  # computed in another place, and so rounded otherwise


def test_a_reloaded_page_finds_the_training_as_it_is(notebook: Notebook, lab: TrainingLabView, page: Page) -> None:
    lab.start()
    notebook.command("docmanager:save")
    page.reload()
    notebook.wait_for_kernel()
    notebook.show("crn.Lab(trainer)")
    lab.wait()
    expect(lab.play).to_have_text("Pause")
    before = lab.image()
    lab.expect_step(lab.step + 50)
    lab.expect_redrawn(before)
    lab.pause()
    notebook.until("str(lab.network) == str(lab.plot.network)")


def test_a_cell_that_runs_again_pauses_what_it_had_made(notebook: Notebook, lab: TrainingLabView) -> None:
    notebook.do("before = lab")
    lab.start()
    notebook.show("crn.Lab(trainer)")
    notebook.command("notebook:run-cell")
    notebook.until("lab is not before and before.comm is None and not lab.runner.playing")
    lab.wait()
    expect(lab.root).to_have_count(1)
    notebook.until(f"{THREADS} == 0")
    lab.start()
    lab.expect_step(lab.step + 50)
    assert notebook.ask(THREADS) == 1
    lab.pause()


@pytest.mark.parametrize(
    ("name", "width", "theme"),
    [("wide", 1920, "Light"), ("narrow", 700, "Light"), ("dark", TALL["width"], "Dark")],
)
def test_it_fits(notebook: Notebook, lab: TrainingLabView, page: Page, name: str, width: int, theme: str) -> None:
    page.set_viewport_size({"width": width, "height": 2400})
    notebook.theme(f"JupyterLab {theme}")
    page.wait_for_function(f"() => document.body.dataset.jpThemeName === 'JupyterLab {theme}'")
    for view in (lab.panel, lab.plot, lab.population, lab.editor, lab.graph, lab.equations):
        box, whole = view.bounding_box(), lab.root.bounding_box()
        assert box and whole and box["width"] > 150 and box["x"] + box["width"] <= whole["x"] + whole["width"] + 1
    picture(lab.root, f"training-lab-{name}")
    page.set_viewport_size(TALL)
    notebook.theme("JupyterLab Light")


def test_a_restarted_kernel_is_told_of(notebook: Notebook, lab: TrainingLabView, page: Page) -> None:
    lab.start()
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    notebook.wait_for_kernel()
    expect(lab.panel.locator(".crn-status")).to_contain_text("run the cell again", timeout=30_000)
    notebook.run_all()
    lab = TrainingLabView(page, page.locator(".crn-training-lab").last)
    lab.wait()
    assert notebook.ask(THREADS) == 0
