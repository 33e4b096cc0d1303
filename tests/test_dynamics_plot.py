"""DynamicsPlot without a browser: the network and its numbers, and the messages between them."""

from __future__ import annotations

import numpy as np
import pytest
import traitlets

from crnwidgets.network import Event, Network
from crnwidgets.widgets.dynamics_plot import DynamicsPlot

RING = "A -B-> B\nB -k,C-> C\nC -A-> A\nk = 2\nA = 0.8; B = 0.1; C = 0.1\nat 20: A = 0.3"


class Browser:
    """Plays the browser's part: keeps what arrives, and sends."""

    def __init__(self, plot: DynamicsPlot) -> None:
        self.plot = plot
        self.state = plot.get_state()
        self.messages: list[tuple[dict, list[bytes]]] = []
        plot._send = self._receive  # where ipywidgets hands a message to the comm

    def _receive(self, message: dict, buffers: list[bytes] | None = None) -> None:
        self.messages.append((message, buffers or []))
        self.state.update(message.get("state", {}))

    @property
    def updates(self) -> list[dict]:
        """What Python has sent of its own accord; echoes tell a page nothing new."""
        return [message["state"] for message, _ in self.messages if message["method"] == "update"]

    def write(self, **values: object) -> None:
        self.state.update(values)
        self.plot.set_state(values)

    def drag(self, name: str, value: float) -> None:
        self.write(initial={**self.state["initial"], name: value})

    def post(self, content: object) -> None:
        self.plot._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})

    def ask(self, **content: object) -> tuple[dict, list[bytes]]:
        self.post({"type": "simulate", "id": "x-1", **content})
        message, buffers = self.messages[-1]
        return message["content"], buffers


@pytest.fixture
def plot() -> DynamicsPlot:
    return DynamicsPlot(RING)


@pytest.fixture
def browser(plot: DynamicsPlot) -> Browser:
    return Browser(plot)


def test_the_first_state_is_complete(plot: DynamicsPlot) -> None:
    state = plot.get_state()
    assert state["_network"]["species"] == ["A", "B", "C"]
    assert state["initial"] == {"A": 0.8, "B": 0.1, "C": 0.1}
    assert state["parameters"] == {"k": 2.0}
    assert state["events"] == [[20.0, "A", "=", 0.3]]
    assert (state["duration"], state["hidden"], state["reference"], state["status"]) == (30.0, [], {}, "")


def test_arguments_stand_in_for_the_networks_numbers() -> None:
    events = [Event(5, "B", "+=", 1), [2, "C", "=", 0]]
    plot = DynamicsPlot(RING, initial={"B": 0.5}, parameters={"k": 3}, events=events, duration=12, hidden=["C"])
    assert dict(plot.network.initial) == {"A": 0.8, "B": 0.5, "C": 0.1}
    assert plot.network.parameters["k"] == plot.parameters["k"] == 3
    assert plot.events == [[2.0, "C", "=", 0.0], [5.0, "B", "+=", 1.0]]
    assert (plot.duration, plot.hidden) == (12, ["C"])


def test_refuses_unknown_arguments_and_wrong_values() -> None:
    with pytest.raises(TypeError, match="did you mean `duration`"):
        DynamicsPlot(RING, duraton=3)
    with pytest.raises(ValueError, match="'Z' is not one"):
        DynamicsPlot(RING, initial={"Z": 1})
    for duration in (0, -1, float("nan"), float("inf")):
        with pytest.raises(traitlets.TraitError, match="`duration` must be finite and positive"):
            DynamicsPlot(RING, duration=duration)


def test_assigned_numbers_change_the_network(plot: DynamicsPlot) -> None:
    plot.initial = {"B": 0.7}
    plot.parameters = {"k": 0.5}
    plot.events = [(7, "B", "-=", 0.2)]
    assert plot.network == Network.parse(RING).updated(
        initial={"B": 0.7}, parameters={"k": 0.5}, events=[Event(7, "B", "-=", 0.2)]
    )
    assert plot.initial == {"A": 0.8, "B": 0.7, "C": 0.1}
    assert plot.events == [[7.0, "B", "-=", 0.2]]


@pytest.mark.parametrize(
    "values",
    [
        {"initial": {"Z": 1}},
        {"initial": {"A": -0.1}},
        {"initial": {"A": float("nan")}},
        {"initial": {"A": float("inf")}},
        {"initial": {"A": "1"}},
        {"initial": None},
        {"parameters": {"q": 1}},
        {"parameters": {"k": -1}},
        {"events": [[1, "Z", "=", 1]]},
        {"events": [[-1, "A", "=", 1]]},
        {"events": [[1, "A", "*=", 1]]},
        {"events": [[1, "A"]]},
        {"events": [5]},
        {"duration": -3},
        {"initial": {"A": 0.5}, "duration": float("nan")},
        {"duration": 5, "parameters": {"q": 1}},
    ],
    ids=str,
)
def test_a_bad_message_changes_nothing_and_is_put_right(browser: Browser, values: dict) -> None:
    plot, before = browser.plot, dict(browser.state)
    network = plot.network
    browser.write(**values)
    assert plot.network is network
    assert {name: plot.get_state()[name] for name in before} == before
    assert {name: browser.state[name] for name in values} == {name: before[name] for name in values}
    with pytest.raises(traitlets.TraitError):
        for name, value in values.items():
            setattr(plot, name, value)


