import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.made import write_fasta
from zoo.data import Genome, Intervals, from_intervals
from zoo.dna import decode, reverse_complement
from zoo.errors import InputError
from zoo.training.configuration.config_file import parse_config
from zoo.training.runs.run_data import read_examples

LENGTHS = {"chr1": 2000, "chr2": 500}


@pytest.fixture(scope="module")
def text():
    random = np.random.default_rng(0)
    return {c: "".join(random.choice(list("ACGT"), n)) for c, n in LENGTHS.items()}


@pytest.fixture(scope="module")
def genome(text, tmp_path_factory):
    path = tmp_path_factory.mktemp("genome") / "g.fa"
    return Genome(write_fasta(path, text), cache=False)


@pytest.fixture
def bed(tmp_path):
    def write(content, name="peaks.bed"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def sequences(examples):
    return [decode(row) for row in examples.codes()]


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(LENGTHS)),
            st.integers(100, 380),
            st.integers(1, 20),
            st.sampled_from("+-."),
        ),
        min_size=1,
        max_size=6,
    ),
    st.integers(1, 60),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
)
def test_windows_are_cut_where_they_lie(text, genome, bed, rows, length, stranded, end):
    lines = [
        f"{chrom}\t{start}\t{start + size}\tn\t{row}\t{strand}"
        for row, (chrom, start, size, strand) in enumerate(rows)
    ]
    found = from_intervals(
        genome,
        bed(end.join(["# a comment", *lines])),
        sequence_length=length,
        targets="score",
        stranded=stranded,
        duplicates="keep",
    )
    expected = []
    for chrom, start, size, strand in rows:
        first = start + (2 * start + size) // 2 - start - length // 2
        window = text[chrom][first : first + length]
        minus = stranded and strand == "-"
        expected.append(reverse_complement(window) if minus else window)
    assert sequences(found) == expected
    assert found.targets[:, 0].tolist() == list(range(len(rows)))
    assert (found.intervals.end - found.intervals.start == length).all()


FRAME = {
    "chrom": ["chr1", "chr2", "chr1"],
    "start": [100, 50, 700],
    "end": [160, 110, 760],
    "strand": ["+", "-", "+"],
    "label": [1.5, None, 0.0],
    "split": ["train", "test", "train"],
}


@pytest.mark.parametrize("library", ["pandas", "polars", "dict"])
def test_frames_of_all_kinds(genome, text, library):
    frame = FRAME
    if library != "dict":
        frame = pytest.importorskip(library).DataFrame(FRAME)
    found = from_intervals(
        genome, frame, sequence_length=60, targets="label", columns="split"
    )
    np.testing.assert_array_equal(found.targets, np.array([[1.5], [np.nan], [0]]))
    assert found.columns["split"].tolist() == FRAME["split"]
    assert sequences(found) == [
        text["chr1"][100:160],
        reverse_complement(text["chr2"][50:110]),
        text["chr1"][700:760],
    ]
    one = {**FRAME, "start": [101, 51, 701]}
    again = from_intervals(genome, one, sequence_length=60, one_based=True)
    assert sequences(again) == sequences(found)


def test_intervals_and_a_path_to_the_genome(genome, text, tmp_path, monkeypatch):
    monkeypatch.setenv("SEQZOO_CACHE", str(tmp_path))
    where = Intervals(
        np.array(["chr2"]), np.array([10]), np.array([20]), np.array(["."])
    )
    found = from_intervals(genome.path, where, sequence_length=10)
    assert sequences(found) == [text["chr2"][10:20]]
    assert found.targets is None


def test_a_line_of_names(genome, bed):
    for header in ("chrom\tstart\tend\tkind\n", "#chrom\tchromStart\tchromEnd\tkind\n"):
        path = bed(header + "chr1\t100\t120\ta\nchr2\t100\t120\tb\n", "a.tsv")
        found = from_intervals(
            genome, path, sequence_length=20, targets="kind", classes=["b", "a"]
        )
        assert found.targets.tolist() == [[0, 1], [1, 0]]
    path = bed("chr1\t100\t120\t3\n")
    found = from_intervals(
        genome,
        path,
        sequence_length=20,
        targets="y",
        column_names=["chrom", "start", "end", "y"],
    )
    assert found.targets.tolist() == [[3]]


