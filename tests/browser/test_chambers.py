"""A Lab of chambers in JupyterLab: its views follow each other at once, and the kernel and the rules follow them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import WIDE, OpenNotebook
from tests.browser.jupyter import Notebook, Server, picture
from tests.browser.lab import LabView, painted

RING = """chambers 5 ring
A -B-> B
B -C-> C
C -A-> A
membrane A {0.05}
A = 0.3
B = 0.3
C = 0.3
A[1] = 0.9
A[3] = 0.1"""
MAKE = f"""import crnwidgets as crn
rules = {RING!r}
lab = crn.Lab(rules, duration=60)
lab"""
SLEEP = """() => {
  const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
  kernel.requestExecute({ code: "import time; time.sleep(4)", silent: true });
}"""


class ChambersLab(LabView):
    """One view of a Lab of chambers."""

    def __init__(self, page: Page, root: Locator) -> None:
        super().__init__(page, root)
        self.chambers = root.locator(".crn-chamber-view")
        self.space_time = root.locator(".crn-space-time")

    def disc(self, number: int) -> Locator:
        return self.chambers.get_by_role("slider", name=re.compile(rf"in chamber {number} of"))

    def expect_selected(self, number: int) -> None:
        """Wait until all views look at a chamber, numbered from 1."""
        expect(self.disc(number)).to_have_attribute("aria-current", "true")
        expect(self.plot.get_by_role("spinbutton", name=re.compile("^chamber"))).to_have_value(str(number))
        expect(self.space_time.locator(".crn-told")).to_contain_text(f"Chamber {number} at")

    def pull(self, number: int, up: float) -> float:
        """Drag what is lowest in a disc; returns what it then starts with."""
        box = self.disc(number).bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + 0.96 * box["height"]
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x, y - up, steps=8)
        self.page.mouse.up()
        painted(self.page)
        expect(self.plot.locator(".crn-handle").first).to_have_accessible_name(re.compile(f"in chamber {number}$"))
        return self.value(self.disc(number))


@pytest.fixture(scope="module")
def notebook(server: Server, open_notebook: OpenNotebook) -> Notebook:
    notebook = open_notebook(server.write("chambers.ipynb", [MAKE]))
    notebook.run_all()
    notebook.show("crn.Lab(rules")
    return notebook


@pytest.fixture
def lab(notebook: Notebook, page: Page) -> ChambersLab:
    """The Lab with the ring in it, its first chamber selected, and nothing that plays by itself."""
    page.emulate_media(reduced_motion="reduce")
    page.mouse.move(1, 1)
    page.wait_for_timeout(500)  # what the hand of the test before did is on its way to the kernel
    notebook.do("lab.rules = rules; lab.plot.chamber = 0; lab.plot.duration = 60; lab.chambers.time = 0.0")
    lab = ChambersLab(page, page.locator(".crn-lab").first)
    lab.expect_text(RING)
    lab.wait()
    expect(lab.chambers.locator(".crn-disc")).to_have_count(5)
    lab.expect_selected(1)
    return lab


def expect_curves(notebook: Notebook, lab: LabView) -> None:
    """The browser's own integration agrees with Python's in the chamber that is shown."""
    notebook.do("_end = crn.simulate(lab.network.expanded(), [0.0, 60.0]).concentrations[-1].reshape(-1, 3)")
    end = notebook.ask("[float(x) for x in _end[lab.plot.chamber]]")
    assert list(lab.readings.values()) == pytest.approx(end, rel=5e-3, abs=2e-3)


def test_the_lab_shows_its_chambers(notebook: Notebook, lab: ChambersLab, page: Page) -> None:
    expect_curves(notebook, lab)
    expect(lab.nodes).to_have_count(3)  # the graph and the equations are those of the network in each chamber
    expect(lab.rows).to_have_count(3)
    for view in (lab.chambers, lab.space_time):
        expect(view).to_have_role("region")
        expect(view).to_have_accessible_name(re.compile("Chambers"))
    page.set_viewport_size({"width": 1600, "height": 1100})
    picture(page, "chambers-lab")
    page.set_viewport_size(WIDE)


def test_a_selected_chamber_is_shown_in_the_plot(notebook: Notebook, lab: ChambersLab) -> None:
    before = lab.image()
    lab.disc(3).click()
    lab.expect_selected(3)
    lab.expect_redrawn(before)
    notebook.until("lab.plot.chamber == lab.chambers.chamber == lab.space_time.chamber == 2")
    assert lab.value(lab.handle("A in chamber 3")) == 0.1
    expect_curves(notebook, lab)


def test_a_concentration_dragged_in_a_chamber_reaches_plot_kernel_and_text(
    notebook: Notebook, lab: ChambersLab
) -> None:
    before = lab.image()
    value = lab.pull(3, 60)
    assert value > 0.4
    lab.expect_selected(3)
    lab.expect_redrawn(before)
    expect(lab.handle("A in chamber 3")).to_have_attribute("aria-valuenow", str(value))
    expect(lab.space_time.locator(".crn-told")).to_have_text(f"Chamber 3 at time 0: A {value}")
    notebook.until(f"float(lab.network.initial[2, 0]) == {value}")
    assert notebook.ask("lab.network.initial[:, 0].tolist()") == [0.9, 0.3, value, 0.3, 0.3]
    lab.expect_text(RING.replace("A[3] = 0.1", f"A[3] = {value}"))
    expect_curves(notebook, lab)
    lab.page.wait_for_timeout(600)  # what the kernel said meanwhile changes nothing any more
    assert lab.value(lab.disc(3)) == lab.value(lab.handle("A in chamber 3")) == value


def test_a_handle_of_the_plot_moves_its_chamber(notebook: Notebook, lab: ChambersLab) -> None:
    lab.drag(lab.handle("A in chamber 1"), 0, 60)
    value = lab.value(lab.handle("A in chamber 1"))
    assert value < 0.85
    expect(lab.disc(1)).to_have_attribute("aria-valuenow", str(value))
    notebook.until(f"float(lab.network.initial[0, 0]) == {value}")
    lab.expect_text(RING.replace("A[1] = 0.9", f"A[1] = {value}"))


def test_the_views_follow_each_other_while_the_kernel_is_busy(notebook: Notebook, lab: ChambersLab) -> None:
    lab.page.evaluate(SLEEP)
    value = lab.pull(4, 40)
    assert value > 0.4
    expect(lab.handle("A in chamber 4")).to_have_attribute("aria-valuenow", str(value), timeout=1000)
    expect(lab.space_time.locator(".crn-told")).to_have_text(f"Chamber 4 at time 0: A {value}", timeout=1000)
    lab.page.wait_for_timeout(600)
    assert lab.value(lab.handle("A in chamber 4")) == value
    notebook.until(f"float(lab.network.initial[3, 0]) == {value}")
    lab.expect_text(f"{RING}\nA[4] = {value}")


def test_another_topology_is_typed(notebook: Notebook, lab: ChambersLab) -> None:
    lab.disc(5).click()
    lab.expect_selected(5)
    lab.place_cursor(1, len("chambers 5"))
    lab.page.keyboard.press("Backspace")
    lab.page.keyboard.type("8")
    expect(lab.chambers.locator(".crn-disc")).to_have_count(8)
    lab.expect_selected(5)
    notebook.until("lab.network.topology == crn.Topology.ring(8)")
    notebook.do("lab.rules = rules.replace('5 ring', '8 line')")
    lab.page.wait_for_function(
        "(view) => new Set(Array.from(view.querySelectorAll('.crn-disc'), (disc) => disc.style.top)).size === 1",
        arg=lab.chambers.element_handle(),
    )
    notebook.do("lab.rules = rules.replace('5 ring', '3 line')")
    expect(lab.chambers.locator(".crn-disc")).to_have_count(3)
    lab.expect_selected(3)
    expect_curves(notebook, lab)


def test_python_computes_chambers_that_are_too_many_for_the_browser(notebook: Notebook, lab: ChambersLab) -> None:
    notebook.do("lab.rules = rules.replace('5 ring', '400 ring')")
    for view in (lab.chambers.locator(".crn-problem"), lab.space_time.locator(".crn-problem"), lab.plot):
        expect(view).to_contain_text("too many to follow in the browser. Python computes it.")
    notebook.do("_end = crn.simulate(lab.network.expanded(), [0.0, 60.0]).concentrations[-1].reshape(-1, 3)")
    end = notebook.ask("[float(x) for x in _end[0]]")
    expect(lab.legend.first).to_have_text(re.compile(rf"^{end[0]:.2f}"), timeout=30_000)
    assert list(lab.readings.values()) == pytest.approx(end, rel=5e-3, abs=2e-3)
    lab.chambers.get_by_role("slider", name="time", exact=True).fill("400")
    expect(lab.chambers.locator(".crn-told")).to_contain_text(f"A {end[0]:.2g}"[:5])
    expect(lab.space_time.locator(".crn-told")).to_contain_text(f"A {end[0]:.2g}"[:5])
    picture(lab.page, "chambers-400")


def test_chambers_come_and_go_with_their_line(notebook: Notebook, lab: ChambersLab) -> None:
    notebook.do("lab.rules = 'A -> B; A = 1'")
    expect(lab.chambers).to_have_count(0)
    expect(lab.handle("A")).to_have_attribute("aria-valuenow", "1")
    notebook.until("lab.chambers is None")
    lab.add_line("chambers 4 star")
    expect(lab.chambers.locator(".crn-disc")).to_have_count(4)
    expect(lab.space_time).to_be_visible()
    lab.disc(2).click()
    expect(lab.handle("A in chamber 2")).to_be_visible()


def test_time_is_played_and_shared(notebook: Notebook, lab: ChambersLab) -> None:
    play = lab.chambers.locator(".crn-play")
    play.click()
    told = lab.space_time.locator(".crn-told")
    expect(told).to_have_text(re.compile("at time [1-9]"))
    play.click()
    stopped = notebook.until("lab.chambers.time")
    expect(lab.plot.locator(".crn-moment")).to_be_visible()
    expect(told).to_have_text(re.compile(rf"at time {float(f'{stopped:.3g}'):g}:"))
    lab.space_time.locator("canvas").click(position={"x": 120, "y": 8 + 1.5 * 26})
    lab.page.mouse.move(1, 1)
    lab.expect_selected(2)
    elsewhere = notebook.until(f"lab.chambers.time != {stopped} and lab.chambers.time")
    expect(lab.chambers.locator(".crn-clock-time")).to_contain_text(f"time {float(f'{elsewhere:.3g}'):g} of")
    notebook.do("lab.chambers.time = 0.0")
    expect(told).to_contain_text("at time 0:")
    expect(lab.plot.locator(".crn-moment")).to_be_hidden()


def test_dark_and_narrow(notebook: Notebook, lab: ChambersLab) -> None:
    light = lab.chambers.evaluate("(e) => getComputedStyle(e).backgroundColor")
    notebook.theme("JupyterLab Dark")
    expect(lab.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    expect(lab.chambers).not_to_have_css("background-color", light)
    lab.page.set_viewport_size({"width": 1600, "height": 1100})
    picture(lab.page, "chambers-lab-dark")
    notebook.theme("JupyterLab Light")
    lab.page.set_viewport_size({"width": 780, "height": 1900})
    expect(lab.chambers).to_be_visible()
    for view in (lab.editor, lab.plot, lab.graph, lab.equations, lab.chambers, lab.space_time):
        inside = view.evaluate(
            "(e) => e.getBoundingClientRect().right <= e.closest('.crn-lab').getBoundingClientRect().right + 1"
        )
        assert inside, view
    picture(lab.page, "chambers-lab-narrow")
    lab.page.set_viewport_size(WIDE)
