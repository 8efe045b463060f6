"""What mutagenesis found -> HDF5, TSV and bigWig files, some sequences at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from registry.files import user_path
from zoo.data.record import Record
from zoo.errors import InputError
from zoo.files.output import STDOUT, extension_of, open_output
from zoo.interpretation.base_tracks import BaseTracks
from zoo.interpretation.hdf5_rows import Hdf5Rows, of_records, opened_rows
from zoo.interpretation.mutagenesis.results import Changes, Mutagenesis
from zoo.interpretation.mutagenesis.rows import Rows

FORMATS = (".h5", ".hdf5", ".tsv", ".bw", ".bigwig")


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
    extension = ".tsv" if out == STDOUT else extension_of(out, FORMATS)
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
        with opened_rows(out) as file:
            yield _Hdf5(file, names, intervals)


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

    def __init__(self, rows: Hdf5Rows, names: Sequence[str], intervals: bool) -> None:
        self._rows, self._intervals = rows, intervals
        rows.say("targets", list(names))

    def add(self, records: Sequence[Record], found: Changes) -> None:
        said = of_records(records, found.start, intervals=self._intervals)
        arrays = {"codes": found.codes, "reference": found.reference}
        self._rows.add({**said, **arrays, **found.arrays()})
