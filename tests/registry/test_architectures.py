from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata

import pytest

import registry
from registry import architectures as room


@pytest.fixture(autouse=True)
def clean_session() -> Iterator[None]:
    kept = dict(room._session)
    yield
    room._session.clear()
    room._session.update(kept)


def entry_point(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, *providers: str
) -> None:
    """Adds an installed plugin's entry point, once a provider."""

    class Distribution:
        def __init__(self, name: str) -> None:
            self.name = name

    class Point:
        def __init__(self, provider: str) -> None:
            self.name, self.value, self.dist = name, value, Distribution(provider)

    real = metadata.entry_points(group=room.GROUP)
    points = [*real, *(Point(provider) for provider in providers)]
    monkeypatch.setattr(room.metadata, "entry_points", lambda group: points)


def test_own_names_come_by_the_entry_points_of_the_distribution() -> None:
    own = metadata.distribution("seqzoo").entry_points.select(group=room.GROUP)
    assert len(own) >= 5
    listed = {
        a.name: a for a in registry.list_architectures() if a.provider == "seqzoo"
    }
    assert {p.name: p.value for p in own} == {n: a.target for n, a in listed.items()}


def test_a_registered_builder_is_found_and_called() -> None:
    @registry.register("my_net")
    def build(*, num_outputs: int = 1) -> tuple[str, int]:
        return ("built", num_outputs)

    assert registry.create("my_net", num_outputs=3) == ("built", 3)
    assert registry.find_architecture("my_net").provider == "session"


def test_running_a_definition_again_replaces_it() -> None:
    for answer in (1, 2):

        @registry.register()
        def my_net(answer: int = answer) -> int:
            return answer

    assert registry.create("my_net") == 2


def test_two_builders_of_one_session_name_are_refused() -> None:
    registry.register("my_net")(test_running_a_definition_again_replaces_it)
    with pytest.raises(registry.DuplicateNameError, match=r"'my_net'.*another name"):
        registry.register("my_net")(clean_session)


def test_misspelt_names_are_corrected() -> None:
    with pytest.raises(registry.UnknownNameError, match=r"Did you mean 'rc_dilated'"):
        registry.builder("rc_dilatd")


def test_two_providers_are_named_and_one_can_be_picked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry_point(monkeypatch, "kmer", "json:loads", "other-package")
    with pytest.raises(
        registry.DuplicateNameError, match=r"'other-package:kmer' or 'seqzoo:kmer'"
    ):
        registry.builder("kmer")
    import json

    assert registry.builder("other-package:kmer") is json.loads


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_module_xyz:f", "ModuleNotFoundError"),
        ("json:no_such_function", "AttributeError"),
        ("leaving_plugin:f", "SystemExit"),
        ("garbled_plugin:f", "SyntaxError"),
    ],
)
def test_a_broken_plugin_breaks_only_its_own_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path, value: str, reason: str
) -> None:
    (tmp_path / "leaving_plugin.py").write_text("raise SystemExit(3)")
    (tmp_path / "garbled_plugin.py").write_text("def f(:")
    monkeypatch.syspath_prepend(tmp_path)
    entry_point(monkeypatch, "broken", value, "broken-package")
    assert "broken" in {a.name for a in registry.list_architectures()}
    with pytest.raises(registry.PluginError, match=f"broken-package.*{reason}"):
        registry.builder("broken")
    assert callable(registry.builder("seqzoo:kmer"))


def test_an_entry_point_that_is_no_function_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry_point(monkeypatch, "constant", "math:pi", "odd-package")
    with pytest.raises(registry.PluginError, match=r"must be a function"):
        registry.builder("constant")


@pytest.mark.parametrize(
    "statement",
    [
        "import zoo; zoo.list_models(); zoo.list_architectures()",
        "from zoo.cli import main; main(['list'])",
        "import zoo.cli; zoo.cli.parser()",
        "import registry",
    ],
)
def test_listing_loads_no_numerical_library(statement: str) -> None:
    code = (
        f"import sys; {statement}; "
        "heavy = {'numpy', 'keras', 'tensorflow', 'jax', 'torch', 'h5py', 'rich'}; "
        "sys.exit(', '.join(heavy & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
