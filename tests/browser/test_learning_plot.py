"""The plots of neural networks in JupyterLab: a training that is drawn, and what hands tell the kernel."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenNotebook
from tests.browser.jupyter import Notebook, Server, picture

LEARNING = """import crnwidgets as crn
images, labels = crn.neural.digits()
nn = crn.neural.FeedForward.random((64, 10), seed=0)
learning = crn.widgets.LearningPlot()
learning"""
VIEWS = """import ipywidgets
activation, convergence = crn.widgets.ActivationPlot(), crn.widgets.ConvergencePlot(nn, images[0], starts=4)
ipywidgets.VBox([activation, convergence])"""
TRAIN = """for report in crn.neural.train(nn, images, labels, iterations=200, batch=50):
    learning.add(report)"""


@pytest.fixture(scope="module")
def notebook(server: Server, open_notebook: OpenNotebook) -> Notebook:
    notebook = open_notebook(server.write("learning.ipynb", [LEARNING, VIEWS]))
    notebook.run_all()
    return notebook


@pytest.fixture
def charts(notebook: Notebook, page: Page) -> Locator:
    notebook.show("LearningPlot")
    charts = page.locator(".crn-figure").filter(has=page.locator(".crn-learning-plot"))
    expect(charts).to_have_count(2)
    return charts


def test_a_training_is_drawn(notebook: Notebook, charts: Locator, page: Page) -> None:
    told = charts.locator(".crn-told")
    expect(told).to_have_text(["no training yet"] * 2)
    notebook.do(TRAIN)
    cost, share = notebook.ask("[float(report.cost[-1]), 2 * int(report.correct[-1])]")
    expect(told).to_have_text([f"iteration 200: cost {cost:.3g}", re.compile(f"^iteration 200: {share:.3g} %, ")])
    for line in charts.locator(".bqplot path.line").all():
        expect(line).to_have_attribute("d", re.compile("M.*L"))
    first, second = (chart.bounding_box() for chart in charts.all())
    assert first is not None and second is not None
    assert first["y"] == second["y"] and first["width"] == pytest.approx(second["width"], abs=1)
    picture(page.locator(".crn-learning"), "learning-plot-light")
    notebook.theme("JupyterLab Dark")
    picture(page.locator(".crn-learning"), "learning-plot-dark")
    notebook.theme("JupyterLab Light")
    page.locator(".crn-learning").evaluate("(e) => (e.style.width = '360px')")
    first, second = (chart.bounding_box() for chart in charts.all())
    assert first is not None and second is not None
    assert first["x"] == second["x"] and first["y"] + first["height"] <= second["y"]
    notebook.do("learning.clear()")
    expect(told).to_have_text(["no training yet"] * 2)


def test_hands_tell_the_kernel_and_the_kernel_tells_the_page(notebook: Notebook, page: Page) -> None:
    notebook.show("ConvergencePlot")
    activation, convergence = (page.locator(f".crn-{name}-plot") for name in ("activation", "convergence"))
    activation.get_by_role("slider", name="order q").press("ArrowRight")
    notebook.until("activation.q == 3")
    point = activation.get_by_role("slider", name="input y")
    for _ in range(5):
        point.press("PageUp")
    notebook.until("activation.y == 7")  # the last value always comes
    notebook.do("activation.h = 0.5")
    expect(activation.locator(".crn-law")).to_have_text("dx/dt = 0.5 + y·x − 2x³")

    expect(convergence.locator(".crn-law")).to_contain_text("All 4 starts")
    convergence.get_by_role("combobox").select_option("X1_5")
    convergence.get_by_role("button", name="other starts").click()
    notebook.until("(convergence.node, convergence.seed) == ('X1_5', 1)")
    notebook.do("convergence.nn = crn.neural.FeedForward.random((64, 3, 2), seed=2)")
    expect(convergence.get_by_role("combobox")).to_have_value("X2_1")
    expect(convergence.locator(".crn-law")).to_contain_text(re.compile("X[12]_[123], the slowest node.* All 4 starts"))
    before = convergence.locator(".crn-dashed").first.get_attribute("d")
    notebook.do("convergence.image = images[7]")
    expect(convergence.locator(".crn-dashed").first).not_to_have_attribute("d", before or "")
