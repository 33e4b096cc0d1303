"""How the networks of the zoo are made from scratch: a module for each kind of task."""

from __future__ import annotations

from crnwidgets.zoo.recipes import waveform
from crnwidgets.zoo.recipes.recipe import Made, Recipe

__all__ = ["RECIPES", "Made", "Recipe"]

RECIPES: dict[str, Recipe] = {**waveform.RECIPES}
"""All recipes by name; an entry is called after its recipe, some with a number of reactions."""