def test_curves_to_compare_with(browser: Browser) -> None:
    plot = browser.plot
    plot.reference = {"B": (np.linspace(0, 2, 3), [0.5, 0.1, 0.5])}
    assert plot.reference == {"B": [[0.0, 1.0, 2.0], [0.5, 0.1, 0.5]]}
    assert browser.updates == [{"reference": plot.reference}]
    plot.network = plot.network.updated(initial={"A": 0.9})
    assert set(plot.reference) == {"B"}
    plot.network = Network.parse("B -> X")
    assert set(plot.reference) == {"B"}
    plot.network = Network.parse("X -> Y")
    assert plot.reference == browser.state["reference"] == {}
    assert DynamicsPlot("A -> B", reference={"A": ([0, 1], [2, 3])}).reference == {"A": [[0, 1], [2, 3]]}


@pytest.mark.parametrize(
    ("reference", "complaint"),
    [
        ({"Z": ([0], [1])}, "must name species"),
        ({"A": [0, 1]}, "must give times and as many values"),
        ({"A": ([0, 1], [1])}, "must give times and as many values"),
        ({"A": ([], [])}, "must give times and as many values"),
        ({"A": ([[0]], [[1]])}, "must give times and as many values"),
        ({"A": ("ab", "cd")}, "must give times and as many values"),
        ({"A": ([1, 0], [1, 1])}, "rising times"),
        ({"A": ([0, float("nan")], [1, 1])}, "rising times"),
        ({"A": ([0, 1], [1, float("inf")])}, "finite values"),
    ],
    ids=str,
)
def test_what_is_no_curve_is_refused(plot: DynamicsPlot, reference: dict, complaint: str) -> None:
    with pytest.raises(traitlets.TraitError, match=f"Argument `reference` .*{complaint}"):
        plot.reference = reference
    assert plot.reference == {}


def test_a_drag_changes_the_network_and_sends_nothing_back(browser: Browser) -> None:
    browser.drag("B", 0.42)
    browser.write(parameters={"k": 1.5})
    browser.write(events=[[11.0, "A", "=", 0.6]])
    assert browser.plot.network == Network.parse(RING).updated(
        initial={"B": 0.42}, parameters={"k": 1.5}, events=[Event(11, "A", "=", 0.6)]
    )
    assert browser.updates == []


def test_an_assigned_network_reaches_the_browser_in_one_message(browser: Browser) -> None:
    browser.plot.network = Network.parse("X -> Y {q}\nq = 3\nX = 5")
    assert len(browser.updates) == 1
    assert browser.state["_network"]["species"] == ["X", "Y"]
    assert browser.state["initial"] == {"X": 5.0, "Y": 0.0}
    assert browser.state["parameters"] == {"q": 3.0}
    assert browser.state["events"] == []


def test_changed_numbers_do_not_send_the_network_again(browser: Browser) -> None:
    browser.plot.network = browser.plot.network.updated(initial={"A": 0.9}, parameters={"k": 7}, events=[])
    assert [set(update) for update in browser.updates] == [{"initial", "parameters", "events"}]


def test_a_stale_message_after_a_new_network_is_put_right(browser: Browser) -> None:
    stale = {**browser.state["initial"], "B": 0.6}
    browser.plot.network = Network.parse("X -> Y\nX = 5")
    browser.write(initial=stale)
    assert browser.plot.network.species == ("X", "Y")
    assert browser.state["initial"] == {"X": 5.0, "Y": 0.0}


def test_linked_plots_follow_each_other_without_an_echo() -> None:
    left, right = (Browser(DynamicsPlot(RING)) for _ in range(2))
    traitlets.link((left.plot, "network"), (right.plot, "network"))
    left.drag("B", 0.5)
    assert left.updates == []
    assert right.updates == [{"initial": {"A": 0.8, "B": 0.5, "C": 0.1}}]
    assert left.plot.network == right.plot.network


def test_two_hands_on_linked_plots_both_keep_what_they_dragged() -> None:
    left, right = (Browser(DynamicsPlot(RING)) for _ in range(2))
    traitlets.link((left.plot, "network"), (right.plot, "network"))
    for i in range(10):
        left.drag("A", 0.1 * i)
        right.drag("B", 0.2 * i)
    expected = {"A": 0.1 * 9, "B": 0.2 * 9, "C": 0.1}
    assert left.plot.initial == right.plot.initial == expected
    assert left.state["initial"] == right.state["initial"] == expected


def test_python_computes_what_the_browser_cannot(browser: Browser) -> None:
    content, buffers = browser.ask(
        initial={"A": 0.5, "B": 0.1, "C": 0.1}, parameters={"k": 1}, events=[[5, "B", "+=", 1]], duration=10
    )
    assert content == {"type": "trajectory", "id": "x-1"}
    times, rows = (np.frombuffer(buffer, np.float32) for buffer in buffers)
    rows = rows.reshape(3, len(times))
    assert (times[0], times[-1]) == (0, 10)
    assert rows[:, 0] == pytest.approx([0.5, 0.1, 0.1])
    before, after = rows[:, np.flatnonzero(times == 5)].T
    assert after - before == pytest.approx([0, 1, 0], abs=1e-5)
    assert browser.plot.network == Network.parse(RING), "asking is not changing"


def test_what_python_cannot_compute_is_answered_with_words() -> None:
    browser = Browser(DynamicsPlot("2X -> 3X\nX = 1"))
    content, buffers = browser.ask(initial={"X": 1}, parameters={}, events=[], duration=10)
    assert (content["type"], content["id"], buffers) == ("failure", "x-1", [])
    assert "X" in content["message"]
    for bad in ({"initial": {"Z": 1}}, {"duration": "long"}, {"duration": -1}, {"events": 3}):
        asked = {"initial": {}, "parameters": {}, "events": [], "duration": 10, **bad}
        assert browser.ask(**asked)[0]["type"] == "failure"
    assert browser.ask()[0]["type"] == "failure"


def test_other_messages_are_none_of_its_business(browser: Browser) -> None:
    for content in ({"type": "else"}, None, "text"):
        browser.post(content)
    assert browser.messages == []
