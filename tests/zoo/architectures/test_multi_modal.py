from __future__ import annotations

import hashlib
import json
from pathlib import Path

import keras
import numpy as np
import pytest

import zoo
from tests.conftest import model_json
from tests.tracing import compile_once
from zoo.errors import InputError
from zoo.models.weights import save_weights

CONFIG = {
    "num_outputs": 2,
    "num_signals": 2,
    "num_cell_types": 3,
    "num_covariates": 2,
    "filters": 8,
    "dilation_rates": [1, 2],
    "units": 4,
}
every_fusion = pytest.mark.parametrize("fusion", ["early", "late"])
MISSING = {"signals": np.nan, "covariates": np.nan, "cell_type": -1}


def inputs(batch: int = 4, length: int = 30, seed: int = 0) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    return {
        "sequence": np.eye(4, dtype="f4")[generator.integers(0, 4, (batch, length))],
        "signals": generator.normal(size=(batch, length, 2)).astype("f4"),
        "cell_type": generator.integers(0, 3, batch).astype("i4"),
        "covariates": generator.normal(size=(batch, 2)).astype("f4"),
    }


def call(model: keras.Model, x: dict[str, np.ndarray]) -> np.ndarray:
    return keras.ops.convert_to_numpy(model(x, training=False))


def randomised(fusion: str) -> keras.Model:
    """A model whose learned substitutes are not zeros."""
    model = zoo.create("multi_modal", fusion=fusion, **CONFIG)
    generator = np.random.default_rng(1)
    model.set_weights(
        [
            np.abs(w) + 0.5 if "variance" in v.path else w
            for v in model.weights
            for w in [generator.normal(0, 0.5, v.shape)]
        ]
    )
    return model


@every_fusion
def test_every_modality_counts(fusion: str) -> None:
    model, x = randomised(fusion), inputs()
    expected = call(model, x)
    for name, other in inputs(seed=9).items():
        assert (call(model, x | {name: other}) != expected).any(axis=1).sum() >= 2


@every_fusion
@pytest.mark.parametrize("name", ["signals", "covariates", "cell_type"])
def test_a_missing_modality_is_its_learned_substitute(fusion: str, name: str) -> None:
    model, x = randomised(fusion), inputs()
    missing = x | {name: np.full_like(x[name], MISSING[name])}
    outputs = call(model, missing)
    assert np.isfinite(outputs).all()
    if name == "cell_type":
        layer = model.get_layer("cell_type_embedding")
        replaced = np.tile(keras.ops.convert_to_numpy(layer.embeddings)[-1], (4, 1))
    else:
        layer = model.get_layer(f"{name}_missing")
        substitute = keras.ops.convert_to_numpy(layer.substitute)
        values = np.broadcast_to(substitute, x[name].shape)
        replaced = np.concatenate([values, np.zeros_like(values)], axis=-1)
    # The model behind the layer, fed with what the layer should give.
    others = [t for t in model.inputs if t.name != name]
    behind = keras.Model([*others, layer.output], model.output)
    expected = behind([*(x[t.name] for t in others), replaced], training=False)
    np.testing.assert_allclose(
        outputs, keras.ops.convert_to_numpy(expected), rtol=1e-5, atol=1e-5
    )


@every_fusion
def test_values_elsewhere_in_a_partly_missing_track_still_count(fusion: str) -> None:
    model, x = randomised(fusion), inputs()
    x["signals"][:, 10:20, 0] = np.nan
    outputs = call(model, x)
    assert np.isfinite(outputs).all()
    other = x["signals"].copy()
    other[:, :10, 0] += 1
    assert (call(model, x | {"signals": other}) != outputs).any()


@every_fusion
def test_cell_types_outside_the_range_are_unknown(fusion: str) -> None:
    model, x = randomised(fusion), inputs()
    one, other = (
        call(model, x | {"cell_type": np.full(4, index, "i4")}) for index in (-1, 3)
    )
    np.testing.assert_array_equal(one, other)


def test_only_the_modalities_asked_for_are_inputs() -> None:
    for number, name in (
        ("num_signals", "signals"),
        ("num_cell_types", "cell_type"),
        ("num_covariates", "covariates"),
    ):
        zero = {"num_signals": 0, "num_cell_types": 0, "num_covariates": 0}
        model = zoo.create("multi_modal", filters=4, **(zero | {number: 2}))
        assert sorted(t.name for t in model.inputs) == sorted([name, "sequence"])


def test_modality_dropout_teaches_to_do_without_the_signals() -> None:
    """The signals tell the label, the sequence tells it too, but is harder to read."""

    def data(seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        generator = np.random.default_rng(seed)
        codes = generator.integers(0, 4, (512, 20))
        labels = np.arange(512) % 2
        codes[labels == 1, 8:14] = [3, 0, 3, 0, 0, 0]
        signals = generator.normal(0, 0.1, (512, 20, 1)) + 2.0 * labels[:, None, None]
        x = {"sequence": np.eye(4, dtype="f4")[codes], "signals": signals.astype("f4")}
        return x, labels[:, None].astype("f4")

    accuracies = {}
    x, y = data(0)
    test, labels = data(1)
    missing = test | {"signals": np.full_like(test["signals"], np.nan)}
    for rate in (0.0, 0.5):
        keras.utils.set_random_seed(0)
        model = zoo.create(
            "multi_modal",
            fusion="late",
            filters=12,
            dilation_rates=[1],
            stem_kernel_size=7,
            dropout=0.0,
            modality_dropout=rate,
        )
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        compile_once(model, keras.optimizers.Adam(1e-2), loss)
        model.fit(x, y, epochs=8, batch_size=64, verbose=0)
        accuracies[rate] = [
            float(((call(model, each) > 0) == labels).mean())
            for each in (test, missing)
        ]
    assert accuracies[0.0][0] > 0.95 and accuracies[0.5][0] > 0.95
    assert accuracies[0.5][1] > accuracies[0.0][1] + 0.2
    assert accuracies[0.5][1] > 0.85


def test_predict_takes_all_inputs_as_keras_does() -> None:
    model, x = zoo.create("multi_modal", **CONFIG), inputs()
    with pytest.raises(InputError, match=r"all inputs .*'cell_type' .*'signals'"):
        zoo.predict(model, ["ACGT" * 10])
    expected = model.predict(x, verbose=0)
    np.testing.assert_allclose(zoo.predict(model, x), expected, rtol=1e-4, atol=1e-6)


def test_a_release_with_several_inputs_loads_with_a_new_head(tmp_path: Path) -> None:
    model, x = randomised("early"), inputs()
    folder = tmp_path / "small_v1"
    folder.mkdir()
    config = CONFIG | {"fusion": "early", "sequence_length": None}
    content = model_json(architecture="multi_modal", config=config)
    save_weights(model, folder / "weights.h5")
    data = (folder / "weights.h5").read_bytes()
    content["weights"] |= {
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    (folder / "model.json").write_text(json.dumps(content))
    np.testing.assert_array_equal(call(zoo.load(folder), x), call(model, x))
    again, report = zoo.load_with_report(folder, num_outputs=5, freeze="trunk")
    assert call(again, x).shape == (4, 5)
    assert all(address.startswith("head_") for address in report.new)
    assert "signals_missing/substitute" in report.transferred
    trainable = {v.path.split("/")[0] for v in again.trainable_variables}
    assert trainable == {"head_hidden", "head_logits"}
