"""How concentrations change in time, in one network or in several chambers.

JAX is imported by the first `simulate`, not by this package.
"""

from crnwidgets.dynamics.simulation import simulate
from crnwidgets.dynamics.trajectory import ChambersTrajectory, SimulationError, Trajectory

__all__ = ["ChambersTrajectory", "SimulationError", "Trajectory", "simulate"]
