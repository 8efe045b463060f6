"""bigWig files as two other libraries read them."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from zoo.data.tracks import bigwig_writer
from zoo.data.tracks.bigwig_writer import BinValues, write_bigwig
from zoo.errors import InputError

pyBigWig = pytest.importorskip("pyBigWig")
pybigtools = pytest.importorskip("pybigtools")


def written(path, contigs, size, bins, values, per_block=700):
    """A file of bins (contig, bin) and their values, given in blocks."""
    lengths = np.array([*contigs.values()])
    contig, number = bins

    def blocks():
        for at in range(0, len(contig), per_block):
            c, n = contig[at : at + per_block], number[at : at + per_block]
            end = np.minimum((n + 1) * size, lengths[c])
            yield BinValues(c, n * size, end, values[at : at + per_block, 0])

    write_bigwig(path, contigs, blocks(), bin_size=size)
    return path


def some_bins(contigs, size, share, seed):
    """Contig and number of bins, a share of all."""
    random = np.random.default_rng(seed)
    counts = [-(-length // size) for length in contigs.values()]
    contig = np.repeat(np.arange(len(counts)), counts)
    number = np.concatenate([np.arange(count) for count in counts])
    kept = random.random(len(contig)) < share
    kept[-1] = True
    values = random.normal(0, 3, (kept.sum(), 1)).astype(np.float32)
    return (contig[kept], number[kept]), values


@settings(max_examples=25, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 900), min_size=1, max_size=5),
    many=st.sampled_from([0, 300]),
    size=st.integers(1, 60),
    share=st.sampled_from([0.1, 0.7, 1.0]),
    per_block=st.sampled_from([1, 50, 10_000]),
)
def test_both_libraries_read_what_was_written(
    tmp_path_factory, lengths, many, size, share, per_block
):
    names = [f"{'cba'[n % 3]}{n * 7919 % 1000}" for n in range(len(lengths) + many)]
    contigs = dict(zip(names, lengths + [size + 1] * many, strict=True))
    (contig, number), values = some_bins(contigs, size, share, len(lengths))
    path = written(
        tmp_path_factory.mktemp("bigwig") / "x.bw",
        contigs,
        size,
        (contig, number),
        values,
        per_block if many == 0 else 10_000,
    )
    expected = {name: [] for name in contigs}
    for c, n, v in zip(contig.tolist(), number.tolist(), values[:, 0], strict=True):
        end = min((n + 1) * size, contigs[names[c]])
        expected[names[c]].append((n * size, end, float(v)))
    with pyBigWig.open(str(path)) as file:
        assert file.chroms() == contigs
        assert {n: list(file.intervals(n) or ()) for n in contigs} == expected
    with pybigtools.open(str(path)) as file:
        assert file.chroms() == contigs
        assert {name: list(file.records(name)) for name in contigs} == expected
        bases = np.concatenate(
            [np.repeat(v, e - s) for rows in expected.values() for s, e, v in rows]
        )
        summary = file.info()["summary"]
    assert summary["basesCovered"] == len(bases)
    assert summary["min"] == bases.min() and summary["max"] == bases.max()
    np.testing.assert_allclose(summary["sum"], bases.sum(), rtol=1e-5, atol=1e-3)


def test_zoom_levels(tmp_path):
    """Of several sections, one contig sharing them with the next."""
    contigs = {"b": 400_003, "a": 9_000, "tiny": 5, "c": 100_000}
    (contig, number), values = some_bins(contigs, 10, 0.9, 0)
    path = written(tmp_path / "x.bw", contigs, 10, (contig, number), values)
    bases = {}
    for at, (name, length) in enumerate(contigs.items()):
        bases[name] = np.full(length, np.nan)
        for n, v in zip(number[contig == at], values[contig == at, 0], strict=True):
            bases[name][n * 10 : n * 10 + 10] = v
    with pybigtools.open(str(path)) as file:
        levels = sorted(file.zooms())
        assert levels == [160 * 4**n for n in range(len(levels))]
        assert len(levels) >= 4
        for level in levels:
            for name, values in bases.items():
                for start, end, found in file.zoom_records(level, name):
                    assert start % level == 0
                    assert end == min(start + level, contigs[name])
                    part = values[start:end]
                    part = part[~np.isnan(part)]
                    assert found["bases_covered"] == len(part)
                    assert found["min_val"] == part.min()
                    assert found["max_val"] == part.max()
                    np.testing.assert_allclose(
                        [found["sum"], found["sum_squares"]],
                        [part.sum(), (part**2).sum()],
                        rtol=1e-4,
                        atol=0.1,
                    )
    with pyBigWig.open(str(path)) as file:
        for name, bins in (("b", 25), ("a", 1), ("c", 10)):
            end = contigs[name] // 2560 // bins * 2560 * bins
            found = file.stats(name, 0, end, nBins=bins, type="max")
            expected = np.nanmax(bases[name][:end].reshape(bins, -1), axis=1)
            np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_sections_grow_as_the_bins_and_contigs_do(tmp_path, monkeypatch):
    """Counted, as seconds are not the same on all machines."""
    calls = []
    compress = bigwig_writer.Sections.write
    monkeypatch.setattr(
        bigwig_writer.Sections,
        "write",
        lambda self, sections, bounds: (
            calls.append(len(sections)),
            compress(self, sections, bounds),
        ),
    )
    found = {}
    for count in (500, 1_000):
        contigs = {f"s{n}": 90 for n in range(count)}
        bins, values = some_bins(contigs, 10, 1.0, 0)
        calls.clear()
        written(tmp_path / "x.bw", contigs, 10, bins, values, 9_000)
        found[count] = sum(calls), (tmp_path / "x.bw").stat().st_size
    assert found[500][0] == 500 + 1
    assert found[1_000][0] == 1_000 + 2
    assert found[1_000][1] < 2.1 * found[500][1]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "full")])
def test_an_error_of_what_is_read_is_raised(tmp_path, error):
    def blocks():
        yield BinValues(*np.zeros((2, 1), int), np.ones(1, int), np.ones(1, np.float32))
        raise error

    with pytest.raises(type(error)):
        write_bigwig(tmp_path / "x.bw", {"c": 9}, blocks(), bin_size=1)


def test_a_contig_that_is_too_long(tmp_path):
    contigs = {"c": 9, "long": 1 << 32}
    with pytest.raises(InputError, match=r"'long' has 4,294,967,296 bp.*\.h5"):
        written(tmp_path / "x.bw", contigs, 1, (np.zeros(1, int),) * 2, np.ones((1, 1)))


def test_a_file_without_values(tmp_path):
    write_bigwig(tmp_path / "x.bw", {"c": 9}, (), bin_size=1)
    with pyBigWig.open(str(tmp_path / "x.bw")) as file:
        assert file.chroms() == {"c": 9}
        assert file.intervals("c") is None
        assert file.header()["nBasesCovered"] == 0


def test_few_values_have_levels_of_many_bases(tmp_path):
    """Levels that would hold as many records as the file has values are left out."""
    contigs = {"a": 4_000_000}
    number = np.sort(np.random.default_rng(0).choice(4_000_000, 3_000, replace=False))
    values = np.ones((3_000, 1), np.float32)
    path = written(tmp_path / "x.bw", contigs, 1, (number * 0, number), values)
    with pybigtools.open(str(path)) as file:
        first, *others = sorted(file.zooms())
        assert first == 16 and others == [4096 * 4**n for n in range(6)]
        for level in others:
            found = [r for _, _, r in file.zoom_records(level, "a")]
            assert sum(r["sum"] for r in found) == 3_000
