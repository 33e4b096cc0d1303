"""What hand and eye do with the views of chambers, on pages saved from a kernel."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

import crnwidgets as crn
from crnwidgets.widgets import ChamberView, SpaceTime
from crnwidgets.widgets.page import write_page
from tests.browser.jupyter import Watch, picture, pictures
from tests.browser.lab import LabView, painted

RING = """chambers 5 ring
A -B-> B
B -C-> C
C -A-> A
membrane A {p}
p = 0.05
A = 0.3; B = 0.3; C = 0.3
A[1] = 0.9; B[1] = 0.1
at 20: A[2] += 0.3"""
# Two chambers, and nothing but a membrane: both come to the mean.
PAIR = "chambers 2 line\nspecies A, B\nmembrane A {0.5}\nA[1] = 1\nB = 0.5"


@pytest.fixture(scope="module")
def watch(context: BrowserContext) -> Watch:
    return Watch(context, offline=True)


@pytest.fixture
def still(page: Page) -> None:
    """Nothing plays by itself."""
    page.emulate_media(reduced_motion="reduce")


def show(page: Page, folder: Path, view: ChamberView | SpaceTime) -> Locator:
    """The root of a view on a page of its own."""
    page.goto(write_page(folder / "page.html", {"view": view}, hovering=()).as_uri())
    root = page.locator(".crn-computing")
    expect(root.locator(".crn-told")).to_have_text(re.compile("Chamber"))
    return root


def disc(root: Locator, number: int) -> Locator:
    return root.get_by_role("slider", name=re.compile(rf"in chamber {number} of"))


def drag(page: Page, what: Locator, up: float, *, at: float = 0.5) -> None:
    """Drag an element up by so many pixels, from this share of its height."""
    what.scroll_into_view_if_needed()
    box = what.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * (1 - at)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - up, steps=6)
    page.mouse.up()
    painted(page)


def value(what: Locator) -> float:
    return float(what.get_attribute("aria-valuenow") or "nan")


def set_time(root: Locator, share: float) -> None:
    """Move the slider of the time, from 0 to 1."""
    root.get_by_role("slider", name="time", exact=True).fill(str(round(400 * share)))


def pixel(root: Locator, x: float, y: float) -> list[int]:
    """The colour of a canvas at a place in its CSS pixels."""
    return root.locator("canvas").last.evaluate(
        "(c, [x, y]) => [...c.getContext('2d').getImageData(x * devicePixelRatio, y * devicePixelRatio, 1, 1).data]",
        [x, y],
    )


# -- the chambers ------------------------------------------------------------------------------------------------------


def test_what_is_in_a_chamber_spreads_with_the_time(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, ChamberView(PAIR, duration=20))
    expect(root.locator(".crn-told")).to_have_text("Chamber 1 at time 0: A 1, B 0.5")
    expect(root.locator(".crn-help")).to_have_text("A full chamber has 1.5. Membranes let pass A 0.5.")
    set_time(root, 1)
    expect(root.locator(".crn-told")).to_have_text("Chamber 1 at time 20: A 0.5, B 0.5")
    disc(root, 2).click()
    expect(root.locator(".crn-told")).to_have_text("Chamber 2 at time 20: A 0.5, B 0.5")
    expect(disc(root, 2)).to_have_attribute("aria-current", "true")
    expect(root.get_by_role("status").last).to_have_text("Chamber 2 at time 20: A 0.5, B 0.5")
    assert value(disc(root, 2)) == 0  # what it starts with


def test_a_chamber_is_filled_and_dragged_by_a_hand(page: Page, tmp_path: Path, still: None) -> None:
    root = show(page, tmp_path, ChamberView(RING, duration=60))
    told = root.locator(".crn-told")
    set_time(root, 0.5)
    drag(page, disc(root, 3), 40, at=0.05)
    expect(disc(root, 3)).to_have_attribute("aria-valuenow", re.compile(r"0\.[5-9]"))
    raised = value(disc(root, 3))
    expect(told).to_have_text(f"Chamber 3 at time 0: A {raised}, B 0.3, C 0.3")
    # Of several layers the one under the hand is moved.
    drag(page, disc(root, 4), -200, at=0.4)
    expect(root.get_by_role("combobox").first).to_have_value("B")
    expect(told).to_have_text("Chamber 4 at time 0: A 0.3, B 0, C 0.3")
    expect(disc(root, 4)).to_have_accessible_name("Initial concentration of B in chamber 4 of 5")
    pictures(page, root, "chamber-view")


def test_a_drag_plays_what_comes_of_it(page: Page, tmp_path: Path) -> None:
    page.emulate_media(reduced_motion="no-preference")
    root = show(page, tmp_path, ChamberView(PAIR, duration=20))
    drag(page, disc(root, 2), 60, at=0.1)
    play = root.locator(".crn-play")
    expect(play).to_have_text("Pause")
    expect(root.locator(".crn-told")).to_have_text(re.compile("time [1-9]"))
    play.click()
    expect(play).to_have_text("Play")
    before = root.locator(".crn-clock-time").inner_text()
    root.get_by_role("combobox", name="speed").select_option("4×")
    play.press("Enter")
    expect(root.locator(".crn-clock-time")).to_have_text("time 20 of 20")
    expect(play).to_have_text("Play")
    assert before != "time 20 of 20"


def test_the_keyboard_moves_between_chambers_and_changes_them(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, ChamberView(RING))
    expect(root.locator(".crn-disc[tabindex='0']")).to_have_count(1)
    disc(root, 1).focus()
    page.keyboard.press("ArrowLeft")
    expect(disc(root, 5)).to_be_focused()
    expect(disc(root, 5)).to_have_attribute("aria-current", "true")
    for key, now in {"ArrowUp": "0.32", "PageUp": "0.52", "ArrowDown": "0.5", "Home": "0"}.items():
        page.keyboard.press(key)
        expect(disc(root, 5)).to_have_attribute("aria-valuenow", now)
    expect(root.locator(".crn-told")).to_have_text("Chamber 5 at time 0: A 0, B 0.3, C 0.3")


def test_species_are_left_out_and_every_topology_finds_its_place(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, ChamberView(RING))
    button = root.get_by_role("button", name="Fill with B")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(root.locator(".crn-told")).to_have_text("Chamber 1 at time 0: A 0.9, C 0.3")
    for topology in ("1 ring", "2 ring", "40 ring", "20 line", "7 star", "3 x 4 grid", "6 complete", "4: 1-2, 2-4"):
        root = show(page, tmp_path, ChamberView(f"chambers {topology}\nA -> B\nmembrane A {{0.1}}\nA = 1; B = 1"))
        stage = root.locator(".crn-stage").bounding_box()
        assert stage is not None
        for box in (one.bounding_box() for one in root.locator(".crn-disc").all()):
            assert box is not None
            assert box["width"] > 5
            assert stage["x"] <= box["x"] <= stage["x"] + stage["width"] - box["width"]
            assert stage["y"] <= box["y"] <= stage["y"] + stage["height"] - box["height"]


def test_membranes_that_differ_say_so(page: Page, tmp_path: Path) -> None:
    text = PAIR.replace("2 line", "3 line") + "\nmembrane B {0.2}: 2-3"
    root = show(page, tmp_path, ChamberView(text))
    expect(root.locator(".crn-help")).to_contain_text("Membranes let pass: 1–2 A 0.5; 2–3 A 0.5, B 0.2.")
    picture(page, "chamber-view-membranes")


# -- space and time ----------------------------------------------------------------------------------------------------

LEFT, TOP, ROW = 54, 8, 26  # of the picture, in CSS pixels


def test_space_and_time_are_read_by_pointer_and_keys(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, SpaceTime(PAIR, duration=20))
    canvas, told = root.locator("canvas"), root.locator(".crn-told")
    width = canvas.evaluate("(c) => c.getBoundingClientRect().width") - LEFT - 12
    expect(told).to_have_text("Chamber 1 at time 0: A 1")
    first, second = (pixel(root, LEFT + 20, TOP + ROW * (i + 0.5)) for i in (0, 1))
    assert sum(first) > sum(second)  # the more there is, the lighter
    canvas.hover(position={"x": LEFT + width - 1, "y": TOP + 1.5 * ROW})
    expect(told).to_have_text(re.compile(r"Chamber 2 at time (19.9|20): A 0.5"))
    canvas.click(position={"x": LEFT + width / 2, "y": TOP + 1.5 * ROW})
    page.mouse.move(1, 1)
    expect(told).to_have_text(re.compile(r"Chamber 2 at time (9.9\d?|10|10.\d): A 0.5"))
    canvas.focus()
    page.keyboard.press("ArrowUp")
    for _ in range(10):
        page.keyboard.press("Shift+ArrowLeft")
    expect(told).to_have_text("Chamber 1 at time 0: A 1")
    root.get_by_role("combobox").select_option("B")
    expect(told).to_have_text("Chamber 1 at time 0: B 0.5")


def test_the_picture_of_a_ring(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, SpaceTime(RING, duration=60))
    pictures(page, root, "space-time")


# -- all together ------------------------------------------------------------------------------------------------------


def test_the_views_of_a_saved_lab_follow_each_other(page: Page, tmp_path: Path, still: None) -> None:
    page.goto(crn.Lab(RING, duration=60).save_html(tmp_path / "lab.html").as_uri())
    lab = LabView(page, page.locator(".crn-lab"))
    lab.wait()
    chambers, space_time = page.locator(".crn-chamber-view"), page.locator(".crn-space-time")
    drag(page, disc(chambers, 3), 40, at=0.05)
    expect(disc(chambers, 3)).to_have_attribute("aria-valuenow", re.compile(r"0\.[5-9]"))
    raised = value(disc(chambers, 3))
    handle = lab.plot.get_by_role("slider", name="Initial concentration of A in chamber 3")
    expect(handle).to_have_attribute("aria-valuenow", str(raised))
    expect(space_time.locator(".crn-told")).to_have_text(f"Chamber 3 at time 0: A {raised}")
    initial = crn.Chambers.parse(RING).initial.copy()
    initial[2, 0] = raised
    whole = crn.Chambers.parse(RING).updated(initial=initial).expanded()
    end = crn.simulate(whole, [0.0, 60.0]).concentrations[-1].reshape(5, 3)
    assert list(lab.readings.values()) == pytest.approx(end[2], rel=5e-3, abs=2e-3)
    set_time(chambers, 0.5)
    expect(lab.plot.locator(".crn-moment")).to_be_visible()
    expect(space_time.locator(".crn-told")).to_contain_text("Chamber 3 at time 30:")

    lab.drag(handle, 0, 30)
    lowered = lab.value(handle)
    assert lowered < raised
    expect(disc(chambers, 3)).to_have_attribute("aria-valuenow", str(lowered))
    lab.plot.get_by_role("spinbutton", name="chamber, 1 to 5").fill("1")
    lab.plot.get_by_role("spinbutton", name="chamber, 1 to 5").press("Enter")
    expect(disc(chambers, 1)).to_have_attribute("aria-current", "true")
    expect(space_time.locator(".crn-told")).to_contain_text("Chamber 1 at time 30:")
    before = lab.image()
    lab.plot.get_by_role("slider", name="rate p").press("ArrowRight")
    lab.expect_redrawn(before)
    expect(chambers.locator(".crn-help")).not_to_contain_text("A 0.05.")
