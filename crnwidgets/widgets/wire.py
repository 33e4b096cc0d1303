"""The form in which a network crosses to the browser: flat arrays, small enough to send at every edit."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from crnwidgets.chambers import Chambers
from crnwidgets.network import OPERATIONS, Network
from crnwidgets.palette import color

if TYPE_CHECKING:
    from crnwidgets.neural import FeedForward

__all__ = ["encode", "encode_neurons"]


def encode(network: Network | Chambers) -> dict[str, Any]:
    """A network as JSON-ready flat arrays of indices and numbers; `frontend/src/lib/network.js` reads them.

    Chambers are encoded as the network in them, with "chambers" beside it that says how they are joined; the initial
    concentrations are then those of all chambers, one chamber after the other.
    """
    if isinstance(network, Chambers):
        return _encode_chambers(network)
    index = {name: i for i, name in enumerate(network.species)}
    parameter = {name: i for i, name in enumerate(network.parameters)}
    inputs = [[index[n] for n, count in r.reactants.items() for _ in range(count)] for r in network.reactions]
    changes = [[(index[n], amount) for n, amount in r.change.items()] for r in network.reactions]
    return {
        "species": list(network.species),
        "colors": [color(i) for i in range(len(network.species))],
        "inputs": [i for group in inputs for i in group],
        "inputStart": list(accumulate(map(len, inputs), initial=0)),
        "changes": [i for group in changes for i, _ in group],
        "amounts": [amount for group in changes for _, amount in group],
        "changeStart": list(accumulate(map(len, changes), initial=0)),
        "rates": [r.rate for r in network.reactions],
        "rateParameter": [-1 if r.rate_name is None else parameter[r.rate_name] for r in network.reactions],
        "parameters": {"names": list(parameter), "values": list(network.parameters.values())},
        "initial": list(network.initial.values()),
        "events": {
            "times": [e.time for e in network.events],
            "species": [index[e.species] for e in network.events],
            "operations": [OPERATIONS.index(e.operation) for e in network.events],
            "amounts": [e.amount for e in network.events],
        },
        "labels": [str(r) for r in network.reactions],
    }


def _encode_chambers(chambers: Chambers) -> dict[str, Any]:
    index = {name: i for i, name in enumerate(chambers.species)}
    parameter = {name: i for i, name in enumerate(chambers.parameters)}
    events = chambers.events
    passes = []
    for species, rates in enumerate(chambers.permeabilities.T.tolist()):
        names = chambers.permeability_names.get(chambers.species[species])
        for membrane, rate in enumerate(rates):
            name = names[membrane] if isinstance(names, tuple) else names
            if rate or name is not None:
                passes.append([membrane, species, rate, -1 if name is None else parameter[name]])
    return {
        **encode(chambers.network),
        "parameters": {"names": list(parameter), "values": list(chambers.parameters.values())},
        "initial": chambers.initial.ravel().tolist(),
        "events": {
            "times": [e.time for e in events],
            "species": [index[e.species] for e in events],
            "operations": [OPERATIONS.index(e.operation) for e in events],
            "amounts": [e.amount for e in events],
            "chambers": [-1 if e.chamber is None else e.chamber for e in events],
        },
        "chambers": {
            "count": chambers.topology.chambers,
            "membranes": [list(pair) for pair in chambers.topology.membranes],
            "passes": passes,
            "positions": chambers.topology.positions.round(4).tolist(),
        },
    }


def encode_neurons(nn: FeedForward) -> dict[str, Any]:
    """A neural network with the activation of its nodes; `frontend/src/neural/wire.js` reads it.

    Weights and biases are float32 bytes: layer after layer, row after row.
    """
    return {
        "sizes": list(nn.sizes),
        "q": nn.activation.q,
        "h": nn.activation.h,
        "weights": b"".join(np.asarray(w, np.float32).tobytes() for w in nn.weights),
        "biases": b"".join(np.asarray(b, np.float32).tobytes() for b in nn.biases),
    }
