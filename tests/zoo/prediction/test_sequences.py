import gc
import weakref

import keras
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from keras import layers

import zoo.prediction.forward
import zoo.prediction.sequences
from zoo.data.record import Record
from zoo.dna import decode, encode, one_hot
from zoo.errors import InputError
from zoo.prediction.sequences import predict, predict_records

WIDTH, FILTERS, OUTPUTS = 3, 5, 2


def small(length=None, *, profile=False, extra=()):
    """Convolution, ReLU, mean over the length (or bins of 2 bp), dense."""
    inputs = keras.Input((length, 4))
    x = layers.Conv1D(FILTERS, WIDTH, padding="valid", activation="relu")(inputs)
    for layer in extra:
        x = layer(x)
    pool = layers.AveragePooling1D(2) if profile else layers.GlobalAveragePooling1D()
    return keras.Model(inputs, layers.Dense(OUTPUTS, name="out")(pool(x)), name="tiny")


def by_hand(model, text, *, profile=False):
    """The same in float64 NumPy, from the definition of each layer."""
    kernel, bias, weights, offsets = (np.float64(w) for w in model.get_weights())
    x = np.array([[base == c for c in "ACGT"] for base in text.upper()], float)
    windows = np.stack([x[i : i + WIDTH] for i in range(len(x) - WIDTH + 1)])
    hidden = np.maximum(np.einsum("nwc,wcf->nf", windows, kernel) + bias, 0)
    if not profile:
        return hidden.mean(axis=0) @ weights + offsets
    bins = hidden[: len(hidden) // 2 * 2].reshape(-1, 2, FILTERS).mean(axis=1)
    return bins @ weights + offsets


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return small()


def random_text(length, seed=0):
    codes = np.random.default_rng([length, seed]).integers(0, 5, length)
    return decode(codes.astype(np.uint8))


@settings(deadline=None, max_examples=25)
@given(
    lengths=st.lists(st.integers(WIDTH, 12), min_size=1, max_size=12),
    batch_size=st.integers(1, 5),
)
def test_strings_of_any_lengths_in_order(model, lengths, batch_size):
    texts = [random_text(length, i) for i, length in enumerate(lengths)]
    expected = np.stack([by_hand(model, text) for text in texts])
    result = predict(model, texts, batch_size=batch_size)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_all_forms_of_input_agree(model):
    texts = [random_text(20, i) for i in range(7)]
    codes = np.stack([encode(text) for text in texts])
    expected = np.stack([by_hand(model, text) for text in texts])
    one = one_hot(codes)
    for form in (
        texts,
        tuple(texts),
        [text.lower().encode() for text in texts],
        np.array(texts),
        np.array(texts, object),
        codes,
        codes.astype(np.int64),
        codes.tolist(),
        one,
        one.astype(bool),
        one.astype(np.float64),
        one[::-1][::-1],
        keras.ops.convert_to_tensor(one),
    ):
        result = predict(model, form, batch_size=3)
        np.testing.assert_allclose(result, expected, atol=1e-5)
        assert result.flags.writeable


def test_soft_one_hot_is_taken_as_it_is(model):
    first, second = one_hot(encode("ACGTACGT")), one_hot(encode("TTTTTTTT"))
    mixed = (first + second)[None] / 2
    expected = keras.ops.convert_to_numpy(model(mixed))
    np.testing.assert_allclose(predict(model, mixed), expected, atol=1e-6)


def test_profiles_keep_their_bins():
    profile = small(profile=True)
    texts = [random_text(21, i) for i in range(5)]
    expected = np.stack([by_hand(profile, text, profile=True) for text in texts])
    assert expected.shape == (5, 9, OUTPUTS)
    np.testing.assert_allclose(
        predict(profile, texts, batch_size=2), expected, atol=1e-5
    )
    shares = np.exp(expected) / np.exp(expected).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        predict(profile, texts, activation="softmax_over_bins"), shares, atol=1e-6
    )
    with pytest.raises(InputError, match="it has no bins"):
        predict(small(), texts, activation="softmax_over_bins")
    with pytest.raises(InputError, match="Predict each length by itself"):
        predict(profile, ["ACGTACGT", "ACGTACGTACGT"])


@pytest.mark.parametrize("name", ["sigmoid", "softmax", "softplus", "linear"])
def test_activations(model, name):
    texts = [random_text(9, i) for i in range(4)]
    logits = np.stack([by_hand(model, text) for text in texts])
    expected = {
        "sigmoid": 1 / (1 + np.exp(-logits)),
        "softmax": np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True),
        "softplus": np.log1p(np.exp(logits)),
        "linear": logits,
    }[name]
    np.testing.assert_allclose(
        predict(model, texts, activation=name), expected, atol=1e-5
    )


def test_new_weights_are_seen():
    changing = small()
    text = random_text(15)
    np.testing.assert_allclose(
        predict(changing, [text])[0], by_hand(changing, text), atol=1e-5
    )
    changing.set_weights([w + 0.5 for w in changing.get_weights()])
    np.testing.assert_allclose(
        predict(changing, [text])[0], by_hand(changing, text), atol=1e-5
    )
    changing.compile("sgd", "mse")
    before = predict(changing, [text])
    changing.fit(one_hot(encode(text))[None], np.ones((1, OUTPUTS)), verbose=0)
    after = predict(changing, [text])
    assert np.abs(after - before).max() > 1e-4
    np.testing.assert_allclose(after[0], by_hand(changing, text), atol=1e-5)


