"""Tests of the sequences that are explained: those that `zoo.predict` reads."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

import zoo
from zoo.errors import InputError
from zoo.interpretation.explained import explained


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return zoo.load("rc_dilated_v1")


def random_codes(length: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 4, (3, length)).astype("uint8")


def test_longer_sequences_are_cut_as_in_predict(model: keras.Model) -> None:
    codes = random_codes(140)
    with pytest.warns(UserWarning, match="3 of 3 sequences are longer"):
        found = explained(model, codes)
    assert (found.start, found.codes.shape) == (19, (3, 101))
    np.testing.assert_array_equal(
        zoo.predict(model, found.codes), zoo.predict(model, codes, window=101)
    )


def test_a_window_is_named_or_all_is_explained(model: keras.Model) -> None:
    codes = random_codes(140)
    assert explained(model, codes, 101).start == 19
    with pytest.warns(UserWarning, match="140 bp"):
        assert explained(model, codes, "full").codes.shape == (3, 140)


def test_text_of_any_case_and_one_hot_are_read(model: keras.Model) -> None:
    codes = random_codes(101)
    text = ["".join("acGT"[base] for base in row) for row in codes]
    for given in (text, zoo.dna.one_hot(codes)):
        np.testing.assert_array_equal(explained(model, given).codes, codes)


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        (["ACGT" * 30, "ACGT" * 31], "of one length"),
        (["ACGT"], "at least"),
        ([], "at least one sequence"),
        (np.full((1, 101, 4), 0.25), "hard one-hot"),
    ],
)
def test_others_are_refused(model: keras.Model, sequences: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        explained(model, sequences)


def test_values_along_a_sequence_are_cut_with_it() -> None:
    model = zoo.create("multi_modal")
    signals = np.random.default_rng(1).random((3, 140, 1)).astype("float32")
    found = explained(model, {"sequence": random_codes(140), "signals": signals}, 100)
    np.testing.assert_array_equal(found.inputs["signals"], signals[:, 20:120])
    with pytest.raises(InputError, match="signals"):
        explained(model, random_codes(140))
