"""A model's weights <-> HDF5, one data set a variable, addressed by name.

The address of a variable is its layer's name and its own name inside the layer,
"tower_2_conv/kernel". Nothing depends on the order or the class of layers, so
two layers of one shape can never be exchanged by a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from registry.files import user_path
from zoo.errors import WeightsError
from zoo.files.hdf5 import opened, read_values

if TYPE_CHECKING:
    import keras


def addresses(model: keras.Model) -> dict[str, Any]:
    """The model's variables by address, in the order of `model.weights`.

    Those of a model inside the model have its name in front, at any depth:
    "member_1/tower_2_conv/kernel". Random seeds, metrics and optimizer state are no
    weights and not included.

    Raises:
        WeightsError: Two variables have one address.
    """
    found: dict[str, Any] = {}
    for place, layer in layers(model):
        for variable in layer.weights:
            # A name scope around the builder is part of all paths, but not of
            # the layer's name: take the path inside the layer only.
            inside = variable.path.removeprefix(f"{layer.path}/")
            address = f"{place}/{inside}"
            if found.setdefault(address, variable) is not variable:
                raise WeightsError(
                    f"Two variables of the model have one address: {address!r}. Give "
                    "each layer with weights an explicit, unique name."
                )
    return found


def layers(model: keras.Model, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """All layers, with those of models inside the model in place of these models.

    Yields:
        Where a layer is, "member_1/tower_2_conv", and the layer; in the order of
        `model.layers`.
    """
    for layer in model.layers:
        place = f"{prefix}{layer.name}"
        if _is_made_of_layers(layer):
            yield from layers(layer, f"{place}/")
        else:
            yield place, layer


def _is_made_of_layers(layer: Any) -> bool:
    """Whether it is a model without weights but those of its layers."""
    import keras

    if not isinstance(layer, keras.Model):
        return False
    inside = {id(v) for each in layer.layers for v in each.weights}
    return inside == {id(v) for v in layer.weights}


def save_weights(
    model: keras.Model,
    path: str | Path,
    *,
    only: Callable[[str], bool] = lambda address: True,
) -> None:
    """Writes the model's weights, float32, for `load_weights`.

    Args:
        model: A built model.
        path: The HDF5 file to write; must not exist.
        only: Whether the variable of an address is written. By default all are.

    Raises:
        FileExistsError: The file exists.
        WeightsError: Two variables have one address.
    """
    # Equal weights give equal bytes: no times are recorded.
    with h5py.File(user_path(path), "x", track_order=False) as file:
        chosen = {a: v for a, v in addresses(model).items() if only(a)}
        for address, variable in sorted(chosen.items()):
            values = np.asarray(variable.numpy(), dtype="<f4")
            file.create_dataset(address, data=values, track_times=False)


def load_weights(
    model: keras.Model,
    source: str | Path | bytes,
    *,
    fresh: Callable[[str], bool] = lambda address: False,
    only: Callable[[str], bool] = lambda address: True,
) -> tuple[list[str], list[str]]:
    """Reads weights by address into a built model: all of them, or none.

    Args:
        model: A built model.
        source: A file's path, or its content (already verified against a hash).
        fresh: Whether the variable of an address keeps its new values, whatever
            the file holds for it. By default none does.
        only: Whether the variable of an address is part of this at all: the file must
            not hold others. By default all are.

    Returns:
        The addresses that were read, and those kept fresh.

    Raises:
        WeightsError: Names are missing or extra, a shape or dtype differs (all
            are listed), values are not finite, or the file holds what this
            format does not allow. The model is then unchanged.
    """
    variables = {a: v for a, v in addresses(model).items() if only(a)}
    wanted = {a: v for a, v in variables.items() if not fresh(a)}
    with opened(source) as (datasets, label):
        _check_names(variables, datasets, fresh, label)
        shapes = {address: tuple(v.shape) for address, v in wanted.items()}
        values = read_values(datasets, shapes, label)
    for address, variable in wanted.items():
        variable.assign(values[address])
    return list(wanted), [a for a in variables if a not in wanted]


def _check_names(
    variables: dict[str, Any],
    datasets: dict[str, h5py.Dataset],
    fresh: Callable[[str], bool],
    label: str,
) -> None:
    missing = sorted(a for a in variables if a not in datasets and not fresh(a))
    extra = sorted(a for a in datasets if a not in variables and not fresh(a))
    if missing or extra:
        raise WeightsError(
            f"{label} does not fit the model."
            + (f" Missing in the file: {', '.join(missing)}." if missing else "")
            + (f" Unknown to the model: {', '.join(extra)}." if extra else "")
            + " Nothing was loaded."
        )