def test_inference_mode():
    noisy = small(extra=[layers.Dropout(0.9), layers.BatchNormalization()])
    first = predict(noisy, ["ACGTACGT"])
    np.testing.assert_array_equal(predict(noisy, ["ACGTACGT"]), first)
    for layer in noisy.layers:
        if isinstance(layer, layers.BatchNormalization):
            mean = np.zeros(FILTERS)
            np.testing.assert_array_equal(layer.moving_mean, mean)


def test_a_model_is_not_kept_alive():
    leaving = small()
    predict(leaving, ["ACGT"], activation="sigmoid")
    gone = weakref.ref(leaving)
    del leaving
    gc.collect()
    assert gone() is None


def test_xla_gives_the_same(monkeypatch):
    texts = [random_text(20, i) for i in range(11)] + ["ACGTA"] * 5
    fast = small()
    for factor in (1, 2):
        fast.set_weights([w * factor for w in fast.get_weights()])
        expected = np.stack([by_hand(fast, text) for text in texts])
        for shapes in (0, 1, 16):
            monkeypatch.setattr(zoo.prediction.forward, "_XLA_MAX_SHAPES", shapes)
            found = predict(fast, texts, batch_size=2, jit_compile=True)
            np.testing.assert_allclose(found, expected, atol=1e-5)


def test_what_xla_cannot_do_is_done_without():
    if keras.backend.backend() != "tensorflow":
        pytest.skip("TensorFlow only")
    import tensorflow as tf

    class ThroughText(layers.Layer):
        """Does nothing, by way of strings, which XLA does not have."""

        def call(self, x):
            return x + 0 * tf.strings.to_number(tf.strings.as_string(x))

    text = random_text(12)
    plain = small()
    other = small(extra=[ThroughText()])
    other.set_weights(plain.get_weights())
    for _ in range(3):
        np.testing.assert_allclose(
            predict(other, [text], jit_compile=True)[0],
            by_hand(plain, text),
            atol=1e-5,
        )


def test_one_graph_serves_all_lengths():
    if keras.backend.backend() != "tensorflow":
        pytest.skip("JAX compiles each length")
    traces = []

    class Counting(layers.Layer):
        def call(self, x):
            traces.append(x.shape)
            return x

    counting = small(extra=[Counting()])
    predict(counting, ["ACGTA"])  # and its shape alone, at this length
    traced = len(traces)
    predict(counting, [random_text(length) for length in range(5, 60)])
    assert len(traces) == traced


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ("ACGT", "Received one string"),
        ([], "at least one"),
        (["ACGT", "ACXT"], "sequence 2: .*'X' at position 3"),
        (["ACGTA", "ACGT", "ACGU"], "sequence 3: .*'U' at position 4"),
        (["ACGT", ""], "sequence 2 is empty"),
        (["ACGT", 5], "sequence 2: expected a string, .* Received: int"),
        (np.zeros((2, 4, 9)), r"\(2, 4, 9\).*transpose"),
        (np.zeros((2, 9, 5)), r"Expected strings, one-hot .*\(2, 9, 5\)"),
        (np.zeros((9, 4)), r"Received: float64 of shape \(9, 4\)"),
        (np.zeros((1, 2, 9, 4)), r"Received: float64 of shape \(1, 2, 9, 4\)"),
        (np.zeros((0, 9, 4)), "at least one sequence"),
        (np.zeros((3, 0, 4)), "at least one base"),
        (np.zeros((2, 9, 4), complex), "Received: complex128"),
        (np.full((2, 9), 7), "codes 0 to 4.*Received: 7"),
    ],
)
def test_unfit_sequences_are_refused(model, sequences, message):
    with pytest.raises(InputError, match=message):
        predict(model, sequences)


def test_lengths_are_checked_at_the_door(model):
    fixed = small(10)
    assert predict(fixed, [random_text(10)]).shape == (1, OUTPUTS)
    for sequences in (["ACGT"], np.zeros((1, 4), np.uint8), np.zeros((1, 4, 4))):
        with pytest.raises(InputError, match=r"expected 10 bp.*'tiny'.*Received: 4"):
            predict(fixed, sequences)
    with pytest.raises(InputError, match=r"sequence 2: expected at least 5 bp"):
        predict(model, ["ACGTA", "ACGT"], min_length=5)


def test_models_of_another_kind_are_refused():
    first, second = keras.Input((None, 4)), keras.Input((3,))
    pooled = layers.GlobalMaxPooling1D()(first)
    no_sequence = keras.Model(second, second + 1)
    two_sequences = keras.Model([first, keras.Input((None, 4))], pooled)
    images = keras.Input((8, 8, 3))
    for unfit, message in (
        (no_sequence, r"one input .*input \(None, 3\)"),
        (two_sequences, r"named 'sequence'.*\(None, None, 4\), \(None, None, 4\)"),
        (keras.Model(images, images + 1), r"one input .*\(None, 8, 8, 3\)"),
        (keras.Sequential([layers.Dense(3)]), "whose input is known"),
    ):
        with pytest.raises(InputError, match=message):
            predict(unfit, ["ACGT"])


