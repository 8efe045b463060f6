"""Predicted bins -> track files, told apart by the extension of their name."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zoo.errors import InputError, optional
from zoo.files.output import extension_of

if TYPE_CHECKING:
    from zoo.prediction.genome.writers.track import Write


class Format(NamedTuple):
    """A kind of track file.

    Attributes:
        module: Module of this package whose function `write` writes it.
        needs: The package that it needs, and the extra that brings it.
        file_per_output: Whether each output has a file of its own.
    """

    module: str
    needs: tuple[str, str] | None = None
    file_per_output: bool = False


_BIG_WIG = Format("bigwig", file_per_output=True)
_HDF5 = Format("hdf5")
FORMATS = {
    ".bw": _BIG_WIG,
    ".bigwig": _BIG_WIG,
    ".tsv": Format("tsv"),
    ".h5": _HDF5,
    ".hdf5": _HDF5,
    ".parquet": Format("parquet", ("pyarrow", "parquet")),
}


def format_of(out: Path) -> Format:
    """The format that a file's extension stands for, its packages being there.

    Raises:
        InputError: No such format, or its package is not installed.
    """
    found = FORMATS[extension_of(out, FORMATS)]
    if found.needs is not None:
        package, extra = found.needs
        what = f"A file of {out.suffix}"
        optional(package, extra, what, ", or write another format")
    return found


def paths(out: Path, names: tuple[str, ...]) -> list[Path]:
    """The files of outputs of these names: X.bw, or X.OUTPUT.bw if there are several.

    Raises:
        InputError: Two outputs would have one file.
    """
    return of_each(out, names) if format_of(out).file_per_output else [out]


def of_each(out: Path, names: tuple[str, ...]) -> list[Path]:
    """X.OUTPUT.EXT for each of several names, X.EXT for a single one.

    Raises:
        InputError: Two outputs would have one file.
    """
    if len(names) == 1:
        return [out]
    plain = [re.sub(r"[^A-Za-z0-9_.+-]", "_", name) for name in names]
    if len(set(plain)) < len(plain):
        raise InputError(
            f"The outputs {names} cannot have a file each: some names are equal. Write "
            ".h5, .parquet or .tsv."
        )
    return [out.with_name(f"{out.stem}.{name}{out.suffix}") for name in plain]


def check_contigs(out: Path, names: Iterable[str]) -> None:
    """Refuses contigs that the format cannot name.

    Raises:
        InputError: A name with a slash, which HDF5 takes for a group.
    """
    if format_of(out) is not _HDF5:
        return
    for name in names:
        if "/" in name or name == ".":
            raise InputError(
                f"Contig {name!r} cannot be the name of an HDF5 data set. Write "
                ".parquet or .tsv, or rename the contig."
            )


def writer(out: Path) -> Write:
    """The function that writes files of this extension."""
    module = importlib.import_module(f"{__name__}.{format_of(out).module}")
    found: Write = module.write
    return found
