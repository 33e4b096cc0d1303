"""ChamberView without a browser, and what plot, editor and Lab do with chambers."""

from __future__ import annotations

import numpy as np
import pytest
import traitlets

import crnwidgets as crn
from crnwidgets.chambers import Chambers, Topology
from crnwidgets.network import Event, Network
from crnwidgets.widgets import ChamberView, DynamicsPlot, Equations, MajorityMap, ReactionGraph, RuleEditor
from crnwidgets.widgets.wire import encode

RING = """chambers 3 ring  # a small one
A -B-> B
B -> A {k}
membrane B {p}
p = 0.5; k = 2
A = 0.4
A[2] = 0.9
at 5: B[3] += 1
at 8: A = 0"""


@pytest.fixture
def view() -> ChamberView:
    return ChamberView(RING)


def test_the_first_state_is_complete(view: ChamberView) -> None:
    state = view.get_state()
    assert state["initial"] == {"A": [0.4, 0.9, 0.4], "B": [0, 0, 0]}
    assert state["parameters"] == {"k": 2, "p": 0.5}
    assert state["events"] == [[5, "B", "+=", 1, 2], [8, "A", "=", 0]]
    assert (state["chamber"], state["chosen"], state["hidden"], state["time"]) == (0, "B", [], 0)
    assert (state["duration"], state["status"]) == (30, "")
    chambers = state["_network"]["chambers"]
    assert chambers["membranes"] == [list(pair) for pair in Topology.ring(3).membranes]
    assert len(chambers["positions"]) == chambers["count"] == 3
    assert state["_network"]["initial"] == [0] * 6
    assert state["_network"]["species"] == ["A", "B"]


def test_the_wire_form_says_how_fast_what_passes_and_by_which_name() -> None:
    own = Network.parse("A -> B; A = 1")
    line = Chambers(own, Topology.line(3), {"A": [0.1, 0], "B": 0.2}, permeability_names={"A": ["q", "q0"]})
    wire = encode(line)
    assert wire["parameters"] == {"names": ["q", "q0"], "values": [0.1, 0]}
    assert wire["chambers"]["passes"] == [[0, 0, 0.1, 0], [1, 0, 0, 1], [0, 1, 0.2, -1], [1, 1, 0.2, -1]]
    assert wire["initial"] == [1, 0, 1, 0, 1, 0]
    assert wire["colors"] == encode(own)["colors"]


def test_a_hand_in_the_browser_changes_the_chambers(view: ChamberView) -> None:
    sent = []
    view._send = lambda message, buffers=None: sent.append(message)
    view.set_state({"initial": {"A": [0.4, 0.9, 0.1], "B": [0, 2, 0]}, "chamber": 2, "moved": "A"})
    expected = Chambers.parse(RING).updated(initial={"A": [0.4, 0.9, 0.1], "B": [0, 2, 0]})
    assert view.network == expected
    assert view.chamber == 2
    assert not any("_network" in message.get("state", {}) for message in sent)  # a drag does not send all again
    view.set_state({"parameters": {"k": 2, "p": 0.25}, "events": [[6, "B", "+=", 1, 2], [8, "A", "=", 0]]})
    assert view.network == expected.updated(
        parameters={"p": 0.25}, events=[Event(6, "B", "+=", 1, 2), Event(8, "A", "=", 0)]
    )


