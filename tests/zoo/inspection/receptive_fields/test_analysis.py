from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from keras import layers

from tests.zoo.inspection.receptive_fields.extents import extents
from tests.zoo.inspection.receptive_fields.graphs import graph
from zoo import receptive_field
from zoo.errors import InputError
from zoo.inspection.heads import heads_of

# JAX compiles each operation of each example anew.
EXAMPLES = {"tensorflow": 50, "torch": 50, "jax": 8}[keras.backend.backend()]


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_intervals_are_where_the_gradient_is_not_zero(data: st.DataObject) -> None:
    model = graph(data.draw)
    found = receptive_field(model).outputs[0].intervals
    np.testing.assert_array_equal(found, extents(model))


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_pattern_and_intervals_agree_away_from_the_ends(data: st.DataObject) -> None:
    """start + i * stride to its span, wherever that lies inside the sequence."""
    found = receptive_field(graph(data.draw))
    repeated = False
    for layer in found.layers:
        # Behind it, neighbouring units share a window: there is no single line.
        repeated |= layer.layer in ("UpSampling1D", "Conv1DTranspose")
        if layer.span is None or layer.start is None or layer.stride is None:
            continue
        wide = layer.intervals[:, 1] - layer.intervals[:, 0]
        assert wide.max(initial=0) <= max(layer.span, 0)
        if repeated:
            continue
        for unit, (start, stop) in enumerate(layer.intervals):
            first = layer.start + unit * int(layer.stride)
            if stop > start and first >= 0:
                assert start >= first
                assert stop <= first + layer.span
    start, stop = found.interval
    seen = found.outputs[0].intervals
    seen = seen[seen[:, 1] > seen[:, 0]]
    assert (start, stop) == (
        (seen[:, 0].min(), seen[:, 1].max()) if len(seen) else (0, 0)
    )


stack = st.lists(
    st.tuples(
        st.integers(1, 7),
        st.sampled_from([(1, 1), (1, 2), (1, 4), (2, 1), (3, 1)]),
        st.sampled_from(["valid", "same", "causal"]),
    ),
    min_size=1,
    max_size=6,
)


@given(stack)
def test_a_stack_sees_1_plus_the_sum_of_d_times_k_minus_1(arguments: list) -> None:
    inputs = x = layers.Input((None, 4))
    span, stride = 1, 1
    for size, (strides, rate), padding in arguments:
        x = layers.Conv1D(
            1, size, strides=strides, dilation_rate=rate, padding=padding
        )(x)
        span += (size - 1) * rate * stride
        stride *= strides
    found = receptive_field(keras.Model(inputs, x), 20_000)
    assert found.span == span
    assert found.outputs[0].stride == stride
    assert max(found.outputs[0].intervals @ [-1, 1]) == span


def test_maximum_pooling_sees_what_average_pooling_sees() -> None:
    """Its gradient reaches one position of those: the gradient test has averages."""
    seen = []
    for pooling in (layers.MaxPooling1D, layers.AveragePooling1D):
        inputs = layers.Input((23, 2))
        y = pooling(3, strides=2, padding="same")(inputs)
        seen.append(receptive_field(keras.Model(inputs, y)).outputs[0].intervals)
    np.testing.assert_array_equal(*seen)


def test_a_span_does_not_depend_on_the_length() -> None:
    inputs = layers.Input((None, 4))
    x = layers.Conv1D(2, 9, strides=4, padding="same")(inputs)
    model = keras.Model(inputs, layers.Conv1D(2, 3, dilation_rate=8, padding="same")(x))
    assert {receptive_field(model, n).span for n in (40, 101, 5000)} == {73}


def test_a_gate_sees_the_whole_length_and_keeps_the_local_span() -> None:
    inputs = x = layers.Input((50, 4))
    x = layers.Conv1D(4, 7, padding="same")(x)
    gate = layers.GlobalAveragePooling1D(keepdims=True)(x)
    y = layers.Multiply(name="gated")([x, gate])
    gated = receptive_field(keras.Model(inputs, y)).outputs[0]
    assert (gated.span, gated.local_span, gated.stride, gated.start) == (None, 7, 1, -3)
    assert (gated.intervals == [0, 50]).all()