PEAK = "chr1\t{0}\t{1}\tp\t0\t.\t5.5\t1\t1\t{2}\n"


def test_narrow_peaks_are_centred_on_their_summits(genome, text, bed):
    content = PEAK.format(100, 400, 250) + PEAK.format(500, 700, 0)
    for name in ("a.narrowPeak", "a.narrowPeak.gz", "ENCFF001ABC.bed.gz"):
        data = content.encode()
        path = bed(gzip.compress(data) if name.endswith("gz") else data, name)
        found = from_intervals(genome, path, sequence_length=20, targets="signalValue")
        assert found.intervals.start.tolist() == [340, 490]
        assert found.targets.tolist() == [[5.5], [5.5]]
        found = from_intervals(genome, path, sequence_length=20, centre="midpoint")
        assert found.intervals.start.tolist() == [240, 590]
    path = bed(content + PEAK.format(800, 900, -1), "b.narrowPeak")
    with pytest.raises(InputError, match=r"line 3: expected a summit.*'-1'.*midpoint"):
        from_intervals(genome, path, sequence_length=20)
    found = from_intervals(genome, path, sequence_length=20, on_invalid="drop")
    assert found.dropped == {"no summit": 1}
    # Where none has a summit, their midpoints are meant.
    path = bed(PEAK.format(100, 400, -1) + PEAK.format(500, 700, -1), "c.bed")
    found = from_intervals(genome, path, sequence_length=20)
    assert found.intervals.start.tolist() == [240, 590]
    with pytest.raises(InputError, match="line 1: expected a summit"):
        from_intervals(genome, path, sequence_length=20, centre="summit")


def test_a_training_reads_them_alike(genome, bed):
    path = bed(PEAK.format(100, 400, 250), "ENCFF002ABC.bed")
    config = parse_config(
        {
            "name": "peaks_v1",
            "data": {
                "format": "intervals",
                "path": path.name,
                "genome": str(genome.path),
                "sequence_length": 20,
                "targets": ["signalValue"],
                "task": "regression",
                "split": {"by": "random"},
            },
            "model": {"architecture": "kmer"},
        },
        base=path.parent,
    )
    assert read_examples(config).intervals.start.tolist() == [340]


def test_missing_labels_and_labels_of_broad_peaks(genome, bed):
    path = bed("chrom\tstart\tend\ty\nchr1\t100\t120\t1\nchr1\t200\t220\t\n")
    found = from_intervals(genome, path, sequence_length=20, targets="y")
    np.testing.assert_array_equal(found.targets, [[1], [np.nan]])
    path = bed("chr1\t100\t120\tp\t0\t.\t2.5\t1\t1\n", "ENCFF002ABC.bed")
    found = from_intervals(genome, path, sequence_length=20, targets="signalValue")
    assert found.targets.tolist() == [[2.5]]


GOOD = "chr1\t100\t120\ta\t1\t+\n"
BAD = [
    ("chr1\t100", "expected chrom, start and end", "not an interval"),
    ("chr1\t1e2\t120\tb\t1\t+", "whole numbers.*'1e2'", "not an interval"),
    ("chr1\t100\t120\tb", "at least 5 columns, up to 'score'.*4", "not an interval"),
    ("chr1\t-5\t120\tb\t1\t+", "start >= 0.*start -5", "start before the contig"),
    ("chr1\t100\t90\tb\t1\t+", "end > start.*end 90", "end before start"),
    ("chr1\t100\t100\tb\t1\t+", "end > start.*end 100", "empty interval"),
    ("chr1\t100\t130\tb\t1\tx", r"strand '\+', '-' or.*x", "unknown strand"),
    ("chr1\t100\t130\tb\tx\t+", "column 'score'.*'x'", "unreadable label"),
    (
        "chr3\t100\t130\tb\t1\t+",
        "no sequence 'chr3'.*on_invalid='drop'",
        "contig not in the genome",
    ),
]


