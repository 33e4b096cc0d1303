"""A network or chambers as static HTML: what a notebook shows where no widget can live."""

from __future__ import annotations

import html

from crnwidgets.chambers import Chambers
from crnwidgets.export.equations import to_mathml
from crnwidgets.network import Network

__all__ = ["to_html"]

_MOST = 40
_LONGEST = 300  # line of rules, in characters


def to_html(network: Network | Chambers) -> str:
    """The rules and the differential equations as a piece of HTML without scripts, every name escaped.

    Of a large network only the beginning is shown, and how much more there is. Of chambers the equations are those of
    the reactions, which are the same in each.
    """
    lines = [line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …" for line in str(network).split("\n")]
    more = _more(len(lines) - _MOST, "line")
    hidden = _more(len(network.species) - _MOST, "equation")
    if isinstance(network, Chambers):
        equations = (
            f"<p>In each chamber, without what passes the membranes:</p>{to_mathml(network.network, limit=_MOST)}"
        )
    else:
        equations = to_mathml(network, limit=_MOST)
    # The classes keep JupyterLab's typesetter from reading dollar signs in names as LaTeX.
    return (
        '<div class="tex2jax_ignore mathjax_ignore" style="overflow-x:auto">'
        f"<pre>{html.escape(chr(10).join(lines[:_MOST]))}{chr(10) + more if more else ''}</pre>"
        f"{equations}{f'<p>{hidden}</p>' if hidden else ''}</div>"
    )


def _more(count: int, noun: str) -> str:
    return f"… and {count} more {noun}{'' if count == 1 else 's'}" if count > 0 else ""
