import numpy as np
import pytest

from tools.datasets import core_promoters
from tools.datasets.tables import DatasetError
from zoo.dna import decode

HEADER = ["split", "label", "sequence"]
ALL, *KINDS = (f"gue/{task}.tsv.gz" for task in core_promoters.COUNTS)


@pytest.fixture
def source(write_table, sequences, tmp_path):
    """Eight without and four with a TATA box; dev of the kinds is another one."""
    rows = [
        [split, i % 2, sequence]
        for i, (split, sequence) in enumerate(
            zip(
                ["train"] * 6 + ["dev"] * 3 + ["test"] * 3,
                sequences(12, 20),
                strict=True,
            )
        )
    ]
    rows[2][2] = rows[7][2]  # train as dev
    rows[2][1] = rows[7][1]
    rows[6][2], rows[6][1] = rows[9][2], rows[9][1]  # dev as test
    tata = [row for row in rows if row[2] in {rows[n][2] for n in (1, 4, 8, 11)}]
    other = [row for row in rows if row not in tata]
    kinds = {"prom_core_notata": other, "prom_core_tata": tata}
    tables = {"prom_core_all": rows} | {
        kind: [["train" if row[0] != "test" else "test", *row[1:]] for row in chosen]
        for kind, chosen in kinds.items()
    }
    counts = {}
    for task, chosen in tables.items():
        write_table(f"gue/{task}.tsv.gz", HEADER, chosen)
        splits = [row[0] for row in chosen]
        counts[task] = {split: splits.count(split) for split in set(splits)}
    return tmp_path, rows, counts


def test_each_promoter_is_labelled_for_its_own_kind_too(source):
    folder, rows, counts = source
    dataset = core_promoters.load(folder, 0, counts)
    for split, numbers in (
        (dataset.train, (0, 1, 3, 4, 5)),
        (dataset.validation, (7, 8)),
        (dataset.test, (9, 10, 11)),
    ):
        assert [decode(codes) for codes in split.codes] == [rows[n][2] for n in numbers]
        for target, number in zip(split.targets, numbers, strict=True):
            label, tata = rows[number][1], number in (1, 4, 8, 11)
            kinds = [np.nan, label] if tata else [label, np.nan]
            np.testing.assert_array_equal(target, [label, *kinds])
    assert dataset.dropped["train rows also in dev or test"] == 1
    assert dataset.dropped["validation rows also in test"] == 1


def test_files_that_do_not_fit_together_are_refused(source, write_table):
    folder, rows, counts = source
    tata = [["train", 1 - rows[1][1], rows[1][2]]]
    tata += [[rows[n][0].replace("dev", "train"), *rows[n][1:]] for n in (4, 8, 11)]
    write_table(KINDS[1], HEADER, tata)
    with pytest.raises(DatasetError, match="prom_core_tata"):
        core_promoters.load(folder, 0, counts)
