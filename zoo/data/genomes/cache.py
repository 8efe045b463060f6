"""A genome's codes in one flat file, built once and memory-mapped.

    CACHE/genomes/NAME-abcd....codes

is found by the resolved path of the FASTA file. It ends with a footer that says
which size and modification time of the FASTA file it was made of, and is made anew
when they differ. It gets its name only when it is complete and on disk.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import shutil
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np

from registry import store
from registry.errors import StoreError
from registry.files import replaced
from zoo.data.genomes.flat import take_windows
from zoo.data.genomes.letters import Ambiguous
from zoo.data.genomes.text import FastaText, Integers, plain_fasta
from zoo.dna import Codes
from zoo.files.stamp import Stamp

_MAGIC = b"seqzoo genome 1\n"
_TAIL = 16 + 64 + len(_MAGIC)
_CHUNK_BASES = 1 << 23

logger = logging.getLogger("zoo")


@dataclass(frozen=True, eq=False)
class CachedGenome:
    """A complete cache file, opened.

    Attributes:
        contigs: Length in bp by name, in the order of the FASTA file.
        ambiguous: The IUPAC letters that were made N, if any.
        codes: uint8 `(bp of all contigs,)`, memory-mapped, read-only.
    """

    contigs: dict[str, int]
    ambiguous: Ambiguous | None
    codes: Codes

    @cached_property
    def _offsets(self) -> Integers:
        lengths = np.array([*self.contigs.values()], np.int64)
        return np.cumsum(lengths) - lengths

    def gather(self, contig_numbers: Integers, starts: Integers, length: int) -> Codes:
        """Codes of intervals that lie within their contigs."""
        return take_windows(self.codes, self._offsets[contig_numbers] + starts, length)


def open_cached(path: Path, source: str) -> CachedGenome:
    """The codes of a FASTA file, from the cache or else built into it.

    Args:
        path: The FASTA file, resolved.
        source: What errors call it.

    Raises:
        InputError: The file is not fit, or changes while it is read.
        StoreError: The cache cannot be written.
    """
    was = Stamp.of(path)
    found = _find(path, was)
    if found is not None:
        return found
    name = file_name(path)
    try:
        with store.writing(f"the codes of {source}"), store.lock(name):
            found = _find(path, was)  # another process may have been first
            if found is None:
                _build(path, source, was, store.folder() / "genomes" / name)
                found = _find(path, was)
    except StoreError as error:
        raise StoreError(
            f"{error} Or read without a cache: Genome(path, cache=False)."
        ) from error.__cause__
    if found is None:
        raise StoreError(
            f"The codes of {source} vanished from the cache {store.folder()} at once."
        )
    return found


def file_name(path: Path) -> str:
    """What the cache calls the codes of a FASTA file, by its resolved path."""
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:24]
    stem = "".join(c if c.isalnum() or c in "._-" else "_" for c in path.name[:60])
    return f"{stem}-{digest}.codes"


def _find(path: Path, was: Stamp) -> CachedGenome | None:
    for cache in store.folders():
        file = cache / "genomes" / file_name(path)
        try:
            return _open(file, path, was)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.warning("%s is damaged and not used: %s", file, error)
    return None


def _open(file: Path, path: Path, was: Stamp) -> CachedGenome | None:
    """The cache file, or None if it is that of an earlier content."""
    with file.open("rb") as stream:
        footer = _read_footer(stream)
        if footer["path"] != os.fspath(path) or Stamp(**footer["stamp"]) != was:
            return None
        contigs = dict(footer["contigs"])
        bases = sum(contigs.values())
        if footer["bases"] != bases:
            raise ValueError(f"expected {bases} bp, received {footer['bases']}")
        if bases == 0:
            codes = np.empty(0, np.uint8)
        else:
            codes = np.memmap(stream, np.uint8, "r", shape=(bases,))
    ambiguous = footer["ambiguous"] and Ambiguous(**footer["ambiguous"])
    return CachedGenome(contigs, ambiguous, codes)


def _read_footer(stream: IO[bytes]) -> dict[str, Any]:
    size = os.fstat(stream.fileno()).st_size
    stream.seek(max(0, size - _TAIL))
    tail = stream.read()
    if len(tail) != _TAIL or not tail.endswith(_MAGIC):
        raise ValueError("it does not end as expected")
    length, digest = int(tail[:16]), tail[16:80].decode()
    bases = size - _TAIL - length
    if length < 0 or bases < 0:
        raise ValueError("it is too short")
    stream.seek(bases)
    text = stream.read(length)
    if hashlib.sha256(text).hexdigest() != digest:
        raise ValueError("its footer is not as it was written")
    footer: dict[str, Any] = json.loads(text)
    return footer | {"bases": bases}


def _footer(
    path: Path, was: Stamp, contigs: dict[str, int], ambiguous: Ambiguous | None
) -> bytes:
    content = {
        "path": os.fspath(path),
        "stamp": asdict(was),
        "contigs": list(contigs.items()),
        "ambiguous": ambiguous and asdict(ambiguous),
    }
    text = json.dumps(content).encode()
    digest = hashlib.sha256(text).hexdigest()
    return text + f"{len(text):16d}{digest}".encode() + _MAGIC


def _build(path: Path, source: str, was: Stamp, target: Path) -> None:
    """Writes the cache file, all or nothing; under the lock."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # One name for all tries: what a killed process left is written over.
    partial = target.with_suffix(".partial")
    with replaced(target, temporary=partial, mode=store.READ_ONLY):
        with plain_fasta(path) as plain, partial.open("wb") as output:
            fasta = FastaText.open(plain, source)
            contigs = fasta.contigs
            bases = sum(contigs.values())
            if shutil.disk_usage(target.parent).free < bases:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            logger.info("keeping the codes of %s (%s bp)", source, f"{bases:,}")
            ambiguous = _write_codes(output, fasta)
            output.write(_footer(path, was, contigs, ambiguous))
        was.check(path, source, "while it was read", "Try again.")


def _write_codes(output: IO[bytes], fasta: FastaText) -> Ambiguous | None:
    """Writes all codes; returns where IUPAC letters were made N."""
    found: Ambiguous | None = None
    for number, length in enumerate(fasta.contigs.values()):
        for start in range(0, length, _CHUNK_BASES):
            size = min(_CHUNK_BASES, length - start)
            codes, here = fasta.read(np.array([number]), np.array([start]), size)
            output.write(codes.data)
            found = found.plus(here) if found and here else found or here
    return found
