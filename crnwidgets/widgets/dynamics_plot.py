"""The live plot: concentrations over time, integrated in the browser while a hand moves what they start from."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets

from crnwidgets.widgets.trajectory_view import TrajectoryView

__all__ = ["DynamicsPlot"]


class DynamicsPlot(TrajectoryView, bundle="dynamics_plot"):
    """A live plot of one network: drag initial concentrations and interventions, move named rates, read values.

    Of several chambers it shows the one that `chamber` says.

    Arguments:
        network: the `Network` or the `Chambers` to show, or a rule text.
        initial, parameters, events: in place of those of the network, as the traits; what they leave out stays.
        duration, chamber, hidden: the traits.

    Traits, besides those of a `TrajectoryView`, all of which may be assigned, observed and linked:
        hidden: names of species that are not drawn.
        reference: species → times and values of a curve that is drawn dashed beneath its own: what it is to follow.

    Between two assignments of `network`, a page may show one that it computes itself: the model's event "crn:network"
    carries it in wire form, and the curves glide to it.

    Raises TraitError (ValueError from the constructor) for an unknown species or rate, or a value that is negative or
    not finite; nothing changes then.
    """

    hidden = traitlets.List(traitlets.Unicode(), help="Names of species that are not drawn.").tag(sync=True)
    reference: traitlets.Dict[str, Any] = traitlets.Dict(
        key_trait=traitlets.Unicode(), help="Species → times and values of a curve to compare with."
    ).tag(sync=True)

    def _show_further(self) -> None:
        self.reference = {name: curve for name, curve in self.reference.items() if name in self.network.species}

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
