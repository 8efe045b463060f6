from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import keras
import pytest
from keras import layers

import registry
import zoo
from zoo.errors import InputError


def test_an_architecture_layer_by_layer() -> None:
    found = zoo.summary("deep_narrow", 400, config={"filters": [8, 16]})
    model = zoo.create("deep_narrow", filters=[8, 16], sequence_length=400)
    by_name = {layer.name: layer for layer in found.layers}
    assert {name: la.output_shape for name, la in by_name.items()} == {
        layer.name: tuple(layer.output.shape) for layer in model.layers[1:]
    }
    assert {name: la.parameters for name, la in by_name.items()} == {
        layer.name: layer.count_params() for layer in model.layers[1:]
    }
    # ((5 - 1) twice, + 1 of the pool), and the same at twice the stride.
    assert found.span == 1 + 4 + 4 + 1 + 2 * (4 + 4 + 1)
    assert (by_name["tower_2_downsample_pool"].stride, found.interval) == (4, (0, 400))
    assert found.parameters == model.count_params()
    assert by_name["tower_1_1_conv"].multiply_adds == 400 * 5 * 4 * 8
    assert found.multiply_adds == sum(la.multiply_adds or 0 for la in found.layers)
    assert (found.name, found.sequence_length) == ("deep_narrow", 400)


def test_a_release_by_its_own_config(
    write_release: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_release()
    (folder / "weights.h5").unlink()  # no weights are needed
    found = zoo.summary(folder)
    release = registry.read_release(folder)
    model = zoo.create(release.architecture, **release.config)
    assert (found.name, found.parameters) == ("small_v1", model.count_params())
    wider = zoo.summary(folder, config={"units": 9})
    assert {la.name: la.output_shape for la in wider.layers}["head_hidden"] == (None, 9)


def test_names_with_their_provider() -> None:
    for name in ("seqzoo:kmer_v1", "kmer_v1"):
        assert zoo.summary(name).name == "kmer_v1"
    assert zoo.summary("seqzoo:kmer").name == "seqzoo:kmer"
    with pytest.raises(registry.UnknownNameError, match="'kmer'"):
        zoo.summary("seqzoo:kmerr")


def test_an_architectures_name_means_the_architecture() -> None:
    """`zoo.load` takes the newest release for it; a design is not a release."""
    assert zoo.summary("rc_dilated").name == "rc_dilated"
    assert zoo.summary("rc_dilated_v1").name == "rc_dilated_v1"


def test_a_model_of_ones_own_with_a_layer_shared_and_one_frozen() -> None:
    inputs = layers.Input((30, 4), name="sequence")
    shared = layers.Conv1D(4, 3, padding="same", name="shared")
    frozen = layers.Dense(2, name="frozen", trainable=False)
    model = keras.Model(inputs, frozen(shared(shared(inputs))))
    found = zoo.summary(model)
    assert [la.parameters for la in found.layers] == [52, 0, 10]
    assert [la.span for la in found.layers] == [3, 5, 5]
    assert (found.parameters, found.trainable_parameters) == (62, 52)


def test_a_name_is_built_at_the_length_that_is_asked_for() -> None:
    """Also where the architecture has a fixed length, or needs one."""
    assert zoo.summary("deepstarr", 300).sequence_length == 300
    found = zoo.summary("shallow_wide", 120, config={"pooling": "flatten"})
    assert found.sequence_length == 120


def test_a_release_is_looked_at_as_it_was_trained() -> None:
    assert zoo.summary("rc_dilated_v1").sequence_length == 101
    assert zoo.summary("rc_dilated_v1", 300).sequence_length == 300
    with pytest.raises(InputError, match=r"sequence_length of at least 1\. .*=0"):
        zoo.summary("shallow_wide_v1", 0)  # was looked at at 100 bp
    longer = zoo.summary("rc_dilated_v1", config={"sequence_length": 250})
    assert longer.sequence_length == 250


def test_a_model_that_needs_more_than_the_default_is_looked_at_at_its_shortest() -> (
    None
):
    inputs = layers.Input((None, 4), name="sequence")
    x = layers.Conv1D(2, 11, dilation_rate=150, name="wide")(inputs)
    model = keras.Model(inputs, layers.GlobalMaxPooling1D(name="pool")(x))
    found = zoo.summary(model)
    assert found.sequence_length == 1 + 10 * 150
    assert found.layers[0].output_shape == (None, 1, 2)
    assert "at 1,501 bp" in repr(found)
    with pytest.raises(InputError, match=r"longer sequence_length\. It reads 1,501"):
        zoo.summary(model, 1_200)


def test_what_convolutions_see_and_what_is_seen_before_all_is() -> None:
    """Squeeze and excitation gives each unit a mean over the whole length."""
    found = zoo.summary("legnet", 150)
    assert found.span == 7 + 6  # the stem and the first depthwise convolution
    assert found.local_span == 7 + 6 * (6 + 6)
    assert "13 bp before the whole length is pooled for the first time, 79 bp by" in (
        repr(found)
    )
    plain = zoo.summary("shallow_wide")
    assert plain.span == plain.local_span == 25


def test_it_becomes_json() -> None:
    inputs = layers.Input((10, 4), name="sequence")
    x = layers.UpSampling1D(2, name="up")(inputs)
    model = keras.Model(inputs, layers.GlobalMaxPooling1D(name="pool")(x))
    up, pool = json.loads(json.dumps(zoo.summary(model).as_json()))["layers"]
    assert (up["stride"], up["span"], up["output_shape"]) == (0.5, 1, [None, 20, 4])
    assert (pool["stride"], pool["span"]) == (None, None)


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="yet to be built"):
        zoo.summary(zoo.create("shallow_wide"), config={"filters": 3})
    with pytest.raises(InputError, match=r"built.*'filter'.*info shallow_wide "):
        zoo.summary("shallow_wide", config={"filter": 3})
    with pytest.raises(registry.UnknownNameError, match="Did you mean"):
        zoo.summary("shallow_wid")
    with pytest.raises(registry.UnknownNameError, match="mean 'bpnet'"):
        zoo.summary("bpnett")
