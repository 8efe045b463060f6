"""Checkpoints on disk: whole or not there, and nothing else is believed."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as arrays

from zoo.training.checkpointing import checkpoint_file
from zoo.training.checkpointing.checkpoint_file import (
    CheckpointError,
    checkpoints,
    newest,
    read,
)

CONTENT = {"weights": {"conv/kernel": np.ones((3, 2), np.float32)}, "step": 7}

names = st.text("abc_ .@é", min_size=1, max_size=4).filter(lambda t: t.strip(". "))
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats()
    | st.text(max_size=5)
    | arrays.arrays(
        st.sampled_from([np.float32, np.float64, np.int64, np.uint32, np.bool_]),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    )
)
contents = st.dictionaries(
    names,
    st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
        ),
        max_leaves=6,
    ),
    max_size=4,
)


def assert_same(found: Any, expected: Any) -> None:
    assert type(found) is type(expected)
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            assert_same(found[key], value)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, np.ndarray):
        assert found.shape == expected.shape
        assert (found.dtype, found.tobytes()) == (expected.dtype, expected.tobytes())
    else:
        assert found == expected or (found != found and expected != expected)


@given(contents)
@settings(max_examples=50)
def test_what_is_read_is_what_was_written(content: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = checkpoint_file.write(Path(folder), content)
        assert_same(read(path), content)


def test_numbers_go_on_and_the_newest_is_read(tmp_path: Path) -> None:
    paths = [checkpoint_file.write(tmp_path, CONTENT | {"step": n}) for n in range(12)]
    assert checkpoints(tmp_path) == paths
    checkpoint_file.remove(paths[3])
    found = newest(tmp_path)
    assert found is not None and found[0] == paths[-1] and found[1]["step"] == 11
    assert newest(tmp_path / "missing") is None


@given(st.data())
@settings(max_examples=60)
def test_any_damage_is_found_and_the_one_before_is_read(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first = checkpoint_file.write(folder, CONTENT)
        second = checkpoint_file.write(folder, CONTENT | {"step": 8})
        file = data.draw(st.sampled_from(sorted(second.iterdir())))
        content = bytearray(file.read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "remove"])):
            case "flip":
                content[place] ^= data.draw(st.integers(1, 255))
                file.write_bytes(content)
            case "cut":
                file.write_bytes(content[:place])
            case "remove":
                file.unlink()
        records: list[str] = []
        handler = logging.Handler()
        handler.emit = lambda r: records.append(r.getMessage())  # type: ignore
        checkpoint_file.logger.addHandler(handler)
        try:
            found = newest(folder)
        finally:
            checkpoint_file.logger.removeHandler(handler)
        assert found is not None and found[0] == first and found[1]["step"] == 7
        assert len(records) == 1 and f"{second} is damaged" in records[0]


def test_if_all_are_damaged_nothing_is_started_anew(tmp_path: Path) -> None:
    path = checkpoint_file.write(tmp_path, CONTENT)
    (path / "state.h5").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"Every checkpoint .* is damaged"):
        newest(tmp_path)


@pytest.mark.parametrize("call", range(5))
def test_a_disk_that_fills_up_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    checkpoint_file.write(tmp_path, CONTENT)
    calls = []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > call:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError, match=r"No space left.*Free some space"):
        checkpoint_file.write(tmp_path, CONTENT | {"step": 8})
    found = newest(tmp_path)
    # After the rename it is there, only perhaps not on the disk.
    assert found is not None and found[1]["step"] == (8 if call == 4 else 7)
    assert not list(tmp_path.glob(".writing-*"))


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits are of POSIX systems")
    large = {"weights": {"kernel": np.zeros(10_000, np.float32)}}
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(CheckpointError, match="File too large"):
            checkpoint_file.write(tmp_path, large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="Choose a folder"):
        checkpoint_file.write(tmp_path / "file" / "run", CONTENT)
    with (
        pytest.raises(CheckpointError, match="Choose a folder"),
        checkpoint_file.locked(tmp_path / "file" / "run"),
    ):
        pass


def test_one_run_at_a_time_which_clears_up(tmp_path: Path) -> None:
    remnant = tmp_path / ".writing-1234"
    remnant.mkdir()
    (remnant / "state.h5").write_bytes(b"half")
    with checkpoint_file.locked(tmp_path):
        assert not remnant.exists()
        with (
            pytest.raises(CheckpointError, match="in use by another run"),
            checkpoint_file.locked(tmp_path),
        ):
            pass
    with checkpoint_file.locked(tmp_path):
        pass


def test_a_link_out_of_the_file_is_refused(tmp_path: Path) -> None:
    path = checkpoint_file.write(tmp_path, CONTENT)
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["kernel"] = np.ones((3, 2), np.float32)
    with h5py.File(path / "state.h5", "w") as file:
        file["weights/conv/kernel"] = h5py.ExternalLink(secret, "kernel")
    sums = (path / "SHA256SUMS").read_text().splitlines()
    digest = hashlib.sha256((path / "state.h5").read_bytes()).hexdigest()
    (path / "SHA256SUMS").write_text(f"{digest}  state.h5\n{sums[1]}\n")
    with pytest.raises(CheckpointError, match="ExternalLink"):
        read(path)


def test_what_json_cannot_say_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"Received: callbacks/best=<object"):
        checkpoint_file.write(tmp_path, {"callbacks": {"best": object()}})
    assert list(tmp_path.iterdir()) == []
