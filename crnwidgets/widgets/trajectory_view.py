"""What the views share that show a trajectory: a hand moves its numbers, and the browser integrates them anew."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import traitlets

from crnwidgets.chambers import Chambers
from crnwidgets.network import Event, Network
from crnwidgets.widgets.base import View, as_shown
from crnwidgets.widgets.wire import encode

__all__ = ["TrajectoryView"]

# Points over the time span of a trajectory that Python computes for the browser.
_POINTS = 600


class TrajectoryView(View):
    """A view of what a network, or one in several chambers, does from its initial concentrations on.

    Arguments:
        network: the `Network` or the `Chambers` to show, or a rule text.
        initial, parameters, events: in place of those of the network, as the traits below; what they leave out stays.

    Traits, all of which may be assigned, observed and linked:
        network: the network as it stands; follows the hand and, when assigned, moves everything else along.
        initial: species → initial concentration, or of chambers a list with one for each. A species left out of an
            assignment keeps its value.
        parameters: name of a rate → its value; likewise.
        events: the timed interventions, `[time, species, operation, amount]` each, in the order of their times; of
            chambers `[time, species, operation, amount, chamber]` for those in one of them.
        duration: the time span shown, from 0, in the network's unit of time.
        chamber: the number of the chamber looked at, from 0; of a network always 0.
        moved: the species whose initial concentration a hand moved last, or "".
        status: why there is no trajectory, or who computes it if the browser cannot; empty when all is well.

    Raises TraitError (ValueError from the constructor) for an unknown species or rate, or a value that is negative or
    not finite; nothing changes then.
    """

    initial: traitlets.Dict[str, Any] = traitlets.Dict(
        key_trait=traitlets.Unicode(),
        value_trait=traitlets.Union([traitlets.Float(), traitlets.List(traitlets.Float())]),
        help="Species → initial concentration.",
    ).tag(sync=True)
    parameters = traitlets.Dict(
        key_trait=traitlets.Unicode(), value_trait=traitlets.Float(), help="Name of a rate → its value."
    ).tag(sync=True)
    events: traitlets.List[Any] = traitlets.List(help="[time, species, operation, amount] each.").tag(sync=True)
    duration = traitlets.Float(30.0, help="The time span shown.").tag(sync=True)
    chamber = traitlets.Int(0, help="The number of the chamber looked at.").tag(sync=True)
    moved = traitlets.Unicode("", help="The species whose initial concentration a hand moved last.").tag(sync=True)
    status = traitlets.Unicode("", help="Why there is no trajectory; empty when all is well.").tag(sync=True)
    _network = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        network: Network | Chambers | str,
        *,
        initial: Mapping[str, Any] | None = None,
        parameters: Mapping[str, float] | None = None,
        events: Iterable[Event | Sequence[Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        network = as_shown(network).updated(
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
            self.initial = _to_initial(network)
            self.parameters = dict(network.parameters)
            self.events = _to_lists(network.events)
            self.chamber = min(self.chamber, _chambers(network) - 1)
            self._show_further()

    def _show_further(self) -> None:
        """Bring along what else of a view depends on the network."""

    @traitlets.validate("initial")
    def _check_initial(self, proposal: Any) -> dict[str, Any]:
        return _to_initial(self._changed(initial=proposal.value))

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

    @traitlets.validate("chamber")
    def _check_chamber(self, proposal: Any) -> int:
        count = _chambers(self.network)
        if not 0 <= proposal.value < count:
            raise traitlets.TraitError(
                f"Argument `chamber` must be a number from 0 to {count - 1}, but it is {proposal.value}."
            )
        return proposal.value

    @traitlets.observe("initial", "parameters", "events")
    def _change_network(self, change: Any) -> None:
        self.network = self._changed(**{change.name: change.new})

    def _changed(self, events: Iterable[Event | Sequence[Any]] | None = None, **values: Any) -> Any:
        """The network with other numbers; TraitError where they are none of its own."""
        return _with_numbers(self.network, events=events, **values)

    # -- messages from the browser ----------------------------------------------------------------------------------

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take values from a browser. Those that do not fit the network (any more) are refused and put right there."""
        try:
            super().set_state(sync_data)
        except traitlets.TraitError:
            # Every page was sent an echo of the values before they were looked at.
            self.send_state([name for name in sync_data if name in self.keys])

    def _answer(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Compute the trajectory that a browser cannot, and send it as float32: times, then one row a species.

        Chambers are asked about, and answered for, as the one network that they are together.
        """
        if not isinstance(content, dict) or content.get("type") != "simulate":
            return
        reply = {"id": content.get("id")}
        try:
            whole = self.network.expanded() if isinstance(self.network, Chambers) else self.network
            network = _with_numbers(whole, **{name: content[name] for name in ("initial", "parameters", "events")})
            rows = _computed(network, float(content["duration"]))
        except Exception as error:  # whatever went wrong, the browser waits for an answer
            self.send({"type": "failure", "message": str(error), **reply})
            return
        self.send({"type": "trajectory", **reply}, list(rows))


@lru_cache(maxsize=1)  # the views of one Lab ask for the same
def _computed(network: Network, duration: float) -> tuple[bytes, bytes]:
    """Times (T,) and concentrations (N, T) as float32."""
    from crnwidgets.dynamics import simulate

    trajectory = simulate(network, t=_times(network, duration))
    times, rows = trajectory.times, np.transpose(trajectory.concentrations)
    return np.asarray(times, np.float32).tobytes(), np.ascontiguousarray(rows, np.float32).tobytes()


def _with_numbers(
    network: Network | Chambers, events: Iterable[Event | Sequence[Any]] | None = None, **values: Any
) -> Any:
    try:
        return network.updated(events=None if events is None else _to_events(events), **values)
    except (TypeError, ValueError) as error:
        raise traitlets.TraitError(str(error)) from None


def _without_numbers(network: Network | Chambers) -> Network | Chambers:
    """The network with the numbers blanked that travel in traits of their own, so that a drag does not resend it."""
    return network.updated(
        initial=dict.fromkeys(network.species, 0.0), parameters=dict.fromkeys(network.parameters, 1.0), events=()
    )


def _chambers(network: Network | Chambers) -> int:
    return network.topology.chambers if isinstance(network, Chambers) else 1


def _to_initial(network: Network | Chambers) -> dict[str, Any]:
    if isinstance(network, Chambers):
        return dict(zip(network.species, network.initial.T.tolist(), strict=True))
    return dict(network.initial)


def _to_events(events: Iterable[Event | Sequence[Any]]) -> list[Event]:
    return [event if isinstance(event, Event) else Event(*event) for event in events]


def _to_lists(events: Iterable[Event]) -> list[list[Any]]:
    return [[e.time, e.species, e.operation, e.amount, *([] if e.chamber is None else [e.chamber])] for e in events]


def _times(network: Network, duration: float) -> np.ndarray:
    """An even grid with each intervention's time and the moment before it, so that jumps are drawn upright."""
    jumps = np.array([event.time for event in network.events if 0 < event.time <= duration])
    return np.unique(np.concatenate([np.linspace(0.0, duration, _POINTS), jumps, jumps * (1 - 1e-9)]))
