"""Parts -> files under their final names, each whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from zoo.data.output import OutputError, explained
from zoo.errors import InputError
from zoo.genome_prediction import writers
from zoo.genome_prediction.job import Job
from zoo.genome_prediction.parts import PartsFolder
from zoo.genome_prediction.writers.track import Track


def assemble(folder: PartsFolder, job: Job, track: Track) -> tuple[Path, ...]:
    """Writes the files within the folder of parts, and then moves them out.

    Returns:
        The files, in the order of the outputs.

    Raises:
        InputError: There is nothing to write.
        OutputError: The disk is full, or a file cannot be replaced.
    """
    final = writers.paths(folder.out, track.outputs)
    if next(folder.rows(job, slice(0, 1)), None) is None:
        folder.remove()
        raise InputError(
            "No window could be predicted: all of them are N. Nothing was written."
        )
    made = [
        folder.path / f"final-{index}{folder.out.suffix}" for index in range(len(final))
    ]
    with explained(str(folder.out), folder.kept):
        try:
            writers.writer(folder.out)(
                made, track, lambda outputs: folder.rows(job, outputs)
            )
        except OutputError as error:
            raise OutputError(f"{folder.out}: {error} {folder.kept}") from None
        for path, target in zip(made, final, strict=True):
            _move(path, target)
    return tuple(final)


def _move(path: Path, target: Path) -> None:
    # Through a link, so that the link stays and its target is replaced.
    target = target.resolve()
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
    if target.exists():
        shutil.copymode(target, path)
    try:
        path.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:  # a link to another file system
            raise
        beside = target.with_name(f".{path.parent.name}-{path.name}")
        shutil.copyfile(path, beside)
        beside.replace(target)
