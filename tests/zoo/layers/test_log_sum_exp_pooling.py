from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from zoo.layers import LogSumExpPooling

special = pytest.importorskip("scipy.special")

# Few lengths: JAX compiles anew for each.
scores = st.sampled_from([1, 2, 12]).flatmap(
    lambda length: arrays(
        np.float32, (2, length, 3), elements=st.floats(-1e4, 1e4, width=32)
    )
)


def pooled(x: np.ndarray, *, mask: Any = None, **arguments: Any) -> np.ndarray:
    y = LogSumExpPooling(**arguments)(keras.ops.convert_to_tensor(x), mask=mask)
    return keras.ops.convert_to_numpy(keras.ops.cast(y, "float32"))


def expected(
    x: np.ndarray, temperature: float, background: float | None, mean: bool
) -> np.ndarray:
    """The equation in float64, with SciPy's logsumexp."""
    z = (x.astype("f8") + (background or 0.0)) / temperature
    y = special.logsumexp(z, axis=1, b=1 / x.shape[1] if mean else 1)
    if background is not None:
        y = special.logsumexp(np.stack([np.zeros_like(y), y]), axis=0)
    return temperature * y


@settings(max_examples=60)
@given(
    scores,
    st.sampled_from([0.01, 0.5, 1.0, 3.0, 100.0]),
    st.sampled_from([None, -1e4, -2.0, 0.0, 5.0]),
    st.booleans(),
)
def test_it_is_the_equation_up_to_scores_of_1e4(
    x: np.ndarray, temperature: float, background: float | None, mean: bool
) -> None:
    received = pooled(
        x,
        temperature=temperature,
        background=background,
        reduction="mean" if mean else "sum",
    )
    wanted = expected(x, temperature, background, mean)
    # float32 keeps 7 digits of the score with its background, here up to 2e4; the
    # result loses temperature * ln(length) of them.
    np.testing.assert_allclose(received, wanted, rtol=2e-6, atol=5e-3)


@given(scores)
def test_a_low_temperature_gives_the_maximum(x: np.ndarray) -> None:
    low = pooled(x, temperature=1e-3)
    assert (low >= x.max(axis=1) - 1e-2).all()
    np.testing.assert_allclose(low, x.max(axis=1), rtol=1e-6, atol=1e-2)


def test_a_high_temperature_gives_the_mean_and_the_length() -> None:
    x = np.random.default_rng(0).normal(size=(3, 50, 4)).astype("f4")
    hot = {"temperature": 1e3}
    np.testing.assert_allclose(
        pooled(x, **hot), x.mean(axis=1) + 1e3 * np.log(50), rtol=1e-5
    )
    received = pooled(x, reduction="mean", **hot)
    # The next term of the expansion is var(x) / (2 T); rounding is eps * T ln(50).
    np.testing.assert_allclose(received, x.mean(axis=1), atol=3e-3)


@given(scores)
def test_it_lies_between_the_maximum_and_it_plus_ln_length(x: np.ndarray) -> None:
    received, largest = pooled(x), x.max(axis=1)
    slack = 1e-6 * np.abs(largest) + 1e-5
    assert (received >= largest - slack).all()
    assert (received <= largest + np.log(x.shape[1]) + slack).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_neither_overflows_nor_vanishes(dtype: str) -> None:
    # exp(12) and a sum of 70,000 ones are beyond float16's 65,504.
    for x in (np.full((1, 70_000, 1), 12.0), np.full((1, 3, 1), -1e4), [[[1e4]]]):
        x = np.asarray(x, "f4")
        x = keras.ops.cast(keras.ops.convert_to_tensor(x), dtype)
        y = LogSumExpPooling(dtype=f"mixed_{dtype}")(x)
        assert keras.backend.standardize_dtype(y.dtype) == dtype
        exact = special.logsumexp(
            keras.ops.convert_to_numpy(keras.ops.cast(x, "float32")).astype("f8"), 1
        )
        received = keras.ops.convert_to_numpy(keras.ops.cast(y, "float32"))
        np.testing.assert_allclose(received, exact, rtol=2**-8)


def test_masked_positions_do_not_count() -> None:
    x = np.random.default_rng(1).normal(size=(3, 9, 2)).astype("f4")
    mask = np.arange(9) < np.array([[9], [5], [1]])
    for arguments in ({}, {"reduction": "mean"}, {"background": 0.5}):
        received = pooled(x, mask=keras.ops.convert_to_tensor(mask), **arguments)
        for row, kept in zip(range(3), (9, 5, 1), strict=True):
            alone = pooled(x[row : row + 1, :kept], **arguments)
            np.testing.assert_allclose(received[row], alone[0], rtol=1e-5)


def test_with_a_background_it_is_the_occupancy() -> None:
    """1 - exp(-y) is the share of the bound states, from the states themselves."""
    x = np.random.default_rng(2).normal(0, 2, (4, 6, 1)).astype("f4")
    y = pooled(x, background=-1.5)
    bound = np.exp(x.astype("f8") - 1.5).sum(axis=1)
    np.testing.assert_allclose(1 - np.exp(-y), bound / (1 + bound), rtol=1e-5)


def test_the_mean_of_exponentials_is_the_best_detector() -> None:
    """Against the exact likelihood ratio of a motif at one unknown position."""
    generator = np.random.default_rng(3)
    log_odds = np.log(np.array([[0.7, 0.1, 0.1, 0.1]] * 4) / 0.25)
    codes = generator.integers(0, 4, (8, 20))
    windows = np.lib.stride_tricks.sliding_window_view(codes, 4, axis=1)
    score = log_odds[np.arange(4), windows].sum(axis=-1).astype("f4")
    background = 0.25**20
    with_motif = np.mean(
        [
            np.prod(0.25 * np.exp(log_odds[np.arange(4), windows[:, i]]), axis=-1)
            * 0.25**16
            for i in range(17)
        ],
        axis=0,
    )
    received = pooled(score[..., None], reduction="mean")[:, 0]
    np.testing.assert_allclose(received, np.log(with_motif / background), atol=1e-5)


def test_temperature_and_background_are_learned_per_channel() -> None:
    layer = LogSumExpPooling(
        temperature=2.0, background=-1.0, learn_temperature=True, learn_background=True
    )
    layer.build((None, None, 3))
    shapes = {w.path.rpartition("/")[2]: w.shape for w in layer.trainable_weights}
    assert shapes == {"log_temperature": (3,), "background": (3,)}
    x = np.random.default_rng(4).normal(size=(2, 5, 3)).astype("f4")
    received = keras.ops.convert_to_numpy(layer(x))
    np.testing.assert_allclose(received, expected(x, 2.0, -1.0, False), rtol=1e-5)
    layer.set_weights([np.log([0.5, 1.0, 2.0]), np.array([0.0, 1.0, -3.0])])
    received = keras.ops.convert_to_numpy(layer(x))
    for channel, (t, beta) in enumerate([(0.5, 0.0), (1.0, 1.0), (2.0, -3.0)]):
        np.testing.assert_allclose(
            received[:, channel], expected(x[..., channel], t, beta, False), rtol=1e-5
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"temperature": 0.0}, "above 0"),
        ({"temperature": float("nan")}, "above 0"),
        ({"reduction": "max"}, "Expected reduction to be one of"),
        ({"learn_background": True}, "needs a background"),
    ],
)
def test_what_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LogSumExpPooling(**arguments)
