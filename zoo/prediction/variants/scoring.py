"""One part of a scoring of variants: its windows read, predicted and compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

import registry
from zoo.data.sequences import batch_rows
from zoo.data.sources.placed import Integers, Placed
from zoo.dna import Codes
from zoo.errors import InputError
from zoo.files.progress import Advance
from zoo.models.interface import outputs_of, sequence_input
from zoo.prediction.forward import Inputs, compiled
from zoo.prediction.genome import outputs
from zoo.prediction.genome.further_inputs import FurtherInputs
from zoo.prediction.variants.job import VariantJob, VariantRows
from zoo.prediction.variants.placement import place
from zoo.prediction.variants.scores import VariantScoring, scores_of

if TYPE_CHECKING:
    import keras

    from zoo.data.genomes.genome import Genome

_BLOCK_BASES = 1 << 22  # bp of windows that are held at a time


def has_bins(model: keras.Model) -> bool:
    """Whether the first output is a profile (batch, bins, outputs)."""
    return len(next(iter(outputs_of(model).values())).shape) == 3


def read_by(model: keras.Model, release: registry.Release, strand: str) -> keras.Model:
    """`zoo.prediction.genome.outputs.stranded`, of equivariant releases without work.

    Their other strand gives the same.
    """
    if strand == "both" and release.symmetry.kind == "equivariant":
        strand = "+"
    return outputs.stranded(model, release, strand)


class AllelePairs(NamedTuple):
    """Windows to predict: row i is of variant `row[i]`."""

    row: Integers
    reference: Codes
    alternate: Codes
    same: npt.NDArray[np.bool_]  # whether the reference is that of the row before
    others: Inputs


class VariantPredictor:
    """A model and a genome, ready to score any part of a job.

    Args:
        job: What to compute.
        model: What `zoo.load` gives for the release.
        genome: The genome, open.
    """

    def __init__(self, job: VariantJob, model: keras.Model, genome: Genome) -> None:
        settings = job.settings
        release = settings.find()
        self.job, self.genome = job, genome
        self.further = FurtherInputs(
            model,
            settings.inputs,
            negative=settings.negative,
            missing=settings.missing,
        )
        # The compiled function does not keep its model alive.
        self.model = read_by(model, release, settings.strand)
        self.sequence = sequence_input(self.model)
        self.compute = compiled(self.model, None)
        profile = has_bins(model)
        self.scoring = VariantScoring(
            scores_of(release, settings.outputs, profile=profile)
        )
        self.pairs = max(1, batch_rows(settings.batch_size, settings.window) // 2)

    def read(self, part: int) -> tuple[int, Placed]:
        """How many variants a part has, and where they lie."""
        self.job.settings.check_genome()
        settings, rows = self.job.settings, VariantRows.read(self.job.file(part))
        placed = place(
            self.genome,
            rows.contig,
            rows.position,
            [*zip(rows.reference, rows.alternate, strict=True)],
            window=settings.window,
            shifts=settings.shifts,
            beyond=settings.beyond,
        )
        return len(rows.record), placed

    def predict(
        self, read: tuple[int, Placed], advance: Advance
    ) -> npt.NDArray[np.float32]:
        """Scores (variant, score) of a part that was read.

        Raises:
            InputError: The model predicts NaN or infinite values.
        """
        count, placed = read
        total = np.zeros((count, len(self.scoring.scores)), np.float64)
        step = max(self.pairs, _BLOCK_BASES // self.job.settings.window)
        for start in range(0, len(placed), step):
            block = placed.subset(np.arange(start, min(start + step, len(placed))))
            found = self.scores(self.windows(block), advance)
            np.add.at(total, block.row, found)
        mean: npt.NDArray[np.float32] = (
            total / np.bincount(placed.row, minlength=count)[:, None]
        ).astype(np.float32)
        if not np.isfinite(mean).all():
            raise InputError(
                f"{self.job.settings.release} predicts NaN or infinite values, which "
                "say nothing of a variant. Check the release (seqzoo verify)."
            )
        return mean

    def windows(self, placed: Placed) -> AllelePairs:
        """The windows of both alleles."""
        window = self.job.settings.window
        reference = placed.reference(self.genome, window)
        same = np.zeros(len(placed), bool)
        same[1:] = (np.diff(placed.contig) == 0) & (np.diff(placed.start) == 0)
        return AllelePairs(
            placed.row,
            reference,
            placed.alternate(self.genome, reference),
            same,
            self.further.of(self.genome, placed.contig, placed.start, window),
        )

    def scores(self, pairs: AllelePairs, advance: Advance) -> npt.NDArray[np.float32]:
        """Scores (pair, score) of windows, batch by batch.

        A reference that is that of the pair before is predicted once.
        """
        found = np.empty((len(pairs.row), len(self.scoring.scores)), np.float32)
        done = 0
        for start in range(0, len(pairs.row), self.pairs):
            rows = slice(start, start + self.pairs)
            same = pairs.same[rows].copy()
            same[0] = False
            own = np.flatnonzero(~same)
            codes = np.concatenate([pairs.reference[rows][own], pairs.alternate[rows]])
            others = {
                name: np.concatenate([x[rows][own], x[rows]])
                for name, x in pairs.others.items()
            }
            values = self._named(self.compute({self.sequence: codes, **others}))
            of = np.cumsum(~same) - 1
            reference = {name: x[: len(own)][of] for name, x in values.items()}
            alternate = {name: x[len(own) :] for name, x in values.items()}
            found[rows] = self.scoring(reference, alternate)
            last = int(pairs.row[min(start + self.pairs, len(pairs.row)) - 1]) + 1
            first = int(pairs.row[0])
            advance(max(0, last - first - done))
            done = max(done, last - first)
        return found

    def _named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """By the head's name, which releases of one output do not have."""
        named = dict(values)
        if len(named) == 1:
            named[""] = next(iter(named.values()))
        return named
