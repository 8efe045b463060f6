"""One model on one device, on several, or on several machines, with one result."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any, Literal

import keras

from registry import plain
from zoo.errors import InputError, check_choice

Kind = Literal["auto", "single", "mirrored", "multi_worker"]
_KINDS = ("auto", "single", "mirrored", "multi_worker")


@dataclass(frozen=True)
class Strategy:
    """Where a model is trained; made by `zoo.training.strategy`.

    Build, compile, fit and evaluate in its scope:

        where = zoo.training.strategy("auto")
        with where.scope():
            model = zoo.create("rc_dilated", num_outputs=1)
            where.compile(model, optimizer="adam", loss="mse")
            model.fit(where.dataset(batches))

    Batches are global: `replicas` devices share each one, and the step is that of one
    device with the whole batch.

    Attributes:
        kind: "single", "mirrored" or "multi_worker".
        replicas: Devices in all workers.
        worker: Number of this process, from 0.
        workers: Processes.
        synchronized: Whether batch normalization has the statistics of the global
            batch.
        distribution: The `tf.distribute.Strategy` or `keras.distribution
            .DataParallel`; None on one device.
    """

    kind: str
    replicas: int = 1
    worker: int = 0
    workers: int = 1
    synchronized: bool = True
    distribution: Any = None

    @property
    def is_chief(self) -> bool:
        """Whether this process is the one that writes files and messages."""
        return self.worker == 0

    def scope(self) -> contextlib.AbstractContextManager[Any]:
        """In which the model is made, compiled and trained."""
        if self.distribution is None:
            return contextlib.nullcontext()
        scope: contextlib.AbstractContextManager[Any] = self.distribution.scope()
        return scope

    def wait_for_all(self) -> None:
        """Returns once every worker has called it, e.g. after one has written a file.

        A worker that does not come lets the others fail after the `timeout`.
        """
        if self.workers == 1:
            return
        import tensorflow as tf

        ones = self.distribution.run(lambda: tf.constant(1.0))
        self.distribution.reduce(tf.distribute.ReduceOp.SUM, ones, axis=None)

    def compile(
        self, model: keras.Model, *, loss: Any, optimizer: Any, **arguments: Any
    ) -> keras.Model:
        """Compiles a model made in the scope so that replicas do as one device does.

        Losses are means over the global batch, gradients are clipped after they are
        summed, batch normalization is synchronized as asked for. On one device, and on
        JAX, where arrays are global, it is `model.compile` and no more.

        Args:
            model: Made in the scope; changed in place.
            loss: As in `model.compile`.
            optimizer: As in `model.compile`.
            **arguments: The others of `model.compile`.

        Returns:
            The model.

        Raises:
            InputError: A loss, an optimizer or XLA that cannot be distributed, or a
                model that was made outside of the scope.
        """
        if self.replicas == 1 or keras.backend.backend() != "tensorflow":
            model.compile(loss=loss, optimizer=optimizer, **arguments)
            return model
        from zoo.training.distribution.global_batch import (
            clip_global_gradients,
            global_losses,
        )
        from zoo.training.distribution.replica_statistics import (
            need_rows,
            set_statistics,
        )

        if model.distribute_strategy is not self.distribution:
            raise InputError(
                "Expected a model made inside `with strategy.scope():`, with its "
                f"weights on {self.replicas} replicas. Received: model {model.name!r}, "
                "made outside"
            )
        if arguments.get("jit_compile") is True:
            raise InputError(
                "Expected jit_compile='auto' or False: TensorFlow cannot compile a "
                "step of several replicas with XLA. Received: jit_compile=True"
            )
        optimizer = keras.optimizers.get(optimizer)
        clip_global_gradients(optimizer)
        if set_statistics(model, synchronized=self.synchronized):
            need_rows(model)
        if self.workers > 1:
            from zoo.training.distribution.keras_multi_worker import mend

            mend(model, self.distribution)
        model.compile(loss=global_losses(loss), optimizer=optimizer, **arguments)
        return model

    def dataset(
        self, data: Any, *, epochs: int | None = 1, sharded: bool = False
    ) -> Any:
        """What to give to `fit` and `evaluate`, on each worker, for global batches.

        The replicas share the rows of each batch in order, as evenly as it goes, and
        see each row once, of an uneven last batch, too. Of a `SequenceDataset` a
        worker reads its own rows only.

        Args:
            data: A `SequenceDataset`; or a `tf.data.Dataset` of global batches, the
                same on every worker; on JAX and on one device whatever `fit` takes.
            epochs: How many a `SequenceDataset` gives before it ends, each in
                its own order; None for no end, which is the fastest, with
                `steps_per_epoch=data.steps_per_epoch` in `fit`.
            sharded: Whether a `tf.data.Dataset` holds this worker's part of each
                global batch only.

        Raises:
            InputError: The data is of neither kind.
        """
        tensorflow = keras.backend.backend() == "tensorflow"
        own = hasattr(data, "sharded")
        if self.distribution is None or not tensorflow:
            if not own or epochs == 1:
                return data
            return data.tensorflow(epochs) if tensorflow else data.repeat()
        from zoo.training.distribution.feeding import replica_batches

        if own:
            sharded = True
            data = data.sharded(self.worker, self.workers).tensorflow(epochs)
        return replica_batches(
            data,
            self.distribution,
            worker=self.worker,
            workers=self.workers,
            sharded=sharded,
        )


def strategy(
    kind: Kind = "auto",
    *,
    devices: int | list[str] | tuple[str, ...] | None = None,
    synchronized: bool = True,
    timeout: float = 600.0,
) -> Strategy:
    """Where to train; call it before anything else of TensorFlow.

    "auto" is "multi_worker" where TF_CONFIG or a SLURM step names several workers,
    "mirrored" with more than one GPU (on JAX, device), otherwise "single".
    "multi_worker" needs one process per worker, each running the same program. On
    PyTorch there is "single" only.

    Args:
        kind: As above.
        devices: This process's: how many, or their names. Without GPUs, the CPU is
            divided into so many, which share its cores: for tests. None for all GPUs.
        synchronized: Whether batch normalization has the statistics of the global
            batch, as on one device, rather than of each replica's rows.
        timeout: Seconds after which a worker gives up waiting for another: longer
            than the longest time between their steps, of which one may include
            compilation, validation or the writing of a checkpoint.

    Raises:
        InputError: The backend, the environment or the devices do not allow it.
    """
    check_choice("kind", kind, _KINDS)
    devices = plain(devices)
    backend = keras.backend.backend()
    if backend == "tensorflow":
        return _tensorflow(kind, devices, synchronized, timeout)
    if backend == "jax":
        return _jax(kind, devices, synchronized)
    if kind not in ("auto", "single"):
        raise InputError(
            "Expected the strategy 'single' or 'auto' on PyTorch; with several "
            f"devices use KERAS_BACKEND=tensorflow or jax. Received: {kind!r}"
        )
    return Strategy("single", synchronized=synchronized)


def _tensorflow(
    kind: str, devices: Any, synchronized: bool, timeout: float
) -> Strategy:
    import tensorflow as tf

    from zoo.training.distribution import cluster

    if kind == "auto":
        kind = "single"
        if cluster.several_workers():
            kind = "multi_worker"
        elif devices is not None or len(tf.config.list_physical_devices("GPU")) > 1:
            kind = "mirrored"
    if kind == "single":
        return Strategy(kind, synchronized=synchronized)
    if kind == "mirrored":
        distribution = tf.distribute.MirroredStrategy(cluster.local_devices(devices))
        return Strategy(
            kind,
            replicas=distribution.num_replicas_in_sync,
            synchronized=synchronized,
            distribution=distribution,
        )
    resolver, worker, workers = cluster.cluster()
    distribution = cluster.connect(resolver, worker, timeout)
    return Strategy(
        kind,
        replicas=distribution.num_replicas_in_sync,
        worker=worker,
        workers=workers,
        synchronized=synchronized,
        distribution=distribution,
    )


def _jax(kind: str, devices: Any, synchronized: bool) -> Strategy:
    present = keras.distribution.list_devices()
    if isinstance(devices, int):
        if not 1 <= devices <= len(present):
            raise InputError(
                f"Expected 1 to {len(present)} devices. Received: {devices}. More of "
                "a CPU come with XLA_FLAGS=--xla_force_host_platform_device_count=2"
            )
        devices = present[:devices]
    chosen = list(present if devices is None else devices)
    if kind == "multi_worker":
        raise InputError(
            "Expected 'single', 'mirrored' or 'auto' on JAX. For several machines use "
            "KERAS_BACKEND=tensorflow. Received: 'multi_worker'"
        )
    if kind == "single" or (kind == "auto" and len(chosen) == 1):
        return Strategy("single", synchronized=synchronized)
    distribution = keras.distribution.DataParallel(devices=chosen)
    return Strategy(
        "mirrored",
        replicas=len(chosen),
        synchronized=True,
        distribution=distribution,
    )


def is_chief(model: keras.Model) -> bool:
    """Whether this process, of those that train a model together, writes its files."""
    if keras.backend.backend() == "jax":
        import jax

        return bool(jax.process_index() == 0)
    if keras.backend.backend() != "tensorflow":
        return True
    resolver = model.distribute_strategy.cluster_resolver
    if resolver is None or resolver.task_type in (None, "chief"):
        return True
    return resolver.task_id == 0 and "chief" not in resolver.cluster_spec().jobs


def scope_of(model: keras.Model) -> contextlib.AbstractContextManager[Any]:
    """In which variables are made where those of a model were."""
    strategy = getattr(model, "distribute_strategy", None)
    return contextlib.nullcontext() if strategy is None else strategy.scope()
