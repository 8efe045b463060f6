import numpy as np
import pytest

from tools.datasets import gue_promoter, gue_tf
from tools.datasets.tables import DatasetError
from zoo.dna import decode, reverse_complement

HEADER = ["split", "label", "sequence"]
NAN = np.nan


@pytest.fixture
def tf(write_table, sequences, tmp_path):
    """Five tasks of 3 dev, 3 test and 6 training rows, with planted duplicates."""
    tables, counts = {}, {}
    for task in gue_tf.TASKS:
        rows = [["dev", i % 2, s] for i, s in enumerate(sequences(3, 20))]
        rows += [["train", i % 2, s] for i, s in enumerate(sequences(6, 20))]
        rows += [["test", i % 2, s] for i, s in enumerate(sequences(3, 20))]
        tables[task] = rows
    # Train of tf_0 is in dev of tf_1, and on the other strand in test of tf_2.
    tables["tf_0"][3][2] = tables["tf_1"][0][2]
    tables["tf_0"][4][2] = reverse_complement(tables["tf_2"][9][2])
    # One sequence in train of tf_0 (label 0), tf_3 (1, other strand) and tf_4 (0).
    shared = tables["tf_0"][5][2]
    tables["tf_3"][4][2], tables["tf_4"][5][2] = reverse_complement(shared), shared
    # Twice in tf_1, with both labels.
    tables["tf_1"][3][2] = tables["tf_1"][4][2]
    for task, rows in tables.items():
        write_table(f"gue/{task}.tsv.gz", HEADER, rows)
        counts[task] = {"train": 6, "dev": 3, "test": 3}
    return tmp_path, tables, counts


def test_tf_held_out_rows_are_official(tf):
    folder, tables, counts = tf
    dataset = gue_tf.load(folder, 0, counts)
    for split, name in ((dataset.validation, "dev"), (dataset.test, "test")):
        expected = [
            (output, label, sequence)
            for output, rows in enumerate(tables.values())
            for part, label, sequence in rows
            if part == name
        ]
        assert len(split) == len(expected) == 15
        for codes, target, (output, label, sequence) in zip(
            split.codes, split.targets, expected, strict=True
        ):
            assert decode(codes) == sequence
            assert target[output] == label
            assert np.isnan(np.delete(target, output)).all()


def test_tf_leaks_are_left_out_and_duplicates_merged(tf):
    folder, tables, counts = tf
    dataset = gue_tf.load(folder, 0, counts)
    train = dataset.train
    rows = {decode(c): t for c, t in zip(train.codes, train.targets, strict=True)}
    assert dataset.dropped == {
        "train rows also in dev or test": 2,
        "train rows merged into an equal sequence": 3,
        "train labels both 0 and 1, set to unknown": 1,
        "train rows left without a label": 1,
    }
    assert len(rows) == len(dataset.train) == 30 - 2 - 3 - 1
    for leak in tables["tf_0"][3:5]:
        assert leak[2] not in rows
    np.testing.assert_array_equal(rows[tables["tf_0"][5][2]], [0, NAN, NAN, 1, 0])
    assert tables["tf_1"][3][2] not in rows
    np.testing.assert_array_equal(rows[tables["tf_2"][3][2]], [NAN, NAN, 0, NAN, NAN])


def test_tf_refuses_another_number_of_rows(tf):
    folder, _, counts = tf
    counts["tf_3"]["dev"] = 4
    with pytest.raises(DatasetError, match=r"tf_3\.tsv\.gz .*dev 3 instead of 4"):
        gue_tf.load(folder, 0, counts)


def test_promoters_are_compared_on_one_strand(write_table, sequences, tmp_path):
    rows = [["dev", i % 2, s] for i, s in enumerate(sequences(3, 20))]
    rows += [["test", i % 2, s] for i, s in enumerate(sequences(3, 20))]
    rows += [["train", i % 2, s] for i, s in enumerate(sequences(9, 20))]
    rows[6][2] = rows[0][2]
    other_strands = reverse_complement(rows[1][2]), reverse_complement(rows[9][2])
    rows[7][2], rows[8][2] = other_strands
    rows[10][2], rows[12][2] = rows[13][2], rows[14][2]
    write_table("gue/prom_core_all.tsv.gz", HEADER, rows)
    counts = {"dev": 3, "test": 3, "train": 9}
    dataset = gue_promoter.load(tmp_path, 0, counts)
    trained = {
        decode(c): t.tolist()
        for c, t in zip(dataset.train.codes, dataset.train.targets, strict=True)
    }
    # Row 10 has label 0 and row 13 label 1; rows 12 and 14 both have 0.
    assert trained == {rows[i][2]: [float(rows[i][1])] for i in (7, 8, 9, 11, 12)}
    assert dataset.dropped == {
        "train rows also in dev or test": 1,
        "train rows merged into an equal sequence": 2,
        "train labels both 0 and 1, set to unknown": 1,
        "train rows left without a label": 1,
    }
    assert [decode(c) for c in dataset.test.codes] == [r[2] for r in rows[3:6]]
    assert dataset.validation.targets.tolist() == [[0], [1], [0]]
    assert not dataset.reverse_complement
    with pytest.raises(DatasetError, match="train 9 instead of 8"):
        gue_promoter.load(tmp_path, 0, counts | {"train": 8})