@pytest.mark.parametrize(("line", "message", "reason"), BAD)
def test_a_bad_line_is_named_or_counted(genome, bed, line, message, reason):
    path = bed(f"{GOOD}{line}\nchr2\t100\t120\tc\t2\t-\n")
    keywords = {"sequence_length": 20, "targets": "score"}
    with pytest.raises(InputError, match=rf"peaks\.bed, line 2: .*{message}"):
        from_intervals(genome, path, **keywords)
    errors = []
    for on_invalid in ("drop", errors.append):
        found = from_intervals(genome, path, on_invalid=on_invalid, **keywords)
        assert found.names.tolist() == ["a", "c"]
        assert found.dropped == {reason: 1}
    assert len(errors) == 1


@pytest.mark.parametrize("value", [1.5, None, "x", True])
def test_a_bad_row_of_a_frame_is_named(genome, value):
    frame = {**FRAME, "start": [100, value, 700]}
    with pytest.raises(InputError, match=r"data frame, row 1 \(from 0\): expected"):
        from_intervals(genome, frame, sequence_length=20)


def test_names_in_the_other_style_are_an_error_even_when_dropping(genome, bed):
    path = bed("1\t100\t120\n2\t100\t120\n")
    with pytest.raises(InputError, match=r"2 of 2 intervals.*Did you mean 'chr1'"):
        from_intervals(genome, path, sequence_length=20, on_invalid="drop")


def test_beyond_the_ends(genome, text, bed):
    path = bed("chr2\t0\t10\nchr2\t100\t110\nchr2\t490\t500\nchr2\t480\t520\n")
    keywords = {"sequence_length": 40}
    with pytest.raises(
        InputError, match=r"line 1: .*within chr2, which has 500 bp.*-15-25.*3 of 4"
    ):
        from_intervals(genome, path, **keywords)
    found = from_intervals(genome, path, beyond="drop", **keywords)
    assert len(found) == 1
    assert found.dropped == {"beyond the ends of its contig": 3}
    found = from_intervals(genome, path, beyond="pad", **keywords)
    assert sequences(found)[0] == "N" * 15 + text["chr2"][:25]
    assert sequences(found)[3] == text["chr2"][480:] + "N" * 20


def test_repeated_windows(genome, bed):
    content = (
        "chr1\t100\t120\tx\t1\t+\nchr1\t90\t130\ty\t2\t+\nchr1\t100\t120\tz\t3\t-\n"
    )
    path = bed(content)
    keywords = {"sequence_length": 20}
    with pytest.raises(
        InputError, match=r"line 2: the window chr1:100-120.*line 1 \(1 of 3"
    ):
        from_intervals(genome, path, **keywords)
    found = from_intervals(genome, path, duplicates="drop", **keywords)
    assert found.names.tolist() == ["x", "z"]
    assert found.dropped == {"duplicate window": 1}
    assert len(from_intervals(genome, path, duplicates="keep", **keywords)) == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no interval"),
        ("chr1\t100\t120\tcaf\u00e9\n".encode("latin-1"), "line 1: expected UTF-8"),
        ("chr1\t100\t120\n".encode("utf-16"), "line 1: not BED.*UTF-16"),
        (gzip.compress(GOOD.encode() * 900, mtime=0)[:-12], "gzip.*cut short"),
        ("chr1\t5\t5\n", "no row could be used. Left out: 1 empty interval"),
    ],
)
def test_what_is_unfit_is_refused(genome, bed, content, message):
    with pytest.raises(InputError, match=rf"peaks\.bed.*{message}"):
        from_intervals(genome, bed(content), sequence_length=20, on_invalid="drop")


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"targets": "scores"}, "no column 'scores'.*Did you mean 'score'"),
        ({"targets": 4}, "targets"),
        ({"targets": [4]}, "names of columns.*BED calls them"),
        ({"bin_size": 5}, "signals=, which bin_size goes with"),
        ({"missing": "nan"}, "signals= or input_signals=, which missing goes with"),
        (
            {"aggregate": "max", "missing": "zero", "missing_contig": "missing"},
            "signals=, which aggregate, missing_contig go with",
        ),
        ({"signals": "a.bw", "target_length": 19}, "equal numbers of bp"),
        ({"signals": "a.bw", "target_length": 10.0}, "target_length in bp, an integer"),
        ({"signals": "a.bw", "targets": "score"}, "not both"),
        ({"signals": ["x/a.bw", "y/a.bw"]}, "different names"),
        ({"centre": "middle"}, "Expected centre"),
        ({"beyond": "crop"}, "Expected beyond"),
        ({"duplicates": "no"}, "Expected duplicates"),
    ],
)
def test_arguments(genome, bed, keywords, message):
    with pytest.raises(InputError, match=message):
        from_intervals(genome, bed(GOOD), sequence_length=20, **keywords)


