"""What networks are trained to do: one module a task, each with the paper's own test of it."""

from crnwidgets.learning.task import Task
from crnwidgets.tasks.classification import Classification
from crnwidgets.tasks.converter import AnalogToDigital
from crnwidgets.tasks.display import SevenSegment
from crnwidgets.tasks.election import RingElection
from crnwidgets.tasks.flag import FrenchFlag
from crnwidgets.tasks.gate import Boolean, LogicGate
from crnwidgets.tasks.majority import WinnerTakesAll
from crnwidgets.tasks.oscillators import AmplitudeControl, FrequencyControl
from crnwidgets.tasks.waveform import Waveform

__all__ = [
    "AmplitudeControl",
    "AnalogToDigital",
    "Boolean",
    "Classification",
    "FrenchFlag",
    "FrequencyControl",
    "LogicGate",
    "RingElection",
    "SevenSegment",
    "Task",
    "Waveform",
    "WinnerTakesAll",
]
