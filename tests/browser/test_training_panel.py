"""The training panel alone, on a real training run: every button, the way back, and what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import WIDE, OpenNotebook
from tests.browser.jupyter import Notebook, Server, picture

MAKE = """import crnwidgets as crn

trainer = crn.Trainer(crn.tasks.Waveform.squares(species=3), 6, learning_rate=0.05, entropy=0.005, normalize=True)
panel = crn.widgets.TrainingPanel(trainer)
panel"""

NUMBER = re.compile(r"\d")


@pytest.fixture(scope="module")
def notebook(server: Server, open_notebook: OpenNotebook) -> Notebook:
    notebook = open_notebook(server.write("training.ipynb", [MAKE, "# another cell"]))
    notebook.run_all()
    notebook.do("trainer.run(64, progress=False)")  # compiles, and is no part of what is tested
    notebook.do("panel._feed.receive({'type': 'ready'})")
    return notebook


class PanelView:
    """The panel as a hand and an eye find it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".crn-training-panel")
        self.play = self.root.locator(".crn-play")
        self.step = self.reading("step")
        self.history = self.root.get_by_role("slider", name="Step shown")
        self.status = self.root.locator(".crn-status")

    def reading(self, name: str) -> Locator:
        return self.root.locator(f".crn-reading-{name}")

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    def slider(self, name: str) -> Locator:
        return self.root.get_by_role("slider", name=name, exact=True)

    def field(self, name: str) -> Locator:
        return self.root.get_by_role("spinbutton", name=name, exact=True)

    @property
    def steps(self) -> int:
        """The steps made, as the panel has them."""
        return int(self.step.inner_text())

    def wait(self) -> None:
        """Return once there is a frame; for the first one a program is compiled."""
        expect(self.step).to_have_text(NUMBER, timeout=60_000)

    def train_for(self, steps: int) -> None:
        """Play, see so many steps go by, and pause."""
        until = self.steps + steps
        expect(self.play).to_have_text("Play")
        self.play.click()
        expect(self.play).to_have_text("Pause")
        self.page.wait_for_function(
            "([node, until]) => Number(node.textContent) >= until", arg=[self.step.element_handle(), until]
        )
        self.play.click()
        expect(self.reading("speed")).to_have_text("paused")


@pytest.fixture
def panel(notebook: Notebook) -> PanelView:
    notebook.show("TrainingPanel")
    view = PanelView(notebook.page)
    view.wait()
    return view


def test_play_and_pause(notebook: Notebook, panel: PanelView) -> None:
    picture(panel.root, "training-panel-light")
    expect(panel.reading("solver")).to_have_text(notebook.ask("crn.backend()"))
    panel.play.click()
    notebook.until("panel.runner.playing")
    expect(panel.play).to_have_text("Pause")
    expect(panel.reading("speed")).to_have_text(re.compile(r"\d/s"))
    expect(panel.button("Step")).to_be_disabled()
    before = panel.steps
    panel.page.wait_for_function(
        "([node, before]) => Number(node.textContent) > before", arg=[panel.step.element_handle(), before]
    )
    expect(panel.reading("best")).to_have_text(re.compile(r"^0\.\d+, \d+ reactions$"))
    # Space does the same, wherever the focus is that has no use for it
    panel.slider("L1").focus()
    panel.page.keyboard.press("Space")
    notebook.until("not panel.runner.playing")
    expect(panel.play).to_have_text("Play")
    expect(panel.step).to_have_text(str(notebook.ask("trainer.step")))
    panel.play.focus()
    panel.page.keyboard.press("Space")
    notebook.until("panel.runner.playing")
    panel.page.keyboard.press("Space")
    notebook.until("not panel.runner.playing")


def test_single_steps(notebook: Notebook, panel: PanelView) -> None:
    before = notebook.ask("trainer.step")
    for done in (1, 2):
        panel.button("Step").click()
        expect(panel.step).to_have_text(str(before + done))
    assert notebook.ask("trainer.step") == before + 2


def test_settings(notebook: Notebook, panel: PanelView) -> None:
    slider, field = panel.slider("learning rate"), panel.field("value of learning rate")
    expect(field).to_have_value("0.05")
    slider.focus()
    for _ in range(20):
        panel.page.keyboard.press("ArrowLeft")
    panel.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    value = float(field.input_value())
    assert 0.01 < value < 0.05
    notebook.until(f"trainer.learning_rate == {value}")
    field.fill("0.0123")
    field.press("Enter")
    notebook.until("trainer.learning_rate == 0.0123")
    expect(slider).to_have_attribute("aria-valuetext", "0.0123")
    panel.slider("entropy").press("Home")
    notebook.until("trainer.entropy == 0")
    panel.root.get_by_role("checkbox", name="normalised gradients").uncheck()
    notebook.until("trainer.normalize is False")
    panel.root.get_by_role("combobox", name="Strategy").select_option("dense")
    notebook.until("trainer.strategy == 'dense'")
    panel.root.get_by_role("combobox", name="Strategy").select_option("double")
    notebook.until("trainer.strategy == 'double'")
    # Python moves the sliders
    notebook.do("panel.runner.change(learning_rate=0.1, normalize=True)")
    expect(field).to_have_value("0.1")
    expect(panel.root.get_by_role("checkbox", name="normalised gradients")).to_be_checked()


