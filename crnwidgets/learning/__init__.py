"""Training: logits, sparsity, losses, and a population of networks improved step by step with JAX and Optax."""

from crnwidgets.learning.solution import Solution
from crnwidgets.learning.task import Task
from crnwidgets.learning.trainer import Trainer

__all__ = ["Solution", "Task", "Trainer"]
