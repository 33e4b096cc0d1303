"""The differential equations of a network, in which each term belongs to a reaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import traitlets

from crnwidgets.chambers import Chambers
from crnwidgets.export.equations import (
    Number,
    Rate,
    Species,
    Term,
    conservation_terms,
    equation_terms,
    split_name,
    to_latex,
    to_text,
)
from crnwidgets.network import Network
from crnwidgets.palette import color
from crnwidgets.widgets.base import View, chemistry

__all__ = ["Equations"]

_MOST_SPECIES_WITH_LAWS = 30


class Equations(View, bundle="equations"):
    """One equation for each species, the conservation laws and the values of named rates; to copy as LaTeX or text.

    Arguments:
        network: a `Network`, or rule text; of `Chambers`, the network that is in each of them.

    Traits:
        network: what is written down. Conservation laws are shown for networks of up to 30 species.
        hovered: the index of the reaction whose terms are pointed at or focused, or -1.
    """

    hovered = traitlets.Int(-1, help="The reaction pointed at, or -1.").tag(sync=True, echo_update=False)

    _equations = traitlets.Dict(help="What is shown.").tag(sync=True)
    _latex = traitlets.Unicode(help="What is copied as LaTeX.").tag(sync=True)
    _text = traitlets.Unicode(help="What is copied as text.").tag(sync=True)

    @traitlets.observe("network")
    def _write(self, change: Any) -> None:
        network = chemistry(change.new)
        before = chemistry(change.old) if isinstance(change.old, (Network, Chambers)) else None
        laws = None
        if before is not None:
            if (network.species, network.reactions) == (before.species, before.reactions):
                return
            if network.species == before.species and _edges(network) == _edges(before):
                laws = self._equations["laws"]  # exact, so not quick, and no rate changes them
        with self.hold_sync():
            self._equations = _encode(network, laws)
            self._latex = to_latex(network)
            self._text = to_text(network)


def _edges(network: Network) -> list[Any]:
    return [r.edge for r in network.reactions]


def _encode(network: Network, laws: list[Any] | None) -> dict[str, Any]:
    """What the browser shows: names as [base, subscript], and sums as lists of [reaction, negative, factors].

    A factor is ["number", mantissa, exponent], ["rate", base, subscript] or ["species", index, power].
    """
    place = {name: i for i, name in enumerate(network.species)}

    def factor(part: Number | Rate | Species) -> list[Any]:
        match part:
            case Number(mantissa, exponent):
                return ["number", mantissa, exponent]
            case Rate(name):
                return ["rate", *split_name(name)]
            case Species(name, power):
                return ["species", place[name], power]

    def total(terms: Iterable[Term]) -> list[Any]:
        return [[term.reaction, term.negative, list(map(factor, term.factors))] for term in terms]

    if laws is None:
        few = len(network.species) <= _MOST_SPECIES_WITH_LAWS
        laws = [total(terms) for terms in conservation_terms(network)] if few else []
    return {
        "names": [split_name(name) for name in network.species],
        "colors": [color(i) for i in range(len(network.species))],
        "labels": [str(r) for r in network.reactions],
        "rows": [total(terms) for terms in equation_terms(network).values()],
        "laws": laws,
        "rates": [[factor(Rate(name)), factor(Number.of(value))] for name, value in network.parameters.items()],
    }
