"""REPRODUCTION.md says of each entry of the zoo what its file says."""

import re
from pathlib import Path

import pytest

import crnwidgets as crn
from crnwidgets.zoo.recipes import RECIPES

PAGE = (Path(__file__).parents[1] / "REPRODUCTION.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip("`"))
def test_a_row(row):
    name, _, figures, command, minutes = row
    entry = crn.zoo.entry(name.strip("`"))
    stated = dict(re.findall(r"([\w.]+) ([\d.e+-]+)", figures))
    assert stated == {figure: format(entry.figures[figure], ".4g") for figure in stated} and len(stated) >= 2
    assert command == f"`python -m crnwidgets.zoo train {entry.recipe} --seed {entry.seed}`"
    assert float(minutes) == RECIPES[entry.recipe].minutes


def test_each_recipe_with_entries_has_a_row():
    rows = {crn.zoo.entry(row[0].strip("`")).recipe for row in ROWS}
    assert rows == {crn.zoo.entry(name).recipe for name in crn.zoo.names()}
