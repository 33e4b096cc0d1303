"""Equations without a browser: what crosses the comm, and what does not."""

from __future__ import annotations

import pytest

from crnwidgets.export import to_latex, to_text
from crnwidgets.network import Network, Reaction
from crnwidgets.widgets.equations import Equations

RULES = "2A -> B {k}\nB -> C {2e-7}\nX1 + A -> A\nk = 2\nA = 0.8"


@pytest.fixture
def equations() -> Equations:
    return Equations(RULES)


@pytest.fixture
def messages(equations: Equations) -> list[dict]:
    """The states that are sent to the browser."""
    sent: list[dict] = []
    equations._send = lambda message, buffers=None: sent.append(message["state"])  # where ipywidgets hands it over
    return sent


def test_state_is_complete_from_the_start(equations: Equations) -> None:
    state = equations.get_state()
    net = Network.parse(RULES)
    assert (state["_latex"], state["_text"], state["hovered"]) == (to_latex(net), to_text(net), -1)
    content = state["_equations"]
    assert content["names"] == [("A", ""), ("B", ""), ("C", ""), ("X", "1")]
    assert content["labels"] == [str(r) for r in net.reactions]
    assert len(content["colors"]) == 4
    assert content["rows"] == [
        [[0, True, [["number", "2", ""], ["rate", "k", ""], ["species", 0, 2]]]],
        [[0, False, [["rate", "k", ""], ["species", 0, 2]]], [1, True, [["number", "2", "-7"], ["species", 1, 1]]]],
        [[1, False, [["number", "2", "-7"], ["species", 1, 1]]]],
        [[2, True, [["species", 0, 1], ["species", 3, 1]]]],
    ]
    assert content["rates"] == [[["rate", "k", ""], ["number", "2", ""]]]
    assert content["laws"] == [
        [
            [-1, False, [["species", 0, 1]]],
            [-1, False, [["number", "2", ""], ["species", 1, 1]]],
            [-1, False, [["number", "2", ""], ["species", 2, 1]]],
        ]
    ]


def test_a_named_rate_changes_a_number_and_no_text(equations: Equations, messages: list[dict]) -> None:
    laws = equations._equations["laws"]
    equations.network = equations.network.updated(parameters={"k": 0.5})
    assert [set(message) for message in messages] == [{"_equations"}]
    assert equations._equations["rates"] == [[["rate", "k", ""], ["number", "0.5", ""]]]
    assert equations._equations["laws"] is laws


def test_a_changed_concentration_sends_nothing(equations: Equations, messages: list[dict]) -> None:
    equations.network = equations.network.updated(initial={"A": 0.3})
    assert messages == []


def test_another_network_is_one_message(equations: Equations, messages: list[dict]) -> None:
    equations.network = Network.parse("A -> B")
    assert [set(message) for message in messages] == [{"_equations", "_latex", "_text"}]
    assert len(equations._equations["laws"]) == 1


def test_large_networks_have_no_laws() -> None:
    chain = Network([Reaction({f"S{i}": 1}, {f"S{i + 1}": 1}) for i in range(30)])
    assert Equations(chain)._equations["laws"] == []


def test_arguments() -> None:
    with pytest.raises(TypeError, match="did you mean `hovered`"):
        Equations(RULES, hoverd=1)
