"""The zoo: its files are readable rules, do what they say, and hold what the papers reach."""

import itertools

import pytest

import crnwidgets as crn
from crnwidgets.chambers import read
from crnwidgets.learning import Solution
from crnwidgets.tasks import LogicGate, RingElection
from crnwidgets.zoo import __main__ as command
from crnwidgets.zoo.entries import FOLDER, Entry, readable, save
from crnwidgets.zoo.recipes import RECIPES, Made, Recipe

# Error and reaction count of the networks in [DCRN] Figs. 7 and 8.
PUBLISHED = {"squares": [(5.7e-3, 10), (4.3e-3, 16)], "peaks": [(2.4e-4, 10), (1.8e-4, 15)]}


@pytest.mark.parametrize("recipe", PUBLISHED)
def test_a_front_below_the_published_points(recipe):
    found = [crn.zoo.entry(name).figures for name in crn.zoo.names() if crn.zoo.entry(name).recipe == recipe]
    for error, count in PUBLISHED[recipe]:
        assert min(f["error"] for f in found if f["reaction_count"] <= count) < error


def test_every_figure_can_be_measured_again(capsys):
    assert command.main(["check"]) == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == list(crn.zoo.names())


def test_check_finds_a_wrong_figure(tmp_path, monkeypatch, capsys):
    text = (FOLDER / "squares-10.crn").read_text(encoding="utf-8").replace("# error: 0.0", "# error: 0.1")
    (tmp_path / "squares-10.crn").write_text(text, encoding="utf-8")
    monkeypatch.setattr("crnwidgets.zoo.entries.FOLDER", tmp_path)
    assert command.main(["check"]) == 1
    assert "BUT ITS FILE SAYS" in capsys.readouterr().out


@pytest.mark.parametrize("name", crn.zoo.names())
def test_an_entry(name):
    entry, solution = crn.zoo.entry(name), crn.zoo.load(name)
    text = (FOLDER / f"{name}.crn").read_text(encoding="utf-8")
    assert str(entry) == text and Entry.parse(text) == entry and entry.name == name
    assert solution.system == entry.network == read(text) == readable(solution.system)
    assert solution.reaction_count == len(solution.network.reactions) == entry.figures["reaction_count"]
    assert solution.network.species == solution.task.species


def test_names_go_by_size():
    squares = [crn.zoo.load(name).reaction_count for name in crn.zoo.names() if name.startswith("squares-")]
    assert squares == sorted(squares) and squares


def test_a_name_that_is_not_there_brings_the_nearest():
    with pytest.raises(KeyError, match="did you mean 'squares-10'"):
        crn.zoo.load("square-10")


def test_readable_numbers_never_add_up_to_more():
    network = crn.Network.parse("A -0.33333399,B-> B\nA -0.66666601,B-> C\nA = 0.12345678; B = 0; C = 1")
    shorter = readable(network)
    assert [r.rate for r in shorter.reactions] == [0.33333, 0.66666]
    assert dict(shorter.initial) == {"A": 0.12345, "B": 0, "C": 1}
    shorter.to_tensor()


class Meeting(RingElection):
    """A ring whose test is how easily B passes."""

    def __init__(self):
        super().__init__(3, duration=15, batch=2)

    def evaluate(self, solution):
        return {"easily": solution.chambers.permeability["B"], "reaction_count": float(solution.reaction_count)}


RING = (
    "chambers 3 ring\nspecies A, B, C, D, E\nA -0.33333399,B-> B\nE -A-> A\nmembrane B {0.66666666}\nA[2] = 0.123456789"
)


def test_chambers_become_entries_as_well(tmp_path, monkeypatch, capsys):
    chambers = readable(crn.Chambers.parse(RING))
    made = Made({"meeting": Solution.of(Meeting(), chambers)}, {"networks": 1.0})
    monkeypatch.setitem(RECIPES, "meeting", Recipe(Meeting, lambda seed, say: made, minutes=0))
    monkeypatch.setattr("crnwidgets.zoo.entries.FOLDER", tmp_path)
    command.main(["train", "meeting", "--folder", str(tmp_path)])
    assert crn.zoo.names() == ("meeting",)
    entry, solution = crn.zoo.entry("meeting"), crn.zoo.load("meeting")
    assert entry.network == solution.chambers == chambers and solution.network == chambers.network
    assert (entry.figures["easily"], solution.reaction_count) == (0.6667, 2)
    assert entry.figures["loss"] == solution.loss > 0
    assert command.main(["check"]) == 0
    (tmp_path / "meeting.crn").write_text(str(entry).replace("membrane B {0.66666}", "membrane B {0.6}"))
    assert command.main(["check"]) == 1
    assert "BUT ITS FILE SAYS" in capsys.readouterr().out


def test_readable_chambers_have_shorter_numbers_everywhere():
    shorter = readable(crn.Chambers.parse(RING + "\nmembrane C {0.11111111}: 2-3"))
    assert [r.rate for r in shorter.reactions] == [0.33333, 1]
    assert shorter.permeability["B"] == 0.66666 and shorter.permeability["C"] == (0, 0.11111, 0)
    assert shorter.initial[:, 0].tolist() == [0, 0.12345, 0]
    assert crn.Chambers.parse(str(shorter)) == shorter


def test_training_from_scratch_writes_entries(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("crnwidgets.zoo.recipes.waveform._STEPS", 20)
    monkeypatch.setattr("crnwidgets.zoo.recipes.waveform.prune", lambda trainer, least: [trainer.best])
    command.main(["train", "peaks", "--seed", "3", "--folder", str(tmp_path)])
    (path,) = tmp_path.iterdir()
    made = Entry.parse(path.read_text(encoding="utf-8"))
    assert (made.recipe, made.seed) == ("peaks", 3) and made.name == path.stem
    assert made.figures["reaction_count"] == len(made.network.reactions)
    assert "40 networks, 20 steps" in capsys.readouterr().out


def test_a_text_that_is_no_entry_is_refused():
    with pytest.raises(ValueError, match="must begin with the comments of an entry"):
        Entry.parse("# hello\nA -> B")


def test_saving_and_recipes(tmp_path):
    entry = crn.zoo.entry("squares-10")
    assert Entry.parse(save(entry, tmp_path).read_text(encoding="utf-8")) == entry
    assert set(RECIPES) >= {crn.zoo.entry(name).recipe for name in crn.zoo.names()}


def test_recipes_for_all_tables_of_two_inputs_and_some_of_three():
    tasks = {name: recipe.task() for name, recipe in RECIPES.items()}
    tables = {task.table: name for name, task in tasks.items() if isinstance(task, LogicGate)}
    assert set(tables) == set(itertools.product((0, 1), repeat=4))
    assert (tables[0, 1, 1, 0], tables[1, 1, 1, 0]) == ("xor", "gate-1110")
    assert len(set(tables.values()) - set(crn.zoo.names())) == 13
    assert tasks["majority-of-three"].table == (0, 0, 0, 1, 0, 1, 1, 1)
    assert tasks["multiplexer"].table == (0, 0, 1, 1, 0, 1, 0, 1)
