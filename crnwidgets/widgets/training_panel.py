"""The controls of a training run: play, pause, settings, the way back through its history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import traitlets

from crnwidgets.learning import Trainer
from crnwidgets.runner import Runner
from crnwidgets.widgets.base import Bundled, refuse_unknown
from crnwidgets.widgets.training_view import TrainingView

__all__ = ["TrainingPanel"]


class TrainingPanel(TrainingView, bundle="training_panel"):
    """Plays, pauses and steers a training run, and moves back through it to branch from there.

    Arguments:
        trainer: a `Trainer`, or the `Runner` that it has.

    Traits:
        selected: the index of the network looked at; -1: the one with the lowest loss at the moment.
        case: which case of the task is looked at, from 0 on.

    Raises TypeError for an unknown keyword argument, TraitError where there is no such network or case.
    """

    # Models on the same page to which the browser hands on what arrives, without a way through the kernel.
    _followers: traitlets.Dict[str, Any] = traitlets.Dict(default_value={"frames": [], "networks": []}).tag(sync=True)

    def __init__(self, trainer: Trainer | Runner, **kwargs: Any) -> None:
        refuse_unknown(type(self), kwargs)
        super().__init__(trainer, **kwargs)

    def lead(self, *, frames: Iterable[Bundled] = (), networks: Iterable[Bundled] = ()) -> None:
        """Hand on what arrives in the browser to other widgets of the page.

        Arguments:
            frames: get each frame, as the same custom message.
            networks: get the event "crn:network" with the selected network in wire form, pruned at k_min.
        """
        self._followers = {
            "frames": [widget._reference for widget in frames],
            "networks": [widget._reference for widget in networks],
        }

    def _receive(self, content: Any) -> None:
        number = content.get("id") if isinstance(content, dict) else None
        problem = ""
        try:
            self._obey(content)
        except (ValueError, TypeError) as error:
            problem = str(error)
        # Frames come only with the first steps, which may compile long: this says at once what has been understood.
        self.send({"type": "answer", "id": number, "problem": problem, "playing": self.runner.playing})

    def _obey(self, content: Any) -> None:
        match content:
            case {"type": "play"}:
                self.runner.play()
            case {"type": "pause"}:
                self.runner.pause(wait=False)
            case {"type": "step"}:
                self.runner.step()
            case {"type": "reset", "seed": int() | None as seed}:
                self.runner.reset(seed)
            case {"type": "change", "settings": dict() as settings}:
                self.runner.change(**settings)
            case {"type": "scrub", "step": int() | None as step}:
                self.runner.scrub(step)
            case {"type": "refresh"}:
                self.refresh()
            case _:
                raise ValueError(f"A message must be one that the panel knows, but it is {content!r}.")
