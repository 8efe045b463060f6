"""Bins as HDF5: one data set (bins, outputs) a contig."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.files.hdf5_stream import Hdf5Stream
from zoo.prediction.genome.writers.track import ReadRows, Track

_CHUNK_VALUES = 1 << 16


def write(paths: list[Path], track: Track, rows: ReadRows) -> None:
    """Writes float32 data sets under the contigs' names, NaN where nothing is.

    Attributes of the file: outputs, units, bin_size in bp, and how the values were
    made. Row i of a data set is of bases i * bin_size to (i + 1) * bin_size; its
    attribute `length` is that of the contig. Chunks that hold nothing take no room.
    """
    import h5py

    with Hdf5Stream(paths[0]) as stream, h5py.File(stream, "w") as file:
        text = h5py.string_dtype()
        file.attrs.create("outputs", track.outputs, dtype=text)
        file.attrs.create("units", track.units, dtype=text)
        file.attrs["bin_size"] = track.bin_size
        for key, value in track.attributes.items():
            file.attrs[key] = value
        contigs = _data_sets(file, track)
        number, data = -1, None
        for block in rows(slice(None)):
            stream.check()
            # One stretch of neighboring bins at a time.
            breaks = (np.diff(block.bin) != 1) | (np.diff(block.contig) != 0)
            ends = [*(np.flatnonzero(breaks) + 1).tolist(), len(block.bin)]
            start = 0
            for end in ends:
                while number < block.contig[start]:
                    number, data = next(contigs)
                _write_bins(data, int(block.bin[start]), block.values[start:end])
                start = end
        for _ in contigs:
            pass


def _data_sets(file: Any, track: Track) -> Iterator[tuple[int, Any]]:
    """Makes the contigs' data sets one after the other.

    Through HDF5's own functions: those of h5py take ten times as long, which counts in
    an assembly of 100,000 scaffolds. Small data sets are not chunked: the index of
    the chunks alone has 2.6 kB.
    """
    from h5py import h5a, h5d, h5p, h5s, h5t

    space = functools.lru_cache(1 << 10)(h5s.create_simple)
    text, scalar = h5p.create(h5p.LINK_CREATE), h5s.create(h5s.SCALAR)
    text.set_char_encoding(h5t.CSET_UTF8)
    outputs = len(track.outputs)
    rows = max(1, _CHUNK_VALUES // outputs)
    plain, chunked = h5p.create(h5p.DATASET_CREATE), h5p.create(h5p.DATASET_CREATE)
    chunked.set_chunk((rows, outputs))
    for created in (plain, chunked):
        created.set_fill_value(np.array(np.nan, np.float32))
        created.set_obj_track_times(False)
    for number, (name, length) in enumerate(track.contigs.items()):
        bins = -(-length // track.bin_size)
        data = h5d.create(
            file.id,
            name.encode(),
            h5t.IEEE_F32LE,
            space((bins, outputs)),
            dcpl=chunked if bins > rows else plain,
            lcpl=text,
        )
        h5a.create(data, b"length", h5t.STD_I64LE, scalar).write(np.array(length))
        yield number, data


def _write_bins(data: Any, first: int, values: npt.NDArray[np.float32]) -> None:
    from h5py import h5s

    where = memory = h5s.ALL
    if data.shape != values.shape:
        where, memory = data.get_space(), h5s.create_simple(values.shape)
        where.select_hyperslab((first, 0), values.shape)
    data.write(memory, where, np.ascontiguousarray(values))
