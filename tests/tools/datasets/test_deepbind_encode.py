from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from tools.datasets import deepbind_encode
from tools.datasets.tables import DatasetError
from zoo.dna import decode, reverse_complement

FILE = "deepbind_encode/deepbind_encode_10tf.tsv.gz"
HEADER = ["experiment", "part", "event", "bound", "sequence"]
FACTORS = ("ARID3A", "FOXA1", "MYC")
N = 40


@pytest.fixture
def source(write_table, sequences, tmp_path):
    """Three factors of 40 training positives and 2 + 2 test rows."""
    rows, counts = [], {}
    for factor in reversed(FACTORS):
        experiment = f"{factor}_K562_lab_(x-1)"
        for part, bound, n in (("train_AC", 1, N), ("test_B", 1, 2), ("test_B", 0, 2)):
            rows += [[experiment, part, "-", bound, s] for s in sequences(n, 50)]
            counts[f"{factor} {part} {bound}"] = n
    # The file has MYC, FOXA1, ARID3A, each in 44 rows.
    rows[44][4] = rows[0][4]  # FOXA1 as MYC
    rows[88][4] = reverse_complement(rows[0][4])  # ARID3A on the other strand
    rows[45][4] = rows[40][4]  # FOXA1 training as MYC test
    write_table(FILE, HEADER, rows)
    return tmp_path, rows, counts


def test_positives_have_their_shuffle_on_the_same_side(source):
    folder, rows, counts = source
    dataset = deepbind_encode.load(folder, 3, counts)
    assert dataset.output_names == FACTORS
    assert dataset.dropped == {
        "train rows also in test": 1,
        "train rows merged into an equal sequence": 2,
    }
    unique = 3 * N - 3
    assert len(dataset.validation) == 2 * round(unique / 10)
    assert len(dataset.train) == 2 * unique - len(dataset.validation)
    seen = []
    for split in (dataset.train, dataset.validation):
        half = len(split) // 2
        for i in range(half):
            positive, negative = decode(split.codes[i]), decode(split.codes[half + i])
            assert positive != negative
            assert Counter(pairwise(positive)) == Counter(pairwise(negative))
            known = ~np.isnan(split.targets[i])
            assert (split.targets[i, known] == 1).all()
            np.testing.assert_array_equal(split.targets[half + i], split.targets[i] - 1)
            seen.append((positive, known.tolist()))
    labels = dict(seen)
    assert len(labels) == unique
    # Bound by all three; by FOXA1 alone; a leak.
    assert labels[rows[0][4]] == [True, True, True]
    assert labels[rows[50][4]] == [False, True, False]
    assert rows[40][4] not in labels


def test_the_test_split_is_official(source):
    folder, rows, counts = source
    dataset = deepbind_encode.load(folder, 0, counts)
    official = [row for row in rows if row[1] == "test_B"]
    assert len(dataset.test) == len(official) == 12
    for codes, target, row in zip(
        dataset.test.codes, dataset.test.targets, official, strict=True
    ):
        output = FACTORS.index(row[0].split("_")[0])
        assert decode(codes) == row[4]
        assert target[output] == row[3]
        assert np.isnan(target).sum() == 2


def test_the_seed_decides_shuffles_and_validation(source):
    folder, _, counts = source
    first, again, other = (deepbind_encode.load(folder, s, counts) for s in (0, 0, 1))
    assert (first.train.codes == again.train.codes).all()
    assert (first.validation.codes == again.validation.codes).all()
    half = len(first.validation) // 2
    drawn, others = (
        {decode(codes) for codes in dataset.validation.codes[:half]}
        for dataset in (first, other)
    )
    assert drawn != others


def test_refuses_another_number_of_rows(source):
    folder, _, counts = source
    with pytest.raises(DatasetError, match="MYC test_B 0 2 instead of 3"):
        deepbind_encode.load(folder, 0, counts | {"MYC test_B 0": 3})
