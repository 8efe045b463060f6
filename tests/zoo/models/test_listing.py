from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import registry
import zoo
from tests.registry.test_releases import model_json, write
from zoo.cli import main


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("registry.sources.shipped_folder", lambda: tmp_path)
    reads = model_json()["input"] | {"min_length": 200}
    status = {"state": "superseded", "superseded_by": "b_v1", "reason": "better"}
    for content in (
        model_json(name="a_v1", task="binary", tags=["x", "y"], status=status),
        model_json(name="b_v1", task="profile", tags=["x"], licence="CC-BY-4.0"),
        model_json(name="c_v1", architecture="kmer", task="binary", input=reads),
    ):
        write(tmp_path / content["name"], content)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, "abc"),
        ({"pattern": "[ab]_*"}, "ab"),
        ({"task": "binary"}, "ac"),
        ({"tags": ["x"]}, "ab"),
        ({"tags": ["y", "x"]}, "a"),
        ({"architecture": "kmer"}, "c"),
        ({"min_length": 199}, "ab"),
        ({"min_length": 200}, "abc"),
        ({"licence": "CC-*"}, "b"),
        ({"status": "superseded"}, "a"),
        ({"status": "yanked"}, ""),
        ({"task": "binary", "status": "active"}, "c"),
    ],
)
def test_filters(
    place: Path, arguments: dict, expected: str, capsys: pytest.CaptureFixture
) -> None:
    names = [f"{letter}_v1" for letter in expected]
    assert zoo.list_models(**arguments) == names
    words = ["list", "--json"]
    for key, value in arguments.items():
        if key == "pattern":
            words.append(value)
        elif key == "tags":
            words += ["--tags", *value]
        else:
            words += [f"--{key.replace('_', '-')}", str(value)]
    assert main(words) == 0
    listed = json.loads(capsys.readouterr().out)["releases"]
    assert [row["release"] for row in listed] == names


def test_architectures_have_a_name_only(place: Path) -> None:
    assert zoo.list_models("rc_*", pretrained=False) == ["rc_dilated"]
    with pytest.raises(ValueError, match="a name only"):
        zoo.list_models(pretrained=False, task="binary")


@pytest.mark.parametrize("find", [registry.find, zoo.info])
def test_what_lies_here_under_an_unknown_name_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, find: Callable
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own_v1").mkdir()
    Path("own_v1", "model.json").touch()
    Path("own.keras").touch()
    with pytest.raises(registry.UnknownNameError, match=r"folder .* here: '\./own_v1'"):
        find("own_v1")
    with pytest.raises(registry.UnknownNameError, match=r"keras\.saving\.load_model"):
        find("own.keras")


def test_info_as_json_and_of_a_superseded_release(
    place: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["info", "c_v1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["input"]["min_length"] == 200
    (place / "a_v1" / "README.md").write_text("# a_v1\n\x1b[2Jtext")
    assert main(["info", "a_v1"]) == 0
    out = capsys.readouterr().out
    assert "a_v1 is superseded by b_v1: better" in out
    assert "\x1b" not in out
    assert main(["list", "a_*"]) == 0
    assert "superseded by b_v1" in capsys.readouterr().out
