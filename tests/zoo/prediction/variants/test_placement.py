"""Windows of both alleles, against edits of the text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from tests.made import write_fasta
from tests.zoo.prediction.variants.conftest import TEXT
from zoo.data import Genome
from zoo.data.sources.placed import Placed
from zoo.dna import decode, encode, reverse_complement_codes
from zoo.prediction.variants.placement import (
    edit,
    leftmost_and_rightmost,
    place,
)

LENGTHS = {name: len(text) for name, text in TEXT.items()}
TURNED = {
    name: decode(reverse_complement_codes(encode(text)[None])[0])
    for name, text in TEXT.items()
}


@pytest.fixture(scope="module")
def genomes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Genome, Genome]:
    folder = tmp_path_factory.mktemp("genomes")
    return (
        Genome(write_fasta(folder / "forward.fa", TEXT)),
        Genome(write_fasta(folder / "turned.fa", TURNED)),
    )


def turned(text: str) -> str:
    return decode(reverse_complement_codes(encode(text)[None])[0]) if text else ""


@st.composite
def variants(draw: st.DrawFn) -> tuple[str, int, str, str]:
    """Some of them in the stretch of one base, or in the repeat."""
    chrom = draw(st.sampled_from(sorted(TEXT)))
    start = draw(st.integers(5, LENGTHS[chrom] - 20) | st.integers(345, 410))
    reference = TEXT[chrom][start : start + draw(st.integers(0, 6))]
    alternate = draw(
        st.text("ACGT", max_size=7)
        | st.sampled_from(["", "A", "AA", "CAG", "CAGCAG", reference + "A"])
    )
    return chrom, start, reference, alternate


def placed(genome: Genome, variant: tuple[str, int, str, str], window: int) -> Placed:
    chrom, start, reference, alternate = variant
    return place(
        genome,
        genome.contig_numbers([chrom]),
        np.array([start]),
        [(reference, alternate)],
        window=window,
        shifts=(0,),
        beyond="pad",
    )


def windows(genome: Genome, variant: tuple, window: int) -> list[tuple[str, str]]:
    found = placed(genome, variant, window)
    reference = found.reference(genome, window)
    alternate = found.alternate(genome, reference)
    return [(decode(a), decode(b)) for a, b in zip(reference, alternate, strict=True)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120)
@given(variant=variants(), window=st.integers(15, 61))
def test_both_alleles_are_edits_of_the_text(
    genomes: tuple[Genome, Genome], variant: tuple, window: int
) -> None:
    chrom, start, reference, alternate = variant
    text = "N" * 99 + TEXT[chrom] + "N" * 99
    start += 99
    changed = text[:start] + alternate + text[start + len(reference) :]
    found = windows(genomes[0], variant, window)
    change = placed(genomes[0], variant, window)
    freed = edit(0, reference, alternate)
    assert len(found) == 2 - (freed.removed == len(freed.inserted) == 1)
    for number, (before, after) in enumerate(found):
        first = int(change.start[number]) + 99
        assert before == text[first : first + window]
        if number == 0:  # what is left of the change keeps its places
            assert after == changed[first : first + window]
        else:
            end = first + window + len(alternate) - len(reference)
            assert after == changed[end - window : end]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120)
@example(variant=("chr1", 135, TEXT["chr1"][135:137], TEXT["chr1"][135:137]), window=15)
@example(variant=("chr1", 135, TEXT["chr1"][135:137], TEXT["chr1"][135:137]), window=16)
@example(variant=("chr1", 135, TEXT["chr1"][135:138], TEXT["chr1"][135:138]), window=15)
@example(variant=("chr1", 135, TEXT["chr1"][135:138], TEXT["chr1"][135:138]), window=16)
@given(variant=variants(), window=st.integers(15, 61))
def test_the_other_strand_has_the_mirror_image_of_each_placement(
    genomes: tuple[Genome, Genome], variant: tuple, window: int
) -> None:
    chrom, start, reference, alternate = variant
    freed = edit(0, reference, alternate)
    if freed.removed == len(freed.inserted) == 1 and not window % 2:
        return  # one base has no middle in such a window
    end = LENGTHS[chrom] - start - len(reference)
    mirrored = chrom, end, turned(reference), turned(alternate)
    expected = [
        tuple(map(turned, pair)) for pair in windows(genomes[1], mirrored, window)
    ]
    assert windows(genomes[0], variant, window) == expected[::-1]


@pytest.mark.parametrize(
    ("position", "reference", "alternate", "first", "last"),
    [
        (400, "A", "AA", 400, 409),
        (404, "AA", "A", 400, 408),
        (350, "CAG", "CAGCAG", 350, 365),
        (353, "CAGCAG", "CAG", 350, 362),
        (362, "", "CAG", 350, 365),
    ],
)
def test_a_change_is_the_same_wherever_it_is_written(
    tmp_path: Path,
    position: int,
    reference: str,
    alternate: str,
    first: int,
    last: int,
) -> None:
    """In the stretch of nine A at 400, and in the five CAG at 350."""
    sides = {"chr1": ("GT" * 200, "GT" * 200), "chr2": ("T" * 350, "T" * 350)}
    repeats = {"chr1": "A" * 9, "chr2": "CAG" * 5}
    chrom = "chr1" if "C" not in reference + alternate else "chr2"
    text = repeats[chrom].join(sides[chrom])
    genome = Genome(write_fasta(tmp_path / "g.fa", {"chr1": text}))
    assert text[position : position + len(reference)] == reference
    change = edit(position, reference, alternate)
    ((left, right),) = leftmost_and_rightmost([change], genome, np.zeros(1, int))
    assert (left.position, right.position) == (first, last)
    for moved in (left, right):
        inserted = decode(moved.inserted) if len(moved.inserted) else ""
        again = (
            text[: moved.position] + inserted + text[moved.position + moved.removed :]
        )
        assert again == text[:position] + alternate + text[position + len(reference) :]


def test_windows_are_shifted_into_an_element(tmp_path: Path) -> None:
    texts = {"as_long": "ACGTTGCATG", "shorter": "ACGTAC"}
    genome = Genome(write_fasta(tmp_path / "g.fa", texts))
    found = place(
        genome,
        np.array([0, 0, 1]),
        np.array([0, 9, 5]),
        [("A", "C"), ("G", "C"), ("C", "G")],
        window=10,
        shifts=(0,),
        beyond="shift",
    )
    reference = found.reference(genome, 10)
    assert [*map(decode, reference)] == ["ACGTTGCATG", "ACGTTGCATG", "NNACGTACNN"]
    after = [*map(decode, found.alternate(genome, reference))]
    assert after == ["CCGTTGCATG", "ACGTTGCATC", "NNACGTAGNN"]
