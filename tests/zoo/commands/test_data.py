from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.zoo.splits.related import random_codes
from zoo.cli import main
from zoo.dna import decode, reverse_complement

TEXTS = [decode(codes) for codes in random_codes(40, 120)]


def fasta(path: Path, texts: list[str]) -> str:
    path.write_text("".join(f">s{i}\n{text}\n" for i, text in enumerate(texts)))
    return str(path)


def described(capsys: pytest.CaptureFixture, *arguments: str) -> dict:
    assert main(["data", "describe", *arguments, "--json"]) == 0
    found: dict = json.loads(capsys.readouterr().out)
    return found


def test_fasta_against_fasta(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    test = [TEXTS[0], reverse_complement(TEXTS[1]), TEXTS[2][30:], "ACGTNN", "A" * 50]
    file = fasta(tmp_path / "test.fa", test)
    train = fasta(tmp_path / "train.fa", TEXTS)
    found = described(capsys, file, "--against", train)
    assert found["sequences"] == 5
    assert found["length"]["shortest"] == 6
    assert found["leakage"]["counts"] == {
        "exact": 1,
        "reverse complement": 1,
        "near duplicate": 1,
    }
    assert main(["data", "describe", file, "--against", train]) == 0
    assert "3 of 5 sequences" in capsys.readouterr().out


def test_a_table_with_labels_and_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    pytest.importorskip("matplotlib")
    table = tmp_path / "a.csv"
    rows = [f"{text},{i % 4 == 0}" for i, text in enumerate([*TEXTS, TEXTS[3]])]
    table.write_text("\n".join(["dna,bound", *rows, "ACX,True"]) + "\n")
    page = tmp_path / "a.html"
    found = described(
        capsys, str(table), "--sequence-column", "dna", "--label-column", "bound",
        "--out", str(page), "--release", "rc_dilated_v1",
    )  # fmt: skip
    assert found["labels"] == {"False": 30, "True": 11}
    assert (found["duplicates"], found["conflicts"], found["skipped"]) == (1, 2, 1)
    assert found["overlap"]["release"] == "rc_dilated_v1"
    assert "a.csv" in page.read_text()


def test_intervals_of_a_genome(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    genome = fasta(tmp_path / "genome.fa", ["".join(TEXTS)])
    bed = tmp_path / "a.bed"
    bed.write_text("s0\t0\t120\ns0\t120\t200\ns0\t0\t120\ta\t0\t-\n")
    found = described(capsys, str(bed), "--genome", genome)
    assert (found["sequences"], found["reverse_complements"]) == (3, 1)
    bed.write_text("chr\tstart\tend\tlength\tpileup\ns0\t1\t20\t20\t5\n")
    with pytest.warns(UserWarning, match="start counts from 1"):
        found = described(capsys, str(bed), "--genome", genome)
    assert found["gc"] == sum(base in "GC" for base in TEXTS[0][:20]) / 20


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        ("", [], "is empty"),
        (">a\n", [], "at least one"),
        ("a\tb\n1\t2\n", [], "no column 'sequence'"),
        ("chr1\t5\t9\tx\n", [], "give the FASTA file of their genome as --genome"),
        (">a\nACGT\n", ["--label-column", "x"], "goes with a table"),
        (">a\nACGT\n", ["--sequence-column", "x"], "goes with a table, not FASTA"),
        (
            "c\t5\t9\n",
            ["--genome", "g", "--sequence-column", "x"],
            "goes with a table, not BED",
        ),
        (
            "c\t5\t9\n",
            ["--genome", "g", "--label-column", "x"],
            "goes with a table, not BED",
        ),
        (">a\nACGT\n", ["--release", "rc_dilatd_v1"], "Did you mean"),
        (">a\nACGT\n", ["--against", "none.fa"], "no such file"),
    ],
)
def test_bad_input_is_one_message(
    content: str,
    arguments: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
) -> None:
    file = tmp_path / "a.txt"
    file.write_text(content)
    assert main(["data", "describe", str(file), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_table_and_fasta_are_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    table = tmp_path / "a.tsv"
    table.write_text("\n".join(["dna", *TEXTS[:3]]) + "\n")
    train = fasta(tmp_path / "train.fa", TEXTS[1:])
    column = ("--sequence-column", "dna")
    found = described(capsys, str(table), "--against", train, *column)
    assert found["leakage"]["counts"]["exact"] == 2
    found = described(capsys, train, "--against", str(table), *column)
    assert found["leakage"]["counts"]["exact"] == 2


def test_cut_sites(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    genome, out = fasta(tmp_path / "genome.fa", TEXTS), tmp_path / "x.bw"
    reads = tmp_path / "f.tsv"
    reads.write_text("s0\t10\t50\ns1\t20\t60\nother\t1\t9\n")
    command = ["data", "cut-sites", str(reads), "--genome", genome, "--out", str(out)]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert f"{reads}: fragments, 4 ends, moved already by +4/-5 bp, as such" in said
    assert "  left out: 2 on a contig that the genome lacks" in said
    assert f"{out}: 4 cuts at 4 bases" in said
    more = ["--plus-shift", "0", "--minus-shift", "0", "--stranded", "--quiet"]
    assert main([*command, *more, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [Path(path).name for path in found["paths"]] == ["x.plus.bw", "x.minus.bw"]
    assert (found["cuts"], found["files"][0]["shift_from"]) == (4, "given")
    assert main([*command, "--assay", "chip"]) == 0
    assert "4 ends, not moved yet, as they are counted" in capsys.readouterr().out
    assert main([*command, "--plus-shift", "4"]) == 2
    assert "plus_shift and minus_shift, or neither" in capsys.readouterr().err
