"""Recipes: training runs with the settings of papers, by name; TOML files in tinygnn/recipes/."""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from importlib.resources import files

from tinygnn.settings import TrainSettings


def recipe_names() -> list[str]:
    """The names of all recipes, in order."""
    folder = files("tinygnn") / "recipes"
    return sorted(each.name.removesuffix(".toml") for each in folder.iterdir() if each.name.endswith(".toml"))


def recipe_text(name: str) -> str:
    """The file of a recipe: comments that say what it is and what it gave, then the settings.

    >>> recipe_text("sgc-cora").splitlines()[0]
    '# SGC on Cora: features smoothed twice, and one linear layer.'

    Raises ValueError for an unknown name.
    """
    names = recipe_names()
    if name not in names:
        close = get_close_matches(name, names, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"choose from {', '.join(names)}"
        raise ValueError(f"there is no recipe {name!r}: {hint}")
    return (files("tinygnn") / "recipes" / f"{name}.toml").read_text(encoding="utf-8")


def recipe_title(name: str) -> str:
    """The first line of a recipe's comments."""
    return recipe_text(name).splitlines()[0].removeprefix("# ").rstrip(".")


def recipe_settings(name: str) -> TrainSettings:
    """The settings of a recipe.

    >>> recipe_settings("gcn-karate").hidden
    16
    """
    return TrainSettings.from_dict(tomllib.loads(recipe_text(name)))
