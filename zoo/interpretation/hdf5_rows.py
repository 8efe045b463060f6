"""Arrays with a row for each sequence -> HDF5, some sequences at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import h5py
import numpy as np

from registry.files import beside, publish, user_path
from zoo.data.record import Record
from zoo.dna import UNKNOWN
from zoo.files.hdf5_stream import Hdf5Stream
from zoo.files.output import explained

_CHUNK_POSITIONS = 256


def of_records(
    records: Sequence[Record], start: int, *, intervals: bool
) -> dict[str, Any]:
    """What is written of sequences beside results.

    Args:
        records: The sequences.
        start: Place of the first position in them.
        intervals: Whether they are intervals of a genome.
    """
    said: dict[str, Any] = {"name": [record.name for record in records]}
    said["start"] = np.full(len(records), start, np.int64)
    if intervals:
        places = [record.interval for record in records]
        for field in ("chrom", "start", "end", "strand"):
            said[f"interval_{field}"] = [getattr(place, field) for place in places]
    return said


@contextlib.contextmanager
def opened_rows(out: str) -> Iterator[Hdf5Rows]:
    """A file that appears when the body ends, whole or not at all.

    Raises:
        OutputError: The file cannot be written.
    """
    target = user_path(out).resolve()
    temporary = beside(target)
    # Only our own system calls are explained: an OSError of the body is not ours.
    with explained(out):
        stream = Hdf5Stream(temporary)
    try:
        with contextlib.closing(stream), h5py.File(stream, "w") as file:
            yield Hdf5Rows(stream, file)
        with explained(out):
            stream.check()
            publish(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


class Hdf5Rows:
    """Appends rows to data sets; what is shorter along another axis ends in a filling.

    Args:
        stream: The file is written to.
        file: Open for writing.
    """

    def __init__(self, stream: Hdf5Stream, file: h5py.File) -> None:
        self._stream, self._file, self._count = stream, file, 0

    def say(self, name: str, values: Sequence[str]) -> None:
        """Notes words of the whole file."""
        self._file.attrs.create(name, list(values), dtype=h5py.string_dtype())

    def add(self, arrays: Mapping[str, Any], fill: float = np.nan) -> None:
        """Takes some rows.

        Args:
            arrays: (row, ...) each, by the name of the data set.
            fill: Of numbers; of "codes" it is N.
        """
        self._stream.check()
        rows = [np.asarray(values) for values in arrays.values()]
        for name, values in zip(arrays, rows, strict=True):
            self._append(name, values, UNKNOWN if name == "codes" else fill)
        self._count += len(rows[0])

    def _append(self, name: str, values: Any, fill: float) -> None:
        text = values.dtype.kind == "U"
        if name not in self._file:
            packed = {"fillvalue": fill, "compression": "gzip", "compression_opts": 1}
            self._file.create_dataset(
                name,
                (0, *values.shape[1:]),
                h5py.string_dtype() if text else values.dtype,
                maxshape=(None,) * values.ndim,
                chunks=_chunks(values.shape),
                **(packed if values.ndim > 1 else {}),
            )
        dataset = self._file[name]
        end = self._count + len(values)
        sizes = [max(pair) for pair in zip(dataset.shape, values.shape, strict=True)]
        dataset.resize((end, *sizes[1:]))
        place = (slice(self._count, end), *map(slice, values.shape[1:]))
        dataset[place] = values.astype(object) if text else values


def _chunks(shape: tuple[int, ...]) -> tuple[int, ...]:
    if len(shape) == 1:
        return (1024,)
    return (1, *(min(size, _CHUNK_POSITIONS) for size in shape[1:]))
