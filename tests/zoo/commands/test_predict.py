import gzip
import io
import subprocess
import sys

import keras
import numpy as np
import pytest

import registry
import zoo
import zoo.cli
import zoo.prediction.sequences
from tests.made import sigmoid
from zoo.dna import encode, one_hot, reverse_complement

SEQUENCES = {
    "r1": "ACGTACGTACGTACGTNACG",
    "r2": "TTTTGGGGCCCCAAAATTTTGG",
    "r3": "GATTACAGATTACAGATTACA",
}

DROP = ["--on-invalid", "drop"]


def run(capfd, *arguments):
    """Status, rows of standard output, standard error."""
    status = zoo.cli.main(["predict", *arguments])
    captured = capfd.readouterr()
    return status, rows(captured.out), captured.err


def rows(text):
    return [line.split("\t") for line in text.splitlines()]


def logits(release, texts):
    """By the model itself, one by one and without our forward pass."""
    model = zoo.load(release)
    return np.stack(
        [np.asarray(model(one_hot(encode(t))[None]), np.float64)[0] for t in texts]
    )


def numbers(found):
    return np.array(found, float)


def test_fasta_to_standard_output(release, fasta, capfd):
    status, found, errors = run(capfd, release, "--fasta", fasta)
    assert status == 0
    assert errors == (
        "seqzoo: small_v1 does not say at which length it was trained: sequences are "
        "predicted as they are. --window BP cuts them.\n"
    )
    assert found[0] == [
        *("name", "start", "end"),
        *("first_probability", "second_probability"),
    ]
    assert [tuple(row[:3]) for row in found[1:]] == [
        (name, "0", str(len(text))) for name, text in SEQUENCES.items()
    ]
    expected = sigmoid(logits(release, SEQUENCES.values()))
    np.testing.assert_allclose(
        numbers([row[3:] for row in found[1:]]), expected, rtol=2e-5
    )
    assert all(len(cell.lstrip("0.")) <= 6 for row in found[1:] for cell in row[3:])


def test_logits_to_a_file(release, fasta, tmp_path, capfd):
    out = tmp_path / "out.tsv"
    status, found, _ = run(
        capfd, release, "--fasta", fasta, "--out", str(out), "--logits"
    )
    assert (status, found) == (0, [])
    found = rows(out.read_text())
    assert found[0][3:] == ["first_logit", "second_logit"]
    expected = logits(release, SEQUENCES.values())
    np.testing.assert_allclose(
        numbers([row[3:] for row in found[1:]]), expected, rtol=1e-4, atol=1e-5
    )


def test_intervals(release, fasta, tmp_path, capfd):
    bed = tmp_path / "in.bed"
    bed.write_text("r3\t1\t18\tpeak\t0\t-\nr1\t0\t20\n")
    named = tmp_path / "named.tsv"
    named.write_text("Chr\tStart\tEnd\tStrand\nr3\t1\t18\t-\nr1\t0\t20\t*\n")
    _, again, _ = run(capfd, release, "--fasta", fasta, "--bed", str(named))
    status, found, _ = run(capfd, release, "--fasta", fasta, "--bed", str(bed))
    assert status == 0
    assert found[0][:5] == ["chrom", "start", "end", "name", "strand"]
    assert found[1][:5] == ["r3", "1", "18", "peak", "-"]
    assert found[2][:5] == ["r1", "0", "20", "r1:0-20", "."]
    assert [row[4:] for row in again] == [row[4:] for row in found]
    texts = [reverse_complement(SEQUENCES["r3"][1:18]), SEQUENCES["r1"]]
    np.testing.assert_allclose(
        numbers([row[5:] for row in found[1:]]),
        sigmoid(logits(release, texts)),
        rtol=2e-5,
    )


def test_a_table_from_standard_input(release, monkeypatch, capfd):
    text = "id,dna\n" + "".join(f'"{n}\t!",{s}\n' for n, s in SEQUENCES.items())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    columns = ["--sequence-column", "dna", "--name-column", "id"]
    status, found, _ = run(capfd, release, "--table", "-", *columns)
    assert status == 0
    # A tab in a name would break the row.
    assert [row[0] for row in found] == ["name", "r1 !", "r2 !", "r3 !"]
    assert {len(row) for row in found} == {5}


