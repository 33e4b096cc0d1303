"""What networks are trained to do: one module a task, each with the paper's own test of it."""

from crnwidgets.learning.task import Task
from crnwidgets.tasks.waveform import Waveform

__all__ = ["Task", "Waveform"]
