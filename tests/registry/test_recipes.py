from __future__ import annotations

from importlib import metadata

import pytest

import registry
from registry import plugins, recipes
from tests.registry.test_architectures import entry_point


@pytest.fixture(autouse=True)
def forget():
    yield
    plugins.forget()


def test_own_recipes_come_by_the_entry_points_of_the_distribution() -> None:
    own = metadata.distribution("seqzoo").entry_points.select(group=recipes.GROUP)
    listed = [r for r in registry.list_recipes() if r.provider == "seqzoo"]
    assert {p.name: p.value for p in own} == {r.name: r.target for r in listed}
    assert all(recipe.description for recipe in listed)


def test_a_plugin_brings_a_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    entry_point(monkeypatch, "theirs", "json:loads", "my-pkg", group=recipes.GROUP)
    assert registry.recipe("theirs")("1") == 1
    assert registry.recipe("my-pkg:theirs")("2") == 2


def test_two_providers_of_one_recipe_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    name = registry.list_recipes()[0].name
    entry_point(monkeypatch, name, "json:loads", "my-pkg", group=recipes.GROUP)
    with pytest.raises(registry.DuplicateNameError, match=f"'my-pkg:{name}' or 'seqzo"):
        registry.recipe(name)


@pytest.mark.parametrize("target", ["no_such_module:f", "json:no_such", "math:pi"])
def test_a_broken_recipe_breaks_itself_only(
    monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    entry_point(monkeypatch, "broken", target, "my-pkg", group=recipes.GROUP)
    with pytest.raises(registry.PluginError, match="The recipe 'broken' of my-pkg"):
        registry.recipe("broken")
    assert callable(registry.recipe("deepstarr"))


def test_misspelt_recipes_are_corrected() -> None:
    with pytest.raises(registry.UnknownNameError, match="Did you mean 'deepstarr'"):
        registry.recipe("deepstar")
