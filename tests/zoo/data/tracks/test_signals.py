import signal
import struct
import time

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from zoo.data import Intervals, read_signals
from zoo.errors import InputError

pybigtools = pytest.importorskip("pybigtools")

CONTIGS = {"chr1": 4000, "chr2": 700}


def write(path, values):
    """A bigWig of the values of each base; NaN where it has none."""

    def records():
        for chrom, bases in values.items():
            for place in np.flatnonzero(~np.isnan(bases)).tolist():
                yield chrom, place, place + 1, float(bases[place])

    pybigtools.open(str(path), "w").write(
        {chrom: len(bases) for chrom, bases in values.items()}, records()
    )
    return path


def tracks(seed=0):
    random = np.random.default_rng(seed)
    values = {}
    for chrom, length in CONTIGS.items():
        bases = random.normal(3, 2, length).astype(np.float32)
        for start in random.integers(0, length, length // 100):
            bases[start : start + 40] = np.nan
        values[chrom] = bases
    return values


VALUES = tracks()


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write(tmp_path_factory.mktemp("signals") / "a.bw", VALUES)


def intervals(chrom, start, length, strand=None):
    start = np.asarray(start, np.int64)
    strand = ["+"] * len(start) if strand is None else strand
    return Intervals(np.array(chrom), start, start + length, np.array(strand))


def expected(where, size, aggregate, missing):
    found = []
    for row in range(len(where)):
        bases = VALUES[where.chrom[row]].astype(np.float64)
        window = np.full(int(where.end[row] - where.start[row]), np.nan)
        for place in range(int(where.start[row]), int(where.end[row])):
            if 0 <= place < len(bases):
                window[place - int(where.start[row])] = bases[place]
        bins = []
        for part in window.reshape(-1, size):
            if missing == "zero":
                part = np.nan_to_num(part)
            elif missing == "ignore":
                part = part[~np.isnan(part)]
            bins.append(getattr(np, aggregate)(part) if len(part) else np.nan)
        found.append(bins[::-1] if where.strand[row] == "-" else bins)
    return np.array(found, np.float32)[..., None]


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(CONTIGS)),
            st.integers(-150, 3990),
            st.sampled_from("+-."),
        ),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from([1, 3, 12, 120, None]),
    st.sampled_from(["mean", "max", "min", "sum"]),
    st.sampled_from(["zero", "nan", "ignore"]),
)
def test_bins_are_those_of_numpy(path, rows, size, aggregate, missing):
    chrom, start, strand = zip(*rows, strict=True)
    where = intervals(chrom, start, 120, strand)
    found = read_signals(
        path, where, bin_size=size, aggregate=aggregate, missing=missing
    )
    assert found.dtype == np.float32
    right = expected(where, size or 120, aggregate, missing)
    np.testing.assert_allclose(found, right, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("size", [1, 50])
def test_the_other_library_gives_the_same(path, tmp_path, size):
    other = pytest.importorskip("pyBigWig")
    start = np.random.default_rng(1).integers(0, 3700, 50)
    where = intervals(["chr1"] * 50, start, 300)
    found = read_signals(path, where, bin_size=size, missing="ignore")[..., 0]
    with other.open(str(path)) as file:
        for row, first in zip(found, start.tolist(), strict=True):
            right = file.stats(
                "chr1", first, first + 300, nBins=300 // size, exact=True
            )
            right = np.array([np.nan if v is None else v for v in right])
            np.testing.assert_allclose(row, right, rtol=1e-5, atol=1e-5)


def test_many_blocks_and_two_files(path, tmp_path):
    second = write(tmp_path / "b.bw", {c: 2 * v for c, v in VALUES.items()})
    start = np.random.default_rng(2).integers(0, 3900, 4000)
    where = intervals(["chr1"] * 4000, start, 100)
    found = read_signals([path, second], where)
    assert found.shape == (4000, 1, 2)
    np.testing.assert_allclose(found[..., 1], 2 * found[..., 0], rtol=1e-6)
    bases = np.nan_to_num(VALUES["chr1"].astype(np.float64))
    right = bases[start[:, None] + np.arange(100)].mean(axis=1)
    np.testing.assert_allclose(found[:, 0, 0], right, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("block", [1, 300, 1000])
@pytest.mark.parametrize("missing", ["zero", "nan", "ignore"])
def test_each_interval_is_the_same_alone(path, monkeypatch, block, missing):
    # Together, they are read in stretches, which blocks of few values cut.
    random = np.random.default_rng(3)
    chrom = random.choice(sorted(CONTIGS), 200)
    start = np.where(chrom == "chr1", 1, 0.2) * random.integers(-150, 4000, 200)
    where = intervals(chrom, start.astype(np.int64), 120)
    monkeypatch.setattr("zoo.data.tracks.signals._BLOCK_VALUES", block)
    found = read_signals(path, where, bin_size=40, missing=missing)
    right = expected(where, 40, "mean", missing)
    np.testing.assert_allclose(found, right, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
def test_missing_values_that_are_written(tmp_path, sign):
    # As coverage and as its negative, which are filled in two ways.
    other = pytest.importorskip("pyBigWig")
    with other.open(str(tmp_path / "a.bw"), "w") as file:
        file.addHeader([("chr1", 100)])
        file.addEntries(
            ["chr1"] * 3,
            [0, 4, 20],
            ends=[4, 8, 30],
            values=[2.0 * sign, np.nan, 1.0 * sign],
        )
    where = intervals(["chr1"] * 3, [-4, 2, 95], 8)
    for missing, right in (
        ("zero", [[0, 8 * sign], [4 * sign, 0], [0, 0]]),
        ("nan", [[np.nan, 8 * sign], [np.nan, np.nan], [np.nan, np.nan]]),
        ("ignore", [[np.nan, 8 * sign], [4 * sign, np.nan], [np.nan, np.nan]]),
    ):
        found = read_signals(
            tmp_path / "a.bw", where, bin_size=4, aggregate="sum", missing=missing
        )
        np.testing.assert_array_equal(found[..., 0], right)


def test_a_contig_that_the_file_lacks(path):
    where = intervals(["chr1", "2"], [0, 0], 10)
    with pytest.raises(
        InputError, match=r"a\.bw: no signal on '2' \(1 of 2 .*Did you mean 'chr2'"
    ):
        read_signals(path, where)
    found = read_signals(path, where, missing_contig="missing", missing="nan")
    assert np.isnan(found[1]).all()
    assert read_signals(path, where, missing_contig="missing")[1] == 0
    # Names of another style are not a contig without signal.
    for choice in ("missing", "error"):
        with pytest.raises(InputError, match=r"no signal on '1' \(2 of 2 .*'chr1'\?$"):
            read_signals(path, intervals(["1", "2"], [0, 0], 10), missing_contig=choice)


def test_a_file_of_another_assembly(path):
    where = intervals(["chr1", "chr2", "chr3"], [0, 0, 0], 10)
    found = read_signals(path, where, missing_contig="missing", contigs=CONTIGS)
    assert found.shape == (3, 1, 1)
    with pytest.raises(
        InputError,
        match=r"a\.bw: expected 'chr2' to have 701 bp.*Received: 700 bp \(1 of 3 "
        r"contigs differ\)\. Is it the same assembly\?",
    ):
        read_signals(
            path,
            where,
            missing_contig="missing",
            contigs={"chr1": 4000, "chr2": 701, "chr3": 9},
        )
    # Only where the intervals lie.
    assert read_signals(
        path, where.subset(np.array([0])), contigs={"chr1": 4000, "chr2": 701}
    ).shape == (1, 1, 1)


@pytest.mark.parametrize("value", [np.inf, -np.inf])
@pytest.mark.parametrize("aggregate", ["mean", "max", "min", "sum"])
@pytest.mark.parametrize("missing", ["zero", "nan", "ignore"])
def test_infinite_values_are_no_targets(tmp_path, value, aggregate, missing):
    values = np.ones(4000, np.float32)
    values[[1000, 2000]] = value
    path = write(tmp_path / "a.bw", {"chr1": values})
    keywords = {"aggregate": aggregate, "missing": missing}
    # Between two intervals that are read at once it does no harm.
    where = intervals(["chr1"] * 3, [2001, 1990, 20], 10)
    assert np.isfinite(read_signals(path, where, **keywords)).all()
    for start in (1991, 2000, 1995):
        where = intervals(["chr1"] * 3, [2001, start, 20], 10)
        with pytest.raises(
            InputError,
            match=rf"a\.bw: .* finite .* Received: {value} at chr1:2000-2001",
        ):
            read_signals(path, where, **keywords)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: b"", "not a bigWig file"),
        (lambda data: data[:100], "cut short"),
        (lambda data: data[: len(data) // 2], "cut short"),
        (lambda data: b"chr1\t0\t10\t1.5\n" * 20, "not a bigWig.*bedGraphToBigWig"),
        (lambda data: b"\x1f\x8b" + data, "not a bigWig.*gzip"),
        (lambda data: data[:4][::-1] + data[4:], "not a bigWig.*big-endian"),
        (lambda data: struct.pack("<I", 0x8789F2EB) + data[4:], "not a bigWig.*bigBed"),
        (lambda data: data[:6] + b"\xff\xff" + data[8:], "cut short or damaged"),
        (lambda data: data[:24] + bytes(8) + data[32:], "cut short or damaged"),
        (lambda data: data[:400] + b"\0" * 4000 + data[4400:], r"damaged \(at chr1:0"),
    ],
)
def test_what_is_no_bigwig_is_refused(path, tmp_path, change, message, capfd):
    broken = tmp_path / "x.bw"
    broken.write_bytes(change(path.read_bytes()))
    with pytest.raises(InputError, match=rf"x\.bw: .*{message}"):
        read_signals(broken, intervals(["chr1"], [0], 4000))


@pytest.mark.parametrize("place", [64, 200, 350, 1000])
def test_random_damage_is_an_error_or_harmless(path, tmp_path, place, capfd):
    random = np.random.default_rng(place)
    data = bytearray(path.read_bytes())
    for byte in random.integers(place, place + 300, 12).tolist():
        data[byte] = int(random.integers(256))
    broken = tmp_path / "x.bw"
    broken.write_bytes(data)
    try:
        found = read_signals(broken, intervals(["chr1"], [0], 4000))
    except InputError as error:
        assert "x.bw" in str(error)
    else:
        assert found.shape == (1, 1, 1)


def test_files_that_cannot_be_opened(tmp_path):
    where = intervals(["chr1"], [0], 10)
    with pytest.raises(InputError, match=r"none\.bw: No such file"):
        read_signals(tmp_path / "none.bw", where)
    with pytest.raises(InputError, match="Is a directory"):
        read_signals(tmp_path, where)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"bin_size": 7}, "divides the length of the signal, 10 bp"),
        ({"bin_size": 0}, "bin_size of at least 1 bp. Received: 0"),
        ({"bin_size": 5.0}, "bin_size in bp, an integer. Received: 5.0"),
        ({"aggregate": "median"}, "aggregate to be one of"),
        ({"missing": "drop"}, "missing to be one of"),
    ],
)
def test_arguments(path, keywords, message):
    with pytest.raises(InputError, match=message):
        read_signals(path, intervals(["chr1"], [0], 10), **keywords)