def profile_release(write_release, architecture="hierarchical_dilated", **config):
    """3 bins of 8 bp, 8 bp cropped at each end: 8-16, 16-24 and 24-32 of 40 bp."""
    return str(
        write_release(
            name="profile_v1",
            architecture=architecture,
            config={"sequence_length": 40, "num_outputs": 2} | (config or TOWER),
            input={
                "sequence_length": 40,
                "min_length": 40,
                "alphabet": "ACGT",
                "unknown": "zeros",
            },
            outputs=[
                {
                    "name": name,
                    "units": "dyads per bp",
                    "activation": "softplus",
                    "reverse_complement_partner": None,
                }
                for name in ("plus", "minus")
            ],
        )
    )


TOWER = {
    "filters": 4,
    "stem_kernel_size": 3,
    "dilation_rates": [1, 2],
    "bin_size": 8,
    "cropping": 8,
}
MEMBER = ["hierarchical_dilated", *map(list, TOWER.items())]
BINS = [(8, 16), (16, 24), (24, 32)]


def net_of_bases(*, sequence_length, num_outputs):
    """One prediction a base, of the 34 bp in the centre of 40: it has no bin_size."""
    inputs = keras.Input((sequence_length, 4))
    outputs = keras.layers.Conv1D(num_outputs, 7, name="head_logits")(inputs)
    return keras.Model(inputs, outputs)


@pytest.fixture(params=["bin_size", "ensemble", "bases"])
def profile(request, write_release, monkeypatch):
    """A release with a profile, and where its bins lie."""
    if request.param == "bin_size":
        return profile_release(write_release), BINS
    if request.param == "ensemble":
        members = [MEMBER, MEMBER]
        return profile_release(write_release, "ensemble", members=members), BINS
    monkeypatch.setattr(registry.architectures, "_session", {})
    zoo.register("net_of_bases")(net_of_bases)
    bins = [(start, start + 1) for start in range(3, 37)]
    return profile_release(write_release, "net_of_bases", num_outputs=2), bins


def test_profiles_have_a_row_a_bin(profile, tmp_path, capfd):
    release, bins = profile
    texts = ["ACGTTGCA" * 5, "GATTACAN" * 5]
    path, bed = tmp_path / "in.fa", tmp_path / "in.bed"
    path.write_text("".join(f">r{i}\n{t}\n" for i, t in enumerate(texts)))
    status, found, _ = run(capfd, release, "--fasta", str(path))
    assert status == 0
    assert found[0] == ["name", "start", "end", *UNITS]
    assert [(row[0], int(row[1]), int(row[2])) for row in found[1:]] == [
        (name, start, end) for name in ("r0", "r1") for start, end in bins
    ]
    expected = np.log1p(np.exp(logits(release, texts)))
    assert expected.shape == (2, len(bins), 2)
    np.testing.assert_allclose(
        numbers([row[3:] for row in found[1:]]), expected.reshape(-1, 2), rtol=2e-5
    )
    # On the other strand, in the order of the genome.
    path.write_text(f">c\nACG{texts[0]}\n")
    bed.write_text("c\t3\t43\tpeak\t0\t-\n")
    status, found, _ = run(capfd, release, "--fasta", str(path), "--bed", str(bed))
    assert (status, found[0]) == (
        0,
        ["chrom", "start", "end", "name", "strand", *UNITS],
    )
    assert [(row[0], int(row[1]), int(row[2]), *row[3:5]) for row in found[1:]] == [
        ("c", start + 3, end + 3, "peak", "-") for start, end in bins
    ]
    expected = np.log1p(np.exp(logits(release, [reverse_complement(texts[0])])))
    np.testing.assert_allclose(
        numbers([row[5:] for row in found[1:]]), expected[0, ::-1], rtol=2e-5
    )
    # A window that begins 19 bp before the contig: bins of the contig alone.
    bed.write_text("c\t0\t2\n")
    status, found, _ = run(capfd, release, "--fasta", str(path), "--bed", str(bed))
    within = [(max(start - 19, 0), end - 19) for start, end in bins if end > 19]
    assert 0 < len(within) < len(bins)
    assert [(int(row[1]), int(row[2])) for row in found[1:]] == within
    expected = np.log1p(np.exp(logits(release, ["N" * 19 + f"ACG{texts[0]}"[:21]])))
    np.testing.assert_allclose(
        numbers([row[5:] for row in found[1:]]), expected[0, -len(within) :], rtol=2e-5
    )


