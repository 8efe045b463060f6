import keras
import numpy as np
import pytest
from keras import ops

import zoo
from zoo import dna, samples
from zoo.errors import InputError
from zoo.interpretation.motifs import (
    Motif,
    exact_bias,
    gaussian_bias,
    initialize_stem,
    log_odds,
    scan,
    simulate_background,
)
from zoo.interpretation.motifs.filters import fit_to_width
from zoo.interpretation.motifs.first_layer import find_first_layer
from zoo.layers import KmerOneHot, OneHot, RCBatchNormalization, RCConv1D, pairings

ASYMMETRIC = np.array([0.35, 0.25, 0.15, 0.25])
MOTIFS = list(samples.motifs().values())[:5]
# Architectures whose first convolution does not read one-hot bases alone.
NOT_ONE_HOT = {
    "gapped_kmer": "no convolution",
    "kmer": "embedding",
    "multi_modal": "fusion",
    "splice_dilated": "one at a time",
}
# An ensemble has one first convolution a member.
ARCHITECTURES = sorted(
    set(zoo.list_architectures()) - NOT_ONE_HOT.keys() - {"ensemble"}
)


def test_the_stems_of_an_ensemble_are_named_one_by_one():
    model = zoo.create("ensemble")
    with pytest.raises(InputError, match="member_1/stem_conv, member_2/stem_conv"):
        find_first_layer(model)
    first = find_first_layer(model, "member_2/stem_conv")
    assert first.convolution is model.get_layer("member_2").get_layer("stem_conv")


def stem_output(first, codes):
    """Of the convolution and the normalization behind it, in inference mode."""
    outputs = first.convolution(dna.one_hot(codes))
    if first.normalization is not None:
        outputs = first.normalization(outputs, training=False)
    return ops.convert_to_numpy(outputs)


def assert_fires(outputs, scores, threshold):
    """Outputs are positive where scores are above the threshold, and nowhere else."""
    distance = scores - threshold
    clear = np.abs(distance) > 1e-4  # enough for float32
    assert clear.mean() > 0.9
    np.testing.assert_array_equal((outputs > 0)[clear], (distance > 0)[clear])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_stem_of_each_architecture_fires_above_the_threshold(name):
    model = zoo.create(name)
    first = find_first_layer(model)
    before = [ops.convert_to_numpy(w) for w in first.convolution.weights]
    filters = initialize_stem(model, MOTIFS, false_positive_rate=0.01)
    assert [each.motif for each in filters] == MOTIFS
    codes = simulate_background(8, 101, seed=1)
    width = first.kernel_size
    if first.convolution.padding == "same":
        left = (width - 1) // 2
        ends = [(0, 0), (left, width - 1 - left)]
        padded = np.pad(codes, ends, constant_values=dna.UNKNOWN)
    else:
        padded = codes
    outputs = stem_output(first, codes)
    strands = [(padded, 1)]
    if first.partners is not None:
        strands.append((dna.reverse_complement_codes(padded), -1))
    for each in filters:
        fitted = fit_to_width(log_odds(each.motif), width, background=[0.25] * 4)
        assert (each.columns, each.offset) == (fitted.columns, fitted.offset)
        assert each.threshold == -exact_bias(fitted.weights, 0.01)
        for channel, (sequences, step) in zip(
            (each.channel, each.partner), strands, strict=False
        ):
            scores = scan(fitted.weights, sequences)[:, :: step * first.strides]
            assert_fires(outputs[..., channel], scores, each.threshold)
    # All that is not a motif's is as it was.
    count = len(filters)
    for old, new in zip(before, first.convolution.weights, strict=True):
        np.testing.assert_array_equal(
            ops.convert_to_numpy(new)[..., count:], old[..., count:]
        )


@pytest.mark.parametrize("name", NOT_ONE_HOT)
def test_other_stems_are_refused_with_the_reason(name):
    with pytest.raises(
        InputError, match=f"one-hot.*{NOT_ONE_HOT[name]}|{NOT_ONE_HOT[name]}.*one-hot"
    ):
        initialize_stem(zoo.create(name), MOTIFS)


def test_late_fusion_has_a_stem_of_bases():
    model = zoo.create("multi_modal", fusion="late")
    (first, *_) = initialize_stem(model, MOTIFS)
    assert first.channel == 0


def shallow(**options):
    defaults = {"filters": 8, "kernel_size": 15, "units": 0}
    return zoo.create("shallow_wide", **(defaults | options))


