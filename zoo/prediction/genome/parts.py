"""The folder beside the output that keeps what is done until all of it is.

It holds a manifest, which says what the parts are parts of, one file per part, and a
lock. A part appears under its name when it is whole, so the process may be killed at
any time. The system releases the lock of a process that is gone.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import filelock
import numpy as np
import numpy.typing as npt

from registry.files import replaced
from zoo.errors import InputError
from zoo.files.output import OutputError, explained
from zoo.files.progress import Advance

_MANIFEST = "manifest.json"
_FORMAT = 1


class Parts(Protocol):
    """What is computed part by part, and can be sent to another process."""

    @property
    def parts(self) -> int:
        """How many there are."""

    @property
    def backend(self) -> str:
        """Keras's, which computes all of them."""

    def size(self, part: int) -> int:
        """What of the work a part is, in the units of its progress."""

    def shape(self, part: int) -> tuple[int, ...]:
        """Of the float32 values of a part."""

    def identity(self) -> dict[str, Any]:
        """What two runs must share to continue each other, as JSON takes it."""


class Predictor(Protocol):
    """A model and what it reads, ready to compute any part."""

    def read(self, part: int) -> Any:
        """What `predict` takes for a part; called in a thread."""

    def predict(self, read: Any, advance: Advance, /) -> npt.NDArray[np.float32]:
        """The values of a part that was read."""


class PartsFolder:
    """Parts of a prediction on their way to the output.

    Args:
        out: The output, beside which the folder lies.
        function: The name of the function whose parts they are.
    """

    def __init__(self, out: Path, function: str = "zoo.predict_genome") -> None:
        self.out = out
        self.function = function
        # In full, as workers may have another current folder.
        self.path = out.absolute().with_name(out.name + ".parts")

    @property
    def kept(self) -> str:
        """What is told a user whose run was ended."""
        return (
            f"What is done is kept in {self.path}; --resume (in Python "
            f"{self.function}(resume=True)) continues from there."
        )

    @contextlib.contextmanager
    def opened(self, *, resume: bool) -> Iterator[None]:
        """Makes the folder, or takes up an old one; holds its lock meanwhile.

        Raises:
            OutputError: It cannot be made, or another process works in it.
            InputError: It is there and is not to be continued.
        """
        if self._manifest.exists() and not resume:
            raise InputError(
                f"{self.path} holds the parts of a run that was ended before. Continue "
                "it (--resume, in Python resume=True), or delete the folder."
            )
        with explained(str(self.out)):
            if self.out.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            self.path.mkdir(exist_ok=True)
        lock = filelock.FileLock(self.path / "lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            raise OutputError(
                f"{self.path}: another process is writing {self.out}. Wait for it, or "
                "write elsewhere."
            ) from None
        try:
            yield
        finally:
            lock.release()
            if not self.holds_parts():
                self.remove()

    def holds_parts(self) -> bool:
        """Whether any part is done."""
        return next(self.path.glob("part-*.npy"), None) is not None

    @property
    def _manifest(self) -> Path:
        return self.path / _MANIFEST

    def recorded(self, setting: str) -> Any:
        """What a run that is to be continued had for a setting; None if there is none.

        Raises:
            InputError: The manifest cannot be read.
        """
        if not self._manifest.exists():
            return None
        return self._read_manifest().get(setting)

    def begin(self, job: Parts) -> None:
        """Writes the manifest, or compares the job with the one that is there.

        Raises:
            InputError: The folder holds parts of another job.
        """
        new = {"format": _FORMAT, **job.identity()}
        if self._manifest.exists():
            old = self._read_manifest()
            different = sorted(
                k for k in new.keys() | old.keys() if new.get(k) != old.get(k)
            )
            if different:
                says = "; ".join(
                    f"{key} was {old.get(key)!r:.40}, is {new.get(key)!r:.40}"
                    for key in different[:3]
                )
                raise InputError(
                    f"{self.path} holds parts of another prediction: {says}. Use the "
                    "inputs and arguments of then, or delete the folder to begin anew."
                )
            return
        self.write(self._manifest, json.dumps(new, indent=1).encode())

    def _read_manifest(self) -> dict[str, Any]:
        try:
            found = json.loads(self._manifest.read_text())
            return dict(found)
        except (OSError, ValueError, TypeError) as error:
            raise InputError(
                f"{self._manifest} cannot be read ({error}). Delete {self.path} to "
                "begin anew."
            ) from None

    def file(self, part: int) -> Path:
        """Where a part is when it is done."""
        return self.path / f"part-{part:07d}.npy"

    def missing(self, job: Parts) -> list[int]:
        """The parts that are still to be done, in order."""
        return [part for part in range(job.parts) if not self.has(job, part)]

    def has(self, job: Parts, part: int) -> bool:
        """Whether a part is done and as long as it has to be."""
        try:
            values = np.load(self.file(part), mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return False
        return values.shape == job.shape(part) and values.dtype == np.float32

    def save(self, part: int, values: npt.NDArray[np.float32]) -> None:
        """Keeps the values of a part; NaN for what is left out.

        Raises:
            OutputError: The disk is full, or the folder is gone.
        """
        # As np.save does, but for its `tofile`, which says nothing of a full disk.
        header = io.BytesIO()
        values = np.ascontiguousarray(values)
        np.lib.format.write_array_header_1_0(
            header, np.lib.format.header_data_from_array_1_0(values)
        )
        self.write(self.file(part), header.getvalue() + values.tobytes())

    def write(self, path: Path, content: bytes) -> None:
        """Writes a file of the folder, whole or not at all.

        Raises:
            OutputError: The disk is full, or the folder is gone.
        """
        with explained(str(path), self.kept), replaced(path) as temporary:
            temporary.write_bytes(content)

    def remove(self) -> None:
        """Deletes the folder with all it holds."""
        shutil.rmtree(self.path, ignore_errors=True)
