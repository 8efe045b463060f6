from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from tests.zoo.strategies import any_pairing
from zoo.layers import RCConv1D, pairings


def numbers(tensor: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def reference(
    x: np.ndarray, kernel: np.ndarray, stride: int, rate: int, padding: str
) -> np.ndarray:
    """The definition of a convolution in float64, window by window."""
    span = rate * (len(kernel) - 1) + 1
    if padding == "same":
        windows = -(-x.shape[1] // stride)
        side = ((windows - 1) * stride + span - x.shape[1]) / 2
        assert side == int(side) >= 0
        x = np.pad(x, ((0, 0), (int(side), int(side)), (0, 0)))
    else:
        windows = (x.shape[1] - span) // stride + 1
    kernel = kernel.astype("f8")
    y = np.zeros((len(x), windows, kernel.shape[2]))
    for t in range(windows):
        for i, weights in enumerate(kernel):
            y[:, t] += x[:, t * stride + i * rate].astype("f8") @ weights
    return y


@st.composite
def any_layer(draw: st.DrawFn) -> dict[str, Any]:
    """The arguments of a layer, and the shape of an input that suits it."""
    padding = draw(st.sampled_from(["valid", "same"]))
    kernel_size = draw(st.integers(1, 7))
    kernel_size += padding == "same" and kernel_size % 2 == 0
    strides = draw(st.integers(1, 4))
    rate = draw(st.integers(1, 4)) if strides == 1 else 1
    span = rate * (kernel_size - 1) + 1
    if padding == "valid":
        length = span + strides * draw(st.integers(0, 6))
    else:
        # The centre of a window in the middle, and as many to both sides.
        length = 1 + strides * draw(st.integers(0, 12))
    of_output, of_input = (draw(st.none() | any_pairing()) for _ in ("output", "input"))
    channels, filters = (
        2 * draw(st.integers(1, 3)) if pairing is None else len(pairing)
        for pairing in (of_input, of_output)
    )
    return {
        "filters": filters,
        "kernel_size": kernel_size,
        "strides": strides,
        "dilation_rate": rate,
        "padding": padding,
        "pairing": of_output,
        "input_pairing": of_input,
        "shape": (2, length, channels),
        "seed": draw(st.integers(0, 2**16)),
    }


def made(
    drawn: dict[str, Any],
) -> tuple[RCConv1D, np.ndarray]:
    """The layer, with random weights, and its random input."""
    keras.utils.set_random_seed(drawn["seed"])
    arguments = {k: v for k, v in drawn.items() if k not in ("shape", "seed")}
    layer = RCConv1D(**arguments, bias_initializer="normal")
    x = np.random.default_rng(drawn["seed"]).normal(size=drawn["shape"]).astype("f4")
    layer.build(x.shape)
    return layer, x


def partners(pairing: tuple[int, ...] | None, channels: int) -> list[int]:
    return list(range(channels))[::-1] if pairing is None else list(pairing)


@settings(max_examples=15)
@given(drawn=any_layer())
def test_each_filter_is_its_partners_reverse_complement(drawn) -> None:
    layer, x = made(drawn)
    kernel = numbers(layer.tied_kernel())
    p = partners(layer.pairing, layer.filters)
    q = partners(layer.input_pairing, x.shape[2])
    assert kernel.shape == (layer.kernel_size, x.shape[2], layer.filters)
    for o in range(layer.filters):
        for i in range(layer.kernel_size):
            for c in range(x.shape[2]):
                mirror = kernel[layer.kernel_size - 1 - i, q[c], o]
                assert kernel[i, c, p[o]] == mirror


@settings(max_examples=15)
@given(drawn=any_layer())
def test_what_is_learned_is_the_first_of_each_pair_and_half_a_palindrome(drawn) -> None:
    layer, x = made(drawn)
    kernel, p = numbers(layer.tied_kernel()), partners(layer.pairing, layer.filters)
    pairs = [o for o in range(layer.filters) if o < p[o]]
    fixed = [o for o in range(layer.filters) if o == p[o]]
    if pairs:
        np.testing.assert_array_equal(numbers(layer.kernel), kernel[:, :, pairs])
    if fixed:
        free = numbers(layer.palindromic_kernel)[:, 0]
        for values, o in zip(free.T, fixed, strict=True):
            assert set(values) == set(kernel[:, :, o].ravel())
            assert len(set(values)) == len(values)
        # Half, and the entries in the middle that are their own mirror image.
        q = partners(layer.input_pairing, x.shape[2])
        own = sum(c == q[c] for c in range(len(q))) * (layer.kernel_size % 2)
        assert len(free) == (layer.kernel_size * len(q) + own) / 2
    assert (layer.kernel is None, layer.palindromic_kernel is None) == (
        not pairs,
        not fixed,
    )


@settings(max_examples=15)
@given(drawn=any_layer())
def test_it_is_the_convolution_with_the_tied_kernel_in_float64(drawn) -> None:
    layer, x = made(drawn)
    p = partners(layer.pairing, layer.filters)
    orbits = [o for o in range(layer.filters) if o < p[o]]
    orbits += [o for o in range(layer.filters) if o == p[o]]
    bias = np.zeros(layer.filters)
    bias[orbits] = numbers(layer.bias)
    bias[np.array(p)[orbits]] = numbers(layer.bias)
    expected = bias + reference(
        x,
        numbers(layer.tied_kernel()),
        layer.strides,
        layer.dilation_rate,
        layer.padding,
    )
    np.testing.assert_allclose(numbers(layer(x)), expected, rtol=1e-4, atol=1e-5)
    assert layer.compute_output_shape(x.shape) == expected.shape


@settings(max_examples=15)
@given(drawn=any_layer())
def test_it_commutes_with_the_reverse_complement(drawn) -> None:
    layer, x = made(drawn)
    p = partners(layer.pairing, layer.filters)
    q = partners(layer.input_pairing, x.shape[2])
    reverse = numbers(layer(np.ascontiguousarray(x[:, ::-1, q])))
    expected = numbers(layer(x))[:, ::-1, p]
    np.testing.assert_allclose(reverse, expected, rtol=1e-4, atol=1e-5)


@settings(max_examples=30)
@given(
    kernel_size=st.integers(1, 6),
    strides=st.integers(2, 5),
    length=st.integers(1, 40),
    same=st.booleans(),
)
def test_a_length_is_refused_where_the_plain_layer_is_not_symmetric(
    kernel_size, strides, length, same
) -> None:
    """The plain convolution tells which windows there are, the tied one if they fit."""
    kernel_size |= same
    padding = "same" if same else "valid"
    assume(same or length >= kernel_size)
    generator = np.random.default_rng(0)
    x, kernel = (
        generator.normal(size=(1, length, 1)),
        generator.normal(size=kernel_size),
    )
    plain, other = (
        numbers(
            keras.ops.conv(
                np.ascontiguousarray(each, "f4"),
                np.ascontiguousarray(weights[:, None, None], "f4"),
                strides,
                padding,
            )
        )
        for each, weights in ((x, kernel), (x[:, ::-1], kernel[::-1]))
    )
    symmetric = np.allclose(plain, other[:, ::-1], atol=1e-4)
    tied = RCConv1D(2, kernel_size, strides=strides, padding=padding)
    x = np.ones((1, length, 2), "f4")
    if symmetric:
        assert tied(x).shape == tied.compute_output_shape(x.shape)
    else:
        with pytest.raises(ValueError, match=rf"strides={strides}.*length={length}"):
            tied(x)


@pytest.mark.parametrize(
    ("padding", "length", "named"),
    [
        ("valid", 30, "29, 31, 33, or multiples of 2 more"),
        ("valid", None, "5, 7, 9, or multiples of 2 more"),
        ("same", 30, "29, 31, 33, or multiples of 2 more"),
        ("same", None, "5, 7, 9, or multiples of 2 more"),
    ],
)
def test_the_error_names_lengths_that_work(padding, length, named) -> None:
    layer = RCConv1D(4, 5, strides=2, padding=padding)
    with pytest.raises(ValueError, match=named):
        layer(keras.Input((length, 4)))
    for works in (29, 31, 33):
        layer(np.zeros((1, works, 4), "f4"))


def test_an_input_shorter_than_a_window_is_refused() -> None:
    with pytest.raises(ValueError, match=r"spans 9 positions.*length=8"):
        RCConv1D(2, 5, dilation_rate=2)(keras.Input((8, 4)))


def test_a_motif_and_its_reverse_complement_match_on_either_strand() -> None:
    layer = RCConv1D(2, 3, use_bias=False)
    layer.build((None, None, 4))
    one_hot = {base: np.eye(4, dtype="f4")[i] for i, base in enumerate("ACGT")}
    motif = np.stack([one_hot[b] for b in "AAC"])
    layer.kernel.assign(motif[..., None])
    for text, channel in (("AAC", 0), ("GTT", 1)):
        x = np.stack([one_hot[b] for b in text])[None]
        scores = numbers(layer(x))[0, 0]
        assert scores[channel] == 3
        assert scores[1 - channel] < 3


def test_kmer_one_hot_can_be_its_input() -> None:
    layer = RCConv1D(6, 3, input_pairing=pairings.kmers(2), palindromic_filters=2)
    x = np.random.default_rng(0).normal(size=(2, 9, 16)).astype("f4")
    reverse = numbers(layer(x[:, ::-1, list(pairings.kmers(2))]))
    np.testing.assert_allclose(
        reverse, numbers(layer(x))[:, ::-1, [5, 4, 2, 3, 1, 0]], rtol=1e-4, atol=1e-5
    )


def test_half_the_parameters_of_a_plain_convolution() -> None:
    tied, plain = RCConv1D(8, 5), keras.layers.Conv1D(8, 5)
    for layer in (tied, plain):
        layer.build((None, None, 6))
    assert 2 * tied.count_params() == plain.count_params()
    palindromic = RCConv1D(8, 5, palindromic_filters=8, use_bias=False)
    palindromic.build((None, None, 6))
    assert palindromic.count_params() == 8 * 5 * 6 / 2


def test_the_default_keeps_its_addresses_and_shapes() -> None:
    """Released weights are loaded by them."""
    layer = RCConv1D(8, 5, name="stem_conv")
    layer.build((None, None, 4))
    shapes = {weight.path: tuple(weight.shape) for weight in layer.weights}
    assert shapes == {"stem_conv/kernel": (5, 4, 4), "stem_conv/bias": (4,)}
    written = RCConv1D(8, 5, pairing=pairings.reversal(8), name="stem_conv")
    written.build((None, None, 4))
    written.set_weights(layer.get_weights())
    np.testing.assert_array_equal(
        numbers(written.tied_kernel()), numbers(layer.tied_kernel())
    )


def test_new_palindromic_filters_have_the_initial_variance_of_the_others() -> None:
    keras.utils.set_random_seed(0)
    layer = RCConv1D(40, 15, palindromic_filters=20, kernel_initializer="he_normal")
    layer.build((None, None, 64))
    kernel = numbers(layer.tied_kernel())
    paired, palindromic = kernel[..., :10].std(), kernel[..., 10:30].std()
    assert palindromic == pytest.approx(paired, rel=0.05)


def test_regularisers_and_constraints_act_on_what_is_learned() -> None:
    layer = RCConv1D(
        6,
        3,
        palindromic_filters=2,
        bias_initializer="ones",
        kernel_regularizer=keras.regularizers.L2(0.5),
        bias_regularizer=keras.regularizers.L1(0.25),
        kernel_constraint=keras.constraints.MaxNorm(0.1, axis=(0, 1)),
        bias_constraint="non_neg",
    )
    layer.build((None, None, 4))
    learned = [numbers(layer.kernel), numbers(layer.palindromic_kernel)]
    expected = 0.5 * sum((w**2).sum() for w in learned) + 0.25 * 4
    np.testing.assert_allclose(numbers(sum(layer.losses)), expected, rtol=1e-5)
    for variable in (layer.kernel, layer.palindromic_kernel):
        constrained = numbers(variable.constraint(variable))
        norms = np.sqrt((constrained**2).sum(axis=(0, 1)))
        np.testing.assert_allclose(norms, 0.1, rtol=1e-4)
    assert layer.bias.constraint is not None


def test_its_config_is_json_and_holds_the_pairing() -> None:
    layer = RCConv1D(4, 3, palindromic_filters=2, input_pairing=pairings.kmers(1))
    config = layer.get_config()
    assert config["pairing"] == [3, 1, 2, 0]
    assert config["input_pairing"] == [3, 2, 1, 0]
    again = RCConv1D.from_config(config)
    assert again.pairing == layer.pairing == (3, 1, 2, 0)
    assert again.get_config() == config


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": 3, "kernel_size": 3}, "even number of filters"),
        ({"filters": 0, "kernel_size": 3}, "even number of filters"),
        ({"filters": 4, "kernel_size": 4, "padding": "same"}, "odd kernel_size"),
        ({"filters": 4, "kernel_size": 3, "padding": "causal"}, "valid"),
        ({"filters": 4, "kernel_size": 0}, "at least 1"),
        ({"filters": 4, "kernel_size": 3, "strides": 0}, "at least 1"),
        (
            {"filters": 4, "kernel_size": 3, "strides": 2, "dilation_rate": 2},
            "cannot both",
        ),
        ({"filters": 4, "kernel_size": 3, "pairing": (1, 0)}, "Expected 4 channels"),
        ({"filters": 2, "kernel_size": 3, "input_pairing": (1, 1)}, "input_pairing"),
        ({"filters": 4, "kernel_size": 3, "palindromic_filters": 1}, "come in pairs"),
        (
            {
                "filters": 2,
                "kernel_size": 3,
                "palindromic_filters": 2,
                "pairing": (0, 1),
            },
            "one of the two",
        ),
    ],
)
def test_what_breaks_the_symmetry_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RCConv1D(**arguments)


def test_channels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"even, known number.*input_shape"):
        RCConv1D(4, 3)(np.zeros((1, 9, 5), "f4"))
    with pytest.raises(ValueError, match=r"RCConv1D: input_pairing.*Expected 5"):
        RCConv1D(4, 3, input_pairing=(1, 0))(np.zeros((1, 9, 5), "f4"))
