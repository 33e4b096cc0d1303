"""The Lab of notebook 01 in JupyterLab, as a person uses it; the tests share one page and begin with the same rules."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import WIDE, OpenNotebook
from tests.browser.jupyter import NOTEBOOKS, Notebook, Server, picture
from tests.browser.lab import WITH_RATE_AND_EVENT, LabView

RING = """A -B-> B
B -C-> C
C -A-> A
A = 0.8
B = 0.1
C = 0.1"""


@pytest.fixture(scope="module")
def notebook(server: Server, open_notebook: OpenNotebook) -> Notebook:
    notebook = open_notebook(server.copy(NOTEBOOKS / "01-three-phase-oscillator.ipynb"))
    notebook.run_all()
    notebook.show("crn.Lab(net)")
    return notebook


@pytest.fixture
def lab(notebook: Notebook, page: Page) -> LabView:
    """The Lab, with the ring in it and nothing pointed at."""
    page.mouse.move(1, 1)
    notebook.do(f"lab.rules = {RING!r}; lab.graph.selected = -1; lab.plot.hidden = []; lab.plot.duration = 30")
    lab = LabView(page, page.locator(".crn-lab").first)
    lab.expect_text(RING)
    lab.wait()
    return lab


def curves(notebook: Notebook) -> dict[str, float]:
    """What Python says the concentrations are at the end of the time span."""
    notebook.do("_end = crn.simulate(lab.network, [0.0, lab.plot.duration]).concentrations[-1]")
    return notebook.ask("dict(zip(lab.network.species, map(float, _end)))")


def expect_curves(notebook: Notebook, lab: LabView) -> None:
    """The browser's own integration agrees with Python's."""
    assert lab.readings == pytest.approx(curves(notebook), rel=5e-3, abs=2e-3)


def test_the_notebook_shows_its_lab(notebook: Notebook, lab: LabView, page: Page) -> None:
    expect(lab.handle("A")).to_be_visible()
    expect(lab.nodes).to_have_count(3)
    expect(lab.rows).to_have_count(3)
    expect_curves(notebook, lab)
    for view in (lab.editor, lab.plot, lab.graph, lab.equations):
        expect(view).to_have_role("region")
        expect(view).to_have_accessible_name(re.compile("."))
    picture(page, "lab-light")


def test_a_dragged_handle_moves_curves_network_and_text(notebook: Notebook, lab: LabView) -> None:
    before = lab.image()
    lab.drag(lab.handle("A"), 0, 60)
    value = lab.value(lab.handle("A"))
    assert 0.3 < value < 0.75
    notebook.until(f"lab.network.initial['A'] == {value}")
    lab.expect_text(RING.replace("A = 0.8", f"A = {value}"))
    lab.expect_redrawn(before)
    expect_curves(notebook, lab)


def test_keys_move_a_handle(notebook: Notebook, lab: LabView) -> None:
    lab.handle("B").focus()
    lab.page.keyboard.press("ArrowUp")
    raised = notebook.until("lab.network.initial['B'] > 0.1 and lab.network.initial['B']")
    expect(lab.handle("B")).to_have_attribute("aria-valuenow", str(raised))
    lab.page.keyboard.press("ArrowDown")
    notebook.until("lab.network.initial['B'] == 0.1")
    lab.page.keyboard.press("Home")
    notebook.until("lab.network.initial['B'] == 0")
    lab.expect_text(RING.replace("B = 0.1", "B = 0"))


def test_a_typed_rule_shows_in_every_view(notebook: Notebook, lab: LabView) -> None:
    lab.add_line("C -> D {0.5}")
    notebook.until("lab.network.species == ('A', 'B', 'C', 'D')")
    expect(lab.nodes).to_have_count(4)
    expect(lab.rows).to_have_count(4)
    expect(lab.handle("D")).to_be_visible()
    expect(lab.terms(3)).not_to_have_count(0)
    expect_curves(notebook, lab)
    for _ in range(3):
        lab.page.keyboard.press("Control+z")
    lab.expect_text(RING)
    expect(lab.nodes).to_have_count(3)


def test_a_mistake_is_explained_and_leaves_the_last_good_network(notebook: Notebook, lab: LabView) -> None:
    before = lab.image(), lab.graph.text_content(), lab.rows.all_text_contents()
    lab.place_cursor(1)
    lab.page.keyboard.press("End")
    lab.page.keyboard.type("\nB => A")  # a "B" before line 2 would be another species for a moment
    problem = lab.editor.get_by_role("status")
    expect(problem).to_contain_text("line 2, column 3")
    expect(problem).to_contain_text("->")
    expect(lab.editor.locator(".cm-lintRange-error")).to_have_text("=>")
    assert notebook.ask("[lab.editor.error['line'], lab.editor.error['column'], str(lab.network) == str(net)]") == [
        *(2, 3, True)
    ]
    assert (lab.image(), lab.graph.text_content(), lab.rows.all_text_contents()) == before
    picture(lab.page, "lab-mistake")
    lab.place_cursor(2, 2)
    lab.page.keyboard.press("Delete")
    lab.page.keyboard.type("-")
    expect(problem).not_to_contain_text("column")
    notebook.until("lab.editor.error is None and len(lab.network.reactions) == 4")
    expect_curves(notebook, lab)


def test_a_mistake_survives_a_drag(notebook: Notebook, lab: LabView) -> None:
    lab.add_line("A ->")
    expect(lab.editor.get_by_role("status")).to_contain_text("line 7")
    lab.drag(lab.handle("A"), 0, 40)
    value = lab.value(lab.handle("A"))
    assert value < 0.8
    notebook.until(f"lab.network.initial['A'] == {value}")
    lab.expect_text(RING + "\nA ->")


def test_a_hovered_reaction_is_marked_everywhere(lab: LabView) -> None:
    lab.reaction(1).hover()
    lab.expect_hovered(1, "B -C-> C")
    picture(lab.page, "lab-hovered")
    lab.page.mouse.move(1, 1)
    for marked in lab.hovered:
        expect(marked).to_have_count(0)
    lab.terms(2).first.hover()
    lab.expect_hovered(2, "C -A-> A")
    lab.editor.locator(".cm-line").first.hover()
    lab.expect_hovered(0, "A -B-> B")
    lab.reaction(2).focus()
    lab.page.keyboard.press("ArrowLeft")
    lab.expect_hovered(1, "B -C-> C")


def test_a_clicked_reaction_is_selected(notebook: Notebook, lab: LabView) -> None:
    lab.reaction(2).click()
    notebook.until("lab.graph.selected == 2")
    notebook.do("lab.graph.selected = 0")
    expect(lab.reaction(0)).to_have_attribute("aria-pressed", "true")
    expect(lab.reaction(2)).to_have_attribute("aria-pressed", "false")
    lab.reaction(0).press("Escape")
    notebook.until("lab.graph.selected == -1")


def test_a_named_rate_has_a_slider(notebook: Notebook, lab: LabView) -> None:
    notebook.do(f"lab.rules = {WITH_RATE_AND_EVENT!r}")
    slider = lab.plot.get_by_role("slider", name="rate k")
    expect(slider).to_be_visible()
    before = lab.image()
    slider.focus()
    for _ in range(10):
        lab.page.keyboard.press("ArrowRight")
    value = float(lab.plot.get_by_role("spinbutton", name="value of the rate k").input_value())
    assert value > 1.1
    notebook.until(f"lab.network.parameters['k'] == {value}")
    lab.expect_text(WITH_RATE_AND_EVENT.replace("k = 1", f"k = {value}"))
    lab.expect_redrawn(before)
    expect_curves(notebook, lab)


def test_an_intervention_is_dragged_in_time_and_value(notebook: Notebook, lab: LabView) -> None:
    notebook.do(f"lab.rules = {WITH_RATE_AND_EVENT!r}")
    marker = lab.plot.locator(".crn-marker")
    expect(marker).to_be_visible()
    lab.drag(marker, 50, -30)
    amount = lab.value(marker)
    assert amount > 0.4
    time = notebook.until(f"lab.network.events[0].amount == {amount} and lab.network.events[0].time")
    assert time > 12
    lab.expect_text(WITH_RATE_AND_EVENT.replace("at 12: A = 0.4", f"at {time}: A = {amount}"))
    expect_curves(notebook, lab)
    picture(lab.page, "lab-intervention")


def test_the_legend_hides_and_shows_a_species(notebook: Notebook, lab: LabView) -> None:
    before = lab.image()
    button = lab.plot.get_by_role("button", name="B")
    button.click()
    expect(lab.handle("B")).to_be_hidden()
    notebook.until("lab.plot.hidden == ['B']")
    lab.expect_redrawn(before)
    button.click()
    expect(lab.handle("B")).to_be_visible()
    notebook.until("lab.plot.hidden == []")


def test_the_time_span_can_be_changed(notebook: Notebook, lab: LabView) -> None:
    span = lab.plot.get_by_role("spinbutton", name="time span")
    span.fill("60")
    span.press("Enter")
    notebook.until("lab.plot.duration == 60")
    expect(lab.plot.locator(".crn-legend-time")).to_have_text("time 60")
    expect_curves(notebook, lab)


def test_hovering_the_plot_reads_values(lab: LabView) -> None:
    box = lab.plot.locator(".u-over").bounding_box()
    assert box is not None
    lab.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(lab.plot.locator(".crn-legend-time")).to_have_text(re.compile("time 1[45]"))


def test_jupyterlab_takes_no_key_from_the_lab(notebook: Notebook, lab: LabView) -> None:
    state = "() => jupyterapp.shell.currentWidget.content.widgets.map((c) => [c.model.type, c.model.executionCount])"
    before = lab.page.evaluate(state)
    lab.add_line("# a b dd x m y 00 z")
    lab.expect_text(RING + "\n# a b dd x m y 00 z")
    for key in ("Control+Enter", "Escape", "Tab"):
        lab.page.keyboard.press(key)
    lab.handle("A").focus()
    for key in ("a", "b", "d", "d", "j", "ArrowUp", "Enter"):
        lab.page.keyboard.press(key)
    notebook.until("lab.network.initial['A'] > 0.8")
    assert lab.page.evaluate(state) == before
    # and yet it gets those that the Lab has no use for
    lab.page.keyboard.press("Control+s")
    lab.page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")


def test_python_moves_every_view(notebook: Notebook, lab: LabView) -> None:
    notebook.do("lab.network = lab.network.updated(initial={'A': 0.4})")
    lab.expect_text(RING.replace("A = 0.8", "A = 0.4"))
    expect(lab.handle("A")).to_have_attribute("aria-valuenow", "0.4")
    expect_curves(notebook, lab)
    notebook.do("lab.network = crn.Network.parse('X -> Y\\nX = 1')")
    expect(lab.nodes).to_have_count(2)
    expect(lab.handle("X")).to_be_visible()


@pytest.fixture
def dark(notebook: Notebook) -> Iterator[None]:
    notebook.theme("JupyterLab Dark")
    yield
    notebook.theme("JupyterLab Light")


def test_light_and_dark(notebook: Notebook, lab: LabView, request: pytest.FixtureRequest) -> None:
    light = lab.colors(), lab.image()
    request.getfixturevalue("dark")
    expect(lab.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    expect(lab.plot).not_to_have_css("background-color", light[0][0][0])
    # A theme is a style sheet that comes late: the plot must not keep a width from before it came.
    assert lab.plot.evaluate(
        "(e) => e.querySelector('.uplot').offsetWidth <= e.querySelector('.crn-chart').clientWidth"
    )
    picture(lab.page, "lab-dark")
    for before, now in zip(light[0], lab.colors(), strict=True):
        assert before != now
    lab.expect_redrawn(light[1])


def test_a_narrow_panel(lab: LabView) -> None:
    lab.page.set_viewport_size({"width": 780, "height": 1500})
    expect(lab.plot).to_be_visible()
    for view in (lab.editor, lab.plot, lab.graph, lab.equations):
        inside = view.evaluate(
            "(e) => e.getBoundingClientRect().right <= e.closest('.crn-lab').getBoundingClientRect().right + 1"
        )
        assert inside, view
    picture(lab.page, "lab-narrow")
    lab.page.set_viewport_size(WIDE)
