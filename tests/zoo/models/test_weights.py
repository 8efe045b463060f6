from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from tests.hostile.hdf5 import DAMAGE, write_other
from zoo.errors import WeightsError
from zoo.models.weights import addresses, load_weights, save_weights


def small(seed: int = 0, swapped: bool = False) -> keras.Model:
    """Two layers of one shape, in either order, and a normalisation."""
    keras.utils.set_random_seed(seed)
    inputs = x = layers.Input((3,), name="x")
    for name in ("b", "a") if swapped else ("a", "b"):
        x = layers.Dense(3, name=name)(x)
    x = layers.Dropout(0.5, name="drop")(layers.BatchNormalization(name="norm")(x))
    return keras.Model(inputs, x)


def values(model: keras.Model) -> dict[str, np.ndarray]:
    return {a: v.numpy().copy() for a, v in addresses(model).items()}


def assert_equal(first: dict, second: dict) -> None:
    assert first.keys() == second.keys()
    for address in first:
        np.testing.assert_array_equal(first[address], second[address])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_weights(small(seed=1), tmp_path / "weights.h5")
    return tmp_path / "weights.h5"


def test_addresses_are_layer_and_variable_names() -> None:
    assert list(addresses(small())) == [
        "a/kernel",
        "a/bias",
        "b/kernel",
        "b/bias",
        "norm/gamma",
        "norm/beta",
        "norm/moving_mean",
        "norm/moving_variance",
    ]


def test_addresses_do_not_depend_on_name_scopes() -> None:
    with keras.name_scope("outside"):
        model = small()
    assert list(addresses(model)) == list(addresses(small()))


def test_a_round_trip_restores_every_value(path: Path) -> None:
    model = small(seed=2)
    transferred, fresh = load_weights(model, path)
    assert_equal(values(model), values(small(seed=1)))
    assert (set(transferred), fresh) == (set(addresses(model)), [])


def test_bytes_and_path_are_the_same(path: Path) -> None:
    model = small(seed=2)
    load_weights(model, path.read_bytes())
    assert_equal(values(model), values(small(seed=1)))


def test_equal_weights_make_equal_files(path: Path, tmp_path: Path) -> None:
    save_weights(small(seed=1), tmp_path / "again.h5")
    assert (tmp_path / "again.h5").read_bytes() == path.read_bytes()


def test_swapped_layers_get_their_own_weights(path: Path) -> None:
    model = small(seed=2, swapped=True)
    load_weights(model, path)
    assert_equal(
        dict(sorted(values(model).items())),
        dict(sorted(values(small(seed=1)).items())),
    )


def test_an_existing_file_is_not_overwritten(path: Path) -> None:
    with pytest.raises(FileExistsError):
        save_weights(small(), path)


def test_fresh_variables_keep_their_values_whatever_the_file_holds(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        del file["b/kernel"]
        file["b/kernel"] = np.zeros((7, 7), "f4")
        del file["b/bias"]
    model = small(seed=2)
    before = values(model)
    transferred, fresh = load_weights(
        model, path, fresh=lambda address: address.startswith("b/")
    )
    assert fresh == ["b/kernel", "b/bias"]
    assert "a/kernel" in transferred
    np.testing.assert_array_equal(before["b/kernel"], values(model)["b/kernel"])


@pytest.mark.parametrize(
    ("spoil", "message"), DAMAGE.items(), ids=[spoil.__name__ for spoil in DAMAGE]
)
def test_a_spoilt_file_is_refused_and_the_model_unchanged(
    path: Path, spoil: Callable[[h5py.File, str, Path], None], message: str
) -> None:
    other = path.with_name("other.h5")
    write_other(other, (3, 3))
    with h5py.File(path, "r+") as file:
        spoil(file, "a/kernel", other)
    model = small(seed=2)
    before = values(model)
    with pytest.raises(WeightsError, match=message):
        load_weights(model, path)
    assert_equal(values(model), before)


@pytest.mark.parametrize("length", [0, 8, 100, 2000])
def test_a_truncated_file_is_refused(path: Path, length: int) -> None:
    content = path.read_bytes()[:length]
    with pytest.raises(WeightsError, match="damaged"):
        load_weights(small(), content)


def test_all_problems_are_listed_at_once(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        for name in ("a/kernel", "b/bias"):
            del file[name]
        file["d"] = np.zeros(1, "f4")
    with pytest.raises(WeightsError, match=r"a/kernel, b/bias.*Unknown.*: d\."):
        load_weights(small(), path)


def test_layers_without_a_unique_address_are_refused() -> None:
    class Twice(layers.Layer):
        def build(self, shape) -> None:
            self.first = self.add_weight(name="w", shape=(1,))
            self.second = self.add_weight(name="w", shape=(1,))

        def call(self, x):
            return x

    inputs = layers.Input((1,))
    model = keras.Model(inputs, Twice(name="twice")(inputs))
    with pytest.raises(WeightsError, match="'twice/w'"):
        addresses(model)
