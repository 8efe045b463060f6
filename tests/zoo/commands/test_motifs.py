"""The command: on the shipped sites, both proteins by filters and by contributions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import zoo.cli
from tests.made import write_fasta
from zoo import samples
from zoo.interpretation.motifs import Motif, read_meme

SITES = str(samples.path(samples.BINDING_SITES))
PROTEINS = {"CTCF": "MA0139.2", "Spi1": "MA0080.7"}


def run(capfd: pytest.CaptureFixture, *words: str) -> tuple[int, str, str]:
    status = zoo.cli.main(["motifs", *words])
    return status, *capfd.readouterr()


def test_contributions_show_ctcf_and_pu1(
    tmp_path: Path, capfd: pytest.CaptureFixture
) -> None:
    """Each site at the top of its sign, with q < 1e-3: the proof, as a user runs it."""
    out = tmp_path / "m.meme"
    words = ["shallow_wide_v1", "--fasta", SITES, "--out", str(out), "--json"]
    status, printed, errors = run(capfd, *words)
    assert status == 0
    rows = json.loads(printed)
    assert {(row["looks_like"], row["identifier"], row["sign"]) for row in rows} == {
        ("CTCF", "MA0139.2", "+"),
        ("Spi1", "MA0080.7", "-"),
    }
    assert max(row["q_value"] for row in rows) < 1e-3
    assert {row["output"] for row in rows} == {"ctcf"}
    assert [motif.name for motif in read_meme(out)] == ["ctcf_0", "ctcf_1"]
    assert "2 motifs, 2 of them with a name (q <= 0.001)" in errors


def test_intervals_of_a_genome_are_read_as_sequences_are(
    tmp_path: Path, capfd: pytest.CaptureFixture
) -> None:
    """The sites one behind the other: the same motifs as of their FASTA file."""
    sequences, _ = samples.binding_sites()
    genome = write_fasta(tmp_path / "genome.fa", {"chr1": "".join(sequences)})
    bed = tmp_path / "sites.bed"
    starts = range(0, 100 * len(sequences), 100)
    bed.write_text("".join(f"chr1\t{start}\t{start + 100}\n" for start in starts))
    intervals = ["--bed", str(bed), "--genome", str(genome)]
    expected = run(capfd, "shallow_wide_v1", "--fasta", SITES)
    assert run(capfd, "shallow_wide_v1", *intervals) == expected
    assert "CTCF" in expected[1]


def test_filters_show_both_and_what_has_no_name_is_left_out(
    capfd: pytest.CaptureFixture,
) -> None:
    words = ["shallow_wide_v1", "--of", "filters", "--fasta", SITES]
    status, printed, errors = run(capfd, *words)
    header, *rows = printed.splitlines()
    assert status == 0 and header.split()[:3] == ["motif", "windows", "consensus"]
    found = [row.split()[3:5] for row in rows]
    for name, identifier in PROTEINS.items():
        assert [name, identifier] in found
    assert f"256 motifs, {len(rows)} of them" in errors
    status, printed, _ = run(capfd, *words, "--database", "fungi", "--json")
    others = json.loads(printed)
    assert status == 0 and not {row["looks_like"] for row in others} & set(PROTEINS)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--of", "contributions"], "needs --fasta"),
        (["--genome", SITES], "--bed and --genome go together"),
        (["--fasta", SITES, "--out", SITES], "would replace the input"),
        (["--outputs", "ctcf"], "go with --of contributions"),
        (["--discover", "x"], "go with --of contributions"),
        (["--fasta", SITES, "--share-of-maximum", "0.5"], "goes with --of filters"),
        (["--database", "birds"], "birds"),
        (["--fasta", SITES, "--outputs", "spi1"], "'ctcf'"),
        (["--share-of-maximum", "2"], "from 0 to below 1"),
        (["--max-q-value", "5"], "above 0, at most 1. Received: 5"),
        (["--max-q-value", "nan"], "Received: nan"),
        (["--fasta", SITES, "--discover", "."], "expected a new folder"),
    ],
)
def test_what_does_not_fit_is_one_line(
    words: list[str], message: str, capfd: pytest.CaptureFixture
) -> None:
    status, printed, errors = run(capfd, "shallow_wide_v1", *words)
    assert status == 2 and not printed and message in errors
    assert errors.startswith("seqzoo: error: ")


def test_the_report_of_discovery_names_by_the_database(
    tmp_path: Path, capfd: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Motif] = []

    def discover(*_: object, database: list[Motif], **__: object) -> list[object]:
        given.extend(database)
        return []

    monkeypatch.setattr("zoo.interpretation.motifs.discover", discover, raising=False)
    words = ["shallow_wide_v1", "--fasta", SITES, "--database", "fungi"]
    status, _, errors = run(capfd, *words, "--discover", str(tmp_path / "new"))
    assert status == 0, errors
    fungi = [motif.identifier for motif in samples.jaspar("fungi")]
    assert [motif.identifier for motif in given] == fungi


def test_who_has_no_filters_is_told_of_contributions(
    capfd: pytest.CaptureFixture,
) -> None:
    status, _, errors = run(capfd, "kmer_v1", "--of", "filters", "--fasta", SITES)
    assert status == 2 and "--of contributions reads motifs" in errors
