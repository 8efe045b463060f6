"""Sequences and intervals of another length than in training."""

import numpy as np
import pytest

from tests.conftest import model_json
from tests.made import write_fasta
from tests.zoo.commands.test_predict import (
    logits,
    numbers,
    profile_release,
    run,
    sigmoid,
)
from zoo.dna import reverse_complement

#: Trained on 30 bp, of any length.
TRAINED = {"schema": 4, "input": model_json()["input"] | {"training_length": 30}}


@pytest.fixture
def trained(write_release):
    return str(write_release(**TRAINED))


@pytest.fixture
def contigs(tmp_path):
    """Of 100, 30 and 20 bp, in a FASTA file, and their text by name."""
    letters = np.array(list("ACGT"))
    random = np.random.default_rng(0)
    texts = {
        name: "".join(letters[random.integers(0, 4, size)])
        for name, size in (("long", 100), ("fit", 30), ("short", 20))
    }
    return str(write_fasta(tmp_path / "contigs.fa", texts)), texts


def check(release, found, texts, first):
    """Rows against the bases that they name; `first` is the column of the start."""
    parts = []
    for row in found[1:]:
        start, end = int(row[first]), int(row[first + 1])
        chrom = texts[row[0]]
        part = "".join(
            chrom[i] if 0 <= i < len(chrom) else "N" for i in range(start, end)
        )
        parts.append(reverse_complement(part) if "-" in row[3:5] else part)
    values = numbers([row[-2:] for row in found[1:]])
    np.testing.assert_allclose(values, sigmoid(logits(release, parts)), rtol=2e-5)


def places(found, columns=3):
    return [tuple(row[:columns]) for row in found[1:]]


def test_longer_sequences_are_cut_into_windows(trained, contigs, capfd):
    path, texts = contigs
    status, found, errors = run(capfd, trained, "--fasta", path)
    assert status == 0
    assert places(found) == [
        ("long", "0", "30"),
        ("long", "30", "60"),
        ("long", "60", "90"),
        ("long", "70", "100"),
        ("fit", "0", "30"),
        ("short", "0", "20"),
    ]
    check(trained, found, texts, 1)
    assert errors == (
        "seqzoo: small_v1 was trained and measured on 30 bp. 1 of 6 sequences have "
        "20 bp, 0.67 times as many: they are predicted as they are, and what was "
        "measured does not hold for them.\n"
    )


def test_windows_as_they_are_asked_for(trained, contigs, tmp_path, capfd):
    _, texts = contigs
    table = tmp_path / "in.tsv"
    table.write_text("name\tdna\n" + "".join(f"{n}\t{t}\n" for n, t in texts.items()))
    source = [
        "--table",
        str(table),
        "--sequence-column",
        "dna",
        "--name-column",
        "name",
    ]
    short, fit = ("short", "0", "20"), ("fit", "0", "30")
    for asked, expected, told in (
        (["--centre", "midpoint"], [("long", "35", "65"), fit, short], "1 of 3"),
        (["--window", "full"], [("long", "0", "100"), fit, short], "2 of 3"),
        (["--window", "40"], None, "4 of 5 sequences have 20 to 40 bp"),
        (["--step", "20"], None, "1 of 7"),
    ):
        status, found, errors = run(capfd, trained, *source, *asked)
        assert status == 0
        check(trained, found, texts, 1)
        assert expected in (None, places(found))
        assert told in errors
    assert [start for name, start, _ in places(found) if name == "long"] == [
        *map(str, (0, 20, 40, 60, 70))
    ]


@pytest.fixture
def peaks(tmp_path):
    path = tmp_path / "in.bed"
    path.write_text("long\t40\t64\tpeak\t0\t-\nlong\t2\t12\nlong\t30\t99\n")
    return str(path)


def test_intervals_are_brought_to_the_training_length(trained, contigs, peaks, capfd):
    """Around the centre, from the genome: shorter ones, too."""
    path, texts = contigs
    source = ["--fasta", path, "--bed", peaks]
    status, found, errors = run(capfd, trained, *source)
    assert (status, errors) == (
        0,
        "seqzoo: 1 of 3 windows reach beyond their contig, and are filled with N "
        "there. --beyond drop leaves them out.\n",
    )
    assert places(found, 5) == [
        ("long", "37", "67", "peak", "-"),
        ("long", "0", "22", "long:2-12", "."),  # 8 N before it were predicted, too
        ("long", "49", "79", "long:30-99", "."),
    ]
    found[2][1] = "-8"
    check(trained, found, texts, 1)
    status, found, errors = run(capfd, trained, *source, "--beyond", "drop")
    assert [row[1] for row in found[1:]] == ["37", "49"]
    assert errors == ""
    # 10 bp are fewer than the release takes.
    status, found, errors = run(capfd, trained, *source, "--window", "full")
    assert status == 2
    assert "'long:2-12': expected at least 15 bp" in errors
    status, found, errors = run(
        capfd, trained, *source, "--window", "full", "--on-invalid", "drop"
    )
    assert [row[1:3] for row in found[1:]] == [["40", "64"], ["30", "99"]]
    check(trained, found, texts, 1)
    assert "2 of 2 sequences have 24 to 69 bp, 0.8 to 2.3 times" in errors
    status, found, _ = run(
        capfd, trained, *source, "--step", "25", "--on-invalid", "drop"
    )
    assert [row[1:3] for row in found[1:]] == [
        ["40", "64"],
        ["30", "60"],
        ["55", "85"],
        ["69", "99"],
    ]
    check(trained, found, texts, 1)


