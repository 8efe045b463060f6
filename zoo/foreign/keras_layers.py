"""What a layer of Keras computes, from its name, its arguments and its arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from zoo.errors import WeightsError
from zoo.foreign.arrays import Array
from zoo.foreign.graph import ForeignLayer
from zoo.foreign.operations import (
    Values,
    activate,
    batch_normalization,
    check_size,
    conv1d,
    dense,
    max_pooling1d,
)

Arrays = Mapping[str, Array]
Operation = Callable[[ForeignLayer, Arrays, Sequence[Values]], Values]
#: The order of a layer's variables in a `.keras` archive, which only counts them.
VARIABLES = {
    "Conv1D": ("kernel", "bias"),
    "Dense": ("kernel", "bias"),
    "BatchNormalization": ("gamma", "beta", "moving_mean", "moving_variance"),
    "LayerNormalization": ("gamma", "beta"),
}


def _one(values: int | Sequence[int]) -> int:
    """3 of 3, [3] and (3,)."""
    if isinstance(values, int):
        return values
    (value,) = values
    return int(value)


def _conv1d(layer: ForeignLayer, arrays: Arrays, inputs: Sequence[Values]) -> Values:
    config = layer.config
    return conv1d(
        inputs[0],
        arrays["kernel"],
        arrays.get("bias"),
        padding=config["padding"],
        strides=_one(config["strides"]),
        dilation_rate=_one(config["dilation_rate"]),
    )


def _dense(layer: ForeignLayer, arrays: Arrays, inputs: Sequence[Values]) -> Values:
    return dense(inputs[0], arrays["kernel"], arrays.get("bias"))


def _norm(layer: ForeignLayer, arrays: Arrays, inputs: Sequence[Values]) -> Values:
    return batch_normalization(
        inputs[0],
        *(arrays[name] for name in VARIABLES["BatchNormalization"]),
        epsilon=float(layer.config["epsilon"]),
    )


def _add(layer: ForeignLayer, arrays: Arrays, inputs: Sequence[Values]) -> Values:
    if len({value.shape for value in inputs}) > 1:
        raise WeightsError(f"shapes differ: {[value.shape for value in inputs]}")
    return np.sum(inputs, axis=0)


def _join(layer: ForeignLayer, arrays: Arrays, inputs: Sequence[Values]) -> Values:
    check_size(sum(value.size for value in inputs))
    return np.concatenate(inputs, axis=int(layer.config["axis"]))


def _crop(layer: ForeignLayer, arrays: Arrays, inputs: Sequence[Values]) -> Values:
    start, end = map(int, layer.config["cropping"])
    if start < 0 or end < 0 or start + end >= inputs[0].shape[1]:
        raise WeightsError(f"{start} and {end} cut off {inputs[0].shape[1]} positions")
    return inputs[0][:, start : inputs[0].shape[1] - end]


def _pool(layer: ForeignLayer, arrays: Arrays, inputs: Sequence[Values]) -> Values:
    config = layer.config
    size, strides = _one(config["pool_size"]), config["strides"]
    strides = size if strides is None else _one(strides)
    return max_pooling1d(inputs[0], size, strides, config["padding"])


def _same(layer: ForeignLayer, arrays: Arrays, inputs: Sequence[Values]) -> Values:
    (value,) = inputs
    return value


OPERATIONS: dict[str, Operation] = {
    "Conv1D": _conv1d,
    "Dense": _dense,
    "BatchNormalization": _norm,
    "Add": _add,
    "Concatenate": _join,
    "Cropping1D": _crop,
    "MaxPooling1D": _pool,
    "GlobalAveragePooling1D": lambda layer, arrays, inputs: inputs[0].mean(1),
    "GlobalMaxPooling1D": lambda layer, arrays, inputs: inputs[0].max(1),
    "Flatten": lambda layer, arrays, inputs: inputs[0].reshape(len(inputs[0]), -1),
    "ReLU": lambda layer, arrays, inputs: np.maximum(inputs[0], 0),
    "Activation": _same,
    "Dropout": _same,
    "SpatialDropout1D": _same,
}
# Arguments that would change what a layer computes, and what they have to be.
_PLAIN: dict[str, dict[str, object]] = {
    "Conv1D": {"groups": 1, "data_format": "channels_last"},
    "MaxPooling1D": {"data_format": "channels_last"},
    "Cropping1D": {"data_format": "channels_last"},
    "GlobalAveragePooling1D": {"data_format": "channels_last", "keepdims": False},
    "GlobalMaxPooling1D": {"data_format": "channels_last", "keepdims": False},
    "ReLU": {"max_value": None, "negative_slope": 0, "threshold": 0},
}


def compute(
    layer: ForeignLayer,
    arrays: Arrays,
    inputs: Sequence[Values],
    *,
    logits: bool,
) -> Values:
    """What a layer makes of its inputs.

    Args:
        layer: As the file describes it.
        arrays: Its variables by name.
        inputs: What it takes.
        logits: Leave out its activation.

    Raises:
        WeightsError: It is of a class that is not known here, a `Lambda` say, or what
            is said of it is impossible.
    """
    operation = OPERATIONS.get(layer.class_name)
    if operation is None:
        raise WeightsError(
            "its class is not among those that are computed here: "
            f"{', '.join(OPERATIONS)}. A recipe may say what it does (functions=)"
        )
    for argument, value in _PLAIN.get(layer.class_name, {}).items():
        if layer.config.get(argument, value) != value:
            raise WeightsError(
                f"expected {argument}={value!r}, received "
                f"{layer.config[argument]!r:.80}"
            )
    value = operation(layer, arrays, inputs)
    return value if logits else activate(value, layer.activation)
