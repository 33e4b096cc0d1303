"""REPRODUCTION.md says of each entry of the zoo what its file says."""

import re
from pathlib import Path

import pytest

import crnwidgets as crn
from crnwidgets.zoo.recipes import RECIPES

PAGE = (Path(__file__).parents[1] / "REPRODUCTION.md").read_text(encoding="utf-8")
FIGURES, ROBUST = (
    [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| `")]
    for part in PAGE.split("## How robust")
)


@pytest.mark.parametrize("row", FIGURES, ids=lambda row: row[0].strip("`"))
def test_a_row(row):
    name, _, figures, command, minutes = row
    entry = crn.zoo.entry(name.strip("`"))
    stated = dict(re.findall(r"([\w.]+) ([\d.e+-]+)", figures))
    assert stated == {figure: format(entry.figures[figure], ".4g") for figure in stated} and len(stated) >= 2
    assert command == f"`python -m crnwidgets.zoo train {entry.recipe} --seed {entry.seed}`"
    assert float(minutes) == RECIPES[entry.recipe].minutes


def test_each_recipe_with_entries_has_a_row():
    rows = {crn.zoo.entry(row[0].strip("`")).recipe for row in FIGURES}
    assert rows == {crn.zoo.entry(name).recipe for name in crn.zoo.names()}


def test_the_robustness_of_each_entry_is_there():
    assert [row[0].strip("`") for row in ROBUST] == list(crn.zoo.names())
    assert all(re.fullmatch(r"[\d.]+ %( of \d+)?|–", cell) for row in ROBUST for cell in row[1:])