def test_a_peak_has_its_window_around_the_summit(trained, contigs, tmp_path, capfd):
    path, texts = contigs
    peaks = tmp_path / "in.bed"
    peaks.write_text("long\t20\t90\tp\t9\t.\t7.5\t-1\t3.2\t25\n")
    source = ["--fasta", path, "--bed", str(peaks)]
    for asked, start in (([], 30), (["--centre", "midpoint"], 40)):
        status, found, _ = run(capfd, trained, *source, *asked)
        assert (status, int(found[1][1])) == (0, start)
        check(trained, found, texts, 1)


def test_a_release_of_one_length_takes_ordinary_peaks(write_release, tmp_path, capfd):
    release = profile_release(write_release)
    path, bed = tmp_path / "in.fa", tmp_path / "in.bed"
    path.write_text(f">c\n{'ACGTTGCA' * 20}\n")
    bed.write_text("c\t60\t70\nc\t20\t140\n")
    status, found, errors = run(capfd, release, "--fasta", str(path), "--bed", str(bed))
    assert (status, errors) == (0, "")
    starts = [int(row[1]) for row in found[1:]]
    assert starts == [53, 61, 69, 68, 76, 84]  # windows from 45 and 60 on
    status, found, _ = run(capfd, release, "--fasta", str(path))
    starts = [int(row[1]) for row in found[1:]]
    # 24 bp a window, whose last begins at 120.
    assert starts == [8 + 24 * w + b for w in range(5) for b in (0, 8, 16)] + [
        128,
        136,
        144,
    ]


@pytest.mark.parametrize("strand", "+-")
def test_windows_that_overlap_have_each_bin_once(
    write_release, tmp_path, capfd, strand
):
    release = profile_release(write_release)
    path, bed = tmp_path / "in.fa", tmp_path / "in.bed"
    letters = np.random.default_rng(1).choice([*"ACGT"], 100)
    path.write_text(f">c\n{''.join(letters)}\n>d\n{''.join(letters[:60])}\n")
    bed.write_text(f"c\t0\t100\tn\t0\t{strand}\nd\t0\t60\tn\t0\t{strand}\n")
    inputs = [release, "--fasta", str(path), "--bed", str(bed), "--window", "40"]
    status, found, _ = run(capfd, *inputs, "--step", "8")
    assert status == 0
    # 100 bp: windows begin at 0, 8, ... 56 and 60, whose bins lie between others.
    starts = {"c": [*range(8, 81, 8), 84], "d": [*range(8, 41, 8), 44]}
    if strand == "-":
        # They begin at 0, 4, 12, ... and come in the order of the genome, too.
        starts = {k: [8, 16, 24, *range(28, n, 8)] for k, n in (("c", 85), ("d", 45))}
    received = {
        chrom: [int(row[1]) for row in found[1:] if row[0] == chrom] for chrom in "cd"
    }
    assert received == starts
    # The last window, alone, says the same of its last bin.
    bed.write_text(f"c\t60\t100\tn\t0\t{strand}\n")
    _, alone, _ = run(capfd, *inputs)
    of_c = [row for row in found if row[0] == "c"]
    assert alone[-1] == of_c[-1] if strand == "+" else alone[-1][:2] == of_c[-1][:2]


def test_windows_that_cannot_be(trained, contigs, peaks, capfd):
    path, _ = contigs
    for asked, message in (
        (["--step", "9", "--centre", "midpoint"], "--step or --centre, not both"),
        (["--step", "9", "--window", "full"], "--step or --window full, not both"),
        (["--centre", "summit"], "--centre summit goes with --bed"),
        (["--beyond", "drop"], "--beyond goes with --bed or --genome"),
        (["--step", "31"], "from 1 to 30 bp"),
        (["--window", "14"], "--window of at least 15 bp"),
    ):
        status, _, errors = run(capfd, trained, "--fasta", path, *asked)
        assert status == 2, asked
        assert message in errors
    genome = ["--genome", path, "--out", "x.tsv"]
    for asked in (["--window", "full"], ["--centre", "midpoint"]):
        status, _, errors = run(capfd, trained, *genome, *asked)
        assert status == 2
        assert "does not go with --genome" in errors


def test_iupac_letters_of_intervals_are_read_as_n(trained, tmp_path, capfd):
    path, bed = tmp_path / "in.fa", tmp_path / "a.bed"
    bed.write_text("c\t0\t30\tn\t0\t-\n")
    rows = []
    for letter, asked in (("R", ["--ambiguous", "unknown"]), ("N", [])):
        path.write_text(">c\n" + "ACGTA" * 5 + letter + "TTGC\n")
        inputs = [trained, "--fasta", str(path), "--bed", str(bed)]
        status, found, _ = run(capfd, *inputs, *asked)
        assert status == 0
        rows.append(found)
    assert rows[0] == rows[1]
    path.write_text(path.read_text().replace("N", "R"))
    status, _, errors = run(capfd, *inputs)
    assert status == 2 and "Received 'R'" in errors
    status, _, errors = run(capfd, *inputs[:3], "--ambiguous", "unknown")
    assert status == 2 and "--ambiguous goes with --bed or --genome" in errors


def test_the_way_past_a_record_that_is_no_good(trained, contigs, tmp_path, capfd):
    """Each error of one record names it, whatever reads them."""
    bad = tmp_path / "bad.fa"
    bad.write_text(">short\nACG\n>good\n" + "ACGTA" * 6 + "\n")
    bed = tmp_path / "a.bed"
    bed.write_text("long\t0\t30\nother\t0\t20\n")
    for inputs in (["--fasta", str(bad)], ["--fasta", contigs[0], "--bed", str(bed)]):
        status, found, message = run(capfd, trained, *inputs)
        assert (status, found) == (2, [])
        assert message.rstrip().endswith("--on-invalid drop leaves such records out.")
        status, found, _ = run(capfd, trained, *inputs, "--on-invalid", "drop")
        assert (status, len(found)) == (0, 2)
