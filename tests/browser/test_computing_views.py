"""What hand and eye do with the views of what a network computes, each alone on a saved page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from crnwidgets import widgets
from crnwidgets.widgets.computing_view import ComputingView
from crnwidgets.widgets.page import write_page
from tests.browser.jupyter import Watch, pictures

MAJORITY = "A -B-> C\nB -A-> C\nC -A-> A\nC -B-> B\nA = 0.7; B = 0.3"
AND = "Zlo + Xhi + Yhi -> Zhi + Xhi + Yhi\nZhi -Xlo-> Zlo\nZhi -Ylo-> Zlo\nZlo = 1"
ONCE = AND.splitlines()[0] + "\nspecies Xhi, Xlo, Yhi, Ylo, Zhi, Zlo\nZlo = 1"
# Lit at first, all of them; g goes out where I0 is high.
DISPLAY = """species I3, I2, I1, I0, Ic, Sa, Sb, Sc, Sd, Se, Sf, Sg
Sg -I0-> Ic {0.1}
Sa = 0.12; Sb = 0.12; Sc = 0.12; Sd = 0.12; Se = 0.12; Sf = 0.12; Sg = 0.12"""
LEVELS = {"low": 0.01, "high": 0.1, "duration": 200}
ONE_BIT = "B0lo -X-> B0hi\nB0hi -Xc-> B0lo\nB0lo = 1"


@pytest.fixture(scope="module")
def watch(context: BrowserContext) -> Watch:
    return Watch(context, offline=True)


def show(page: Page, folder: Path, view: ComputingView) -> Locator:
    """The root of a view on a page of its own, once all is computed."""
    page.goto(write_page(folder / "page.html", {"view": view}, hovering=()).as_uri())
    root = page.locator(".crn-computing")
    expect(root).to_have_attribute("data-ready", "true")
    return root


def set_time(root: Locator, share: float) -> None:
    """Move the slider of the time, from 0 to 1."""
    root.get_by_role("slider", name="time").fill(str(round(200 * share)))


# -- the truth table ---------------------------------------------------------------------------------------------------


def row(root: Locator, number: int) -> Locator:
    return root.locator("tbody tr").nth(number)


def test_a_gate_is_right_in_every_row_and_settles_when_inputs_are_pressed(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, widgets.TruthTable(AND, [0, 0, 0, 1]))
    expect(root.get_by_role("status").last).to_have_text("4 of 4 outputs right.")
    expect(root.locator(".crn-digit")).to_have_text(["0", "0", "0", "1"])
    expect(row(root, 0)).to_have_attribute("aria-current", "true")

    row(root, 3).get_by_role("button").first.click()
    expect(row(root, 3)).to_contain_text("settling")
    expect(row(root, 3)).to_have_attribute("aria-current", "true")
    expect(root).to_have_attribute("data-ready", "true")
    expect(row(root, 3).locator(".crn-number")).to_have_text(["1.00", "0.00"])
    expect(row(root, 3).locator(".crn-verdict")).to_have_text("right")

    root.get_by_role("button", name="X = 1", exact=True).press("Enter")
    expect(row(root, 1)).to_have_attribute("aria-current", "true")
    expect(root.get_by_role("button", name="X = 0", exact=True)).to_be_visible()
    expect(row(root, 1).locator(".crn-verdict")).to_have_text("right")
    pictures(page, root, "truth-table")


def test_a_gate_that_works_once_is_found_out_by_switching_back(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, widgets.TruthTable(ONCE, [0, 0, 0, 1], inputs=["X", "Y"]))
    status = root.get_by_role("status").last
    expect(status).to_have_text("4 of 4 outputs right.")
    page.emulate_media(reduced_motion="reduce")  # nothing is seen to settle
    for number in (3, 0):
        row(root, number).get_by_role("button").first.click()
        expect(row(root, number)).to_have_attribute("aria-current", "true")
    page.emulate_media(reduced_motion="no-preference")
    expect(row(root, 0).locator(".crn-verdict")).to_have_text("should be 0")
    expect(row(root, 0).locator(".crn-wrong")).to_have_count(1)
    expect(status).to_have_text("3 of 4 outputs right.")


def test_the_keyboard_moves_through_the_table(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, widgets.TruthTable(AND))
    expect(root.locator("tbody [tabindex='0']")).to_have_count(1)
    root.locator("tbody [tabindex='0']").focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(row(root, 3)).to_have_attribute("aria-current", "true")
    expect(row(root, 3).locator(".crn-digit")).to_have_text("1")
    expect(root.locator(".crn-verdict")).to_have_count(0)  # nobody said what is right


# -- the map of a majority ---------------------------------------------------------------------------------------------


def at(root: Locator, a: float, b: float) -> tuple[float, float]:
    """Where on the canvas of the map a point is."""
    box = root.locator("canvas").bounding_box()
    assert box is not None
    inner = box["width"] - 60
    across, up = ((value * 40 + 0.5) / 41 for value in (a, b))  # of 41 cells, the middle of one
    return 52 + across * inner, 8 + (1 - up) * inner


def pixel(root: Locator, a: float, b: float) -> list[int]:
    x, y = at(root, a, b)
    return root.locator("canvas").evaluate(
        "(c, [x, y]) => [...c.getContext('2d').getImageData(x * devicePixelRatio, y * devicePixelRatio, 1, 1).data]",
        [x, y],
    )


def hover(root: Locator, a: float, b: float) -> None:
    x, y = at(root, a, b)
    root.locator("canvas").hover(position={"x": x, "y": y})


def test_the_map_shows_who_wins_and_reads_any_point(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, widgets.MajorityMap(MAJORITY))
    expect(root.locator(".crn-accuracy")).to_have_text("The one with more at first is ahead on 100 % of the map.")
    red, _, blue, _ = pixel(root, 0.8, 0.2)
    assert blue > red + 50
    told = root.get_by_role("status").last
    hover(root, 0.8, 0.2)
    expect(told).to_have_text(re.compile(r"A₀ 0.8\d*, B₀ 0.\d+ → A \d.\d\d, B 0.00: A is ahead"))
    hover(root, 0.3, 0.9)
    expect(told).to_have_text(re.compile(r"B is ahead$"))
    set_time(root, 0)
    page.mouse.move(0, 0)
    expect(told).to_have_text(re.compile(r"^○ A₀ 0.7, B₀ 0.3 → A 0.70, B 0.30: A is ahead"))
    set_time(root, 1)
    pictures(page, root, "majority-map")


def test_wrong_decisions_are_counted_and_crossed(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, widgets.MajorityMap("B -A-> A\nspecies A, B\nA = 0.5; B = 0.5"))
    expect(root.locator(".crn-accuracy")).to_contain_text("on 52.4 % of the map")
    hover(root, 0.2, 0.9)
    expect(root.get_by_role("status").last).to_contain_text("A is ahead ✗ though it had less")


def test_a_point_is_chosen_by_a_click_or_by_keys(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, widgets.MajorityMap(MAJORITY))
    canvas, told = root.locator("canvas"), root.get_by_role("status").last
    x, y = at(root, 0.25, 0.75)
    canvas.click(position={"x": x, "y": y})
    page.mouse.move(0, 0)
    expect(told).to_have_text(re.compile(r"^○ A₀ 0.25, B₀ 0.75 "))
    canvas.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(told).to_contain_text("A₀ 0.275, B₀ 0.7 ")
    canvas.blur()
    expect(told).to_have_text(re.compile(r"^○ A₀ 0.275, B₀ 0.7 "))


# -- the display -------------------------------------------------------------------------------------------------------


def test_the_display_lights_segments_and_says_which_are_wrong(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, widgets.SegmentDisplay(DISPLAY, digit=9, **LEVELS))
    expect(root.locator(".crn-count")).to_have_text("1 of 16 digits right at this time.")
    digits = root.get_by_role("option")
    expect(digits).to_have_count(16)
    expect(digits.nth(8)).to_have_accessible_name("8: right")
    expect(digits.nth(0)).to_have_accessible_name("0: wrong in g")
    expect(digits.nth(9)).to_have_attribute("aria-selected", "true")
    large = root.locator(".crn-chosen polygon")
    assert float(large.nth(0).evaluate("(e) => e.style.fillOpacity")) == 1
    assert float(large.nth(6).evaluate("(e) => e.style.fillOpacity")) < 0.2
    expect(root.locator(".crn-chosen .crn-amiss")).to_have_count(2)  # e is lit, g is not
    expect(root.locator(".crn-told")).to_contain_text("9: ✗ wrong in e, g.")
    pictures(page, root, "segment-display")

    set_time(root, 0)  # all are lit
    expect(digits.nth(9)).to_have_accessible_name("9: wrong in e")
    expect(root.get_by_role("slider", name="time")).to_have_attribute("aria-valuetext", "0 of 200")


def test_a_digit_is_chosen_by_its_picture_its_bits_or_keys(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, widgets.SegmentDisplay(DISPLAY, **LEVELS))
    root.get_by_role("option", name="A:").click()
    expect(root.get_by_role("button", name=re.compile("^I"))).to_have_text(["I3 = 1", "I2 = 0", "I1 = 1", "I0 = 0"])
    root.get_by_role("button", name="I0 = 0").click()
    expect(root.get_by_role("option", selected=True)).to_have_accessible_name(re.compile("^b:"))
    root.get_by_role("option", name="A:").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(root.get_by_role("option", selected=True)).to_have_accessible_name(re.compile("^9:"))


# -- the raster --------------------------------------------------------------------------------------------------------


def test_the_raster_shows_every_input_in_grey_and_judges_its_code(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, widgets.BitRaster(ONE_BIT))
    count = root.locator(".crn-count")
    expect(count).to_have_text("64 of 64 inputs have the right code at this time.")
    canvas = root.locator("canvas")
    grey = """(c, [column, row]) => {
      const across = (c.clientWidth - 34 - 62) / 4;
      const [x, y] = [34 + (column + 0.5) * across, 24 + ((row + 0.5) / 64) * 384];
      return c.getContext("2d").getImageData(x * devicePixelRatio, y * devicePixelRatio, 1, 1).data[0];
    }"""
    for line in (3, 40, 60):
        x = (line + 0.5) / 64
        for column, level in enumerate((x, 1 - x, x, 1 - x)):
            assert canvas.evaluate(grey, [column, line]) == pytest.approx(255 * level, abs=3)
    set_time(root, 0)  # the bit is still 0
    expect(count).to_have_text("32 of 64 inputs have the right code at this time.")
    canvas.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect(root.locator(".crn-told")).to_have_text("x = 0.0234: 0 ✓ right; Xc 0.98")
    pictures(page, root, "bit-raster")


def test_runs_are_played(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, widgets.BitRaster(ONE_BIT))
    root.get_by_role("button", name="Play").click()
    expect(root.get_by_role("button", name="Pause")).to_be_visible()
    expect(root).to_have_attribute("data-ready", "false")
    root.get_by_role("button", name="Pause").click()
    expect(root).to_have_attribute("data-ready", "true")
    slider = root.get_by_role("slider", name="time")
    place = int(slider.input_value())
    assert 0 <= place < 200
    root.get_by_role("button", name="Play").click()
    expect(slider).to_have_js_property("value", "200")
    expect(root.get_by_role("button", name="Play")).to_be_visible()


def test_a_network_that_cannot_be_run_says_why(page: Page, tmp_path: Path) -> None:
    view = widgets.MajorityMap(MAJORITY + "\n2A -> 3A")
    page.goto(write_page(tmp_path / "page.html", {"view": view}, hovering=()).as_uri())
    expect(page.locator(".crn-problem")).to_contain_text("grows beyond all bounds")
