from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo.layers import SwapStrands


@st.composite
def pairings(draw: st.DrawFn) -> list[int]:
    """Any involution of up to 6 channels."""
    order = draw(st.permutations(range(draw(st.integers(1, 6)))))
    pairing = list(range(len(order)))
    for one, other in zip(order[::2], order[1::2], strict=False):
        if draw(st.booleans()):
            pairing[one], pairing[other] = other, one
    return pairing


def values(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def run(layer: SwapStrands, *inputs: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(layer(*inputs))


@given(pairings(), st.integers(1, 5), st.sampled_from([None, True, False]))
def test_profiles(pairing: list[int], positions: int, reverse: bool | None) -> None:
    y = values(3, positions, len(pairing))
    layer = SwapStrands(pairing, reverse_positions=reverse)
    swapped = run(layer, y)
    for i in range(positions):
        source = i if reverse is False else positions - 1 - i
        for c, partner in enumerate(pairing):
            np.testing.assert_array_equal(swapped[:, i, c], y[:, source, partner])
    np.testing.assert_array_equal(run(layer, swapped), y)


@given(pairings())
def test_pooled_outputs(pairing: list[int]) -> None:
    y = values(2, len(pairing))
    np.testing.assert_array_equal(run(SwapStrands(pairing), y), y[:, pairing])


def test_positions_without_channels() -> None:
    y = values(2, 7)
    np.testing.assert_array_equal(
        run(SwapStrands(reverse_positions=True), y), y[:, ::-1]
    )
    np.testing.assert_array_equal(run(SwapStrands(), y), y)


def test_only_examples_of_the_mask() -> None:
    y, mask = values(4, 5, 2), np.array([True, False, False, True])
    swapped = run(SwapStrands((1, 0)), y, mask)
    np.testing.assert_array_equal(swapped[mask], y[mask][:, ::-1, ::-1])
    np.testing.assert_array_equal(swapped[~mask], y[~mask])


def test_the_mask_in_a_graph() -> None:
    inputs = keras.layers.Input((5, 2))
    mask = keras.layers.Input((), dtype="bool")
    model = keras.Model([inputs, mask], SwapStrands((1, 0))(inputs, mask))
    again = keras.Model.from_config(model.get_config())
    y, flags = values(3, 5, 2), np.array([True, False, True])
    expected = np.where(flags[:, None, None], y[:, ::-1, ::-1], y)
    received = keras.ops.convert_to_numpy(again([y, flags]))
    np.testing.assert_array_equal(received, expected)


@pytest.mark.parametrize("pairing", [(1, 2, 0), (0, 0), (1,), (0, 2)])
def test_a_pairing_leads_back(pairing: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="taking the partner twice"):
        SwapStrands(pairing)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (SwapStrands((1, 0)), (2, 5, 3)),
        (SwapStrands((1, 0), reverse_positions=True), (3, 2)),
        (SwapStrands(reverse_positions=True), (3,)),
    ],
)
def test_outputs_that_do_not_fit(layer: SwapStrands, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="Received: shape="):
        layer(values(*shape))
