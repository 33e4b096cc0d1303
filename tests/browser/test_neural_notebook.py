"""A neural network in JupyterLab: the kernel follows the hand, and the page the kernel."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.jupyter import Notebook, Server, picture

MAKE = """import numpy as np
import crnwidgets as crn
from crnwidgets.neural import FeedForward
# One output for a line down the middle of 8 × 8 pixels, one for a line across.
down = np.zeros((8, 8)); down[:, 3:5] = 1
nn = FeedForward([[down.ravel() - 0.5, down.T.ravel() - 0.5]], [[0, 0]])
view = crn.widgets.NeuralView(nn, names=["down", "across"])
view"""
AGAIN = "view"


@pytest.fixture(scope="module")
def notebook(server: Server, open_notebook: OpenNotebook) -> Notebook:
    notebook = open_notebook(server.write("neural.ipynb", [MAKE, AGAIN]))
    notebook.run_all()
    return notebook


def ready(root: Locator, answer: str) -> None:
    root.scroll_into_view_if_needed()  # what is out of sight stands still
    expect(root.locator(".crn-answer")).to_have_text(re.compile(rf"^{answer} ✓ largest, .* – settled within t = "))


def test_kernel_and_page_follow_each_other(notebook: Notebook, page: Page) -> None:
    notebook.show("nn = FeedForward")
    first, second = page.locator(".crn-neural-view").nth(0), page.locator(".crn-neural-view").nth(1)
    pad = first.locator(".crn-pad")
    for name, (dx, dy) in {"down": (0.0, 1.0), "across": (1.0, 0.0)}.items():
        first.get_by_role("button", name="Clear").click()
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box is not None
        x, y, size = box["x"], box["y"], box["width"]
        page.mouse.move(x + size * (0.5 - 0.4 * dx), y + size * (0.5 - 0.4 * dy))
        page.mouse.down()
        page.mouse.move(x + size * (0.5 + 0.4 * dx), y + size * (0.5 + 0.4 * dy), steps=10)
        page.mouse.up()
        ready(first, name)
        ready(second, name)  # the other view of the same widget
        notebook.until(f"view.answer == {name!r} and bool(view.image.sum() > 4)")
        # What was drawn last has come, and what the page says is what the kernel computes of it.
        told = float(re.search(r"largest, ([\d.]+)", first.locator(".crn-answer").inner_text())[1])  # type: ignore[index]
        notebook.until(f"bool(abs(view.outputs.max() - {told}) < 0.01 * view.outputs.max())")
    picture(page, "neural-notebook")

    notebook.do("view.image = down.ravel()")
    ready(first, "down")
    notebook.do("view.image = np.zeros(64)")
    notebook.do("view.image = down.T.ravel()")
    ready(first, "across")
    ready(second, "across")


def test_the_page_follows_another_network(notebook: Notebook, page: Page) -> None:
    first = page.locator(".crn-neural-view").first
    notebook.do("view.image = down.ravel()")
    ready(first, "down")
    notebook.do("view.nn = FeedForward([nn.weights[0][::-1]], nn.biases)")
    ready(first, "across")
    notebook.do("view.nn = FeedForward([np.eye(3, 64), np.ones((2, 3))], [np.zeros(3), [1, 0]])")
    ready(first, "down")
    expect(first.locator(".crn-node")).to_have_count(5)
    notebook.do("view.names = ['left', 'right']")
    ready(first, "left")
