"""The logits of a run's model, begun at how frequent each label is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from zoo.training.configuration.config import Config

if TYPE_CHECKING:
    from zoo.data.examples import Examples


def start_bias(config: Config, model: keras.Model, train: Examples) -> None:
    """Writes the log-odds of each label into the bias of the logits, in place.

    Otherwise the first epochs learn little but that positives are rare, with steps that
    all outputs share. Known labels only; one more of each kind, so that no label is
    certain. Nothing is written for other tasks, with [heads], where labels count alike
    (training.class_weights), or where the logits are no sum of a layer with a bias.

    Args:
        config: Of the run.
        model: Whose head is new.
        train: Training examples.

    Source:
        Lin et al. 2017, "Focal loss for dense object detection", section 4.1,
        arXiv:1708.02002.
    """
    if config.data.task not in ("binary", "multi-label") or config.heads:
        return
    bias = _bias(model)
    if config.training.class_weights or bias is None or train.targets is None:
        return
    positive = np.nansum(train.targets > 0.5, axis=0, dtype="float64") + 1
    negative = np.nansum(train.targets <= 0.5, axis=0, dtype="float64") + 1
    if positive.shape == tuple(bias.shape):
        bias.assign(np.log(positive / negative))


def _bias(model: keras.Model) -> Any:
    """Of the layer that gives the logits, or the first of those they are a sum of."""
    makers = {id(layer.output): layer for layer in model.layers}
    tensors = list(model.outputs)
    while tensors:
        layer = makers.get(id(tensors.pop(0)))
        bias = getattr(layer, "bias", None)
        if bias is not None:
            return bias
        if isinstance(layer, keras.layers.Add):
            tensors += layer.input
    return None
