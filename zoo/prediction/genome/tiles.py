"""Arithmetic of tiles: which window predicts which bins of which contig.

A contig is cut from its first base on into tiles of `step` bp; the last one may reach
beyond the end. Each tile has one window around it, which predicts the bins of that
tile and no others. Positions are 0-based, half-open, in bp unless they say otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from zoo.errors import InputError

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Geometry:
    """How the window of a model lies around a tile.

    Attributes:
        window: Length of the model's input.
        step: Length of a tile.
        bin_size: Length of a bin; a tile has step / bin_size bins.
        first_bin: The tile's first bin among those that the model predicts.
        offset: First base of the tile within the window.
    """

    window: int
    step: int
    bin_size: int
    first_bin: int
    offset: int

    @property
    def bins(self) -> int:
        """Bins in a tile."""
        return self.step // self.bin_size


def whole(window: int) -> Geometry:
    """The geometry of one prediction of all of a window."""
    return Geometry(window, window, window, 0, 0)


def geometry(
    window: int, bins: int | None, bin_size: int | None, step: int | None
) -> Geometry:
    """The geometry of a model's predictions.

    Args:
        window: Length of the model's input in bp.
        bins: How many bins the model predicts, centered in the window; None for one
            prediction per window, which is then of the tile in its center.
        bin_size: Length of a bin in bp; 1 where it is None.
        step: Length of a tile. By default all that a window predicts: its bins, or
            the window itself.

    Raises:
        InputError: A step that is longer than what a window predicts, or that cuts
            through a bin.
    """
    if bins is None:
        step = window if step is None else step
        if not 1 <= step <= window:
            raise InputError(
                f"Expected a step from 1 to {window} bp, the length of a window. "
                f"Received: {step}."
            )
        return Geometry(window, step, step, 0, (window - step) // 2)
    bin_size = bin_size or 1
    predicted = bins * bin_size
    step = predicted if step is None else step
    if not 1 <= step <= predicted or step % bin_size:
        raise InputError(
            f"Expected a step that is a multiple of the bins' {bin_size} bp and at "
            f"most {predicted} bp, which one window predicts. Received: {step}."
        )
    first_bin = (bins - step // bin_size) // 2
    offset = (window - predicted) // 2 + first_bin * bin_size
    return Geometry(window, step, bin_size, first_bin, offset)


class Places(NamedTuple):
    """Contig number and tile number within the contig, one entry per tile."""

    contig: Integers
    tile: Integers


@dataclass(frozen=True, eq=False)
class Tiling:
    """The tiles to predict, numbered from 0 along the genome.

    They come in runs: neighbors on one contig. Runs are sorted by contig and place.

    Attributes:
        geometry: Of the windows.
        lengths: Of the contigs, by their numbers.
        contig: Contig number of each run.
        first: First tile of each run.
        count: Tiles in each run.
        regions: Bins to keep as sorted, disjoint (contig, first bin, end bin), or
            None for all.
    """

    geometry: Geometry
    lengths: Integers
    contig: Integers
    first: Integers
    count: Integers
    regions: tuple[Integers, Integers, Integers] | None = None

    def __len__(self) -> int:
        return int(self.count.sum())

    def places(self, start: int, stop: int) -> Places:
        """Where the tiles numbered from start to stop lie."""
        numbers = np.arange(start, stop)
        ends = np.cumsum(self.count)
        run = np.searchsorted(ends, numbers, side="right")
        tile = self.first[run] + numbers - (ends[run] - self.count[run])
        return Places(self.contig[run], tile)

    def window_starts(self, places: Places) -> Integers:
        """First base of each window; it may lie before the contig."""
        return places.tile * self.geometry.step - self.geometry.offset

    def bins(self, places: Places) -> tuple[Integers, Integers, npt.NDArray[np.bool_]]:
        """The bins of tiles: contig and number of each, and which of them to keep.

        Left out are bins beyond the end of their contig and outside of the regions.
        """
        size, per_tile = self.geometry.bin_size, self.geometry.bins
        contig = np.repeat(places.contig, per_tile)
        number = (places.tile[:, None] * per_tile + np.arange(per_tile)).reshape(-1)
        keep = number * size < self.lengths[contig]
        if self.regions is not None:
            keep &= self._in_regions(contig, number)
        return contig, number, keep

    def _in_regions(self, contig: Integers, number: Integers) -> npt.NDArray[np.bool_]:
        assert self.regions is not None
        where, first, end = self.regions
        # One number for contig and bin, in the order of both.
        stride = int(self.lengths.max()) // self.geometry.bin_size + 2
        key = contig * stride + number
        region = np.searchsorted(where * stride + first, key, side="right") - 1
        inside = key < (where * stride + end)[region]
        return inside & (region >= 0)


def whole_contigs(
    shape: Geometry,
    lengths: Mapping[str, int],
    contigs: Sequence[str] | None,
    beyond: str,
) -> Tiling:
    """The tiling of whole contigs, all of them by default.

    Args:
        shape: Of the windows.
        lengths: Contigs and their lengths in bp.
        contigs: Names of those to take, which must be in `lengths`.
        beyond: "pad" takes every tile, "drop" those whose window lies within.
    """
    numbers = {name: number for number, name in enumerate(lengths)}
    chosen = np.array(
        sorted(numbers[name] for name in set(lengths if contigs is None else contigs)),
        np.int64,
    )
    sizes = np.fromiter(lengths.values(), np.int64, len(lengths))
    first, end = _tile_range(shape, sizes[chosen], beyond)
    return _tiling(shape, sizes, chosen, first, end, None)


def regions(
    shape: Geometry,
    lengths: Mapping[str, int],
    where: Integers,
    start: Integers,
    end: Integers,
    beyond: str,
) -> Tiling:
    """The tiling of regions: every bin that overlaps one, once.

    Args:
        shape: Of the windows.
        lengths: Contigs and their lengths in bp.
        where: Contig number of each region.
        start: First base of each region, within its contig.
        end: One past its last base, within its contig.
        beyond: As in `whole_contigs`.
    """
    sizes = np.fromiter(lengths.values(), np.int64, len(lengths))
    bins = _merged(where, start // shape.bin_size, -(-end // shape.bin_size))
    tiles = _merged(bins[0], bins[1] // shape.bins, -(-bins[2] // shape.bins))
    lowest, highest = _tile_range(shape, sizes[tiles[0]], beyond)
    return _tiling(
        shape,
        sizes,
        tiles[0],
        np.maximum(tiles[1], lowest),
        np.minimum(tiles[2], highest),
        bins,
    )


def _tile_range(
    shape: Geometry, sizes: Integers, beyond: str
) -> tuple[Integers, Integers]:
    """First tile, and one past the last one, of contigs of these lengths."""
    if beyond == "pad":
        return np.zeros_like(sizes), -(-sizes // shape.step)
    first = np.full_like(sizes, -(-shape.offset // shape.step))
    end = (sizes - shape.window + shape.offset) // shape.step + 1
    return first, np.minimum(end, -(-sizes // shape.step))


def _tiling(
    shape: Geometry,
    sizes: Integers,
    contig: Integers,
    first: Integers,
    end: Integers,
    kept: tuple[Integers, Integers, Integers] | None,
) -> Tiling:
    some = end > first
    return Tiling(
        shape, sizes, contig[some], first[some], (end - first)[some], regions=kept
    )


def _merged(
    where: Integers, first: Integers, end: Integers
) -> tuple[Integers, Integers, Integers]:
    """Sorts ranges and merges those that overlap or touch."""
    order = np.lexsort((first, where))
    where, first, end = where[order], first[order], end[order]
    # The furthest end so far: contigs one after the other on one line.
    stride = int(end.max(initial=0)) + 1
    reach = np.maximum.accumulate(where * stride + end)
    new = np.ones(len(where), bool)
    new[1:] = (where * stride + first)[1:] > reach[:-1]
    last = np.append(np.flatnonzero(new)[1:], len(where)) - 1
    kept = where[new]
    return kept, first[new], reach[last] - kept * stride
