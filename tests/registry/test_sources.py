from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

import registry
from registry import sources
from tests.registry.test_releases import model_json, write

STATUS = {"state": "yanked", "superseded_by": "small_v2", "reason": "wrong labels"}


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed distribution that brings the release small_v1."""
    site = tmp_path / "site"
    package = site / "my_pkg" / "releases"
    package.mkdir(parents=True)
    # Importing it would fail, so whoever lists it does not.
    (site / "my_pkg" / "__init__.py").write_text("raise SystemExit('imported')")
    write(package / "small_v1", model_json())
    info = site / "my_pkg-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: my_pkg\nVersion: 1.0\n"
    )
    (info / "entry_points.txt").write_text(
        "[seqzoo.releases]\nmine = my_pkg.releases\nlost = my_pkg.none\n"
    )
    monkeypatch.syspath_prepend(site)
    return package


def test_a_plugins_releases_are_found_without_an_import(
    plugin: Path, shipped: Path
) -> None:
    assert sources.list_releases() == [
        sources.Location("small_v1", plugin / "small_v1", "my_pkg")
    ]
    assert registry.find("small_v1").provider == "my_pkg"
    assert registry.find("small").name == "small_v1"
    assert "my_pkg" not in sys.modules


def test_a_release_that_is_being_written_is_not_listed(shipped: Path) -> None:
    write(shipped / ".release-ab12", model_json())
    assert sources.list_releases() == []


def test_two_providers_of_one_name(plugin: Path, shipped: Path) -> None:
    write(shipped / "small_v1", model_json(description="ours"))
    for name in ("small_v1", "small"):
        with pytest.raises(registry.DuplicateNameError) as error:
            registry.find(name)
        assert "'my_pkg:small_v1' or 'seqzoo:small_v1'" in str(error.value)
    assert registry.find("seqzoo:small_v1").description == "ours"
    assert registry.find("my_pkg:small_v1").folder == plugin / "small_v1"
    assert registry.find("my_pkg:small").folder == plugin / "small_v1"
    with pytest.raises(registry.UnknownNameError):
        registry.find("other:small_v1")


def test_a_status_file_speaks_for_an_immutable_folder(shipped: Path) -> None:
    write(shipped / "small_v1", model_json())
    before = registry.find("small_v1")
    (shipped / "status.json").write_text(json.dumps({"small_v1": STATUS}))
    after = registry.find("small_v1")
    assert (before.status.state, after.status.state) == ("active", "yanked")
    assert before.sha256 == after.sha256
    with pytest.raises(registry.UnknownNameError):
        registry.find("small")  # no active one is left


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        {"small_v1": 1},
        {"small_v1": {}},
        {"small_v1": STATUS | {"state": "x"}},
        {"small_v1": STATUS | {"state": "superseded", "superseded_by": None}},
        {"small_v1": STATUS | {"state": "superseded", "superseded_by": ""}},
        {"small_v1": STATUS | {"reason": None}},
    ],
)
def test_a_wrong_status_file_is_refused(shipped: Path, content: object) -> None:
    write(shipped / "small_v1", model_json())
    text = content if isinstance(content, str) else json.dumps(content)
    (shipped / "status.json").write_text(text)
    with pytest.raises(registry.ReleaseError, match=r"status\.json"):
        registry.find("small_v1")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_and_links_are_not_read(tmp_path: Path) -> None:
    release = registry.read_release(write(tmp_path / "a", model_json()))
    os.mkfifo(tmp_path / "a" / "weights.h5")
    with pytest.raises(registry.ReleaseError, match="a pipe"):
        release.read(release.weights)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "model.json").symlink_to(tmp_path / "a" / "model.json")
    with pytest.raises(registry.ReleaseError, match="symbolic link"):
        registry.read_release(tmp_path / "b")


@pytest.mark.parametrize("package", ["json", "no_such", "json.none", "", ".", "a..b"])
def test_what_is_no_package_is_no_folder(package: str) -> None:
    found = sources.package_folder(package)
    assert found is None or (package == "json" and found.name == "json")
