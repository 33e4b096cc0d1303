"""The training Lab in Python: what a hand changes reaches the training, and what is learnt reaches the views."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import traitlets

import crnwidgets as crn
from crnwidgets import Lab, Network
from crnwidgets.runner import Runner
from crnwidgets.tasks import Waveform
from crnwidgets.widgets import training_lab
from crnwidgets.widgets.training_lab import TrainingLab
from tests.own_tasks import FOLLOWS, Follow

PATIENCE = 60  # s; the first step compiles

RING = "species A, B, C\nA -0.5,B-> B  # slow\nB -0.25,C-> C\nC -0.125,A-> A\nA = 0.5\nB = 0.3\nC = 0.2"


@pytest.fixture
def trainer() -> crn.Trainer:
    return crn.Trainer(Waveform.squares(species=3), population=4)


@pytest.fixture
def lab(trainer: crn.Trainer) -> Iterator[TrainingLab]:
    lab = Lab(trainer)
    assert isinstance(lab, TrainingLab)
    yield lab
    lab.close()
    settle(lab.runner)


def settle(runner: Runner) -> None:
    """Wait until all changes are made and nothing trains."""
    runner.pause()
    assert not runner.pending


def wait_for_step(lab: TrainingLab, step: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while lab.trainer.step < step:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def seed(lab: TrainingLab, member: int = 0, text: str = RING) -> None:
    """Put a network of three reactions in a place, and look at it."""
    lab.panel.selected = member
    lab.runner.reseed(member, Network.parse(text))
    settle(lab.runner)
    lab.refresh()


def learnt(lab: TrainingLab, member: int = 0) -> np.ndarray:
    """The sparse rates of a member as the trainer has them."""
    settle(lab.runner)
    rates = lab.trainer.tensors[member].copy()
    rates[:, range(3), range(3)] = 0
    return np.where(rates >= np.float32(lab.trainer.k_min), rates, 0)


def places(network: Network) -> list[Any]:
    return [reaction.catalysis for reaction in network.reactions]


def shown(lab: TrainingLab) -> list[Network]:
    return [lab.network, lab.plot.network, lab.graph.network, lab.equations.network]


def crossed(lab: TrainingLab) -> list[Any]:
    """The reactions that the graph shows as forbidden."""
    return [lab.graph.network.reactions[i].catalysis for i in lab.graph.forbidden]


# -- what it is made of ------------------------------------------------------------------------------------------------


def test_a_lab_of_a_trainer_or_its_runner_is_a_training_lab(trainer: crn.Trainer) -> None:
    for given in (trainer, Runner.of(trainer)):
        lab = Lab(given)
        assert isinstance(lab, TrainingLab) and lab.trainer is trainer and lab.runner is Runner.of(trainer)
        assert lab.plot.duration == 100
        lab.close()
    assert type(Lab("A -> B")) is Lab
    assert Lab(trainer, duration=50).plot.duration == 50


def test_a_lab_of_a_network_loads_no_jax() -> None:
    code = "import sys, crnwidgets; crnwidgets.Lab('A -> B'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"jax", "bqplot", "crnwidgets.learning", "crnwidgets.runner"} & set(loaded)


def test_wrong_arguments_are_refused(trainer: crn.Trainer) -> None:
    with pytest.raises(TypeError, match="TrainingLab has no argument `durations`; did you mean `duration`"):
        Lab(trainer, durations=3)
    with pytest.raises(traitlets.TraitError):
        Lab(trainer, duration=-1)
    with pytest.raises(TypeError, match="Argument `trainer` must be a Trainer"):
        TrainingLab(3)  # type: ignore[arg-type]


def test_the_best_network_is_looked_at_first_and_a_chosen_one_in_all_views(lab: TrainingLab) -> None:
    assert lab.panel.selected == -1
    best = int(np.argmin(lab.trainer.losses))
    for member in (best, 2):
        if member != best:
            lab.pareto.selected = member
        assert lab.panel.selected == lab.population.selected == lab.pareto.selected == (-1 if member == best else 2)
        expected = learnt(lab, member)
        for network in shown(lab):
            np.testing.assert_allclose(np.maximum(network.to_tensor(), 0), expected, rtol=1e-4)
    assert Network.parse(lab.rules) == lab.network


def test_a_closed_lab_pauses_and_takes_its_views_along(trainer: crn.Trainer) -> None:
    lab = Lab(trainer)
    assert isinstance(lab, TrainingLab)
    lab.runner.play()
    parts = (lab, *lab.children, *lab._areas().values())
    lab.close()
    assert all(part.comm is None for part in parts) and not lab.runner.playing
    settle(lab.runner)
    assert np.isfinite(lab.best.loss)


# -- what is shown -----------------------------------------------------------------------------------------------------


def test_numbers_are_short_and_still_a_network_of_the_form(lab: TrainingLab) -> None:
    assert all(len(re.sub(r"^0\.0*|\D", "", f"{r.rate:.12g}")) <= 5 for r in lab.network.reactions)
    rows = np.full((1, 4, 4), 0.3333349)
    rows[0, 0] = [0.9999949, 1e-3, 0, 0]
    shown = training_lab._readable(rows, 1e-3)
    assert (shown.sum(-1) <= 1.0 + 1e-9).all() or (shown[0, 0] >= rows[0, 0].min()).all()
    assert training_lab._readable(np.array([[[0.12345449]]]), 0.1234545)[0, 0, 0] == 0.1234545


def test_a_page_that_asks_is_brought_up_to_date(lab: TrainingLab) -> None:
    before = lab.network
    lab.runner.step(20)
    while lab.runner.trainer.step < 20:
        time.sleep(0.01)
    settle(lab.runner)
    assert lab.network == before
    lab._receive(lab.panel, {"type": "refresh", "id": "x 1"}, [])
    assert lab.network != before
    assert lab.network == lab.plot.network == lab.editor.network == lab.equations.network


def test_what_is_scrubbed_to_is_shown(lab: TrainingLab) -> None:
    lab.panel.selected = 1
    start = lab.network
    lab.runner.step(30)
    while lab.runner.trainer.step < 30:
        time.sleep(0.01)
    settle(lab.runner)
    lab.refresh()
    assert lab.network != start
    lab.runner.scrub(0)
    lab.refresh()
    assert lab.network == start
    lab.runner.scrub(None)


def test_a_text_somebody_writes_in_is_left_alone(lab: TrainingLab) -> None:
    seed(lab)
    text = lab.rules
    lab.editor.editing = True
    seed(lab, text=RING.replace("0.5,", "0.75,"))
    assert lab.rules == text and "0.75" in str(lab.graph.network) and "0.75" in str(lab.equations.network)
    lab.editor.editing = False
    assert "0.75" in lab.rules


# -- what a hand does --------------------------------------------------------------------------------------------------


def test_edited_rules_are_trained_on(lab: TrainingLab) -> None:
    member = int(np.argmin(lab.trainer.losses))
    lab.rules = RING
    assert lab.editor.error is None and lab.panel.selected == member
    assert [tuple(place) for place in np.argwhere(learnt(lab, member))] == [(0, 2, 0), (1, 0, 1), (2, 1, 2)]
    lab.refresh()
    assert lab.rules == RING  # the comment too
    lab.rules = RING.replace("0.25", "0.375")
    assert learnt(lab, member)[2, 1, 2] == pytest.approx(0.375)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("A -> B", "must have the form A -C-> B"),
        ("A -0.6,B-> C\nA -0.6,B-> B", "The rules must have rates of at most 1 in sum"),
        ("A -0.5,X-> B", "'X'"),
        ("A -B-> B\nat 3: A = 1", "The rules must have no interventions"),
    ],
)
def test_rules_that_cannot_be_trained_say_why_and_change_nothing(lab: TrainingLab, text: str, problem: str) -> None:
    seed(lab)
    network, rates = lab.network, learnt(lab)
    lab.rules = text
    assert problem in lab.editor.error["message"] and lab.editor.error["line"] is None
    assert lab.network is network
    np.testing.assert_array_equal(learnt(lab), rates)
    lab.rules = RING
    assert lab.editor.error is None
    with pytest.raises(traitlets.TraitError):
        lab.network = Network.parse("A -> B")
    assert lab.network == Network.parse(RING)


def test_an_assigned_network_takes_the_place(lab: TrainingLab) -> None:
    lab.panel.selected = 3
    lab.network = Network.parse(RING)
    assert learnt(lab, 3)[1, 0, 1] == pytest.approx(0.5)
    assert Network.parse(lab.rules) == lab.network


def test_a_dragged_concentration_stays_and_the_others_share_the_rest(lab: TrainingLab) -> None:
    seed(lab)
    before = learnt(lab)
    lab.plot.initial = {"A": 0.6}
    settle(lab.runner)
    lab.refresh()
    assert dict(lab.network.initial) == pytest.approx({"A": 0.6, "B": 0.24, "C": 0.16}, abs=1e-4)
    np.testing.assert_allclose(learnt(lab), before, rtol=1e-3)
    assert lab.plot.initial == dict(lab.network.initial)
    lab.plot.initial = {"B": 7}
    settle(lab.runner)
    lab.refresh()
    assert dict(lab.network.initial) == pytest.approx({"A": 0, "B": 1, "C": 0}, abs=1e-4)


def test_a_drag_while_it_trains_moves_only_what_the_hand_holds(lab: TrainingLab) -> None:
    seed(lab)
    # The page has other values than Python, because its curves follow the training.
    lab.plot.moved = "A"
    lab.plot.initial = {"A": 0.6, "B": 0.11, "C": 0.33}
    settle(lab.runner)
    lab.refresh()
    assert dict(lab.network.initial) == pytest.approx({"A": 0.6, "B": 0.24, "C": 0.16}, abs=1e-4)


def test_a_concentration_that_the_task_fixes_stays() -> None:
    task = Waveform.from_samples([0, 10], [0.2, 0.4], species=3, initial={"B": 0.25})
    lab = Lab(crn.Trainer(task, population=2))
    assert isinstance(lab, TrainingLab)
    lab.plot.initial = {"B": 0.5}
    settle(lab.runner)
    lab.refresh()
    assert lab.network.initial["B"] == 0.25
    lab.plot.initial = {"A": 0.5}
    settle(lab.runner)
    lab.refresh()
    assert dict(lab.network.initial) == pytest.approx({"A": 0.5, "B": 0.25, "C": 0.25}, abs=1e-4)
    lab.close()


def test_a_clicked_reaction_is_forbidden_until_the_next_click(lab: TrainingLab) -> None:
    seed(lab)
    drawn = places(lab.graph.network)
    index = drawn.index(("B", "C", "C"))
    lab.graph.selected = index
    assert lab.graph.selected == -1 and crossed(lab) == [("B", "C", "C")]
    settle(lab.runner)
    lab.refresh()
    assert not lab.trainer.allowed[0, 2, 1, 2] and lab.trainer.allowed[1:, 2, 1, 2].all()
    # It keeps its place in the drawing, and is no part of the network.
    assert places(lab.graph.network) == drawn and crossed(lab) == [("B", "C", "C")]
    assert ("B", "C", "C") not in places(lab.network) and ("B", "C", "C") not in places(lab.equations.network)
    lab.graph.selected = index
    assert crossed(lab) == []
    settle(lab.runner)
    lab.refresh()
    assert lab.trainer.allowed[0].all() and learnt(lab)[2, 1, 2] == pytest.approx(0.25, rel=1e-4)


def test_forbidden_reactions_belong_to_their_network_and_outlive_the_lab(lab: TrainingLab) -> None:
    seed(lab)
    lab.graph.selected = places(lab.graph.network).index(("A", "B", "B"))
    settle(lab.runner)
    lab.panel.selected = 1
    assert crossed(lab) == []
    again = Lab(lab.trainer)
    assert isinstance(again, TrainingLab)
    again.panel.selected = 0
    assert crossed(again) == [("A", "B", "B")]
    again.rules = RING  # what is written is allowed
    settle(lab.runner)
    again.refresh()
    assert crossed(again) == [] and again.trainer.allowed[0].all()
    again.close()


def test_a_painted_target_is_followed(lab: TrainingLab) -> None:
    assert lab.painter is not None
    lab.painter.preset("sine")
    settle(lab.runner)
    assert lab.trainer.task is lab.painter.task
    np.testing.assert_array_equal(lab.plot.reference["A"][1], lab.painter.values)
    lab.refresh()
    np.testing.assert_allclose(lab.population._about["target"], lab.painter.values)
    other = Waveform.peaks(species=3)
    lab.trainer.task = other
    lab.refresh()
    assert lab.painter.task is other and lab.plot.reference["A"][1] == other.target.tolist()


def test_views_point_at_the_same_reaction(lab: TrainingLab) -> None:
    seed(lab)
    lab.graph.selected = 0  # in the graph only, from now on
    settle(lab.runner)
    lab.refresh()
    place = places(lab.network)[-1]
    lab.editor.hovered = places(lab.editor.network).index(place)
    assert places(lab.graph.network)[lab.graph.hovered] == places(lab.equations.network)[lab.equations.hovered] == place
    lab.graph.hovered = lab.graph.forbidden[0]
    assert lab.editor.hovered == lab.equations.hovered == -1


# -- while it trains ---------------------------------------------------------------------------------------------------


def test_while_it_trains_views_that_cost_time_get_a_share_of_it(lab: TrainingLab) -> None:
    lab.runner.play()
    deadline = time.monotonic() + PATIENCE
    while lab.trainer.step < 50:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    plot = lab.plot.network
    lab.refresh()
    assert lab.plot.network is plot  # moved by the page
    shown = lab.network
    lab._receive(lab.panel, {"type": "refresh", "id": "x 1"}, [])
    assert lab.network is shown and lab._next > time.monotonic()
    settle(lab.runner)
    lab._receive(lab.panel, {"type": "refresh", "id": "x 2"}, [])
    assert lab.plot.network == lab.network


# -- tasks of any kind -------------------------------------------------------------------------------------------------


@pytest.fixture
def follow() -> Iterator[TrainingLab]:
    lab = Lab(Follow())
    assert isinstance(lab, TrainingLab)
    seed(lab, text=FOLLOWS)
    yield lab
    lab.close()
    settle(lab.runner)


def test_a_task_alone_gets_a_trainer_with_a_population_for_its_size(follow: TrainingLab) -> None:
    assert follow.trainer.population == 40
    assert isinstance(follow.trainer.task, Follow) and follow.plot.duration == 40 and follow.painter is None

    class Large(Follow):
        species = (*Follow.species, *"ABCDEFGHIJKLMNOP")
        steps = 4000

        def initial(self, learnt: Any, key: Any) -> Any:
            return jnp.zeros((len(learnt), 16, 20))

    assert training_lab._population(Large()) == 8


def test_a_case_is_shown_with_its_start_and_its_interventions(follow: TrainingLab) -> None:
    for case in (1, 0):
        follow.panel.case = case
        assert follow.population.case == case
        assert dict(follow.plot.network.initial) == {"Yes": case, "No": 1 - case, "On": 0, "Off": 1}
        assert [str(e) for e in follow.plot.network.events] == [f"at 20: Yes = {1 - case}", f"at 20: No = {case}"]
        assert follow.network.initial == follow.plot.network.initial and not follow.network.events
        assert places(follow.plot.network) == places(follow.network) == [("Off", "Yes", "On"), ("On", "No", "Off")]


def test_another_case_is_shown_at_once_while_it_trains(follow: TrainingLab) -> None:
    follow.runner.play()
    wait_for_step(follow, 3)
    follow.panel.case = 1
    assert follow.plot.network.events[0].amount == 0
    moved = [("at 30", event.species, "=", event.amount) for event in follow.plot.network.events]
    follow.plot.events = [[30, *event[1:]] for event in moved]
    follow.refresh()
    assert follow.plot.network.events[0].time == 30  # what a hand moves there stays


def test_concentrations_that_the_task_gives_are_only_tried(follow: TrainingLab) -> None:
    step = follow.trainer.step
    follow.plot.initial = {"Off": 0.5}
    settle(follow.runner)
    assert follow.plot.network.initial["Off"] == 0.5 and follow.panel.selected == 0
    assert follow.trainer.step == step and follow.trainer.snapshot().initial[0, 0, 3] == 1
    follow.refresh()
    assert follow.plot.network.initial["Off"] == 1


def test_rules_of_such_a_task_are_trained_on(follow: TrainingLab) -> None:
    assert follow.trainer.losses[0] < 1e-3
    follow.rules = FOLLOWS.replace("-Yes", "-0.01,Yes")
    settle(follow.runner)
    assert follow.editor.error is None and follow.trainer.losses[0] > 0.1
    follow.rules = FOLLOWS.replace("Off -Yes-> On", "No -Yes-> On")
    assert "which may only act as catalysts" in follow.editor.error["message"]


def test_the_saved_page_has_the_interventions(follow: TrainingLab, tmp_path: Path) -> None:
    follow.panel.case = 1
    page = follow.save_html(tmp_path / "page.html").read_text(encoding="utf-8")
    content = json.loads(re.search(r'id="crn-page">(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    rules = next(view["state"]["rules"] for view in content["views"] if view["area"] == "editor")
    assert Network.parse(rules) == follow.plot.network


# -- cells and files ---------------------------------------------------------------------------------------------------


class Shell:
    """A notebook's shell, as far as the Lab asks it."""

    def __init__(self) -> None:
        self.kernel = self
        self.parent: dict[str, Any] = {}

    def run(self, cell: str | None, execution: str) -> None:
        self.parent = {"header": {"msg_id": execution}, "metadata": {} if cell is None else {"cellId": cell}}

    def get_parent(self, channel: str) -> dict[str, Any]:
        assert channel == "shell"
        return self.parent


