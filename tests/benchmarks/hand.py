"""A hand that moves the mouse faster than a page is painted."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable

from playwright.sync_api import Page
from websocket import create_connection

RATE = 120
"""Mouse events a second, as of a good mouse."""


def drag(page: Page, port: int, places: Iterable[tuple[float, float]]) -> None:
    """Press at the first place, move through the others at `RATE`, and let go at the last.

    Over a connection of its own to Chromium's debugging port: Playwright waits for the page after each event, so that
    the page, not the hand, would set the pace.
    """
    session = page.context.new_cdp_session(page)
    target = session.send("Target.getTargetInfo")["targetInfo"]["targetId"]
    session.detach()
    address = f"ws://127.0.0.1:{port}/devtools/page/{target}"
    connection = create_connection(address, suppress_origin=True, timeout=10)
    sent = 0

    def send(kind: str, place: tuple[float, float]) -> None:
        nonlocal sent
        sent += 1
        what = {"type": kind, "x": place[0], "y": place[1], "button": "left", "buttons": 1, "clickCount": 1}
        connection.send(json.dumps({"id": sent, "method": "Input.dispatchMouseEvent", "params": what}))

    first, *rest = places
    send("mousePressed", first)
    start = time.perf_counter()
    for i, place in enumerate(rest, start=1):
        time.sleep(max(0.0, start + i / RATE - time.perf_counter()))
        send("mouseMoved", place)
    send("mouseReleased", rest[-1])
    while json.loads(connection.recv()).get("id") != sent:
        pass
    connection.close()
