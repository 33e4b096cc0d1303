"""ParetoPlot without a browser: the front, what is drawn of a frame, and the choice of a member."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import traitlets
from hypothesis import given
from hypothesis import strategies as st

import crnwidgets as crn
from crnwidgets.runner import Runner
from crnwidgets.tasks import Waveform
from tests.charts import Page, advance, frame


@pytest.fixture(scope="module")
def trainer() -> crn.Trainer:
    return crn.Trainer(Waveform.squares(3), population=4)


@pytest.fixture
def plot(trainer: crn.Trainer) -> Iterator[Any]:
    plot = crn.widgets.ParetoPlot(trainer)
    yield plot
    plot.close()


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 6)), min_size=1, max_size=20))
def test_nothing_surpasses_the_front_and_it_surpasses_all_else(networks: list[tuple[int, int]]) -> None:
    from crnwidgets.learning.solution import front

    counts, losses = np.array(networks).T
    found = front(counts, losses.astype(float))
    on = list(zip(counts[found], losses[found], strict=True))
    assert on == sorted(set(on))
    for count, loss in networks:
        assert any(c <= count and f <= loss for c, f in on)
        assert ((count, loss) in on) == (
            not any(c <= count and f <= loss and (c, f) != (count, loss) for c, f in networks)
        )


def test_draws_each_network_and_the_front(plot: Any) -> None:
    plot._show(frame(losses=[0.2, 0.05, 0.1, 0.03], counts=[7, 12, 12, 30]))
    assert plot._dots.x.tolist() == [7, 12, 12, 30]
    np.testing.assert_allclose(plot._dots.y, [0.2, 0.05, 0.1, 0.03], rtol=1e-6)
    assert plot._dots.names.tolist() == ["0", "1", "2", "3"]
    assert plot._front.x.tolist() == [7, 12, 30]
    x, y = (axis.scale for axis in plot.figure.axes)
    assert (x.min, x.max, y.min, y.max) == (0, 35, 0.01, 1)


def test_leaves_out_what_was_left_out(plot: Any) -> None:
    plot._show(frame(losses=[np.inf, 0.05, np.nan, 0.0], counts=[7, 12, 12, 30]))
    assert plot._dots.names.tolist() == ["1", "3"]
    assert (plot._dots.y > 0).all()
    before = plot._dots.y
    plot._show(frame(losses=[np.inf] * 4, counts=[0] * 4))  # nothing to draw
    np.testing.assert_array_equal(plot._dots.y, before)


def test_follows_its_run(plot: Any, trainer: crn.Trainer) -> None:
    page = Page(plot)
    page.post({"type": "ready"})
    first = page.frame()
    np.testing.assert_allclose(plot._dots.y, trainer.losses, rtol=1e-5)
    advance(trainer, 3)
    page.post({"type": "ack", "painted": first["id"]})
    assert page.frame()["id"] > first["id"]
    np.testing.assert_allclose(plot._dots.y, trainer.losses, rtol=1e-5)
    np.testing.assert_array_equal(plot._dots.x, trainer.reaction_counts)


def test_a_page_chooses_a_member_and_is_told_of_it(plot: Any) -> None:
    plot._layer.set_state({"selected": 2})
    assert plot.selected == 2
    plot.selected = -1
    assert plot._layer.selected == -1
    for wrong in (4, -2):
        with pytest.raises(traitlets.TraitError, match="one of 4 members"):
            plot.selected = wrong
        assert (plot.selected, plot._layer.selected) == (-1, -1)


def test_a_page_that_chooses_no_member_is_put_right(plot: Any) -> None:
    page = Page(plot)
    plot._layer.set_state({"selected": 9})
    assert (plot.selected, plot._layer.selected) == (-1, -1)
    assert page.state["selected"] == -1


def test_refuses_wrong_arguments(trainer: crn.Trainer) -> None:
    with pytest.raises(TypeError, match="did you mean `selected`"):
        crn.widgets.ParetoPlot(trainer, select=1)
    with pytest.raises(TypeError, match="`trainer` must be a Trainer"):
        crn.widgets.ParetoPlot("squares")
    with pytest.raises(traitlets.TraitError, match="one of 4 members"):
        crn.widgets.ParetoPlot(trainer, selected=4)
    plot = crn.widgets.ParetoPlot(Runner.of(trainer), selected=3)
    assert plot._layer.selected == 3
    plot.close()


def test_a_closed_plot_follows_nothing(trainer: crn.Trainer) -> None:
    plot = crn.widgets.ParetoPlot(trainer)
    parts = (plot, *plot.children, *plot.figure.axes, *plot.figure.marks)
    page = Page(plot)
    plot.close()
    assert all(part.comm is None for part in parts)
    advance(trainer, 1)
    assert page.frames.empty()
