"""The command hands its arguments on and says what was left out."""

from __future__ import annotations

from pathlib import Path

import pytest

import zoo.cli
from tests.made import write_fasta

pytest.importorskip("pysam")

BASES = "ACGTTGCATGCATTTGACCTAGGAACTGGC" * 20
ROWS = "chr1\t300\trs1\tC\tT\t.\t.\t.\nchr1\t301\t.\tA\tG,<DEL>\t.\t.\t.\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    vcf = tmp_path / "v.vcf"
    vcf.write_text(
        "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n"
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" + ROWS
    )
    return str(write_fasta(tmp_path / "g.fa", {"chr1": BASES})), str(vcf)


def run(capfd: pytest.CaptureFixture, *words: str) -> tuple[int, str]:
    status = zoo.cli.main(["variants", "rc_dilated_v1", *words])
    return status, capfd.readouterr().err


def test_what_is_left_out_is_listed(
    files: tuple[str, str], tmp_path: Path, capfd: pytest.CaptureFixture
) -> None:
    genome, vcf = files
    out = str(tmp_path / "o.tsv")
    words = ["--vcf", vcf, "--genome", genome, "--out", out, "--outputs", "tf_1"]
    status, errors = run(capfd, *words)
    assert status == 2
    assert "record 2 (chr1:301): expected alleles of A, C, G and T" in errors
    status, errors = run(capfd, *words, "--on-invalid", "drop", "--shifts", "-2", "2")
    assert status == 0
    skipped, *lines = errors.splitlines()
    assert skipped.startswith("seqzoo: skipped: ") and "<DEL>" in skipped
    assert lines == [
        f"seqzoo: 2 variants scored, wrote {out}",
        "seqzoo: left out: 1, symbolic allele or breakend",
    ]
    header, *rows = Path(out).read_text().splitlines()
    names = "chrom position id ref alt tf_1_difference tf_1_log_odds_difference"
    assert header.split("\t") == names.split()
    assert [row.split("\t")[:5] for row in rows] == [
        ["chr1", "300", "rs1", "C", "T"],
        ["chr1", "301", ".", "A", "G"],
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--window", "full"], "--window full goes with seqzoo predict"),
        (["--workers", "2"], "--workers goes with --ray"),
        (["--inputs", "x=1"], "'x'"),
    ],
)
def test_arguments_that_do_not_fit(
    words: list[str],
    message: str,
    files: tuple[str, str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture,
) -> None:
    genome, vcf = files
    out = str(tmp_path / "o.tsv")
    words = ["--vcf", vcf, "--genome", genome, "--out", out, *words]
    assert run(capfd, *words)[0] == 2
    words[words.index("--out") + 1] = str(tmp_path / "o.vcf")
    status, errors = run(capfd, *words)
    assert status == 2 and message in errors
