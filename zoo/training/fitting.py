"""`model.fit` that goes on exactly where an earlier run was broken off."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import keras

from zoo.data.batches import SequenceDataset
from zoo.errors import InputError
from zoo.models.creation import trained_on
from zoo.training.checkpointing.checkpoints import Checkpoint
from zoo.training.distribution.strategy import Strategy, is_chief, scope_of
from zoo.training.shapes import check_shapes


def fit(
    model: keras.Model,
    train: keras.utils.PyDataset,
    *,
    epochs: int,
    validation_data: Any = None,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    checkpoint: Checkpoint | str | os.PathLike[str] | None = None,
    strategy: Strategy | None = None,
    verbose: str | int = "auto",
) -> keras.callbacks.History:
    """Trains with `model.fit`; started again, goes on from the newest checkpoint.

    A run that was killed at any moment and is started again ends with the weights,
    logs and callbacks of one that was not, bit by bit where the backend's operations
    are deterministic. Model, data and callbacks are made anew as they were; `epochs`
    may be raised. A run that had ended is not trained further, but ends as it did.

    A callback of one's own that remembers something has `state()`, a dict of numbers,
    text and NumPy arrays, and `restore(state)`; Keras's EarlyStopping,
    ReduceLROnPlateau, ModelCheckpoint and SwapEMAWeights are known.

    Args:
        model: Built and compiled.
        train: `examples.batches(...)`; or a PyDataset of one's own, not yet used,
            whose batches follow from their index and from how often `on_epoch_end`
            was called.
        epochs: How many in all, those of earlier runs included.
        validation_data: As in `model.fit`; the same in every epoch.
        callbacks: As in `model.fit`.
        checkpoint: A `Checkpoint`, its folder, or None for none.
        strategy: Of `zoo.training.strategy`, if there is one.
        verbose: As in `model.fit`.

    Returns:
        Keras's History, of earlier runs' epochs, too.

    Raises:
        CheckpointError: The checkpoints are of another run, all damaged, in use, or
            one cannot be written.
        TrainingStopped: The loss or the weights are not finite.
        TrainingInterrupted: Ctrl-C or SIGTERM, after a checkpoint. A second one stops
            at once.
        InputError: The model is not built or compiled, the data is no PyDataset, or
            examples whose sequences or targets are not of the model's shapes.
    """
    if not isinstance(train, keras.utils.PyDataset):
        raise InputError(
            "Expected examples.batches(...) or a keras.utils.PyDataset as training "
            f"data. Received: {type(train).__name__}"
        )
    if not model.built or not model.compiled:
        raise InputError(
            "Expected a model that is built and compiled. Give it an Input layer, and "
            "call model.compile before."
        )
    if isinstance(train, SequenceDataset):
        check_shapes(model, train)
        trained_on(model, train.examples.sequence_length)
    run = _Run(model, train, epochs, validation_data, list(callbacks), strategy)
    if checkpoint is None:
        return run.go(0, 0, verbose, None)
    if not isinstance(checkpoint, Checkpoint):
        checkpoint = Checkpoint(checkpoint)
    alone = strategy is None or strategy.workers == 1
    with checkpoint.running(run.steps, chief=is_chief(model), alone=alone) as start:
        epoch, step, stopped = start
        return run.go(epochs if stopped else epoch, step, verbose, checkpoint)


class _Run:
    """One training: the rest of an epoch, then whole epochs."""

    def __init__(
        self,
        model: keras.Model,
        train: keras.utils.PyDataset,
        epochs: int,
        validation_data: Any,
        callbacks: list[keras.callbacks.Callback],
        strategy: Strategy | None,
    ) -> None:
        self.model, self.train, self.epochs = model, train, epochs
        self.validation_data, self.callbacks = validation_data, callbacks
        self.strategy = strategy
        if isinstance(train, SequenceDataset):
            self.steps = train.steps_per_epoch
        else:
            self.train = _Replayed(train)
            self.steps = self.train.steps_per_epoch

    def go(
        self, epoch: int, step: int, verbose: str | int, checkpoint: Checkpoint | None
    ) -> keras.callbacks.History:
        model = self.model
        known = [] if checkpoint is None else [checkpoint]
        if verbose == "auto":
            verbose = 1
        callbacks = _Callbacks(
            [*self.callbacks, *known],
            add_history=True,
            add_progbar=bool(verbose),
            verbose=verbose,
            epochs=self.epochs,
            steps=self.steps,
            model=model,
        )
        if isinstance(self.train, _Replayed):
            callbacks.replayed = self.train
        if checkpoint is not None:
            checkpoint.watch = self.callbacks
            if step:
                _build_metrics(model, self.train.batch(epoch, step))
        callbacks.begin()
        if checkpoint is not None:
            _tell(callbacks.history, checkpoint.logs)
        if epoch >= self.epochs:
            # Nothing is left but what fit does after the last epoch.
            model.optimizer.finalize_variable_values(model.trainable_weights)
        if step:
            callbacks.keep_weights = True
            self._fit(epoch, step, epoch + 1, callbacks)
            callbacks.keep_weights = False
            epoch += 1
            if epoch < self.epochs and not model.stop_training:
                # The end of that fit has put averages of weights in their place.
                callbacks.put_back()
        if epoch < self.epochs and not (step and model.stop_training):
            self._fit(epoch, 0, self.epochs, callbacks)
        callbacks.end()
        return callbacks.history

    def _fit(self, epoch: int, step: int, end: int, callbacks: _Callbacks) -> None:
        """Keras's fit asks once for the number of batches of all its epochs."""
        data: Any = self.train.at(epoch, step)
        steps = None
        if isinstance(data, SequenceDataset) and self._streams():
            data = data.tensorflow(end - epoch)
            steps = self.steps - step
        if self.strategy is not None:
            data = self.strategy.dataset(data)
        _build_optimizer(self.model)
        self.model.fit(
            data,
            initial_epoch=epoch,
            epochs=end,
            steps_per_epoch=steps,
            validation_data=self.validation_data,
            callbacks=callbacks,
            shuffle=False,
        )

    def _streams(self) -> bool:
        """Whether TensorFlow gets one stream of all epochs."""
        if keras.backend.backend() != "tensorflow":
            return False
        # Several steps in one call would reach over the end of an epoch.
        return self.steps % self.model.steps_per_execution == 0