def test_letters_of_a_genome_that_is_named_by_its_path(bed, tmp_path, monkeypatch):
    monkeypatch.setenv("SEQZOO_CACHE", str(tmp_path))
    genome = tmp_path / "g.fa"
    genome.write_text(">chr1\n" + "ACGTR" * 40 + "\n")
    with pytest.raises(InputError, match=r"zoo\.data\.Genome\(path, ambiguous="):
        from_intervals(genome, bed(GOOD), sequence_length=20)


def test_what_is_no_table_of_intervals(genome):
    with pytest.raises(InputError, match="Received: int"):
        from_intervals(genome, 5, sequence_length=20)
    with pytest.raises(InputError, match="no column 'end'"):
        from_intervals(genome, {"chrom": [], "start": []}, sequence_length=20)


def test_signals_in_bins(genome, tmp_path, bed):
    pybigtools = pytest.importorskip("pybigtools")
    path = tmp_path / "depth.bw"
    records = [(c, i, i + 1, float(i)) for c, n in LENGTHS.items() for i in range(n)]
    pybigtools.open(str(path), "w").write(LENGTHS, records)
    peaks = bed("chr1\t100\t140\ta\t1\t+\nchr2\t200\t240\tb\t1\t-\n")
    found = from_intervals(
        genome,
        peaks,
        sequence_length=40,
        signals=[path],
        target_length=20,
        bin_size=10,
    )
    assert found.targets.tolist() == [[[114.5], [124.5]], [[224.5], [214.5]]]
    assert found.outputs == ("depth",)
    whole = from_intervals(
        genome, peaks, sequence_length=40, signals={"x": path}, aggregate="max"
    )
    assert whole.targets.tolist() == [[139], [239]]
    assert whole.outputs == ("x",)
    other = tmp_path / "other.bw"
    pybigtools.open(str(other), "w").write(LENGTHS | {"chr2": 900}, records)
    with pytest.raises(InputError, match=r"other\.bw: expected 'chr2' to have 500 bp"):
        from_intervals(genome, peaks, sequence_length=40, signals=[path, other])
    batch = next(iter(found.batches(2)))
    assert [np.asarray(part).shape for part in batch[:2]] == [(2, 40, 4), (2, 2, 1)]


def test_inputs_are_columns_and_signals_per_base(genome, tmp_path, bed):
    pybigtools = pytest.importorskip("pybigtools")
    path = tmp_path / "open.bw"
    records = [("chr1", i, i + 1, float(i)) for i in range(0, 2000, 2)]
    pybigtools.open(str(path), "w").write(LENGTHS, records)
    peaks = bed("chr1\t100\t140\ta\t1\t+\t3\nchr1\t200\t240\tb\t1\t-\tNA\n")
    found = from_intervals(
        genome,
        peaks,
        sequence_length=4,
        targets="score",
        column_names=["chrom", "start", "end", "name", "score", "strand", "age"],
        inputs={"covariates": ["age"]},
        input_signals={"signals": [path]},
        missing="nan",
    )
    assert found.inputs["signals"].shape == (2, 4, 1)
    nan = np.nan
    # Around 120, and around 220 from its end, as the sequence is.
    expected = [[118, nan, 120, nan], [nan, 220, nan, 218]]
    np.testing.assert_array_equal(found.inputs["signals"][..., 0], expected)
    np.testing.assert_array_equal(found.inputs["covariates"], [[3], [nan]])
    with pytest.raises(InputError, match="aggregate goes with"):
        from_intervals(
            genome,
            peaks,
            sequence_length=4,
            input_signals={"signals": [path]},
            missing="nan",
            aggregate="max",
        )
