"""The live plot: concentrations over time, integrated in the browser while a hand moves what they start from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import traitlets

from crnwidgets.network import Event, Network
from crnwidgets.widgets.base import View, as_network
from crnwidgets.widgets.wire import encode

__all__ = ["DynamicsPlot"]

# Points over the time span of a trajectory that Python computes for the browser.
_POINTS = 600


class DynamicsPlot(View, bundle="dynamics_plot"):
    """A live plot of one network: drag initial concentrations and interventions, move named rates, read values.

    Arguments:
        network: the `Network` to show, or a rule text.
        initial, parameters, events: in place of those of the network, as the traits below; what they leave out stays.
        duration, hidden: the traits below.

    Traits, all of which may be assigned, observed and linked:
        network: the network as it stands; follows the hand and, when assigned, moves everything else along.
        initial: species → initial concentration. A species left out of an assignment keeps its value.
        parameters: name of a rate → its value; likewise.
        events: the timed interventions, `[time, species, operation, amount]` each, in the order of their times.
        duration: the time span shown, from 0, in the network's unit of time.
        hidden: names of species that are not drawn.
        moved: the species whose initial concentration a hand moved last, or "".
        reference: species → times and values of a curve that is drawn dashed beneath its own: what it is to follow.
        status: why there is no trajectory, or who computes it if the browser cannot; empty when all is well.

    Between two assignments of `network`, a page may show one that it computes itself: the model's event "crn:network"
    carries it in wire form, and the curves glide to it.

    Raises TraitError (ValueError from the constructor) for an unknown species or rate, or a value that is negative or
    not finite; nothing changes then.
    """

    initial = traitlets.Dict(
        key_trait=traitlets.Unicode(), value_trait=traitlets.Float(), help="Species → initial concentration."
    ).tag(sync=True)
    parameters = traitlets.Dict(
        key_trait=traitlets.Unicode(), value_trait=traitlets.Float(), help="Name of a rate → its value."
    ).tag(sync=True)
    events: traitlets.List[Any] = traitlets.List(help="[time, species, operation, amount] each.").tag(sync=True)
    duration = traitlets.Float(30.0, help="The time span shown.").tag(sync=True)
    hidden = traitlets.List(traitlets.Unicode(), help="Names of species that are not drawn.").tag(sync=True)
    moved = traitlets.Unicode("", help="The species whose initial concentration a hand moved last.").tag(sync=True)
    reference: traitlets.Dict[str, Any] = traitlets.Dict(
        key_trait=traitlets.Unicode(), help="Species → times and values of a curve to compare with."
    ).tag(sync=True)
    status = traitlets.Unicode("", help="Why there is no trajectory; empty when all is well.").tag(sync=True)
    _network = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        network: Network | str,
        *,
        initial: Mapping[str, float] | None = None,
        parameters: Mapping[str, float] | None = None,
        events: Iterable[Event | Sequence[Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        network = as_network(network).updated(
            initial=initial, parameters=parameters, events=None if events is None else _to_events(events)
        )
        super().__init__(network, **kwargs)
        self.on_msg(self._answer)

    # -- the network and its numbers --------------------------------------------------------------------------------

    @traitlets.observe("network")
    def _show_network(self, change: Any) -> None:
        network = self.network
        with self.hold_sync():
            self._network = encode(_without_numbers(network))
            self.initial = dict(network.initial)
            self.parameters = dict(network.parameters)
            self.events = _to_lists(network.events)
            self.reference = {name: curve for name, curve in self.reference.items() if name in network.species}

    @traitlets.validate("initial")
    def _check_initial(self, proposal: Any) -> dict[str, float]:
        return dict(self._changed(initial=proposal.value).initial)

    @traitlets.validate("parameters")
    def _check_parameters(self, proposal: Any) -> dict[str, float]:
        return dict(self._changed(parameters=proposal.value).parameters)

    @traitlets.validate("events")
    def _check_events(self, proposal: Any) -> list[list[Any]]:
        return _to_lists(self._changed(events=proposal.value).events)

    @traitlets.validate("duration")
    def _check_duration(self, proposal: Any) -> float:
        if not (math.isfinite(proposal.value) and proposal.value > 0):
            raise traitlets.TraitError(f"Argument `duration` must be finite and positive, but it is {proposal.value}.")
        return proposal.value

    @traitlets.validate("reference")
    def _check_reference(self, proposal: Any) -> dict[str, list[list[float]]]:
        curves = {}
        for name, curve in proposal.value.items():
            if name not in self.network.species:
                raise traitlets.TraitError(
                    f"Argument `reference` must name species of {list(self.network.species)}, but {name!r} is not one."
                )
            curves[name] = _to_curve(name, curve)
        return curves

    @traitlets.observe("initial", "parameters", "events")
    def _change_network(self, change: Any) -> None:
        self.network = self._changed(**{change.name: change.new})

    def _changed(self, events: Iterable[Event | Sequence[Any]] | None = None, **values: Any) -> Network:
        """The network with other numbers; TraitError where they are none of its own."""
        try:
            return self.network.updated(events=None if events is None else _to_events(events), **values)
        except (TypeError, ValueError) as error:
            raise traitlets.TraitError(str(error)) from None

    # -- messages from the browser ----------------------------------------------------------------------------------

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take values from a browser. Those that do not fit the network (any more) are refused and put right there."""
        try:
            super().set_state(sync_data)
        except traitlets.TraitError:
            # Every page was sent an echo of the values before they were looked at.
            self.send_state([name for name in sync_data if name in self.keys])

    def _answer(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Compute the trajectory that a browser cannot, and send it as float32: times, then one row a species."""
        if not isinstance(content, dict) or content.get("type") != "simulate":
            return
        from crnwidgets.dynamics import simulate

        reply = {"id": content.get("id")}
        try:
            network = self._changed(**{name: content[name] for name in ("initial", "parameters", "events")})
            trajectory = simulate(network, t=_times(network, float(content["duration"])))
        except Exception as error:  # whatever went wrong, the browser waits for an answer
            self.send({"type": "failure", "message": str(error), **reply})
            return
        rows = (trajectory.times, np.transpose(trajectory.concentrations))
        self.send({"type": "trajectory", **reply}, [np.ascontiguousarray(x, np.float32).tobytes() for x in rows])


def _without_numbers(network: Network) -> Network:
    """The network with the numbers blanked that travel in traits of their own, so that a drag does not resend it."""
    return network.updated(
        initial=dict.fromkeys(network.species, 0.0), parameters=dict.fromkeys(network.parameters, 1.0), events=()
    )


def _to_events(events: Iterable[Event | Sequence[Any]]) -> list[Event]:
    return [event if isinstance(event, Event) else Event(*event) for event in events]


def _to_lists(events: Iterable[Event]) -> list[list[Any]]:
    return [[event.time, event.species, event.operation, event.amount] for event in events]


def _to_curve(name: str, curve: Any) -> list[list[float]]:
    """Times and values as lists; TraitError where they are none."""
    try:
        times, values = (np.asarray(row, dtype=float) for row in curve)
        fits = times.ndim == 1 and len(times) > 0 and times.shape == values.shape
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise traitlets.TraitError(
            f"Argument `reference` must give times and as many values for each species, but for {name!r} it does not."
        )
    if not (np.isfinite(times).all() and np.isfinite(values).all() and (np.diff(times) >= 0).all()):
        raise traitlets.TraitError(
            f"Argument `reference` must have finite values at finite, rising times, but for {name!r} it has not."
        )
    return [times.tolist(), values.tolist()]


def _times(network: Network, duration: float) -> np.ndarray:
    """An even grid with each intervention's time and the moment before it, so that jumps are drawn upright."""
    jumps = np.array([event.time for event in network.events if 0 < event.time <= duration])
    return np.unique(np.concatenate([np.linspace(0.0, duration, _POINTS), jumps, jumps * (1 - 1e-9)]))
