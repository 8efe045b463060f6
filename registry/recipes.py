"""Names of recipes, which read the weight files of one published program each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from registry.functions import NamedFunction, found_by_name, imported, listed

GROUP = "seqzoo.recipes"


def list_recipes() -> list[NamedFunction]:
    """All known recipes, sorted by name; imports none of them."""
    found = listed(GROUP, NamedFunction)
    return sorted(found, key=lambda recipe: (recipe.name, recipe.provider))


def recipe(name: str) -> Callable[..., Any]:
    """Imports and returns the function of a recipe.

    Args:
        name: The name, or "provider:name" where two packages share it.

    Raises:
        UnknownNameError, DuplicateNameError: There is none, or several are.
        PluginError: Its module cannot be imported, or has no such function.
    """
    found = found_by_name("recipe", name, list_recipes(), example="deepstarr")
    return imported("recipe", found)
