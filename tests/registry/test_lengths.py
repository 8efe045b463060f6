"""At which length a release was trained: in its folder, or beside it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

import registry
from registry.lengths import LENGTHS_FILE
from registry.sources import shipped_folder
from tests.conftest import model_json
from tests.registry.test_releases import write


def content(schema: int, **reads: object) -> dict:
    return model_json(schema=schema, input=model_json()["input"] | reads)


def declare(place: Path, **changes: object) -> None:
    sha256 = registry.read_release(place / "small_v1").sha256
    entry = {"release": sha256, "training_length": 101} | changes
    (place / LENGTHS_FILE).write_text(json.dumps({"small_v1": entry}))


@pytest.mark.parametrize("length", [1, 60, None])
def test_the_folder_says_it(tmp_path: Path, length: int | None) -> None:
    folder = write(tmp_path, content(4, training_length=length))
    assert registry.read_release(folder).input.training_length == length


def test_of_old_ones_those_of_one_length_were_trained_at_it(tmp_path: Path) -> None:
    folder = write(tmp_path, content(3, sequence_length=40))
    assert registry.read_release(folder).input.training_length == 40
    (tmp_path / "any").mkdir()
    folder = write(tmp_path / "any", content(3))
    assert registry.read_release(folder).input.training_length is None


def test_a_file_beside_the_folders_says_it_of_that_model_json(shipped: Path) -> None:
    write(shipped / "small_v1", content(3))
    assert registry.find("small_v1").input.training_length is None
    declare(shipped)
    assert registry.find("small_v1").input.training_length == 101
    # Wherever a copy of it lies.
    shutil.copytree(shipped / "small_v1", shipped.parent / "copy")
    copy = registry.find(shipped.parent / "copy")
    assert copy.input.training_length == 101
    declare(shipped, release="0" * 64)
    assert registry.find("small_v1").input.training_length is None


@pytest.mark.parametrize("length", [0, -1, "101", 1.5, True])
def test_what_is_no_length_is_named(shipped: Path, length: object) -> None:
    write(shipped / "small_v1", content(4, training_length=length))
    with pytest.raises(registry.ReleaseError, match="training_length"):
        registry.find("small_v1")
    write(shipped / "small_v1", content(3))
    declare(shipped)
    declare(shipped, training_length=length)
    with pytest.raises(registry.ReleaseError, match="training_length"):
        registry.find("small_v1")


def test_old_schemas_do_not_have_it(tmp_path: Path) -> None:
    with pytest.raises(registry.ReleaseError, match="schemas 1 to 3 have no key"):
        registry.read_release(write(tmp_path, content(3, training_length=101)))


OWN = [x for x in registry.list_releases() if x.provider == registry.OWN]


@pytest.mark.parametrize("location", OWN, ids=lambda x: x.name)
def test_what_is_shipped_says_what_the_cards_say(
    location: registry.Location,
) -> None:
    assert location.folder.parent == shipped_folder()
    release = registry.find(location.name)
    (said,) = re.findall(r"Trained (?:and measured )?on (\d+) bp\.", release.card())
    assert release.input.training_length == int(said)
