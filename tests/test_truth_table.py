"""TruthTable without a browser: which species are inputs and outputs, and what is expected of them."""

from __future__ import annotations

from typing import Any

import pytest
import traitlets

from crnwidgets.network import Network
from crnwidgets.tasks import Boolean, LogicGate
from crnwidgets.widgets import TruthTable

AND = "Zlo + Xhi + Yhi -> Zhi + Xhi + Yhi\nZhi -Xlo-> Zlo\nZhi -Ylo-> Zlo\nZlo = 1"
HALF_ADDER = AND.replace("Z", "C") + "\n" + AND.replace("Z", "S")


def table(*arguments: Any, **options: Any) -> dict[str, Any]:
    return TruthTable(*arguments, **options).get_state()["_table"]


def test_inputs_are_what_only_catalyses_and_outputs_all_else() -> None:
    assert table(AND) == {"inputs": ["X", "Y"], "outputs": ["Z"], "expected": []}
    assert table(HALF_ADDER)["outputs"] == ["C", "S"]


def test_names_say_which_is_which_where_reactions_do_not() -> None:
    used_up = "Zlo + Xhi + Yhi -> Zhi\nXlo + Ylo -> Zlo"
    with pytest.raises(ValueError, match="name them as `inputs` and `outputs`"):
        TruthTable(used_up)
    assert table(used_up, inputs=["Y", "X"])["outputs"] == ["Z"]
    assert table(used_up, inputs=["Y", "X"])["inputs"] == ["Y", "X"]


@pytest.mark.parametrize(
    ("rules", "expected", "rows"),
    [
        (AND, [0, 0, 0, 1], [[0], [0], [0], [1]]),
        (AND, (False, False, False, True), [[0], [0], [0], [1]]),
        (HALF_ADDER, [(0, 0), (0, 1), (0, 1), (1, 0)], [[0, 0], [0, 1], [0, 1], [1, 0]]),
    ],
)
def test_expected_row_by_row(rules: str, expected: Any, rows: list[list[int]]) -> None:
    assert table(rules, expected)["expected"] == rows


def test_a_task_says_what_is_expected_and_of_what() -> None:
    assert table(AND, LogicGate("xor"))["expected"] == [[0], [1], [1], [0]]
    reordered = Network.parse("species Zhi, Zlo, Yhi, Ylo, Xhi, Xlo\n" + AND)
    assert table(reordered, LogicGate("or"))["inputs"] == ["X", "Y"]
    three = "Zlo -X1hi-> Zhi\nspecies X1hi, X1lo, X2hi, X2lo, X3hi, X3lo, Zhi, Zlo"
    state = table(three, Boolean(lambda a, b, c: a, inputs=3))
    assert (state["inputs"], state["expected"]) == (["X1", "X2", "X3"], [[0]] * 4 + [[1]] * 4)


def test_roles_stay_when_the_network_is_edited() -> None:
    view = TruthTable(AND, [0, 0, 0, 1])
    view.network = Network.parse(AND + "\nXhi -> Xlo {0.1}")
    assert (view.problem, view.get_state()["_table"]["inputs"]) == ("", ["X", "Y"])
    view.network = Network.parse("Zhi -Xlo-> Zlo\nspecies Xhi, Xlo, Zhi, Zlo")
    assert view.problem.endswith("but it lacks Yhi, Ylo.")
    view.network = Network.parse(AND)
    assert view.problem == ""


def test_a_page_switches_inputs_and_python_does() -> None:
    view = TruthTable(AND)
    assert view.chosen == [0, 0]
    view.set_state({"chosen": [1, 0]})
    assert view.chosen == [1, 0]
    view.chosen = [1, 1]
    assert view.get_state()["chosen"] == [1, 1]
    for wrong in ([1], [1, 2], [0, 1, 0]):
        with pytest.raises(traitlets.TraitError, match="0 or 1 for each of 2 inputs"):
            view.chosen = wrong


def test_refuses_wrong_arguments() -> None:
    with pytest.raises(TypeError, match="did you mean `expected`"):
        TruthTable(AND, expect=[0, 0, 0, 1])
    for wrong in ([0, 0, 1], [0, 0, 0, 2], [[0, 0]] * 4):
        with pytest.raises(ValueError, match="`expected` must be 0 or 1 for each of 4 rows"):
            TruthTable(AND, wrong)
    with pytest.raises(ValueError, match="lacks Whi, Wlo"):
        TruthTable(AND, inputs=["X", "Y", "W"])
    with pytest.raises(ValueError, match="at most 4 names"):
        TruthTable(AND, inputs=list("VWXYU"))
    with pytest.raises(traitlets.TraitError, match=r"`tolerance` must be from 0 to 0\.5"):
        TruthTable(AND, tolerance=0.5)
