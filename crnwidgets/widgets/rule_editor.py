"""The rules of a network as text: coloured, checked while they are typed, and kept in step with the network."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import traitlets

from crnwidgets.chambers import Chambers, from_rules
from crnwidgets.network import Network
from crnwidgets.palette import color
from crnwidgets.rules import RuleError, RuleSet, parse, rewrite
from crnwidgets.rules.names import quoted
from crnwidgets.widgets.base import View, as_shown

__all__ = ["TURN", "RuleEditor"]

# What is typed arrives on a thread of its own where the kernel has subshells, while a cell may assign networks. One
# turn for all editors, not one each: linked editors would wait for each other.
TURN = threading.RLock()
"""Whose turn it is to change what an editor shows; held also by what changes networks in step with editors."""


class RuleEditor(View, bundle="rule_editor"):
    """An editor of reaction rules.

    Arguments:
        network: a `Network` or `Chambers`, or rule text, which is shown as it is written.
        check: called with what a text that is typed or assigned describes, before it counts; a ValueError that it
            raises is the text's mistake.

    Traits:
        network: what the text describes; while the text is wrong, the last good network. Assigning another network
            rewrites the text: in place, comments and layout kept, where only numbers differ. A text that is wrong at
            that moment is left to the person who is writing it, and counts again once it is mended.
        rules: the text. Assigning a wrong one raises nothing, it sets `error`, as typing it does.
        error: None, or the first mistake: line, column, endColumn (from 1, the end exclusive; all None where `check`
            has found it), message, hint (or None).
        editing: whether somebody writes in it: it has the focus.
        hovered: the index of the reaction whose line is highlighted, or -1.
        read_only: whether the text can only be read.

    What is typed wins over a text that Python sends at the same moment. Raises RuleError where the text given at first
    is wrong.
    """

    # The browser knows what it has just sent: an echo would only race with the next keystroke.
    rules = traitlets.Unicode(help="The text.").tag(sync=True, echo_update=False)
    error = traitlets.Instance(dict, allow_none=True, help="The first mistake, or None.").tag(sync=True)
    hovered = traitlets.Int(-1, help="The reaction pointed at, or -1.").tag(sync=True, echo_update=False)
    read_only = traitlets.Bool(False, help="Whether the text can only be read.").tag(sync=True)
    editing = traitlets.Bool(False, help="Whether somebody writes in it.").tag(sync=True, echo_update=False)

    _outline = traitlets.Dict(help="What the browser must know of the last good text.").tag(sync=True)
    # Which edit and which of our texts the browser had when it typed, and we when we last answered. So a text of ours
    # that crosses an edit on its way is known for what it is, and what was typed wins.
    _typed = traitlets.Dict({"edit": 0, "push": 0}, help="The state of the browser.").tag(sync=True, echo_update=False)
    _written = traitlets.Dict({"edit": 0, "push": 0}, help="The state of Python.").tag(sync=True)

    def __init__(
        self,
        network: Network | Chambers | str,
        *,
        check: Callable[[Network | Chambers], object] | None = None,
        **kwargs: Any,
    ) -> None:
        self._check = check or (lambda network: None)
        self._text = network if isinstance(network, str) else str(as_shown(network))
        self._parsed = parse(self._text)
        # The network that the text stands for, with what other views have changed since: tells our own changes apart.
        self._described = from_rules(self._parsed) if isinstance(network, str) else network
        super().__init__(self._described, rules=self._text, **kwargs)

    @traitlets.default("_outline")
    def _first_outline(self) -> dict[str, Any]:
        return _outline(self._parsed)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take a message of the browser; ipywidgets calls this."""
        with TURN:
            super().set_state(sync_data)

    @traitlets.observe("_typed")
    def _acknowledge(self, _: Any = None) -> None:
        if self._typed["edit"] == self._written["edit"]:
            return
        push = self._written["push"]
        if self._typed["push"] < push:  # a text of ours has overtaken this one in the browser's model: put it right
            self.send_state("rules")
            push += 1
        self._written = {"edit": self._typed["edit"], "push": push}

    def _count_push(self) -> None:
        self._written = {**self._written, "push": self._written["push"] + 1}

    @traitlets.observe("rules")
    def _read(self, _: Any) -> None:
        with TURN:
            if self.rules == self._text:
                return
            self._text = self.rules
            typed = self._typed["edit"] != self._written["edit"]
            answer = self._acknowledge if typed else self._count_push
            try:
                parsed = parse(self._text)
                described = from_rules(parsed)
                self._check(described)
            except ValueError as mistake:
                with self.hold_sync():
                    answer()
                    self.error = _explained(mistake)
                return
            self._parsed, self._described = parsed, described
            with self.hold_sync():
                answer()
                self.error = None
                self._outline = _outline(self._parsed)
            self.network = self._described

    @traitlets.observe("network")
    def _write(self, _: Any) -> None:
        with TURN:
            network, known = self.network, self._described
            if network == known:
                return
            self._described = network
            if self.error is not None and _statements(network) == _statements(known):
                return
            self._text = rewrite(self._text, network)
            self._parsed = parse(self._text)
            with self.hold_sync():
                self.error = None
                self._outline = _outline(self._parsed)
                self._count_push()
                self.rules = self._text


def _explained(mistake: ValueError) -> dict[str, Any]:
    """A mistake as the browser shows it."""
    if isinstance(mistake, RuleError):
        names = {"line": mistake.line, "column": mistake.column, "endColumn": mistake.end_column}
        return names | {"message": mistake.message, "hint": mistake.hint}
    return {"line": None, "column": None, "endColumn": None, "message": str(mistake), "hint": None}


def _outline(parsed: RuleSet) -> dict[str, Any]:
    """Species with their colours, rates, how each of these names is written, and the line of each reaction, from 1."""
    names = [*parsed.species, *parsed.parameters]
    return {
        "species": list(parsed.species),
        "colors": [color(i) for i in range(len(parsed.species))],
        "rates": list(parsed.parameters),
        "written": [quoted(name) for name in names],
        "lines": [reaction.line for reaction in parsed.reactions],
    }


def _statements(network: Network | Chambers) -> tuple[Any, ...]:
    """What is left of a network when its numbers are taken away."""
    joined = (network.topology, dict(network.permeability_names)) if isinstance(network, Chambers) else ()
    return network.species, [(r.edge, r.rate_name) for r in network.reactions], joined
