"""The Lab as a hand and an eye find it on a page, in a notebook or saved."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

NUMBER = re.compile(r"\d")

WITH_RATE_AND_EVENT = """A -k,B-> B
B -C-> C
C -A-> A
k = 1
A = 0.8
B = 0.1
C = 0.1
at 12: A = 0.4"""


class LabView:
    """One view of a Lab, within an element of a page."""

    def __init__(self, page: Page, root: Locator) -> None:
        self.page = page
        self.root = root
        self.editor = root.locator(".crn-rule-editor")
        self.plot = root.locator(".crn-dynamics-plot")
        self.graph = root.locator(".crn-reaction-graph")
        self.equations = root.locator(".crn-equations")

    def wait(self) -> None:
        """Return once every view is drawn."""
        expect(self.editor.locator(".cm-line").first).to_be_visible()
        expect(self.legend.first).to_have_text(NUMBER)
        expect(self.graph.locator("svg g.node").first).to_be_visible()
        expect(self.equations.locator("math").first).to_be_visible()

    # -- the editor ---------------------------------------------------------------------------------------------------

    @property
    def lines(self) -> list[str]:
        """The text, line by line."""
        return self.editor.locator(".cm-line").all_inner_texts()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def place_cursor(self, line: int, column: int = 0) -> None:
        """Put the cursor into a line, from 1, after so many characters."""
        self.editor.locator(".cm-content").focus()
        for key in ["Control+Home", *["ArrowDown"] * (line - 1), "Home", *["ArrowRight"] * column]:
            self.page.keyboard.press(key)

    def add_line(self, text: str) -> None:
        """Type a new last line."""
        self.editor.locator(".cm-content").focus()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.press("Enter")
        self.page.keyboard.type(text)

    def expect_text(self, text: str) -> None:
        """Wait until the editor shows this text."""
        expect(self.editor.locator(".cm-line")).to_have_text(text.split("\n"))

    # -- the plot -----------------------------------------------------------------------------------------------------

    @property
    def legend(self) -> Locator:
        """The reading of each species in the legend; at the end of the time span while nothing is pointed at."""
        return self.plot.locator(".crn-legend-value")

    @property
    def readings(self) -> dict[str, float]:
        """Species → the concentration that the legend shows."""
        names = self.plot.locator(".crn-legend-name").all_inner_texts()
        values = [float(text.removeprefix("≈")) for text in self.legend.all_inner_texts()]
        return dict(zip(names, values, strict=True))

    def handle(self, species: str) -> Locator:
        return self.plot.get_by_role("slider", name=f"Initial concentration of {species}", exact=True)

    def value(self, handle: Locator) -> float:
        """The value that a handle announces."""
        return float(handle.get_attribute("aria-valuenow") or "nan")

    def drag(self, what: Locator, x: float, y: float) -> None:
        """Drag an element by so many pixels, in several steps as a hand does."""
        from_x, from_y = middle(what)
        self.page.mouse.move(from_x, from_y)
        self.page.mouse.down()
        self.page.mouse.move(from_x + x, from_y + y, steps=8)
        self.page.mouse.up()
        painted(self.page)

    def image(self) -> str:
        """What is drawn in the plot, to compare."""
        return self.plot.locator("canvas").evaluate("(canvas) => canvas.toDataURL()")

    def expect_redrawn(self, before: str) -> None:
        """Wait until the plot shows anything else than it did."""
        changed = "([canvas, before]) => canvas.toDataURL() !== before"
        self.page.wait_for_function(changed, arg=[self.plot.locator("canvas").element_handle(), before])

    # -- graph and equations -----------------------------------------------------------------------------------------

    @property
    def nodes(self) -> Locator:
        """The species in the graph."""
        return self.graph.locator("svg .crn-species")

    def reaction(self, index: int) -> Locator:
        """The node that stands for a reaction in the graph."""
        return self.graph.locator(f'.crn-reaction[data-reaction="{index}"]')

    @property
    def rows(self) -> Locator:
        """One equation a species."""
        return self.equations.locator(".crn-equation")

    def terms(self, reaction: int) -> Locator:
        """The terms that a reaction contributes to the equations."""
        return self.equations.locator(f'.crn-term[data-reaction="{reaction}"]')

    @property
    def hovered(self) -> tuple[Locator, Locator, Locator]:
        """What is marked in the editor, in the graph and in the equations."""
        return (
            self.editor.locator(".cm-line.crn-hovered"),
            self.graph.locator(".crn-reaction.crn-hovered"),
            self.equations.locator(".crn-term.crn-hovered"),
        )

    def expect_hovered(self, reaction: int, line: str) -> None:
        """Wait until a reaction is marked in its line, in its node and in its terms."""
        in_editor, in_graph, in_equations = self.hovered
        expect(in_editor).to_have_text(line)
        expect(in_graph).to_have_attribute("data-reaction", str(reaction))
        expect(in_equations).to_have_count(self.terms(reaction).count())

    def colors(self) -> list[tuple[str, str]]:
        """Background and text colour of each view."""
        style = "(e) => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]"
        return [tuple(view.evaluate(style)) for view in (self.editor, self.plot, self.graph, self.equations)]


def painted(page: Page) -> None:
    """Wait for the next frame to be done: what a hand did last is drawn in it."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def middle(what: Locator) -> tuple[float, float]:
    """The middle of an element, in the page's pixels."""
    what.scroll_into_view_if_needed()
    box = what.bounding_box()
    assert box is not None, what
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
