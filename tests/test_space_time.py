"""SpaceTime without a browser: which chambers, species and moment it shows."""

from __future__ import annotations

import pytest
import traitlets

from crnwidgets.chambers import Chambers
from crnwidgets.network import Network
from crnwidgets.widgets import SpaceTime

LINE = "chambers 4 line\nA -> B {0.1}\nmembrane B {0.5}\nA[1] = 1\nat 3: A[4] = 2"


def test_the_first_state_is_complete() -> None:
    state = SpaceTime(LINE, duration=12).get_state()
    assert state["initial"] == {"A": [1, 0, 0, 0], "B": [0, 0, 0, 0]}
    assert state["events"] == [[3, "A", "=", 2, 3]]
    assert (state["chosen"], state["chamber"], state["time"], state["duration"]) == ("B", 0, 0, 12)
    assert state["_network"]["chambers"]["count"] == 4


def test_the_species_shown_is_the_fastest_to_pass_until_another_is_chosen() -> None:
    view = SpaceTime("chambers 2 line\nA -> B\nB -> C\nmembrane B {0.1}\nmembrane C {0.3}")
    assert view.chosen == "C"
    view.chosen = "A"
    view.network = Chambers.parse("chambers 3 line\nA -> B\nmembrane B {0.1}")
    assert view.chosen == "A"
    view.network = Chambers.parse("chambers 3 line\nX -> Y")
    assert view.chosen == "X"  # nothing passes
    assert SpaceTime("chambers 2 line\nA -> B", chosen="B").chosen == "B"


def test_it_follows_the_chambers_and_goes_to_rows() -> None:
    view = SpaceTime(LINE, chamber=3, time=2)
    assert (view.chamber, view.time) == (3, 2)
    view.network = view.network.updated(initial={"A": [0, 0, 0, 5]})
    assert view.initial["A"] == [0, 0, 0, 5]
    view.network = Chambers.parse("chambers 2 line\nA -> B")
    assert view.chamber == 1
    with pytest.raises(traitlets.TraitError, match="from 0 to 1"):
        view.chamber = 2


def test_arguments() -> None:
    with pytest.raises(TypeError, match="`network` must be Chambers"):
        SpaceTime(Network.parse("A -> B"))
    with pytest.raises(TypeError, match="SpaceTime has no argument `hidden`"):
        SpaceTime(LINE, hidden=["A"])
    with pytest.raises(traitlets.TraitError, match="`chosen` must be a species"):
        SpaceTime(LINE, chosen="Z")
