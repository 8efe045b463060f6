from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.layers import RCConv1D


def reference(
    x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, rate: int
) -> np.ndarray:
    """The definition, float64, "valid": partner by partner, base by base."""
    x, kernel = x.astype("f8"), kernel.astype("f8")
    size, channels, half = kernel.shape
    length = x.shape[1] - rate * (size - 1)
    y = np.zeros((len(x), length, 2 * half))
    for o in range(half):
        for i in range(size):
            window = x[:, i * rate : i * rate + length]
            for c in range(channels):
                y[..., o] += window[..., c] * kernel[i, c, o]
                y[..., 2 * half - 1 - o] += (
                    window[..., c] * kernel[size - 1 - i, channels - 1 - c, o]
                )
        y[..., [o, 2 * half - 1 - o]] += bias[o]
    return y


shapes = st.fixed_dictionaries(
    {
        "half": st.integers(1, 4),
        "kernel_size": st.integers(1, 6),
        "dilation_rate": st.integers(1, 4),
        "pairs": st.integers(1, 4),
        "extra": st.integers(1, 20),
        "seed": st.integers(0, 2**16),
    }
)


def build(half, kernel_size, dilation_rate, pairs, extra, seed, padding="valid"):
    keras.utils.set_random_seed(seed)
    layer = RCConv1D(
        2 * half,
        kernel_size,
        dilation_rate=dilation_rate,
        padding=padding,
        bias_initializer="normal",
    )
    length = dilation_rate * (kernel_size - 1) + extra
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(2, length, 2 * pairs)).astype("float32")
    return layer, x, np.asarray(keras.ops.convert_to_numpy(layer(x)))


@settings(deadline=None, max_examples=25)
@given(shape=shapes)
def test_it_is_the_definition_in_float64(shape: dict) -> None:
    layer, x, y = build(**shape)
    kernel, bias = (keras.ops.convert_to_numpy(w) for w in layer.weights)
    np.testing.assert_allclose(
        y, reference(x, kernel, bias, shape["dilation_rate"]), rtol=1e-4, atol=1e-4
    )


@settings(deadline=None, max_examples=25)
@given(shape=shapes, same=st.booleans())
def test_it_commutes_with_the_reverse_complement(shape: dict, same: bool) -> None:
    if same:
        shape = shape | {"kernel_size": shape["kernel_size"] | 1}
    layer, x, y = build(**shape, padding="same" if same else "valid")
    reverse = keras.ops.convert_to_numpy(layer(x[:, ::-1, ::-1].copy()))
    np.testing.assert_allclose(reverse[:, ::-1, ::-1], y, rtol=1e-4, atol=1e-4)


def test_a_motif_and_its_reverse_complement_match_on_either_strand() -> None:
    layer = RCConv1D(2, 3, use_bias=False)
    layer.build((None, None, 4))
    one_hot = {base: np.eye(4, dtype="f4")[i] for i, base in enumerate("ACGT")}
    motif = np.stack([one_hot[b] for b in "AAC"])
    layer.kernel.assign(motif[..., None])
    for text, channel in (("AAC", 0), ("GTT", 1)):
        x = np.stack([one_hot[b] for b in text])[None]
        scores = keras.ops.convert_to_numpy(layer(x))[0, 0]
        assert scores[channel] == 3
        assert scores[1 - channel] < 3


def test_half_the_parameters_of_a_plain_convolution() -> None:
    tied, plain = RCConv1D(8, 5), keras.layers.Conv1D(8, 5)
    for layer in (tied, plain):
        layer.build((None, None, 6))
    assert 2 * tied.count_params() == plain.count_params()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 3, "kernel_size": 3}, "even number of filters"),
        ({"filters": 0, "kernel_size": 3}, "even number of filters"),
        ({"filters": 4, "kernel_size": 4, "padding": "same"}, "odd kernel_size"),
        ({"filters": 4, "kernel_size": 3, "padding": "causal"}, "valid"),
    ],
)
def test_what_breaks_the_symmetry_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RCConv1D(**arguments)


def test_odd_channels_are_refused() -> None:
    with pytest.raises(ValueError, match=r"even, known number.*input_shape"):
        RCConv1D(4, 3)(np.zeros((1, 9, 5), "f4"))
