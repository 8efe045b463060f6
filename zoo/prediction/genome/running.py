"""Part after part on this machine: the next is read while one is computed."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

import registry
from zoo.data.sequences import batch_rows
from zoo.dna import UNKNOWN, Codes
from zoo.errors import InputError
from zoo.files.progress import Advance
from zoo.prediction.forward import of_sequences
from zoo.prediction.genome import outputs
from zoo.prediction.genome.job import Job, check_genome
from zoo.prediction.genome.parts import PartsFolder

if TYPE_CHECKING:
    import keras

    from zoo.data.genomes.genome import Genome


class PartPredictor:
    """A model and a genome, ready to compute any part of a job.

    Args:
        job: What to compute.
        model: What `zoo.load` gives for the release.
        genome: The genome, open.
    """

    def __init__(self, job: Job, model: keras.Model, genome: Genome) -> None:
        settings = job.settings
        release = registry.find(settings.release)
        if release.sha256 != settings.release_sha256:
            raise InputError(
                f"{settings.release} is another release here than where the run began. "
                "Install the same one on all machines."
            )
        self.job = job
        self.genome = genome
        self.rows = batch_rows(settings.batch_size, job.tiling.geometry.window)
        # The compiled function does not keep its model alive.
        self.model = outputs.stranded(model, release, settings.strand)
        self.compute = of_sequences(
            self.model,
            None if settings.logits else outputs.activation(release),
            jit_compile=settings.jit_compile,
        )
        if settings.jit_compile:
            # The first batch of a shape goes without XLA, whose last bits differ: a
            # run that is continued would not be equal to one that was not.
            self.compute(np.zeros((self.rows, job.tiling.geometry.window), np.uint8))

    def read(self, part: int) -> tuple[Codes, npt.NDArray[np.bool_]]:
        """Codes of the windows to predict, and which tiles of the part they are of."""
        settings, tiling = self.job.settings, self.job.tiling
        check_genome(settings)
        places = tiling.places(*self.job.tiles(part))
        codes = self.genome.gather(
            places.contig,
            tiling.window_starts(places),
            tiling.geometry.window,
            beyond="pad",
        )
        chosen = np.ones(len(codes), bool)
        if settings.skip_unknown:
            chosen = codes.min(axis=1) < UNKNOWN
            codes = codes if chosen.all() else codes[chosen]
        return codes, chosen

    def predict(
        self, codes: Codes, chosen: npt.NDArray[np.bool_], advance: Advance
    ) -> npt.NDArray[np.float32]:
        """Values (tile, bin, output) of a part that was read.

        Args:
            codes: What `read` gave.
            chosen: What `read` gave.
            advance: Called with the number of windows after each batch.

        Raises:
            InputError: The model predicts NaN.
        """
        shape = self.job.tiling.geometry
        values = np.empty((len(codes), shape.bins, self.job.outputs), np.float32)
        for start in range(0, len(codes), self.rows):
            batch = codes[start : start + self.rows]
            found = self._batch(batch).reshape(len(batch), -1, self.job.outputs)
            values[start : start + len(batch)] = found[
                :, shape.first_bin : shape.first_bin + shape.bins
            ]
            advance(len(batch))
        if np.isnan(values).any():
            raise InputError(
                f"{self.job.settings.release} predicts NaN, which is no value of a "
                "track. Check the release (seqzoo verify)."
            )
        if chosen.all():
            return values
        advance(len(chosen) - len(codes))
        everywhere = np.full((len(chosen), *values.shape[1:]), np.nan, np.float32)
        everywhere[chosen] = values
        return everywhere

    def _batch(self, codes: Codes) -> npt.NDArray[np.float32]:
        missing = self.rows - len(codes)
        if not (missing and self.job.settings.jit_compile):
            return self.compute(codes)
        # XLA compiles each shape anew.
        return self.compute(np.pad(codes, [(0, missing), (0, 0)]))[: len(codes)]


def run_here(
    predictor: PartPredictor,
    folder: PartsFolder,
    parts: Sequence[int],
    advance: Advance,
) -> None:
    """Computes parts one after the other and keeps them in the folder.

    A thread reads the next part and another writes the one before. Memory is that of
    three parts, whatever the size of the genome.
    """
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        writing: concurrent.futures.Future[None] | None = None
        reading = threads.submit(predictor.read, parts[0]) if parts else None
        for part, following in zip(parts, [*parts[1:], None], strict=True):
            assert reading is not None
            codes, chosen = reading.result()
            if following is not None:
                reading = threads.submit(predictor.read, following)
            values = predictor.predict(codes, chosen, advance)
            if writing is not None:
                writing.result()
            writing = threads.submit(folder.save, part, values)
        if writing is not None:
            writing.result()
