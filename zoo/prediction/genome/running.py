"""One part of a prediction of a genome: its windows read, and predicted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from zoo.data.sequences import batch_rows
from zoo.dna import UNKNOWN
from zoo.errors import InputError
from zoo.files.progress import Advance
from zoo.models.inputs import random_inputs
from zoo.models.interface import sequence_input
from zoo.prediction.forward import Inputs, compiled
from zoo.prediction.genome import outputs
from zoo.prediction.genome.further_inputs import FurtherInputs
from zoo.prediction.genome.job import Job

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
        release = outputs.with_head(settings.find(), settings.head)
        self.job = job
        self.genome = genome
        self.rows = batch_rows(settings.batch_size, job.tiling.geometry.window)
        # The compiled function does not keep its model alive.
        model = outputs.of_head(model, settings.head)
        self.further = FurtherInputs(
            model,
            settings.inputs,
            negative=settings.negative,
            missing=settings.missing,
        )
        self.model = outputs.stranded(model, release, settings.strand)
        self.sequence = sequence_input(self.model)
        self.compute = compiled(
            self.model,
            None if settings.logits else outputs.activation(release),
            jit_compile=settings.jit_compile,
        )
        if settings.jit_compile:
            # The first batch of a shape goes without XLA, whose last bits differ: a
            # run that is continued would not be equal to one that was not.
            window = job.tiling.geometry.window
            codes = np.zeros((self.rows, window), np.uint8)
            others = random_inputs(self.model, self.rows, window)
            self.compute({self.sequence: codes, **others})

    def read(self, part: int) -> tuple[Inputs, npt.NDArray[np.bool_]]:
        """Inputs of the windows to predict, and which tiles of the part they are of."""
        settings, tiling = self.job.settings, self.job.tiling
        settings.check_genome()
        places = tiling.places(*self.job.tiles(part))
        starts, window = tiling.window_starts(places), tiling.geometry.window
        codes = self.genome.gather(places.contig, starts, window, beyond="pad")
        chosen = np.ones(len(codes), bool)
        if settings.skip_unknown:
            chosen = codes.min(axis=1) < UNKNOWN
            codes = codes if chosen.all() else codes[chosen]
        others = self.further.of(
            self.genome, places.contig[chosen], starts[chosen], window
        )
        return {self.sequence: codes, **others}, chosen

    def predict(
        self, windows: tuple[Inputs, npt.NDArray[np.bool_]], advance: Advance
    ) -> npt.NDArray[np.float32]:
        """Values (tile, bin, output) of a part that was read.

        Args:
            windows: What `read` gave.
            advance: Called with the number of windows after each batch.

        Raises:
            InputError: The model predicts NaN or infinite values.
        """
        inputs, chosen = windows
        shape, count = self.job.tiling.geometry, len(inputs[self.sequence])
        values = np.empty((count, shape.bins, self.job.outputs), np.float32)
        for start in range(0, count, self.rows):
            size = min(self.rows, count - start)
            batch = {name: x[start : start + size] for name, x in inputs.items()}
            found = self._batch(batch, size).reshape(size, -1, self.job.outputs)
            values[start : start + size] = found[
                :, shape.first_bin : shape.first_bin + shape.bins
            ]
            advance(size)
        if not np.isfinite(values).all():
            what = "NaN" if np.isnan(values).any() else "infinite values"
            raise InputError(
                f"{self.job.settings.release} predicts {what}, which a track cannot "
                "hold. Check the release (seqzoo verify)."
            )
        if chosen.all():
            return values
        advance(len(chosen) - count)
        everywhere = np.full((len(chosen), *values.shape[1:]), np.nan, np.float32)
        everywhere[chosen] = values
        return everywhere

    def _batch(self, inputs: Inputs, size: int) -> npt.NDArray[np.float32]:
        missing = self.rows - size
        if missing and self.job.settings.jit_compile:
            # XLA compiles each shape anew.
            inputs = {
                name: np.pad(x, [(0, missing)] + [(0, 0)] * (x.ndim - 1))
                for name, x in inputs.items()
            }
        (found,) = self.compute(inputs).values()
        return found[:size]
