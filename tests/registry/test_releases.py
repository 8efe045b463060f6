from __future__ import annotations

import copy
import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import registry
from tests.conftest import model_json

SKETCH = {"file": "training.sketch", "bytes": 0, "sha256": "0" * 64}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def write(folder: Path, content: Any) -> Path:
    folder.mkdir(exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "model.json").write_text(text)
    return folder


def paths(content: Any, path: tuple = ()) -> list[tuple]:
    """The path of every value inside nested objects and lists."""
    if isinstance(content, dict):
        inner = content.items()
    elif isinstance(content, list):
        inner = enumerate(content)
    else:
        return [path]
    return [path, *(p for key, value in inner for p in paths(value, (*path, key)))]


def test_a_valid_release_is_read(tmp_path: Path) -> None:
    release = registry.read_release(write(tmp_path, model_json()))
    assert release.outputs[1].name == "second"
    assert release.golden.atol == 1e-4
    assert release.config["filters"] == 8


def test_a_release_is_short_in_a_prompt_and_its_card_in_a_notebook(
    tmp_path: Path,
) -> None:
    folder = write(tmp_path / "small_v1", model_json())
    release = registry.read_release(folder)
    assert release._repr_html_() is None  # there is no card
    (folder / "README.md").write_text("# The card\n<script>x</script>")
    html = release._repr_html_()
    assert html is not None
    assert "<h1>The card</h1>" in html and "<script>" not in html
    assert repr(release).startswith("Release('small_v1': ")
    assert "second" in repr(release) and len(repr(release)) < 300
    newer = registry.release.Status("superseded", "small_v2", None)
    old = dataclasses.replace(release, status=newer)
    assert old.notice() == "small_v1 is superseded by small_v2"
    gone = registry.release.Status("yanked", None, "wrong <labels>")
    yanked = dataclasses.replace(release, status=gone)
    assert "small_v1 is yanked: wrong &lt;labels&gt;" in (yanked._repr_html_() or "")
    assert "yanked" in repr(yanked)


CALIBRATION = {
    "method": "platt",
    "slope": 0.5,
    "intercept": 0.1,
    "split": "validation",
    "ece_split": "test",
    "ece_before": 0.2,
    "ece_after": 0.1,
}
BACKGROUND = {
    "kind": "random",
    "description": "",
    "sequences": 10,
    "sequence_length": 10,
    "positives": 0.5,
    "operating_points": [{"false_positives": 0.01, "threshold": 0.9}],
}


def measured(schema: int = 3, **facts: object) -> dict:
    """Changes that make an output one of which something was measured."""
    new = {"threshold": 0.5} | facts
    newest = {"training_length": None} if schema > 3 else {}
    content = model_json()
    changes = {"input": content["input"] | newest} | (
        {"inputs": None, "heads": None} if schema > 4 else {}
    )
    if schema > 5:
        changes |= {"intended_use": "", "limits": []}
    output = {"name": "out", "units": "probability", "activation": "sigmoid"}
    return changes | {"schema": schema, "outputs": [output | new]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"unheard_of": 1}, "Unknown: unheard_of"),
        ({"schema": 7}, "reads schema 1 to 6"),
        ({"schema": 0}, "reads schema 1"),
        ({"schema": True}, "reads schema 1"),
        ({"schema": 1}, "schema 1 has no key derived_from"),
        ({"schema": "1"}, "reads schema 1"),
        ({"name": "../evil_v1"}, "expected a name"),
        ({"name": "small_v2"}, "expected version 2"),
        ({"version": True}, "expected int"),
        ({"outputs": []}, "at least one output"),
        ({"outputs": [{"name": "a"}]}, r"outputs\[0\].*Missing: activation"),
        ({"config": []}, "config: expected a table"),
        (
            {"config": {"activation": {"class_name": "Lambda", "config": {}}}},
            "numbers, texts and lists",
        ),
        ({"config": {"filters": [[{"module": "os"}]]}}, "numbers, texts and lists"),
        ({"status": model_json()["status"] | {"state": "gone"}}, "expected a state"),
        ({"weights": model_json()["weights"] | {"file": "../w"}}, "plain file name"),
        ({"weights": model_json()["weights"] | {"file": "/etc/passwd"}}, "plain file"),
        ({"weights": model_json()["weights"] | {"file": ".."}}, "plain file name"),
        ({"weights": model_json()["weights"] | {"sha256": "0"}}, "64 hexadecimal"),
        ({"golden": model_json()["golden"] | {"atol": float("nan")}}, "expected float"),
        ({"weights": model_json()["weights"] | {"bytes": -1}}, "size in bytes"),
        (
            {"weights": model_json()["weights"] | {"urls": ["file:///etc/passwd"]}},
            "begin with https",
        ),
        ({"derived_from": {"name": "a_v1", "sha256": "0"}}, "64 hexadecimal"),
        ({"schema": 2}, "have no key sketch"),
        ({"sketch": {"file": "a.sketch", "bytes": 1}}, "Missing: sha256"),
        ({"sketch": SKETCH | {"file": "../a.sketch"}}, "plain file name"),
        ({"sketch": SKETCH | {"bytes": 65_537}}, "at most 65,536 bytes"),
        ({"sketch": SKETCH | {"urls": []}}, "Unknown: urls"),
        ({"input": model_json()["input"] | {"unknown": "ones"}}, "alphabet ACGT"),
        (measured(), "schemas 1 to 5 have no key outputs.threshold"),
        (measured(schema=5), "schemas 1 to 5 have no key outputs.threshold"),
        ({"limits": []}, "schemas 1 to 5 have no key limits"),
        (measured(schema=6, threshold=1.5), "thresholds, errors and fractions of out"),
        (measured(schema=6, calibration=CALIBRATION | {"slope": 0}), "a rising calib"),
        (measured(schema=6, calibration=CALIBRATION | {"slope": 1e308}), "up to 1e6"),
        (measured(schema=6, calibration=CALIBRATION | {"slope": 1e-300}), "up to 1e6"),
        (measured(schema=6, calibration=CALIBRATION | {"intercept": -1e39}), "to 1e6"),
        (
            measured(schema=6, calibration=CALIBRATION | {"method": "temperature"}),
            "temperature of a softmax for out",
        ),
        (measured(schema=6, calibration={}), "Missing: ece_after, ece_before"),
        (measured(schema=6, backgrounds=[BACKGROUND | {"kind": "a"}]), "a background"),
        (
            measured(schema=6, backgrounds=[BACKGROUND | {"sequences": 0}]),
            "at least 1 bp",
        ),
        (
            measured(schema=6, backgrounds=[BACKGROUND | {"positives": -0.1}]),
            "from 0 to 1",
        ),
    ],
)
def test_what_the_schema_forbids_is_named(
    tmp_path: Path, changes: dict, message: str
) -> None:
    with pytest.raises(registry.ReleaseError, match=message):
        registry.read_release(write(tmp_path, model_json(**changes)))


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({"slope": 0.7}, "one temperature of all outputs"),
        ({"intercept": 0.1}, "no intercept beside"),
    ],
)
def test_a_softmax_has_one_temperature(
    tmp_path: Path, others: dict, message: str
) -> None:
    one = CALIBRATION | {"method": "temperature", "intercept": 0.0}
    content = model_json(**measured(schema=6, calibration=one))
    (output,) = content["outputs"]
    output["activation"] = "softmax"
    other = output | {"name": "other", "calibration": one}
    content["outputs"].append(other)
    assert registry.read_release(write(tmp_path, content)).outputs[1].calibration
    other["calibration"] = one | others
    with pytest.raises(registry.ReleaseError, match=message):
        registry.read_release(write(tmp_path, content))


