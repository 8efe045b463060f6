"""Parts -> files under their final names, each whole or not at all."""

from __future__ import annotations

import dataclasses
import errno
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from registry.errors import SeqzooError
from registry.files import publish
from zoo.errors import InputError
from zoo.files.output import OutputError, explained
from zoo.prediction.genome import writers
from zoo.prediction.genome.job import Job, PredictedBins
from zoo.prediction.genome.parts import PartsFolder
from zoo.prediction.genome.writers.track import Track


def assemble(folder: PartsFolder, job: Job, track: Track) -> tuple[Path, ...]:
    """Writes the files within the folder of parts, and then moves them out.

    Returns:
        The files, in the order of the outputs.

    Raises:
        InputError: There is nothing to write.
        OutputError: The disk is full, or a file cannot be replaced.
    """
    final = writers.paths(folder.out, track.outputs)
    if next(_rows(folder, job, slice(0, 1)), None) is None:
        folder.remove()
        raise InputError(
            "No window could be predicted: all of them are N. Nothing was written."
        )
    made = _beside(folder, "final", len(final))
    with explained(str(folder.out), folder.kept):
        try:
            writers.writer(folder.out)(
                made, track, lambda outputs: _rows(folder, job, outputs)
            )
        except OutputError as error:
            raise OutputError(f"{folder.out}: {error} {folder.kept}") from None
        for path, target in zip(made, final, strict=True):
            # Through a link, so that the link stays and its target is replaced.
            publish(path, target.resolve())
    return tuple(final)


def rehearse(folder: PartsFolder, track: Track) -> None:
    """Writes files of one bin, to find out what cannot be before all is computed.

    Raises:
        InputError: The format cannot hold such a track, or a file cannot have its name.
        OutputError: The disk is full, or a folder has the name of a file.
    """
    contigs = track.contigs
    longest = max(contigs, key=contigs.__getitem__)
    chosen = {longest, min(contigs, key=contigs.__getitem__), max(contigs, key=len)}
    trial = dataclasses.replace(
        track, contigs={name: contigs[name] for name in contigs if name in chosen}
    )
    number = np.array([list(trial.contigs).index(longest)])
    start = np.zeros(1, np.int64)
    end = np.array([min(track.bin_size, contigs[longest])])

    def rows(outputs: slice) -> Iterator[PredictedBins]:
        values = np.zeros((1, len(track.outputs)), np.float32)[:, outputs]
        yield PredictedBins(number, start, start, end, values)

    final = writers.paths(folder.out, track.outputs)
    made = _beside(folder, "trial", len(final))
    with explained(str(folder.out)):
        for path in final:
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        try:
            writers.writer(folder.out)(made, trial, rows)
        except (SeqzooError, OSError):
            raise
        except Exception as error:
            raise InputError(
                f"{folder.out}: the format cannot hold these predictions ({error}). "
                f"Write another one: {', '.join(writers.FORMATS)}."
            ) from error
        finally:
            for path in made:
                path.unlink(missing_ok=True)


def _rows(folder: PartsFolder, job: Job, outputs: slice) -> Iterator[PredictedBins]:
    """The predicted bins of all parts, in order; without those left out."""
    tiling = job.tiling
    for part in range(job.parts):
        values = np.load(folder.file(part), mmap_mode="r").reshape(-1, job.outputs)
        contig, number, keep = tiling.bins(tiling.places(*job.tiles(part)))
        keep &= ~np.isnan(values[:, 0])
        contig, number = contig[keep], number[keep]
        start = number * tiling.geometry.bin_size
        end = np.minimum(start + tiling.geometry.bin_size, tiling.lengths[contig])
        if len(contig):
            yield PredictedBins(contig, number, start, end, values[keep, outputs])


def _beside(folder: PartsFolder, stem: str, count: int) -> list[Path]:
    return [folder.path / f"{stem}-{i}{folder.out.suffix}" for i in range(count)]
