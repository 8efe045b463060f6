"""What to say when a contig's name is not in a genome: `chr1` and `1`, MT, typos."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from zoo.data.sources.rejected import Rejected, Where
from zoo.errors import InputError

# difflib compares with every name; an assembly may have millions of contigs.
_MAX_NAMES_TO_COMPARE = 10_000
_MITOCHONDRIA = {"chrM": "MT", "MT": "chrM", "M": "chrM"}


def other_style(chrom: str, known: Collection[str]) -> str | None:
    """The same contig as `known` calls it: `chr1` for `1`, `MT` for `chrM`."""
    other = chrom.removeprefix("chr") if chrom.startswith("chr") else "chr" + chrom
    for name in (other, _MITOCHONDRIA.get(chrom, other)):
        if name in known:
            return name
    return None


def did_you_mean(chrom: str, known: Collection[str]) -> str:
    """What to say after "no sequence 'chrom'", with a space before it."""
    found = other_style(chrom, known)
    near = [] if found is None else [found]
    if not near and len(known) <= _MAX_NAMES_TO_COMPARE:
        near = difflib.get_close_matches(chrom, known, n=3)
        if chrom.startswith("chr"):
            # All names of this kind are alike: only the same but for case is meant.
            near = [name for name in near if name.lower() == chrom.lower()]
    if near:
        return " Did you mean " + " or ".join(map(repr, near)) + "?"
    return f" It has: {', '.join(list(known)[:5])}{', ...' * (len(known) > 5)}."


def missing_contigs(
    missing: Sequence[str],
    known: Collection[str],
    genome: str,
    total: int,
    rows: str = "intervals",
) -> str:
    """The message for names that a genome does not have, with the fix.

    Args:
        missing: Names that are not in `known`, at least one, of each row concerned.
        known: Names of the genome.
        genome: What errors call the genome.
        total: How many rows there are.
        rows: What the rows are: "intervals", "variants" or "contigs".
    """
    names = list(dict.fromkeys(missing))
    first = names[0]
    message = f"no sequence {first!r} in {genome} ({len(missing):,} of {total:,} {rows}"
    message += f", {len(names)} names)." if len(names) > 1 else ")."
    message += did_you_mean(first, known)
    same = other_style(first, known)
    if same is None or rows == "contigs":
        return message
    if rows == "variants":
        fix = "variants with those of the genome: bcftools annotate --rename-chrs "
        fix += f"names.txt old.vcf > new.vcf, with lines such as '{first} {same}'"
    elif first.startswith("chr"):
        fix = "intervals without 'chr': sed 's/^chr//' old.bed > new.bed"
    else:
        fix = "intervals with 'chr': sed 's/^/chr/' old.bed > new.bed"
    return (
        f"{message} The two name their sequences differently; write the {fix}, or "
        "take the genome that they were made for."
    )


def on_contigs(
    chrom: npt.NDArray[np.str_],
    where: Where,
    known: Collection[str],
    genome: str,
    rejected: Rejected,
    rows: str = "intervals",
) -> npt.NDArray[np.int64]:
    """The numbers of the rows whose contig is known; the others are rejected.

    Args:
        chrom: Names of contigs, one per row.
        where: What errors call a row.
        known: Names of the genome.
        genome: What errors call the genome.
        rejected: Told of each row whose contig is not known.
        rows: As in `missing_contigs`.

    Raises:
        InputError: None is: another naming is never left out row by row.
    """
    there = np.isin(chrom, list(known))
    missing = np.flatnonzero(~there).tolist()
    names = [str(name) for name in chrom[missing]]
    for row, name in zip(missing, names, strict=True):
        message = f"no sequence {name!r} in {genome}."
        if row == missing[0]:
            message = missing_contigs(names, known, genome, len(chrom), rows)
        error = InputError(f"{where(row)}: {message}")
        if len(missing) == len(chrom):
            raise error
        rejected("contig not in the genome", error)
    return np.flatnonzero(there)
