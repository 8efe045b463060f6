"""What every writer is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from zoo.prediction.genome.job import PredictedBins


@dataclass(frozen=True)
class Track:
    """What a track file says beside the values.

    Attributes:
        contigs: Names and lengths in bp, in the order of their numbers.
        columns: Of each output, its name and units as one word.
        outputs: Name of each output.
        units: Units of each output.
        bin_size: Length of a bin in bp.
        attributes: How the values were made: release, strand, window, ...
    """

    contigs: Mapping[str, int]
    columns: tuple[str, ...]
    outputs: tuple[str, ...]
    units: tuple[str, ...]
    bin_size: int
    attributes: Mapping[str, str | int]


#: Bins from the first on, of the chosen outputs; each call begins anew.
ReadRows = Callable[[slice], Iterator[PredictedBins]]
#: Writes all values to one path, or each output to a path of its own.
Write = Callable[[list[Path], Track, ReadRows], None]