UNITS = ["plus_dyads_per_bp", "minus_dyads_per_bp"]


def test_tracks_have_the_bins_of_the_model(profile, tmp_path):
    """Of an ensemble, each bin was 1 bp wide."""
    release, bins = profile
    path = tmp_path / "in.fa"
    path.write_text(f">c\n{'ACGTTGCA' * 15}\n")
    zoo.predict_genome(release, path, tmp_path / "x.tsv", beyond="drop", contigs=["c"])
    found = rows((tmp_path / "x.tsv").read_text())[1:]
    size = bins[0][1] - bins[0][0]
    starts = [int(row[1]) for row in found]
    assert {int(row[2]) - int(row[1]) for row in found} == {size}
    assert set(np.diff(starts)) == {size}


def test_profiles_need_their_length(write_release, fasta, capfd):
    release = profile_release(write_release)
    status, found, errors = run(capfd, release, "--fasta", fasta)
    assert (status, found) == (2, [])
    assert "in.fa: record 'r1': expected 40 bp" in errors


def test_the_batch_size_does_not_change_the_rows(release, fasta, capfd):
    expected = run(capfd, release, "--fasta", fasta)[1]
    for batch_size in ("1", "2", "500"):
        found = run(capfd, release, "--fasta", fasta, "--batch-size", batch_size)[1]
        np.testing.assert_allclose(
            numbers([row[3:] for row in found[1:]]),
            numbers([row[3:] for row in expected[1:]]),
            rtol=1e-5,
        )


def test_skipping_reports_each_record(release, tmp_path, capfd):
    path = tmp_path / "in.fa"
    path.write_text(">a\nACRT\n>b\n" + "ACGT" * 5 + "\n>short\nACGT\n>d\n")
    status, found, errors = run(capfd, release, "--fasta", str(path), *DROP)
    assert status == 0
    assert [row[0] for row in found] == ["name", "b"]
    lines = errors.splitlines()
    assert len(lines) == 5
    assert "line 2: record 'a': expected A, C, G, T or N. Received 'R'" in lines[0]
    assert "line 7: record 'd' is empty" in errors
    assert "record 'short': expected at least 15 bp" in errors
    assert lines[-1] == "seqzoo: 3 records skipped"


def test_reports_of_skipped_records_are_capped(release, tmp_path, capfd):
    path = tmp_path / "in.fa"
    bad = "".join(f">x{i}\nR\n" for i in range(50))
    path.write_text(f">a\n{'ACGT' * 5}\n{bad}")
    status, _, errors = run(capfd, release, "--fasta", str(path), *DROP)
    assert status == 0
    assert len(errors.splitlines()) == 23
    assert errors.endswith("seqzoo: 50 records skipped\n")


def test_nothing_left_is_an_error(release, tmp_path, capfd):
    path, out = tmp_path / "in.fa", tmp_path / "out.tsv"
    for text in (">a\nR\n", ">a\nACGT\n"):
        path.write_text(text)
        status, _, errors = run(
            capfd, release, "--fasta", str(path), "--out", str(out), *DROP
        )
        assert status == 2
        assert "seqzoo: error: No record could be used" in errors
        assert not out.exists()


