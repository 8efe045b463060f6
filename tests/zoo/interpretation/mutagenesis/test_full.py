"""Tests of substitutions computed in full, against one prediction at a time."""

from __future__ import annotations

import itertools
from typing import Any

import keras
import numpy as np
import pytest

import zoo
from zoo.interpretation.mutagenesis.full import FullSubstitutions
from zoo.interpretation.targets import targets_of


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return zoo.create("shallow_wide", num_outputs=2, filters=4, kernel_size=5)


def one_by_one(model: Any, codes: np.ndarray, start: int, stop: int) -> np.ndarray:
    values = np.empty((len(codes), stop - start, 4, 2), "float32")
    for row, place, base in itertools.product(
        range(len(codes)), range(start, stop), range(4)
    ):
        changed = codes[row].copy()
        changed[place] = base
        values[row, place - start, base] = zoo.predict(model, changed[None])[0]
    return values


@pytest.mark.parametrize("batch_size", [3, 256])
def test_each_base_in_each_place(model: keras.Model, batch_size: int) -> None:
    codes = np.random.default_rng(0).integers(0, 5, (2, 30)).astype("uint8")
    substitutions = FullSubstitutions(model, targets_of(model), batch_size)
    values = substitutions(codes, 3, 9)
    assert values.dtype == np.float32
    expected = one_by_one(model, codes, 3, 9)
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-6)
    assert substitutions(codes).shape == (2, 30, 4, 2)


def test_the_own_base_is_the_sequence_and_n_has_none(model: keras.Model) -> None:
    codes = np.tile(np.array([0, 1, 2, 3, 4], "uint8"), 6)[None]
    substitutions = FullSubstitutions(model, targets_of(model))
    (values,), (reference,) = substitutions(codes), substitutions.values(codes)
    known = np.flatnonzero(codes[0] < 4)
    own = values[known, codes[0, known]]
    np.testing.assert_array_equal(own, np.broadcast_to(reference, own.shape))
    assert (values[codes[0] == 4] != reference).any(axis=(1, 2)).all()


def test_other_inputs_stay_with_their_sequence() -> None:
    sequence, height = keras.Input((6, 4), name="sequence"), keras.Input((1,), name="h")
    flat = keras.layers.Flatten()(sequence)
    made = keras.Model([sequence, height], keras.layers.Dense(1)(flat) * height)
    codes = np.array([[0, 1, 2, 3, 0, 1]] * 2, "uint8")
    heights = np.array([[1.0], [2.0]], "float32")
    values = FullSubstitutions(made, targets_of(made))(codes, inputs={"h": heights})
    np.testing.assert_allclose(values[1], 2 * values[0], rtol=1e-5)
