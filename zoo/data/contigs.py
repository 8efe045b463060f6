"""What to say when a contig's name is not in a genome: `chr1` and `1`, MT, typos."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

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
        near = difflib.get_close_matches(chrom, known, n=3, cutoff=0.5)
    if near:
        return " Did you mean " + " or ".join(map(repr, near)) + "?"
    return f" It has: {', '.join(list(known)[:5])}{', ...' * (len(known) > 5)}."


def missing_contigs(
    missing: Iterable[str], known: Collection[str], genome: str, rows: str
) -> str:
    """The message for names that a genome does not have, with the fix.

    Args:
        missing: Names that are not in `known`, at least one.
        known: Names of the genome.
        genome: What errors call the genome.
        rows: How much is concerned, e.g. "12 of 40 intervals".
    """
    names = list(dict.fromkeys(missing))
    first = names[0]
    message = f"No sequence {first!r} in {genome} ({rows}"
    message += f", {len(names)} names)." if len(names) > 1 else ")."
    message += did_you_mean(first, known)
    if other_style(first, known) is None:
        return message
    if first.startswith("chr"):
        fix = "intervals without 'chr': sed 's/^chr//' old.bed > new.bed"
    else:
        fix = "intervals with 'chr': sed 's/^/chr/' old.bed > new.bed"
    return (
        f"{message} The two name their sequences differently; write the {fix}, or "
        "take the genome that they were made for."
    )