def test_nothing_is_written_after_a_failure(
    release, fasta, tmp_path, monkeypatch, capsys
):
    def fail(*arguments, **keywords):
        yield from original(*arguments, **keywords)
        raise failure

    original = zoo.prediction.sequences.predict_records
    monkeypatch.setattr(zoo.prediction.sequences, "predict_records", fail)
    folder = tmp_path / "results"
    folder.mkdir()
    arguments = ["predict", release, "--fasta", fasta, "--out", f"{folder}/out.tsv"]
    for failure in (KeyboardInterrupt, BrokenPipeError, MemoryError):
        if failure is KeyboardInterrupt:
            assert zoo.cli.main(arguments) == 130
            assert capsys.readouterr().err.splitlines() == [
                "seqzoo: interrupted",
                f"{len(SEQUENCES)} records had been predicted.",
                f"{folder}/out.tsv: No output was written.",
            ]
        else:
            with pytest.raises(failure):
                zoo.commands.predict.run(zoo.cli.parser().parse_args(arguments))
        assert list(folder.iterdir()) == []


EARLY = [
    (["no_such_v1", "--fasta", "{fasta}"], "no_such_v1"),
    (["{release}", "--fasta", "no.fa"], "no.fa: no such file"),
    (["{release}", "--fasta", "{folder}"], "Received: a folder"),
    (["{release}", "--fasta", "{empty}"], "is empty"),
    (["{release}", "--fasta", "{text}"], "not FASTA"),
    (["{release}", "--fasta", "{cut}"], "gzip data are cut short"),
    (["{release}", "--fasta", "{fasta}", "--bed", "no.bed"], "no.bed: no such file"),
    (["{release}", "--fasta", "{fasta}", "--out", "no/o.tsv"], "folder does not exist"),
    (["{release}", "--fasta", "{fasta}", "--out", "{folder}"], "received a folder"),
    (["{release}", "--fasta", "{fasta}", "--out", "{fasta}"], "replace the input"),
    (["{release}", "--fasta", "{fasta}", "--sequence-column", "x"], "go with --table"),
    (["{release}", "--table", "{text}"], "no rows below its header"),
    (["{release}", "--table", "{text}", "--sequence-column", "x"], "no column 'x'"),
    (
        ["{release}", "--table", "{text}", "--sequence-column", "x", "--bed", "b"],
        "--bed goes with --fasta",
    ),
    (["{release}", "--fasta", "-", "--bed", "{text}"], "cannot be read at random"),
]


def test_mistakes_are_told_before_keras_is_imported(release, fasta, tmp_path):
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("name\tsequence\n")
    (tmp_path / "cut").write_bytes(gzip.compress(b">a\nACGT\n")[:-9])
    places = {name: str(tmp_path / name) for name in ("empty", "text", "cut")}
    places |= {"release": release, "fasta": fasta, "folder": str(tmp_path)}
    commands = [[word.format(**places) for word in words] for words, _ in EARLY]
    program = (
        "import sys, zoo.cli\n"
        f"for words in {commands!r}:\n"
        "    print(zoo.cli.main(['predict', *words]), 'keras' in sys.modules)\n"
        "    print('----', file=sys.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines() == ["2 False"] * len(EARLY)
    messages = result.stderr.split("----\n")
    for message, (_, expected) in zip(messages, EARLY, strict=False):
        assert message.startswith("seqzoo: error: ")
        assert message.count("\n") == 1
        assert expected in message
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5"])
def test_an_unfit_batch_size(number, capsys):
    with pytest.raises(SystemExit) as stop:
        zoo.cli.main(["predict", "a", "--fasta", "b", "--batch-size", number])
    assert stop.value.code == 2
    assert "--batch-size" in capsys.readouterr().err


def test_activations_that_differ_need_logits(write_release, fasta, capfd):
    outputs = [
        {
            "name": name,
            "units": "probability",
            "activation": name,
            "reverse_complement_partner": None,
        }
        for name in ("sigmoid", "softplus")
    ]
    release = str(write_release(outputs=outputs))
    status, _, errors = run(capfd, release, "--fasta", fasta)
    assert status == 2
    assert "different activations (sigmoid, softplus)" in errors
    status, found, _ = run(capfd, release, "--fasta", fasta, "--logits")
    assert status == 0
    assert found[0][3:] == ["sigmoid_logit", "softplus_before_softplus"]
