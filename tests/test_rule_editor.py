"""RuleEditor without a browser: the text, the network it describes, and the messages between them."""

from __future__ import annotations

import pytest
import traitlets

from crnwidgets import rules
from crnwidgets.network import Network
from crnwidgets.widgets.rule_editor import RuleEditor

RING = """# a ring
A -B-> B      # slow
B -k,C-> C
C <-> A {1.0, 0.2}
k = 2
A = 0.8; B = 0.1
at 40: A = 0.3
"""


class Browser:
    """Plays the browser's part: keeps what arrives, and types."""

    def __init__(self, editor: RuleEditor) -> None:
        self.editor = editor
        self.state = editor.get_state()
        self.messages: list[dict] = []
        editor._send = self._receive  # where ipywidgets hands a message to the comm

    def _receive(self, message: dict, buffers: object = None) -> None:
        self.messages.append(message)
        self.state.update(message["state"])

    def type(self, text: str, push: int | None = None) -> None:
        """Send a text; `push`: the last text of Python's that had arrived by then, if not the very last."""
        if push is None:
            push = self.state["_written"]["push"]
        sent = {"rules": text, "_typed": {"edit": self.state["_typed"]["edit"] + 1, "push": push}}
        self.state.update(sent)
        self.editor.set_state(sent)


@pytest.fixture
def editor() -> RuleEditor:
    return RuleEditor(RING)


@pytest.fixture
def browser(editor: RuleEditor) -> Browser:
    return Browser(editor)


def test_shows_a_text_as_written_and_a_network_as_its_rules(editor: RuleEditor) -> None:
    net = Network.parse(RING)
    assert (editor.rules, editor.network, editor.error, editor.hovered) == (RING, net, None, -1)
    assert RuleEditor(net).rules == str(net)
    assert RuleEditor(net).network is net


def test_refuses_a_wrong_text_unknown_arguments_and_other_types() -> None:
    with pytest.raises(rules.RuleError) as caught:
        RuleEditor("A -> B\nA => C")
    assert caught.value.line == 2
    with pytest.raises(TypeError, match="did you mean `read_only`"):
        RuleEditor(RING, readonly=True)
    with pytest.raises(TypeError, match="Argument `network` must be a Network, Chambers or rule text, but it is int"):
        RuleEditor(3)


def test_outline_tells_names_colours_and_lines(editor: RuleEditor) -> None:
    outline = editor._outline
    assert outline["species"] == ["A", "B", "C"]
    assert len(set(outline["colors"])) == 3
    assert outline["rates"] == ["k"]
    assert outline["lines"] == [2, 3, 4, 4]
    assert RuleEditor('"Ca 2+" -> at2')._outline["written"] == ['"Ca 2+"', "at2"]


def test_typing_changes_the_network_and_is_never_sent_back(editor: RuleEditor, browser: Browser) -> None:
    browser.type(RING.replace("0.8", "0.7"))
    assert editor.network.initial["A"] == 0.7
    assert browser.state["_written"] == {"edit": 1, "push": 0}
    assert not any("rules" in message["state"] for message in browser.messages)
    assert len(browser.messages) == 1


def test_a_mistake_keeps_the_last_good_network(editor: RuleEditor, browser: Browser) -> None:
    good = editor.network
    seen: list[Network] = []
    editor.observe(lambda change: seen.append(change.new), "network")
    browser.type("A -> B\nA => C")
    error = editor.error
    assert error is not None
    assert (error["line"], error["column"], error["endColumn"]) == (2, 3, 5)
    assert error["message"]
    assert "->" in error["hint"]
    assert browser.state["error"] == error
    assert editor.network is good
    assert not seen
    browser.type("A -> B\nA -> C")
    assert editor.error is None
    assert seen == [Network.parse("A -> B\nA -> C")]


def test_assigning_a_wrong_text_sets_the_error_and_raises_nothing(editor: RuleEditor) -> None:
    good = editor.network
    editor.rules = "A ->"
    assert editor.error is not None
    assert editor.network is good
    editor.rules = RING
    assert editor.error is None


def test_numbers_are_rewritten_in_place(editor: RuleEditor, browser: Browser) -> None:
    editor.network = editor.network.updated(initial={"A": 0.25}, parameters={"k": 3})
    assert editor.rules == RING.replace("k = 2", "k = 3").replace("A = 0.8", "A = 0.25")
    assert browser.state["rules"] == editor.rules
    assert [set(message["state"]) for message in browser.messages] == [{"rules", "_written"}]


@pytest.mark.parametrize("by", ["network", "rules"])
def test_what_is_typed_wins_over_a_text_that_crosses_it(editor: RuleEditor, browser: Browser, by: str) -> None:
    typed = RING + "C -> D\n"
    other = editor.network.updated(initial={"A": 0.25})
    setattr(editor, by, other if by == "network" else str(other))
    browser.state["rules"] = editor.rules  # overwrites what was typed, in the model only: the view knows better
    browser.type(typed, push=0)
    assert editor.rules == browser.state["rules"] == typed
    assert browser.state["_written"] == {"edit": 1, "push": 2}
    sent = len(browser.messages)
    browser.type(RING)
    assert not any("rules" in message["state"] for message in browser.messages[sent:])


def test_a_network_of_other_rules_replaces_the_text(editor: RuleEditor) -> None:
    other = Network.parse("X -> Y {2}")
    editor.rules = "wrong"
    editor.network = other
    assert (editor.rules, editor.error, editor.network) == (str(other), None, other)


def test_a_text_in_the_making_is_left_alone_while_numbers_change(editor: RuleEditor, browser: Browser) -> None:
    half = RING + "A -"
    browser.type(half)
    editor.network = dragged = editor.network.updated(initial={"A": 0.25})
    assert (editor.rules, editor.network) == (half, dragged)
    assert editor.error is not None
    browser.type(RING)
    assert editor.network == Network.parse(RING)


def test_linked_editors_settle() -> None:
    one, two = RuleEditor(RING), RuleEditor("A -> B")
    traitlets.link((one, "network"), (two, "network"))
    one.rules = RING.replace("0.8", "0.5")
    assert two.network == one.network
    two.network = two.network.updated(initial={"B": 0.9})
    assert one.rules == RING.replace("0.8", "0.5").replace("0.1", "0.9")


def test_an_observer_may_correct_what_was_typed(editor: RuleEditor, browser: Browser) -> None:
    def cap(change: traitlets.Bunch) -> None:
        if change.new.initial["A"] > 1:
            editor.network = change.new.updated(initial={"A": 1})

    editor.observe(cap, "network")
    browser.type(RING.replace("0.8", "5"))
    assert editor.network.initial["A"] == 1
    assert browser.state["rules"] == editor.rules == RING.replace("0.8", "1")


def test_line_breaks_of_any_system() -> None:
    editor = RuleEditor("A -> B\r\nB -> C\rC -> A\nA = 1")
    assert editor._outline["lines"] == [1, 2, 3]
    editor.network = editor.network.updated(initial={"A": 2})
    assert editor.rules == "A -> B\nB -> C\nC -> A\nA = 2"
