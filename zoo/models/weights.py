"""A model's weights <-> HDF5, one data set a variable, addressed by name.

The address of a variable is its layer's name and its own name inside the layer,
"tower_2_conv/kernel". Nothing depends on the order or the class of layers, so
two layers of one shape can never be exchanged by a file.

Only one plain form of HDF5 is written and accepted: little-endian float data
sets, contiguous and unfiltered, in groups, reached by hard links. Everything
else that HDF5 can do (external and soft links, external storage, virtual data
sets, filters, chunks that declare more than they hold) is refused before any
value is read.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import numpy.typing as npt

from registry.files import user_path
from zoo.errors import WeightsError

if TYPE_CHECKING:
    import keras

MAXIMUM_DEPTH = 8


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


@contextlib.contextmanager
def opened(
    source: str | Path | bytes,
) -> Iterator[tuple[dict[str, h5py.Dataset], str]]:
    """All data sets of an HDF5 file by address, none of which leads out of it.

    Args:
        source: A file's path, or its content.

    Yields:
        The data sets, and what errors call the file.

    Raises:
        WeightsError: The file is damaged, or holds what this format does not allow.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else user_path(source)
    label = "the weight file" if isinstance(source, bytes) else str(source)
    try:
        with h5py.File(stream, "r") as file:
            yield dict(_datasets(file)), label
    except WeightsError:
        raise
    # h5py reports a damaged file by errors of many kinds, OverflowError among them.
    except Exception as error:
        raise WeightsError(
            f"{label} cannot be read as HDF5, it is damaged or of another format: "
            f"{error}"
        ) from error


def read_values(
    datasets: Mapping[str, h5py.Dataset],
    shapes: Mapping[str, tuple[int, ...]],
    label: str,
) -> dict[str, npt.NDArray[np.float32]]:
    """Reads data sets whose shapes are known, which bounds the memory they take.

    Raises:
        WeightsError: A shape or dtype differs, or values are missing or not finite.
    """
    _check_shapes(shapes, datasets, label)
    values = {address: datasets[address][()] for address in shapes}
    not_finite = [a for a, v in values.items() if not np.isfinite(v).all()]
    if not_finite:
        raise WeightsError(
            f"{label} holds NaN or infinite values in: {', '.join(not_finite)}. "
            "Nothing was loaded."
        )
    return values


def _datasets(
    group: h5py.Group, prefix: str = "", depth: int = 0
) -> Iterable[tuple[str, h5py.Dataset]]:
    """Walks a file by hard links only, yielding the address of each data set."""
    if depth > MAXIMUM_DEPTH:
        raise WeightsError(
            f"Weight files nest at most {MAXIMUM_DEPTH} groups. Received: {prefix}"
        )
    for name in group:
        address = f"{prefix}{name}"
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            kind = type(link).__name__
            article = "an" if kind.startswith("E") else "a"
            raise WeightsError(
                f"{address!r} is {article} {kind}: only plain data sets are read, a "
                "link could point to any file of this machine."
            )
        item = group[name]
        if isinstance(item, h5py.Group):
            yield from _datasets(item, f"{address}/", depth + 1)
        elif isinstance(item, h5py.Dataset):
            _check_plain(item, address)
            yield address, item
        else:
            raise WeightsError(f"{address!r} is no data set. Received: {item!r}")


def _check_plain(dataset: h5py.Dataset, address: str) -> None:
    """Refuses every storage but contiguous bytes of this very file."""
    properties = dataset.id.get_create_plist()
    if dataset.is_virtual or properties.get_external_count():
        raise WeightsError(
            f"{address!r} is stored outside the weight file (virtual or external "
            "storage), which is refused: it could read any file of this machine."
        )
    if properties.get_layout() != h5py.h5d.CONTIGUOUS or properties.get_nfilters():
        raise WeightsError(
            f"{address!r} must be stored contiguous and without filters. Write the "
            "file with zoo.models.weights.save_weights."
        )


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


def _check_shapes(
    shapes: Mapping[str, tuple[int, ...]],
    datasets: Mapping[str, h5py.Dataset],
    label: str,
) -> None:
    wrong = []
    for address, expected in shapes.items():
        dataset = datasets[address]
        if dataset.shape != expected or dataset.dtype != np.dtype("<f4"):
            wrong.append(
                f"{address} expected float32 {expected}, received {dataset.dtype} "
                f"{dataset.shape}"
            )
        # A declared but unwritten data set would read as zeros.
        elif dataset.id.get_storage_size() != dataset.dtype.itemsize * dataset.size:
            wrong.append(
                f"{address} declares {expected} but stores "
                f"{dataset.id.get_storage_size()} bytes"
            )
    if wrong:
        raise WeightsError(
            f"{label} does not fit the model: {'; '.join(wrong)}. Nothing was loaded."
        )
