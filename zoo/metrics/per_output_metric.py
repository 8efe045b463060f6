"""What all metrics share: one value per output, missing targets, the mean."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from zoo.keras_objects import arguments


class PerOutputMetric(keras.metrics.Metric):
    """A metric of each output over all rows seen, and the mean of the outputs.

    Rows are examples, and positions or bins where the outputs have them: all axes but
    the last. A row counts for the outputs whose target is not NaN. State is kept in
    Keras variables, made at the first update, and is the same whatever the order and
    size of the batches, up to the rounding of sums.

    Weights are refused: pass metrics as `metrics`, not as `weighted_metrics`, of
    `model.compile`, and leave rows out by a NaN target.
    """

    num_outputs = 0  # until the first update
    _direction = "up"  # which Keras's callbacks read, as of its own metrics

    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(name=name or type(self).__name__.lower())

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch.

        Args:
            y_true: (batch, ..., num_outputs) targets, NaN where missing; or
                (batch, ...) for one output.
            y_pred: (batch, ..., num_outputs) predictions.
            sample_weight: None.

        Raises:
            ValueError: Shapes differ, or from those before, or there are weights.
        """
        if sample_weight is not None:
            raise ValueError(
                f"{self.name} has no weights: pass it as metrics, not as "
                "weighted_metrics, and leave rows out by a NaN target. Received: "
                "sample_weight"
            )
        y_true = ops.cast(ops.convert_to_tensor(y_true), "float32")
        y_pred = ops.cast(ops.convert_to_tensor(y_pred), "float32")
        if len(y_true.shape) == len(y_pred.shape) - 1 and y_pred.shape[-1] == 1:
            y_true = ops.expand_dims(y_true, -1)
        self._check(tuple(y_true.shape), tuple(y_pred.shape))
        if not self.num_outputs:
            self.num_outputs = int(y_pred.shape[-1])
            self.make_state(self.num_outputs)
        self.add_batch(y_true, y_pred)

    def result(self) -> Any:
        """The mean over the outputs whose value is defined; NaN if there is none."""
        values = self.per_output()
        defined = ops.logical_not(ops.isnan(values))
        total = ops.sum(ops.where(defined, values, 0.0))
        count = ops.sum(ops.cast(defined, "float32"))
        return ops.where(count > 0, total / ops.maximum(count, 1.0), float("nan"))

    def per_output(self) -> Any:
        """The value of each output: float32 (num_outputs,), NaN where not defined.

        Before the first update there is one output, not defined.
        """
        if not self.num_outputs:
            return ops.full((1,), float("nan"), dtype="float32")
        return ops.cast(self.compute(), "float32")

    def make_state(self, num_outputs: int) -> None:
        """Adds the variables; all begin with zeros."""
        raise NotImplementedError

    def add_batch(self, y_true: Any, y_pred: Any) -> None:
        """Adds float32 targets and predictions of one shape, row by row."""
        y_true = ops.reshape(y_true, (-1, self.num_outputs))
        y_pred = ops.reshape(y_pred, (-1, self.num_outputs))
        self.update(y_true, y_pred, ops.logical_not(ops.isnan(y_true)))

    def update(self, y_true: Any, y_pred: Any, known: Any) -> None:
        """Adds float32 rows (n, num_outputs)."""
        raise NotImplementedError

    def compute(self) -> Any:
        """(num_outputs,), NaN where not defined."""
        raise NotImplementedError

    def zeros(self, shape: tuple[int, ...], dtype: str, name: str) -> Any:
        """A variable of zeros; dtype "int" is the one that the backend can place."""
        return self.add_variable(shape, "zeros", dtype=dtype, name=name)

    def add_counts(self, counts: Any, slot: Any, known: Any) -> None:
        """Counts the known rows of each output by their slot.

        Args:
            counts: The variable, (num_outputs, ...): its slots are numbered in a row.
            slot: int32 (n, num_outputs).
            known: bool (n, num_outputs).
        """
        slots = math.prod(counts.shape[1:])
        slot = slot + slots * ops.arange(self.num_outputs, dtype="int32")
        added = ops.segment_sum(
            ops.cast(ops.reshape(known, (-1,)), counts.dtype),
            ops.reshape(slot, (-1,)),
            num_segments=self.num_outputs * slots,
        )
        counts.assign(counts + ops.reshape(added, counts.shape))

    def get_config(self) -> dict[str, Any]:
        """The arguments of the metric."""
        return arguments(self)

    def _check(self, y_true: tuple[Any, ...], y_pred: tuple[Any, ...]) -> None:
        same = len(y_true) == len(y_pred) and all(
            a is None or b is None or a == b
            for a, b in zip(y_true, y_pred, strict=True)
        )
        if not same or len(y_pred) < 2:
            raise ValueError(
                f"{self.name}: y_true and y_pred must have one shape, (batch, ..., "
                f"num_outputs). Received: y_true.shape={y_true}, y_pred.shape={y_pred}"
            )
        if self.num_outputs not in (0, y_pred[-1]):
            raise ValueError(
                f"{self.name} has seen {self.num_outputs} outputs; make a new one for "
                f"another model. Received: y_pred.shape={y_pred}"
            )
