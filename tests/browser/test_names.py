"""Names are text from anywhere: as markup they must stay inert, and readable, in every view."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.jupyter import Server, picture
from tests.browser.lab import LabView
from tests.browser.names import MAKE, NAMES, expect_inert, expect_readable


def test_hostile_names_stay_text_in_jupyterlab(server: Server, open_notebook: OpenNotebook, page: Page) -> None:
    notebook = open_notebook(server.write("names.ipynb", [MAKE + "lab = crn.Lab(net)\nlab", "net"]))
    notebook.run_all()
    notebook.show("crn.Lab")
    lab = LabView(page, page.locator(".crn-lab").first)
    lab.wait()
    for view in (lab.editor, lab.plot, lab.graph, lab.equations):
        expect_inert(view)
    for view in (lab.plot, lab.graph, lab.equations):
        expect_readable(view, NAMES)
    for i in range(3):
        lab.reaction(i).hover()
        expect(lab.hovered[2]).to_have_count(lab.terms(i).count())
    picture(page, "names")

    # typed, in the language's own quotes
    notebook.do("lab.rules = 'A -> B'")
    lab.expect_text("A -> B")
    lab.add_line('"<img src=x onerror=alert(3)>" -> A')
    notebook.until("len(lab.network.species) == 3")
    expect(lab.nodes).to_have_count(3)
    lab.add_line('"<img src=x onerror=alert(4)>" => A')
    expect(lab.editor.get_by_role("status")).to_contain_text("line 3")
    for view in (lab.editor, lab.plot, lab.graph, lab.equations):
        expect_inert(view)

    page.evaluate("() => jupyterapp.shell.currentWidget.content.scrollToItem(1, 'start')")
    card = page.locator(".jp-Notebook-cell").nth(1).locator(".jp-OutputArea-output")
    expect(card.locator("svg g.node").first).to_be_visible()
    expect_inert(card)
    expect_readable(card, NAMES)
    picture(page, "names-network")
