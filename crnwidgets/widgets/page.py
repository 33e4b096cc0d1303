"""One HTML file with live views in it: everything inline, no kernel, no network."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anywidget

from crnwidgets.widgets.base import STATIC, Bundled

__all__ = ["write_page"]

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<main class="crn-lab"><div class="crn-lab-grid"></div></main>
<noscript>The views on this page need JavaScript.</noscript>
<script type="application/json" id="crn-page">{content}</script>
<script type="module">
{script}
</script>
</body>
</html>
"""


def write_page(path: Path, views: Mapping[str, Bundled], hovering: Sequence[str]) -> Path:
    """Write the views, as they are now, into one self-contained page.

    Arguments:
        path: the file to write.
        views: area of the page → view; those in areas "view-…" go along with what a hand moves in the one in "plot".
        hovering: the areas whose `hovered` trait is tied together.

    Returns the path. Raises OSError where it cannot be written.
    """
    content = {
        "views": [
            {
                "area": area,
                "module": _static(f"{view.bundle}.js"),
                "style": _static(f"{view.bundle}.css"),
                "state": _state(view),
            }
            for area, view in views.items()
        ],
        "hovering": list(hovering),
    }
    page = _PAGE.format(
        title="Reaction network",
        style=_static("page.css"),
        content=_inert(json.dumps(content, ensure_ascii=False, default=_as_text)),
        script=_static("page.js"),
    )
    path.write_text(page, encoding="utf-8")
    return path


def _state(view: Bundled) -> dict[str, Any]:
    """The synced traits that are the view's own, not every widget's; what can be read-only is."""
    common = set(anywidget.AnyWidget.class_trait_names()) | {"_esm", "_css", "_anywidget_id"}
    state = view.get_state([key for key in view.keys if key not in common])
    return {**state, "read_only": True} if "read_only" in state else state


def _as_text(value: object) -> dict[str, str]:
    """Bytes in a form that JSON has; `frontend/src/page.js` reads it."""
    if not isinstance(value, (bytes, memoryview)):
        raise TypeError(f"A page cannot hold a {type(value).__name__}.")
    return {"base64": base64.b64encode(value).decode()}


def _static(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def _inert(text: str) -> str:
    """JSON such that no part of it can close the element it stands in."""
    return text.replace("<", "\\u003c")