def test_unfit_options_are_refused(model):
    with pytest.raises(InputError, match=r"batch_size of at least 1\. .*=0"):
        predict(model, ["ACGT"], batch_size=0)
    with pytest.raises(InputError, match="Received: 'sigmoit'"):
        predict(model, ["ACGT"], activation="sigmoit")


@pytest.fixture
def shapes(model, monkeypatch):
    """Of the batches that the model computes, as they come."""
    shapes = []
    compute = zoo.prediction.forward.compiled(model, None)

    def spy(inputs):
        (sequences,) = inputs.values()
        shapes.append(sequences.shape)
        return compute(inputs)

    monkeypatch.setattr(zoo.prediction.sequences, "compiled", lambda *_, **__: spy)
    return shapes


def test_long_sequences_go_in_smaller_batches(model, shapes, monkeypatch):
    monkeypatch.setattr(zoo.data.sequences, "MAX_BATCH_BASES", 100)
    predict(model, [random_text(40, i) for i in range(5)])
    predict(model, [random_text(300)])
    assert shapes == [(2, 40), (2, 40), (1, 40), (1, 300)]


def records(lengths):
    return [
        Record(f"r{i}", encode(random_text(length, i)), "file.fa")
        for i, length in enumerate(lengths)
    ]


@settings(deadline=None, max_examples=25)
@given(
    lengths=st.lists(st.integers(WIDTH, 9), max_size=30),
    batch_size=st.integers(1, 5),
    waiting=st.integers(1, 20),
    bases=st.integers(1, 80),
)
def test_records_come_back_in_order(model, lengths, batch_size, waiting, bases):
    given_records = records(lengths)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zoo.prediction.sequences, "WINDOW_SEQUENCES", waiting)
        patch.setattr(zoo.prediction.sequences, "WINDOW_BASES", bases)
        found = list(predict_records(model, iter(given_records), batch_size=batch_size))
    assert [r.name for group, _ in found for r in group] == [
        r.name for r in given_records
    ]
    for group, predictions in found:
        expected = [by_hand(model, decode(r.codes)) for r in group]
        np.testing.assert_allclose(predictions, expected, atol=1e-5)


def test_few_records_are_held_back(model, monkeypatch):
    monkeypatch.setattr(zoo.prediction.sequences, "WINDOW_SEQUENCES", 50)
    taken = 0

    def counted():
        nonlocal taken
        for record in records([4, *[5, 6, 7] * 200]):
            taken += 1
            yield record

    given_back = 0
    for group, _ in predict_records(model, counted(), batch_size=16):
        given_back += len(group)
        assert taken - given_back <= 50
    assert given_back == taken == 601


def test_records_of_one_length_go_in_full_batches(model, shapes):
    assert len(list(predict_records(model, records([8] * 10), batch_size=4))) == 1
    assert shapes == [(4, 8), (4, 8), (2, 8)]


def test_profiles_of_different_lengths_are_not_mixed():
    profile = small(profile=True)
    found = list(predict_records(profile, records([8, 12, 8])))
    assert [p.shape for _, p in found] == [(1, 3, 2), (1, 5, 2), (1, 3, 2)]


def test_records_of_unfit_lengths(model):
    unfit = records([3, 9, 4])
    with pytest.raises(
        InputError, match=r"^file\.fa: record 'r0': expected at least 4"
    ):
        list(predict_records(model, unfit, min_length=4))
    errors = []
    found = predict_records(model, unfit, min_length=4, on_invalid=errors.append)
    assert [r.name for group, _ in found for r in group] == ["r1", "r2"]
    assert len(errors) == 1
    assert list(predict_records(model, [])) == []


def test_many_models_are_no_cause_for_warnings(caplog):
    for _ in range(7):
        inputs = keras.Input((None, 4))
        model = keras.Model(inputs, layers.GlobalMaxPooling1D()(inputs))
        predict(model, ["ACGT"])
    assert caplog.records == []


def test_a_length_that_does_not_fit_names_the_release(write_release) -> None:
    model = zoo.load(write_release())
    with pytest.raises(InputError, match=r"'rc_dilated' \(release small_v1\)"):
        zoo.predict(model, ["ACG"], min_length=5)
    with pytest.raises(InputError, match="that model 'shallow_wide' takes"):
        zoo.predict(zoo.create("shallow_wide", sequence_length=30), ["ACG"])


def test_eager_prediction_is_the_same() -> None:
    model = zoo.create("shallow_wide", filters=4)
    codes = np.random.default_rng(0).integers(0, 5, (5, 60), dtype=np.uint8)
    np.testing.assert_allclose(
        zoo.predict(model, codes, run_eagerly=True),
        zoo.predict(model, codes),
        rtol=1e-5,
        atol=1e-6,
    )
