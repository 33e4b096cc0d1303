"""What hand and eye do with a neural network that computes as reactions do, on pages saved from a kernel."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from crnwidgets.neural import FeedForward, PolynomialDecay, ReLU, digits, fit
from crnwidgets.widgets import NeuralView
from tests.browser.jupyter import Watch, picture, pictures

XOR = FeedForward([[[3, -3], [-3, 3]], [[2, 2]]], [[-1, -1], [0]])
Stroke = Sequence[tuple[float, float]]
"""Places on the field, in shares of it."""


@pytest.fixture(scope="module")
def watch(context: BrowserContext) -> Watch:
    return Watch(context, offline=True)


@pytest.fixture(scope="module")
def trained() -> FeedForward:
    return fit(FeedForward.random((64, 16, 10), seed=0), *digits(), iterations=500, progress=False)


@pytest.fixture
def still(page: Page) -> None:
    """All that moves by itself is at its end at once."""
    page.emulate_media(reduced_motion="reduce")


@pytest.fixture
def moving(page: Page) -> None:
    page.emulate_media(reduced_motion="no-preference")


def show(page: Page, folder: Path, view: NeuralView) -> Locator:
    """The root of a view on a page of its own."""
    page.goto(view.save_html(folder / "page.html").as_uri())
    root = page.locator(".crn-neural-view")
    expect(root).to_have_attribute("data-ready", re.compile("true|false"))
    return root


def settled(root: Locator) -> str:
    """What is said once all has settled."""
    expect(root).to_have_attribute("data-ready", "true")
    text = root.locator(".crn-answer").inner_text()
    assert "settled within t =" in text
    return text


def arc(x: float, y: float, across: float, down: float, start: float, end: float) -> Stroke:
    angles = [math.radians(start + (end - start) * i / 16) for i in range(17)]
    return [(x + across * math.cos(a), y + down * math.sin(a)) for a in angles]


DIGITS: dict[str, Stroke] = {
    "0": arc(0.5, 0.5, 0.25, 0.4, -90, 270),
    "2": [*arc(0.48, 0.3, 0.25, 0.2, -170, 40), (0.25, 0.88), (0.75, 0.88)],
    "3": [*arc(0.46, 0.3, 0.24, 0.19, -150, 90), *arc(0.46, 0.69, 0.26, 0.2, -90, 150)],
    "4": [(0.6, 0.9), (0.6, 0.1), (0.22, 0.6), (0.8, 0.6)],
}


def draw(page: Page, root: Locator, stroke: Stroke) -> None:
    """Draw a line with the mouse, without a break."""
    box = root.locator(".crn-pad").bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=2)
    page.mouse.up()


def ink(root: Locator, name: str) -> float:
    """How much darker or lighter than paper a canvas is, as a mean from 0 to 1."""
    return root.locator(f".{name} canvas").evaluate(
        """(c) => {
          const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
          let sum = 0;
          for (let i = 0; i < data.length; i += 4) sum += Math.abs(data[i] - 255) / 255;
          return (4 * sum) / data.length;
        }"""
    )


def value(text: str) -> float:
    found = re.search(r"[:,] (\d[\d.e-]*)", text)
    assert found, text
    return float(found[1])


# -- a picture as the input --------------------------------------------------------------------------------------------


def test_a_digit_that_a_hand_draws_is_recognised(page: Page, tmp_path: Path, still: None, trained: FeedForward) -> None:
    root = show(page, tmp_path, NeuralView(trained))
    settled(root)
    for digit, stroke in DIGITS.items():
        root.get_by_role("button", name="Clear").click()
        draw(page, root, stroke)
        assert settled(root).startswith(f"{digit} ✓ largest, ")
        expect(root.locator(".crn-largest .crn-name")).to_have_text(digit)
        assert ink(root, "crn-seen") > 0.1
    pictures(page, root, "neural-view")
    root.get_by_role("button", name="Clear").click()
    settled(root)
    assert ink(root, "crn-seen") == 0


def test_the_chemistry_follows_the_hand_while_it_draws(
    page: Page, tmp_path: Path, moving: None, trained: FeedForward
) -> None:
    root = show(page, tmp_path, NeuralView(trained))
    root.get_by_role("combobox").select_option("3")
    settled(root)
    box = root.locator(".crn-pad").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 150, steps=8)
    expect(root.locator(".crn-answer")).to_contain_text("settling")
    assert ink(root, "crn-seen") > 0.05  # the hand is still down
    settled(root)
    page.mouse.up()


def test_examples_are_gone_through_and_judged(page: Page, tmp_path: Path, still: None, trained: FeedForward) -> None:
    images, labels = digits()
    answers = np.argmax(np.asarray(trained(images)), axis=1)
    right, wrong = np.flatnonzero(answers == labels)[:2], np.flatnonzero(answers != labels)[0]
    some = [*right, wrong]
    root = show(page, tmp_path, NeuralView(trained, examples=(images[some], labels[some])))
    for i, verdict in enumerate(("right", "right", "wrong")):
        text = settled(root)
        assert text.startswith(f"{answers[some[i]]} ✓ largest, ") and f", {verdict} –" in text
        assert value(text) == pytest.approx(float(np.max(trained(images[some[i]]))), rel=6e-3)
        expect(root.locator(".crn-example")).to_have_text(f"example {i + 1} of 3: {labels[some[i]]}")
        root.get_by_role("button", name="Next example").click()
    expect(root.locator(".crn-example")).to_have_text(f"example 1 of 3: {labels[some[0]]}")
    draw(page, root, [(0.2, 0.2), (0.8, 0.2)])
    expect(root.locator(".crn-example")).to_have_text("")
    assert "right" not in settled(root)


def test_keys_draw_too(page: Page, tmp_path: Path, still: None, trained: FeedForward) -> None:
    root = show(page, tmp_path, NeuralView(trained))
    pad = root.get_by_role("application")
    pad.focus()
    for key in ("ArrowDown", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    assert ink(root, "crn-pad") == 0
    page.keyboard.press("Space")
    expect(pad).to_have_accessible_name(re.compile("the pen is down"))
    for _ in range(8):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(pad).to_have_accessible_name(re.compile("the pen is up"))
    line = ink(root, "crn-pad")
    assert line > 0.03
    page.keyboard.press("ArrowRight")
    assert ink(root, "crn-pad") == line
    settled(root)


# -- nodes and edges ---------------------------------------------------------------------------------------------------


def test_a_node_tells_its_numbers_and_shows_its_weights(
    page: Page, tmp_path: Path, still: None, trained: FeedForward
) -> None:
    images, labels = digits()
    root = show(page, tmp_path, NeuralView(trained, examples=(images, labels)))
    settled(root)
    about, legend = root.locator(".crn-network .crn-told").last, root.locator(".crn-key")
    expect(legend).to_contain_text("the 100 strongest of 160 edges")
    node = root.get_by_role("button", name="Node 5 of layer 1", exact=True)
    node.hover()
    hidden = float(trained.activations(images[0])[0][4])
    expect(about).to_contain_text("Node 5 of layer 1: ")
    assert value(about.inner_text()) == pytest.approx(hidden, rel=6e-3)
    expect(root.locator(".crn-weights figcaption")).to_have_text("weights of node 5: light +, dark −")
    expect(legend).not_to_contain_text("strongest")  # 10 edges are drawn, all there are
    grey = root.locator(".crn-weights canvas").evaluate("(c) => [...c.getContext('2d').getImageData(0, 0, 8, 8).data]")
    weights = np.asarray(trained.weights[0][4])
    np.testing.assert_allclose(grey[::4], 127.5 * (1 + weights / np.abs(weights).max()), atol=1)
    picture(page, "neural-view-node")

    page.mouse.move(1, 1)
    expect(about).to_contain_text("Point at a node")
    root.locator(".crn-node[tabindex='0']").focus()
    expect(about).to_contain_text("Node 1 of layer 1: ")
    page.keyboard.press("End")
    expect(about).to_contain_text("Output 9: ")
    page.keyboard.press("Enter")
    root.get_by_role("button", name="Pause").focus()
    expect(about).to_contain_text("Output 9: ")  # it is kept
    expect(root.get_by_role("button", name="Output 9")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("d", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_inputs_that_are_no_picture_have_sliders(page: Page, tmp_path: Path, still: None, d: tuple[int, int]) -> None:
    root = show(page, tmp_path, NeuralView(XOR, image=[0.5, 0.25]))
    assert value(settled(root)) == pytest.approx(float(XOR([0.5, 0.25])[0]), rel=6e-3)
    for i, x in enumerate(d):
        root.get_by_role("slider", name=f"input {i + 1}").fill(str(x))
    text = settled(root)
    assert text.startswith("output 0: ")
    assert value(text) == pytest.approx(float(XOR(np.array(d, float))[0]), rel=6e-3)


def test_every_shape_finds_its_place(page: Page, tmp_path: Path, still: None) -> None:
    names = ["setosa", "versicolor", "virginica"]
    shapes = {
        (2, 2, 1): None,
        (16, 3): names,
        (20, 8, 3): names,
        (784, 40, 10): None,
        (25, 60, 30, 12): None,
        (9, 40, 26): None,
    }
    for sizes, words in shapes.items():
        nn = FeedForward.random(sizes, activation=PolynomialDecay(3, 0.5), seed=1)
        root = show(page, tmp_path, NeuralView(nn, image=np.linspace(0, 1, sizes[0]), names=words))
        settled(root)
        shown = sizes if sizes[0] in (2, 9) else sizes[1:]
        expect(root.locator(".crn-node")).to_have_count(sum(shown))
        expect(root.locator(".crn-pad")).to_have_count(int(sizes[0] in (16, 25, 784)))
        picture(page, f"neural-view-{'-'.join(map(str, sizes))}")
        page.set_viewport_size({"width": 360, "height": 900})
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), sizes
        page.set_viewport_size({"width": 1280, "height": 720})


# -- time --------------------------------------------------------------------------------------------------------------


def test_every_start_comes_to_the_same_end_and_then_nothing_moves(page: Page, tmp_path: Path, moving: None) -> None:
    root = show(page, tmp_path, NeuralView(XOR, image=[1, 0]))
    end = value(settled(root))
    clock, speed = root.locator(".crn-clock-time"), root.get_by_role("combobox")
    for start in ("0", "a million", "1"):
        speed.select_option("0.01")
        root.get_by_role("button", name=start, exact=True).click()
        expect(root.locator(".crn-answer")).to_contain_text("settling")
        over = root.locator(".crn-over:not([visibility='hidden'])")
        expect(over).to_have_count(4 if start == "a million" else 0)  # three circles and a bar
        speed.select_option("10")
        assert value(settled(root)) == pytest.approx(end, rel=6e-3)
    frames = page.evaluate(
        """async () => {
          const request = window.requestAnimationFrame;
          let count = 0;
          window.requestAnimationFrame = (callback) => { count++; return request(callback); };
          await new Promise((resolve) => setTimeout(resolve, 300));
          window.requestAnimationFrame = request;
          return count;
        }"""
    )
    assert frames == 0
    before = clock.inner_text()
    root.get_by_role("slider", name="input 2").fill("1")
    expect(clock).not_to_have_text(before)  # time goes on
    settled(root)


def test_time_stands_still_when_told_to(page: Page, tmp_path: Path, moving: None) -> None:
    root = show(page, tmp_path, NeuralView(XOR, image=[1, 0]))
    settled(root)
    clock = root.locator(".crn-clock-time")
    root.get_by_role("button", name="Pause").click()
    root.get_by_role("button", name="a million").click()
    expect(clock).to_have_text("t = 0")
    expect(root.locator(".crn-answer")).to_have_text("output 0: 1e6 – paused")
    root.get_by_role("slider", name="input 2").fill("1")
    page.wait_for_timeout(100)
    expect(clock).to_have_text("t = 0")
    root.get_by_role("button", name="Go on").click()
    settled(root)
    expect(clock).not_to_have_text("t = 0")


def test_without_motion_it_is_at_its_end_at_once(page: Page, tmp_path: Path, still: None) -> None:
    root = show(page, tmp_path, NeuralView(XOR, image=[1, 0]))
    settled(root)
    root.get_by_role("button", name="a million").click()
    settled(root)
    expect(root.locator(".crn-clock-time")).not_to_have_text("t = 0")


def test_what_never_settles_says_so(page: Page, tmp_path: Path, moving: None) -> None:
    nn = FeedForward(XOR.weights, XOR.biases, activation=ReLU())
    root = show(page, tmp_path, NeuralView(nn, image=[1, 0]))
    settled(root)
    root.get_by_role("button", name="0", exact=True).click()
    expect(root.locator(".crn-answer")).to_contain_text("nothing goes on: with h = 0 nothing comes back from 0")
    expect(root).to_have_attribute("data-ready", "true")
