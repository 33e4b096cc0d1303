"""What the exports of a single network refuse."""

from __future__ import annotations

from crnwidgets.chambers import Chambers

__all__ = ["refuse_chambers"]


def refuse_chambers(network: object) -> None:
    """Raise TypeError for `Chambers`, of which a single network would say too little or too much."""
    if isinstance(network, Chambers):
        raise TypeError(
            "Argument `network` must be a Network, but it is Chambers; take its `.network`, for what happens in each "
            "chamber, or its `.expanded()`, for all of them at once."
        )
