"""The same values in every format, read by other libraries than wrote them."""

import h5py
import numpy as np
import pytest

import zoo
from tests.zoo.prediction.genome.conftest import CONTIGS
from zoo.errors import InputError
from zoo.prediction.genome import writers
from zoo.prediction.genome.job import PredictedBins
from zoo.prediction.genome.writers import hdf5
from zoo.prediction.genome.writers.track import Track


@pytest.fixture
def make(genome, tmp_path):
    def run(name, **arguments):
        arguments = {"step": 20, "window": 45, "part_bases": 1500} | arguments
        made = zoo.predict_genome("rc_dilated_v1", genome, tmp_path / name, **arguments)
        assert not (tmp_path / f"{name}.parts").exists()
        return made.paths

    return run


def rows(path):
    lines = [line.split("\t") for line in path.read_text().splitlines()[1:]]
    return [(c, int(s), int(e), *map(float, v)) for c, s, e, *v in lines]


def test_hdf5(make):
    (table,), (path,) = make("x.tsv"), make("x.h5")
    with h5py.File(path) as file:
        assert list(file.attrs["outputs"]) == [f"tf_{i}" for i in range(5)]
        assert list(file.attrs["units"]) == ["probability"] * 5
        assert file.attrs["bin_size"] == 20
        assert file.attrs["release"] == "rc_dilated_v1"
        assert file.attrs["strand"] == "+"
        assert {n: d.attrs["length"] for n, d in file.items()} == {
            name: len(text) for name, text in CONTIGS.items()
        }
        found = {name: data[:] for name, data in file.items()}
    for chrom, start, _, *values in rows(table):
        np.testing.assert_allclose(found[chrom][start // 20], values, rtol=1e-5)
    filled = sum(int((~np.isnan(data[:, 0])).sum()) for data in found.values())
    assert filled == len(rows(table))
    assert np.isnan(found["chr1"][45:50]).all()  # N


def test_parquet(make):
    parquet = pytest.importorskip("pyarrow.parquet")
    (table,), (path,) = make("x.tsv"), make("x.parquet")
    file = parquet.ParquetFile(path)
    assert file.num_row_groups > 3
    assert file.schema_arrow.metadata[b"release"] == b"rc_dilated_v1"
    found = file.read()
    assert found.column_names == table.read_text().split("\n", 1)[0].split("\t")
    columns = [column.to_pylist() for column in found.columns]
    for row, expected in zip(zip(*columns, strict=True), rows(table), strict=True):
        assert row[:3] == expected[:3]
        np.testing.assert_allclose(row[3:], expected[3:], rtol=1e-5)


def test_big_wig(make):
    pyBigWig = pytest.importorskip("pyBigWig")
    (table,), paths = make("x.tsv"), make("x.bw")
    assert [path.name for path in paths] == [f"x.tf_{i}.bw" for i in range(5)]
    for output, path in enumerate(paths):
        with pyBigWig.open(str(path)) as file:
            assert file.chroms() == {name: len(text) for name, text in CONTIGS.items()}
            found = [
                (chrom, *interval)
                for chrom in CONTIGS
                for interval in file.intervals(chrom)
            ]
        expected = [(*row[:3], row[3 + output]) for row in rows(table)]
        assert [row[:3] for row in found] == [row[:3] for row in expected]
        np.testing.assert_allclose(
            [row[3] for row in found], [row[3] for row in expected], rtol=1e-5
        )


def test_one_output_is_one_file(genome, tmp_path):
    out = tmp_path / "x.bigWig"
    made = zoo.predict_genome("hierarchical_dilated_v1", genome, out)
    assert made.paths == (out,)


def test_names_of_files():
    path = writers.paths  # short
    out = zoo.prediction.genome.writers.Path("a/x.tsv")
    assert path(out, ("one", "two")) == [out]
    out = out.with_suffix(".bw")
    assert [p.name for p in path(out, ("b/c", "d e"))] == ["x.b_c.bw", "x.d_e.bw"]
    with pytest.raises(InputError, match="file each"):
        path(out, ("b/c", "b c"))


def test_an_unknown_extension(make):
    with pytest.raises(InputError, match=r"x\.wig: expected a name that ends in \.bw"):
        make("x.wig")


def test_a_missing_extra_is_named(make, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"seqzoo\[parquet\]"):
        make("x.parquet")


def test_a_contig_that_hdf5_cannot_name(tmp_path):
    genome = tmp_path / "g.fa"
    genome.write_text(f">HLA/1\n{CONTIGS['tiny'] * 5}\n")
    with pytest.raises(InputError, match="'HLA/1' cannot be the name"):
        zoo.predict_genome("rc_dilated_v1", genome, tmp_path / "x.h5", window=40)
    assert not (tmp_path / "x.h5").exists()


@pytest.mark.parametrize("name", ["x.tsv", "x.h5", "x.parquet", "x.bw"])
def test_contigs_without_bases(tmp_path, name):
    for package in ("pyarrow", "pyBigWig"):
        pytest.importorskip(package)
    genome = tmp_path / "g.fa"
    genome.write_text(f">a\n\n>b\n{CONTIGS['tiny'] * 5}\n>c\nACGT\n>d\n")
    made = zoo.predict_genome(
        "rc_dilated_v1", genome, tmp_path / name, step=20, window=45
    )
    assert made.windows == 4
    if name == "x.h5":
        with h5py.File(made.paths[0]) as file:
            found = {n: (d.shape, np.isnan(d[:]).sum()) for n, d in file.items()}
            lengths = [file[n].attrs["length"] for n in "abcd"]
        assert lengths == [0, 50, 4, 0]
        assert found == {"a": ((0, 5), 0), "b": ((3, 5), 0), "c": ((1, 5), 0)} | {
            "d": ((0, 5), 0)
        }
    elif name == "x.bw":
        import pyBigWig

        with pyBigWig.open(str(made.paths[0])) as file:
            assert [i[:2] for i in file.intervals("b")] == [(0, 20), (20, 40), (40, 50)]
            assert [i[:2] for i in file.intervals("c")] == [(0, 4)]
    elif name == "x.tsv":
        assert [row[:3] for row in rows(made.paths[0])] == [
            ("b", 0, 20), ("b", 20, 40), ("b", 40, 50), ("c", 0, 4)
        ]  # fmt: skip


def bins(contigs, per_contig, chosen=None):
    """A track of many contigs, and its rows in blocks of 100."""
    names = {f"scaffold_{n}": per_contig * 10 for n in range(contigs)}
    track = Track(names, ("v",), ("v",), ("",), 10, {"release": "x"})
    contig = np.repeat(np.arange(contigs) if chosen is None else chosen, per_contig)
    number = np.tile(np.arange(per_contig), len(contig) // per_contig)

    def read(outputs):
        for at in range(0, len(contig), 100):
            c, n = contig[at : at + 100], number[at : at + 100]
            values = (1000 * c + n).astype(np.float32)[:, None]
            yield PredictedBins(c, n, n * 10, n * 10 + 10, values[:, outputs])

    return track, read


def test_hdf5_of_many_scaffolds_is_small(tmp_path):
    track, read = bins(2_000, 3)
    hdf5.write([tmp_path / "x.h5"], track, read)
    # 3,000 bytes each, were they chunked.
    assert (tmp_path / "x.h5").stat().st_size < 2_000 * 450
    with h5py.File(tmp_path / "x.h5") as file:
        assert len(file) == 2_000
        for number in (0, 33, 1_999):
            expected = [[1000 * number], [1000 * number + 1], [1000 * number + 2]]
            assert file[f"scaffold_{number}"][:].tolist() == expected


def test_hdf5_of_regions(tmp_path):
    """Large contigs in chunks that take no room where nothing is, small ones whole."""
    track, read = bins(4, 100_000, chosen=[2])
    hdf5.write([tmp_path / "x.h5"], track, read)
    with h5py.File(tmp_path / "x.h5") as file:
        assert [d.id.get_storage_size() > 0 for d in file.values()] == [
            False, False, True, False
        ]  # fmt: skip
        assert np.isnan(file["scaffold_1"][99_990:]).all()
        assert file["scaffold_2"][99_999, 0] == np.float32(101_999)
        assert file["scaffold_2"].chunks == (65_536, 1)


def test_a_row_group_names_its_own_contigs_alone(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    track, read = bins(2_000, 3, chosen=np.arange(0, 2_000, 500))
    writers.writer(tmp_path / "x.parquet")([tmp_path / "x.parquet"], track, read)
    file = parquet.ParquetFile(tmp_path / "x.parquet")
    (names,) = file.read_row_group(0).column("chrom").chunks
    assert names.dictionary.to_pylist() == [
        f"scaffold_{n}" for n in (0, 500, 1000, 1500)
    ]
