"""How the networks of the zoo, and some more, are made from scratch: a module for each kind of task."""

from __future__ import annotations

from crnwidgets.zoo.recipes import classification, deciders, display, election, flag, gates, oscillators, waveform
from crnwidgets.zoo.recipes.recipe import Made, Recipe

__all__ = ["RECIPES", "Made", "Recipe"]

RECIPES: dict[str, Recipe] = {
    **classification.RECIPES,
    **deciders.RECIPES,
    **display.RECIPES,
    **election.RECIPES,
    **flag.RECIPES,
    **gates.RECIPES,
    **oscillators.RECIPES,
    **waveform.RECIPES,
}
"""All recipes by name; an entry is called after its recipe, some with a number of reactions.

Not each has one: the others show that more can be trained than the zoo holds.
"""
