"""ActivationPlot without a browser: its values, and the page it makes."""

from __future__ import annotations

from pathlib import Path

import pytest
import traitlets

from crnwidgets.widgets import ActivationPlot


def test_state_is_complete_from_the_start() -> None:
    state = ActivationPlot(3, 0.5, y=-1.5).get_state()
    assert (state["q"], state["h"], state["y"]) == (3, 0.5, -1.5)
    assert state["_ranges"] == {"q": (2, 8), "h": (0, 10), "y": (-10, 10)}
    state = ActivationPlot().get_state()
    assert (state["q"], state["h"]) == (2, 1)


def test_a_hand_sets_what_python_sees() -> None:
    view, seen = ActivationPlot(), []
    view.observe(lambda change: seen.append((change.name, change.new)), ["q", "h", "y"])
    view.set_state({"q": 5})
    view.set_state({"h": 0})
    view.set_state({"y": 3.25})
    assert (view.q, view.h, view.y) == (5, 0, 3.25)
    assert seen == [("q", 5), ("h", 0), ("y", 3.25)]


@pytest.mark.parametrize(
    ("name", "wrong"), [("q", 1), ("q", 9), ("h", -0.1), ("h", 11), ("y", 10.5), ("y", float("nan"))]
)
def test_refuses_values_out_of_range(name: str, wrong: float) -> None:
    view = ActivationPlot()
    before = getattr(view, name)
    with pytest.raises(traitlets.TraitError, match=f"`{name}` must be from .* to .*, but it is"):
        setattr(view, name, wrong)
    assert getattr(view, name) == before
    with pytest.raises(traitlets.TraitError, match=f"`{name}` must be from"):
        ActivationPlot(**{name: wrong})


def test_refuses_other_arguments() -> None:
    with pytest.raises(TypeError, match="ActivationPlot has no argument `order`"):
        ActivationPlot(order=3)
    with pytest.raises(traitlets.TraitError, match="'q'"):
        ActivationPlot(q=2.5)  # type: ignore[arg-type]


def test_makes_a_page_of_its_own(tmp_path: Path) -> None:
    path = ActivationPlot(4, 2.0, y=1.0).save_html(tmp_path / "page.html")
    page = path.read_text(encoding="utf-8")
    assert '"q": 4, ' in page and "crn-activation-plot" in page
