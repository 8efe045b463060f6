"""Which steps compute what a change does to each kind of layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from zoo import layers as own
from zoo.inspection.graph import Call, Tensor
from zoo.interpretation.mutagenesis.convolutions import Convolution, Scale
from zoo.interpretation.mutagenesis.merging import Join, Move, Product, Sum
from zoo.interpretation.mutagenesis.pointwise import Local, activation, on_arrays
from zoo.interpretation.mutagenesis.pooling import (
    AveragePooling,
    GlobalAverage,
    GlobalMax,
    MaxPooling,
    Summed,
    Weighted,
)
from zoo.interpretation.mutagenesis.steps import ChangeStep
from zoo.layers.augmentation import Augmentation
from zoo.layers.kmers import ReadsKmers

#: From the call and the tensors that it reads to steps, each reading what the one
#: before makes; the last makes what the call returns. None if there is no rule for it.
Rule = Callable[[Call, Sequence[Tensor]], "list[ChangeStep] | None"]


def steps_of(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    """The steps of a call whose input changes along the sequence.

    Args:
        call: One call of the graph.
        sources: Its inputs, or the tensors that equal them.

    Returns:
        None if there is no rule for it; nothing if it returns its input.
    """
    operation = call.operation
    if len(call.outputs) != 1 or any(len(each.shape) != 3 for each in sources):
        return None
    if getattr(operation, "quantization_mode", None) is not None:
        return None
    if getattr(operation, "data_format", "channels_last") == "channels_first":
        return None
    if call.arguments[1].get("training"):
        return None
    rule = _rule(operation)
    return None if rule is None else rule(call, sources)


def has_rule(operation: Any) -> bool:
    """Whether there is one for a kind of layer, for some of its options at least."""
    return _rule(operation) is not None


def _rule(operation: Any) -> Rule | None:
    if isinstance(operation, Augmentation):
        return _nothing
    if isinstance(operation, ReadsKmers):
        return _kmers
    return RULES.get(type(operation))


def _nothing(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    return [] if len(sources) == 1 else None


def _array(weights: Any) -> Any:
    return np.asarray(ops.convert_to_numpy(weights), np.float32)


def _between(like: Tensor) -> Tensor:
    """A tensor within a call, between its linear part and its activation."""
    return Tensor(keras.KerasTensor(like.shape))


def _first(value: Any) -> int:
    return int(value[0] if isinstance(value, (tuple, list)) else value)


def padding_left(
    padding: str, length: int, size: int, strides: int, dilation_rate: int = 1
) -> int:
    """Positions of padding in front of the first, as TensorFlow has them."""
    reach = (size - 1) * dilation_rate
    if padding == "valid":
        return 0
    if padding == "causal":
        return reach
    units = -(-length // strides)
    return max(0, (units - 1) * strides + reach + 1 - length) // 2


def _convolution(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    layer = call.operation
    kernel = _array(layer.kernel)
    if isinstance(layer, layers.DepthwiseConv1D):
        size, channels, multiplier = kernel.shape
        kernel = kernel.reshape(size, 1, channels * multiplier)
    return _linear(call, sources, kernel, layer.activation, _convolved(layer))


def _convolved(layer: Any) -> Callable[[Any], Any]:
    """The layer without its activation."""

    def before(x: Any) -> Any:
        if isinstance(layer, layers.DepthwiseConv1D):
            y = ops.depthwise_conv(
                x,
                layer.kernel,
                strides=layer.strides,
                padding=layer.padding,
                dilation_rate=layer.dilation_rate,
                data_format="channels_last",
            )
        else:
            padding = layer.padding
            if padding == "causal":
                reach = (layer.kernel_size[0] - 1) * layer.dilation_rate[0]
                x, padding = ops.pad(x, [[0, 0], [reach, 0], [0, 0]]), "valid"
            y = ops.conv(
                x,
                layer.kernel,
                strides=list(layer.strides),
                padding=padding,
                dilation_rate=layer.dilation_rate,
                data_format="channels_last",
            )
        return y if layer.bias is None else ops.add(y, layer.bias)

    return before


def _rc_convolution(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    kernel = _array(call.operation.tied_kernel())
    return _linear(call, sources, kernel, None, None)


def _linear(
    call: Call, sources: Sequence[Tensor], kernel: Any, function: Any, before: Any
) -> list[ChangeStep] | None:
    layer = call.operation
    length = sources[0].shape[1]
    assert length is not None
    strides = _first(getattr(layer, "strides", 1))
    rate = _first(getattr(layer, "dilation_rate", 1))
    padding = getattr(layer, "padding", "valid")
    left = padding_left(padding, length, len(kernel), strides, rate)
    options = {"strides": strides, "dilation_rate": rate, "left": left}
    return _activated(
        lambda result: Convolution(sources, result, kernel, **options),
        call.outputs[0],
        function,
        before,
    )


def _activated(
    linear: Callable[[Tensor], ChangeStep], result: Tensor, function: Any, before: Any
) -> list[ChangeStep] | None:
    if function in (None, keras.activations.linear):
        return [linear(result)]
    if function not in _OF_POSITIONS:
        return None
    first = linear(_between(result))
    second = activation((first.result,), result, function, before)
    return [first, second]


#: Activations of Keras, each of a single position; a softmax is over its channels.
_OF_POSITIONS = {
    keras.activations.get(name)
    for name in (
        *("relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish"),
        *("sigmoid", "hard_sigmoid", "log_sigmoid", "hard_silu", "tanh", "exponential"),
        *("softplus", "softsign", "softmax", "log_softmax", "squareplus"),
    )
}


def _dense(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    layer = call.operation
    kernel = _array(layer.kernel)[None]

    def before(x: Any) -> Any:
        y = ops.matmul(x, layer.kernel)
        return y if layer.bias is None else ops.add(y, layer.bias)

    return _linear(call, sources, kernel, layer.activation, before)


def _normalization(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    layer = call.operation
    if isinstance(layer, layers.BatchNormalization) and layer.axis not in (-1, 2):
        return None
    factor = 1 / np.sqrt(_array(layer.moving_variance) + layer.epsilon)
    if getattr(layer, "scale", True):
        factor = factor * _array(layer.gamma)
    if isinstance(layer, own.RCBatchNormalization):
        factor = _array(layer._strands.expand(ops.convert_to_tensor(factor)))
    return [Scale(sources, call.outputs[0], factor)]


def _rescaling(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    factor = np.asarray(call.operation.scale, np.float32)
    if factor.ndim > 1:
        return None
    return [Scale(sources, call.outputs[0], factor)]


def _activation(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    function = call.operation.activation
    if function is keras.activations.linear:
        return []
    if function not in _OF_POSITIONS:
        return None
    return [activation(sources, call.outputs[0], function)]


def _relu(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    layer = call.operation
    plain = layer.max_value is None and not layer.negative_slope and not layer.threshold
    if plain:
        return [activation(sources, call.outputs[0], keras.activations.relu)]
    return _alone(call, sources)


def _alone(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    """A layer of single positions, called as it is."""
    axis = getattr(call.operation, "axis", -1)
    if axis not in (-1, [-1], 2, [2], (2,), (-1,)):
        return None
    return [Local(sources, call.outputs[0], on_arrays(call.operation))]


def _prelu(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    shared = call.operation.shared_axes
    return _alone(call, sources) if shared and 1 in shared else None


def _kmers(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    layer = call.operation
    function = on_arrays(layer)
    return [Local(sources, call.outputs[0], function, reach=layer.k - 1)]


def _gapped_kmers(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    layer = call.operation
    reach = max(map(len, layer.patterns)) - 1
    return [Summed(sources, call.outputs[0], on_arrays(layer), reach)]


def _pooling(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    layer = call.operation
    size, strides = _first(layer.pool_size), _first(layer.strides)
    length = sources[0].shape[1]
    assert length is not None
    left = padding_left(layer.padding, length, size, strides)
    average = isinstance(layer, layers.AveragePooling1D)
    kind = AveragePooling if average else MaxPooling
    return [kind(sources, call.outputs[0], pool_size=size, strides=strides, left=left)]


def _global_average(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    if call.operation.keepdims:
        return None
    return [GlobalAverage(sources, call.outputs[0])]


def _global_max(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    if call.operation.keepdims:
        return None
    return [GlobalMax(sources, call.outputs[0])]


def _log_sum_exp(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    layer = call.operation
    temperature, beta = np.float64(layer.temperature), 0.0
    if layer.log_temperature is not None:
        temperature = np.exp(_array(layer.log_temperature).astype(np.float64))
    if layer.background is not None:
        beta = ops.convert_to_numpy(layer.beta)
    length = sources[0].shape[1]
    assert length is not None
    less = np.log(length) if layer.reduction == "mean" else 0.0

    def finish(total: Any, _: Any) -> Any:
        total = total - less
        if layer.background is not None:
            total = np.logaddexp(0, total)
        return total * temperature

    def logits(x: Any) -> Any:
        return (x + beta) / temperature

    return [Weighted(sources, call.outputs[0], logits, finish, mean=False)]


def _attention(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    layer = call.operation
    if layer.pool_size is not None:
        return None
    kernel = _array(layer.kernel).astype(np.float64)
    share = kernel.shape[0] // layer.num_heads

    def logits(x: Any) -> Any:
        return np.repeat(x @ kernel, share, axis=-1)

    def finish(_: Any, mean: Any) -> Any:
        return mean

    return [Weighted(sources, call.outputs[0], logits, finish, mean=True)]


def _alike(sources: Sequence[Tensor]) -> bool:
    return len({source.shape[1:] for source in sources}) == 1


def _add(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    if not _alike(sources):
        return None
    average = isinstance(call.operation, layers.Average)
    factor = 1 / len(sources) if average else 1.0
    return [Sum(sources, call.outputs[0], factor)]


def _multiply(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    if not _alike(sources) or len(sources) != 2:
        return None
    return [Product(sources, call.outputs[0])]


def _concatenate(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    if call.operation.axis not in (-1, 2):
        return None
    return [Join(sources, call.outputs[0])]


def _cropping(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    return [Move(sources, call.outputs[0], call.operation.cropping[0])]


def _padding(call: Call, sources: Sequence[Tensor]) -> list[ChangeStep] | None:
    return [Move(sources, call.outputs[0], -call.operation.padding[0])]


#: By the very class: a subclass may compute something else.
RULES: dict[type, Rule] = {
    layers.Conv1D: _convolution,
    layers.DepthwiseConv1D: _convolution,
    layers.Dense: _dense,
    own.RCConv1D: _rc_convolution,
    layers.BatchNormalization: _normalization,
    own.RCBatchNormalization: _normalization,
    layers.Rescaling: _rescaling,
    layers.Activation: _activation,
    layers.ReLU: _relu,
    layers.LeakyReLU: _alone,
    layers.ELU: _alone,
    layers.PReLU: _prelu,
    layers.LayerNormalization: _alone,
    own.RCLayerNormalization: _alone,
    own.RCDense: _alone,
    own.StrandPooling: _alone,
    own.NucleotideEmbedding: _alone,
    own.GappedKmerEmbedding: _gapped_kmers,
    layers.MaxPooling1D: _pooling,
    layers.AveragePooling1D: _pooling,
    layers.GlobalAveragePooling1D: _global_average,
    layers.GlobalMaxPooling1D: _global_max,
    own.LogSumExpPooling: _log_sum_exp,
    own.AttentionPooling: _attention,
    layers.Add: _add,
    layers.Average: _add,
    layers.Multiply: _multiply,
    layers.Concatenate: _concatenate,
    layers.Cropping1D: _cropping,
    layers.ZeroPadding1D: _padding,
    layers.Dropout: _nothing,
    layers.GaussianDropout: _nothing,
    layers.GaussianNoise: _nothing,
    layers.Identity: _nothing,
    layers.ActivityRegularization: _nothing,
    layers.SpatialDropout1D: _nothing,
    own.RCDropout: _nothing,
}
