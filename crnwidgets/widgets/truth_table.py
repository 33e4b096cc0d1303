"""What a logic gate computes: its truth table as chemistry, with inputs to switch ([DCRN] section 4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import traitlets

from crnwidgets.network import Network
from crnwidgets.widgets.base import as_network
from crnwidgets.widgets.computing_view import ComputingView

__all__ = ["TruthTable"]

_MOST_INPUTS = 4


class Gate(Protocol):
    """What a task says of the gate that it asks for: species of inputs and outputs, and one output a row."""

    @property
    def inputs(self) -> Sequence[str]: ...
    @property
    def outputs(self) -> Sequence[str]: ...
    @property
    def table(self) -> Sequence[int]: ...


class TruthTable(ComputingView, bundle="truth_table"):
    """The truth table of a network in dual rail: X = 1 is Xhi = 1 and Xlo = 0.

    At first each row shows what the outputs settle to from the network's initial concentrations. Press an input, and it
    is switched as the network stands: the outputs are seen to settle anew, and the row keeps what they come to.

    Arguments:
        network: a `Network`, or rule text, with pairs of species whose names end in "hi" and "lo".
        expected: the right outputs, a number 0 or 1 for each row (one for each output if these are several), the last
            input changing fastest; or a task, such as `LogicGate`, that says so and names inputs and outputs.
        inputs, outputs: names without "hi" and "lo". Left out: inputs are the pairs that no reaction changes, outputs
            all others.
        chosen, tolerance, duration: the traits below.

    Traits:
        network: the network that computes; its inputs and outputs stay those of the first one.
        chosen: the inputs at the moment, 0 or 1 each.
        tolerance: how far a concentration may be from 0 or 1.
        duration: for how long the outputs may settle.

    Raises TypeError for an unknown keyword argument, ValueError where inputs or outputs cannot be told, there are more
    than 4 inputs, or what is expected does not fit them.
    """

    chosen = traitlets.List(traitlets.Int(), help="The inputs at the moment.").tag(sync=True)
    tolerance = traitlets.Float(0.1, help="How far a concentration may be from 0 or 1.").tag(sync=True)
    _table = traitlets.Dict(help="Names of inputs and outputs, and what is expected.").tag(sync=True)

    def __init__(
        self,
        network: Network | str,
        expected: Sequence[Any] | Gate | None = None,
        *,
        inputs: Sequence[str] | None = None,
        outputs: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        network = as_network(network)
        table: Any = expected
        if expected is not None and not isinstance(expected, Sequence):
            table = expected.table
            inputs = _variables(expected.inputs) if inputs is None else inputs
            outputs = _variables(expected.outputs) if outputs is None else outputs
        self._inputs, self._outputs = _roles(network, inputs, outputs)
        self._expected = _rows(table, len(self._inputs), len(self._outputs))
        super().__init__(network, **kwargs)

    def _needed(self) -> Iterable[str]:
        return [name + rail for name in (*self._inputs, *self._outputs) for rail in ("hi", "lo")]

    @traitlets.default("_table")
    def _default_table(self) -> dict[str, Any]:
        return {"inputs": self._inputs, "outputs": self._outputs, "expected": self._expected}

    @traitlets.default("chosen")
    def _default_chosen(self) -> list[int]:
        return [0] * len(self._inputs)

    @traitlets.validate("chosen")
    def _check_chosen(self, proposal: Any) -> list[int]:
        count = len(self._table["inputs"])
        if len(proposal.value) != count or not set(proposal.value) <= {0, 1}:
            raise traitlets.TraitError(
                f"Argument `chosen` must be 0 or 1 for each of {count} inputs, but it is {proposal.value}."
            )
        return proposal.value

    @traitlets.validate("tolerance")
    def _check_tolerance(self, proposal: Any) -> float:
        if not 0 < proposal.value < 0.5:
            raise traitlets.TraitError(f"Argument `tolerance` must be from 0 to 0.5, but it is {proposal.value}.")
        return proposal.value


def _variables(species: Iterable[str]) -> list[str]:
    """The names of which both rails are among some species."""
    names = list(species)
    return [name[:-2] for name in names if name.endswith("hi") and name[:-2] + "lo" in names]


def _roles(
    network: Network, inputs: Sequence[str] | None, outputs: Sequence[str] | None
) -> tuple[list[str], list[str]]:
    """The names of inputs and outputs; ValueError where there are none, or too many."""
    pairs = _variables(network.species)
    if inputs is None:
        changed = {name for reaction in network.reactions for name in reaction.change}
        inputs = [name for name in pairs if not {name + "hi", name + "lo"} & changed and name not in (outputs or ())]
    if outputs is None:
        outputs = [name for name in pairs if name not in inputs]
    if not inputs or not outputs:
        raise ValueError(
            "Argument `network` must have species like Xhi and Xlo that only catalyse, the inputs, and others like Zhi "
            f"and Zlo, the outputs, but as inputs it has {list(inputs)} and as outputs {list(outputs)}; if these are "
            "others, name them as `inputs` and `outputs`."
        )
    if len(inputs) > _MOST_INPUTS:
        raise ValueError(f"Argument `inputs` must be at most {_MOST_INPUTS} names, but it is {list(inputs)}.")
    return list(inputs), list(outputs)


def _rows(expected: Sequence[Any] | None, inputs: int, outputs: int) -> list[list[int]]:
    """What is expected, row by row; none where nothing is."""
    if expected is None:
        return []
    rows = [list(row) if isinstance(row, Sequence) else [row] for row in expected]
    if len(rows) != 2**inputs or any(len(row) != outputs or not set(row) <= {0, 1} for row in rows):
        each = "0 or 1" if outputs == 1 else f"{outputs} times 0 or 1"
        raise ValueError(
            f"Argument `expected` must be {each} for each of {2**inputs} rows of inputs, but it is {expected!r}."
        )
    return [[int(value) for value in row] for row in rows]
