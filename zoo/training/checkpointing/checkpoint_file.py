"""A checkpoint on disk: a folder that is complete or not there.

    FOLDER/checkpoint-000012/state.json     numbers and text
    FOLDER/checkpoint-000012/state.h5       arrays, by name
    FOLDER/checkpoint-000012/SHA256SUMS     of both, as `sha256sum -c` reads it

A checkpoint is written under another name, flushed to the disk and then renamed, so
that a process killed at any moment leaves whole checkpoints only. Nothing in it can
run code: plain HDF5 (see `zoo.models.weights`) and JSON.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import logging
import math
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from registry.errors import SeqzooError
from registry.files import beside, remove_unfinished, replaced
from zoo.files.hdf5 import opened

logger = logging.getLogger("seqzoo")

ARRAYS, NUMBERS, SUMS = "state.h5", "state.json", "SHA256SUMS"
LOCK = ".lock"
_NAME = re.compile(r"checkpoint-(\d{6,})")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class CheckpointError(SeqzooError, RuntimeError):
    """A checkpoint cannot be written, read, or is of another run."""


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints of a folder, oldest first, damaged ones included."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if _NAME.fullmatch(path.name)]
    return sorted(found, key=_number)


def write(folder: Path, content: Mapping[str, Any]) -> Path:
    """Writes the next checkpoint of a folder, whole or not at all.

    Args:
        folder: Made if missing.
        content: Nested dicts and lists of numbers, text, None and NumPy arrays.

    Returns:
        The checkpoint's own folder.

    Raises:
        CheckpointError: The disk is full or not writable. What was there stays.
    """
    numbers, arrays = _split(content)
    data = {ARRAYS: _hdf5(arrays), NUMBERS: json.dumps(numbers, indent=1).encode()}
    data[SUMS] = "".join(_sum(name, found) for name, found in data.items()).encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < sum(map(len, data.values())):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        before = checkpoints(folder)
        number = _number(before[-1]) + 1 if before else 1
        path = folder / f"checkpoint-{number:06d}"
        with replaced(path) as temporary:
            temporary.mkdir()
            for name, bytes_ in data.items():
                (temporary / name).write_bytes(bytes_)
    except OSError as error:
        advice = (
            "Free some space"
            if error.errno in _FULL
            else "Choose a folder that you may write to"
        )
        raise CheckpointError(
            f"No checkpoint could be written in {folder}: "
            f"{error.strerror or error}. {advice}."
        ) from error
    return path


def read(path: Path) -> dict[str, Any]:
    """The content of one checkpoint, checked against its sums.

    Raises:
        CheckpointError: A file is missing, damaged or of another form.
    """
    try:
        data = {name: (path / name).read_bytes() for name in (ARRAYS, NUMBERS, SUMS)}
        sums = {name: _sum(name, data[name]) for name in (ARRAYS, NUMBERS)}
        for name, wanted in sums.items():
            if wanted not in data[SUMS].decode():
                raise ValueError(f"{name} is not what {SUMS} says")
        if "".join(sums.values()) != data[SUMS].decode():
            raise ValueError(f"{SUMS} says more than the sums of its files")
        numbers = json.loads(data[NUMBERS])
        with opened(data[ARRAYS]) as (datasets, _):
            arrays = {name: _array(name, found) for name, found in datasets.items()}
        content = _join(numbers, arrays)
    # An OSError, or a ValueError: of JSON, text, HDF5 (WeightsError) or our own.
    except (OSError, ValueError, KeyError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from error
    return content


def newest(folder: Path) -> tuple[Path, dict[str, Any]] | None:
    """The newest whole checkpoint of a folder, or None if it holds none.

    One that is damaged is passed over with a warning.

    Raises:
        CheckpointError: There are checkpoints, and every one is damaged.
    """
    found = checkpoints(folder)
    for path in reversed(found):
        try:
            return path, read(path)
        except CheckpointError as error:
            logger.warning("%s. Going back to the checkpoint before it.", error)
    if found:
        raise CheckpointError(
            f"Every checkpoint in {folder} is damaged. Restore the folder from a "
            "copy, or remove it to start anew."
        )
    return None


def remove(path: Path) -> None:
    """Removes a checkpoint; a kill in the middle leaves no half of one by its name."""
    with contextlib.suppress(OSError):  # it costs space only
        doomed = path.rename(beside(path))
        shutil.rmtree(doomed, ignore_errors=True)


@contextlib.contextmanager
def locked(folder: Path, error: type[SeqzooError] = CheckpointError) -> Iterator[None]:
    """Only one run at a time writes a folder; remnants of killed ones are removed.

    Args:
        folder: Made if missing.
        error: What is raised if it is in use or cannot be written.
    """
    import filelock

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / LOCK)
        lock.acquire(timeout=1)
    except filelock.Timeout:
        raise error(
            f"{folder} is in use by another run. Wait for it, or give this run a "
            "folder or a name of its own."
        ) from None
    except OSError as reason:
        raise error(
            f"{folder} cannot be written: {reason.strerror or reason}. Choose a folder "
            "that you may write to."
        ) from reason
    try:
        remove_unfinished(folder)
        yield
    finally:
        lock.release()


def changes(before: Any, now: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The places where nested dicts differ, and both values."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in sorted(before.keys() | now.keys()):
            place = f"{where}.{key}" if where else key
            yield from changes(before.get(key), now.get(key), place)
    elif before != now:
        yield where, before, now


def _sum(name: str, data: bytes) -> str:
    return f"{hashlib.sha256(data).hexdigest()}  {name}\n"


def _number(path: Path) -> int:
    return int(path.name.rpartition("-")[2])


def _hdf5(arrays: Mapping[str, np.ndarray]) -> bytes:
    # In memory: HDF5 cannot close a file whose disk became full.
    stream = io.BytesIO()
    with h5py.File(stream, "w", track_order=False) as file:
        for name, values in sorted(arrays.items()):
            file.create_dataset(name, data=values, track_times=False)
    return stream.getvalue()


def _array(name: str, dataset: h5py.Dataset) -> np.ndarray:
    stored = dataset.id.get_storage_size()
    if dataset.dtype.kind not in "biuf" or (
        stored != dataset.dtype.itemsize * dataset.size
    ):
        raise ValueError(f"{name} is no plain array of numbers")
    values: np.ndarray = np.asarray(dataset[()])
    return values


def _split(content: Mapping[str, Any]) -> tuple[Any, dict[str, np.ndarray]]:
    """Content as JSON that names arrays, and the arrays by name."""
    arrays: dict[str, np.ndarray] = {}

    def walk(value: Any, name: str) -> Any:
        if isinstance(value, np.ndarray):
            arrays[name] = value
            return {"$array": name}
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, Mapping):
            return {key: walk(v, f"{name}/{key}" if name else key)
                    for key, v in value.items()}  # fmt: skip
        if isinstance(value, (list, tuple)):
            return [walk(v, f"{name}/{i}") for i, v in enumerate(value)]
        if isinstance(value, float) and not math.isfinite(value):
            return {"$float": str(value)}  # JSON has no word for it
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        raise TypeError(
            "Expected numbers, text, None and NumPy arrays in a checkpoint. Received: "
            f"{name}={value!r}"
        )

    return walk(content, ""), arrays


def _join(numbers: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(numbers, list):
        return [_join(value, arrays) for value in numbers]
    if not isinstance(numbers, dict):
        return numbers
    if set(numbers) == {"$array"}:
        return arrays[numbers["$array"]]
    if set(numbers) == {"$float"}:
        return float(numbers["$float"])
    return {key: _join(value, arrays) for key, value in numbers.items()}
