"""Part after part, on this machine or a cluster: the next is read meanwhile."""

from __future__ import annotations

import concurrent.futures
import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from zoo.files.progress import Advance, counted
from zoo.prediction.genome.parts import Parts, PartsFolder, Predictor

if TYPE_CHECKING:
    from zoo.prediction.genome.ray_cluster import RayCluster


def compute(
    job: Parts,
    folder: PartsFolder,
    opened: Callable[[], Predictor],
    *,
    unit: str,
    predictor: Callable[[], Predictor] | None = None,
    speed: Callable[[float], str] | None = None,
    cluster: RayCluster | None = None,
    progress: bool = False,
) -> None:
    """Makes the parts that are missing.

    Args:
        job: What they are parts of.
        folder: Where they are kept.
        opened: Makes a predictor in another process.
        unit: What is counted by the job's sizes, in the plural.
        predictor: Makes one in this process, where there is a shorter way.
        speed: As in `zoo.files.progress.counted`.
        cluster: Where to compute; None for here.
        progress: Show progress on standard error.
    """
    missing = folder.missing(job)
    if not missing:
        return
    total = sum(map(job.size, range(job.parts)))
    left = sum(map(job.size, missing))
    with contextlib.ExitStack() as stack:
        advance: Advance = _ignore
        if progress:
            shown = counted(total, total - left, unit, speed=speed)
            advance = stack.enter_context(shown)
        if cluster is not None:
            cluster.run(job, folder, missing, advance, opened)
        else:
            run_here((predictor or opened)(), folder, missing, advance)


def _ignore(count: int) -> None:
    pass


def run_here(
    predictor: Predictor,
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
            inputs = reading.result()
            if following is not None:
                reading = threads.submit(predictor.read, following)
            values = predictor.predict(inputs, advance)
            if writing is not None:
                writing.result()
            writing = threads.submit(folder.save, part, values)
        if writing is not None:
            writing.result()
