"""NeuralView without a browser: what it sends, hears and refuses; and the vectors of what it computes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import traitlets

from crnwidgets.dynamics.solver import double_precision
from crnwidgets.neural import FeedForward, PolynomialDecay, simulate
from crnwidgets.widgets import NeuralView

VECTORS = json.loads((Path(__file__).parent / "vectors" / "neurons.json").read_text(encoding="utf-8"))
NN = FeedForward.random((16, 3, 2), activation=PolynomialDecay(3, 0.5), seed=1)
XOR = FeedForward([[[3, -3], [-3, 3]], [[2, 2]]], [[-1, -1], [0]])


def floats(data: bytes) -> np.ndarray:
    return np.frombuffer(data, "<f4")


# -- the numbers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_reproduces_the_vectors_that_the_browser_is_tested_with(vector: dict[str, Any]) -> None:
    sizes = vector["sizes"]
    weights = [np.reshape(w, (c, -1)) for w, c in zip(vector["weights"], sizes[1:], strict=True)]
    nn = FeedForward(weights, vector["biases"], activation=PolynomialDecay(vector["q"], vector["h"]))
    d = np.array(vector["d"])
    with double_precision():
        activations = np.concatenate(nn.activations(d))
    np.testing.assert_allclose(activations, vector["activations"], rtol=1e-9, atol=1e-12)
    trajectory = simulate(nn, d, vector["times"], np.array(vector["initial"]))
    np.testing.assert_allclose(trajectory.concentrations, vector["concentrations"], rtol=1e-6, atol=1e-10)


def test_the_vectors_cover_orders_depths_and_starts() -> None:
    assert {2, 3, 5, 8} <= {vector["q"] for vector in VECTORS}
    assert {3, 4} <= {len(vector["sizes"]) for vector in VECTORS}
    assert {0.0, 1e6} <= {start for vector in VECTORS for start in vector["initial"]}
    assert max(rate for vector in VECTORS for rate in vector["rates"]) > 100


def test_the_network_goes_to_the_browser_as_it_is() -> None:
    state = NeuralView(NN).get_state()["_network"]
    assert (state["sizes"], state["q"], state["h"]) == ([16, 3, 2], 3, 0.5)
    weights = np.concatenate([np.ravel(w) for w in NN.weights])
    np.testing.assert_array_equal(floats(state["weights"]), weights.astype("f4"))
    np.testing.assert_array_equal(floats(state["biases"]), np.concatenate(NN.biases).astype("f4"))


# -- traits ------------------------------------------------------------------------------------------------------------


def test_begins_with_nothing_with_an_image_or_with_the_first_example() -> None:
    assert not NeuralView(NN).image.any()
    image = np.linspace(0, 1, 16)
    np.testing.assert_array_equal(NeuralView(NN, image=image).image, image)
    np.testing.assert_array_equal(NeuralView(XOR, image=[1, 0.25]).image, [1, 0.25])
    images = np.random.default_rng(0).random((150, 16))
    view = NeuralView(NN, examples=(images, np.arange(150) % 2))
    np.testing.assert_array_equal(view.image, images[0])
    sent = view.get_state()["_examples"]
    np.testing.assert_array_equal(floats(sent["images"]).reshape(-1, 16), images[:100].astype("f4"))
    assert sent["labels"] == [0, 1] * 50


def test_outputs_and_answer_follow_image_and_network() -> None:
    image = np.linspace(0, 1, 16)
    view = NeuralView(NN, image=image, names=["left", "right"])
    np.testing.assert_allclose(view.outputs, NN(image))
    assert view.answer == ["left", "right"][int(np.argmax(NN(image)))]
    turned = FeedForward([NN.weights[0], NN.weights[1][::-1]], [NN.biases[0], NN.biases[1][::-1]])
    view.nn = turned
    np.testing.assert_allclose(view.outputs, turned(image))
    np.testing.assert_array_equal(
        floats(view.get_state()["_network"]["weights"])[-6:], turned.weights[1].ravel().astype("f4")
    )
    view.image = np.zeros(16)
    np.testing.assert_allclose(view.outputs, turned(np.zeros(16)))


def test_the_image_follows_the_hand_and_the_page_follows_python() -> None:
    view = NeuralView(XOR)
    seen: list[list[float]] = []
    view.observe(lambda change: seen.append(change.new.tolist()), "image")
    view.set_state({"_image": memoryview(np.array([0.5, 1], "<f4").tobytes())})
    assert view.image.tolist() == [0.5, 1]
    view.image = [1, 0]
    assert floats(view.get_state()["_image"]).tolist() == [1, 0]
    assert seen == [[0.5, 1], [1, 0]]


def test_several_views_may_show_one_network() -> None:
    first, second = NeuralView(XOR, image=[1, 0]), NeuralView(XOR)
    second.nn = FeedForward(XOR.weights, XOR.biases, activation=PolynomialDecay(3))
    assert (first.nn.activation.q, second.nn.activation.q) == (2, 3)
    assert (first.get_state()["_network"]["q"], second.get_state()["_network"]["q"]) == (2, 3)


def test_a_page_holds_network_image_and_examples(tmp_path: Path) -> None:
    text = NeuralView(XOR, image=[1, 0], examples=([[0, 1]], [0])).save_html(tmp_path / "xor.html").read_text("utf-8")
    content = json.loads(text.split('id="crn-page">')[1].split("</script>")[0])
    state = content["views"][0]["state"]
    assert state["_network"]["sizes"] == [2, 2, 1]
    assert state["names"] == ["0"]
    assert set(state["_network"]["weights"]) == set(state["_image"]) == set(state["_examples"]["images"]) == {"base64"}


# -- what does not fit -------------------------------------------------------------------------------------------------


def test_refuses_networks_that_do_not_fit() -> None:
    with pytest.raises(TypeError, match="`nn` must be a FeedForward, but it is of type str"):
        NeuralView("784-40-10")  # type: ignore[arg-type]
    view = NeuralView(NN)
    for sizes in ((15, 3, 2), (16, 3, 3)):
        with pytest.raises(traitlets.TraitError, match="must have 16 inputs and 2 outputs as before"):
            view.nn = FeedForward.random(sizes)
    view.nn = FeedForward.random((16, 5, 4, 2))  # hidden layers may be others
    assert view.get_state()["_network"]["sizes"] == [16, 5, 4, 2]


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ([1, 2, 3], r"must have the shape \(2,\), but it has \(3,\)"),
        ([[1, 2]], r"must have the shape \(2,\), but it has \(1, 2\)"),
        ([1, -1], "must be finite and not negative"),
        ([1, np.inf], "must be finite and not negative"),
        (["a", "b"], "must hold numbers"),
    ],
)
def test_refuses_images_that_are_no_inputs(image: Any, message: str) -> None:
    with pytest.raises(traitlets.TraitError, match=message):
        NeuralView(XOR, image=image)
    view = NeuralView(XOR, image=[1, 0])
    with pytest.raises(traitlets.TraitError, match=message):
        view.image = image
    assert view.image.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ([[1, 0]], "must be images and labels"),
        (([[1, 0, 0]], [0]), r"must have images of the shape \(n, 2\)"),
        (([[1, 0]], [0, 0]), r"labels of \(n,\), but these have \(1, 2\) and \(2,\)"),
        (([[1, -1]], [0]), "images that are finite and not negative"),
        (([[1, 0]], [1]), "whole numbers from 0 to 0 as labels"),
        (([[1, 0]], [0.0]), "whole numbers from 0 to 0 as labels"),
    ],
)
def test_refuses_examples_that_do_not_fit(examples: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NeuralView(XOR, examples=examples)


def test_refuses_unknown_keywords_and_wrong_names() -> None:
    with pytest.raises(TypeError, match="did you mean `image`"):
        NeuralView(XOR, images=[1, 0])
    with pytest.raises(traitlets.TraitError, match="a name for each of 2 outputs"):
        NeuralView(NN, names=["one"])
