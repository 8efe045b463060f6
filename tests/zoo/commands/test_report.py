"""seqzoo report: from files to a page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo
from tests.made import write_fasta
from tests.zoo.files.test_pages import NASTY, Reader
from tests.zoo.interpretation.reports.test_sequences import cells
from tests.zoo.interpretation.reports.test_tracks import data_of
from zoo import cli
from zoo.dna import encode

BASES = "".join(np.random.default_rng(5).choice(list("ACGT"), 200))
SEQUENCES = {"a": BASES[:20], NASTY.replace(" ", ""): BASES[30:50], "c": BASES[60:83]}
QUICK = ["--method", "mutagenesis", "--database", "none"]


@pytest.fixture
def genome(tmp_path: Path) -> str:
    return str(write_fasta(tmp_path / "genome.fa", {"chr1": BASES}))


def run(tmp_path: Path, *arguments: str) -> tuple[int, str]:
    out = tmp_path / "page.html"
    status = cli.main(["report", *QUICK, *arguments, "--out", str(out)])
    return status, out.read_text(encoding="utf-8") if out.exists() else ""


def test_fasta(release: str, fasta: str, tmp_path: Path, capfd: Any) -> None:
    status, text = run(tmp_path, release, "--fasta", fasta)
    assert status == 0, capfd.readouterr().err
    assert [p["tracks"][0]["letters"] for p in data_of(text)][::2] == [
        *SEQUENCES.values()
    ]
    values = np.array([row[2:] for row in cells(text)[1:4]], float)
    codes = [encode(each) for each in SEQUENCES.values()]
    expected = zoo.predict(zoo.load(release), codes, activation="sigmoid")
    np.testing.assert_allclose(values, expected, rtol=1e-3)
    read = Reader(text)
    assert NASTY.replace(" ", "") in read.text
    assert all(not name.startswith("on") for name, _ in read.attributes)


def test_outputs_and_how_many(release: str, fasta: str, tmp_path: Path) -> None:
    more = ("--outputs", "second", "--max-sequences", "2")
    status, text = run(tmp_path, release, "--fasta", fasta, *more)
    assert status == 0
    assert [panel["target"] for panel in data_of(text)] == ["second"] * 2


def test_those_too_short_are_named_or_left_out(
    release: str, tmp_path: Path, capfd: Any
) -> None:
    fasta = write_fasta(tmp_path / "s.fa", {"a": BASES[:20], "short": BASES[:5]})
    assert run(tmp_path, release, "--fasta", str(fasta)) == (cli.ERROR, "")
    assert "'short': expected at least 15 bp" in capfd.readouterr().err
    status, text = run(tmp_path, release, "--fasta", str(fasta), "--on-invalid", "drop")
    assert status == 0
    assert "1 record skipped" in capfd.readouterr().err
    assert [row[0].count("short") for row in cells(text)[1:2]] == [0]
    assert len(data_of(text)) == 2


def test_bed(release: str, genome: str, tmp_path: Path) -> None:
    bed = tmp_path / "in.bed"
    bed.write_text("chr1\t10\t40\tplus\t0\t+\nchr1\t100\t130\tminus\t0\t-\n")
    status, text = run(tmp_path, release, "--bed", str(bed), "--genome", genome)
    assert status == 0
    panels = data_of(text)[::2]
    assert [panel["first"] for panel in panels] == [11, 1]
    assert panels[0]["tracks"][0]["letters"] == BASES[10:40]
    assert panels[1]["tracks"][0]["letters"] == zoo.dna.reverse_complement(
        BASES[100:130]
    )
    assert "chr1:100-130 (-)" in text


def test_vcf(release: str, genome: str, tmp_path: Path, capfd: Any) -> None:
    pytest.importorskip("pysam")
    vcf = tmp_path / "in.vcf"
    lines = ["##fileformat=VCFv4.2", "##contig=<ID=chr1>"]
    lines.append("#CHROM POS ID REF ALT QUAL FILTER INFO".replace(" ", "\t"))
    for reference in (BASES[99], "ACGT"["ACGT".index(BASES[99]) - 1]):
        alternate = "ACGT"["ACGT".index(reference) - 2]
        lines.append(f"chr1\t100\t.\t{reference}\t{alternate}\t.\t.\t.")
    vcf.write_text("\n".join(lines) + "\n")
    given = (release, "--vcf", str(vcf), "--genome", genome, "--window", "30")
    status, text = run(tmp_path, *given)
    assert (status, text) == (cli.ERROR, "")
    assert "record 2" in capfd.readouterr().err
    status, text = run(tmp_path, *given, "--on-invalid", "drop")
    assert status == 0
    assert "1 record skipped" in capfd.readouterr().err
    bases = [t for t in data_of(text)[0]["tracks"] if t["kind"] == "bases"]
    assert bases[0]["letters"] == BASES[84:114]
    assert bases[1]["letters"][15] != BASES[99]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--fasta", "FASTA", "--genome", "GENOME"], "--bed and --genome go together"),
        (["--bed", "FASTA"], "--bed and --genome go together"),
        (["--vcf", "FASTA"], "--vcf goes with --genome"),
        (["--vcf", "FASTA", "--genome", "GENOME"], "expected VCF or BCF"),
        (["--fasta", "FASTA", "--outputs", "third"], "'first', 'second'"),
        (["--fasta", "FASTA", "--method", "guess"], "'deeplift'"),
        (["--fasta", "FASTA", "--database", "FASTA"], "MEME version"),
        (["--fasta", "no.fa"], "no.fa"),
        (["--vcf", "FASTA", "--genome", "GENOME", "--window", "full"], "Expected bp"),
    ],
)
def test_what_is_refused_in_one_line(
    release: str,
    fasta: str,
    genome: str,
    tmp_path: Path,
    capfd: Any,
    more: list[str],
    said: str,
) -> None:
    files = {"FASTA": fasta, "GENOME": genome}
    status, text = run(tmp_path, release, *(files.get(word, word) for word in more))
    error = capfd.readouterr().err
    assert (status, text) == (cli.ERROR, "")
    assert re.fullmatch(r"seqzoo: error: [^\n]*\n", error), error
    assert said in error


@pytest.mark.parametrize("replaced", ["in.fa", "genome.fa"])
def test_inputs_are_not_replaced(
    release: str, fasta: str, genome: str, replaced: str, capfd: Any
) -> None:
    out = Path(fasta).with_name(replaced)
    before = out.read_bytes()
    arguments = ["--vcf", fasta, "--genome", genome, "--out", str(out)]
    assert cli.main(["report", release, *arguments]) == cli.ERROR
    assert "would replace the input" in capfd.readouterr().err
    assert out.read_bytes() == before


def test_without_memelite(
    release: str, fasta: str, tmp_path: Path, capfd: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)
    out = tmp_path / "page.html"
    arguments = ["--fasta", fasta, *QUICK[:2], "--out", str(out)]
    assert cli.main(["report", release, *arguments]) == 0
    assert "seqzoo[motifs]" in capfd.readouterr().err
    assert data_of(out.read_text())[0]["target"] == "first"
