"""The Lab as a part of a notebook's life: run again, shown twice, scrolled away, closed, reloaded."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.jupyter import Notebook, Server
from tests.browser.lab import LabView

MAKE = """import crnwidgets as crn

lab = crn.Lab("A -B-> B\\nB -C-> C\\nC -A-> A\\nA = 0.8\\nB = 0.1\\nC = 0.1")
lab"""


@pytest.fixture(scope="module")
def notebook(server: Server, open_notebook: OpenNotebook) -> Notebook:
    notebook = open_notebook(server.write("life.ipynb", [MAKE, *["# a cell to scroll past"] * 30, "lab"]))
    notebook.run_all()
    return notebook


def first(notebook: Notebook) -> LabView:
    notebook.show("crn.Lab")
    lab = LabView(notebook.page, notebook.page.locator(".jp-Notebook-cell", has_text="crn.Lab").locator(".crn-lab"))
    lab.wait()
    return lab


def second(notebook: Notebook) -> LabView:
    notebook.page.evaluate("""() => {
      const { content } = jupyterapp.shell.currentWidget;
      return content.scrollToItem(content.widgets.length - 1, "start");
    }""")
    lab = LabView(notebook.page, notebook.page.locator(".jp-Notebook-cell").last.locator(".crn-lab"))
    lab.wait()
    return lab


def test_two_views_of_one_lab_agree(notebook: Notebook) -> None:
    one = first(notebook)
    one.drag(one.handle("A"), 0, 50)
    value = one.value(one.handle("A"))
    assert value < 0.8
    notebook.until(f"lab.network.initial['A'] == {value}")
    two = second(notebook)
    expect(two.handle("A")).to_have_attribute("aria-valuenow", str(value))
    two.add_line("C -> D")
    notebook.until("len(lab.network.species) == 4")
    one = first(notebook)
    expect(one.nodes).to_have_count(4)
    assert one.lines[-1] == "C -> D"
    for _ in range(4):
        second(notebook)
        first(notebook)


def test_a_cell_that_is_run_again_shows_a_new_lab(notebook: Notebook, page: Page) -> None:
    first(notebook)
    notebook.command("notebook:run-cell")
    lab = first(notebook)
    lab.expect_text("A -B-> B\nB -C-> C\nC -A-> A\nA = 0.8\nB = 0.1\nC = 0.1")
    lab.drag(lab.handle("A"), 0, 50)
    notebook.until("lab.network.initial['A'] < 0.8")


def test_a_closed_widget_and_a_cleared_output_leave_no_error(notebook: Notebook) -> None:
    lab = first(notebook)
    lab.handle("A").hover()
    lab.page.mouse.down()
    lab.page.mouse.move(5, 300, steps=3)
    notebook.command("notebook:clear-all-cell-outputs")
    expect(notebook.page.locator(".crn-lab")).to_have_count(0)
    lab.page.mouse.up()
    notebook.show("crn.Lab")
    notebook.command("notebook:run-cell")
    first(notebook)
    notebook.do("lab.close()")
    expect(notebook.page.locator(".crn-dynamics-plot")).to_have_count(0)


def test_a_reloaded_page_shows_the_lab_again(notebook: Notebook, page: Page) -> None:
    notebook.show("crn.Lab")
    notebook.command("notebook:run-cell")
    lab = first(notebook)
    lab.drag(lab.handle("A"), 0, 50)
    value = lab.value(lab.handle("A"))
    assert value < 0.8
    notebook.until(f"lab.network.initial['A'] == {value}")
    notebook.command("docmanager:save")
    page.reload()
    notebook.wait_for_kernel()
    lab = first(notebook)
    expect(lab.handle("A")).to_have_attribute("aria-valuenow", str(value))
    lab.handle("A").focus()
    page.keyboard.press("Home")
    notebook.until("lab.network.initial['A'] == 0")
