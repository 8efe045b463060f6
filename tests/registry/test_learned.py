"""The motifs of a release, by name, beside its folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import registry
from registry.learned import MOTIFS_FILE, NamedMotif
from tests.conftest import model_json
from tests.registry.test_releases import write
from zoo.cli import main

MOTIF = {
    "output": "tf_3",
    "sign": "+",
    "consensus": "CCACGTGG",
    "seqlets": 1234,
    "name": "MAX::MYC",
    "identifier": "MA0059.2",
    "q_value": 3e-8,
}
LINE = "tf_3: CCACGTGG looks like MAX::MYC (MA0059.2), q = 3e-08, 1,234 seqlets"


@pytest.fixture
def place(shipped: Path) -> Path:
    write(shipped / "small_v1", model_json())
    return shipped


def declare(place: Path, motif: dict = MOTIF, **changes: object) -> None:
    entry = {
        "release": registry.read_release(place / "small_v1").sha256,
        "database": "JASPAR 2026 CORE vertebrates",
        "sequences": "test split",
        "motifs": [motif],
    } | changes
    (place / MOTIFS_FILE).write_text(json.dumps({"small_v1": entry}))


def test_they_are_of_that_model_json_wherever_a_copy_lies(place: Path) -> None:
    release = registry.find("small_v1")
    assert registry.read_learned_motifs(release) is None
    declare(place)
    found = registry.read_learned_motifs(release)
    assert found is not None and found.motifs == (NamedMotif(**MOTIF),)
    assert str(found.motifs[0]) == LINE
    shutil.copytree(place / "small_v1", place.parent / "copy")
    copy = registry.find(place.parent / "copy")
    assert registry.read_learned_motifs(copy) == found
    declare(place, release="0" * 64)
    assert registry.read_learned_motifs(release) is None


def test_info_shows_them(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "small_v1" / "README.md").write_text("# small_v1\n")
    assert main(["info", "small_v1"]) == 0
    assert "looks like" not in capsys.readouterr().out
    declare(place)
    assert main(["info", "small_v1"]) == 0
    out = capsys.readouterr().out
    assert f"- {LINE}\n" in out and "JASPAR 2026 CORE vertebrates" in out
    declare(place, MOTIF | {"sign": "-"})
    assert main(["info", "small_v1"]) == 0
    assert "tf_3, which its sites lower: CCACGTGG" in capsys.readouterr().out
    assert main(["info", "small_v1", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["learned_motifs"]["motifs"][0]["name"] == "MAX::MYC"


@pytest.mark.parametrize(
    "changes",
    [{"sign": "?"}, {"seqlets": 0}, {"q_value": 2.0}, {"q_value": "x"}, {"more": 1}],
)
def test_what_is_not_as_said_is_named(place: Path, changes: dict) -> None:
    declare(place, MOTIF | changes)
    with pytest.raises(registry.ReleaseError, match=MOTIFS_FILE):
        registry.read_learned_motifs(registry.find("small_v1"))
