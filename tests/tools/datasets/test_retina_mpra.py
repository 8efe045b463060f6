import pytest

from tools.datasets import retina_mpra
from tools.datasets.tables import DatasetError
from zoo.dna import decode, reverse_complement

HEADER = ["label", "sequence", "log2", "library", "batch", "split"]


@pytest.fixture
def source(write_table, sequences, tmp_path):
    a, b, c, d, e, f, g = sequences(7, 20)
    rows = [
        (a, -1.5, "library1", "train"),
        (b, -1, "library1", "train"),
        (c, 1, "library2", "train"),
        (reverse_complement(c), 3, "library2", "train"),  # mean 2
        (d, 12, "library3", "train"),
        (e, 2.838, "library4", "test"),
        (reverse_complement(e), 1, "library3", "train"),
        (f, 2.8, "library1", "val"),
        (e, 2, "library1", "val"),
        (g, 0, "library9a", "train"),
        (sequences(1, 20)[0], 0, "library4", "excluded_test_derived"),
    ]
    write_table(
        retina_mpra.FILE,
        HEADER,
        [
            ["-", s, value, library, "Round2", split]
            for s, value, library, split in rows
        ],
    )
    counts = {"train": 7, "val": 2, "test": 1, "excluded_test_derived": 1}
    return tmp_path, (a, b, c, d, e, f), counts


def test_classes_are_the_authors_and_leaks_are_left_out(source):
    folder, (a, b, c, d, e, f), counts = source
    dataset = retina_mpra.load(folder, 0, counts)
    for split, expected in (
        (
            dataset.train,
            {
                a: ("Silencer", -1.5),
                b: ("Inactive", -1),
                c: ("WeakEnhancer", 2),
                d: ("StrongEnhancer", 8),
            },
        ),
        (dataset.validation, {f: ("WeakEnhancer", 2.8)}),
        (dataset.test, {e: ("StrongEnhancer", 2.838)}),
    ):
        assert [decode(codes) for codes in split.codes] == list(expected)
        classes = [dataset.output_names[n] for n in split.targets.argmax(axis=1)]
        assert classes == split.columns["class"].tolist()
        found = zip(classes, map(float, split.columns["log2_activity"]), strict=True)
        assert list(found) == list(expected.values())
    assert dataset.dropped == {
        "rows derived from test": 1,
        "rows of library 9": 1,
        "train rows also in validation or test": 1,
        "train rows merged into an equal sequence": 1,
        "validation rows also in test": 1,
    }


def test_refuses_another_number_of_rows(source):
    folder, _, counts = source
    with pytest.raises(DatasetError, match="val 2 instead of 3"):
        retina_mpra.load(folder, 0, counts | {"val": 3})
