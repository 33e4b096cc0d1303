"""The Lab in a real kernel, with comm messages as a browser sends them."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest

from tests.kernel.browser import Browser

RING = """# a ring
A -B-> B      # slow
B -k,C-> C
C -A-> A
k = 1
A = 0.8; B = 0.1; C = 0.1
at 20: A = 0.3
"""

# Far more than any message of a Lab this small; its curves alone would take 600 points of 3 species, 7 kB as float32.
SMALL = 4096


class Lab:
    """The comms of a Lab in the kernel, and what the kernel says of it."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        browser.run(f"import crnwidgets as crn\nlab = crn.Lab({RING!r})")
        self.comms = {view: browser.comm(f"lab.{view}") for view in ("editor", "plot", "graph", "equations")}
        self.edits = 0
        self.forget()

    def forget(self) -> None:
        self.browser.drain()
        self.browser.messages.clear()
        self.browser.complaints.clear()

    def state(self, view: str) -> dict[str, Any]:
        return self.browser.states[self.comms[view]]

    def drag(self, **initial: float) -> None:
        self.browser.update(self.comms["plot"], initial=self.state("plot")["initial"] | initial)

    def type(self, text: str) -> None:
        self.edits += 1
        typed = {"edit": self.edits, "push": self.state("editor")["_written"]["push"]}
        self.browser.update(self.comms["editor"], rules=text, _typed=typed)

    @property
    def network(self) -> str:
        return self.browser.ask("str(lab.network)")

    @property
    def initial(self) -> dict[str, float]:
        return self.browser.ask("dict(lab.network.initial)")


@pytest.fixture
def lab(browser: Browser) -> Lab:
    return Lab(browser)


def test_a_lab_opens_with_all_that_a_page_needs(lab: Lab) -> None:
    plot = lab.state("plot")
    assert plot["initial"] == {"A": 0.8, "B": 0.1, "C": 0.1}
    assert plot["parameters"] == {"k": 1.0}
    assert plot["events"] == [[20.0, "A", "=", 0.3]]
    assert lab.state("editor")["rules"] == RING
    assert "digraph" in str(lab.state("graph")["_graph"])
    for view in lab.comms:
        assert lab.state(view)["_esm"], view


def test_a_drag_reaches_network_and_text(lab: Lab) -> None:
    lab.drag(A=0.25)
    assert lab.initial == {"A": 0.25, "B": 0.1, "C": 0.1}
    assert lab.browser.ask("lab.rules") == RING.replace("A = 0.8", "A = 0.25")
    assert lab.state("editor")["rules"] == RING.replace("A = 0.8", "A = 0.25")
    assert not lab.browser.complaints


def test_a_hundred_quick_drags_end_with_the_last_value_everywhere(lab: Lab) -> None:
    start = lab.state("plot")["initial"]
    posts = [lab.browser.post(lab.comms["plot"], initial=start | {"A": i / 100}) for i in range(1, 101)]
    lab.browser.finish(posts[-1])
    assert lab.initial["A"] == 1.0
    assert lab.browser.ask("lab.plot.initial['A']") == 1.0
    assert "A = 1;" in lab.state("editor")["rules"]
    assert lab.browser.ask("lab.rules") == lab.state("editor")["rules"]
    assert "A = 1;" in lab.browser.ask("str(lab.graph.network)").replace("\n", ";")
    assert not lab.browser.complaints


def test_curves_never_cross_the_comm(lab: Lab) -> None:
    for i in range(10):
        lab.drag(A=0.5 + i / 100)
    lab.browser.update(lab.comms["plot"], parameters={"k": 2.0})
    lab.browser.update(lab.comms["plot"], events=[[21.5, "A", "=", 0.4]])
    lab.browser.update(lab.comms["plot"], duration=40.0)
    lab.browser.drain()
    assert lab.browser.messages
    assert max(message.size for message in lab.browser.messages) < SMALL
    assert not any(message.buffers for message in lab.browser.messages)


def test_a_drag_sends_the_graph_no_new_topology(lab: Lab) -> None:
    lab.drag(A=0.5)
    lab.browser.drain()
    for view in ("graph", "equations"):
        assert not [message for message in lab.browser.messages if message.comm == lab.comms[view]], view


def test_typing_reaches_every_view(lab: Lab) -> None:
    lab.type(RING + "C -> D {0.5}\n")
    assert lab.browser.ask("lab.network.species") == ["A", "B", "C", "D"]
    assert set(lab.state("plot")["initial"]) == {"A", "B", "C", "D"}
    assert lab.state("plot")["_network"]["species"] == ["A", "B", "C", "D"]
    for view in ("graph", "equations"):
        assert '"D"' in repr(lab.state(view)).replace("'", '"'), view
    assert lab.state("editor")["_written"]["edit"] == lab.edits


def test_a_mistake_changes_nothing_but_the_error(lab: Lab) -> None:
    before = lab.network
    lab.type(RING.replace("B -k,C-> C", "B => C"))
    error = lab.state("editor")["error"]
    assert (error["line"], error["column"]) == (3, 3)
    assert error["hint"]
    assert lab.network == before
    lab.browser.drain()
    assert {message.comm for message in lab.browser.messages} == {lab.comms["editor"]}
    lab.type(RING)
    assert lab.state("editor")["error"] is None
    assert lab.network == before


