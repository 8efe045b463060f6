"""The two indices of bigWig: contigs by name, and sections of data by place."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from zoo.errors import InputError

_CONTIG_MAGIC, _PLACE_MAGIC = 0x78CA8C91, 0x2468ACE0
_CONTIGS = struct.Struct("<IIIIQQ")
_PLACES = struct.Struct("<IIQIIIIQII")
_NODE = struct.Struct("<BBH")
_NODE_ITEMS = 256
_LEVEL = 3  # of the default, 6, files are as small, in two or three times the time
_BOUNDS = [(name, "<u4") for name in ("contig", "start", "end_contig", "end")]
_INNER = np.dtype([*_BOUNDS, ("offset", "<u8")])
_LEAF = np.dtype([*_BOUNDS, ("offset", "<u8"), ("size", "<u8")])

Items = npt.NDArray[Any]


def contig_tree(at: int, contigs: Mapping[str, int]) -> bytes:
    """The tree of the contigs, numbered in their order, that begins at `at`.

    Raises:
        InputError: One is longer than the format can say.
    """
    longest = max(contigs, key=contigs.__getitem__)
    if contigs[longest] >= 1 << 32:
        raise InputError(
            f"Contig {longest!r} has {contigs[longest]:,} bp, and bigWig has room for "
            "fewer than 4,294,967,296. Write .h5, .parquet or .tsv."
        )
    names = [name.encode() for name in contigs]
    key = f"S{max(map(len, names))}"
    leaves = np.empty(len(names), [("key", key), ("number", "<u4"), ("length", "<u4")])
    leaves["key"], leaves["number"] = names, np.arange(len(names))
    leaves["length"] = list(contigs.values())
    leaves = leaves[np.argsort(leaves["key"], kind="stable")]

    def inner(first: Items, last: Items) -> Items:
        found = np.empty(len(first), [("key", key), ("offset", "<u8")])
        found["key"] = first["key"]
        return found

    header = _CONTIGS.pack(
        _CONTIG_MAGIC, _NODE_ITEMS, leaves["key"].itemsize, 8, len(leaves), 0
    )
    return header + _tree(at + len(header), leaves, inner)


class Sections:
    """Compressed sections of a file, and where each lies.

    Args:
        file: Where they are written.
        items: How many a section has at most.
    """

    def __init__(self, file: IO[bytes], items: int) -> None:
        self._file = file
        self._items = items
        self._found: list[Items] = []

    def __len__(self) -> int:
        return sum(map(len, self._found))

    def write(self, sections: Sequence[bytes], bounds: Sequence[Items]) -> None:
        """Writes sections in order; bounds are contig, start, last contig and end."""
        found = np.empty(len(sections), _LEAF)
        for (name, _), bound in zip(_BOUNDS, bounds, strict=True):
            found[name] = bound
        at = self._file.tell()
        packed = [zlib.compress(section, _LEVEL) for section in sections]
        self._file.write(b"".join(packed))
        found["size"] = [len(section) for section in packed]
        found["offset"] = at + np.cumsum(found["size"]) - found["size"]
        self._found.append(found)

    def write_index(self) -> int:
        """Writes the tree of all of them; where it is."""
        at = self._file.tell()
        leaves = np.concatenate([np.empty(0, _LEAF), *self._found])
        ends = (leaves[0], leaves[-1]) if len(leaves) else (np.zeros((), _LEAF),) * 2
        header = _PLACES.pack(
            _PLACE_MAGIC,
            _NODE_ITEMS,
            len(leaves),
            ends[0]["contig"],
            ends[0]["start"],
            ends[1]["end_contig"],
            ends[1]["end"],
            at,
            self._items,
            0,
        )
        self._file.write(header + _tree(at + len(header), leaves, _inner_places))
        return at


def _inner_places(first: Items, last: Items) -> Items:
    found = np.empty(len(first), _INNER)
    found["contig"], found["start"] = first["contig"], first["start"]
    found["end_contig"], found["end"] = last["end_contig"], last["end"]
    return found


def _tree(at: int, leaves: Items, inner: Callable[[Items, Items], Items]) -> bytes:
    """Nodes of items in order, from the root on.

    Args:
        at: Where the root will be.
        leaves: The items.
        inner: The item of a node, but for its offset, by the first and the last of
            those in it.
    """
    levels = [leaves]
    while len(levels[0]) > _NODE_ITEMS:
        items = levels[0]
        last = np.arange(_NODE_ITEMS, len(items) + _NODE_ITEMS, _NODE_ITEMS) - 1
        last = np.minimum(last, len(items) - 1)
        levels.insert(0, inner(items[::_NODE_ITEMS], items[last]))
    nodes = []
    for depth, items in enumerate(levels):
        leaf = depth == len(levels) - 1
        count = max(1, -(-len(items) // _NODE_ITEMS))
        at += count * _NODE.size + items.nbytes
        if not leaf:
            below = _NODE.size + _NODE_ITEMS * levels[depth + 1].itemsize
            items["offset"] = at + below * np.arange(len(items))
        for first in range(0, count * _NODE_ITEMS, _NODE_ITEMS):
            part = items[first : first + _NODE_ITEMS]
            nodes.append(_NODE.pack(leaf, 0, len(part)) + part.tobytes())
    return b"".join(nodes)
