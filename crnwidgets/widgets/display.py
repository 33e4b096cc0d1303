"""A network as the last line of a cell: its rules and equations, and in the browser its graph."""

from __future__ import annotations

from typing import Any

import ipywidgets

from crnwidgets.chambers import Chambers
from crnwidgets.export import to_html
from crnwidgets.network import Network
from crnwidgets.widgets.reaction_graph import ReactionGraph

__all__ = ["bundle"]


def bundle(network: Network | Chambers) -> dict[str, Any]:
    """The MIME bundle that shows a network as a widget; IPython adds its static HTML and text for other readers."""
    card = ipywidgets.Box([ipywidgets.HTML(to_html(network)), ReactionGraph(network)])
    card.children[0].add_class("crn-area-text")
    card.children[1].add_class("crn-area-graph")
    card.add_class("crn-card")
    view = card._repr_mimebundle_()
    assert view is not None
    return {kind: data for kind, data in view.items() if kind.startswith("application/")}
