import numpy as np
import pytest

from tools.datasets import human_factors
from tools.datasets.dataset import Dataset, Split
from zoo.dna import decode, encode_batch, reverse_complement

NAMES = ("tf_0", "tf_1", "ELK1", "MYC", "CTCF", "SPI1")


def split(sequences, labels):
    return Split(encode_batch(sequences), np.array(labels, np.float32))


@pytest.fixture
def loaded(sequences, monkeypatch):
    """Three sources of few rows: GUE of two tasks, ENCODE of two factors, peaks."""
    nan = np.nan
    gue = {part: sequences(4, 101) for part in human_factors.PARTS}
    encode = {part: sequences(3, 101) for part in human_factors.PARTS}
    shuffles = {part: sequences(3, 101) for part in human_factors.PARTS}
    peaks = {part: sequences(3, 100) for part in human_factors.PARTS}
    # tf_0 near a test row of tf_1; tf_1 near one of its own; ENCODE as GUE's dev, on
    # the other strand; a peak of PU.1 near a test peak of ENCODE; a validation peak of
    # ENCODE near a training row of GUE.
    gue["train"][0] = gue["test"][2][20:] + gue["train"][0][:20]
    gue["train"][3] = gue["test"][3][20:] + gue["train"][3][:20]
    encode["train"][1] = reverse_complement(gue["validation"][0])
    peaks["train"][2] = encode["test"][0][30:] + peaks["train"][2][:29]
    encode["validation"][0] = gue["train"][2][20:] + encode["validation"][0][:20]
    made = (
        {
            part: split(rows, [[1, nan], [0, nan], [nan, 1], [nan, 0]])
            for part, rows in gue.items()
        },
        {
            part: split(
                [*rows, *shuffles[part]],
                [[1, nan], [1, 1], [nan, 1], [0, nan], [0, 0], [nan, 0]],
            )
            for part, rows in encode.items()
        },
        {part: split(rows, [[1], [1], [0]]) for part, rows in peaks.items()},
    )
    outputs = (NAMES[:2], NAMES[2:4], ("ctcf",))
    for source, parts, names in zip(human_factors.SOURCES, made, outputs, strict=True):
        dataset = Dataset(
            name=source.__name__,
            output_names=names,
            units="probability",
            reverse_complement=True,
            facts=({"name": source.__name__, "split": "official"},),
            dropped={"rows": 1},
            **parts,
        )
        monkeypatch.setattr(source, "load", lambda *_, dataset=dataset: dataset)
    return gue, encode, shuffles, peaks


def rows_of(part):
    return {
        decode(codes): (dict(zip(NAMES, target, strict=True)), source)
        for codes, target, source in zip(
            part.codes, part.targets.tolist(), part.columns["source"], strict=True
        )
    }


def known(labels):
    return {name: value for name, value in labels.items() if not np.isnan(value)}


def test_each_row_has_the_labels_of_its_source(loaded, tmp_path):
    gue, encode, shuffles, peaks = loaded
    dataset = human_factors.load(tmp_path, 0)
    assert dataset.output_names == NAMES
    test = rows_of(dataset.test)
    assert len(test) == len(dataset.test) == 4 + 6 + 6
    assert known(test[gue["test"][2]][0]) == {"tf_1": 1}
    assert test[gue["test"][3]][1] == "GUE"
    assert known(test[encode["test"][1]][0]) == {"ELK1": 1, "MYC": 1}
    assert known(test[shuffles["test"][1]][0]) == {"ELK1": 0, "MYC": 0}
    assert test[shuffles["test"][1]][1] == "ENCODE, shuffled"
    assert known(test[peaks["test"][0] + "N"][0]) == {"CTCF": 1, "SPI1": 0}
    assert known(test[peaks["test"][2] + "N"][0]) == {"CTCF": 0, "SPI1": 1}
    neither = [
        labels for labels, source in test.values() if source.endswith("shuffled")
    ]
    assert sum(known(each) == {"CTCF": 0, "SPI1": 0} for each in neither) == 3


def test_what_another_source_or_task_holds_out_is_left_out(loaded, tmp_path):
    gue, encode, shuffles, peaks = loaded
    dataset = human_factors.load(tmp_path, 0)
    train, validation = rows_of(dataset.train), rows_of(dataset.validation)
    assert gue["train"][0] not in train
    assert gue["train"][3] in train  # near its own task's test row, as published
    assert encode["train"][1] not in train and shuffles["train"][1] not in train
    assert encode["train"][0] in train and shuffles["train"][0] in train
    assert peaks["train"][2] + "N" not in train
    assert len(train) == len(dataset.train) == 3 + 4 + 4
    assert encode["validation"][0] not in validation
    assert shuffles["validation"][0] not in validation
    assert len(validation) == 4 + 4 + 6
    assert dataset.dropped["train rows near those that another holds out"] == 5
    assert dataset.dropped["validation rows near those that another holds out"] == 2
    assert all(human_factors.NEAR in fact["split"] for fact in dataset.facts)
