"""Trained networks, as rule text with the recipe that made them; `python -m crnwidgets.zoo` trains them anew."""

from __future__ import annotations

from crnwidgets.zoo.entries import Entry, entry, load, names

__all__ = ["Entry", "entry", "load", "names"]
