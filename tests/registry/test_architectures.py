from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata

import pytest

import registry
from registry import architectures as room, plugins


@pytest.fixture(autouse=True)
def clean_session() -> Iterator[None]:
    kept = dict(room._session)
    yield
    plugins.forget()
    room._session.clear()
    room._session.update(kept)


def entry_point(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    *providers: str,
    group: str = room.GROUP,
) -> None:
    """Adds an installed plugin's entry point, once a provider."""

    class Distribution:
        def __init__(self, name: str) -> None:
            self.name = name

    class Point:
        def __init__(self, provider: str) -> None:
            self.name, self.value, self.dist = name, value, Distribution(provider)

    real = metadata.entry_points
    points = [*real(group=group), *(Point(provider) for provider in providers)]
    monkeypatch.setattr(
        metadata,
        "entry_points",
        lambda *, group: points if group == for_group else real(group=group),
    )
    for_group = group
    plugins.forget()


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


def test_what_is_no_name_is_said() -> None:
    with pytest.raises(registry.SeqzooError, match=r"e\.g\. 'bpnet'.*3 \(int\)"):
        registry.builder(3)  # type: ignore[arg-type]
    with pytest.raises(registry.SeqzooError, match=r'@zoo\.register\("my_net"\)'):

        @registry.register  # type: ignore[arg-type]
        def my_net() -> None: ...


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
    listed = {a.name: a.problem for a in registry.list_architectures()}
    # What is missing shows without an import, the rest once it was tried.
    assert (listed["broken"] is not None) == value.startswith("no_such")
    with pytest.raises(registry.PluginError, match=f"broken-package.*{reason}"):
        registry.builder("broken")
    listed = {a.name: a.problem for a in registry.list_architectures()}
    assert listed["broken"] is not None
    if not value.startswith("no_such"):
        assert reason in listed["broken"]
    assert callable(registry.builder("seqzoo:kmer"))


def test_a_name_that_two_have_does_not_change_what_a_release_means(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry_point(monkeypatch, "kmer", "json:loads", "a-package", "z-package")
    prefer = ("my_pkg", registry.OWN)
    assert registry.find_architecture("kmer", prefer).provider == "seqzoo"
    prefer = ("z-package", registry.OWN)
    assert registry.find_architecture("kmer", prefer).provider == "z-package"
    with pytest.raises(registry.UnknownNameError):
        registry.find_architecture("no_such_net", prefer)


@pytest.mark.parametrize(("version", "works"), [("1", True), ("2", False)])
def test_the_version_of_the_plugin_interface_is_checked(
    monkeypatch: pytest.MonkeyPatch, version: str, works: bool
) -> None:
    entry_point(monkeypatch, version, "json", "new-package", group=plugins.API_GROUP)
    entry_point(monkeypatch, "new_net", "json:loads", "new-package")
    (listed,) = [a for a in registry.list_architectures() if a.name == "new_net"]
    assert (listed.problem is None) == works
    if works:
        assert callable(registry.builder("new_net"))
        return
    with pytest.raises(registry.PluginError, match=r"needs version 2.*has version 1"):
        registry.builder("new_net")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def f(): pass", None),
        ("import time; time.sleep(60)", "did not end within"),
        ("import os; os._exit(7)", "status 7"),
        ("1 / 0", "ZeroDivisionError"),
        ("f = 3", "not a function"),
    ],
)
def test_a_probe_survives_any_import(
    monkeypatch: pytest.MonkeyPatch, tmp_path, code: str, reason: str | None
) -> None:
    (tmp_path / "probed_plugin.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    problem = plugins.probe("probed_plugin:f", seconds=3)
    assert problem is None if reason is None else reason in problem


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
        "heavy = {'numpy', 'keras', 'tensorflow', 'jax', 'torch', 'h5py', 'rich', "
        "'ssl'}; "
        "sys.exit(', '.join(heavy & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_description_is_read_without_running_the_plugin(
    monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    package = tmp_path / "described_plugin"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit(3)")
    (package / "nets.py").write_text(
        'raise SystemExit(3)\n\ndef net():\n    """Reads DNA.\n\n    More."""\n'
    )
    (package / "garbled.py").write_text("def net(:")
    monkeypatch.syspath_prepend(tmp_path)
    for target, line in [
        ("described_plugin.nets:net", "Reads DNA."),
        ("described_plugin.nets:other", ""),
        ("described_plugin.garbled:net", ""),
        ("described_plugin.none:net", ""),
        ("math:sqrt", ""),
    ]:
        found = registry.Architecture("net", target, "described-plugin")
        assert found.description == line


def test_a_sessions_description_is_its_docstring() -> None:
    @registry.register("described_net")
    def build():
        """Reads DNA.

        More.
        """

    (found,) = [a for a in registry.list_architectures() if a.name == "described_net"]
    assert found.description == "Reads DNA."