@pytest.mark.parametrize(
    "state",
    [
        {"initial": {"A": 0.8, "B": 0.1, "C": 0.1, "Z": 1.0}},
        {"initial": {"A": -1.0, "B": 0.1, "C": 0.1}},
        {"initial": {"A": math.nan, "B": 0.1, "C": 0.1}},
        {"initial": {"A": math.inf}},
        {"initial": {"A": "much"}},
        {"initial": {"A": None}},
        {"initial": [0.8, 0.1, 0.1]},
        {"initial": 3},
        {"parameters": {"k": -1.0}},
        {"parameters": {"A": 1.0}},
        {"parameters": "k"},
        {"events": [[20.0, "Z", "=", 0.3]]},
        {"events": [[-1.0, "A", "=", 0.3]]},
        {"events": [[20.0, "A", "*=", 0.3]]},
        {"events": [[20.0, "A"]]},
        {"events": [3]},
        {"events": {"A": 1}},
        {"duration": -5.0},
        {"duration": math.nan},
        {"duration": "long"},
        {"hidden": [1, 2]},
        {"status": 3},
        {"no such trait": 1},
    ],
    ids=str,
)
def test_a_bad_message_changes_nothing(lab: Lab, state: dict[str, Any]) -> None:
    before = lab.network, lab.browser.ask("[lab.plot.duration, lab.plot.hidden, lab.rules]")
    lab.browser.update(lab.comms["plot"], **state)
    assert (lab.network, lab.browser.ask("[lab.plot.duration, lab.plot.hidden, lab.rules]")) == before
    lab.drag(A=0.6)
    assert lab.initial["A"] == 0.6


@pytest.mark.parametrize(
    ("view", "state"),
    [
        ("editor", {"rules": 3}),
        ("editor", {"rules": None}),
        ("editor", {"hovered": "first"}),
        ("graph", {"selected": "A"}),
        ("graph", {"hovered": 1.5}),
        ("equations", {"hovered": [1]}),
    ],
    ids=str,
)
def test_a_wrong_type_changes_nothing(lab: Lab, view: str, state: dict[str, Any]) -> None:
    (name,) = state
    before = lab.network, lab.browser.ask(f"lab.{view}.{name}")
    lab.browser.update(lab.comms[view], **state)
    assert (lab.network, lab.browser.ask(f"lab.{view}.{name}")) == before


def test_a_message_during_a_busy_cell_counts_once_the_cell_ends(lab: Lab) -> None:
    cell = lab.browser.start("import time; time.sleep(1); seen = lab.network.initial['A']")
    post = lab.browser.post(lab.comms["plot"], initial=lab.state("plot")["initial"] | {"A": 0.3})
    lab.browser.finish(cell)
    lab.browser.finish(post)
    assert lab.browser.ask("seen") == 0.8
    assert lab.initial["A"] == 0.3


def test_a_subshell_takes_messages_during_a_busy_cell(lab: Lab) -> None:
    if "kernel subshells" not in lab.browser.ask("get_ipython().kernel.kernel_info.get('supported_features', [])"):
        pytest.skip("this ipykernel has no subshells")
    subshell = lab.browser.subshell()
    cell = lab.browser.start(
        "import time\n"
        "for _ in range(200):\n"
        "    if lab.network.initial['A'] == 0.3: break\n"
        "    time.sleep(0.05)\n"
        "seen = lab.network.initial['A']"
    )
    lab.browser.post(lab.comms["plot"], subshell, initial=lab.state("plot")["initial"] | {"A": 0.3})
    lab.browser.finish(cell)
    assert lab.browser.ask("seen") == 0.3
    assert "A = 0.3" in lab.browser.ask("lab.rules")


def test_python_computes_what_a_browser_cannot(lab: Lab) -> None:
    values = {"initial": {"A": 0.8, "B": 0.1, "C": 0.1}, "parameters": {"k": 1.0}, "events": []}
    lab.browser.custom(lab.comms["plot"], {"type": "simulate", "id": "1", "duration": 30.0, **values})
    (answer,) = [message for message in lab.browser.messages if message.method == "custom"]
    assert answer.data == {"type": "trajectory", "id": "1"}
    times, concentrations = answer.buffers
    assert len(concentrations) == 3 * len(times)
    last = struct.unpack("<f", times[-4:])[0]
    assert last == 30.0


@pytest.mark.parametrize(
    "content", [None, 3, {}, {"type": "simulate"}, {"type": "simulate", "duration": "long"}], ids=str
)
def test_a_bad_request_is_answered_or_ignored(lab: Lab, content: Any) -> None:
    before = lab.network
    lab.browser.custom(lab.comms["plot"], content)
    answers = [message.data["type"] for message in lab.browser.messages if message.method == "custom"]
    assert answers in ([], ["failure"])
    assert lab.network == before
