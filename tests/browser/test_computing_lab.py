"""Views of what a network computes within a Lab: they follow its network, and it follows them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.jupyter import Notebook, Server, picture
from tests.browser.lab import LabView

LAB = """import crnwidgets as crn
rules = "A -B-> C\\nB -A-> C\\nC -A-> A\\nC -B-> B\\nA = 0.7\\nB = 0.3"
view = crn.widgets.MajorityMap(rules)
lab = crn.Lab(rules, views=[view])
lab"""
TRAINING = """import numpy as np
training = crn.widgets.MajorityMap("A -> B")
task = crn.tasks.Waveform.squares(3)
trainer = crn.Trainer(task, population=4)
run = crn.Lab(trainer, views=[training])
run"""


@pytest.fixture(scope="module")
def notebook(server: Server, open_notebook: OpenNotebook) -> Notebook:
    notebook = open_notebook(server.write("computing.ipynb", [LAB, TRAINING]))
    notebook.run_all()
    return notebook


def ready(root: Locator) -> None:
    expect(root).to_have_attribute("data-ready", "true")


def test_a_point_of_the_map_starts_the_lab_and_edits_reach_the_map(notebook: Notebook, page: Page) -> None:
    notebook.show("views=[view]")
    root = page.locator(".crn-lab").filter(has=page.locator(".crn-majority-map")).first
    lab, view = LabView(page, root), root.locator(".crn-majority-map")
    lab.wait()
    ready(view)
    view.locator("canvas").scroll_into_view_if_needed()
    view.locator("canvas").click(position={"x": 52 + 75, "y": 8 + 75})  # of a map of 300 pixels
    notebook.until("lab.network.initial['A'] < 0.3 and lab.network.initial['B'] > 0.7")
    expect(lab.editor).to_contain_text("A = 0.25")
    assert lab.value(lab.handle("A")) == pytest.approx(0.25)

    accuracy = view.locator(".crn-accuracy")
    expect(accuracy).to_contain_text("100 %")
    notebook.do("lab.rules = 'B -A-> A; species A, B; A = 0.5'")
    expect(accuracy).to_contain_text("52.4 %")
    notebook.do("lab.rules = 'A -> C'")
    expect(view.locator(".crn-problem")).to_contain_text("it lacks B")
    expect(view.locator("canvas")).to_be_hidden()
    notebook.do("lab.rules = rules")
    expect(accuracy).to_contain_text("100 %")
    picture(page, "computing-lab")


def test_a_view_follows_the_network_that_is_trained(notebook: Notebook, page: Page) -> None:
    notebook.show("views=[training]")
    view = page.locator(".crn-training-lab .crn-majority-map")
    view.scroll_into_view_if_needed()  # out of sight nothing is computed of a training run
    ready(view)
    assert notebook.ask("list(training.network.species)") == ["A", "B", "C"]
    painted = "(canvas) => canvas.toDataURL()"
    before = view.locator("canvas").evaluate(painted)
    notebook.do("run.runner.play()")
    page.wait_for_function(
        "([canvas, before]) => canvas.toDataURL() !== before",
        arg=[view.locator("canvas").element_handle(), before],
    )
    notebook.do("run.runner.pause()")
    notebook.until("training.network.reactions == run.equations.network.reactions")
