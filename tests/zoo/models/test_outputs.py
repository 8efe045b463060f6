import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.errors import InputError
from zoo.inspection.symmetry.wrappers import other_strand
from zoo.models.ensembles import members
from zoo.models.outputs import declared

RELEASE = "tests/fixtures/schema_4/small_v1"
FACTS = {"description": "A", "task": "binary", "licence": "MIT", "min_length": 15}


def small(**config):
    return zoo.create("rc_dilated", filters=4, units=0, **config)


def test_names_of_a_release_and_of_models_with_its_head():
    model, other = zoo.load(RELEASE), zoo.load(RELEASE)
    names = [output.name for output in zoo.info(RELEASE).outputs]
    both = zoo.ensemble([model, other])
    made = (model, both, *members(both), zoo.conjoined(model), zoo.takes_codes(model))
    made += (zoo.inspection.symmetry.augmented(model), other_strand(model))
    for one in (RELEASE, *made):
        assert zoo.output_names(one) == names


def test_another_head_has_no_names():
    model = zoo.load(RELEASE)
    count = model.output_shape[-1]
    around = layers.Dense(count)(model.layers[-2].output)
    for one in (
        zoo.load(RELEASE, num_outputs=count),
        keras.Model(model.input, around),
        small(num_outputs=count),
        zoo.ensemble([model, zoo.load(RELEASE, num_outputs=count)]),
    ):
        with pytest.raises(InputError, match="have no names"):
            zoo.output_names(one)


def test_what_is_no_model_has_no_outputs():
    with pytest.raises(InputError, match="Received: None, whose outputs"):
        zoo.output_names(None)


def test_a_new_head_of_the_same_size_is_not_called_like_the_old_one(tmp_path):
    count = len(zoo.output_names(RELEASE))
    with pytest.raises(InputError, match=f"names of the {count} outputs"):
        zoo.save(zoo.load(RELEASE, num_outputs=count), tmp_path / "a_v1", **FACTS)


@pytest.mark.parametrize(
    ("said", "units", "partner"),
    [
        ({"activation": "softmax"}, "probability", None),
        ({"activation": "sigmoid", "symmetry": "augmented"}, "probability", "own"),
        ({"activation": "linear", "units": "log2 activity"}, "log2 activity", None),
    ],
)
def test_outputs_are_named_in_a_word(tmp_path, said, units, partner):
    model = small(num_outputs=2)
    release = zoo.save(model, tmp_path / "a_v1", outputs=["x", "y"], **said, **FACTS)
    for name, output in zip("xy", release.outputs, strict=True):
        own = name if partner else None
        assert output == zoo.Output(name, units, said["activation"], own)
    assert zoo.output_names(model) == ["x", "y"]
    assert declared(zoo.load(tmp_path / "a_v1")) == release.outputs


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"outputs": ["x", "y"]}, "Expected an activation"),
        ({"outputs": ["x", "y"], "activation": "linear"}, "units=None"),
        ({"outputs": "xy", "activation": "sigmoid"}, "Expected a list of names"),
        ({"outputs": ["x"], "activation": "sigmoid"}, "Expected 2 outputs"),
        (
            {"outputs": ["x", "y"], "activation": "sigmoidal", "units": "u"},
            "'sigmoidal'",
        ),
        ({"outputs": ["x", "y"], "activation": "softmax_over_bins"}, "has no bins"),
        ({}, "names of the 2 outputs"),
    ],
)
def test_what_does_not_name_the_outputs_is_refused(tmp_path, said, message):
    with pytest.raises(InputError, match=message):
        zoo.save(small(num_outputs=2), tmp_path / "a_v1", **said, **FACTS)


MEASURED = "tests/fixtures/schema_6/small_v1"


def test_what_was_measured_holds_until_the_model_is_trained():
    model = zoo.load(MEASURED)
    (first, second) = declared(model)
    assert first == zoo.info(MEASURED).outputs[0] and first.calibration.slope == 1.5
    assert declared(zoo.takes_codes(model)) == declared(zoo.conjoined(model))
    # Of several models together something else holds.
    both = zoo.ensemble([model, zoo.load(MEASURED)])
    assert [o.threshold for o in declared(both)] == [None, None]
    assert zoo.output_names(both) == ["first", "second"]
    model.compile("sgd", "mse")
    assert declared(model) == (first, second)
    x = np.zeros((2, 20, 4), np.float32)
    model.fit(x, np.zeros((2, 2)), verbose=0)
    for output in declared(model):
        assert (output.calibration, output.threshold, output.backgrounds) == (
            None,
            None,
            (),
        )
    assert declared(model)[0].description == "the first of two"
