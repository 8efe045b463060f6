"""The command line hands its arguments on and says what was made."""

import numpy as np
import pytest

import zoo.cli
from tests.made import write_fasta
from tests.zoo.prediction.genome.conftest import CONTIGS


@pytest.fixture
def genome(tmp_path):
    return str(write_fasta(tmp_path / "genome.fa", CONTIGS))


def run(capfd, *arguments):
    status = zoo.cli.main(["predict", "rc_dilated_v1", *arguments])
    return status, capfd.readouterr().err


def test_tracks(genome, tmp_path, capfd):
    out, bed = tmp_path / "x.tsv", tmp_path / "peaks.bed"
    bed.write_text("chr2\t100\t201\n")
    status, errors = run(
        capfd, "--genome", genome, "--bed", str(bed), "--step", "50", "--window", "80",
        "--out", str(out), "--logits", "--strand", "both", "--beyond", "drop",
        "--contigs", "chr2", "chr1", "--no-skip-unknown", "--ambiguous", "unknown",
        "--batch-size", "3", "--resume",
    )  # fmt: skip
    assert status == 0
    told, made = errors.splitlines()
    assert told.startswith("seqzoo: rc_dilated_v1 was trained and measured on 101 bp.")
    assert "windows have 80 bp, 0.79 times" in told
    assert made == f"seqzoo: 3 windows, wrote {out}"
    lines = [line.split("\t") for line in out.read_text().splitlines()]
    assert lines[0][3] == "tf_0_logit"
    assert [line[:3] for line in lines[1:]] == [
        ["chr2", "100", "150"],
        ["chr2", "150", "200"],
        ["chr2", "200", "250"],
    ]


def test_windows_are_as_long_as_in_training(genome, tmp_path, capfd):
    tables = []
    for words in ([], ["--window", "101"]):
        out, bed = tmp_path / "x.tsv", tmp_path / "peaks.bed"
        bed.write_text("chr2\t100\t201\n")
        inputs = ["--genome", genome, "--bed", str(bed), "--out", str(out), *words]
        status, errors = run(capfd, *inputs)
        assert status == 0
        tables.append(out.read_text())
        said = errors.splitlines()[:-1]
        assert len(said) == (0 if words else 1)
        assert all("windows of 101 bp, the length that rc_d" in x for x in said)
    assert tables[0] == tables[1]


def test_compiled_by_xla(genome, tmp_path):
    arguments = ["predict", "rc_dilated_v1", "--genome", str(genome), "--window", "101"]
    found = []
    for name, further in (("plain.tsv", []), ("xla.tsv", ["--jit-compile"])):
        out = tmp_path / name
        assert zoo.cli.main([*arguments, "--out", str(out), *further]) == 0
        rows = [line.split("\t") for line in out.read_text().splitlines()[1:]]
        found.append(np.array([[float(cell) for cell in row[3:]] for row in rows]))
    np.testing.assert_allclose(*found, atol=1e-4)


def test_an_interrupt_says_how_to_go_on(genome, tmp_path, capfd, monkeypatch):
    from zoo.prediction.genome import calling

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(calling, "assemble", interrupted)
    out = tmp_path / "x.tsv"
    status, errors = run(capfd, "--genome", genome, "--window", "80", "--out", str(out))
    assert status == 130
    assert f"kept in {out}.parts; --resume " in errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fasta", "x.fa", "--strand", "-"], "--strand goes with --genome"),
        (["--table", "x", "--no-skip-unknown"], "--no-skip-unknown goes with --genome"),
        (["--fasta", "x.fa", "--out", "x.BW"], "Received: .bw. Tracks go with"),
        (["--table", "x", "--out", "x.parquet"], "expected a name that ends in .tsv"),
        (["--fasta", "x.fa", "--bed", "x", "--out", "x.tsv.gz"], "Received: .gz.\n"),
        (["--fasta", "x.fa", "--out", "x.csv"], "tabs and plain text. Received: .csv"),
        (["--genome", "x.fa"], "--genome needs --out"),
        (["--genome", "x.fa", "--out", "x.tsv", "--workers", "2"], "goes with --ray"),
        (
            ["--genome", "x.fa", "--out", "x.tsv", "--on-invalid", "drop"],
            "does not go with",
        ),
        (["--genome", "x.fa", "--out", "x.fa"], "would replace the input"),
        (
            ["--genome", "x.fa", "--out", "x.tsv", "--sequence-column", "s"],
            "go with --table",
        ),
        (["--genome", "no.fa", "--out", "x.tsv"], "no.fa: no such file"),
    ],
)
def test_arguments_that_do_not_go_together(
    arguments, message, capfd, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.fa").write_text(">c\nACGT\n")
    status, errors = run(capfd, *arguments)
    assert status == 2
    assert message in errors
    assert {path.name for path in tmp_path.iterdir()} == {"x.fa"}


@pytest.mark.parametrize("number", ["0", "-1"])
def test_an_unfit_number_of_workers(number, genome, capsys):
    with pytest.raises(SystemExit) as stop:
        run(capsys, "--genome", genome, "--out", "x.tsv", "--workers", number)
    assert stop.value.code == 2
    assert f"--workers: expected at least 1, received {number}" in (
        capsys.readouterr().err
    )