def test_a_cell_that_runs_again_closes_what_it_had_made(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = Shell()
    monkeypatch.setattr(training_lab.IPython, "get_ipython", lambda: shell)
    made = []

    def make(cell: str | None, execution: str) -> TrainingLab:
        shell.run(cell, execution)
        lab = Lab(crn.Trainer(Waveform.squares(species=2), population=1))
        assert isinstance(lab, TrainingLab)
        lab.runner.play()
        made.append(lab)
        return lab

    first, beside, other, outside = make("1", "a"), make("1", "a"), make("2", "b"), make(None, "c")
    assert [lab.runner.playing for lab in made] == [True] * 4
    again = make("1", "d")
    assert [lab.runner.playing for lab in (first, beside, other, outside, again)] == [False, False, True, True, True]
    assert first.comm is beside.comm is None and other.comm is not None
    make(None, "e")
    assert outside.runner.playing
    for lab in made:
        lab.close()
    for lab in made:
        settle(lab.runner)


def test_the_saved_page_is_that_of_the_network_looked_at(lab: TrainingLab, tmp_path: Path) -> None:
    seed(lab)
    page = lab.save_html(tmp_path / "page.html").read_text(encoding="utf-8")
    content = json.loads(re.search(r'id="crn-page">(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    views = {view["area"]: view["state"] for view in content["views"]}
    assert list(views) == ["editor", "plot", "graph", "equations"]
    assert Network.parse(views["editor"]["rules"]) == lab.network
    assert views["plot"]["duration"] == 100 and list(views["plot"]["reference"]) == ["A"]
    assert lab.comm is not None


def test_the_saved_page_has_the_further_views(trainer: crn.Trainer, tmp_path: Path) -> None:
    view = crn.widgets.MajorityMap(RING)
    lab = Lab(trainer, views=[view])
    assert isinstance(lab, TrainingLab)
    seed(lab)
    lab.runner.play()
    wait_for_step(lab, 3)
    page = lab.save_html(tmp_path / "page.html").read_text(encoding="utf-8")
    content = json.loads(re.search(r'id="crn-page">(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    views = {view["area"]: view["state"] for view in content["views"]}
    assert list(views) == ["editor", "plot", "graph", "equations", "view-0"]
    saved = Network.parse(views["editor"]["rules"])
    # What the page has moved by itself since is on it too.
    assert views["view-0"]["_network"]["rates"] == [reaction.rate for reaction in saved.reactions]
    assert views["view-0"]["point"] == [saved.initial["A"], saved.initial["B"]]
    assert view.comm is not None
    lab.close()
    settle(lab.runner)


def test_a_task_with_chambers_is_not_shown_yet():
    task = crn.tasks.RingElection(3)
    for given in (task, crn.Trainer(task, population=2)):
        with pytest.raises(ValueError, match=r"RingElection has 3: train it with `trainer.run\(steps\)`"):
            crn.Lab(given)
