"""BitRaster without a browser: its columns, and what is refused."""

from __future__ import annotations

import pytest
import traitlets

from crnwidgets.network import Network
from crnwidgets.widgets import BitRaster


def rules(bits: int) -> str:
    return "\n".join(f"B{i}lo -X-> B{i}hi\nB{i}hi -Xc-> B{i}lo\nB{i}lo = 1" for i in range(bits))


@pytest.mark.parametrize("bits", [1, 3])
def test_columns_are_inputs_and_bits_the_most_significant_first(bits: int) -> None:
    state = BitRaster(rules(bits)).get_state()
    pairs = [f"B{i}{rail}" for i in reversed(range(bits)) for rail in ("hi", "lo")]
    assert state["_columns"] == ["X", "Xc", *pairs]
    assert (state["rows"], state["problem"]) == (64, "")


def test_bits_stay_those_of_the_first_network() -> None:
    view = BitRaster(rules(2))
    view.network = Network.parse(rules(1))
    assert view.problem.endswith("but it lacks B1hi, B1lo.")
    view.network = Network.parse(rules(2) + "\nB0hi -> A")
    assert view.problem == ""


def test_refuses_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="must have the species X, Xc, B0hi, B0lo, but it lacks B0hi, B0lo"):
        BitRaster("X -> Xc")
    with pytest.raises(ValueError, match="lacks B0lo"):
        BitRaster("B0hi -X-> Xc")
    for rows in (1, 257):
        with pytest.raises(traitlets.TraitError, match="`rows` must be from 2 to 256"):
            BitRaster(rules(1), rows=rows)
    with pytest.raises(TypeError, match="did you mean `rows`"):
        BitRaster(rules(1), row=3)
