from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import registry
from registry.sketches import SKETCHES_FILE, read_sketch
from tests.conftest import model_json
from tests.registry.test_releases import write

CONTENT = b"a sketch"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
DECLARED = {"file": "small_v1.sketch", "bytes": len(CONTENT), "sha256": SHA256}


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "shipped"
    place.mkdir()
    monkeypatch.setattr("registry.sources.shipped_folder", lambda: place)
    write(place / "small_v1", model_json())
    (place / "small_v1.sketch").write_bytes(CONTENT)
    return place


def declare(place: Path, **changes: object) -> None:
    sha256 = registry.read_release(place / "small_v1").sha256
    entry = {"release": sha256, **DECLARED} | changes
    (place / SKETCHES_FILE).write_text(json.dumps({"small_v1": entry}))


def test_a_sketch_in_the_folder_is_read_by_its_hash(tmp_path: Path) -> None:
    folder = write(tmp_path / "small_v1", model_json(sketch=DECLARED))
    (folder / "small_v1.sketch").write_bytes(CONTENT)
    assert read_sketch(registry.read_release(folder)) == CONTENT
    (folder / "small_v1.sketch").write_bytes(CONTENT[::-1])
    with pytest.raises(registry.IntegrityError, match="sha256"):
        read_sketch(registry.read_release(folder))


def test_a_sketch_beside_an_immutable_folder(shipped: Path) -> None:
    before = registry.find("small_v1")
    assert read_sketch(before) is None
    declare(shipped)
    assert read_sketch(registry.find("small_v1")) == CONTENT
    assert registry.find("small_v1") == before
    assert [x.name for x in registry.list_releases()] == ["small_v1"]
    (shipped / "small_v1.sketch").write_bytes(CONTENT + b"!")
    with pytest.raises(registry.IntegrityError, match="size"):
        read_sketch(before)


def test_it_is_that_of_one_model_json(shipped: Path) -> None:
    declare(shipped, release="0" * 64)
    assert read_sketch(registry.find("small_v1")) is None


def test_what_lies_beside_any_folder_is_not_read(shipped: Path, tmp_path: Path) -> None:
    declare(shipped)
    other = tmp_path / "downloads"
    other.mkdir()
    for path in shipped.iterdir():
        path.rename(other / path.name)
    assert read_sketch(registry.find(other / "small_v1")) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"file": "../small_v1.sketch"}, "plain file name"),
        ({"bytes": 65_537}, "at most 65,536"),
        ({"bytes": -1}, "size in bytes"),
        ({"sha256": "x"}, "64 hexadecimal"),
        ({"unheard_of": 1}, "Unknown: unheard_of"),
    ],
)
def test_a_wrong_declaration_is_refused(
    shipped: Path, changes: dict, message: str
) -> None:
    declare(shipped, **changes)
    with pytest.raises(registry.ReleaseError, match=message):
        read_sketch(registry.find("small_v1"))


def test_a_link_is_not_followed(shipped: Path) -> None:
    declare(shipped)
    (shipped / "small_v1.sketch").rename(shipped / "other")
    (shipped / "small_v1.sketch").symlink_to(shipped / "other")
    with pytest.raises(registry.ReleaseError, match="symbolic link"):
        read_sketch(registry.find("small_v1"))


@pytest.mark.parametrize(
    "name", [location.name for location in registry.list_releases()]
)
def test_every_shipped_release_has_one(name: str) -> None:
    content = read_sketch(registry.find(name))
    assert content is not None
    assert len(content) <= 65_536
