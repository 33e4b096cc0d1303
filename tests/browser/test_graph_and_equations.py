"""What a hand does with the reaction graph and the equations alone, on a saved page."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import BrowserContext, Page, expect

import crnwidgets as crn
from crnwidgets.export import to_latex, to_text
from tests.browser.jupyter import Watch
from tests.browser.lab import LabView
from tests.browser.names import NAMES, hostile_network

RING = crn.Network.parse("A -B-> B\nB -C-> C\nC -A-> A\nA = 0.8")


@pytest.fixture(scope="module")
def watch(context: BrowserContext) -> Watch:
    return Watch(context, offline=True)


def show(page: Page, folder: Path, network: crn.Network) -> LabView:
    page.goto(crn.Lab(network).save_html(folder / "page.html").as_uri())
    return LabView(page, page.locator(".crn-lab"))


@pytest.fixture
def ring(page: Page, tmp_path: Path) -> LabView:
    lab = show(page, tmp_path, RING)
    lab.wait()
    return lab


def test_keys_move_between_reactions_and_select_them(ring: LabView) -> None:
    for reaction in range(3):
        expect(ring.reaction(reaction)).to_have_role("button")
        expect(ring.reaction(reaction)).to_have_accessible_name(str(RING.reactions[reaction]))
    expect(ring.graph.locator("svg [tabindex='0']")).to_have_count(1)
    ring.reaction(0).focus()
    ring.page.keyboard.press("ArrowRight")
    expect(ring.reaction(1)).to_be_focused()
    ring.expect_hovered(1, "B -C-> C")
    ring.page.keyboard.press("Enter")
    expect(ring.reaction(1)).to_have_attribute("aria-pressed", "true")
    ring.page.keyboard.press("End")
    expect(ring.reaction(2)).to_be_focused()
    expect(ring.reaction(1)).to_have_attribute("aria-pressed", "true")
    ring.page.keyboard.press("Escape")
    expect(ring.reaction(1)).to_have_attribute("aria-pressed", "false")
    ring.page.keyboard.press("Tab")
    expect(ring.graph.get_by_role("button", name="Download SVG")).to_be_focused()


def test_keys_move_between_terms(ring: LabView) -> None:
    expect(ring.equations.locator("[tabindex='0']")).to_have_count(1)
    ring.terms(0).first.focus()
    ring.page.keyboard.press("ArrowRight")
    ring.expect_hovered(2, "C -A-> A")


def test_what_is_not_pointed_at_recedes(ring: LabView) -> None:
    ring.reaction(0).hover()
    expect(ring.graph.locator(".crn-species.crn-hovered text")).to_have_text(["A", "B"])
    expect(ring.reaction(1)).to_have_css("opacity", "0.35")
    expect(ring.reaction(0)).to_have_css("opacity", "1")


@pytest.mark.parametrize(("name", "export"), [("LaTeX", to_latex), ("text", to_text)])
@pytest.mark.parametrize("allowed", [True, False], ids=["clipboard", "no clipboard"])
def test_equations_are_copied(ring: LabView, context: BrowserContext, name: str, export: object, allowed: bool) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    if not allowed:
        ring.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()) }")
    ring.equations.get_by_role("button", name=name).click()
    expect(ring.equations.get_by_role("status")).to_have_text("Copied")
    assert ring.page.evaluate("() => navigator.clipboard.readText()") == export(RING)  # type: ignore[operator]


def test_the_graph_is_saved_as_a_file_of_its_own(page: Page, tmp_path: Path) -> None:
    lab = show(page, tmp_path, hostile_network())
    lab.wait()
    with page.expect_download() as download:
        lab.graph.get_by_role("button", name="Download SVG").click()
    assert download.value.suggested_filename == "reaction-graph.svg"
    svg = ElementTree.parse(download.value.path())
    attributes = {name for element in svg.iter() for name in element.attrib}
    assert not attributes & {"class", "style", "id", "tabindex", "role", "href", "{http://www.w3.org/1999/xlink}href"}
    texts = {(element.text or "").replace("\xa0", " ") for element in svg.iter("{http://www.w3.org/2000/svg}text")}
    assert set(NAMES) <= texts


def test_a_large_network_is_drawn_only_on_request(page: Page, tmp_path: Path) -> None:
    chain = crn.Network([crn.Reaction({f"S{i}": 1}, {f"S{i + 1}": 1}) for i in range(160)])
    lab = show(page, tmp_path, chain)
    expect(lab.graph.get_by_role("status")).to_contain_text("160 reactions are too many")
    expect(lab.graph.locator("svg")).to_have_count(0)
    lab.graph.get_by_role("button", name="Draw anyway").click()
    expect(lab.nodes).to_have_count(161)
