"""The results of a simulation, and the error that carries the part of one there was before a failure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from crnwidgets.palette import color

if TYPE_CHECKING:
    import bqplot
    import pandas

__all__ = ["ChambersTrajectory", "SimulationError", "Trajectory", "suggestion"]


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
        names, t, x = _hold(self, species, times, concentrations)
        if x.shape != (len(t), len(names)):
            raise ValueError(
                f"Argument `concentrations` must have the shape {(len(t), len(names))} for {len(t)} times and "
                f"{len(names)} species, but it has {x.shape}."
            )

    def __getitem__(self, species: str) -> np.ndarray:
        """The concentrations of one species, (T,). Raises KeyError with the likely spelling for an unknown one."""
        return self.concentrations[:, _index(self.species, species)]

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        return f"<Trajectory: {_span(self.times)}, {_list(self.species)}>"

    def plot(self, species: Iterable[str] | None = None) -> bqplot.Figure:
        """A bqplot figure with one line a species, in the colours of the other views.

        Arguments:
            species: which ones; left out: all.

        Raises KeyError with the likely spelling for an unknown one.
        """
        chosen = range(len(self.species)) if species is None else [_index(self.species, name) for name in species]
        return _figure(self.times, self.concentrations, self.species, chosen)

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame with a column a species and the times as index, called "time".

        Raises ImportError if pandas is not installed.
        """
        pandas = _pandas()
        index = pandas.Index(self.times, name="time")
        return pandas.DataFrame(self.concentrations, index=index, columns=list(self.species))


@dataclass(frozen=True, eq=False, repr=False, init=False)
class ChambersTrajectory:
    """Concentrations over time in several chambers; `trajectory["A"]` are those of one species, (T, C).

    Attributes:
        species: N names.
        times: (T,), increasing, in the unit of time of the rates, read-only.
        concentrations: (T, C, N), float64, read-only.

    Raises ValueError if the shapes do not fit together.
    """

    species: tuple[str, ...]
    times: np.ndarray
    concentrations: np.ndarray

    def __init__(self, species: Iterable[str], times: ArrayLike, concentrations: ArrayLike) -> None:
        names, t, x = _hold(self, species, times, concentrations)
        if x.ndim != 3 or x.shape[::2] != (len(t), len(names)):
            raise ValueError(
                f"Argument `concentrations` must have the shape ({len(t)}, C, {len(names)}) for {len(t)} times and "
                f"{len(names)} species, but it has {x.shape}."
            )

    def __getitem__(self, species: str) -> np.ndarray:
        """One species in every chamber, (T, C). Raises KeyError with the likely spelling for an unknown one."""
        return self.concentrations[:, :, _index(self.species, species)]

    def __len__(self) -> int:
        return len(self.times)

    def __repr__(self) -> str:
        count = self.concentrations.shape[1]
        where = f", {count} chamber{'' if count == 1 else 's'}"
        return f"<ChambersTrajectory: {_span(self.times)}{where}, {_list(self.species)}>"

    def chamber(self, chamber: int) -> Trajectory:
        """What happens in one chamber, counted from 0. Raises IndexError where there is no such chamber."""
        count = self.concentrations.shape[1]
        if not 0 <= chamber < count:
            raise IndexError(f"no chamber {chamber}; there are chambers 0 to {count - 1}")
        return Trajectory(self.species, self.times, self.concentrations[:, chamber])

    def plot(self, species: str) -> bqplot.Figure:
        """A bqplot figure of one species with one line a chamber, labelled from 1 on as in rules and pictures."""
        values = self[species]
        chambers = range(values.shape[1])
        return _figure(self.times, values, [f"{species}[{i + 1}]" for i in chambers], chambers)

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas DataFrame with a column for each (chamber, species), chambers from 0, and the times as index.

        Raises ImportError if pandas is not installed.
        """
        pandas = _pandas()
        chambers = range(self.concentrations.shape[1])
        columns = pandas.MultiIndex.from_product([chambers, self.species], names=["chamber", "species"])
        index = pandas.Index(self.times, name="time")
        return pandas.DataFrame(self.concentrations.reshape(len(self), -1), index=index, columns=columns)


class SimulationError(RuntimeError):
    """The integration could not go on.

    Attributes:
        species: the one whose concentration ran away or changed too fast; in chamber 2 of several "A[2]".
        time: how far the integration came.
        trajectory: the trajectory at the requested times up to then.
    """

    def __init__(self, message: str, species: str, time: float, trajectory: Trajectory | ChambersTrajectory) -> None:
        super().__init__(message)
        self.species = species
        self.time = time
        self.trajectory = trajectory

    def __reduce__(self) -> tuple[object, ...]:
        return SimulationError, (str(self), self.species, self.time, self.trajectory)


def _hold(
    trajectory: Any, species: Iterable[str], times: ArrayLike, concentrations: ArrayLike
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Set the attributes of a trajectory to read-only copies, and return them."""
    names = tuple(species)
    t = np.array(times, dtype=float)
    x = np.array(concentrations, dtype=float)
    if t.ndim != 1:
        raise ValueError(f"Argument `times` must have the shape (T,), but it has {t.shape}.")
    for array in (t, x):
        array.setflags(write=False)
    object.__setattr__(trajectory, "species", names)
    object.__setattr__(trajectory, "times", t)
    object.__setattr__(trajectory, "concentrations", x)
    return names, t, x


def suggestion(name: object, known: Iterable[str]) -> str:
    """`, did you mean 'X'?` where some known name is close, else the known ones; for the end of a message."""
    names = list(known)
    close = difflib.get_close_matches(str(name), names, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are {', '.join(names[:8])}{', …' if len(names) > 8 else ''}"


def _index(names: tuple[str, ...], species: str) -> int:
    if species not in names:
        raise KeyError(f"no species {species!r}{suggestion(species, names)}")
    return names.index(species)


def _span(times: np.ndarray) -> str:
    count = f"{len(times)} time{'' if len(times) == 1 else 's'}"
    return count + (f" from {times[0]:g} to {times[-1]:g}" if len(times) else "")


def _list(names: tuple[str, ...]) -> str:
    return f"{len(names)} species: {', '.join(names[:8])}{', …' if len(names) > 8 else ''}"


def _figure(times: np.ndarray, columns: np.ndarray, labels: Sequence[str], chosen: Iterable[int]) -> bqplot.Figure:
    """One line for each chosen one of the columns, (T, lines)."""
    import bqplot

    scales = {"x": bqplot.LinearScale(), "y": bqplot.LinearScale()}
    lines = [
        bqplot.Lines(
            x=times, y=columns[:, i], scales=scales, colors=[color(i)], labels=[labels[i]], display_legend=True
        )
        for i in chosen
    ]
    axes = [
        bqplot.Axis(scale=scales["x"], label="time"),
        bqplot.Axis(scale=scales["y"], label="concentration", side="left", label_offset="40px"),
    ]
    return bqplot.Figure(marks=lines, axes=axes, legend_location="top-right")


def _pandas() -> ModuleType:
    try:
        import pandas
    except ImportError as error:
        raise ImportError("Trajectory.to_dataframe needs pandas: pip install pandas") from error
    return pandas
