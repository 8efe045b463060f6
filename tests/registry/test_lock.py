from __future__ import annotations

import json
from pathlib import Path

import pytest

import registry
from tests.registry.server import Server
from tests.registry.test_releases import model_json, write
from tests.registry.test_remote import publish
from zoo.cli import main


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place with small_v1, to which a test can add."""
    place = tmp_path / "shipped"
    place.mkdir()
    write(place / "small_v1", model_json())
    monkeypatch.setattr("registry.sources.shipped_folder", lambda: place)
    return place


def add_version(place: Path, version: int) -> None:
    name = f"small_v{version}"
    write(place / name, model_json(name=name, version=version))


def test_a_locked_name_keeps_its_meaning(shipped: Path, tmp_path: Path) -> None:
    path = tmp_path / "seqzoo.lock"
    locked = registry.write_lock(["small"], path)
    add_version(shipped, 2)
    assert registry.find("small").name == "small_v2"
    assert registry.find_locked("small", locked).name == "small_v1"
    assert registry.read_lock(path) == locked


def test_other_bits_are_refused(shipped: Path, tmp_path: Path) -> None:
    locked = registry.write_lock(["small_v1"], tmp_path / "seqzoo.lock")
    write(shipped / "small_v1", model_json(description="changed after its release"))
    with pytest.raises(
        registry.IntegrityError, match="not the release that was locked"
    ):
        registry.find_locked("small_v1", locked)


def test_names_are_added_and_misspelt_ones_suggested(
    shipped: Path, tmp_path: Path
) -> None:
    path = tmp_path / "seqzoo.lock"
    registry.write_lock(["small_v1"], path)
    add_version(shipped, 2)
    locked = registry.write_lock(["small_v2"], path)
    assert sorted(locked) == ["small_v1", "small_v2"]
    with pytest.raises(registry.UnknownNameError, match="'small_v1'"):
        registry.find_locked("smal_v1", locked)
    with pytest.raises(registry.UnknownNameError):
        registry.write_lock(["none_v1"], path)
    assert registry.read_lock(path) == locked


def test_folders_and_addresses_are_locked_too(
    shipped: Path, tmp_path: Path, server: Server, cache: Path
) -> None:
    address = f"{server.address}/small_v1"
    sha256 = publish(server, "/small_v1")
    names = [str(shipped / "small_v1"), address]
    locked = registry.write_lock(names, tmp_path / "seqzoo.lock")
    for name in names:
        assert registry.find_locked(name, locked).name == "small_v1"
    assert locked[address].sha256 == sha256


def test_a_folder_beside_the_project_is_locked(
    shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shipped)
    for name in ("./small_v1", "small_v1/"):
        locked = registry.write_lock([name])
        assert registry.find_locked(name, locked).folder == Path("small_v1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"lock": 2, "releases": {}}',
        '{"lock": 1, "releases": []}',
        '{"lock": 1, "releases": {"a": 1}}',
        '{"lock": 1, "releases": {"a": {"release": "a_v1"}}}',
        "[" * 100_000,
    ],
)
def test_what_is_no_lock_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "seqzoo.lock"
    path.write_text(text)
    with pytest.raises(registry.ReleaseError, match="lock"):
        registry.read_lock(path)


def test_the_command_pins_and_checks(
    shipped: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["lock"]) == 2
    assert "seqzoo lock NAME" in capsys.readouterr().err
    assert main(["lock", "small"]) == 0
    assert "small: small_v1 of seqzoo" in capsys.readouterr().out
    content = json.loads((tmp_path / "seqzoo.lock").read_text())
    assert content["releases"]["small"]["release"] == "small_v1"
    capsys.readouterr()
    assert main(["lock", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == content["releases"]
    write(shipped / "small_v1", model_json(seed=1))
    assert main(["lock"]) == 2
