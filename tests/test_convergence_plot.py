"""ConvergencePlot without a browser: what crosses to it, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import traitlets

from crnwidgets.neural import FeedForward, PolynomialDecay
from crnwidgets.widgets import ConvergencePlot

NN = FeedForward.random((4, 3, 2), activation=PolynomialDecay(3, 0.5), seed=1)
D = np.array([0.3, 0.0, 1.0, 2.0])


@pytest.fixture
def view() -> ConvergencePlot:
    return ConvergencePlot(NN, D)


def test_the_network_crosses_once_as_float32(view: ConvergencePlot) -> None:
    state = view.get_state()
    wire = state["_neurons"]
    assert (wire["sizes"], wire["q"], wire["h"]) == ([4, 3, 2], 3, 0.5)
    weights = np.concatenate([np.asarray(w).ravel() for w in NN.weights])
    np.testing.assert_array_equal(np.frombuffer(wire["weights"], np.float32), weights.astype(np.float32))
    np.testing.assert_array_equal(
        np.frombuffer(wire["biases"], np.float32), np.concatenate(NN.biases).astype(np.float32)
    )
    np.testing.assert_array_equal(np.frombuffer(state["_image"], np.float32), D.astype(np.float32))
    assert (state["starts"], state["highest"], state["seed"]) == (20, 1e6, 0)


def test_begins_with_the_largest_output(view: ConvergencePlot) -> None:
    assert view.node == f"X2_{int(np.argmax(NN(D))) + 1}"
    assert ConvergencePlot(NN, D, node="X1_3").node == "X1_3"
    with pytest.raises(traitlets.TraitError, match="`node` must be one of X1_1 to X2_2, but it is 'X1_4'"):
        view.node = "X1_4"
    with pytest.raises(traitlets.TraitError, match="'X0_1'"):
        ConvergencePlot(NN, D, node="X0_1")


def test_another_network_and_another_image_are_shown(view: ConvergencePlot) -> None:
    view.node = "X1_3"
    view.image = [0.1, 0.2, 0.3, 0.4]
    np.testing.assert_array_equal(np.frombuffer(view._image, np.float32), np.float32([0.1, 0.2, 0.3, 0.4]))
    assert not view.image.flags.writeable
    view.nn = FeedForward.random((4, 3, 5), seed=2)
    assert (view._neurons["sizes"], view._neurons["q"], view.node) == ([4, 3, 5], 2, "X1_3")
    view.nn = FeedForward.random((4, 2))
    assert view.node == "X1_1"  # there is no X1_3 any more
    with pytest.raises(traitlets.TraitError, match="`nn` must have as many inputs as `image`, 4, but it has 3"):
        view.nn = FeedForward.random((3, 2))
    assert view.nn.sizes == (4, 2)


def test_its_image_is_its_own() -> None:
    image = D.copy()
    view = ConvergencePlot(NN, image)
    image[:] = 0
    np.testing.assert_array_equal(view.image, D)


def test_a_hand_sets_what_python_sees(view: ConvergencePlot) -> None:
    view.set_state({"starts": 7, "highest": 50, "seed": 3, "node": "X1_1"})
    assert (view.starts, view.highest, view.seed, view.node) == (7, 50, 3, "X1_1")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("starts", 1), ("starts", 41), ("highest", 0.5), ("highest", 2e6), ("highest", float("nan")), ("seed", -1)],
)
def test_refuses_values_out_of_range(view: ConvergencePlot, name: str, wrong: float) -> None:
    with pytest.raises(traitlets.TraitError, match=f"`{name}` must be from"):
        setattr(view, name, wrong)
    with pytest.raises(traitlets.TraitError, match=f"`{name}` must be from"):
        ConvergencePlot(NN, D, **{name: wrong})


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ([1.0, 2.0], r"must have the shape \(4,\), but it has \(2,\)"),
        ([[0.3, 0.0, 1.0, 2.0]], r"but it has \(1, 4\)"),
        ([0.3, 0.0, 1.0, -2.0], "must be finite and not negative"),
        ([0.3, 0.0, 1.0, np.inf], "must be finite and not negative"),
        ("a digit", "must hold numbers"),
    ],
)
def test_refuses_what_is_no_input(view: ConvergencePlot, image: object, message: str) -> None:
    with pytest.raises(traitlets.TraitError, match=message):
        ConvergencePlot(NN, image)  # type: ignore[arg-type]
    with pytest.raises(traitlets.TraitError, match=message):
        view.image = image
    np.testing.assert_array_equal(view.image, D)


def test_refuses_other_arguments() -> None:
    with pytest.raises(TypeError, match="did you mean `starts`"):
        ConvergencePlot(NN, D, start=3)
    with pytest.raises(TypeError, match="`nn` must be a FeedForward, but it is str"):
        ConvergencePlot("X -> Y", D)  # type: ignore[arg-type]


def test_makes_a_page_of_its_own(view: ConvergencePlot, tmp_path: Path) -> None:
    page = view.save_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert '"sizes": [4, 3, 2]' in page and '"weights": {"base64": ' in page
