"""The loss and the gradient of the whole batch, however it is divided over replicas.

Keras takes the mean over each replica's rows, and of those the mean over replicas: not
the mean over all rows if one replica has fewer, as with the last batch of an epoch or
with missing targets. It also clips each replica's gradient before they are summed.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.errors import InputError
from zoo.losses.masked_loss import MaskedLoss

_MEANS = ("sum_over_batch_size", "mean")


@keras.saving.register_keras_serializable(package="seqzoo")
class GlobalBatchLoss(keras.losses.Loss):
    """A loss whose mean is taken over the rows of all replicas of `tf.distribute`.

    With S_r the sum of the losses on replica r, n_r how many there are (known targets,
    for the losses of `zoo.losses`), R replicas:

        value on each replica: sum_r S_r / sum_r n_r / R,
        gradient on replica r: that of S_r / sum_r n_r

    Keras multiplies the value by R where it shows it, and sums the gradients. Both are
    then those of one device with all rows. It costs one reduction of two numbers per
    step. Outside of a strategy with several replicas it is the loss itself. A Keras
    mask on predictions is counted by rows, not by what it lets through.

    Args:
        loss: The loss, with the reduction "sum_over_batch_size", "mean" or "sum"; or a
            function of y_true and y_pred.

    Raises:
        InputError: Another reduction.
    """

    def __init__(self, loss: Any) -> None:
        loss = keras.losses.get(loss)
        if not isinstance(loss, keras.losses.Loss):
            loss = _FunctionLoss(loss)
        if loss.reduction not in (*_MEANS, "sum"):
            raise InputError(
                f"Expected a loss with the reduction {', '.join(_MEANS)} or sum to "
                "train on several replicas: others cannot be divided. Received: "
                f"{loss.name} with reduction={loss.reduction!r}"
            )
        super().__init__(name=loss.name, reduction=loss.reduction, dtype=loss.dtype)
        self.loss = loss

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The value of all replicas, with the gradient of this one's rows."""
        value = self.loss(y_true, y_pred, sample_weight)
        context = _several_replicas()
        if context is None:
            return value
        # Keras does not reduce the losses of no rows, if their number is static.
        value = ops.sum(value)
        replicas = float(context.num_replicas_in_sync)
        if self.reduction == "sum":
            local, count = value, ops.ones((), value.dtype)
        else:
            count = ops.cast(self._count(y_true, y_pred), value.dtype)
            local = value * replicas * count
        sums = context.all_reduce("SUM", ops.stop_gradient(ops.stack([local, count])))
        total = sums[0]
        if self.reduction != "sum":
            local = ops.divide_no_nan(local, sums[1])
            total = ops.divide_no_nan(total, sums[1])
        return local + ops.stop_gradient(total / replicas - local)

    def _count(self, y_true: Any, y_pred: Any) -> Any:
        """What the loss divides by on this replica, up to a factor common to all."""
        if isinstance(self.loss, MaskedLoss):
            y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
            y_true = ops.convert_to_tensor(y_true, dtype=self.dtype)
            known = self.loss.known(self.loss.align(y_true, y_pred), y_pred)
            return ops.sum(ops.cast(known, self.dtype))
        return ops.shape(keras.tree.flatten(y_pred)[0])[0]

    def get_config(self) -> dict[str, Any]:
        """The arguments of the loss."""
        return {"loss": keras.saving.serialize_keras_object(self.loss)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> GlobalBatchLoss:
        """The loss of a config."""
        return cls(keras.saving.deserialize_keras_object(config["loss"]))


@keras.saving.register_keras_serializable(package="seqzoo")
class _FunctionLoss(keras.losses.Loss):
    """The mean of a function of y_true and y_pred."""

    def __init__(self, function: Any) -> None:
        super().__init__(name=function.__name__)
        self.function = function

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self.function(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        return {"function": keras.saving.serialize_keras_object(self.function)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> _FunctionLoss:
        return cls(keras.saving.deserialize_keras_object(config["function"]))


def global_losses(loss: Any) -> Any:
    """The argument `loss` of `compile`, each loss in it made one of all replicas."""
    if loss is None or isinstance(loss, GlobalBatchLoss):
        return loss
    if isinstance(loss, dict):
        return {name: global_losses(one) for name, one in loss.items()}
    if isinstance(loss, list | tuple):
        return type(loss)(global_losses(one) for one in loss)
    return GlobalBatchLoss(loss)


def clip_global_gradients(optimizer: keras.optimizers.Optimizer) -> None:
    """Makes an optimizer clip the sum of all replicas' gradients, not each one's.

    Args:
        optimizer: Changed in place if it has clipnorm, clipvalue or global_clipnorm.

    Raises:
        InputError: It accumulates gradients, which Keras cannot do on replicas.
    """
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if optimizer.gradient_accumulation_steps:
        raise InputError(
            "Expected gradient_accumulation_steps=None: Keras cannot accumulate "
            "gradients on several replicas. Take a larger batch, which the replicas "
            f"share. Received: {optimizer.gradient_accumulation_steps}"
        )
    limits = (optimizer.clipnorm, optimizer.clipvalue, optimizer.global_clipnorm)
    if all(limit is None for limit in limits) or hasattr(optimizer, "_seqzoo_clip"):
        return
    clip = optimizer._clip_gradients

    def clip_sum(gradients: list[Any]) -> list[Any]:
        pairs = reduce([(gradient, None) for gradient in gradients])
        return clip([gradient for gradient, _ in pairs])

    reduce = optimizer._all_reduce_sum_gradients
    optimizer._seqzoo_clip = True
    optimizer._clip_gradients = clip_sum
    # They are sums already when they come here.
    optimizer._all_reduce_sum_gradients = lambda gradients_and_variables: (
        gradients_and_variables
    )


def _several_replicas() -> Any:
    """The context of the replica that is being run, None if there is but one."""
    if keras.backend.backend() != "tensorflow":
        return None
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    if context is None or context.num_replicas_in_sync == 1:
        return None
    return context
