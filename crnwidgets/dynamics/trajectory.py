"""The result of a simulation, and the error that carries the part of it there was before a failure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from crnwidgets.palette import color

if TYPE_CHECKING:
    import bqplot
    import pandas

__all__ = ["SimulationError", "Trajectory", "suggestion"]


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Trajectory:
    """Concentrations over time; `trajectory["A"]` are those of one species, `len(trajectory)` counts the times.

    Attributes:
        species: N names.
        times: (T,), increasing, in the unit of time of the rates, read-only.
        concentrations: (T, N), float64, read-only.

    Raises ValueError if the shapes do not fit together.
    """

    species: tuple[str, ...]
    times: np.ndarray
    concentrations: np.ndarray

    def __init__(self, species: Iterable[str], times: ArrayLike, concentrations: ArrayLike) -> None:
        names = tuple(species)
        t = np.array(times, dtype=float)
        x = np.array(concentrations, dtype=float)
        if t.ndim != 1:
            raise ValueError(f"Argument `times` must have the shape (T,), but it has {t.shape}.")
        if x.shape != (len(t), len(names)):
            raise ValueError(
                f"Argument `concentrations` must have the shape {(len(t), len(names))} for {len(t)} times and "
                f"{len(names)} species, but it has {x.shape}."
            )
        for array in (t, x):
            array.setflags(write=False)
        object.__setattr__(self, "species", names)
        object.__setattr__(self, "times", t)
        object.__setattr__(self, "concentrations", x)

    def __getitem__(self, species: str) -> np.ndarray:
        """The concentrations of one species, (T,). Raises KeyError with the likely spelling for an unknown one."""
        if species not in self.species:
            raise KeyError(f"no species {species!r}{suggestion(species, self.species)}")
        return self.concentrations[:, self.species.index(species)]

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        count = f"{len(self)} time{'' if len(self) == 1 else 's'}"
        span = f" from {self.times[0]:g} to {self.times[-1]:g}" if len(self) else ""
        shown = ", ".join(self.species[:8]) + (", …" if len(self.species) > 8 else "")
        return f"<Trajectory: {count}{span}, {len(self.species)} species: {shown}>"

    def plot(self) -> bqplot.Figure:
        """A bqplot figure with one line a species, in the colours of the other views."""
        import bqplot

        scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale()}
        lines = [
            bqplot.Lines(
                x=self.times,
                y=self.concentrations[:, i],
                scales=scales,
                colors=[color(i)],
                labels=[name],
                display_legend=True,
            )
            for i, name in enumerate(self.species)
        ]
        axes = [
            bqplot.Axis(scale=scales["x"], label="time"),
            bqplot.Axis(scale=scales["y"], label="concentration", side="left", label_offset="40px"),
        ]
        return bqplot.Figure(marks=lines, axes=axes, legend_location="top-right")

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame with a column a species and the times as index, called "time".

        Raises ImportError if pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise ImportError("Trajectory.to_dataframe needs pandas: pip install pandas") from error
        index = pandas.Index(self.times, name="time")
        return pandas.DataFrame(self.concentrations, index=index, columns=list(self.species))


class SimulationError(RuntimeError):
    """The integration could not go on.

    Attributes:
        species: the one whose concentration ran away or changed too fast.
        time: how far the integration came.
        trajectory: the trajectory at the requested times up to then.
    """

    def __init__(self, message: str, species: str, time: float, trajectory: Trajectory) -> None:
        super().__init__(message)
        self.species = species
        self.time = time
        self.trajectory = trajectory

    def __reduce__(self) -> tuple[object, ...]:
        return SimulationError, (str(self), self.species, self.time, self.trajectory)


def suggestion(name: object, known: Iterable[str]) -> str:
    """`, did you mean 'X'?` where some known name is close, else the known ones; for the end of a message."""
    names = list(known)
    close = difflib.get_close_matches(str(name), names, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are {', '.join(names[:8])}{', …' if len(names) > 8 else ''}"