def test_intervals_of_two_lengths(path):
    where = Intervals(
        np.array(["chr1"] * 2), np.array([0, 0]), np.array([5, 6]), np.array(["+"] * 2)
    )
    with pytest.raises(InputError, match="all of one length"):
        read_signals(path, where)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs POSIX timers")
def test_an_interrupt_ends_it_at_once(path):
    count = 400_000
    where = intervals(["chr1"] * count, np.arange(count) % 1900, 2000)

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            read_signals(path, where)
        assert time.monotonic() - start < 3
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert read_signals(path, where.subset(np.arange(2))).shape == (2, 1, 1)


def test_values_below_zero_are_kept_turned_or_refused(path, tmp_path):
    values = {"chr1": np.arange(50, dtype=float), "chr2": -np.arange(9, dtype=float)}
    written = write(tmp_path / "minus.bw", values)
    where = intervals(["chr2", "chr1"], [1, 1], 8)
    right = np.arange(1, 9, dtype=float)
    for choice, signs in (("keep", (-1, 1)), ("absolute", (1, 1))):
        found = read_signals(written, where, bin_size=1, negative=choice)[..., 0]
        np.testing.assert_array_equal(found, np.outer(signs, right))
    with pytest.raises(
        InputError,
        match=r"minus\.bw: expected values of at least 0.* -1 at chr2:1-2.*'absolute'",
    ):
        read_signals(written, where, negative="error")
    some = where.subset(np.array([1]))
    assert read_signals(written, some, negative="error") > 0
    with pytest.raises(InputError, match=r"negative.*'keep', 'absolute'"):
        read_signals(written, where, negative="abs")


def test_two_files_of_different_genomes(path, tmp_path):
    shorter = dict(VALUES) | {"chr2": VALUES["chr2"][:-7]}
    other = write(tmp_path / "minus.bw", shorter)
    where = intervals(["chr1", "chr2"], [0, 0], 10)
    with pytest.raises(
        InputError,
        match=r"minus\.bw: expected 'chr2' to have 700 bp, as in .*a\.bw\. .*693 bp",
    ):
        read_signals([path, other], where)
    with pytest.raises(
        InputError, match=r"minus\.bw: .*as in the genome and .*a\.bw\. Received"
    ):
        read_signals([path, other], where, contigs=CONTIGS)
    lacking = write(tmp_path / "few.bw", {"chr1": VALUES["chr1"]})
    with pytest.raises(InputError, match=r"few\.bw: no signal on 'chr2'.*a\.bw has it"):
        read_signals([path, lacking], where)
