"""The Lab of a task with inputs and several cases, and the test of its networks, as a person uses them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.jupyter import Notebook, Server, picture
from tests.browser.test_training_lab import TrainingLabView
from tests.own_tasks import FOLLOWS

TALL: ViewportSize = {"width": 1280, "height": 1700}  # what is out of sight is not painted

MAKE = f"""import sys, time
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
import crnwidgets as crn
from crnwidgets.learning.task import Finding
from tests.own_tasks import Follow

class Patient(Follow):
    def examine(self, solution):
        for i in range(200):
            time.sleep(0.05)
            yield Finding(i / 200, "" if i % 3 else f"Transition {{i}} is late.")
        return {{"passed": 0.0}}

rules = {FOLLOWS!r}
good, bad = crn.Network.parse(rules), crn.Network.parse(rules.replace("-No", "-0.001,No"))
patient = crn.widgets.EvaluationPanel(crn.Trainer(Patient(), population=2))
cases = crn.widgets.PopulationView(crn.Trainer(Follow(), population=2))"""
SHOW = """lab = crn.Lab(Follow())
lab"""
PATIENT = "display(patient, cases)"


class EvaluationView:
    """One view of an evaluation panel."""

    def __init__(self, root: Locator) -> None:
        self.root = root
        self.verdict = root.locator(".crn-verdict")
        self.failures = root.get_by_role("list", name="What failed").get_by_role("listitem")
        self.progress = root.get_by_role("progressbar")

    def press(self, name: str) -> None:
        self.root.get_by_role("button", name=name, exact=True).click()


@pytest.fixture(scope="module")
def notebook(server: Server, page: Page, open_notebook: OpenNotebook) -> Notebook:
    page.set_viewport_size(TALL)
    notebook = open_notebook(server.write("tasks.ipynb", [MAKE, SHOW, PATIENT]))
    notebook.run_all()
    return notebook


@pytest.fixture
def lab(notebook: Notebook, page: Page) -> TrainingLabView:
    """The Lab, paused, with a good network in the first place and a bad one in the second."""
    notebook.show("crn.Lab(Follow())")
    notebook.do("lab.runner.pause(); lab.panel.selected = lab.panel.case = 0; lab.runner.reset()")
    notebook.do("lab.runner.reseed(0, good); lab.runner.reseed(1, bad); lab.runner.pause(); lab.refresh()")
    view = TrainingLabView(page, page.locator(".crn-training-lab").first)
    view.wait()
    expect(view.editor.locator(".cm-line", has_text="->")).to_have_text(FOLLOWS.split("\n")[1:])
    return view


def outcome(lab: TrainingLabView) -> float:
    """What On comes to in the plot."""
    return lab.readings["On"]


def test_a_case_is_chosen_and_shown_with_its_interventions(notebook: Notebook, lab: TrainingLabView) -> None:
    choice = lab.panel.get_by_role("spinbutton", name="Case looked at")
    expect(choice).to_have_value("1")
    expect(lab.panel.locator(".crn-member")).to_contain_text("of 2: No 1")
    expect(lab.population.get_by_role("spinbutton")).to_have_count(0)  # the panel has it
    expect(lab.plot.get_by_role("slider", name="Intervention on")).to_have_count(2)
    assert outcome(lab) == pytest.approx(1, abs=1e-3)
    small = lab.networks()
    choice.fill("2")
    lab.expect_networks_moved(small)
    expect(lab.panel.locator(".crn-member")).to_contain_text("of 2: Yes 1")
    notebook.until("lab.plot.network.events[0].amount == 0")
    lab.page.wait_for_timeout(300)
    assert outcome(lab) == pytest.approx(0, abs=1e-3)
    choice.fill("7")
    assert notebook.ask("[lab.panel.case, lab.population.case]") == [1, 1]
    picture(lab.page, "task-lab")


def test_another_case_while_it_trains(notebook: Notebook, lab: TrainingLabView) -> None:
    notebook.do("lab.trainer.learning_rate = 1e-6")
    lab.start()
    lab.expect_step(20)
    lab.panel.get_by_role("spinbutton", name="Case looked at").fill("2")
    notebook.until("lab.plot.network.events[0].amount == 0")
    lab.expect_step(lab.step + 20)
    lab.pause()
    assert outcome(lab) == pytest.approx(0, abs=1e-2)
    notebook.do("lab.trainer.learning_rate = 0.05")


def test_a_concentration_the_task_gives_can_be_tried(notebook: Notebook, lab: TrainingLabView) -> None:
    lab.drag(lab.handle("Off"), 0, 60)
    value = lab.value(lab.handle("Off"))
    assert value < 0.9
    lab.page.wait_for_timeout(600)
    assert lab.value(lab.handle("Off")) == pytest.approx(value, abs=1e-3)
    assert outcome(lab) == pytest.approx(value, abs=0.01)
    assert notebook.ask("float(lab.trainer.snapshot().initial[0, 0, 3])") == 1


def test_the_best_and_the_chosen_network_are_tested(notebook: Notebook, lab: TrainingLabView) -> None:
    view = EvaluationView(lab.root.locator(".crn-evaluation-panel"))
    view.press("Test the best so far")
    expect(view.verdict).to_have_text(re.compile(r"^✓ Passed\. The best network so far: loss .*, 2 reactions\.$"))
    expect(view.root.get_by_role("term")).to_have_text(["passed", "failures", "reaction count"])
    notebook.do("lab.panel.selected = 1")
    view.press("Test the network looked at")
    expect(view.verdict).to_have_text(re.compile(r"^✗ Failed\. Network 2: loss "))
    expect(view.failures).to_have_text(["Case 2, time 40: On is 0.98 and should be 0."])
    picture(lab.page, "task-lab-tested")


def test_progress_failures_and_cancelling(notebook: Notebook, page: Page) -> None:
    notebook.show("display(patient")
    view = EvaluationView(page.locator(".crn-evaluation-panel").last)
    expect(view.verdict).to_have_text("Not tested yet.")
    view.press("Test the best so far")
    expect(view.failures.nth(3)).to_have_text("Transition 9 is late.")
    expect(view.root.locator(".crn-running")).to_contain_text(re.compile(r"\d+ %, \d+ failures so far"))
    assert 0 < float(view.progress.get_attribute("value") or 0) < 1
    assert notebook.ask("1 + 1") == 2  # it answers meanwhile
    picture(view.root, "evaluation-running")
    view.press("Cancel")
    expect(view.verdict).to_have_text(re.compile(r"^Cancelled at \d+ %, with \d+ failures\. The best"))
    expect(view.progress).to_be_hidden()
    told = view.verdict.text_content() or ""
    notebook.command("notebook:run-cell")
    expect(view.verdict).to_have_text(told)  # a new view, of a test that is over
    notebook.theme("JupyterLab Dark")
    page.wait_for_function("() => document.body.dataset.jpThemeName === 'JupyterLab Dark'")
    picture(view.root, "evaluation-dark")
    notebook.theme("JupyterLab Light")


def test_a_population_alone_has_the_choice_of_a_case(notebook: Notebook, page: Page) -> None:
    notebook.show("display(patient")
    choice = page.locator(".crn-population-view").last.get_by_role("spinbutton", name="Case looked at")
    expect(choice).to_have_value("1")
    choice.press("ArrowUp")
    notebook.until("cases.case == 1")
    notebook.do("cases.case = 0")
    choice.blur()
    expect(choice).to_have_value("1")
