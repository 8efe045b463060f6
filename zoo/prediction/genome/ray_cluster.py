"""The same parts on the workers of a Ray cluster, one model per worker."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from registry.errors import SeqzooError
from zoo.errors import check_at_least, optional
from zoo.files.progress import Advance
from zoo.prediction.genome.parts import Parts, PartsFolder, Predictor


class ClusterError(SeqzooError, RuntimeError):
    """The cluster cannot be reached, or its workers were lost again and again."""


@dataclass(frozen=True)
class RayCluster:
    """Workers of a Ray cluster that predict parts of a genome, or score variants.

    Each worker is an actor of its own process: it loads the release, opens the genome
    and writes its parts into the folder beside the output. So release, genome and
    output must be at the same paths on all machines, on shared storage. A part is given
    to the next worker that is free. A worker that is lost is started again, up to
    `restarts` times, and makes its part anew.

    Attributes:
        address: Of a running cluster ("ray://HOST:PORT", "HOST:PORT", "auto"), or
            "local" for one that is started on this machine for this call. If Ray was
            initialized before, that is what is used.
        workers: How many.
        cpus: CPU cores that each worker reserves.
        gpus: GPUs that each worker reserves; a fraction shares one.
        restarts: How often each worker may be started again.
    """

    address: str = "local"
    workers: int = 2
    cpus: float = 1
    gpus: float = 0
    restarts: int = 3

    def check(self) -> None:
        """Refuses what cannot be.

        Raises:
            InputError: No worker, or Ray is not installed.
        """
        check_at_least(1, workers=self.workers)
        check_at_least(0, restarts=self.restarts)
        optional("ray", "ray", "Prediction on a cluster")

    def run(
        self,
        job: Parts,
        folder: PartsFolder,
        parts: Sequence[int],
        advance: Advance,
        opened: Callable[[], Predictor],
    ) -> None:
        """Computes parts and keeps them in the folder.

        Args:
            job: What they are parts of.
            folder: Where they are kept.
            parts: Which ones.
            advance: Called with the size of each part that is done.
            opened: Makes a worker's predictor, with Keras's backend chosen and nothing
                imported.

        Raises:
            ClusterError: Ray cannot be reached, or a worker was lost too often. What
                is done is kept.
            SeqzooError: What a worker refuses, as here.
        """
        import ray

        if not parts:
            return
        with self._connected(ray):
            actor = ray.remote(_Worker).options(
                num_cpus=self.cpus,
                num_gpus=self.gpus,
                max_restarts=self.restarts,
                max_task_retries=-1,
            )
            shared = ray.put(job)
            workers = [
                actor.remote(shared, folder, opened)
                for _ in range(min(self.workers, len(parts)))
            ]
            try:
                _distribute(ray, workers, list(parts), job, advance)
            except ray.exceptions.RayTaskError as error:
                if isinstance(error.cause, SeqzooError):
                    raise error.cause from None
                raise
            except ray.exceptions.RayError as error:
                first_line = str(error).strip().partition("\n")[0]
                raise ClusterError(
                    f"Workers were lost more than {self.restarts} times ({first_line}) "
                    f"{folder.kept}"
                ) from None
            finally:
                for worker in workers:
                    ray.kill(worker)

    @contextlib.contextmanager
    def _connected(self, ray: Any) -> Iterator[None]:
        if ray.is_initialized():
            yield
            return
        local: dict[str, Any] = {}
        if self.address == "local":
            cores = max(1, round(self.workers * self.cpus))
            local = {"num_cpus": cores, "include_dashboard": False}
        try:
            ray.init(
                address=self.address,
                log_to_driver=False,
                logging_level="error",
                **local,
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise ClusterError(
                f"No Ray cluster at {self.address} ({error}). Start one (ray start "
                '--head), or use "local".'
            ) from None
        try:
            yield
        finally:
            ray.shutdown()


class _Worker:
    """One model and one genome; the body of an actor."""

    def __init__(
        self, job: Parts, folder: PartsFolder, opened: Callable[[], Predictor]
    ) -> None:
        self._job = job
        self._folder = folder
        self._opened = opened

    @functools.cached_property
    def _predictor(self) -> Predictor:
        # Not in __init__, whose errors Ray does not hand on.
        os.environ["KERAS_BACKEND"] = self._job.backend
        return self._opened()

    def make(self, part: int) -> int:
        """Makes a part, unless it is there: a lost worker may have finished it."""
        if not self._folder.has(self._job, part):
            read = self._predictor.read(part)
            values = self._predictor.predict(read, lambda count: None)
            self._folder.save(part, values)
        return part


def _distribute(
    ray: Any, workers: list[Any], parts: list[int], job: Parts, advance: Advance
) -> None:
    """Gives each worker two parts at a time, so that none waits for the next."""
    waiting = iter(parts)
    running: dict[Any, Any] = {}

    def give(worker: Any) -> None:
        part = next(waiting, None)
        if part is not None:
            running[worker.make.remote(part)] = worker

    for worker in [*workers, *workers]:
        give(worker)
    while running:
        done, _ = ray.wait(list(running), num_returns=1)
        worker = running.pop(done[0])
        advance(job.size(ray.get(done[0])))
        give(worker)