def test_weights_are_scaled_log_odds():
    for scale in ("log_odds", "unit_variance"):
        model = shallow()
        filters = initialize_stem(
            model, MOTIFS, scale=scale, background=ASYMMETRIC, pseudocount=0.1
        )
        kernel, bias = model.get_layer("stem_conv").get_weights()
        codes = simulate_background(1000, 200, background=ASYMMETRIC, seed=2)
        for index, each in enumerate(filters):
            filter_weights = log_odds(
                each.motif, background=ASYMMETRIC, pseudocount=0.1
            )
            inside = kernel[each.offset :, :, index][: each.motif.width]
            np.testing.assert_allclose(
                inside, each.scale * filter_weights, rtol=1e-6, atol=1e-6
            )
            assert bias[index] == pytest.approx(-each.scale * each.threshold, rel=1e-6)
            scores = scan(inside, codes)
            if scale == "log_odds":
                assert each.scale == 1
            else:
                assert scores.std() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("method", ["exact", "gaussian"])
def test_an_equivariant_stem_keeps_the_rate_on_both_strands(method):
    model = zoo.create("rc_dilated", stem_filters=12, filters=4)
    filters = initialize_stem(
        model,
        MOTIFS,
        background=ASYMMETRIC,
        threshold=method,
        scale="log_odds",
        false_positive_rate=1e-2,
    )
    make = {"exact": exact_bias, "gaussian": gaussian_bias}[method]
    for each in filters:
        q = ASYMMETRIC
        forward = log_odds(each.motif, background=q)
        biases = [make(w, 1e-2, background=q) for w in (forward, forward[::-1, ::-1])]
        assert biases[0] != biases[1]
        assert each.threshold == pytest.approx(-min(biases))
        assert each.partner == 11 - each.channel


def test_a_normalization_starts_with_the_moments_of_the_background():
    """One batch of background, in training mode, has the threshold that was set."""
    model = zoo.create("hierarchical_dilated", filters=8, stem_kernel_size=15)
    filters = initialize_stem(model, MOTIFS, false_positive_rate=0.01)
    first = find_first_layer(model)
    codes = simulate_background(2000, 100, seed=5)
    inside = ops.convert_to_tensor(
        ops.convert_to_numpy(first.convolution(dna.one_hot(codes)))[:, 7:-7]
    )
    moving = [ops.convert_to_numpy(v) for v in first.normalization.weights[2:]]
    outputs = ops.convert_to_numpy(first.normalization(inside, training=True))
    for each in filters:
        c = each.channel
        values = ops.convert_to_numpy(inside)[..., c]
        assert moving[0][c] == pytest.approx(values.mean(), abs=0.02)
        assert moving[1][c] == pytest.approx(values.var(), rel=0.03)
        assert (outputs[..., c] > 0).mean() == pytest.approx(0.01, rel=0.15)


@pytest.mark.parametrize("normalization", [RCBatchNormalization, "plain"])
def test_normalization_behind_an_equivariant_stem(normalization):
    pairing = pairings.palindromic(14, 2)
    inputs = keras.Input((None, 4))
    x = RCConv1D(14, 13, pairing=pairing, use_bias=False)(inputs)
    if normalization == "plain":
        norm = keras.layers.BatchNormalization(scale=False)
    else:
        norm = normalization(pairing=pairing)
    model = keras.Model(inputs, norm(x))
    palindromes = ops.convert_to_numpy(model.layers[1].palindromic_kernel)
    filters = initialize_stem(model, MOTIFS, background=ASYMMETRIC)
    codes = simulate_background(20, 100, seed=2)
    outputs = ops.convert_to_numpy(model(dna.one_hot(codes), training=False))
    other = dna.reverse_complement_codes(codes)
    for each in filters:
        fitted = fit_to_width(
            log_odds(each.motif, background=ASYMMETRIC), 13, background=ASYMMETRIC
        )
        for channel, sequences, step in (
            (each.channel, codes, 1),
            (each.partner, other, -1),
        ):
            scores = scan(fitted.weights, sequences)[:, ::step]
            assert_fires(outputs[..., channel], scores, each.threshold)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(model.layers[1].palindromic_kernel), palindromes
    )


