import keras
import numpy as np
import pytest
from keras import ops

import zoo
from zoo import dna, samples
from zoo.errors import InputError
from zoo.interpretation.motifs import (
    activating_sites,
    filters_to_motifs,
    initialize_stem,
    simulate_background,
)
from zoo.layers import OneHot, RCConv1D


def random_codes(seed=0, count=12, length=60):
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, 4, (count, length), dtype=np.uint8)
    codes[generator.random(codes.shape) < 0.01] = dna.UNKNOWN
    return codes


def windows_by_hand(kernel, bias, codes, *, strides, dilation_rate, left, share):
    """Counts (width, 4, filters): loops over sequences, windows and filters."""
    width, _, filters = kernel.shape
    extent = dilation_rate * (width - 1) + 1
    found = []
    for row in codes:
        for start in range(-left, len(row) - extent + 1, strides):
            word = row[max(start, 0) : start + extent][::dilation_rate]
            if start < 0 or dna.UNKNOWN in word:
                continue
            score = sum(kernel[i, b] for i, b in enumerate(word)) + bias
            found.append((word, np.maximum(score, 0)))
    highest = np.max([score for _, score in found], axis=0)
    counts = np.zeros(kernel.shape)
    for word, score in found:
        for o in range(filters):
            if score[o] > share * highest[o]:
                counts[np.arange(width), word, o] += 1
    return counts


@pytest.mark.parametrize("share", [0, 0.5, 0.9])
@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({}, 0),
        ({"padding": "same"}, 3),
        ({"padding": "causal"}, 7),
        ({"strides": 3}, 0),
        ({"dilation_rate": 2}, 0),
        ({"padding": "same", "strides": 2}, 3),  # 60 bp, windows of 8: 6 bp in all
        ({"padding": "causal", "dilation_rate": 2}, 14),
    ],
)
def test_counts_are_those_of_a_loop(options, left, share, monkeypatch):
    monkeypatch.setattr(activating_sites, "_MAX_VALUES", 10_000)  # several batches
    keras.utils.set_random_seed(1)
    layer = keras.layers.Conv1D(7, 8, activation="relu", name="conv", **options)
    model = keras.Sequential([keras.Input((None, 4)), layer])
    layer.bias.assign(np.linspace(-0.5, 0.5, 7))
    kernel, bias = (w.astype("f8") for w in layer.get_weights())
    codes = random_codes()
    expected = windows_by_hand(
        kernel,
        bias,
        codes,
        strides=options.get("strides", 1),
        dilation_rate=options.get("dilation_rate", 1),
        left=left,
        share=share,
    )
    found = filters_to_motifs(model, codes, share_of_maximum=share)
    assert [motif.name for motif in found.values()] == [f"conv_{o}" for o in range(7)]
    for channel, motif in found.items():
        np.testing.assert_array_equal(motif.counts, expected[..., channel])
    frequencies = np.array([(codes == base).sum() + 1 for base in range(4)])
    np.testing.assert_allclose(
        found[0].background, frequencies / frequencies.sum(), rtol=1e-12
    )


def test_two_strands_of_a_filter_are_one_motif():
    keras.utils.set_random_seed(1)
    layer = RCConv1D(8, 7, padding="same", name="conv")
    model = keras.Sequential([keras.Input((None, 4)), layer])
    kernel = ops.convert_to_numpy(layer.kernel).astype("f8")
    codes = random_codes(2)
    both = np.concatenate([codes, dna.reverse_complement_codes(codes)])
    # Both strands of each sequence through a plain convolution with the learned half.
    expected = windows_by_hand(
        kernel, np.zeros(4), both, strides=1, dilation_rate=1, left=3, share=0.5
    )
    found = filters_to_motifs(model, codes)
    assert list(found) == [0, 1, 2, 3]
    for channel, motif in found.items():
        np.testing.assert_array_equal(motif.counts, expected[..., channel])


