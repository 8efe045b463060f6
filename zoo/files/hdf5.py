"""HDF5 that others wrote, read as plain arrays: nothing in it leads out of the file.

Only one plain form of HDF5 is written and accepted: little-endian float data
sets, contiguous and unfiltered, in groups, reached by hard links. Everything
else that HDF5 can do (external and soft links, external storage, virtual data
sets, filters, chunks that declare more than they hold) is refused before any
value is read.
"""

from __future__ import annotations

import contextlib
import io
import mmap
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt

from registry.files import user_path
from zoo.errors import WeightsError

MAXIMUM_DEPTH = 8
_HEAP = b"GCOL\x01"  # of version 1, the only one
_READ = mmap.ACCESS_READ


@contextlib.contextmanager
def opened(
    source: str | Path | bytes, label: str | None = None
) -> Iterator[tuple[dict[str, h5py.Dataset], str]]:
    """All data sets of an HDF5 file by address, none of which leads out of it.

    Args:
        source: A file's path, or its content.
        label: What errors call the file, by default its path.

    Yields:
        The data sets, and what errors call the file.

    Raises:
        WeightsError: The file is damaged, or holds what this format does not allow.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else user_path(source)
    if label is None:
        label = "the weight file" if isinstance(source, bytes) else str(source)
    try:
        with h5py.File(stream, "r") as file:
            try:
                datasets = dict(_datasets(file))
            except WeightsError as error:
                raise WeightsError(f"{label}: {error}") from None
            yield datasets, label
    except WeightsError:
        raise
    # h5py reports a damaged file by errors of many kinds, OverflowError among them.
    except Exception as error:
        raise WeightsError(
            f"{label} cannot be read as HDF5, it is damaged or of another format: "
            f"{error}"
        ) from error


def read_text(path: str | Path, name: str) -> str | None:
    """A text that a file has as an attribute, None if it has none of that name.

    Raises:
        WeightsError: The file is damaged, or the attribute is no text.
    """
    path = user_path(path)
    try:
        with h5py.File(path, "r") as file:
            if name not in file.attrs:
                return None
            attribute = file.attrs.get_id(name)
            kind = h5py.check_string_dtype(attribute.dtype)
            if attribute.shape != () or kind is None:
                raise WeightsError(f"{path}: the attribute {name} is no text.")
            if kind.length is None:
                _check_heaps(path)
            value = file.attrs[name]
            return value.decode("utf-8") if isinstance(value, bytes) else str(value)
    except WeightsError:
        raise
    except Exception as error:  # see `opened`
        raise WeightsError(
            f"{path} cannot be read as HDF5, it is damaged or of another format: "
            f"{error}"
        ) from error


def _check_heaps(path: Path) -> None:
    """Refuses heaps, which hold texts of any length, that HDF5 would read for ever.

    It goes from object to object by their sizes, and does not look whether one of them,
    free space of no size, leads to itself.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=_READ) as content:
        steps, heap = 0, content.find(_HEAP)
        while heap >= 0:
            size = int.from_bytes(content[heap + 8 : heap + 16], "little")
            at, end = heap + 16, min(heap + size, len(content)) - 16
            while at <= end:
                number, _, length = struct.unpack_from("<HxxIQ", content, at)
                ahead = 16 + length + -length % 8 if number else length
                steps += 1
                if ahead == 0 or steps > len(content):
                    raise WeightsError(
                        f"{path} cannot be read as HDF5, it is damaged: a heap of "
                        "texts leads back to itself."
                    )
                at += ahead
            heap = content.find(_HEAP, heap + 1)


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
            "file with zoo.models.weights.save_weights, or h5repack -l CONTI -f NONE."
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
