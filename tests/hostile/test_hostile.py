"""All that the generator writes is refused: typed, fast, unread beyond its folder."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import registry
from registry.errors import SeqzooError
from tests.hostile.generate import GROUPS, write
from tests.hostile.place import Place
from zoo.models import trial
from zoo.models.loading import load
from zoo.publishing.verification import verify
from zoo.splits.overlaps import release_sketch
from zoo.splits.sketches import Sketch

SECONDS = 15.0  # of this process, the import of Keras aside
HANG_SECONDS = 300  # by the clock of a machine that may be busy
MEMORY_BYTES = 600_000_000
CASES = [(g, n) for g in GROUPS if g != "none" for n in GROUPS[g]]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEQZOO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(trial, "SECONDS", 2.0)
    return tmp_path / "cache"


@pytest.fixture
def no_hang() -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(HANG_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module", autouse=True)
def warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Imports Keras; and what is not spoilt passes, or refusing would prove nothing."""
    place = write(tmp_path_factory.mktemp("none"), "none", "valid")
    assert verify(place.folder).passed
    assert sketch_of(place.folder) is not None


def unread(place: Place) -> None:
    """Sets back the times of access, which any reader then moves."""
    for path in place.outside.iterdir():
        os.utime(path, (0, path.stat().st_mtime))


def times(place: Place) -> dict[str, float]:
    return {p.name: p.stat().st_atime for p in place.outside.iterdir()}


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def sketch_of(folder: Path) -> Sketch | None:
    return release_sketch(registry.find(folder))


@pytest.mark.parametrize(("group", "name"), CASES, ids=[f"{g}-{n}" for g, n in CASES])
def test_it_is_refused(
    group: str, name: str, tmp_path: Path, cache: Path, no_hang: None
) -> None:
    place = write(tmp_path, group, name)
    unread(place)
    memory, began = peak(), time.process_time()
    if group == "model.json":
        with pytest.raises(SeqzooError):
            registry.read_release(place.folder)
    read = {"golden.npz": verify, "training.sketch": sketch_of}.get(group, load)
    with pytest.raises(SeqzooError) as refused:
        read(place.folder)
    assert time.process_time() - began < SECONDS
    assert peak() - memory < MEMORY_BYTES
    str(refused.value).encode()  # it can be printed
    assert len(str(refused.value)) < 10_000
    assert set(times(place).values()) == {0.0}, "it read what is not of the release"
    assert not place.executed.exists()
    # What was built on trial is noted there, by empty files, and nothing else is kept.
    kept = [path for path in cache.rglob("*") if path.is_file()]
    assert all(path.parent.parent == cache for path in kept)
    assert {path.parent.name for path in kept} <= {"built", "locks"}
    assert all(path.stat().st_size == 0 for path in kept)


def test_reading_would_show(tmp_path: Path) -> None:
    place = write(tmp_path, "none", "valid")
    unread(place)
    (place.outside / "model.json").read_bytes()
    if times(place)["model.json"] == 0:
        pytest.skip("this file system does not note when a file is read")
    assert times(place)["weights.h5"] == 0
