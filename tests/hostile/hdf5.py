"""What a weight file must not hold: each function spoils the data set at one address.

`other` is a file outside the release that holds, under /secret, values of the right
shape: a reader that follows a link to it succeeds, and is found out by that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np


def write_other(path: Path, shape: tuple[int, ...]) -> None:
    """Writes the file that links lead to: HDF5 whose first bytes are the values."""
    values = np.ones(shape, "<f4")
    with h5py.File(path, "w", userblock_size=1 << 12) as file:
        file["secret"] = values
    with path.open("r+b") as file:
        file.write(values.tobytes()[: 1 << 12])


def _taken(file: h5py.File, address: str) -> tuple[int, ...]:
    """Removes a data set and returns its shape."""
    shape: tuple[int, ...] = file[address].shape
    del file[address]
    return shape


def external_link(file: h5py.File, address: str, other: Path) -> None:
    del file[address]
    file[address] = h5py.ExternalLink(str(other), "/secret")


def soft_link(file: h5py.File, address: str, other: Path) -> None:
    file["c"] = file[address][()]
    del file[address]
    file[address] = h5py.SoftLink("/c")


def soft_link_group(file: h5py.File, address: str, other: Path) -> None:
    group = address.partition("/")[0]
    file.move(group, "c")
    file[group] = h5py.SoftLink("/c")


def external_link_group(file: h5py.File, address: str, other: Path) -> None:
    group = address.partition("/")[0]
    del file[group]
    file[group] = h5py.ExternalLink(str(other), "/")


def external_storage(file: h5py.File, address: str, other: Path) -> None:
    file.create_dataset(
        address,
        _taken(file, address),
        "<f4",
        external=[(str(other), 0, h5py.h5f.UNLIMITED)],
    )


def virtual(file: h5py.File, address: str, other: Path) -> None:
    shape = _taken(file, address)
    layout = h5py.VirtualLayout(shape, "<f4")
    layout[...] = h5py.VirtualSource(str(other), "secret", shape)
    file.create_virtual_dataset(address, layout)


def chunked(file: h5py.File, address: str, other: Path) -> None:
    values = file[address][()]
    del file[address]
    file.create_dataset(address, data=values, chunks=True)


def compressed(file: h5py.File, address: str, other: Path) -> None:
    values = file[address][()]
    del file[address]
    file.create_dataset(address, data=values, compression="gzip")


def shape_bomb(file: h5py.File, address: str, other: Path) -> None:
    del file[address]
    file.create_dataset(address, (2**40,), "<f4")


def compressed_bomb(file: h5py.File, address: str, other: Path) -> None:
    del file[address]
    data = file.create_dataset(
        address, (2**40,), "<f4", chunks=(2**20,), compression="gzip", fillvalue=1
    )
    data[: 2**20] = 0


def extra_bomb(file: h5py.File, address: str, other: Path) -> None:
    file.create_dataset("c/kernel", (2**40,), "<f4")


def unwritten(file: h5py.File, address: str, other: Path) -> None:
    file.create_dataset(address, _taken(file, address), "<f4")


def missing(file: h5py.File, address: str, other: Path) -> None:
    del file[address]


def extra(file: h5py.File, address: str, other: Path) -> None:
    file["c/kernel"] = np.zeros(3, "f4")


def misshapen(file: h5py.File, address: str, other: Path) -> None:
    file[address] = np.zeros((*_taken(file, address), 2), "f4")


def empty(file: h5py.File, address: str, other: Path) -> None:
    del file[address]
    file[address] = h5py.Empty("f4")


def _other_type(file: h5py.File, address: str, dtype: Any) -> None:
    file[address] = np.zeros(_taken(file, address), dtype)


def double_precision(file: h5py.File, address: str, other: Path) -> None:
    _other_type(file, address, "f8")


def big_endian(file: h5py.File, address: str, other: Path) -> None:
    _other_type(file, address, ">f4")


def strings(file: h5py.File, address: str, other: Path) -> None:
    _other_type(file, address, "S3")


def variable_strings(file: h5py.File, address: str, other: Path) -> None:
    shape = _taken(file, address)
    file.create_dataset(address, data=np.full(shape, b"x"), dtype=h5py.string_dtype())


def compound(file: h5py.File, address: str, other: Path) -> None:
    _other_type(file, address, [("x", "f4")])


def references(file: h5py.File, address: str, other: Path) -> None:
    shape = _taken(file, address)
    data = file.create_dataset(address, shape, h5py.ref_dtype)
    data[...] = file["/"].ref


def region_references(file: h5py.File, address: str, other: Path) -> None:
    shape = _taken(file, address)
    file["c"] = np.zeros(3, "f4")
    data = file.create_dataset(address, shape, h5py.regionref_dtype)
    data[...] = file["c"].regionref[0:2]


def named_type(file: h5py.File, address: str, other: Path) -> None:
    file[f"{address.partition('/')[0]}/type"] = np.dtype("f4")


def endless_groups(file: h5py.File, address: str, other: Path) -> None:
    group = address.partition("/")[0]
    file[f"{group}/loop"] = file[group]


def deep_groups(file: h5py.File, address: str, other: Path) -> None:
    file["/".join(["c"] * 500)] = np.zeros(1, "f4")


def escaping_name(file: h5py.File, address: str, other: Path) -> None:
    file["../c"] = np.zeros(1, "f4")


def not_a_number(file: h5py.File, address: str, other: Path) -> None:
    data = file[address]
    data[(0,) * data.ndim] = np.nan


def infinite(file: h5py.File, address: str, other: Path) -> None:
    data = file[address]
    data[(0,) * data.ndim] = -np.inf


# What each gives, as zoo.models.weights words it.
DAMAGE = {
    external_link: "is an ExternalLink",
    soft_link: "is a SoftLink",
    soft_link_group: "is a SoftLink",
    external_link_group: "is an ExternalLink",
    external_storage: "outside the weight file",
    virtual: "outside the weight file",
    chunked: "contiguous",
    compressed: "contiguous",
    shape_bomb: r"expected float32 \(.*\), received",
    compressed_bomb: "contiguous",
    extra_bomb: "Unknown to the model: c/kernel",
    unwritten: "stores 0 bytes",
    missing: "Missing in the file: ",
    extra: "Unknown to the model: c/kernel",
    misshapen: r"expected float32 \(.*\), received float32 \(.*, 2\)",
    empty: "contiguous|received",
    double_precision: "received float64",
    big_endian: "received >f4",
    strings: "received",
    variable_strings: "received",
    compound: "received",
    references: "received",
    region_references: "received|Unknown",
    named_type: "is no data set",
    endless_groups: "nest at most",
    deep_groups: "nest at most",
    escaping_name: r"Unknown to the model: \.\./c",
    not_a_number: "NaN or infinite values in: ",
    infinite: "NaN or infinite values in: ",
}
