"""Wakes kernels that overlooked a message.

ipykernel 7.0 to 7.3 can leave a request unread that arrives while it sends a reply; more requests over the same
connection change nothing, but it looks again when somebody else connects (ipykernel issue 1554, pull request 1529).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import zmq
from jupyter_client.blocking.client import BlockingKernelClient

_SECONDS = 1.0


@contextmanager
def awake(folder: Path, files: str = "kernel-*.json") -> Iterator[None]:
    """Meanwhile, connect every second to each kernel whose connection file is in this folder."""
    ended = threading.Event()

    def connect() -> None:
        # One for all clients: one of a client's own would be left to the collector, which warns of it.
        with zmq.Context() as context:
            while not ended.wait(_SECONDS):
                for file in folder.glob(files):
                    # A kernel may start or end just now; then there is nobody to wake.
                    with suppress(OSError, ValueError):
                        client = BlockingKernelClient(connection_file=str(file), context=context)
                        client.load_connection_file()
                        with client.connect_shell() as socket:
                            ended.wait(0.1)
                            socket.linger = 0

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
