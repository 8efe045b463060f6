"""The arrays in a file that another program wrote, by name; never its code.

Read are HDF5 (`.weights.h5` and legacy `.h5` of Keras), the weights inside a `.keras`
archive, and safetensors. Nothing is unpickled, and what a file says of its model is
text here (`zoo.foreign.graph` reads it).
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from registry.files import user_path
from zoo.errors import WeightsError, optional
from zoo.files.hdf5 import opened, read_text, read_values

Array = npt.NDArray[np.float32]
_MEMBER = "model.weights.h5"
MAXIMUM_DESCRIPTION_BYTES = 10_000_000
# What reading an archive may raise.
_DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, KeyError, RuntimeError, EOFError)
_MAXIMUM_RATIO = 20  # of a compressed archive; weights hardly compress at all


def shapes(path: str | Path) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the arrays in a file, from which to write a name map.

    Raises:
        WeightsError: It is damaged, or of another format.
    """
    path = user_path(path)
    if path.suffix == ".safetensors":
        with _safetensors(path) as file:
            names = list(file.keys())
            return {name: tuple(file.get_slice(name).get_shape()) for name in names}
    with opened(_hdf5(path), str(path)) as (datasets, _):
        return {name: dataset.shape for name, dataset in datasets.items()}


def read(path: str | Path, wanted: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """Reads arrays of known shapes.

    Args:
        path: The file.
        wanted: Name in the file -> shape that it must have.

    Returns:
        Name -> float32 array.

    Raises:
        WeightsError: One is missing, has another shape or dtype, or is not finite.
    """
    path = user_path(path)
    there = shapes(path)
    missing = sorted(wanted.keys() - there.keys())
    if missing:
        raise WeightsError(
            f"{path} has no {', '.join(missing)}. It has: {', '.join(sorted(there))}."
        )
    wrong = [
        f"{name} expected {shape}, received {there[name]}"
        for name, shape in wanted.items()
        if there[name] != shape
    ]
    if wrong:
        raise WeightsError(f"{path} does not fit the model: {'; '.join(wrong)}.")
    if path.suffix != ".safetensors":
        with opened(_hdf5(path), str(path)) as (datasets, label):
            return read_values(datasets, wanted, label)
    with _safetensors(path) as file:
        values = {name: np.asarray(file.get_tensor(name), "f4") for name in wanted}
    not_finite = [
        name for name, value in values.items() if not np.isfinite(value).all()
    ]
    if not_finite:
        raise WeightsError(
            f"{path} holds NaN or infinite values in: {', '.join(not_finite)}."
        )
    return values


def description(path: str | Path) -> str | None:
    """What Keras says of the model, as JSON; None where the file has arrays only.

    It is in the file; of an `.h5` of weights in a `.json` of its name beside it.

    Raises:
        WeightsError: It is damaged, or of another format.
    """
    path = user_path(path)
    if path.suffix == ".safetensors":
        return None
    if path.suffix == ".keras":
        most = MAXIMUM_DESCRIPTION_BYTES
        return _member(path, "config.json", most).decode("utf-8", "replace")
    text = read_text(path, "model_config")
    beside = path.with_suffix(".json")
    if text is None and beside.is_file():
        with beside.open("rb") as file:  # one byte more, which `parse` refuses
            content = file.read(MAXIMUM_DESCRIPTION_BYTES + 1)
        return content.decode("utf-8", "replace")
    return text


def _hdf5(path: str | Path) -> str | Path | bytes:
    """A file of HDF5, or the member of a `.keras` archive that is one."""
    return _member(path, _MEMBER) if Path(path).suffix == ".keras" else path


def _member(path: str | Path, name: str, size: int = 0) -> bytes:
    """A file of a `.keras` archive: of `size` bytes at most, or hardly compressed."""
    try:
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo(name)
            if member.file_size > max(size, _MAXIMUM_RATIO * member.compress_size):
                raise WeightsError(
                    f"{path}: {name} would unpack from {member.compress_size:,} to "
                    f"{member.file_size:,} bytes, as no weights do. It was not read."
                )
            return archive.read(member)
    except _DAMAGED as error:
        raise WeightsError(f"{path} is no .keras archive of weights: {error}") from None


def _safetensors(path: str | Path) -> Any:
    safetensors = optional("safetensors", "convert", str(path))
    try:
        return safetensors.safe_open(str(path), framework="numpy")
    except (safetensors.SafetensorError, OSError) as error:
        raise WeightsError(f"{path} is no safetensors file: {error}") from None
