import gzip
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import norm

from tools.datasets import yeast_dyads
from tools.datasets.tables import DatasetError
from zoo.dna import decode

LENGTHS = {"chrI": 6000, "chrIV": 5000, "chrXIII": 4500, "chrXV": 2047, "chrXVI": 5200}
HEADER = ["chrom", "dyad0", "ncp_score"]


@pytest.fixture
def source(write_table, sequences, tmp_path):
    """Small chromosomes; dyads every 100 to 300 bp, with a hole in chrI."""
    random = np.random.default_rng(0)
    genome = {name: sequences(1, length)[0] for name, length in LENGTHS.items()}
    dyads = {}
    for name, length in LENGTHS.items():
        places = np.cumsum(random.integers(100, 300, length // 100))
        dyads[name] = places[places < length]
    dyads["chrI"] = dyads["chrI"][(dyads["chrI"] < 2500) | (dyads["chrI"] > 4000)]
    rows = [[name, place, 1.5] for name in dyads for place in dyads[name]]
    write_table("yeast_sacCer3/nucleosome_dyads_brogaard2012.tsv.gz", HEADER, rows)
    lines = [
        line
        for name, sequence in genome.items()
        for line in (
            f">{name} x",
            *(sequence[i : i + 80] for i in range(0, len(sequence), 80)),
        )
    ]
    (tmp_path / "yeast_sacCer3/sacCer3.nuclear.fa.gz").write_bytes(
        gzip.compress("\n".join(lines).encode())
    )
    counts = {
        "chromosomes": 5,
        "base pairs": sum(LENGTHS.values()),
        "dyads": len(rows),
    }
    return tmp_path, genome, dyads, counts


def density(dyads, length):
    """The sum of the Gaussians, in closed form; the hole unknown."""
    place = np.arange(length)
    value = norm.pdf(place[:, None], dyads, 20).sum(axis=1)
    for left, right in pairwise(dyads):
        if right - left > 1000:
            value[left + 147 : right - 147] = np.nan
    return value


def test_tracks_are_gaussians_over_the_training_mean(source):
    folder, _, dyads, counts = source
    dataset = yeast_dyads.load(folder, 0, counts)
    assert [c.name for c in dataset.train_chromosomes] == ["chrI", "chrIV"]
    expected = [density(dyads[name], LENGTHS[name]) for name in ("chrI", "chrIV")]
    mean = np.nanmean(np.concatenate(expected))
    found = np.concatenate([c.track[:, 0] for c in dataset.train_chromosomes])
    # The filter cuts the Gaussian off at 4 standard deviations.
    np.testing.assert_allclose(found, np.concatenate(expected) / mean, atol=3e-3)
    assert np.nanmean(found) == pytest.approx(1, abs=1e-5)
    assert (
        dataset.dropped["bases in holes of the map, set to unknown"]
        == np.isnan(found).sum()
    )


def test_windows_and_bins_are_where_they_should_be(source):
    folder, genome, dyads, counts = source
    dataset = yeast_dyads.load(folder, 0, counts)
    mean = np.nanmean(
        np.concatenate([density(dyads[n], LENGTHS[n]) for n in ("chrI", "chrIV")])
    )
    for split, names, stride in (
        (dataset.train, ("chrI", "chrIV"), 256),
        (dataset.validation, ("chrXIII",), 1024),
        (dataset.test, ("chrXV", "chrXVI"), 1024),
    ):
        places = [
            (name, start)
            for name in names
            for start in range(0, LENGTHS[name] - 2048 + 1, stride)
        ]
        assert split.codes.shape == (len(places), 2048)
        assert split.targets.shape == (len(places), 64, 1)
        for codes, target, (name, start) in zip(
            split.codes, split.targets, places, strict=True
        ):
            assert decode(codes) == genome[name][start : start + 2048]
            center = density(dyads[name], LENGTHS[name])[start + 512 : start + 1536]
            bins = center.reshape(64, 16).mean(axis=1) / mean
            np.testing.assert_allclose(target[:, 0], bins, atol=3e-3)
    # The hole is in the targets, and chrXV is a base too short for a window.
    assert np.isnan(dataset.train.targets).any()
    assert not np.isnan(dataset.test.targets).any()


def test_refuses_other_counts_and_dyads_outside(source, write_table):
    folder, _, _, counts = source
    with pytest.raises(DatasetError, match="base pairs 22747 instead of 1"):
        yeast_dyads.load(folder, 0, counts | {"base pairs": 1})
    table = "yeast_sacCer3/nucleosome_dyads_brogaard2012.tsv.gz"
    write_table(table, HEADER, [["chrI", 6000, 1]])
    with pytest.raises(DatasetError, match="dyads of chrI at 0 to 5999"):
        yeast_dyads.load(folder, 0, counts | {"dyads": 1})


def test_refuses_a_genome_without_the_held_out_chromosomes(source):
    folder, genome, _, counts = source
    (folder / "yeast_sacCer3/sacCer3.nuclear.fa.gz").write_bytes(
        gzip.compress(f">chrI\n{genome['chrI']}\n".encode())
    )
    with pytest.raises(DatasetError, match="expected chrXIII, chrXV, chrXVI"):
        yeast_dyads.load(folder, 0, counts | {"chromosomes": 1, "base pairs": 6000})
