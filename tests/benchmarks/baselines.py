"""Other ways to integrate networks in tensor form, each a function like `crnwidgets.dynamics.fixed.integrate`.

solve(T, x0, dt, steps): (P, N, N, N), (P, B, N) → the states after 0, 1, 2, … steps, (P, B, steps + 1, N)
ring(T, D, x0, dt, steps): the same with permeabilities, (P, N), and three or more chambers in a ring, (P, B, C, N)
"""

from __future__ import annotations

import itertools
import os
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple
from unittest.mock import patch

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from crnwidgets.chambers import Topology
from crnwidgets.dynamics.fixed import integrate

Solve = Callable[[Array, Array, float, int], Array]


class Way(NamedTuple):
    """One way to integrate.

    Attributes:
        name: as it stands in the table.
        solve: see the module's text.
        needs: the package from PyPI that it stands on, where it is not one of crnwidgets' own.
        slow: whether it takes a minute to compile, and so is left out where time is short.
        ring: see the module's text; None where it has not been written.
    """

    name: str
    solve: Solve
    needs: str = ""
    slow: bool = False
    ring: Callable[[Array, Array, Array, float, int], Array] | None = None

    def hindrance(self) -> str:
        """Why it cannot be used here, or nothing."""
        return hindrance(self.needs)


def hindrance(package: str) -> str:
    """Why a package cannot be used here, or nothing; also nothing for no package."""
    if not package:
        return ""
    try:
        with warnings.catch_warnings(action="ignore"):
            import_module(package)
    except ModuleNotFoundError:
        return f"{package} is not installed"
    except Exception as error:  # whatever a package raises that was made for another Python
        return f"{package} cannot be imported: {error}"
    return ""


def ours(T: Array, x0: Array, dt: float, steps: int) -> Array:
    """This library."""
    return integrate(T, x0, dt=dt, steps=steps)


def ours_in_xla(T: Array, x0: Array, dt: float, steps: int) -> Array:
    """This library as it is where there was no C++ compiler."""
    with patch.dict(os.environ, CRNWIDGETS_BACKEND="xla"):
        return integrate(T, x0, dt=dt, steps=steps)


def our_ring(T: Array, D: Array, x0: Array, dt: float, steps: int) -> Array:
    """This library with chambers."""
    membranes = Topology.ring(x0.shape[-2]).membranes
    return integrate(T, x0, dt=dt, steps=steps, permeability=D, membranes=membranes)


def _times(x0: Array, dt: float, steps: int) -> Array:
    return jnp.arange(steps + 1, dtype=x0.dtype) * dt


# -- [DCRN] listing 1 ------------------------------------------------------------------------------------------------


def odeint_rk4(func: Callable[..., Array], x0: Array, t: Array, *arg: Array) -> Array:
    """The paper's integrator, line by line."""

    def f(x: Array, t: Array) -> Array:
        return func(x, t, *arg)

    def step_f(x: Array, t_dt: tuple[Array, Array]) -> tuple[Array, Array]:
        t, dt = t_dt
        k1 = f(x, t)
        k2 = f(x + dt / 2 * k1, t + dt / 2)
        k3 = f(x + dt / 2 * k2, t + dt / 2)
        k4 = f(x + dt * k3, t + dt)
        x = x + (k1 + 2 * (k2 + k3) + k4) * (dt / 6)
        return x, x

    t_dt = t[:-1], t[1:] - t[:-1]
    _, xs = jax.lax.scan(step_f, x0, t_dt)
    return jnp.concatenate([x0[None], xs], 0)


def react(x: Array, t_unused: Array, T: Array) -> Array:
    """The paper's right side, which takes a batch of states as it is."""
    return jnp.einsum("abc,...a,...b->...c", T, x, x)


def listing_1(T: Array, x0: Array, dt: float, steps: int) -> Array:
    """[DCRN] listing 1, each network with its batch of states, the population by `vmap`."""
    times = _times(x0, dt, steps)
    states = jax.vmap(lambda T, x: odeint_rk4(react, x, times, T))(T, x0)
    return jnp.moveaxis(states, 1, 2)


def react_and_pass(x: Array, t_unused: Array, T: Array, D: Array) -> Array:
    """The same with what comes from the chambers to the left and to the right ([DCRN] eq. 4)."""
    around = jnp.roll(x, 1, -2) + jnp.roll(x, -1, -2)
    return react(x, t_unused, T) + D * (around - 2 * x)


