"""Tests of what is written of designs."""

from __future__ import annotations

import csv
import io
import re

import numpy as np
import pytest

from tests.made import stream
from zoo.data.fasta import read_fasta
from zoo.dna import decode, encode_batch
from zoo.errors import InputError
from zoo.interpretation import Designs
from zoo.interpretation.sequence_design import DesignEdit


@pytest.fixture
def designs() -> Designs:
    starts = encode_batch(["A" * 70, "C" * 70])
    codes = starts.copy()
    codes[0, 65] = 2
    values = np.array([[1.5, 2.0], [0.25, 0.0]], "float32")
    return Designs(
        codes,
        starts,
        ("tf_1", "tf_2"),
        values,
        values - 1,
        values[:, 0].astype(float),
        values[:, 0].astype(float) - 1,
        ((DesignEdit(1, 65, "A", "G", 1.5),), ()),
    )


def test_fasta(designs: Designs) -> None:
    records = list(read_fasta(stream(designs.fasta(["one", "two"]))))
    assert [decode(record.codes) for record in records] == designs.sequences
    assert [record.name for record in records] == ["one", "two"]
    assert records[0].description == "edits=1 tf_1=0.5->1.5 tf_2=1->2"


def test_history(designs: Designs) -> None:
    rows = list(csv.DictReader(io.StringIO(designs.history()), delimiter="\t"))
    expected = {"name": "design_1", "step": "1", "position": "65"}
    expected |= {"from": "A", "to": "G", "score": "1.5"}
    assert rows == [expected]


def test_names_are_as_many(designs: Designs) -> None:
    with pytest.raises(InputError, match="Expected 2 names"):
        designs.fasta(["one"])


def test_a_prompt_says_what_became_of_them(designs: Designs) -> None:
    assert repr(designs) == (
        "Designs(2 sequences of 70 bp, mean score -0.125 -> 0.875 by 0.5 edits, "
        "targets tf_1, tf_2)"
    )
    assert re.fullmatch("[ACGT]{70}", designs.sequences[0])