@pytest.mark.parametrize("trainable", [True, False])
def test_a_frozen_stem_does_not_learn_and_the_rest_does(trainable):
    model = shallow(filters=6)
    initialize_stem(model, MOTIFS, trainable=trainable)
    stem = model.get_layer("stem_conv")
    before, head = stem.get_weights(), model.get_layer("head_logits").get_weights()
    model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy")
    x = dna.one_hot(simulate_background(8, 40))
    model.fit(x, np.arange(8)[:, None] % 2, verbose=0)
    kernel, _ = stem.get_weights()
    assert np.array_equal(before[0], kernel) is not trainable
    after = model.get_layer("head_logits").get_weights()
    assert not np.array_equal(head[0], after[0])


def test_thresholds_can_be_left_out():
    for name in ("shallow_wide", "hierarchical_dilated"):
        model = zoo.create(name)
        first = find_first_layer(model)
        layers = [first.convolution]
        if name == "hierarchical_dilated":
            layers.append(first.normalization)
        before = [layer.get_weights() for layer in layers]
        filters = initialize_stem(model, MOTIFS, false_positive_rate=None)
        assert {each.threshold for each in filters} == {None}
        for old, layer in zip(before, layers, strict=True):
            for one, other in zip(old, layer.get_weights(), strict=True):
                assert np.array_equal(one, other) is (one.ndim < 3)


def sequential(*layers, shape=(None, 4), dtype="float32"):
    return keras.Sequential([keras.Input(shape, dtype=dtype), *layers])


def test_layers_without_weights_may_stand_in_front():
    conv = keras.layers.Conv1D(5, 9)
    model = sequential(OneHot(), conv, shape=(None,), dtype="uint8")
    assert find_first_layer(model).reads_codes
    initialize_stem(model, MOTIFS)
    one_base_kmers = sequential(KmerOneHot(1), keras.layers.Conv1D(5, 9))
    assert len(initialize_stem(one_base_kmers, MOTIFS)) == 5


def two_stems():
    inputs = keras.Input((None, 4))
    names = ("first", "second")
    return keras.Model(
        inputs, [keras.layers.Conv1D(5, 9, name=name)(inputs) for name in names]
    )


def test_one_of_two_stems_is_named():
    model = two_stems()
    with pytest.raises(InputError, match="2 convolutions on one-hot bases"):
        initialize_stem(model, MOTIFS)
    before = model.get_layer("first").get_weights()[0]
    initialize_stem(model, MOTIFS, layer="second")
    np.testing.assert_array_equal(before, model.get_layer("first").get_weights()[0])


Conv1D = keras.layers.Conv1D


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: shallow(filters=4), "1 to 4 motifs.*Received: 5"),
        (lambda: sequential(Conv1D(5, 9, dilation_rate=2)), "dilation_rate=2"),
        (lambda: sequential(Conv1D(6, 9, groups=2)), "groups=2"),
        (lambda: sequential(Conv1D(5, 9, use_bias=False)), "no place for a threshold"),
        (
            lambda: sequential(
                Conv1D(5, 9), keras.layers.BatchNormalization(center=False)
            ),
            r"center is False.*no place for a threshold",
        ),
        (
            lambda: sequential(Conv1D(10, 9), RCBatchNormalization()),
            "ties other channels",
        ),
        (
            lambda: sequential(RCConv1D(10, 9, input_pairing=(1, 0, 3, 2))),
            "input_pairing",
        ),
        (lambda: sequential(Conv1D(5, 9), shape=(None, 5)), r"\(None, 1000, 5\)"),
        (lambda: sequential(keras.layers.Flatten(), shape=(9, 4)), "no Conv1D"),
        (
            lambda: sequential(keras.layers.BatchNormalization(), Conv1D(5, 9)),
            "BatchNormalization",
        ),
    ],
)
def test_what_has_no_place_for_motifs(make, message):
    with pytest.raises(InputError, match=message):
        initialize_stem(make(), MOTIFS)


def test_arguments_are_checked():
    with pytest.raises(InputError, match=r"Received: 'other'\. It has: stem_conv"):
        initialize_stem(shallow(), MOTIFS, layer="other")
    with pytest.raises(InputError, match="Received: 0"):
        initialize_stem(shallow(), [])
    with pytest.raises(InputError, match="differs from the background"):
        initialize_stem(shallow(), [Motif("x", np.ones((3, 4)))])
    with pytest.raises(InputError, match="wider motif"):
        initialize_stem(shallow(), MOTIFS, false_positive_rate=1e-9)
    with pytest.raises(ValueError, match="threshold="):
        initialize_stem(shallow(), MOTIFS, threshold="normal")
    with pytest.raises(ValueError, match="scale="):
        initialize_stem(shallow(), MOTIFS, scale="nats")
