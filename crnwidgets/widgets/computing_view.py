"""What the views share that show what a network computes: they run it themselves, from inputs that they choose."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import traitlets

from crnwidgets.network import Network
from crnwidgets.widgets.base import View, as_network
from crnwidgets.widgets.wire import encode

__all__ = ["ComputingView"]


class ComputingView(View):
    """A view for which the browser runs a network from many inputs; the network's interventions are left out.

    Traits:
        network: the network that is run. Assigning one that lacks a species the view needs shows why it cannot be run.
        duration: for how long it is run, in the network's unit of time.
        problem: why the network cannot be run; empty when all is well.

    Between two assignments of `network`, a page may show one that it computes itself: the model's event "crn:network"
    carries it in wire form.

    Raises ValueError where the network lacks a species that the view needs, or a duration is not finite and positive.
    """

    network = traitlets.Instance(Network, help="The network that is run.")
    duration = traitlets.Float(200.0, help="For how long the network is run.").tag(sync=True)
    problem = traitlets.Unicode("", help="Why the network cannot be run; empty when all is well.").tag(sync=True)
    _network = traitlets.Dict().tag(sync=True)

    def __init__(self, network: Network | str, **kwargs: Any) -> None:
        network = as_network(network)
        if lack := self._lack(network):
            raise ValueError(lack)
        super().__init__(network, **kwargs)

    def _needed(self) -> Iterable[str]:
        """The species that the view cannot do without."""
        raise NotImplementedError

    def _lack(self, network: Network) -> str:
        missing = [name for name in self._needed() if name not in network.species]
        if not missing:
            return ""
        return (
            f"Argument `network` must have the species {', '.join(self._needed())}, but it lacks {', '.join(missing)}."
        )

    @traitlets.observe("network")
    def _show_network(self, change: Any) -> None:
        with self.hold_sync():
            self.problem = self._lack(change.new)
            self._network = encode(change.new.updated(events=()))

    @traitlets.validate("duration")
    def _check_duration(self, proposal: Any) -> float:
        return _positive("duration", proposal.value)


def _positive(name: str, value: float) -> float:
    if not (math.isfinite(value) and value > 0):
        raise traitlets.TraitError(f"Argument `{name}` must be finite and positive, but it is {value}.")
    return value
