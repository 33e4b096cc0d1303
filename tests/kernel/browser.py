"""Plays a browser's part before a real kernel: keeps the state of every widget, and sends comm messages."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from tests.awake import awake

_TIMEOUT = 60


@contextmanager
def kernel_client() -> Iterator[BlockingKernelClient]:
    """A client of a new kernel, which is ended after."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    file = Path(manager.connection_file)
    try:
        client.wait_for_ready(timeout=_TIMEOUT)
        with awake(file.parent, file.name):
            yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@dataclass
class Message:
    """What the kernel sent over a comm: the new state, or the content of a custom message."""

    comm: str
    method: str
    data: dict[str, Any]
    size: int
    buffers: list[bytes] = field(default_factory=list)


class Browser:
    """The other end of the kernel's comms.

    `states` has the state of each widget by its comm, as a browser would hold it; `messages` all that came since it
    was last cleared; `complaints` what the kernel wrote to stderr, and its tracebacks.
    """

    def __init__(self, client: BlockingKernelClient) -> None:
        self.client = client
        # NaN is no JSON, and yet Python's reader takes it: what a rogue page might send.
        client.session.pack = lambda content: json.dumps(content, default=str).encode()
        self.states: dict[str, dict[str, Any]] = {}
        self.messages: list[Message] = []
        self.complaints: list[str] = []

    # -- code in the kernel -----------------------------------------------------------------------------------------

    def start(self, code: str) -> str:
        """Send a cell without waiting for its end, and return its message."""
        return self.client.execute(code, store_history=False)

    def finish(self, request: str, timeout: float = _TIMEOUT) -> None:
        """Take in what the kernel sends until it has handled a message."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            message = self.client.get_iopub_msg(timeout=timeout)
            kind, content = message["msg_type"], message["content"]
            self._take(message)
            mine = message["parent_header"].get("msg_id") == request
            if mine and kind == "status" and content["execution_state"] == "idle":
                return
        raise AssertionError(f"The kernel is still busy after {timeout:g} s.")

    def run(self, code: str) -> None:
        """Run a cell to its end; fails where it raises."""
        before = len(self.complaints)
        self.finish(self.start(code))
        assert len(self.complaints) == before, "\n".join(self.complaints[before:])

    def ask(self, expression: str) -> Any:
        """The value of an expression in the kernel, by way of JSON."""
        ask = {"answer": f"__import__('json').dumps({expression})"}
        request = self.client.execute("", silent=True, user_expressions=ask)
        while (reply := self.client.get_shell_msg(timeout=_TIMEOUT))["parent_header"].get("msg_id") != request:
            pass
        self.finish(request)
        answer = reply["content"]["user_expressions"]["answer"]
        assert answer["status"] == "ok", answer
        return json.loads(ast.literal_eval(answer["data"]["text/plain"]))

    # -- comm messages ----------------------------------------------------------------------------------------------

    def comm(self, expression: str) -> str:
        """The comm of a widget, by the expression that names it in the kernel."""
        return self.ask(f"{expression}.comm.comm_id")

    def post(self, comm: str, subshell: str | None = None, **state: Any) -> str:
        """Send new values of traits, as a widget's `save_changes` does, and return the message without waiting."""
        return self._post(comm, {"method": "update", "state": state, "buffer_paths": []}, subshell)

    def update(self, comm: str, **state: Any) -> None:
        """Send new values of traits and wait until the kernel has handled them."""
        self.finish(self.post(comm, **state))

    def post_custom(self, comm: str, content: Any) -> str:
        """Send a custom message, as a widget's `send` does, and return the message without waiting."""
        return self._post(comm, {"method": "custom", "content": content})

    def custom(self, comm: str, content: Any) -> None:
        """Send a custom message and wait until the kernel has handled it."""
        self.finish(self.post_custom(comm, content))

    def subshell(self) -> str:
        """A new subshell of the kernel's: JupyterLab has one for what widgets send, so that no cell delays them."""
        request = self.client.session.msg("create_subshell_request", {})
        self.client.control_channel.send(request)
        reply = self.client.control_channel.get_msg(timeout=_TIMEOUT)
        return reply["content"]["subshell_id"]

    def take(self, timeout: float) -> None:
        """Take in one message. Raises Empty where none comes in time."""
        self._take(self.client.get_iopub_msg(timeout=timeout))

    def drain(self) -> None:
        """Take in what is there already."""
        while True:
            try:
                self.take(0.05)
            except Empty:
                return

    def _post(self, comm: str, data: dict[str, Any], subshell: str | None = None) -> str:
        message = self.client.session.msg("comm_msg", {"comm_id": comm, "data": data})
        if subshell:
            message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def _take(self, message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        if kind == "stream" and content["name"] == "stderr":
            self.complaints.append(content["text"])
        if kind == "error":
            self.complaints.append("\n".join(content["traceback"]))
        if kind not in {"comm_open", "comm_msg"}:
            return
        comm, data = content["comm_id"], content["data"]
        if kind == "comm_open":
            self.states[comm] = dict(data["state"])
        elif data["method"] == "update":
            self.states[comm].update(data["state"])
        # An echo only tells the other pages what this one has sent.
        if data.get("method") in {"update", "custom"}:
            new = data["state"] if data["method"] == "update" else data["content"]
            buffers = [bytes(part) for part in message["buffers"]]
            size = len(json.dumps(content)) + sum(map(len, buffers))
            self.messages.append(Message(comm, data["method"], new, size, buffers))