@pytest.mark.parametrize("key", sorted(model_json()))
def test_every_key_is_required(tmp_path: Path, key: str) -> None:
    content = model_json()
    del content[key]
    with pytest.raises(registry.ReleaseError):
        registry.read_release(write(tmp_path, content))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"schema": 1, "schema": 1}', "[" * 100_000, "\x00"],
)
def test_damaged_json_is_a_release_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(registry.ReleaseError):
        registry.read_release(write(tmp_path, text))


def test_a_huge_model_json_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(registry.ReleaseError, match="larger than"):
        registry.read_release(write(tmp_path, " " * 1_000_001))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_value_anywhere_is_read_or_refused(tmp_path: Path, data) -> None:
    content = copy.deepcopy(model_json())
    path = data.draw(st.sampled_from([p for p in paths(content) if p]))
    target: Any = content
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = data.draw(json_values)
    try:
        release = registry.read_release(write(tmp_path, content))
    except registry.ReleaseError:
        return
    assert Path(release.weights.file).name == release.weights.file


def test_names_architectures_and_paths_find_releases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version, state in ((1, "active"), (2, "active"), (10, "yanked")):
        name = f"small_v{version}"
        status = {"state": state, "superseded_by": None, "reason": "wrong labels"}
        write(tmp_path / name, model_json(name=name, version=version, status=status))
    monkeypatch.setattr("registry.sources.shipped_folder", lambda: tmp_path)
    assert registry.find("small_v1").version == 1
    assert registry.find("small").version == 2
    assert registry.find(tmp_path / "small_v10").version == 10
    assert registry.find(str(tmp_path / "small_v10")).version == 10
    with pytest.raises(registry.UnknownNameError, match=r"Did you mean 'small_v1'"):
        registry.find("smal_v1")
    with pytest.raises(registry.ReleaseError, match="no release folder"):
        registry.find(tmp_path)
    where = re.escape(f"no such folder (looked in {tmp_path})")
    with pytest.raises(registry.ReleaseError, match=where):
        registry.find(tmp_path / "small_v3")
    with pytest.raises(registry.ReleaseError, match=r"the name.*Received: 3 \(int\)"):
        registry.find(3)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    write(Path("own_v1"), model_json(name="own_v1"))
    with pytest.raises(registry.UnknownNameError, match=r"folder .* here: '\./own_v1'"):
        registry.find("own_v1")
    with pytest.raises(registry.UnknownNameError, match=r"zoo\.load\('small_v1'\)"):
        registry.create("small_v1")


def test_a_folder_must_hold_the_release_it_is_named_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "other_v1", model_json())
    monkeypatch.setattr("registry.sources.shipped_folder", lambda: tmp_path)
    with pytest.raises(registry.ReleaseError, match="another name"):
        registry.find("other_v1")


def test_files_are_returned_only_with_the_right_hash(tmp_path: Path) -> None:
    release = registry.read_release(write(tmp_path, model_json()))
    path = tmp_path / release.weights.file
    with pytest.raises(registry.ReleaseError, match="lacks its file"):
        release.read(release.weights)
    path.write_bytes(b"")
    assert release.read(release.weights) == b""
    path.write_bytes(b"x")
    with pytest.raises(registry.IntegrityError, match=r"expected size in bytes 0"):
        release.read(release.weights)
    path.unlink()
    path.symlink_to("/dev/null")
    with pytest.raises(registry.ReleaseError, match="regular file"):
        release.read(release.weights)


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    import hashlib

    content = model_json()
    content["weights"] |= {"bytes": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}
    release = registry.read_release(write(tmp_path, content))
    (tmp_path / "weights.h5").write_bytes(b"abd")
    with pytest.raises(registry.IntegrityError, match="expected sha256"):
        release.read(release.weights)