def test_an_assigned_network_moves_everything_along(view: ChamberView) -> None:
    view.chamber = 2
    view.network = Chambers.parse("chambers 2 line\nX -> Y\nmembrane Y {1}\nX = 1")
    assert (view.chamber, view.chosen) == (1, "Y")
    assert view.initial == {"X": [1, 1], "Y": [0, 0]}
    assert view.events == []


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"initial": {"A": [1, 2]}}, "one for each chamber"),
        ({"initial": {"A": [1, 2, -3]}}, "not negative"),
        ({"initial": {"Z": 1}}, "'Z' is not one"),
        ({"events": [[1, "A", "=", 1, 3]]}, "chambers from 0 to 2"),
        ({"chamber": 3}, "`chamber` must be a number from 0 to 2, but it is 3"),
        ({"chamber": -1}, "`chamber` must be"),
        ({"chosen": "Z"}, "`chosen` must be a species of"),
        ({"time": -1.0}, "`time` must be finite and not negative"),
        ({"duration": 0}, "`duration` must be finite and positive"),
    ],
)
def test_what_does_not_fit_changes_nothing(view: ChamberView, values: dict, complaint: str) -> None:
    before, network = view.get_state(), view.network
    view.set_state(values)
    for name, value in values.items():
        with pytest.raises(traitlets.TraitError, match=complaint):
            setattr(view, name, value)
    assert view.network is network
    assert {name: view.get_state()[name] for name in values} == {name: before[name] for name in values}


def test_arguments() -> None:
    given = ChamberView(RING, initial={"B": 1}, chamber=1, chosen="A", hidden=["B"], duration=5, time=3)
    np.testing.assert_array_equal(given.network.initial[:, 1], 1)
    assert (given.chamber, given.chosen, given.hidden, given.duration, given.time) == (1, "A", ["B"], 5, 3)
    with pytest.raises(TypeError, match="did you mean `chosen`"):
        ChamberView(RING, choosen="A")
    with pytest.raises(TypeError, match="`network` must be Chambers"):
        ChamberView("A -> B")
    with pytest.raises(crn.RuleError):
        ChamberView("chambers 3 rings")
    with pytest.raises(traitlets.TraitError):
        ChamberView(RING).network = Network.parse("A -> B")


def test_python_computes_what_the_browser_cannot(view: ChamberView) -> None:
    messages = []
    view._send = lambda message, buffers=None: messages.append((message, buffers))
    whole = view.network.expanded()
    content = {
        "type": "simulate",
        "id": "x",
        "initial": dict(whole.initial) | {"B[1]": 0.5},
        "parameters": {"k": 2, "p": 0.5},
        "events": [[5, "B[3]", "+=", 1]],
        "duration": 10,
    }
    view._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})
    message, (times, rows) = messages[-1]
    assert message["content"] == {"type": "trajectory", "id": "x"}
    times = np.frombuffer(times, np.float32)
    expected = crn.simulate(whole.updated(initial={"B[1]": 0.5}, events=[Event(5, "B[3]", "+=", 1)]), [0, 10])
    found = np.frombuffer(rows, np.float32).reshape(6, len(times))
    np.testing.assert_allclose(found[:, -1], expected.concentrations[-1], rtol=1e-4)


# -- the other views ---------------------------------------------------------------------------------------------------


def test_a_plot_shows_one_of_several_chambers() -> None:
    plot = DynamicsPlot(RING, chamber=1)
    assert plot.initial == {"A": [0.4, 0.9, 0.4], "B": [0, 0, 0]}
    plot.initial = {"B": 0.3}  # in every chamber
    assert plot.initial["B"] == [0.3, 0.3, 0.3]
    plot.network = Network.parse("A -> B; A = 1")
    assert (plot.chamber, plot.initial) == (0, {"A": 1, "B": 0})
    with pytest.raises(traitlets.TraitError, match="from 0 to 0"):
        plot.chamber = 1


def test_graph_and_equations_are_those_of_the_network_in_each_chamber() -> None:
    chambers = Chambers.parse(RING)
    graph, equations = ReactionGraph(chambers, selected=1), Equations(chambers)
    assert graph._graph == ReactionGraph(chambers.network)._graph
    assert equations._text == Equations(chambers.network)._text
    for view in (graph, equations):
        view.network = chambers.updated(initial={"A": [1, 2, 3]})
    assert graph.selected == 1
    graph.network = chambers.network
    assert graph.selected == 1


