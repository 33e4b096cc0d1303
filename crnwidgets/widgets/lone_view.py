"""A view that is complete by itself: it belongs to no network of reactions and to no Lab."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import traitlets

from crnwidgets.widgets.base import Bundled, refuse_unknown
from crnwidgets.widgets.page import write_page

__all__ = ["LoneView", "within"]


class LoneView(Bundled):
    """A view that stands alone, in a notebook or on a page of its own.

    Raises TypeError for an unknown keyword argument.
    """

    def __init__(self, **kwargs: Any) -> None:
        refuse_unknown(type(self), kwargs)
        super().__init__(**kwargs)

    def save_html(self, path: str | os.PathLike[str]) -> Path:
        """Write one file that opens in a browser with no kernel and no network, and return its path.

        The view on it is alive: all that a hand can do in a notebook it can do there.
        """
        return write_page(Path(path), {"view": self}, hovering=())


def within(proposal: Any, ranges: Mapping[str, tuple[float, float]]) -> Any:
    """The proposed value of a trait that has a range.

    Arguments:
        proposal: as traitlets hands it to what validates.
        ranges: trait → the least and the greatest value.

    Raises TraitError for a value outside.
    """
    name, value = proposal.trait.name, proposal.value
    least, most = ranges[name]
    if not least <= value <= most:
        raise traitlets.TraitError(f"Argument `{name}` must be from {least} to {most:g}, but it is {value:g}.")
    return value
