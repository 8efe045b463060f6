"""Batches of several inputs: one stream, whatever is changed at random in it."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from zoo import dna
from zoo.data.examples import CodesInMemory, Examples
from zoo.errors import InputError

N, LENGTH = 11, 12
RANDOM = np.random.default_rng(0)
CODES = RANDOM.integers(0, 5, (N, LENGTH), dtype=np.uint8)
SIGNALS = RANDOM.random((N, LENGTH, 2), np.float32) + 1
CELL = np.arange(N, dtype=np.int32)
READS = RANDOM.random((N, 4, 2), np.float32)
OTHER = {"signals": (1, 0), "targets": (1, 0)}


def examples(targets: np.ndarray | None = READS) -> Examples:
    return Examples(
        CodesInMemory(CODES),
        targets=targets,
        outputs=() if targets is None else ("plus", "minus"),
        inputs={"signals": SIGNALS, "cell": CELL},
    )


def assert_same(one: Any, other: Any) -> None:
    keras.tree.assert_same_structure(one, other)
    pairs = zip(keras.tree.flatten(one), keras.tree.flatten(other), strict=True)
    for a, b in pairs:
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


def test_each_row_has_its_own() -> None:
    batches = examples().batches(4, shuffle=True, sequence="dna")
    seen = []
    for x, y in batches:
        rows = x["cell"]
        assert x["dna"].dtype == np.float32
        np.testing.assert_array_equal(x["dna"], dna.one_hot(CODES[rows]))
        np.testing.assert_array_equal(x["signals"], SIGNALS[rows])
        np.testing.assert_array_equal(y, READS[rows])
        seen += rows.tolist()
    assert sorted(seen) == list(range(N))


def test_rows_are_turned_with_all_that_lies_along_them() -> None:
    kept = examples()
    batches = kept.batches(
        N, encoding="codes", reverse_complement=True, seed=3, pairing=OTHER
    )
    x, y = batches.batch(0, 0)
    turned = (x["sequence"] != CODES).any(axis=1)
    assert 0 < turned.sum() < N
    np.testing.assert_array_equal(
        x["sequence"][turned], dna.reverse_complement_codes(CODES[turned])
    )
    np.testing.assert_array_equal(x["signals"][turned], SIGNALS[turned, ::-1, ::-1])
    np.testing.assert_array_equal(x["signals"][~turned], SIGNALS[~turned])
    np.testing.assert_array_equal(y[turned], READS[turned, ::-1, ::-1])
    np.testing.assert_array_equal(x["cell"], CELL)
    np.testing.assert_array_equal(kept.inputs["signals"], SIGNALS)  # not in place
    # Without a pairing each channel is its own partner.
    x, y = kept.batches(N, encoding="codes", reverse_complement=True, seed=3).batch(
        0, 0
    )
    np.testing.assert_array_equal(x["signals"][turned], SIGNALS[turned, ::-1])
    np.testing.assert_array_equal(y[turned], READS[turned, ::-1])


def test_values_per_base_are_shifted_with_the_sequence() -> None:
    codes = np.where(CODES == 4, 0, CODES).astype(np.uint8)  # no N of its own
    own = Examples(CodesInMemory(codes), inputs={"signals": SIGNALS})
    (x,) = own.batches(N, encoding="codes", max_shift=5, seed=1).batch(0, 0)
    moved = 0
    for row in range(N):
        known = np.flatnonzero(x["sequence"][row] != 4)
        by = [
            shift
            for shift in range(-5, 6)
            if known[0] + shift >= 0
            and known[-1] + shift < LENGTH
            and (x["sequence"][row, known] == codes[row, known + shift]).all()
            and LENGTH - abs(shift) == len(known)
        ]
        assert len(by) == 1
        moved += by[0] != 0
        expected = np.zeros((LENGTH, 2), np.float32)
        expected[known] = SIGNALS[row, known + by[0]]
        np.testing.assert_array_equal(x["signals"][row], expected)
    assert moved


@settings(max_examples=20, deadline=None)
@given(st.booleans(), st.integers(0, 2**32), st.integers(0, 2), st.integers(0, 2))
def test_any_part_of_the_stream_is_bit_identical(
    one_hot: bool, seed: int, epoch: int, step: int
) -> None:
    def made() -> Any:
        return examples().batches(
            4,
            shuffle=True,
            reverse_complement=True,
            encoding="one_hot" if one_hot else "codes",
            seed=seed,
            pairing=OTHER,
            heads={"profile": "values", "counts": "log_total"},
        )

    whole = [made().batch(epoch, s) for s in range(3)]
    rest = list(made().at(epoch, step))
    for one, other in zip(whole[step:], rest, strict=True):
        assert_same(one, other)
    parts = [made().sharded(index, 2).batch(epoch, 0) for index in range(2)]
    joined = keras.tree.map_structure(lambda *x: np.concatenate(x), *parts)
    assert_same(joined, whole[0])


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tf.data")
@pytest.mark.parametrize("encoding", ["one_hot", "codes"])
def test_tensorflow_has_the_same_batches(encoding: str) -> None:
    batches = examples().batches(
        4,
        shuffle=True,
        encoding=encoding,
        reverse_complement=True,
        heads={"profile": "values", "counts": "total"},
    )
    found = list(batches.tensorflow(2).as_numpy_iterator())
    expected = [batches.batch(epoch, step) for epoch in range(2) for step in range(3)]
    for one, other in zip(found, expected, strict=True):
        assert_same(one, other)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sequence": "cell"}, "name the input that is the sequence"),
        ({"pairing": (0, 0)}, "pairing of 'targets'"),
        ({"pairing": {"control": (1, 0)}}, "for 'control'"),
        ({"pairing": {"signals": (2, 1, 0)}}, "for 'signals'"),
    ],
)
def test_refuses_what_does_not_fit(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        examples().batches(4, **arguments)


def test_an_input_is_not_taken_for_the_targets() -> None:
    one = dataclasses.replace(examples(), inputs={"targets": SIGNALS})
    x, y = one.batches(N, reverse_complement=True, seed=3).batch(0, 0)
    assert x["targets"].shape == SIGNALS.shape and y.shape == READS.shape
    with pytest.raises(InputError, match="no input that is called 'targets'"):
        one.batches(N, reverse_complement=True, pairing=(1, 0))
