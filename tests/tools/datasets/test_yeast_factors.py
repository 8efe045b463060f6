import gzip

import pytest

from tools.datasets import yeast_factors
from tools.datasets.tables import DatasetError
from zoo.dna import decode, reverse_complement

HEADER = ["chrom", "start", "end", "split", "sequence", "Abf1", "Rap1"]
COUNTS = {"train": 3, "valid": 1, "test": 1}


@pytest.fixture
def source(write_table, sequences, tmp_path):
    """Two chromosomes of 1,000 bp; the second train window is a test window."""
    first, second = sequences(2, 1000)
    second = second[:400] + reverse_complement(first[300:500]) + second[600:]
    genome = {"chrI": first, "chrXV": second}
    places = [
        ("chrI", 0, "train", 1, 0),
        ("chrI", 300, "train", 0, 1),
        ("chrI", 780, "train", 0, 0),
        ("chrXV", 0, "valid", 1, 1),
        ("chrXV", 400, "test", 0, 1),
    ]
    rows = [
        [c, s, s + 200, split, genome[c][s : s + 200], *labels]
        for c, s, split, *labels in places
    ]
    write_table(yeast_factors.PANEL, HEADER, rows)
    fasta = tmp_path / yeast_factors.GENOME
    fasta.parent.mkdir()
    text = "".join(f">{name}\n{bases}\n" for name, bases in genome.items())
    fasta.write_bytes(gzip.compress(text.encode()))
    return tmp_path, genome, rows


def test_windows_are_those_of_the_panel_without_leaks(source):
    folder, _, rows = source
    dataset = yeast_factors.load(folder, 0, COUNTS)
    assert dataset.output_names == ("Abf1", "Rap1")
    assert dataset.dropped == {"train windows also in validation or test": 1}
    for split, numbers in (
        (dataset.train, (0, 2)),
        (dataset.validation, (3,)),
        (dataset.test, (4,)),
    ):
        assert [decode(codes) for codes in split.codes] == [rows[n][4] for n in numbers]
        assert split.targets.tolist() == [rows[n][5:] for n in numbers]
    assert dataset.train.columns["place"].tolist() == ["chrI:0-200", "chrI:780-980"]


@pytest.mark.parametrize("window", [100, 301])
def test_other_windows_are_cut_around_the_same_centers(source, window):
    folder, genome, _ = source
    dataset = yeast_factors.load(folder, 0, COUNTS, window=window)
    test = decode(dataset.test.codes[0])
    start = 500 - window // 2
    assert test == genome["chrXV"][start : start + window]
    # The first window's center is base 100: a wider one begins before the chromosome.
    before = max(0, window // 2 - 100)
    expected = "N" * before + genome["chrI"][max(0, 100 - window // 2) :]
    assert decode(dataset.train.codes[0]) == expected[:window]


def test_a_genome_of_another_assembly_is_refused(source, write_table):
    folder, _, rows = source
    rows[0][1] = 1
    write_table(yeast_factors.PANEL, HEADER, rows)
    with pytest.raises(DatasetError, match="one assembly"):
        yeast_factors.load(folder, 0, COUNTS, window=300)
    with pytest.raises(DatasetError, match="train 3 instead of 4"):
        yeast_factors.load(folder, 0, COUNTS | {"train": 4})


def test_the_panel_windows_need_no_genome(source):
    folder, _, _ = source
    (folder / yeast_factors.GENOME).unlink()
    assert len(yeast_factors.load(folder, 0, COUNTS).test) == 1
    with pytest.raises(DatasetError, match=r"sacCer3\.nuclear\.fa\.gz"):
        yeast_factors.load(folder, 0, COUNTS, window=300)
