"""What mutagenesis found -> HDF5, TSV and bigWig files, some sequences at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import h5py
import numpy as np

from registry.files import beside, publish, user_path
from zoo.data.record import Record
from zoo.dna import UNKNOWN
from zoo.errors import InputError
from zoo.files.hdf5_stream import Hdf5Stream
from zoo.files.output import explained, open_output
from zoo.interpretation.base_tracks import BaseTracks
from zoo.interpretation.mutagenesis.results import Changes, Mutagenesis
from zoo.interpretation.mutagenesis.rows import Rows

FORMATS = (".h5", ".hdf5", ".tsv", ".bw", ".bigwig")
_CHUNK_POSITIONS = 256


class Writer(Protocol):
    """Takes results in the order of the sequences."""

    def add(self, records: Sequence[Record], found: Changes) -> None:
        """Takes those of some sequences."""


@contextlib.contextmanager
def opened(
    out: str, kind: type[Changes], names: Sequence[str], *, intervals: bool
) -> Iterator[Writer]:
    """A file that appears when the body ends, whole or not at all.

    Args:
        out: Its name, whose extension says the format; "-" for a TSV on standard
            output.
        kind: Of the results.
        names: Of the targets.
        intervals: Whether the sequences are intervals of a genome.

    Raises:
        InputError: Another format, or one that cannot hold such results.
        OutputError: The file cannot be written.
    """
    path = user_path(out)
    extension = ".tsv" if out == "-" else path.suffix.lower()
    if extension not in FORMATS:
        raise InputError(
            f"{out}: expected a name that ends in {', '.join(FORMATS)}, which says the "
            f"format. Received: {extension or 'no extension'}."
        )
    if extension in (".bw", ".bigwig"):
        if kind is not Mutagenesis or not intervals:
            raise InputError(
                f"{out}: expected substitutions in intervals of a genome (--bed, "
                "--genome), as a bigWig file has one number for a base, its "
                "contribution. Write .h5 or .tsv."
            )
        tracks = _Tracks(path, names)
        yield tracks
        tracks.tracks.write()
    elif extension == ".tsv":
        with open_output(out) as write:
            rows = Rows(kind, names, intervals=intervals)
            write(rows.header)
            yield _Table(write, rows)
    else:
        yield from _hdf5(path.resolve(), out, names, intervals)


def _hdf5(
    target: Path, out: str, names: Sequence[str], intervals: bool
) -> Iterator[Writer]:
    temporary = beside(target)
    # Only our own system calls are explained: an OSError of the body is not ours.
    with explained(out):
        stream = Hdf5Stream(temporary)
    try:
        with contextlib.closing(stream), h5py.File(stream, "w") as file:
            yield _Hdf5(stream, file, names, intervals)
        with explained(out):
            stream.check()
            publish(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


class _Tracks:
    """Contributions along the genome."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self.tracks = BaseTracks(path, names)

    def add(self, records: Sequence[Record], found: Changes) -> None:
        assert isinstance(found, Mutagenesis)
        for record, values in zip(records, found.contributions, strict=True):
            self.tracks.add(record, values, found.start)


class _Table:
    """A row for each change."""

    def __init__(self, write: Any, rows: Rows) -> None:
        self._write, self._rows = write, rows

    def add(self, records: Sequence[Record], found: Changes) -> None:
        for text in self._rows.text(records, found):
            self._write(text)


class _Hdf5:
    """Arrays with the axes of the results; those of shorter sequences end in NaN."""

    def __init__(
        self, stream: Hdf5Stream, file: h5py.File, names: Sequence[str], intervals: bool
    ) -> None:
        self._stream, self._file, self._intervals = stream, file, intervals
        self._count = 0
        file.attrs.create("targets", list(names), dtype=h5py.string_dtype())

    def add(self, records: Sequence[Record], found: Changes) -> None:
        self._stream.check()
        said: dict[str, Any] = {"name": [record.name for record in records]}
        said["start"] = np.full(len(records), found.start, np.int64)
        if self._intervals:
            places = [record.interval for record in records]
            for field in ("chrom", "start", "end", "strand"):
                said[f"interval_{field}"] = [getattr(p, field) for p in places]
        arrays = {"codes": found.codes, "reference": found.reference}
        for name, values in {**said, **arrays, **found.arrays()}.items():
            self._append(name, np.asarray(values))
        self._count += len(records)

    def _append(self, name: str, values: Any) -> None:
        text = values.dtype.kind == "U"
        if name not in self._file:
            fill = UNKNOWN if name == "codes" else np.nan
            self._file.create_dataset(
                name,
                (0, *values.shape[1:]),
                h5py.string_dtype() if text else values.dtype,
                maxshape=(None,) * values.ndim,
                chunks=_chunks(values.shape),
                fillvalue=None if values.ndim == 1 else fill,
                compression=None if values.ndim == 1 else "gzip",
                compression_opts=None if values.ndim == 1 else 1,
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
