"""How a network's concentrations change in time.

JAX is imported by the first `simulate`, not by this package.
"""

from crnwidgets.dynamics.simulation import simulate
from crnwidgets.dynamics.trajectory import SimulationError, Trajectory

__all__ = ["SimulationError", "Trajectory", "simulate"]