def test_a_palindromic_filter_is_counted_once():
    layer = RCConv1D(3, 5, palindromic_filters=1, name="conv")
    model = keras.Sequential([keras.Input((None, 4)), layer])
    kernel = ops.convert_to_numpy(layer.tied_kernel()).astype("f8")
    codes = random_codes(3)
    expected = windows_by_hand(
        kernel, np.zeros(3), codes, strides=1, dilation_rate=1, left=0, share=0.5
    )
    found = filters_to_motifs(model, codes)
    assert list(found) == [0, 1]
    np.testing.assert_array_equal(found[1].counts, expected[..., 1])


@pytest.mark.parametrize("name", ["shallow_wide", "hierarchical_dilated", "rc_dilated"])
def test_the_motif_that_a_filter_was_made_of_comes_back(name):
    """Sites drawn from a motif, hidden in background; filters on a threshold."""
    motif = samples.motifs()["CEBPA"]
    generator = np.random.default_rng(4)
    codes = simulate_background(2000, 60, seed=4)
    sites = [generator.choice(4, 2000, p=column) for column in motif.probabilities]
    at = generator.integers(0, 50, 2000)[:, None] + np.arange(10)
    codes[np.arange(2000)[:, None], at] = np.transpose(sites)
    model = zoo.create(name)
    initialize_stem(model, [motif], false_positive_rate=1e-4)
    found = filters_to_motifs(model, codes, share_of_maximum=0)[0]
    start = (found.width - 10) // 2
    inside, outside = np.split(found.probabilities[start:], [10])
    # The weakest sites are missing, so columns are a little sharper than the motif's.
    np.testing.assert_allclose(inside, motif.probabilities, atol=0.08)
    np.testing.assert_allclose(outside, 0.25, atol=0.06)
    assert found.num_sites > 1000


def test_the_normalization_behind_the_convolution_counts():
    """A filter that fires on all windows by its own output, on few behind it."""
    inputs = keras.Input((None, 4))
    x = keras.layers.Conv1D(1, 3, kernel_initializer="ones", name="conv")(inputs)
    norm = keras.layers.BatchNormalization(name="norm")
    x = keras.layers.ReLU()(norm(x))
    model = keras.Model(inputs, x)
    assert filters_to_motifs(model, random_codes())[0].num_sites > 600
    norm.beta.assign([-3.5])  # below 0 for the sum of three bases, 3
    assert filters_to_motifs(model, random_codes()) == {}


def test_the_model_is_left_as_it_was():
    model = zoo.create("shallow_wide", filters=4)
    stem = model.get_layer("stem_conv")
    output = stem.output
    before = stem.get_weights()
    filters_to_motifs(model, random_codes())
    assert stem.output is output
    for one, other in zip(before, stem.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_codes_strings_and_models_of_codes_agree():
    conv = keras.layers.Conv1D(3, 5, name="conv")
    bases = keras.Sequential([keras.Input((None, 4)), conv])
    codes = random_codes(6)
    strings = [dna.decode(row) for row in codes]
    expected = filters_to_motifs(bases, codes)
    model = keras.Sequential([keras.Input((None,), dtype="uint8"), OneHot(), conv])
    for found in (
        filters_to_motifs(bases, iter(strings)),
        filters_to_motifs(model, codes),
    ):
        assert list(found) == list(expected)
        for channel, motif in found.items():
            np.testing.assert_array_equal(motif.counts, expected[channel].counts)


def test_what_is_refused():
    model = zoo.create("shallow_wide", filters=4, kernel_size=15)
    for share in (-0.1, 1, float("nan")):
        with pytest.raises(InputError, match="share"):
            filters_to_motifs(model, random_codes(), share_of_maximum=share)
    with pytest.raises(InputError, match="at least 15 bp"):
        filters_to_motifs(model, random_codes(length=14))
    with pytest.raises(InputError, match="at least one sequence"):
        filters_to_motifs(model, [])
    with pytest.raises(InputError, match="One sequence goes in a list"):
        filters_to_motifs(model, random_codes()[0])
    with pytest.raises(InputError, match="one-hot"):
        filters_to_motifs(zoo.create("kmer"), random_codes())
