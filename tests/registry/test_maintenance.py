from __future__ import annotations

import json
from pathlib import Path

import pytest

import registry
from registry import files, maintenance, remote, store
from registry.release import CARD_FILE, MODEL_FILE
from tests.registry.server import Server
from tests.registry.test_remote import WEIGHTS, publish
from zoo.cli import main


@pytest.fixture
def address(server: Server, cache: Path) -> str:
    """A release in the cache, with its weights."""
    publish(server, "/small_v1")
    address = f"{server.address}/small_v1"
    release = registry.find(address)
    release.read(release.weights)
    return address


def test_list(address: str, capsys: pytest.CaptureFixture) -> None:
    (found,) = maintenance.releases()
    assert (found.name, found.addresses) == ("small_v1", (address,))
    assert (found.files, found.bytes) == (1, len(WEIGHTS))
    assert main(["cache", "list"]) == 0
    (line,) = (x for x in capsys.readouterr().out.splitlines() if address in x)
    assert f"1 of {len(registry.find(address).files)}" in line
    assert main(["cache", "list", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["releases"][0]["sha256"] == found.sha256


def test_verify_finds_every_changed_file(
    address: str, cache: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["cache", "verify"]) == 0
    release = registry.find(address)
    weights = store.file_path(cache, release.weights.sha256)
    model = cache / "releases" / release.sha256 / "model.json"
    for path in (weights, model):
        path.chmod(0o644)
        path.write_bytes(path.read_bytes() + b" ")
    capsys.readouterr()
    assert main(["cache", "verify"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(": damaged")[0] for line in lines] == [
        str(weights),
        str(model),
    ]


def test_prune_keeps_what_a_release_needs(
    address: str, cache: Path, capsys: pytest.CaptureFixture
) -> None:
    store.file_path(cache, "ab" * 32).parent.mkdir()
    store.file_path(cache, "ab" * 32).write_bytes(b"x" * 100)
    (cache / "partial" / ("cd" * 32)).write_bytes(b"x" * 11)
    assert main(["cache", "prune"]) == 0
    assert "111 bytes freed" in capsys.readouterr().out
    release = registry.find(address)
    assert release.read(release.weights) == WEIGHTS
    assert main(["cache", "prune", "--everything"]) == 0
    assert maintenance.releases() == []


def test_prune_removes_what_killed_processes_left(
    address: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(cache.rglob("*"))

    def killed(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(files, "publish", killed)
        patch.setattr(files, "_remove", lambda path: None)  # nor does it clean up
        with pytest.raises(SystemExit):
            remote._keep("ab" * 32, *_contents(cache), address)
        with pytest.raises(SystemExit):
            remote._write_pin({"address": "x", "sha256": "ab" * 32, "base": "y"})
    assert len(set(cache.rglob("*")) - before) == 4  # a folder of two, and a pin
    assert maintenance.prune() > 0
    assert set(cache.rglob("*")) - before == set()


def _contents(cache: Path) -> tuple[bytes, bytes]:
    """The model.json and the card of the release in the cache."""
    (folder,) = (cache / "releases").iterdir()
    return tuple((folder / name).read_bytes() for name in (MODEL_FILE, CARD_FILE))


def test_an_empty_cache_is_no_error(cache: Path, capsys: pytest.CaptureFixture) -> None:
    for action in ("list", "verify", "prune"):
        assert main(["cache", action]) == 0
    assert "0 bytes freed" in capsys.readouterr().out
