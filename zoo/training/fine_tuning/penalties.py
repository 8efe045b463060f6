"""Regularization towards the weights that fine-tuning starts from (L2-SP)."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from zoo.errors import InputError
from zoo.models.creation import called
from zoo.models.loading import is_fixed, is_head
from zoo.models.weights import layers
from zoo.training.fine_tuning.adapters import ADAPTERS, factors
from zoo.training.fine_tuning.groups import is_batch_normalization


def towards_start(
    model: keras.Model, alpha: float = 0.01, beta: float = 0.01
) -> keras.Model:
    """Adds to the loss what pulls the trunk back to its present weights, in place.

        loss + alpha / 2 * sum over the trunk of (w - w_start)^2
             + beta / 2 * sum over the head of w^2

    with w_start the values at this call. The penalty is a weight regularizer, so it
    works in `fit` on all backends and comes beside regularizers that are there. It
    covers the trainable weights but those of batch normalization, and of tied kernels
    what is learned of them, once for both strands. Of a layer with adapters it is
    alpha / 2 * sum((A B)^2), the way that the kernel has gone; so `add_adapters` comes
    first. It belongs to this session: a saved model does not have it. Frozen weights
    cost nothing and are covered as soon as they are trainable.

    Args:
        model: As it was loaded.
        alpha: Strength for the trunk.
        beta: Strength for the head, which starts anew.

    Returns:
        The same model.

    Raises:
        InputError: A negative number, or the model has such a penalty already.

    Source:
        Li, Grandvalet and Davoine 2018, arXiv:1802.01483, equation 3 (L2-SP), with
        their strengths 0.01 to 0.1 for alpha. Deviation: scale and offset of batch
        normalization are left out.
    """
    if not (alpha >= 0 and beta >= 0):
        raise InputError(
            f"Expected alpha and beta of 0 or more. Received: {alpha}, {beta}"
        )
    found: list[tuple[Any, Any]] = []
    for _, layer in layers(model):
        if is_batch_normalization(layer) or is_fixed(layer):
            continue
        if is_head(layer):
            found += [(v, _Penalty(beta, None, v.regularizer)) for v in _own(layer)]
            continue
        if getattr(layer, "lora_enabled", False):
            for _, a, b in factors(layer):
                found.append((b, _AdapterPenalty(alpha, a, _scale(layer), b)))
        for v in _own(layer):
            # Through NumPy: a tensor's copy would have a gradient on PyTorch.
            start = ops.convert_to_tensor(v.numpy(), v.dtype)
            found.append((v, _Penalty(alpha, start, v.regularizer)))
    if any(isinstance(v.regularizer, _Penalty) for v, _ in found):
        raise InputError(
            f"{called(model)} is pulled towards its start already. To begin anew from "
            "here, load it again."
        )
    for variable, penalty in found:
        variable.regularizer = penalty
    return model


class _Penalty(keras.regularizers.Regularizer):
    """strength / 2 * sum((w - start)^2), and what another regularizer adds."""

    def __init__(self, strength: float, start: Any, other: Any) -> None:
        self.strength, self.start, self.other = strength, start, other

    def __call__(self, w: Any) -> Any:
        penalty = self.strength / 2 * ops.sum(ops.square(self._way(w)))
        return penalty if self.other is None else penalty + self.other(w)

    def _way(self, w: Any) -> Any:
        return w if self.start is None else ops.subtract(w, self.start)


class _AdapterPenalty(_Penalty):
    """strength / 2 * sum((scale A B)^2), as a function of B; it also depends on A."""

    def __init__(self, strength: float, a: Any, scale: float, b: Any) -> None:
        super().__init__(strength, None, b.regularizer)
        self.a, self.scale = a, scale

    def _way(self, w: Any) -> Any:
        return ops.multiply(self.scale, ops.matmul(self.a, w))


def _own(layer: Any) -> list[Any]:
    """The variables that training may change, now or later, but adapters."""
    return [v for v in layer.weights if not v.name.startswith(ADAPTERS)]


def _scale(layer: Any) -> float:
    return float(getattr(layer, "lora_alpha", layer.lora_rank) / layer.lora_rank)
