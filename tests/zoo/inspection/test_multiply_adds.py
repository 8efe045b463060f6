from __future__ import annotations

from typing import Any

import keras
import pytest
from keras import layers

import zoo
from tests.zoo.architectures.contract import NAMES, case, make
from tests.zoo.layers.contract import Case, cases
from zoo import layers as own
from zoo.inspection.graph import trace
from zoo.inspection.multiply_adds import multiply_adds

LENGTH, CHANNELS = 24, 6
BACKEND = keras.backend.backend()
# Of a closed form that does not ask the backend, two measurements are enough.
measured_backend = pytest.mark.skipif(
    BACKEND == "jax", reason="TensorFlow and PyTorch count operations, JAX estimates"
)
NOT_PROFILED = "TensorFlow's profiler leaves out grouped convolutions, loops and einsum"


def counted(model: keras.Model) -> int:
    numbers = [multiply_adds(call) for call in trace(model).calls]
    assert None not in numbers
    return sum(number for number in numbers if number is not None)


def measured(model: keras.Model) -> float:
    """Multiply-adds of convolutions and matrix products, as the backend counts them."""
    count = _by_torch if BACKEND == "torch" else _by_tensorflow
    return count(model) / 2  # two operations each


def _by_torch(model: keras.Model) -> float:
    from torch.utils.flop_counter import FlopCounterMode

    x = [
        keras.ops.ones((1, *spec.shape[1:]), dtype=spec.dtype) for spec in model.inputs
    ]
    with FlopCounterMode(display=False) as counter:
        model(keras.tree.pack_sequence_as(model.input, x))
    return counter.get_total_flops()


def _by_tensorflow(model: keras.Model) -> float:
    import tensorflow as tf
    from tensorflow.python.framework import convert_to_constants

    specs = [tf.TensorSpec((1, *x.shape[1:]), x.dtype) for x in model.inputs]
    function = tf.function(
        lambda *x: model(keras.tree.pack_sequence_as(model.input, x))
    )
    graph = convert_to_constants.convert_variables_to_constants_v2(
        function.get_concrete_function(*specs)
    ).graph
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(
        profiler.ProfileOptionBuilder.float_operation()
    )
    node = profiler.profile(
        graph, cmd="op", options=options.with_empty_output().build()
    )
    total = 0
    while True:  # kinds of operations, each the child of the one before it
        if node.name in ("Conv2D", "DepthwiseConv2dNative", "MatMul", "BatchMatMulV2"):
            total += node.float_ops
        if not node.children:
            return total
        (node,) = node.children


def model_of(layer: layers.Layer) -> keras.Model:
    inputs = layers.Input((LENGTH, CHANNELS), name="sequence")
    return keras.Model(inputs, layer(inputs))


def attention(inputs: Any) -> Any:
    return layers.MultiHeadAttention(2, 3, value_dim=4)(inputs, inputs)


@measured_backend
@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv1D(8, 5, padding="same"),
        layers.Conv1D(8, 5, strides=2, use_bias=False),
        layers.Conv1D(8, 3, dilation_rate=4),
        layers.Conv1D(8, 3, padding="causal"),
        layers.Conv1D(8, 3, groups=2),
        layers.SeparableConv1D(8, 5, depth_multiplier=2),
        layers.DepthwiseConv1D(5, depth_multiplier=3),
        layers.Dense(7),
        layers.EinsumDense("abc,cd->abd", output_shape=(None, 7)),
        layers.LSTM(5),
        layers.GRU(5, return_sequences=True),
        layers.Bidirectional(layers.LSTM(5)),
        attention,
        own.RCConv1D(8, 5, strides=1, padding="same"),
        own.RCConv1D(8, 5, palindromic_filters=2),
        own.RCDense(4),
    ],
    ids=lambda layer: getattr(layer, "name", "attention"),
)
def test_layers_against_the_backends_count(layer: Any) -> None:
    left_out = (
        isinstance(layer, (layers.RNN, layers.Bidirectional))
        or getattr(layer, "groups", 1) > 1
        or layer is attention
    )
    if BACKEND == "tensorflow" and left_out:
        pytest.skip(NOT_PROFILED)
    model = model_of(layer)
    assert counted(model) == measured(model) > 0


@measured_backend
@pytest.mark.parametrize("name", NAMES)
def test_architectures_against_the_backends_count(name: str) -> None:
    model = make(name, sequence_length=case(name).sequence_length)
    grouped = any(getattr(layer, "groups", 1) > 1 for layer in model.layers)
    if BACKEND == "tensorflow" and (name in ("danq", "explainn") or grouped):
        pytest.skip(NOT_PROFILED)
    assert counted(model) == measured(model)


def test_explainn_by_hand() -> None:
    """Of 33 positions, 100 hidden numbers, one unit's value; 300 units, 81 outputs."""
    hidden, last, head = 33 * 100, 100, 81
    units = 300 * (233 * 19 * 4 + hidden + last + head)
    assert counted(zoo.create("explainn")) == units


def test_deepsea_by_hand() -> None:
    """From the sizes in its paper: maps of 993, 241 and 53 units, filters 8 wide."""
    convolutions = 8 * (993 * 4 * 320 + 241 * 320 * 480 + 53 * 480 * 960)
    dense = 53 * 960 * 925 + 925 * 919
    assert zoo.summary("deepsea").multiply_adds == convolutions + dense


def test_a_transposed_convolution_writes_what_a_convolution_reads() -> None:
    model = model_of(layers.Conv1DTranspose(8, 5, strides=3))
    assert counted(model) == LENGTH * 5 * CHANNELS * 8


def test_a_simple_recurrent_layer_by_hand() -> None:
    """On PyTorch, Keras runs one step more, to see its shapes."""
    assert counted(model_of(layers.SimpleRNN(5))) == LENGTH * (CHANNELS * 5 + 5 * 5)


def test_attention_pooling_weighs_and_adds() -> None:
    logits, weighted_sum = LENGTH * CHANNELS * 2, LENGTH * CHANNELS
    assert counted(model_of(own.AttentionPooling(num_heads=2))) == logits + weighted_sum


@pytest.mark.parametrize(
    "layer",
    [
        *(layers.BatchNormalization(), layers.LayerNormalization(), layers.PReLU()),
        *(layers.MaxPooling1D(2), layers.Dropout(0.1), layers.Flatten()),
        *(own.LogSumExpPooling(), own.StrandPooling()),
    ],
    ids=lambda layer: layer.name,
)
def test_what_is_not_counted(layer: layers.Layer) -> None:
    assert counted(model_of(layer)) == 0


@pytest.mark.parametrize(
    "case_", [pytest.param(c, id=n) for n, each in cases().items() for c in each[:1]]
)
def test_every_public_layer_is_known(case_: Case) -> None:
    counted(case_.as_model(case_.lengths[0]))


class Custom(layers.Layer):
    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], 3))

    def call(self, x: Any) -> Any:
        return keras.ops.matmul(x, self.kernel)


class Declared(Custom):
    def multiply_adds(self, input_shape: Any) -> int:
        return input_shape[1] * input_shape[2] * 3


def test_an_unknown_layer_with_weights_is_not_guessed() -> None:
    (call,) = trace(model_of(Custom())).calls
    assert multiply_adds(call) is None
    assert counted(model_of(Declared())) == LENGTH * CHANNELS * 3
