"""What every view shares: the network it shows, its bundle, and the refusal of unknown arguments."""

from __future__ import annotations

import difflib
import inspect
import uuid
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets

from crnwidgets.chambers import Chambers, read
from crnwidgets.network import Network

__all__ = ["STATIC", "Bundled", "View", "as_network", "as_shown", "chemistry", "refuse_unknown"]

STATIC = Path(__file__).parent / "static"
"""Where the bundles are."""


def as_network(network: Network | str) -> Network:
    """The network itself, or the one that a rule text describes.

    Raises RuleError for a wrong text, TypeError for anything else.
    """
    if isinstance(network, str):
        return Network.parse(network)
    if not isinstance(network, Network):
        raise TypeError(f"Argument `network` must be a Network or rule text, but it is {type(network).__name__}.")
    return network


def as_shown(network: Network | Chambers | str) -> Network | Chambers:
    """The network or the chambers themselves, or what a rule text describes.

    Raises RuleError for a wrong text, TypeError for anything else.
    """
    if isinstance(network, str):
        return read(network)
    if not isinstance(network, (Network, Chambers)):
        raise TypeError(
            f"Argument `network` must be a Network, Chambers or rule text, but it is {type(network).__name__}."
        )
    return network


def chemistry(network: Network | Chambers) -> Network:
    """The network itself, or the one that is in each of several chambers."""
    return network.network if isinstance(network, Chambers) else network


def refuse_unknown(cls: type[traitlets.HasTraits], arguments: dict[str, Any]) -> None:
    """Raise TypeError for the first keyword that `cls` has no argument or trait for, with the likely spelling."""
    known = {*inspect.signature(cls).parameters, *cls.class_trait_names()} - {"kwargs"}
    known = {name for name in known if not name.startswith("_")}
    for name in arguments:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean `{close[0]}`?" if close else f"; it takes {', '.join(sorted(known))}."
            raise TypeError(f"{cls.__name__} has no argument `{name}`{hint}")


class Bundled(anywidget.AnyWidget):
    """A widget whose browser side is the bundle named in the class statement."""

    bundle: ClassVar[str]

    # Told from the start: what comes later may not be heard (`frontend/src/lib/hearing.js`).
    _reference = traitlets.Unicode(help="How the page finds the widget's own model.").tag(sync=True)

    def __init__(self, *, model_id: str | None = None, **kwargs: Any) -> None:
        own = model_id or uuid.uuid4().hex
        super().__init__(model_id=own, _reference=f"IPY_MODEL_{own}", **kwargs)

    def __init_subclass__(cls, *, bundle: str | None = None, **kwargs: Any) -> None:
        if bundle is not None:
            cls.bundle = bundle
            cls._esm = STATIC / f"{bundle}.js"
            cls._css = STATIC / f"{bundle}.css"
        super().__init_subclass__(**kwargs)


class View(Bundled):
    """A live view of one network, or of the network in several chambers.

    Traits:
        network: the `Network` or the `Chambers` shown; assign to change what is shown, observe to follow what the hand
            changes.

    Raises TypeError for an unknown keyword argument, RuleError where `network` is a text with a mistake.
    """

    network: traitlets.TraitType[Any, Any] = traitlets.Union(
        [traitlets.Instance(Network), traitlets.Instance(Chambers)], help="What is shown."
    )

    def __init__(self, network: Network | Chambers | str, **kwargs: Any) -> None:
        refuse_unknown(type(self), kwargs)
        super().__init__(network=as_shown(network), **kwargs)
