"""What hand and eye do with the plots of neural networks, on pages saved from a kernel."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from crnwidgets.neural import FeedForward, PolynomialDecay, ReLU, simulate
from crnwidgets.widgets import ActivationPlot, ConvergencePlot
from crnwidgets.widgets.lone_view import LoneView
from tests.browser.jupyter import Watch, pictures
from tests.browser.lab import painted

NUMBER = r"−?\d[\d.]*(?:e-?\d+)?"
NN = FeedForward.random((9, 6, 4), seed=4)
D = np.linspace(0.0, 1.0, 9)


@pytest.fixture(scope="module")
def watch(context: BrowserContext) -> Watch:
    return Watch(context, offline=True)


def show(page: Page, folder: Path, view: LoneView) -> Locator:
    """The root of a view on a page of its own, once it is drawn."""
    page.goto(view.save_html(folder / "page.html").as_uri())
    root = page.locator(".crn-neural-plot")
    expect(root.locator(".crn-curve[d^='M']").first).to_be_attached()
    return root


def numbers(text: str) -> list[float]:
    return [float(found.replace("−", "-")) for found in re.findall(NUMBER, text)]


def slide(root: Locator, name: str, place: float) -> None:
    root.get_by_role("slider", name=name, exact=True).fill(str(place))


def still(page: Page) -> bool:
    """Whether the page asks for no frame, and no longer changes anything."""
    return page.evaluate(
        """async () => {
          let asked = 0;
          const ask = window.requestAnimationFrame;
          window.requestAnimationFrame = (call) => (asked++, ask.call(window, call));
          await new Promise((done) => setTimeout(done, 300));
          window.requestAnimationFrame = ask;
          return asked === 0;
        }"""
    )


# -- activation --------------------------------------------------------------------------------------------------------


def told(root: Locator) -> list[float]:
    """y, φ(y) and φ′(y) as they are told."""
    return numbers(root.locator(".crn-told").inner_text())


def expect_told(root: Locator, q: int, h: float, y: float) -> None:
    """Wait until the words are those of an activation, as Python computes it."""
    activation = PolynomialDecay(q, h)
    expect(root.locator(".crn-told")).to_have_text(re.compile(f"^y = {y:g},".replace("-", "−")))
    value = float(activation(y))
    assert told(root) == pytest.approx([y, value, float(activation.slope(value))], rel=2e-3)


def test_sliders_choose_the_activation(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, ActivationPlot(3, 1.0, y=2))
    expect(root.locator(".crn-law")).to_have_text("dx/dt = 1 + y·x − 2x³")
    expect_told(root, 3, 1, 2)
    slide(root, "order q", 3)
    expect(root.locator(".crn-law")).to_have_text("dx/dt = 1 + y·x − 4x⁵")
    expect_told(root, 5, 1, 2)
    slide(root, "production h", 100)
    expect(root.locator(".crn-law")).to_have_text("dx/dt = 2.5 + y·x − 4x⁵")
    expect_told(root, 5, 2.5, 2)
    expect(root.locator(".crn-unstable")).to_be_hidden()
    slide(root, "production h", 0)
    slide(root, "order q", 0)
    expect(root.locator(".crn-law")).to_have_text("dx/dt = 0 + y·x − x²")
    expect_told(root, 2, 0, 2)
    expect(root.locator(".crn-unstable")).to_be_visible()
    curve, limit = (root.locator(f"figure:first-child .crn-{name}").get_attribute("d") for name in ("curve", "dashed"))
    assert curve == limit
    assert still(page)


def test_the_point_is_dragged_and_moved_by_keys(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, ActivationPlot(y=2))
    point = root.get_by_role("slider", name="input y")
    box = root.locator("figure:first-child .crn-frame").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 90, steps=5)
    page.mouse.up()
    painted(page)
    assert told(root)[0] == pytest.approx(-5, abs=0.06)
    expect(point).to_be_focused()
    place = point.bounding_box()
    assert place is not None
    assert place["x"] + place["width"] / 2 == pytest.approx(box["x"] + box["width"] * 0.25, abs=2)
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 90)  # with nothing held
    for key, y in {"Home": -10, "ArrowRight": -9.9, "PageUp": -8.9, "ArrowDown": -9, "End": 10, "ArrowUp": 10}.items():
        page.keyboard.press(key)
        expect(point).to_have_attribute("aria-valuenow", f"{y:g}")
    expect(point).to_have_attribute("aria-valuetext", re.compile(r"^y = 10, φ\(y\) = 10\.1"))
    expect_told(root, 2, 1, 10)


def test_the_equation_has_its_root_where_the_activation_is(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, ActivationPlot(4, 1.0, y=5))
    frame = root.locator("figure:last-child .crn-frame").bounding_box()
    dot = root.locator("figure:last-child .crn-point").bounding_box()
    assert frame is not None and dot is not None
    share = (dot["x"] + dot["width"] / 2 - frame["x"]) / frame["width"]
    activation = PolynomialDecay(4, 1.0)
    assert share == pytest.approx(float(activation(5.0) / (1.3 * activation(10.0))), abs=0.01)
    # Chevrons point right before it, left behind it.
    path = root.locator(".crn-arrows").get_attribute("d") or ""
    middle = share * frame["width"]
    chevrons = [(float(tip), float(tip) - float(start)) for start, tip in re.findall(r"M([\d.-]+) \S+L([\d.-]+)", path)]
    assert len(chevrons) > 4
    assert all((forward > 0) == (tip < middle) for tip, forward in chevrons)


def test_the_activation_in_every_theme_and_width(page: Page, tmp_path: Path) -> None:
    pictures(page, show(page, tmp_path, ActivationPlot(3, 1.0)), "activation-plot")


# -- convergence -------------------------------------------------------------------------------------------------------


def expect_done(root: Locator, starts: int) -> list[float]:
    """Wait until all starts have fallen; λ, and from when on all are near."""
    law = root.locator(".crn-law")
    expect(law).to_contain_text(f"All {starts} starts")
    rate, near = re.findall(rf"λ = ({NUMBER}),|t = ({NUMBER}) on", law.inner_text())
    return [float(rate[0]), float(near[1])]


def test_the_rate_and_the_starts_are_those_of_the_chemistry(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, ConvergencePlot(NN, D, starts=2, node="X2_3"))
    rate, near = expect_done(root, 2)
    fixed = np.concatenate([np.asarray(a) for a in NN.activations(D)])
    assert rate == pytest.approx(np.min(1 / fixed + fixed), rel=1e-3)
    expect(root.locator(".crn-key")).to_contain_text(f"X2_3 settles to {fixed[8]:.4g}")

    pad = root.get_by_role("application", name="Concentrations")
    pad.focus()
    words = root.locator(".crn-told")
    for key in ["PageDown", *["ArrowRight"] * 23]:
        page.keyboard.press(key)
    expect(words).to_have_text(re.compile("^At t = "))
    time, least, most, *_ = numbers(words.inner_text().replace("X2_3", ""))
    high, low = (simulate(NN, D, [0.0, time], start).concentrations[-1, 8] for start in (1e6, 0.0))
    assert [least, most] == pytest.approx(sorted([low, high]), rel=0.02)
    page.keyboard.press("End")
    expect(words).to_have_text(re.compile("X2_3 [^ ]*, distance from "))
    assert max(numbers(words.inner_text())[-2:]) < 1e-5

    end = simulate(NN, D, [0.0, near], 1e6).concentrations[-1]
    assert np.max(np.abs(end / fixed - 1)) < 1.2e-3
    assert still(page)


def test_the_line_has_the_slope_of_the_rate(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, ConvergencePlot(NN, D))
    expect_done(root, 20)
    points = "(path) => path.getAttribute('d').slice(1).split('L').map((p) => p.split(' ').map(Number))"
    (x0, y0), (x1, y1) = root.locator("figure:last-child .crn-dashed").evaluate(points)
    curves = root.locator("figure:last-child .crn-curve")
    expect(curves).to_have_count(20)
    for curve in curves.all():
        ends = curve.evaluate(points)
        (xa, ya), (xb, yb) = ends[-13], ends[-1]
        assert (yb - ya) / (xb - xa) == pytest.approx((y1 - y0) / (x1 - x0), rel=0.15)


def test_hands_choose_node_starts_and_where_they_begin(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, ConvergencePlot(NN, D, starts=6))
    curves = root.locator("figure:first-child .crn-curve")
    expect_done(root, 6)

    def shapes() -> list[str]:
        return curves.evaluate_all("(paths) => paths.map((path) => path.getAttribute('d'))")

    before = shapes()
    root.get_by_role("button", name="other starts").click()
    expect(curves.last).not_to_have_attribute("d", before[-1])
    expect_done(root, 6)
    assert shapes()[:2] == before[:2] and shapes()[2] != before[2]  # from 0 and from the highest, as before

    slide(root, "starts", 7)
    expect(curves).to_have_count(9)
    slide(root, "starts", 1)
    expect(curves).to_have_count(3)
    _, near = expect_done(root, 3)

    slide(root, "highest start", 0)
    expect(root.get_by_role("slider", name="highest start")).to_have_attribute("aria-valuetext", "1")
    slide(root, "highest start", 60)
    expect(root.get_by_role("slider", name="highest start")).to_have_attribute("aria-valuetext", "1000")
    expect(curves.nth(1)).not_to_have_attribute("d", before[1])
    assert expect_done(root, 3)[1] <= near  # from a million it takes but little longer

    before = shapes()
    root.get_by_role("combobox", name="node").select_option("X1_2")
    expect(root.locator(".crn-key")).to_contain_text("X1_2 settles to")
    assert shapes() != before
    options = root.get_by_role("combobox").locator("option")
    expect(options).to_have_text([*(f"X2_{i}" for i in range(1, 5)), *(f"X1_{i}" for i in range(1, 7))])


def test_without_production_it_says_what_the_theorem_leaves_out(page: Page, tmp_path: Path) -> None:
    relu = FeedForward(NN.weights, NN.biases, activation=ReLU())
    root = show(page, tmp_path, ConvergencePlot(relu, D, starts=3))
    expect(root.locator(".crn-law")).to_have_text(re.compile("^With h = 0 theorem 4.8 does not cover"))
    expect(root.locator("figure:last-child .crn-curve")).to_have_count(3)


def test_convergence_in_every_theme_and_width(page: Page, tmp_path: Path) -> None:
    root = show(page, tmp_path, ConvergencePlot(NN, D))
    expect_done(root, 20)
    pictures(page, root, "convergence-plot")
