"""What training hands out."""

from __future__ import annotations

from dataclasses import dataclass

from crnwidgets.learning.task import Task
from crnwidgets.network import Network

__all__ = ["Solution"]


@dataclass(frozen=True)
class Solution:
    """A trained network.

    Attributes:
        network: sparse: without the reactions slower than k_min.
        loss: the task's loss of this sparse network.
        reaction_count: as [DCRN] counts them, section 2.1.
        task: what it was trained for.
    """

    network: Network
    loss: float
    reaction_count: int
    task: Task
