"""A bigWig file as if it had few of its contigs.

pybigtools, as the C library does, compares the name of a contig with all others at each
call: on 100,000 scaffolds that takes longer than all the rest. What it is given here is
the same file with another list of contigs, after its end.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from typing import IO, Any

# Contigs that are looked up at once: more are slower, fewer are opened more often.
FEW = 512
_TREE_AT = 8  # where the header says where the list is
_TREE = struct.Struct("<IIIIQQ")
_NODE = struct.Struct("<BBH")


class ContigReaders:
    """Readers of a file, each of contigs that are near each other in some order.

    Args:
        file: The bigWig file, little-endian, its header known to be whole.
        order: Names in the order in which they will be asked for; those that the file
            lacks are passed over.

    Raises:
        ValueError: The list of contigs is damaged.
    """

    def __init__(self, file: IO[bytes], order: Iterable[str]) -> None:
        self._file = file
        self._size = file.seek(0, io.SEEK_END)
        file.seek(0)
        self._header = file.read(64)
        (start,) = struct.unpack_from("<Q", self._header, _TREE_AT)
        file.seek(start)
        self._tree = _TREE.unpack(file.read(_TREE.size))
        items = self._items(start + _TREE.size)
        self._order = [name for name in order if name in items]
        self._list = [items[name] for name in self._order]
        self._places = {name: place for place, name in enumerate(self._order)}
        self._from = self._to = 0
        self._reader: Any = None

    def _items(self, root: int) -> dict[str, bytes]:
        """What the list says of each contig: key, number and length."""
        _, _, key, _, count, _ = self._tree
        found: dict[str, bytes] = {}
        nodes, visits = [root], 0
        while nodes:
            self._file.seek(nodes.pop())
            leaf, _, items = _NODE.unpack(self._file.read(_NODE.size))
            content = self._file.read(items * (key + 8))
            visits += 1 + items
            if len(content) < items * (key + 8) or visits > 4 * count + 4:
                raise ValueError("its list of contigs is not one")
            for at in range(0, len(content), key + 8):
                item = content[at : at + key + 8]
                if leaf:
                    found[item[:key].rstrip(b"\0").decode()] = item
                else:
                    nodes.extend(struct.unpack("<Q", item[key:]))
        return found

    def of(self, name: str) -> Any:
        """A reader of pybigtools that knows a contig which the file has."""
        place = self._places[name]
        if not self._from <= place < self._to:
            import pybigtools

            self._from, self._to = place, place + FEW
            chosen = sorted(self._list[self._from : self._to])
            magic, _, key, value, _, _ = self._tree
            tree = _TREE.pack(magic, len(chosen), key, value, len(chosen), 0)
            tree += _NODE.pack(1, 0, len(chosen)) + b"".join(chosen)
            header = bytearray(self._header)
            struct.pack_into("<Q", header, _TREE_AT, self._size)
            patched = _Patched(self._file, bytes(header), self._size, tree)
            self._reader = pybigtools.open(patched)
        return self._reader


class _Patched(io.RawIOBase):
    """A file with another start, and more after its end."""

    def __init__(self, file: IO[bytes], head: bytes, size: int, tail: bytes) -> None:
        super().__init__()
        self._file, self._head, self._size, self._tail = file, head, size, tail
        self._at = 0

    def read(self, count: int = -1) -> bytes:
        """At most so many bytes, fewer at the seams."""
        at = self._at
        if at < len(self._head):
            found = self._head[at : at + count]
        elif at < self._size:
            self._file.seek(at)
            found = self._file.read(min(count, self._size - at))
        else:
            found = self._tail[at - self._size :][:count]
        self._at += len(found)
        return found

    def seek(self, offset: int, whence: int = 0) -> int:
        """Moves to a place."""
        begin = (0, self._at, self._size + len(self._tail))[whence]
        self._at = begin + offset
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at

    def readable(self) -> bool:
        """It is."""
        return True

    seekable = readable
