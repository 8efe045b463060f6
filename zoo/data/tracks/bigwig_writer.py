"""Values of bins -> a bigWig file.

After Kent et al. 2010, doi:10.1093/bioinformatics/btq351, and its supplement. In
constant memory, and in time linear in bins and contigs: pyBigWig keeps all values until
the file is closed. An error while the bins are read, Ctrl-C and a full disk are raised,
which pybigtools does with none of them.
"""

from __future__ import annotations

import contextlib
import struct
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from zoo.data.tracks.bigwig_trees import Sections, contig_tree

_MAGIC, _VERSION = 0x888FFC26, 4
_HEADER = struct.Struct("<IHHQQQHHQQIQ")
_ZOOM_HEADER = struct.Struct("<IIQQ")
_SUMMARY = struct.Struct("<Qdddd")
_SECTION = np.dtype("<u4,<u4,<u4,<u4,<u4,u1,u1,<u2")
_BED_GRAPH = 1
_ITEM = np.dtype([("start", "<u4"), ("end", "<u4"), ("value", "<f4")])
_RECORD = np.dtype(
    [("contig", "<u4"), ("start", "<u4"), ("end", "<u4"), ("bases", "<u4")]
    + [(name, "<f4") for name in ("least", "most", "sum", "squares")]
)
_SECTION_ITEMS = 1024
_SECTION_RECORDS = 512
_RECORDS_AT_ONCE = 1 << 16
# BinValues of the first level, and each further one, in one of the level before.
_FIRST_ZOOM, _FURTHER_ZOOM, _MAX_ZOOMS = 16, 4, 10

Records = npt.NDArray[Any]


Integers = npt.NDArray[np.int64]


class BinValues(NamedTuple):
    """Some bins in the order of the genome, one entry per bin.

    Attributes:
        contig: Contig number.
        start: First base.
        end: One past the last base, within the contig.
        values: float32 `(n,)`.
    """

    contig: Integers
    start: Integers
    end: Integers
    values: npt.NDArray[np.float32]


def write_bigwig(
    path: Path,
    contigs: Mapping[str, int],
    blocks: Iterable[BinValues],
    *,
    bin_size: int,
) -> None:
    """Writes a file.

    Args:
        path: Which is written. Temporary files lie in its folder meanwhile.
        contigs: Names and lengths in bp, in the order of their numbers.
        blocks: The bins, some at a time, none of them empty.
        bin_size: Length of a bin in bp; bins lie at multiples of it, and may be absent.

    Raises:
        InputError: A contig is longer than the format can say.
        OSError: The file could not be written whole.
    """
    with path.open("wb") as file:
        _write(file, path.parent, contigs, blocks, bin_size)


def _write(
    file: IO[bytes],
    folder: Path,
    contigs: Mapping[str, int],
    blocks: Iterable[BinValues],
    bin_size: int,
) -> None:
    summary_at = _HEADER.size + _MAX_ZOOMS * _ZOOM_HEADER.size
    tree_at = summary_at + _SUMMARY.size
    lengths = np.fromiter(contigs.values(), np.int64, len(contigs))
    file.write(bytes(tree_at) + contig_tree(tree_at, contigs))
    data_at = file.tell()
    file.write(bytes(8))
    data, summary = Sections(file, _SECTION_ITEMS), _Summary()
    zooms: list[tuple[int, int, int, int]] = []
    with contextlib.ExitStack() as stack:
        reduction = _FIRST_ZOOM * bin_size
        spool = stack.enter_context(_Spool(folder, reduction, lengths))
        for block in blocks:
            _write_bins(data, block)
            records = _records(block)
            summary.add(records)
            spool.add(records)
        spool.end()
        index_at = data.write_index()
        before = 2 * spool.count + 1
        # A level that is not half as long as the last one says little that is new:
        # where few bases have a value, the first levels may be such.
        while spool.count and len(zooms) < _MAX_ZOOMS and spool.reduction < 1 << 32:
            reduction = spool.reduction * _FURTHER_ZOOM
            following = stack.enter_context(_Spool(folder, reduction, lengths))
            if spool.count <= before // 2:
                before = spool.count
                placed = _write_zoom(file, spool, following)
                zooms.append((spool.reduction, 0, *placed))
            else:
                following.add_all(spool)
            spool = following
    file.write(struct.pack("<I", _MAGIC))
    file.seek(0)
    file.write(
        _HEADER.pack(
            _MAGIC,
            _VERSION,
            len(zooms),
            tree_at,
            data_at,
            index_at,
            0,
            0,
            0,
            summary_at,
            max(
                _SECTION.itemsize + _SECTION_ITEMS * _ITEM.itemsize,
                _SECTION_RECORDS * _RECORD.itemsize,
            ),
            0,
        )
        + b"".join(_ZOOM_HEADER.pack(*zoom) for zoom in zooms)
    )
    file.seek(summary_at)
    file.write(summary.packed())
    file.seek(data_at)
    file.write(struct.pack("<Q", len(data)))


