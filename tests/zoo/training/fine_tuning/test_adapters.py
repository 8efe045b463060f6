from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import zoo
from registry.release import Output
from tests.zoo.architectures.contract import NAMES, arrays, call, case, make
from zoo.errors import InputError, WeightsError
from zoo.inspection.symmetry import check
from zoo.layers import RCConv1D, RCDense, pairings
from zoo.models.weights import addresses
from zoo.publishing.verification import verify
from zoo.training import (
    add_adapters,
    load_adapters,
    merge_adapters,
    save_adapters,
    set_trainable,
)
from zoo.training.fine_tuning.adapters import adapted_layers, factors


def small(**config: Any) -> keras.Model:
    options: dict[str, Any] = {"filters": 6, "stem_filters": 8, "units": 8}
    return zoo.create("rc_dilated", dropout=0.0, **options | config)


def data(rows: int = 8) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 4, (rows, 40))
    return np.eye(4, dtype="f4")[codes], generator.random((rows, 1), "f4")


def randomise(model: keras.Model) -> None:
    """Adapters that change the function."""
    generator = np.random.default_rng(1)
    for layer in adapted_layers(model):
        for _, a, b in factors(layer):
            for factor in (a, b):
                factor.assign(generator.normal(size=factor.shape, scale=0.3))


def test_a_linear_model_has_no_trunk_to_adapt() -> None:
    with pytest.raises(InputError, match="no trunk"):
        add_adapters(make("gapped_kmer"), 2)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "gapped_kmer"])
