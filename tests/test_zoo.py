"""The zoo: its files are readable rules, do what they say, and hold what the papers reach."""

import pytest

import crnwidgets as crn
from crnwidgets.zoo import __main__ as command
from crnwidgets.zoo.entries import FOLDER, Entry, readable, save
from crnwidgets.zoo.recipes import RECIPES

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
    assert solution.network == crn.Network.parse(text) == readable(solution.network)
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