def listing_1_ring(T: Array, D: Array, x0: Array, dt: float, steps: int) -> Array:
    """[DCRN] listing 1 with chambers."""
    times = _times(x0, dt, steps)
    states = jax.vmap(lambda T, D, x: odeint_rk4(react_and_pass, x, times, T, D))(T, D, x0)
    return jnp.moveaxis(states, 1, 2)


# -- diffrax ---------------------------------------------------------------------------------------------------------


def _diffrax(term: Any, x0: Array, args: Any, times: Array, controller: Any, most: int) -> Array:
    solution = diffrax.diffeqsolve(
        term,
        diffrax.Tsit5(),
        t0=times[0],
        t1=times[-1],
        dt0=None,
        y0=x0,
        args=args,
        saveat=diffrax.SaveAt(ts=times),
        stepsize_controller=controller,
        adjoint=diffrax.RecursiveCheckpointAdjoint(),
        max_steps=most,
    )
    return solution.ys


def _each(one: Callable[[Array, Array], Array], T: Array, x0: Array) -> Array:
    """Each state of each network by itself."""
    return jax.vmap(jax.vmap(one, in_axes=(None, 0)))(T, x0)


_TERM = diffrax.ODETerm(lambda t, x, T: react(x, t, T))


def diffrax_adaptive(T: Array, x0: Array, dt: float, steps: int) -> Array:
    """Steps as long as a relative error of 1e-4 allows."""
    controller = diffrax.PIDController(rtol=1e-4, atol=1e-6)
    return _each(lambda T, x: _diffrax(_TERM, x, T, _times(x, dt, steps), controller, 4096), T, x0)


def diffrax_constant(T: Array, x0: Array, dt: float, steps: int) -> Array:
    """The same number of steps as everyone."""
    times = _times(x0, dt, steps)
    return _each(lambda T, x: _diffrax(_TERM, x, T, times, diffrax.StepTo(ts=times), steps), T, x0)


# -- packages for reaction networks ----------------------------------------------------------------------------------


def icrn(T: Array, x0: Array, dt: float, steps: int) -> Array:
    """Reactions with indexed species, X[c] + X[a] → X[c] + X[b], by its own Runge-Kutta solver."""
    from icrn import MassActionReaction, many_index_symbols, many_rate_constants, many_species, solve_well_mixed

    X, K = many_species("X"), many_rate_constants("K")
    # Without their sizes: with them, icrn 0.3 refuses a species that occurs three times.
    c, a, b = many_index_symbols("c, a, b")
    reactions = [MassActionReaction(X[c] + X[a], X[c] + X[b], K[c, a, b])]
    times = np.arange(steps + 1) * dt

    # What the diagonal says, X → X, has no effect there.
    return _each(lambda T, x: solve_well_mixed(reactions, {X: x}, {K: T}, times, dt)[X], T, x0)


def stochastix(T: Array, x0: Array, dt: float, steps: int) -> Array:
    """One reaction after the other, as text, and its rate equations handed to diffrax."""
    from stochastix.kinetics import MassAction
    from stochastix.reaction import Reaction, ReactionNetwork

    names = [f"X{i:02d}" for i in range(T.shape[-1])]

    def side(one: int, other: int) -> str:
        return f"2 {names[one]}" if one == other else f"{names[one]} + {names[other]}"

    ways = itertools.product(range(len(names)), repeat=3)
    places = {f"{side(c, a)} -> {side(c, b)}": (c, a, b) for c, a, b in ways if a != b}
    times = _times(x0, dt, steps)

    def one(T: Array, x: Array) -> Array:
        network = ReactionNetwork([Reaction(text, MassAction(T[place])) for text, place in places.items()])
        return _diffrax(network.diffrax_ode_term(), x, None, times, diffrax.StepTo(ts=times), steps)

    return _each(one, T, x0)


OURS = Way("crnwidgets", ours, ring=our_ring)
LISTING_1 = Way("[DCRN] listing 1, jit(vmap)", listing_1, ring=listing_1_ring)
OTHERS = (
    Way("crnwidgets without its native kernel", ours_in_xla),
    Way("icrn, RK4", icrn, needs="icrn"),
    Way("diffrax Tsit5, adaptive, rtol 1e-4", diffrax_adaptive, slow=True),
    Way("diffrax Tsit5, constant steps", diffrax_constant, slow=True),
    Way("stochastix, diffrax Tsit5, constant steps", stochastix, needs="stochastix", slow=True),
)
