"""MajorityMap without a browser: its point and its network are one."""

from __future__ import annotations

import pytest
import traitlets

from crnwidgets.network import Network
from crnwidgets.widgets import MajorityMap

RULES = "A -B-> C\nB -A-> C\nC -A-> A\nC -B-> B\nA = 0.7; B = 0.3\nat 5: A = 1"


@pytest.fixture
def view() -> MajorityMap:
    return MajorityMap(RULES)


def test_state_is_complete_from_the_start(view: MajorityMap) -> None:
    state = view.get_state()
    assert state["_network"]["species"] == ["A", "B", "C"]
    assert state["_network"]["events"]["times"] == []
    assert (state["point"], state["duration"], state["problem"]) == ([0.7, 0.3], 200.0, "")


def test_a_point_chosen_on_the_map_is_where_the_network_starts(view: MajorityMap) -> None:
    view.set_state({"point": [0.2, 0.9]})
    assert view.network == Network.parse(RULES).updated(initial={"A": 0.2, "B": 0.9})
    assert view._network["initial"] == [0.2, 0.9, 0]


def test_the_point_follows_the_network(view: MajorityMap) -> None:
    view.network = view.network.updated(initial={"B": 0.5})
    assert view.point == [0.7, 0.5]


def test_a_network_without_the_species_is_a_problem_and_no_error_until_it_has_them(view: MajorityMap) -> None:
    view.network = Network.parse("A -> C; A = 0.6")
    assert view.problem == "Argument `network` must have the species A, B, but it lacks B."
    assert view.point == [0.7, 0.3]
    view.network = Network.parse("A -> B; A = 0.6")
    assert (view.problem, view.point) == ("", [0.6, 0])


@pytest.mark.parametrize("point", [[0.1], [0.1, -0.2], [0.1, float("nan")], [0.1, 0.2, 0.3]])
def test_refuses_points_that_are_none(view: MajorityMap, point: list[float]) -> None:
    with pytest.raises(traitlets.TraitError, match="`point` must be two finite concentrations"):
        view.point = point
    assert view.point == [0.7, 0.3]


def test_arguments() -> None:
    assert MajorityMap(RULES, point=[0.1, 0.2]).network.initial["B"] == 0.2
    with pytest.raises(TypeError, match="did you mean `point`"):
        MajorityMap(RULES, points=[0.1, 0.2])
    with pytest.raises(ValueError, match="lacks B"):
        MajorityMap("A -> C")
    with pytest.raises(traitlets.TraitError, match="`duration` must be finite and positive"):
        MajorityMap(RULES, duration=0)
