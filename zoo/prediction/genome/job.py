"""All that one prediction of a genome is made of: plain values that can be sent."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

import registry
from zoo.errors import InputError
from zoo.files.stamp import Stamp
from zoo.prediction.genome.tiles import Integers, Tiling

if TYPE_CHECKING:
    from zoo.data.tracks.signals import Missing, Negative

# Values of one part, so that models of thousands of outputs fit as well.
_MAX_PART_VALUES = 1 << 22


@dataclass(frozen=True)
class GenomePrediction:
    """What `zoo.predict_genome` made.

    Attributes:
        paths: The files, in the order of the outputs.
        windows: How many windows the tiles had, those skipped for being all N
            included.
    """

    paths: tuple[Path, ...]
    windows: int


@dataclass(frozen=True)
class RunSettings:
    """What decides the numbers of any run along a genome.

    Attributes:
        release: The release as it was asked for.
        release_sha256: Of its model.json, which pins the weights.
        genome: Absolute path of the FASTA file.
        genome_bytes: Its size when the run began.
        genome_mtime_ns: Its modification time when the run began.
        ambiguous: "error" or "unknown", as in `zoo.data.Genome`.
        strand: "+", "-" or "both".
        batch_size: Windows a batch.
        backend: Of Keras.
        inputs: What the model reads beside the sequence, as in `further_inputs`.
        negative: What values of their bigWig files below 0 are.
        missing: What bases without a value are.
    """

    release: str
    release_sha256: str
    genome: str
    genome_bytes: int
    genome_mtime_ns: int
    ambiguous: str
    strand: str
    batch_size: int
    backend: str
    inputs: dict[str, Any]
    negative: Negative
    missing: Missing

    def find(self) -> registry.Release:
        """The release.

        Raises:
            InputError: It is not the one that the run began with.
        """
        release = registry.find(self.release)
        if release.sha256 != self.release_sha256:
            raise InputError(
                f"{self.release} is another release here than where the run began. "
                "Install the same one on all machines."
            )
        return release

    def check_genome(self) -> None:
        """Refuses a genome that is not the file that the run began with.

        Raises:
            InputError: Its size or modification time is another, or it is gone.
        """
        Stamp(self.genome_bytes, self.genome_mtime_ns).check(
            Path(self.genome),
            self.genome,
            "since the prediction began",
            "Put the old file back and resume, or begin anew.",
        )


@dataclass(frozen=True)
class Settings(RunSettings):
    """What decides the numbers, beside the tiles.

    Attributes:
        logits: Whether the activation is left out.
        skip_unknown: Whether windows of N alone are left out.
        jit_compile: Whether XLA is used on TensorFlow.
        head: Which output of the Keras model; None for the only one.
    """

    logits: bool
    skip_unknown: bool
    jit_compile: bool
    head: str | None


@dataclass(frozen=True)
class Job:
    """The settings, the tiles, and how they are cut into parts.

    Attributes:
        settings: Of the numbers.
        tiling: The tiles, numbered along the genome.
        outputs: How many outputs the model has.
        part_tiles: Tiles in a part; the last one may have fewer.
    """

    settings: Settings
    tiling: Tiling
    outputs: int
    part_tiles: int

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return -(-len(self.tiling) // self.part_tiles)

    def tiles(self, part: int) -> tuple[int, int]:
        """First tile of a part and one past its last."""
        start = part * self.part_tiles
        return start, min(start + self.part_tiles, len(self.tiling))

    @property
    def backend(self) -> str:
        """Of Keras."""
        return self.settings.backend

    def size(self, part: int) -> int:
        """Tiles in a part."""
        start, stop = self.tiles(part)
        return stop - start

    def shape(self, part: int) -> tuple[int, int, int]:
        """Shape (tile, bin, output) of a part's values."""
        return self.size(part), self.tiling.geometry.bins, self.outputs

    def identity(self) -> dict[str, Any]:
        """What two runs must share to continue each other, as JSON takes it.

        Neither the path of the genome nor the name of the release is among it: both
        may be moved.
        """
        tiling = self.tiling
        digest = hashlib.sha256()
        for array in (
            tiling.lengths,
            tiling.contig,
            tiling.first,
            tiling.count,
            *(tiling.regions or ()),
        ):
            digest.update(np.ascontiguousarray(array).tobytes())
        settings = asdict(self.settings)
        del settings["release"], settings["genome"]
        return (
            settings
            | asdict(tiling.geometry)
            | {
                "tiles": len(tiling),
                "tiles_sha256": digest.hexdigest(),
                "outputs": self.outputs,
                "part_tiles": self.part_tiles,
            }
        )


def part_tiles(tiling: Tiling, outputs: int, part_bases: int) -> int:
    """Tiles in a part, so that its windows have about `part_bases` bp."""
    by_input = part_bases // tiling.geometry.window
    by_output = _MAX_PART_VALUES // (tiling.geometry.bins * outputs)
    return max(1, min(by_input, by_output))


class PredictedBins(NamedTuple):
    """Some predicted bins in the order of the genome, one entry per bin.

    Attributes:
        contig: Contig number.
        bin: Number of the bin within its contig.
        start: First base.
        end: One past the last base, within the contig.
        values: float32 `(n, outputs)`.
    """

    contig: Integers
    bin: Integers
    start: Integers
    end: Integers
    values: npt.NDArray[np.float32]
