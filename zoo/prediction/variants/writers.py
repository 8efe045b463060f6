"""Scores of variants as an annotated VCF, or as a table."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from zoo.data.sources.variant_records import opened
from zoo.errors import InputError, optional
from zoo.files.inputs import open_input
from zoo.prediction.variants.job import VariantRows

_FEW = 512
_Numbers = dict[int, tuple[float, ...]]  # of each allele by its number

FORMATS = (".vcf.gz", ".vcf", ".tsv", ".parquet")


class VariantBlock(NamedTuple):
    """Some variants with their numbers (variant, column)."""

    rows: VariantRows
    contigs: list[str]
    values: npt.NDArray[np.float32]


@dataclass(frozen=True)
class VariantColumns:
    """What is written of each variant.

    Attributes:
        source: The file of the variants.
        first: What the first column of a table is called: "chrom" or "element".
        names: Of the numbers.
        descriptions: One line on each.
        prefix: What the names begin with in a VCF: that of the release.
    """

    source: str
    first: str
    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    prefix: str

    @property
    def fields(self) -> tuple[str, ...]:
        """Keys of INFO."""
        keys = (f"{self.prefix}_{name}" for name in self.names)
        plain = (re.sub(r"[^A-Za-z0-9_.]", "_", key) for key in keys)
        return tuple(key if key[0].isalpha() else f"_{key}" for key in plain)


def form(out: Path) -> str:
    """The format that the name of a file says.

    Raises:
        InputError: None.
    """
    for suffix in FORMATS:
        if out.name.lower().endswith(suffix):
            return suffix
    raise InputError(
        f"{out}: expected a name that ends in {', '.join(FORMATS[:-1])} or "
        f"{FORMATS[-1]}. Received: {out.suffix or 'no extension'}."
    )


def check(out: Path, columns: VariantColumns, vcf: bool) -> None:
    """Finds out what cannot be written before all is computed.

    Raises:
        InputError: A VCF of what is none, one that has such fields already, or a
            package is missing.
    """
    suffix = form(out)
    if suffix == ".parquet":
        optional("pyarrow", "parquet", f"{out}: Parquet")
    if not suffix.startswith(".vcf"):
        return
    if not vcf:
        raise InputError(
            f"{out}: expected .tsv or .parquet, as {columns.source} is no VCF but a "
            "table."
        )
    fields = columns.fields
    if len(set(fields)) < len(fields):
        twice = next(field for field in fields if fields.count(field) > 1)
        raise InputError(
            f"{out}: two scores have the name {twice!r} in a VCF. Write .tsv or "
            ".parquet, or choose one of them (--outputs, in Python outputs=)."
        )
    with contextlib.closing(_lines(columns.source)) as lines:
        header = "\n".join(itertools.takewhile(lambda line: line[0] == "#", lines))
    declared = re.findall(r"^##INFO=<ID=([^,>]+)", header, re.MULTILINE)
    if known := [field for field in fields if field in declared]:
        which = ",".join(f"INFO/{field}" for field in known)
        raise InputError(
            f"{columns.source}: has the field {known[0]!r} already, of an earlier run. "
            f"Score the file from before it, or take out what it wrote: bcftools "
            f"annotate -x {which}."
        )


def write(
    path: Path, out: Path, columns: VariantColumns, blocks: Iterable[VariantBlock]
) -> None:
    """Writes all variants.

    Args:
        path: Where.
        out: Whose extension is the format.
        columns: What they have.
        blocks: All of them, in the order of the file.
    """
    suffix = form(out)
    if suffix == ".parquet":
        _parquet(path, columns, blocks)
        return
    with contextlib.ExitStack() as stack:
        if suffix == ".vcf.gz":
            pysam = optional("pysam", "genome", f"{out}: bgzip")
            file = stack.enter_context(pysam.BGZFile(str(path), "wb"))
        else:
            file = stack.enter_context(path.open("wb"))
        texts = _tsv if suffix == ".tsv" else _vcf
        for text in texts(columns, blocks):
            file.write(text.encode("utf-8", "surrogateescape"))


def _tsv(columns: VariantColumns, blocks: Iterable[VariantBlock]) -> Iterator[str]:
    names = (columns.first, *_FIXED, *columns.names)
    yield "\t".join(names) + "\n"
    line = "\t".join(["%s"] * (1 + len(_FIXED)) + ["%.6g"] * len(columns.names)) + "\n"
    for block in blocks:
        for cells, more in zip(_cells(block), _numbers(block.values), strict=True):
            yield line % (*cells, *more)


_FIXED = ("position", "id", "ref", "alt")


def _cells(block: VariantBlock) -> Iterator[tuple[Any, ...]]:
    rows = block.rows
    return zip(
        block.contigs,
        (rows.position + 1).tolist(),
        (name or "." for name in rows.name),
        (allele or "-" for allele in rows.reference),
        (allele or "-" for allele in rows.alternate),
        strict=True,
    )


def _numbers(values: npt.NDArray[np.float32]) -> Iterator[tuple[float, ...]]:
    # A few at a time: many new objects have Python search all others for garbage.
    for start in range(0, len(values), _FEW):
        yield from map(tuple, values[start : start + _FEW].tolist())


def _parquet(
    path: Path, columns: VariantColumns, blocks: Iterable[VariantBlock]
) -> None:
    import pyarrow
    import pyarrow.parquet

    text, number = pyarrow.string(), pyarrow.float32()
    kinds = [text, pyarrow.int64(), text, text, text, *(number for _ in columns.names)]
    names = (columns.first, *_FIXED, *columns.names)
    schema = pyarrow.schema(list(zip(names, kinds, strict=True)))
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        for block in blocks:
            cells = zip(*_cells(block), strict=True)
            arrays = [*map(list, cells), *block.values.T]
            made = [
                pyarrow.array(x, kind) for x, kind in zip(arrays, kinds, strict=True)
            ]
            writer.write_table(pyarrow.Table.from_arrays(made, schema=schema))


def _vcf(columns: VariantColumns, blocks: Iterable[VariantBlock]) -> Iterator[str]:
    """The text of the source, with our fields; other columns stay as they are."""
    fields = columns.fields
    single = ";".join(f"{field}=%.6g" for field in fields)
    scored = _by_record(blocks)
    waiting = next(scored, None)
    number = 0
    with contextlib.closing(_lines(columns.source)) as lines:
        for line in lines:
            if line.startswith("#"):
                if line.startswith("#CHROM"):
                    for field, what in zip(fields, columns.descriptions, strict=True):
                        plain = what.replace("\\", "").replace('"', "'")
                        yield (
                            f"##INFO=<ID={field},Number=A,Type=Float,"
                            f'Description="{plain}">\n'
                        )
                yield f"{line}\n"
                continue
            if waiting is not None and waiting[0] == number:
                cells = line.split("\t")
                alleles = cells[4].count(",") + 1
                info = (
                    single % waiting[1][0]
                    if alleles == 1
                    else _info(fields, alleles, waiting[1])
                )
                known = cells[7].rstrip(";")
                cells[7] = info if known in (".", "") else f"{known};{info}"
                line = "\t".join(cells)
                waiting = next(scored, None)
            yield f"{line}\n"
            number += 1
    if waiting is not None:
        raise InputError(f"{columns.source}: changed since it was read. Begin anew.")


def _info(fields: tuple[str, ...], alleles: int, found: _Numbers) -> str:
    """Each field with a value for each allele, in their order."""
    nothing = ["."] * len(fields)
    texts = {allele: [f"{x:.6g}" for x in of] for allele, of in found.items()}
    values = zip(*(texts.get(i, nothing) for i in range(alleles)), strict=True)
    return ";".join(
        f"{field}={','.join(of)}" for field, of in zip(fields, values, strict=True)
    )


def _by_record(blocks: Iterable[VariantBlock]) -> Iterator[tuple[int, _Numbers]]:
    """Record number, and the numbers of each of its alleles that was scored."""
    current, found = -1, _Numbers()
    for rows, _, values in blocks:
        for record, allele, numbers in zip(
            rows.record.tolist(), rows.allele.tolist(), _numbers(values), strict=True
        ):
            if record != current:
                if found:
                    yield current, found
                current, found = record, {}
            found[allele] = numbers
    if found:
        yield current, found


def _lines(source: str) -> Generator[str]:
    """Header and records as text, without what ends a line."""
    with open_input(source) as (stream, _):
        binary = stream.read(3) == b"BCF"
    if binary:
        with opened(source) as records:
            yield from str(records.header).splitlines()
            for record in records:
                yield str(record).rstrip("\r\n")
        return
    with open_input(source) as (stream, _):
        for line in stream:
            text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
            if text:
                yield text