class _Callbacks(keras.callbacks.CallbackList):
    """The callbacks of one training, which may be two calls of `model.fit`."""

    replayed: _Replayed | None = None
    keep_weights = False
    _last_logs: Any = None

    def begin(self) -> None:
        self.model.stop_training = False
        super().on_train_begin()

    def end(self) -> None:
        super().on_train_end(self._last_logs)

    @property
    def history(self) -> keras.callbacks.History:
        return next(c for c in self.callbacks if isinstance(c, keras.callbacks.History))

    def on_train_begin(self, logs: Any = None) -> None:
        """Done by `begin`."""

    def on_train_end(self, logs: Any = None) -> None:
        """Done by `end`."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self.replayed is not None:
            self.replayed.begin(epoch)
        super().on_epoch_begin(epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        super().on_epoch_end(epoch, logs)
        self._last_logs = logs
        if self.keep_weights:
            self._weights = [
                keras.ops.convert_to_numpy(v) for v in self.model.trainable_variables
            ]

    def put_back(self) -> None:
        for variable, values in zip(
            self.model.trainable_variables, self._weights, strict=True
        ):
            variable.assign(values)


class _Replayed(keras.utils.PyDataset):
    """A PyDataset brought to an epoch by as many calls of its `on_epoch_end`."""

    def __init__(self, data: keras.utils.PyDataset) -> None:
        super().__init__(
            workers=data.workers,
            use_multiprocessing=data.use_multiprocessing,
            max_queue_size=data.max_queue_size,
        )
        self.data = data
        self.steps_per_epoch = data.num_batches
        self._epoch = self._first = 0
        if self.steps_per_epoch is None:
            raise InputError("Expected a PyDataset with a number of batches.")

    @property
    def num_batches(self) -> int:
        return self.steps_per_epoch - self._first

    def __getitem__(self, index: int) -> Any:
        return self.data[self._first + index]

    def begin(self, epoch: int) -> None:
        if epoch != self._epoch:
            self.at(epoch, 0)

    def at(self, epoch: int, step: int) -> _Replayed:
        for _ in range(self._epoch, epoch):
            self.data.on_epoch_end()
        self._epoch, self._first = epoch, step
        return self

    def batch(self, epoch: int, step: int) -> Any:
        return self.at(epoch, 0).data[step]


def _build_optimizer(model: keras.Model) -> None:
    """Makes the optimizer's variables: TensorFlow traces a step that does it twice."""
    if not model.built or model.optimizer.built:
        return
    with scope_of(model):
        model.optimizer.build(model.trainable_variables)


def _build_metrics(model: keras.Model, batch: Any) -> None:
    """Makes the variables of metrics, which Keras may do in the first step only."""
    x, y, weight = keras.utils.unpack_x_y_sample_weight(batch)
    x, y, weight = keras.tree.map_structure(
        lambda values: None if values is None else values[:1], (x, y, weight)
    )
    outputs = model(x, training=False)
    model.compute_loss(x=x, y=y, y_pred=outputs, sample_weight=weight, training=False)
    model.compute_metrics(x, y, outputs, sample_weight=weight)
    model.reset_metrics()


def _tell(history: keras.callbacks.History, logs: list[dict[str, float]]) -> None:
    """Gives a History the epochs of earlier runs."""
    history.epoch = list(range(len(logs)))
    for epoch in logs:
        for name, value in epoch.items():
            history.history.setdefault(name, []).append(value)