def test_upsampled_units_share_bases() -> None:
    inputs = layers.Input((8, 4))
    y = layers.UpSampling1D(2)(inputs)
    up = receptive_field(keras.Model(inputs, y)).outputs[0]
    assert up.stride == 0.5 and up.span == 1
    assert up.intervals[:4].tolist() == [[0, 1], [0, 1], [1, 2], [1, 2]]


def test_codes_have_positions() -> None:
    inputs = layers.Input((None,), dtype="uint8", name="codes")
    x = layers.Embedding(5, 3)(inputs)
    model = keras.Model(inputs, layers.Conv1D(2, 5)(x))
    assert receptive_field(model).span == 5


def test_each_input_is_followed_by_itself() -> None:
    sequence = layers.Input((40, 4), name="sequence")
    signals = layers.Input((40, 1), name="signals")
    cell_type = layers.Input((3,), name="cell_type")
    x = layers.Conv1D(2, 11, padding="same")(sequence)
    y = layers.Conv1D(2, 3, padding="same")(signals)
    gate = layers.Reshape((1, 2))(layers.Dense(2, name="gate")(cell_type))
    x = layers.Multiply()([layers.Add()([x, y]), gate])
    model = keras.Model([sequence, signals, cell_type], x)
    found = receptive_field(model)
    assert (found.input, found.span) == ("sequence", 11)
    by_name = {layer.name: layer for layer in found.layers}
    assert by_name["gate"].span == 0
    assert by_name["gate"].interval == (0, 0)
    assert receptive_field(model, input="signals").span == 3


def two_tracks(names: tuple[str, str], channels: tuple[int, int]) -> keras.Model:
    """The first is read by 11 positions and the second by 3; bins of 2 bp."""
    inputs = [
        layers.Input((40, n), name=name)
        for name, n in zip(names, channels, strict=True)
    ]
    read = zip((11, 3), inputs, strict=True)
    x = layers.Add()([layers.Conv1D(2, n, padding="same")(track) for n, track in read])
    return keras.Model(inputs, layers.AveragePooling1D(2, name="bins")(x))


def test_the_dna_is_followed_whatever_its_name() -> None:
    for model, name in (
        (two_tracks(("dna", "open"), (4, 1)), "dna"),
        (two_tracks(("open", "dna"), (1, 4)), "dna"),
        (two_tracks(("open", "sequence"), (4, 4)), "sequence"),
    ):
        assert receptive_field(model).input == name
        (head,) = heads_of(model)
        assert (head.kind, head.bins, head.bin_size) == ("profile", 20, 2)
    with pytest.raises(InputError, match="one, other"):
        receptive_field(two_tracks(("one", "other"), (4, 4)))


def test_several_outputs_are_seen_together() -> None:
    inputs = layers.Input((30, 4), name="sequence")
    left = layers.Cropping1D((2, 20))(inputs)
    right = layers.Cropping1D((20, 5))(inputs)
    found = receptive_field(keras.Model(inputs, [left, right]))
    assert [output.interval for output in found.outputs] == [(2, 10), (20, 25)]
    assert found.interval == (2, 25)


def test_it_prints_a_table() -> None:
    inputs = layers.Input((None, 4))
    x = layers.Conv1D(2, 5, padding="same", name="stem")(inputs)
    x = layers.GlobalMaxPooling1D(name="pool")(x)
    lines = str(receptive_field(keras.Model(inputs, x), 300)).splitlines()
    assert [line.split() for line in lines[1:3]] == [
        ["stem", "5", "1", "-2"],
        ["pool", "all"],
    ]
    assert lines[-1] == "At 300 bp the output sees 0 to 300."


def test_normalisation_over_the_length_sees_all_of_it() -> None:
    inputs = layers.Input((20, 4))
    for axis, span in ((-1, 1), (1, None), ((1, 2), None)):
        model = keras.Model(inputs, layers.LayerNormalization(axis=axis)(inputs))
        assert receptive_field(model).outputs[0].span == span
