"""From analogue to binary at a glance: a row for each input, a column for each species ([DCRN] Fig. 9)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count, takewhile
from typing import Any

import traitlets

from crnwidgets.network import Network
from crnwidgets.widgets.base import as_network
from crnwidgets.widgets.computing_view import ComputingView

__all__ = ["BitRaster"]

_INPUTS = ("X", "Xc")
_MOST_ROWS = 256


class BitRaster(ComputingView, bundle="bit_raster"):
    """The concentrations, in grey, of the inputs X = x and Xc = 1 − x and of the bits, for x from 0 to 1, at any time.

    Black is 0 and white is 1, or more. A bit is read as 1 where its "hi" is above its "lo"; rows whose bits are not
    those of x, rounded down to so many binary places, are marked, unless x is within 1/128 of where the code changes.
    All other species start as in the network.

    Arguments:
        network: a `Network`, or rule text, with the species X and Xc and, for n bits, Bihi and Bilo for i below n.
        rows, duration: the traits below.

    Traits:
        network: the network that converts; its bits stay those of the first one.
        rows: how many inputs are shown, evenly spaced: the middles of so many parts of the way from 0 to 1.
        duration: for how long the network runs.

    Raises TypeError for an unknown keyword argument, ValueError where the network lacks X, Xc or a pair like B0hi and
    B0lo, or for rows that are not from 2 to 256.
    """

    rows = traitlets.Int(64, help="How many inputs are shown.").tag(sync=True)
    _columns = traitlets.List(traitlets.Unicode(), help="The species shown.").tag(sync=True)

    def __init__(self, network: Network | str, **kwargs: Any) -> None:
        network = as_network(network)
        bits = takewhile(lambda i: f"B{i}hi" in network.species or f"B{i}lo" in network.species, count())
        self._bits = max(len(list(bits)), 1)
        super().__init__(network, **kwargs)

    def _needed(self) -> Iterable[str]:
        return (*_INPUTS, *(f"B{i}{rail}" for i in reversed(range(self._bits)) for rail in ("hi", "lo")))

    @traitlets.default("_columns")
    def _default_columns(self) -> list[str]:
        return list(self._needed())

    @traitlets.validate("rows")
    def _check_rows(self, proposal: Any) -> int:
        if not 2 <= proposal.value <= _MOST_ROWS:
            raise traitlets.TraitError(f"Argument `rows` must be from 2 to {_MOST_ROWS}, but it is {proposal.value}.")
        return proposal.value
