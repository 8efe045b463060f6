"""A model's forward pass, compiled once for each model on the backend in use."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from zoo.dna import ALPHABET
from zoo.errors import InputError
from zoo.layers.one_hot import one_hot
from zoo.models.creation import called, check_model

Predictions = npt.NDArray[np.float32]
Compute = Callable[[npt.NDArray[Any]], Predictions]

_XLA_MAX_SHAPES = 16  # each takes seconds to compile

# The compiled functions know their model by a weak reference: a strong one would
# keep every model for ever, as the value of its own key.
_compiled: weakref.WeakKeyDictionary[keras.Model, dict[Any, Compute]] = (
    weakref.WeakKeyDictionary()
)


def compiled(
    model: keras.Model,
    activation: str | None,
    *,
    jit_compile: bool = False,
    run_eagerly: bool = False,
) -> Compute:
    """The function that computes one batch in inference mode.

    It sees new weights of the model. It is made anew if the model gets other
    variables, as by `quantize`.

    Args:
        model: One input (batch, length, 4), one output.
        activation: A name of `keras.activations` to apply to the output, or None.
        jit_compile: Use XLA on TensorFlow, for shapes that come twice. JAX always
            does, PyTorch never.
        run_eagerly: Compute op by op on TensorFlow, without a graph.

    Returns:
        A function of uint8 codes (batch, length) or float32 one-hot (batch, length,
        4) to float32 predictions.

    Raises:
        InputError: No model, or no such activation.
    """
    check_model(model)
    try:
        apply = keras.activations.get(activation)
    except ValueError:
        raise InputError(
            "Expected the name of a Keras activation, such as 'sigmoid' or 'softmax'. "
            f"Received: {activation!r}"
        ) from None
    functions = _compiled.setdefault(model, {})
    key = (activation, jit_compile, run_eagerly, tuple(map(id, model.variables)))
    if key not in functions:
        alive = weakref.ref(model)
        backend = keras.backend.backend()
        if backend == "tensorflow" and not run_eagerly:
            functions[key] = _tensorflow(alive, apply, jit_compile)
        else:
            make = {"jax": _jax, "torch": _torch}.get(backend, _eager)
            functions[key] = make(alive, apply)
    return functions[key]


def _one_hot(inputs: Any) -> Any:
    """One-hot of codes, within the graph: one byte a base crosses the border."""
    if keras.backend.standardize_dtype(inputs.dtype) != "uint8":
        return inputs
    return one_hot(inputs)


def _finish(output: Any, apply: Callable[[Any], Any]) -> Any:
    if not hasattr(output, "shape"):
        raise InputError(
            "Expected a model with one output. Received: one with "
            f"{len(output)} outputs. Make a keras.Model of its input and one output."
        )
    # Activations of half-precision logits would lose digits.
    return apply(ops.cast(output, "float32"))


def _eager(model: Callable[[], Any], apply: Callable[[Any], Any]) -> Compute:
    def compute(inputs: npt.NDArray[Any]) -> Predictions:
        tensor = ops.convert_to_tensor(inputs)
        output = model()(_one_hot(tensor), training=False)
        return np.asarray(ops.convert_to_numpy(_finish(output, apply)))

    return compute


def _torch(model: Callable[[], Any], apply: Callable[[Any], Any]) -> Compute:
    import torch

    eager = _eager(model, apply)

    def compute(inputs: npt.NDArray[Any]) -> Predictions:
        with torch.inference_mode():
            return eager(inputs)

    return compute


def _jax(model: Callable[[], Any], apply: Callable[[Any], Any]) -> Compute:
    import jax

    @jax.jit
    def run(trainable: list[Any], non_trainable: list[Any], inputs: Any) -> Any:
        output, _ = model().stateless_call(
            trainable, non_trainable, _one_hot(inputs), training=False
        )
        return _finish(output, apply)

    def compute(inputs: npt.NDArray[Any]) -> Predictions:
        alive = model()
        rows = len(inputs)
        # Each new shape is compiled: batches are filled up to powers of two.
        padding = (1 << (rows - 1).bit_length()) - rows
        inputs = np.pad(inputs, [(0, padding)] + [(0, 0)] * (inputs.ndim - 1))
        output = run(
            [v.value for v in alive.trainable_variables],
            [v.value for v in alive.non_trainable_variables],
            inputs,
        )
        return np.asarray(output)[:rows]

    return compute


def _tensorflow(
    model: Callable[[], Any], apply: Callable[[Any], Any], jit_compile: bool
) -> Compute:
    import tensorflow as tf

    def run(inputs: Any) -> Any:
        return _finish(model()(_one_hot(inputs), training=False), apply)

    # TensorFlow counts traces by code object and would warn of the fifth model as of
    # a function that is traced five times; each partial object counts for itself.
    run = functools.partial(run)
    length = input_length(model())
    # One graph for all shapes; XLA would compile each of them anew.
    codes = tf.TensorSpec((None, length), tf.uint8)
    one_hot = tf.TensorSpec((None, length, len(ALPHABET)), tf.float32)
    graphs = {
        2: tf.function(run, input_signature=[codes], autograph=False),
        3: tf.function(run, input_signature=[one_hot], autograph=False),
    }

    def compute(inputs: npt.NDArray[Any]) -> Predictions:
        return graphs[inputs.ndim](tf.constant(inputs)).numpy()

    if not jit_compile:
        return compute

    xla = tf.function(run, jit_compile=True, autograph=False)
    # Whether XLA takes a shape: the last batch is often the only one of its own.
    known: dict[tuple[int, ...], bool] = {}

    def compute_fast(inputs: npt.NDArray[Any]) -> Predictions:
        shape = inputs.shape
        if known.get(shape):
            try:
                return xla(tf.constant(inputs)).numpy()
            except tf.errors.InvalidArgumentError:
                # An operation that XLA does not have.
                known[shape] = False
        elif shape not in known and len(known) < _XLA_MAX_SHAPES:
            known[shape] = True
        return compute(inputs)

    return compute_fast


def input_length(model: keras.Model) -> int | None:
    """The one length in bp that the model takes, or None if it takes any.

    Raises:
        InputError: The model has not one input (batch, length, 4).
    """
    inputs = getattr(model, "inputs", None)
    if inputs is None:
        raise InputError(
            "Expected a model whose input is known: functional, or Sequential with "
            f"an Input. Received: {called(model)}, a {type(model).__name__}."
        )
    shapes = [tuple(tensor.shape) for tensor in inputs]
    if len(shapes) != 1 or len(shapes[0]) != 3 or shapes[0][2] != len(ALPHABET):
        raise InputError(
            "Expected a model with one input (batch, length, 4). Received: "
            f"{called(model)} with input{'s' * (len(shapes) != 1)} "
            f"{', '.join(map(str, shapes))}."
        )
    return shapes[0][1]