def test_pruning_is_seen_at_once_in_the_network_looked_at(notebook: Notebook, panel: PanelView) -> None:
    text = panel.root.locator(".crn-member .crn-muted")
    panel.root.get_by_role("combobox", name="Network looked at").select_option("3")
    notebook.until("panel.selected == 2")
    before = text.inner_text()
    panel.slider("k_min").press("End")
    expect(text).not_to_have_text(before)
    notebook.until("trainer.k_min == 0.1")
    count = notebook.ask("int(trainer.reaction_counts[2])")
    expect(text).to_have_text(re.compile(rf", {count} reactions?$"))
    panel.field("value of k_min").fill("0.001")
    panel.field("value of k_min").press("Enter")
    notebook.until("trainer.k_min == 0.001")
    notebook.do("panel.selected = -1")
    expect(text).to_have_text(re.compile(r"^number \d"))


def test_back_through_history_and_a_branch(notebook: Notebook, panel: PanelView) -> None:
    panel.train_for(150)
    last = panel.steps
    best = notebook.ask("trainer.best.loss")
    expect(panel.button("Branch here")).to_be_disabled()
    panel.history.click()  # in its middle
    past = notebook.until("panel.runner.past")
    assert 0 < past < last
    expect(panel.root.locator(".crn-history-text")).to_have_text(f"step {past} of {last}")
    picture(panel.root, "training-panel-past")
    panel.button("Back to now").click()
    notebook.until("panel.runner.past is None")
    expect(panel.root.locator(".crn-history-text")).to_have_text("now")

    panel.history.press("Home")
    past = notebook.until("panel.runner.past is not None and [panel.runner.past]")[0]
    panel.button("Branch here").click()
    notebook.until("panel.runner.playing")
    expect(panel.play).to_have_text("Pause")
    panel.play.click()
    notebook.until("not panel.runner.playing")
    assert notebook.ask("trainer.best.loss") <= best
    assert notebook.ask("panel.runner.history.steps[0]") == past
    expect(panel.history).to_have_attribute("aria-valuetext", "now")


def test_reset_asks_once(notebook: Notebook, panel: PanelView) -> None:
    panel.field("seed").fill("7")
    panel.button("Reset").click()
    assert notebook.ask("trainer.step") > 0
    panel.button("Discard and reset").press("Tab")
    panel.button("Reset").click()
    panel.button("Discard and reset").click()
    expect(panel.step).to_have_text("0")
    notebook.do("first = trainer.losses.tolist()")
    assert notebook.ask("crn.Trainer(trainer.task, 6, seed=7).losses.tolist() == first")


def test_it_follows_the_training_while_a_cell_is_busy(notebook: Notebook, panel: PanelView) -> None:
    panel.play.click()
    notebook.until("panel.runner.playing")
    panel.page.evaluate("""() => {
      const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
      window.busy = true;
      const code = "import time; time.sleep(2)";
      kernel.requestExecute({ code, store_history: false }).done.then(() => (window.busy = false));
    }""")
    before = panel.steps
    panel.page.wait_for_function(
        "([node, before]) => window.busy && Number(node.textContent) > before",
        arg=[panel.step.element_handle(), before],
    )
    panel.play.click()
    notebook.until("not panel.runner.playing")


@pytest.fixture
def dark(notebook: Notebook) -> Iterator[None]:
    notebook.theme("JupyterLab Dark")
    yield
    notebook.theme("JupyterLab Light")


def test_dark_and_narrow(notebook: Notebook, panel: PanelView, request: pytest.FixtureRequest) -> None:
    light = panel.root.evaluate("(e) => getComputedStyle(e).backgroundColor")
    request.getfixturevalue("dark")
    expect(panel.root).not_to_have_css("background-color", light)
    picture(panel.root, "training-panel-dark")
    panel.page.set_viewport_size({"width": 780, "height": 900})
    assert panel.root.evaluate("(e) => [...e.querySelectorAll('*')].every((part) => part.scrollWidth <= e.clientWidth)")
    picture(panel.root, "training-panel-narrow")
    panel.page.set_viewport_size(WIDE)


def test_a_reloaded_page_follows_the_training_that_went_on(notebook: Notebook, panel: PanelView) -> None:
    panel.play.click()
    notebook.until("panel.runner.playing")
    notebook.command("docmanager:save")
    before = notebook.ask("trainer.step")
    panel.page.reload()
    notebook.wait_for_kernel()
    notebook.show("TrainingPanel")
    panel.wait()
    expect(panel.play).to_have_text("Pause")
    assert panel.steps > before
    panel.play.click()
    notebook.until("not panel.runner.playing")
    expect(panel.step).to_have_text(str(notebook.ask("trainer.step")))


def test_a_kernel_that_was_restarted_is_named(notebook: Notebook, panel: PanelView) -> None:
    panel.play.click()
    notebook.until("panel.runner.playing")
    panel.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    expect(panel.status).to_have_text("The kernel was restarted: run the cell again.")
    expect(panel.play).to_be_disabled()
    notebook.wait_for_kernel()
    notebook.command("notebook:run-cell")
    expect(panel.status).to_have_text("")
    panel.wait()
    expect(panel.play).to_be_enabled()
    panel.button("Step").click()
    expect(panel.step).to_have_text("1", timeout=60_000)
