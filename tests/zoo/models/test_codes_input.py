import keras
import numpy as np
import pytest

import zoo
from zoo import dna
from zoo.errors import InputError
from zoo.models.creation import origin
from zoo.models.interface import outputs_of
from zoo.models.outputs import declare


def test_predicts_the_same_from_one_byte_a_base_with_shared_weights():
    model = zoo.create("shallow_wide", filters=8, kernel_size=5, num_outputs=2)
    reads = zoo.takes_codes(model)
    codes = np.random.default_rng(0).integers(0, 5, (4, 30), dtype=np.uint8)
    assert reads.inputs[0].dtype == "uint8" and reads.input_shape == (None, None)
    np.testing.assert_allclose(
        reads.predict_on_batch(codes),
        model.predict_on_batch(dna.one_hot(codes)),
        atol=1e-5,
    )
    assert [v.path for v in reads.weights] == [v.path for v in model.weights]
    before = [np.array(w) for w in model.get_weights()]
    reads.compile("sgd", "mse")
    reads.train_on_batch(codes, np.ones((4, 2), "f4"))
    assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
    assert origin(model).architecture == "shallow_wide"  # what zoo.save reads


def test_keeps_a_fixed_length():
    inputs = keras.Input((20, 4))
    model = keras.Model(inputs, keras.layers.Flatten()(inputs))
    assert zoo.takes_codes(model).input_shape == (None, 20)


def test_other_inputs_and_several_outputs_keep_their_names():
    model = zoo.create("bpnet", filters=4, dilation_rates=[1, 2], num_control_tracks=2)
    reads = zoo.takes_codes(model)
    assert set(reads.input) == {"sequence", "control"}
    assert list(reads.output) == list(model.output) == ["profile", "counts"]
    random = np.random.default_rng(0)
    codes = random.integers(0, 5, (2, 60), dtype=np.uint8)
    control = random.random((2, 60, 2), np.float32)
    found = reads({"sequence": codes, "control": control})
    expected = model({"sequence": dna.one_hot(codes), "control": control})
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-5)


def test_outputs_in_any_order_keep_their_descriptions():
    inputs = keras.Input((None, 4))
    pooled = keras.layers.GlobalAveragePooling1D()(inputs)
    heads = [keras.layers.Dense(1, name=name)(pooled) for name in "ba"]
    both, one = keras.Model(inputs, heads), keras.Model(inputs, heads[0])
    declare(both, [zoo.Output(f"{name}_1", "logit", "linear") for name in "ba"])
    names = dict(zip("ba", zoo.output_names(both), strict=True))
    assert names == {"b": "b_1", "a": "a_1"}
    reads = zoo.takes_codes(both)
    assert dict(zip(outputs_of(reads), zoo.output_names(reads), strict=True)) == names
    assert zoo.output_names(zoo.takes_codes(one)) == ["b_1"]
    nothing_known = zoo.create("shallow_wide", filters=2, kernel_size=5)
    with pytest.raises(InputError, match="have no names"):
        zoo.output_names(zoo.takes_codes(nothing_known))


def test_refuses_models_of_other_inputs():
    two = keras.Input((3,))
    codes = keras.Model(two, two)
    unbuilt = keras.Sequential([keras.layers.Dense(1)])
    for model, says in (
        (codes, "codes already"),
        (unbuilt, "input is known"),
    ):
        with pytest.raises(InputError, match=says):
            zoo.takes_codes(model)
