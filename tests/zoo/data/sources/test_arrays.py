"""Examples from what is in memory, in every form that sequences have."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from zoo import dna
from zoo.data import Genome, Intervals, from_arrays
from zoo.errors import InputError

TEXTS = ["ACGTN", "GGGTA", "NNACT"]
CODES = dna.encode_batch(TEXTS)


@pytest.mark.parametrize(
    "form",
    [TEXTS, CODES, dna.one_hot(CODES), pd.Series(TEXTS, index=[7, 8, 9])],
    ids=["strings", "codes", "one_hot", "series"],
)
def test_every_form_gives_the_same_codes(form):
    examples = from_arrays(form, [0, 1, np.nan])
    np.testing.assert_array_equal(examples.codes(), CODES)
    assert examples.targets.dtype == np.float32
    np.testing.assert_array_equal(examples.targets, [[0], [1], [np.nan]])
    assert examples.outputs == ("label",)


def test_columns_go_with_their_rows():
    places = Intervals(["1", "1", "2"], [0, 9, 4], [5, 14, 9], ["+", "-", "."])
    frame = pd.DataFrame({"liver": [1.0, 2, 3], "brain": [0.0, 1, 1]})
    examples = from_arrays(
        TEXTS,
        frame,
        names=["a", "b", "c"],
        intervals=places,
        sample_weight=[1, 2, 3],
        inputs={"age": [[7], [8], [9]]},
        columns={"split": ["train", "test", "train"]},
        source="mine",
    ).subset([2, 0])
    assert examples.outputs == ("liver", "brain")
    np.testing.assert_array_equal(examples.targets, [[3, 1], [1, 0]])
    assert examples.names.tolist() == ["c", "a"]
    assert examples.intervals.chrom.tolist() == ["2", "1"]
    assert examples.sample_weight.tolist() == [3, 1]
    assert examples.inputs["age"].tolist() == [[9], [7]]
    assert examples.columns["split"].tolist() == ["train", "train"]
    assert examples.source == "mine"


def test_several_outputs_have_names():
    assert from_arrays(TEXTS).outputs == ()
    assert from_arrays(TEXTS, np.zeros((3, 2))).outputs == ("output_1", "output_2")
    profile = from_arrays(TEXTS, np.zeros((3, 4, 1)), outputs="counts")
    assert (profile.targets.shape, profile.outputs) == ((3, 4, 1), ("counts",))


def test_sequences_of_a_genome_stay_in_it(tmp_path):
    (tmp_path / "g.fa").write_text(">1\nACGTACGTAC\n")
    places = Intervals(["1"], [2], [6], ["-"])
    sequences, _ = Genome(tmp_path / "g.fa").sequences(places, 4)
    examples = from_arrays(sequences, [1], intervals=places)
    assert examples.sequences is sequences
    assert dna.decode(examples.codes()[0]) == dna.reverse_complement("GTAC")


@pytest.mark.parametrize(
    ("sequences", "options", "says"),
    [
        (["ACGT", "AC"], {}, "one length"),
        (["ACXT"], {}, "'X' at position 3"),
        (TEXTS, {"targets": [1, 2]}, "3 rows in every column"),
        (TEXTS, {"targets": np.zeros((3, 2)), "outputs": "a"}, "name for each of 2"),
        (TEXTS, {"targets": 1}, "'targets': 1"),
        (TEXTS, {"outputs": "a"}, "Expected targets"),
        (TEXTS, {"intervals": pd.DataFrame({"chrom": [1, 2, 3]})}, "Intervals"),
        (TEXTS, {"names": ["a"]}, "'names': 1"),
        (
            TEXTS,
            {"targets": [1, 2, 3], "inputs": {"targets": [1]}},
            r"inputs\['targets'\]\": 1",
        ),
        (
            TEXTS,
            {"inputs": {"cell": [1]}, "columns": {"cell": ["a", "b", "c"]}},
            r"inputs\['cell'\]\": 1",
        ),
    ],
)
def test_what_does_not_fit_is_said(sequences, options, says):
    with pytest.raises(InputError, match=says):
        from_arrays(sequences, **options)
