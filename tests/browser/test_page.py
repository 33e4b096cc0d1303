"""A page that `Lab.save_html` wrote, opened from the disk with the network cut."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

import crnwidgets as crn
from tests.browser.conftest import WIDE
from tests.browser.jupyter import Watch, picture
from tests.browser.lab import WITH_RATE_AND_EVENT, LabView
from tests.browser.names import NAMES, expect_inert, expect_readable, hostile_network

RULES = "# a ring\n" + WITH_RATE_AND_EVENT


@pytest.fixture(scope="module")
def watch(context: BrowserContext) -> Watch:
    def cut(route: Route) -> None:
        if route.request.url.startswith(("file:", "blob:", "data:")):
            route.continue_()
        else:
            route.abort()

    context.set_offline(True)
    context.route("**/*", cut)
    return Watch(context, offline=True)


@pytest.fixture
def lab(page: Page, tmp_path: Path) -> LabView:
    path = crn.Lab(RULES, duration=40).save_html(tmp_path / "ring.html")
    page.goto(path.as_uri())
    lab = LabView(page, page.locator(".crn-lab"))
    lab.wait()
    return lab


def end(**initial: float) -> dict[str, float]:
    network = crn.Network.parse(RULES).updated(initial=initial)
    trajectory = crn.simulate(network, [0.0, 40.0])
    return dict(zip(trajectory.species, map(float, trajectory.concentrations[-1]), strict=True))


def test_a_saved_page_lives_without_kernel_and_network(lab: LabView, page: Page) -> None:
    assert lab.text == RULES
    assert lab.readings == pytest.approx(end(), rel=5e-3, abs=2e-3)
    picture(page, "page-light")

    before = lab.image()
    lab.drag(lab.handle("A"), 0, 60)
    value = lab.value(lab.handle("A"))
    assert 0.2 < value < 0.75
    lab.expect_redrawn(before)
    assert lab.readings == pytest.approx(end(A=value), rel=5e-3, abs=2e-3)

    before = lab.image()
    lab.plot.get_by_role("slider", name="rate k").press("ArrowRight")
    lab.expect_redrawn(before)

    lab.drag(lab.plot.locator(".crn-marker"), 40, 0)
    assert "at 12:" not in (lab.plot.locator(".crn-marker").get_attribute("aria-valuetext") or "")

    lab.reaction(1).hover()
    lab.expect_hovered(1, "B -C-> C")


def test_the_rules_of_a_saved_page_are_read_only(lab: LabView, page: Page) -> None:
    lab.editor.locator(".cm-content").focus()
    page.keyboard.type("nothing")
    assert lab.text == RULES


def test_a_saved_page_in_the_dark_and_narrow(lab: LabView, page: Page) -> None:
    light, drawn = lab.colors(), lab.image()
    page.emulate_media(color_scheme="dark")
    for before, now in zip(light, lab.colors(), strict=True):
        assert before != now
    lab.expect_redrawn(drawn)
    picture(page, "page-dark")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 1200})
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    picture(page, "page-narrow")
    page.set_viewport_size(WIDE)


def test_further_views_go_along_with_the_plot_and_back(page: Page, tmp_path: Path) -> None:
    rules = "A -k,B-> C\nB -k,A-> C\nC -A-> A\nC -B-> B\nk = 1\nA = 0.7\nB = 0.3"
    made = crn.Lab(rules, views=[crn.widgets.MajorityMap(rules)])
    page.goto(made.save_html(tmp_path / "majority.html").as_uri())
    lab = LabView(page, page.locator(".crn-lab"))
    view = lab.root.locator(".crn-majority-map")
    lab.wait()
    expect(view).to_have_attribute("data-ready", "true")
    told = view.locator(".crn-told")
    expect(told).to_have_text(re.compile("^○ A₀ 0.7, B₀ 0.3 .* A is ahead$"))

    canvas = view.locator("canvas")
    canvas.scroll_into_view_if_needed()
    canvas.click(position={"x": 52 + 75, "y": 8 + 75})  # of a map of 300 pixels
    expect(lab.handle("A")).to_have_attribute("aria-valuenow", "0.25")
    assert lab.readings["A"] < 0.01
    page.mouse.move(0, 0)

    lab.drag(lab.handle("A"), 0, -40)
    page.mouse.move(0, 0)
    cell = round(40 * lab.value(lab.handle("A"))) / 40
    assert cell > 0.25
    expect(told).to_have_text(re.compile(f"^○ A₀ {cell:g}, B₀ 0.75 "))

    before = canvas.evaluate("(c) => c.toDataURL()")
    lab.plot.get_by_role("slider", name="rate k").press("End")
    page.wait_for_function("([canvas, before]) => canvas.toDataURL() !== before", arg=[canvas.element_handle(), before])
    picture(page, "page-computing")


def test_hostile_names_stay_text(page: Page, tmp_path: Path) -> None:
    page.goto(crn.Lab(hostile_network()).save_html(tmp_path / "names.html").as_uri())
    lab = LabView(page, page.locator(".crn-lab"))
    lab.wait()
    for view in (lab.editor, lab.plot, lab.graph, lab.equations):
        expect_inert(view)
    for view in (lab.plot, lab.graph, lab.equations):
        expect_readable(view, NAMES)