def test_every_architecture(name: str) -> None:
    """Starts at the same function; adapters are a kernel; merged, all is as before."""
    model, x = make(name), case(name).batch(2)
    before, expected = list(addresses(model)), call(model, x)
    kernels = {a: v.numpy().copy() for a, v in addresses(model).items()}
    chosen = add_adapters(model, 2)
    for one, other in zip(arrays(call(model, x)), arrays(expected), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    trainable = {id(v) for v in model.trainable_variables}
    names = {a for a, v in addresses(model).items() if id(v) in trainable}
    assert all("/lora_" in a or "head_" in a for a in names)
    assert sorted(chosen) == sorted(layer.name for layer in adapted_layers(model))

    randomise(model)
    changes = {}
    for address, variable in addresses(model).items():
        if address.endswith("_a"):
            b = addresses(model)[f"{address[:-2]}_b"].numpy().astype("f8")
            kernel = address.removesuffix("_a").replace("lora_", "")
            changes[kernel] = variable.numpy().astype("f8") @ b
    adapted = call(model, x)
    assert merge_adapters(model) is model
    assert list(addresses(model)) == before
    for one, other in zip(arrays(call(model, x)), arrays(adapted), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    assert changes
    for address, variable in addresses(model).items():
        wanted = kernels[address] + changes.get(address, 0.0)
        np.testing.assert_allclose(variable.numpy(), wanted, atol=1e-6)
    assert len(model.trainable_variables) == len(make(name).trainable_variables)


def test_fit_moves_adapters_and_head_only_and_compiled_steps_see_it() -> None:
    model = small()
    released = {a: v.numpy().copy() for a, v in addresses(model).items()}
    add_adapters(model, 2)
    before = {a: v.numpy().copy() for a, v in addresses(model).items()}
    model.compile(keras.optimizers.Adam(1e-2), "mean_squared_error")
    model.fit(*data(), epochs=3, verbose=0)
    moved = {
        a
        for a, v in addresses(model).items()
        if not np.array_equal(v.numpy(), before[a])
    }
    assert moved == {a for a in before if "/lora_" in a or a.startswith("head_")}
    # And no further by set_trainable, which knows adapters.
    set_trainable(model, ["stem", "head"])
    names = {v.name for v in model.get_layer("stem_conv").trainable_variables}
    assert names == {"lora_kernel_a", "lora_kernel_b"}
    assert zoo.predict(model, data()[0]).shape == (8, 1)
    assert set(released) < set(before)


def test_adapting_batch_normalization_learns_with_the_adapters(
    tmp_path: Path, run_eagerly: bool
) -> None:
    model = small()
    add_adapters(model, 2, batch_statistics="adapting")
    before = {a: v.numpy().copy() for a, v in addresses(model).items()}
    optimizer = keras.optimizers.Adam(1e-2)
    model.compile(optimizer, "mean_squared_error", run_eagerly=run_eagerly)
    model.fit(*data(), verbose=0)
    for address, variable in addresses(model).items():
        same = np.array_equal(variable.numpy(), before[address])
        if "_norm/" in address:
            assert not same
    save_adapters(model, tmp_path / "a.h5")
    again = small()
    again.set_weights([before[address] for address in addresses(again)])
    add_adapters(again, 2, batch_statistics="adapting")
    load_adapters(again, tmp_path / "a.h5")
    np.testing.assert_array_equal(call(again, data()[0]), call(model, data()[0]))


@pytest.mark.parametrize("layer", ["convolution", "palindromic", "dense", "pairing"])
def test_tied_kernels_stay_exactly_equivariant(layer: str) -> None:
    inputs = keras.Input((21, 4))
    partners: Any = None
    if layer == "convolution":
        outputs = RCConv1D(6, 5, name="tower_1")(inputs)
    elif layer == "palindromic":
        partners = pairings.palindromic(7, 3)
        outputs = RCConv1D(7, 5, palindromic_filters=3, name="tower_1")(inputs)
    elif layer == "pairing":
        partners = (1, 0, 3, 2, 4)
        outputs = RCConv1D(5, 5, pairing=partners, name="tower_1")(inputs)
    else:
        outputs = RCDense(6, name="tower_1")(inputs)
    partners = partners or pairings.reversal(6)
    model = keras.Model(inputs, outputs)
    before = call(model, data()[0][:, :21])
    add_adapters(model, 2)
    np.testing.assert_allclose(call(model, data()[0][:, :21]), before, atol=1e-6)
    randomise(model)
    after = call(model, data()[0][:, :21])
    assert np.abs(after - before).max() > 0.01
    x = data()[0][:, :21]
    swapped = call(model, x[:, ::-1, ::-1])[:, ::-1][..., list(partners)]
    np.testing.assert_allclose(after, swapped, atol=1e-5)
    merge_adapters(model)
    np.testing.assert_allclose(call(model, x), after, atol=1e-5)


def test_an_invariant_model_stays_so_as_measured() -> None:
    model = small()
    add_adapters(model, 3)
    randomise(model)
    symmetry = check(model, np.argmax(data()[0], -1).astype("u1"))
    assert symmetry.max_difference < 1e-4


def test_adapters_alone_are_saved_and_restored(tmp_path: Path) -> None:
    released = small()
    released.save_weights(tmp_path / "r.weights.h5")
    add_adapters(released, 2, layers=["stem", "tower_1"])
    randomise(released)
    released.get_layer("head_logits").bias.assign([3.0])
    save_adapters(released, tmp_path / "a.h5")
    again = small()
    again.load_weights(tmp_path / "r.weights.h5")
    assert set(add_adapters(again, 2, layers=["stem", "tower_1"])) == (
        {"stem_conv", "tower_1_conv"}
    )
    load_adapters(again, tmp_path / "a.h5")
    np.testing.assert_array_equal(call(again, data()[0]), call(released, data()[0]))
    size = (tmp_path / "a.h5").stat().st_size
    assert size < (tmp_path / "r.weights.h5").stat().st_size
    for options in ({"rank": 3}, {"layers": "all"}):
        other = small()
        add_adapters(other, **{"rank": 2, "layers": ["stem", "tower_1"]} | options)
        with pytest.raises(WeightsError, match="does not fit"):
            load_adapters(other, tmp_path / "a.h5")


def test_a_merged_model_is_an_ordinary_release(tmp_path: Path) -> None:
    model = small()
    add_adapters(model, 2)
    randomise(model)
    expected = call(model, data()[0])
    facts: dict[str, Any] = {"task": "binary", "licence": "MIT", "min_length": 15}
    outputs = [Output("bound", "probability", "sigmoid", "bound")]
    with pytest.raises(InputError, match="merge_adapters"):
        zoo.save(model, tmp_path / "m_v1", outputs=outputs, description="M", **facts)
    merge_adapters(model)
    zoo.save(model, tmp_path / "m_v1", outputs=outputs, description="M", **facts)
    assert verify(tmp_path / "m_v1").passed
    np.testing.assert_allclose(
        call(zoo.load(tmp_path / "m_v1"), data()[0]), expected, atol=1e-5
    )


@pytest.mark.parametrize("name", ["rc_dilated", "deep_narrow"])
def test_keras_saves_it_as_the_same_function(name: str, tmp_path: Path) -> None:
    model = zoo.create(name, filters=6) if name == "rc_dilated" else zoo.create(name)
    add_adapters(model, 2)
    randomise(model)
    expected = call(model, data()[0])
    model.save(tmp_path / "m.keras")
    again = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(call(again, data()[0]), expected, atol=1e-5)
    model.load_weights(tmp_path / "m.keras")
    np.testing.assert_allclose(call(model, data()[0]), expected, atol=1e-5)


def test_half_precision() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = small()
    finally:
        keras.config.set_dtype_policy("float32")
    add_adapters(model, 2)
    randomise(model)
    adapted = call(model, data()[0])
    model.compile("adam", "mean_squared_error")
    model.evaluate(*data(), verbose=0)
    merge_adapters(model)
    np.testing.assert_allclose(call(model, data()[0]), adapted, atol=0.1, rtol=0.1)


def test_what_makes_no_sense_is_refused() -> None:
    model = small()
    with pytest.raises(InputError, match="rank=0"):
        add_adapters(model, 0)
    with pytest.raises(InputError, match="which has none"):
        merge_adapters(model)
    with pytest.raises(InputError, match="groups of layers"):
        add_adapters(model, layers=["nowhere"])
    with pytest.raises(InputError, match="Dense, Conv1D"):
        add_adapters(model, layers="pool")
    add_adapters(model)
    with pytest.raises(InputError, match="without adapters"):
        add_adapters(model)
    layer = RCConv1D(4, 3, kernel_constraint="non_neg")
    layer.build((None, 9, 4))
    with pytest.raises(ValueError, match="kernel_constraint"):
        layer.enable_lora(2)
