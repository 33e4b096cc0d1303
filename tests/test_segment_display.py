"""SegmentDisplay without a browser: what the task says, and what is refused."""

from __future__ import annotations

import pytest
import traitlets

from crnwidgets.network import Network
from crnwidgets.tasks.display import HEXADECIMAL, SevenSegment
from crnwidgets.widgets import SegmentDisplay

RULES = "species I3, I2, I1, I0, Ic, Sa, Sb, Sc, Sd, Se, Sf, Sg\nSg -I0-> Ic"


def test_the_task_says_digits_levels_and_duration() -> None:
    view, task = SegmentDisplay(RULES), SevenSegment()
    assert (view.low, view.high, view.duration) == (task.low, task.high, task.duration)
    assert view.get_state()["_digits"] == list(HEXADECIMAL)
    upright = SevenSegment(["bc"] * 16, duration=50, low=0.02, high=0.12)
    state = SegmentDisplay(RULES, upright).get_state()
    assert (state["low"], state["high"], state["duration"]) == (0.02, 0.12, 50)
    assert state["_digits"] == ["bc"] * 16


def test_traits_stand_in_for_the_task() -> None:
    view = SegmentDisplay(RULES, duration=30, low=0.05, high=0.2, digit=11)
    assert (view.duration, view.low, view.high, view.digit) == (30, 0.05, 0.2, 11)
    view.set_state({"digit": 3})
    assert view.digit == 3


def test_refuses_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="lacks Sg"):
        SegmentDisplay(RULES.replace("Sg -I0-> Ic", "Sf -I0-> Ic").replace(", Sg", ""))
    with pytest.raises(TypeError, match="did you mean `digit`"):
        SegmentDisplay(RULES, digits=3)
    with pytest.raises(TypeError, match="`task` must be a SevenSegment"):
        SegmentDisplay(RULES, HEXADECIMAL)  # type: ignore[arg-type]
    for digit in (-1, 16):
        with pytest.raises(traitlets.TraitError, match="`digit` must be from 0 to 15"):
            SegmentDisplay(RULES, digit=digit)
    for levels in ({"low": 0.2}, {"high": 0.3}, {"low": -0.1}):
        with pytest.raises(traitlets.TraitError, match="`low` and `high` must rise"):
            SegmentDisplay(RULES, **levels)


def test_a_network_that_loses_a_species_is_a_problem_and_no_error() -> None:
    view = SegmentDisplay(RULES)
    view.network = Network.parse("I3 -> I2")
    assert "lacks I1, I0, Ic, Sa" in view.problem