def test_the_editor_reads_chambers_and_writes_changed_numbers_into_their_text() -> None:
    editor = RuleEditor(RING)
    assert editor.network == Chambers.parse(RING)
    editor.network = editor.network.updated(initial={"A": [0.4, 0.7, 0.2]}, parameters={"p": 0.25})
    written = RING.replace("A[2] = 0.9", "A[2] = 0.7").replace("p = 0.5", "p = 0.25")
    assert editor.rules.startswith(written)
    assert Chambers.parse(editor.rules) == editor.network
    editor.rules = "chambers 3 rings\nA -> B"
    assert editor.error["line"] == 1
    assert editor.network.topology == Topology.ring(3)
    # The mistake is left to its writer while only numbers change, but not once there are other membranes.
    editor.network = editor.network.updated(initial={"A": [0.1, 0.7, 0.2]})
    assert editor.error is not None
    editor.network = Chambers(editor.network.network, Topology.line(3), {"B": 0.5})
    assert editor.error is None
    assert "3 line" in editor.rules


# -- the Lab -----------------------------------------------------------------------------------------------------------


def shown(lab: crn.Lab) -> list[object]:
    assert lab.chambers is not None
    assert lab.space_time is not None
    views = (lab.editor, lab.plot, lab.graph, lab.equations, lab.chambers, lab.space_time)
    return [lab.network, Chambers.parse(lab.rules), *(view.network for view in views)]


@pytest.mark.parametrize("start", [RING, Chambers.parse(RING)], ids=["text", "chambers"])
def test_a_lab_of_chambers(start: str | Chambers) -> None:
    lab = crn.Lab(start, duration=12)
    assert shown(lab) == [Chambers.parse(RING)] * 8
    assert lab.chambers.duration == lab.space_time.duration == 12
    lab.chambers.initial = {"A": [0.4, 0.9, 0.6]}
    assert shown(lab) == [Chambers.parse(RING).updated(initial={"A": [0.4, 0.9, 0.6]})] * 8
    lab.plot.parameters = {"p": 0.125}
    assert lab.network.permeability["B"] == 0.125
    assert shown(lab) == [lab.network] * 8
    lab.space_time.chamber, lab.plot.duration, lab.chambers.chosen, lab.chambers.time = 2, 7, "A", 3.0
    assert lab.plot.chamber == lab.chambers.chamber == 2
    assert lab.chambers.duration == lab.space_time.duration == 7
    assert (lab.space_time.chosen, lab.space_time.time) == ("A", 3)
    lab.close()
    assert lab.chambers is None
    assert lab.plot.comm is None


def test_chambers_come_and_go_with_their_line() -> None:
    lab = crn.Lab("A -> B; A = 1")
    assert lab.chambers is None
    lab.rules = "A -> B; A = 1; chambers 4 star; membrane A {1}"
    chambers, space_time = lab.chambers, lab.space_time
    assert shown(lab) == [Chambers.parse(lab.rules)] * 8
    assert lab.children[0].children[-2:] == (chambers, space_time)
    lab.plot.chamber = 3
    lab.rules = lab.rules.replace("4 star", "2 line")
    assert shown(lab) == [Chambers.parse(lab.rules)] * 8
    assert lab.chambers is chambers
    assert lab.plot.chamber == chambers.chamber == 1
    lab.rules = "A -> B; A = 1"
    assert (lab.chambers, lab.space_time, lab.plot.chamber) == (None, None, 0)
    assert len(lab.children[0].children) == 4
    assert chambers.comm is None
    lab.plot.duration = 9  # nobody else is to hear of it


def test_a_saved_page_has_the_views_of_chambers(tmp_path) -> None:
    page = crn.Lab(RING).save_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert '"area": "chambers"' in page
    assert '"area": "space-time"' in page


def test_views_of_one_network_have_no_place_among_chambers() -> None:
    with pytest.raises(TypeError, match="`views` must be empty where there are chambers"):
        crn.Lab(RING, views=[MajorityMap("A -> B")])
    lab = crn.Lab("A -> B", views=[MajorityMap("A -> B")])
    lab.rules = RING
    assert "must be empty where there are chambers" in lab.editor.error["message"]
    assert lab.network == Network.parse("A -> B")
