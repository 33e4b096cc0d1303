"""ReactionGraph without a browser: what crosses the comm, and what does not."""

from __future__ import annotations

import pytest
import traitlets

from crnwidgets.export import to_dot
from crnwidgets.network import Network
from crnwidgets.rules import RuleError
from crnwidgets.widgets.reaction_graph import ReactionGraph

RING = "A -B-> B\nB -k,C-> C\nC -A-> A\nk = 2\nA = 0.8"


@pytest.fixture
def graph() -> ReactionGraph:
    return ReactionGraph(RING)


@pytest.fixture
def messages(graph: ReactionGraph) -> list[dict]:
    """The states that are sent to the browser."""
    sent: list[dict] = []
    graph._send = lambda message, buffers=None: sent.append(message["state"])  # where ipywidgets hands it to the comm
    return sent


def test_state_is_complete_from_the_start(graph: ReactionGraph) -> None:
    state = graph.get_state()
    assert state["_graph"] == {
        "dot": to_dot(Network.parse(RING), widths=False),
        "species": ["A", "B", "C"],
        "members": [[0, 1], [1, 2], [0, 2]],
        "topology": {
            "inputs": [0, 1, 1, 2, 2, 0],
            "inputStart": [0, 2, 4, 6],
            "changes": [0, 1, 1, 2, 2, 0],
            "amounts": [-1, 1, -1, 1, -1, 1],
            "changeStart": [0, 2, 4, 6],
        },
    }
    assert state["_reactions"]["labels"] == ["A -B-> B", "B -k,C-> C", "C -A-> A"]
    assert state["_reactions"]["widths"][1] == max(state["_reactions"]["widths"]) == 4.0
    assert (state["hovered"], state["selected"]) == (-1, -1)


def test_a_changed_rate_sends_no_topology(graph: ReactionGraph, messages: list[dict]) -> None:
    graph.network = graph.network.updated(parameters={"k": 0.5})
    assert [set(message) for message in messages] == [{"_reactions"}]


def test_a_changed_concentration_sends_nothing(graph: ReactionGraph, messages: list[dict]) -> None:
    graph.network = graph.network.updated(initial={"A": 0.3})
    assert messages == []


def test_another_topology_is_one_message(graph: ReactionGraph, messages: list[dict]) -> None:
    graph.selected = 2
    messages.clear()
    graph.network = Network.parse("C -A-> A\nA -> D")
    assert [set(message) for message in messages] == [{"_graph", "_reactions", "selected"}]


def test_the_selection_stays_with_its_reaction(graph: ReactionGraph) -> None:
    graph.selected = 2
    graph.network = Network.parse("D -> C\nC -A-> A {3}")
    assert graph.selected == 1
    graph.network = Network.parse("D -> C")
    assert graph.selected == -1


def test_network_and_selection_can_change_together(graph: ReactionGraph) -> None:
    with graph.hold_trait_notifications():
        graph.network = Network.parse("A -> B\nB -> C\nC -> D\nD -> E")
        graph.selected = 3
    assert graph.selected == 3


def test_forbidden_reactions_stay_forbidden_when_others_come_or_go(graph: ReactionGraph, messages: list[dict]) -> None:
    graph.forbidden = [2, 0, 2]
    assert graph.forbidden == [0, 2]
    assert [set(message) for message in messages] == [{"forbidden"}]
    graph.network = Network.parse("D -> C\nC -A-> A {3}")
    assert graph.forbidden == [1]
    graph.network = Network.parse("D -> C")
    assert graph.forbidden == []


def test_a_network_and_what_is_forbidden_in_it_are_one_message(graph: ReactionGraph, messages: list[dict]) -> None:
    with graph.hold_sync():
        graph.network = Network.parse("D -> C\nC -A-> A {3}")
        graph.forbidden = [0]
    assert [set(message) for message in messages] == [{"_graph", "_reactions", "forbidden"}]


@pytest.mark.parametrize("value", [[3], [-1], [0, 9]], ids=str)
def test_what_is_no_reaction_cannot_be_forbidden(graph: ReactionGraph, value: list[int]) -> None:
    with pytest.raises(traitlets.TraitError, match=r"Argument `forbidden` must be indices of 3 reactions"):
        graph.forbidden = value
    assert graph.forbidden == []


@pytest.mark.parametrize("value", [-2, 3])
def test_a_selection_out_of_range_is_refused(graph: ReactionGraph, value: int) -> None:
    with pytest.raises(traitlets.TraitError, match=r"Argument `selected` must be -1 or the index of one of 3"):
        graph.selected = value
    assert graph.selected == -1


def test_arguments() -> None:
    assert ReactionGraph(RING, selected=1).selected == 1
    assert ReactionGraph(RING, forbidden=[1]).forbidden == [1]
    with pytest.raises(traitlets.TraitError, match="`selected`"):
        ReactionGraph(RING, selected=9)
    with pytest.raises(TypeError, match="did you mean `selected`"):
        ReactionGraph(RING, selcted=1)
    with pytest.raises(RuleError):
        ReactionGraph("A ->")
    with pytest.raises(TypeError, match="`network`"):
        ReactionGraph(3)  # type: ignore[arg-type]