class _Summary:
    """Of all bases that have a value."""

    def __init__(self) -> None:
        self.bases, self.sum, self.squares = 0, 0.0, 0.0
        self.least, self.most = np.inf, -np.inf

    def add(self, records: Records) -> None:
        """Counts more of them."""
        self.bases += int(records["bases"].sum(dtype=np.int64))
        self.sum += float(records["sum"].sum(dtype=np.float64))
        self.squares += float(records["squares"].sum(dtype=np.float64))
        self.least = min(self.least, float(records["least"].min()))
        self.most = max(self.most, float(records["most"].max()))

    def packed(self) -> bytes:
        """As it stands in the file."""
        if not self.bases:
            return bytes(_SUMMARY.size)
        return _SUMMARY.pack(self.bases, self.least, self.most, self.sum, self.squares)


def _write_bins(data: Sections, block: BinValues) -> None:
    """Sections of neighboring bins, each of one contig."""
    items = np.empty(len(block.start), _ITEM)
    items["start"], items["end"] = block.start, block.end
    items["value"] = block.values
    new = np.append(True, np.diff(block.contig) != 0)
    within = np.arange(len(new)) - np.flatnonzero(new)[np.cumsum(new) - 1]
    first = np.flatnonzero(within % _SECTION_ITEMS == 0)
    end = np.append(first[1:], len(new))
    headers = np.zeros(len(first), _SECTION)
    headers["f0"], headers["f1"] = block.contig[first], block.start[first]
    headers["f2"], headers["f5"] = block.end[end - 1], _BED_GRAPH
    headers["f7"] = end - first
    contig = block.contig[first]
    packed = headers.tobytes(), items.tobytes()
    bounds = zip(first.tolist(), end.tolist(), strict=True)
    size, width = _SECTION.itemsize, _ITEM.itemsize
    data.write(
        [
            packed[0][n * size : n * size + size] + packed[1][a * width : b * width]
            for n, (a, b) in enumerate(bounds)
        ],
        (contig, block.start[first], contig, block.end[end - 1]),
    )


def _records(block: BinValues) -> Records:
    """What a zoom level would say of each bin."""
    records = np.empty(len(block.start), _RECORD)
    values, bases = block.values.astype(np.float64), block.end - block.start
    records["contig"], records["start"] = block.contig, block.start
    records["end"], records["bases"] = block.end, bases
    records["least"] = records["most"] = values
    records["sum"], records["squares"] = values * bases, values**2 * bases
    return records


class _Spool:
    """The records of a zoom level, in a temporary file.

    Args:
        folder: Where that lies.
        reduction: bp of a record.
        lengths: Of the contigs.
    """

    def __init__(
        self, folder: Path, reduction: int, lengths: npt.NDArray[np.int64]
    ) -> None:
        self.reduction, self.count = reduction, 0
        self._lengths = lengths
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._open = np.empty(0, _RECORD)  # which what is added next may go into

    def __enter__(self) -> _Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, records: Records) -> None:
        """Takes records that each lie within one of this level, in order."""
        records = np.concatenate([self._open, records])
        contig = records["contig"]
        window = records["start"] // np.int64(self.reduction)
        new = np.append(True, (np.diff(contig) != 0) | (np.diff(window) != 0))
        first = np.flatnonzero(new)
        reduced = np.empty(len(first), _RECORD)
        reduced["contig"] = contig[first]
        start = window[first] * self.reduction
        reduced["start"] = start
        reduced["end"] = np.minimum(
            start + self.reduction, self._lengths[contig[first]]
        )
        for name in ("bases", "sum", "squares"):
            reduced[name] = np.add.reduceat(records[name], first)
        reduced["least"] = np.minimum.reduceat(records["least"], first)
        reduced["most"] = np.maximum.reduceat(records["most"], first)
        self._keep(reduced[:-1])
        self._open = reduced[-1:]

    def add_all(self, finer: _Spool) -> None:
        """Takes those of a finer level, and ends."""
        for records in finer.read():
            self.add(records)
        self.end()

    def end(self) -> None:
        """Nothing is added any more."""
        self._keep(self._open)

    def _keep(self, records: Records) -> None:
        self._file.write(records.tobytes())
        self.count += len(records)

    def read(self) -> Iterator[Records]:
        """All of them, some at a time."""
        self._file.seek(0)
        while data := self._file.read(_RECORDS_AT_ONCE * _RECORD.itemsize):
            yield np.frombuffer(data, _RECORD)


def _write_zoom(file: IO[bytes], spool: _Spool, following: _Spool) -> tuple[int, int]:
    """Writes a level and collects the next; where its data and its index are."""
    at = file.tell()
    file.write(struct.pack("<I", spool.count))
    sections = Sections(file, _SECTION_RECORDS)
    for records in spool.read():
        following.add(records)
        parts = [
            records[first : first + _SECTION_RECORDS]
            for first in range(0, len(records), _SECTION_RECORDS)
        ]
        first, last = (np.array([part[end] for part in parts]) for end in (0, -1))
        sections.write(
            [part.tobytes() for part in parts],
            (first["contig"], first["start"], last["contig"], last["end"]),
        )
    following.end()
    return at, sections.write_index()
