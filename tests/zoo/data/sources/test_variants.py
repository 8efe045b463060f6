"""VCF -> two sequences a variant, against edits of the genome's text."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import zoo.data
from tests.made import write_fasta
from zoo.dna import decode
from zoo.errors import InputError

pysam = pytest.importorskip("pysam")

HEADER = (
    "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n##contig=<ID=chr2>\n"
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
)
TEXT = {
    name: "".join(np.random.default_rng(seed).choice(list("ACGT"), 300))
    for seed, name in enumerate(("chr1", "chr2"))
}


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> zoo.data.Genome:
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    return zoo.data.Genome(write_fasta(path, TEXT))


def write(path: Path, rows: Iterable[tuple[object, ...]]) -> Path:
    lines = ["\t".join(map(str, (*row, ".", ".", "."))) + "\n" for row in rows]
    path.write_text(HEADER + "".join(lines))
    return path


def edited(chrom: str, start: int, reference: str, alternate: str, length: int) -> str:
    """The window of the edited chromosome, N beyond its ends."""
    text = TEXT[chrom]
    assert text[start : start + len(reference)] == reference
    changed = text[:start] + alternate + text[start + len(reference) :]
    padded = "N" * length + changed + "N" * length
    first = start - length // 2 + length
    return padded[first : first + length]


@st.composite
def variants(draw: st.DrawFn) -> tuple[str, int, str, str]:
    chrom = draw(st.sampled_from(sorted(TEXT)))
    start = draw(st.integers(0, 295))
    reference = TEXT[chrom][start : start + draw(st.integers(1, 5))]
    alternate = draw(
        st.text("ACGT", min_size=1, max_size=60).filter(lambda a: a != reference)
    )
    return chrom, start, reference, alternate


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(found=st.lists(variants(), min_size=1, max_size=8), length=st.integers(1, 90))
def test_both_alleles_are_edits_of_the_text(
    genome: zoo.data.Genome,
    tmp_path: Path,
    found: list[tuple[str, int, str, str]],
    length: int,
) -> None:
    vcf = write(
        tmp_path / "v.vcf", [(c, s + 1, f"rs{s}", r, a) for c, s, r, a in found]
    )
    examples = zoo.data.from_variants(genome, vcf, sequence_length=length, beyond="pad")
    for row, (chrom, start, reference, alternate) in enumerate(found):
        for alleles, allele in zip(examples, (reference, alternate), strict=True):
            assert decode(alleles.codes()[row]) == edited(
                chrom, start, reference, allele, length
            )
    order = np.arange(len(found))[::-1]
    np.testing.assert_array_equal(
        examples.alternate.subset(order).codes(), examples.alternate.codes()[order]
    )
    columns = examples.reference.columns
    assert columns["id"].tolist() == [f"rs{s}" for _, s, _, _ in found]
    assert columns["position"].tolist() == [s + 1 for _, s, _, _ in found]


def substitution(chrom: str, start: int) -> tuple[str, int, str, str, str]:
    reference = TEXT[chrom][start]
    return chrom, start + 1, ".", reference, "A" if reference != "A" else "C"


def test_each_alternate_allele_is_a_row(
    genome: zoo.data.Genome, tmp_path: Path
) -> None:
    reference = TEXT["chr1"][100]
    others = [base for base in "ACGT" if base != reference]
    rows = [("chr1", 101, "rs1", reference.lower(), f"{others[0]},*,{others[1]}")]
    found = zoo.data.from_variants(
        genome, write(tmp_path / "v.vcf", rows), sequence_length=11
    )
    names = [f"chr1:101:{reference}>{other}" for other in others[:2]]
    assert found.reference.names is not None
    assert found.reference.names.tolist() == names
    assert [decode(codes)[5] for codes in found.alternate.codes()] == others[:2]
    assert found.alternate.dropped == {"allele without a sequence of its own": 1}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("chr1", 101, ".", "N", "A"), r"record 2 \(chr1:101\): expected the refer"),
        (("chr1", 900, ".", "A", "C"), "where chr1 has 300 bp.*same assembly"),
        (("chr1", 101, ".", TEXT["chr1"][100], "<DEL>"), "Received: . > <DEL>"),
        (("chr1", 101, ".", TEXT["chr1"][100], "A[chr2:5["), "expected alleles of"),
        (
            ("1", 101, ".", "A", "C"),
            r"record 2 \(1:101\): no sequence '1' in .*\(1 of 2 variants\)\. Did you "
            r"mean 'chr1'\?.*bcftools annotate --rename-chrs.*'1 chr1'",
        ),
        (substitution("chr1", 2), 'beyond="pad"'),
        (substitution("chr1", 298), 'beyond="pad"'),
    ],
)
def test_what_cannot_be_used_is_told_or_counted(
    genome: zoo.data.Genome,
    tmp_path: Path,
    row: tuple[object, ...],
    message: str,
) -> None:
    vcf = write(tmp_path / "v.vcf", [substitution("chr2", 150), row])
    with pytest.raises(InputError, match=message):
        zoo.data.from_variants(genome, vcf, sequence_length=21)
    errors: list[InputError] = []
    for on_invalid in ("drop", errors.append):
        found = zoo.data.from_variants(
            genome, vcf, sequence_length=21, on_invalid=on_invalid, beyond="drop"
        )
        assert len(found.reference) == len(found.alternate) == 1
        assert sum(found.reference.dropped.values()) == 1
    assert len(errors) == (0 if 'beyond="pad"' in message else 1)


def test_another_naming_of_contigs_is_never_dropped_row_by_row(
    genome: zoo.data.Genome, tmp_path: Path
) -> None:
    vcf = write(tmp_path / "v.vcf", [("1", 5, ".", "A", "C"), ("2", 7, ".", "A", "C")])
    with pytest.raises(InputError, match=r"record 1 .*2 of 2 variants, 2 names"):
        zoo.data.from_variants(genome, vcf, sequence_length=21, on_invalid="drop")


def test_a_deletion_at_the_end_needs_what_lies_behind_its_window(
    genome: zoo.data.Genome, tmp_path: Path
) -> None:
    start = 300 - 12
    reference = TEXT["chr1"][start : start + 5]
    vcf = write(tmp_path / "v.vcf", [("chr1", start + 1, ".", reference, reference[0])])
    with pytest.raises(InputError, match="reaches beyond"):
        zoo.data.from_variants(genome, vcf, sequence_length=21)


@pytest.mark.parametrize("kind", ["plain", "bgzip", "gzip", "bcf"])
def test_compressed_files(genome: zoo.data.Genome, tmp_path: Path, kind: str) -> None:
    vcf = write(tmp_path / "v.vcf", [substitution("chr1", 100)])
    if kind == "bgzip":
        pysam.tabix_compress(str(vcf), str(tmp_path / "v.vcf.gz"))
        vcf = tmp_path / "v.vcf.gz"
    elif kind == "gzip":
        (tmp_path / "g.vcf.gz").write_bytes(gzip.compress(vcf.read_bytes()))
        with pytest.raises(InputError, match="Expected bgzip"):
            zoo.data.from_variants(genome, tmp_path / "g.vcf.gz", sequence_length=11)
        return
    elif kind == "bcf":
        with (
            pysam.VariantFile(str(vcf)) as source,
            pysam.VariantFile(
                str(tmp_path / "v.bcf"), "wb", header=source.header
            ) as target,
        ):
            for record in source:
                target.write(record)
        vcf = tmp_path / "v.bcf"
    found = zoo.data.from_variants(genome, vcf, sequence_length=11)
    assert len(found.reference) == 1


def damaged(tmp_path: Path) -> dict[str, bytes]:
    many = [substitution("chr1", 20 + row) for row in range(200)]
    whole = write(tmp_path / "whole.vcf", many)
    pysam.tabix_compress(str(whole), str(tmp_path / "whole.vcf.gz"))
    packed = (tmp_path / "whole.vcf.gz").read_bytes()
    row = b"chr1\tx\t.\tA\tC\t.\t.\t.\n"
    return {
        "empty": b"",
        "no header": b"\t".join(map(str.encode, map(str, many[0]))),
        "fasta": b">a\nACGT\n",
        "bad position": HEADER.encode() + row,
        "few columns": HEADER.encode() + b"chr1\t5\t.\tA\n",
        "cut in a row": whole.read_bytes()[:-8],
        "latin-1": HEADER.encode() + b"chr1\t5\tr\xe9\tA\tC\t.\t.\t.\n",
        "cut bgzip": packed[: len(packed) // 2],
        "bgzip without its end": packed[:-28],
    }


@pytest.mark.parametrize(
    "kind",
    [
        "empty",
        "no header",
        "fasta",
        "bad position",
        "few columns",
        "cut in a row",
        "latin-1",
        "cut bgzip",
        "bgzip without its end",
    ],
)
def test_damaged_files(
    genome: zoo.data.Genome,
    tmp_path: Path,
    kind: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "damaged.vcf"
    path.write_bytes(damaged(tmp_path)[kind])
    with pytest.raises(InputError, match="cut short, damaged or not a VCF"):
        zoo.data.from_variants(genome, path, sequence_length=11)
    assert capfd.readouterr().err == ""  # htslib would print its own words


def test_no_variants_and_no_file(genome: zoo.data.Genome, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one row"):
        zoo.data.from_variants(
            genome, write(tmp_path / "v.vcf", []), sequence_length=11
        )
    with pytest.raises(InputError, match="no such file"):
        zoo.data.from_variants(genome, tmp_path / "w.vcf", sequence_length=11)


def test_windows_line_ends(genome: zoo.data.Genome, tmp_path: Path) -> None:
    vcf = write(tmp_path / "v.vcf", [substitution("chr1", 100)])
    vcf.write_bytes(vcf.read_bytes().replace(b"\n", b"\r\n"))
    found = zoo.data.from_variants(genome, vcf, sequence_length=11)
    assert decode(found.reference.codes()[0]) == TEXT["chr1"][95:106]
