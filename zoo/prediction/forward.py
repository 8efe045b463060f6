"""A model's forward pass, compiled once for each model on the backend in use."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from zoo.errors import InputError
from zoo.layers.one_hot import one_hot
from zoo.models.activations import in_units
from zoo.models.creation import check_model
from zoo.models.interface import (
    as_inputs,
    by_name,
    inputs_of,
    outputs_of,
    sequence_input,
)
from zoo.models.outputs import by_head

Array = npt.NDArray[Any]
Predictions = npt.NDArray[np.float32]
#: By the name of the input.
Inputs = Mapping[str, Array]
#: By the name of the output.
Outputs = dict[str, Predictions]
#: The name of one activation for all outputs, or of each by the output's name.
Activation = str | Mapping[str, str | None] | None
Compute = Callable[[Inputs], Outputs]

_XLA_MAX_SHAPES = 16  # each takes seconds to compile

# The compiled functions know their model by a weak reference: a strong one would
# keep every model forever, as the value of its own key.
_compiled: weakref.WeakKeyDictionary[keras.Model, dict[Any, Compute]] = (
    weakref.WeakKeyDictionary()
)


def compiled(
    model: keras.Model,
    activation: Activation,
    *,
    jit_compile: bool = False,
    run_eagerly: bool = False,
) -> Compute:
    """The function that computes one batch in inference mode.

    It sees new weights of the model. It is made anew if the model gets other
    variables, as by `quantize`.

    Args:
        model: One of its inputs is DNA, see `zoo.models.interface.sequence_input`.
        activation: A name to apply to every output, see `in_units`, or such
            names by output; None for the outputs as they are.
        jit_compile: Use XLA on TensorFlow, for shapes that come twice. JAX always
            does, PyTorch never.
        run_eagerly: Compute op by op on TensorFlow, without a graph.

    Returns:
        A function of arrays by the name of the input, DNA as uint8 codes (batch,
        length) or float32 one-hot (batch, length, 4), to float32 predictions by the
        name of the output.

    Raises:
        InputError: No model, no sequence among its inputs, or no such activation or
            output.
    """
    check_model(model)
    sequence = sequence_input(model)
    apply = activations(model, activation)
    functions = _compiled.setdefault(model, {})
    variables = tuple(map(id, model.variables))
    key = (tuple(apply.items()), jit_compile, run_eagerly, variables)
    if key not in functions:
        alive = weakref.ref(model)
        pass_ = _Pass(alive, sequence, apply)
        backend = keras.backend.backend()
        if backend == "tensorflow" and not run_eagerly:
            functions[key] = _tensorflow(pass_, jit_compile)
        else:
            make = {"jax": _jax, "torch": _torch}.get(backend, _eager)
            functions[key] = make(pass_)
    return functions[key]


def activations(
    model: keras.Model, activation: Activation
) -> dict[str, Callable[[Any], Any]]:
    """The function of each output, by its name: that of a release is calibrated.

    Raises:
        InputError: No such activation or output, or one that is not for its shape.
    """
    outputs, known = outputs_of(model), by_head(model)
    named = (
        activation
        if isinstance(activation, Mapping)
        else dict.fromkeys(outputs, activation)
    )
    if unknown := sorted(named.keys() - set(outputs)):
        raise InputError(
            f"activation: expected names of outputs, {', '.join(map(repr, outputs))}. "
            f"Received: {', '.join(map(repr, unknown))}."
        )
    return {
        name: in_units(
            named.get(name), name, known[name], profile=len(tensor.shape) == 3
        )
        for name, tensor in outputs.items()
    }


class _Pass:
    """What is computed of one batch of tensors, whatever compiles it."""

    def __init__(
        self,
        model: Callable[[], Any],
        sequence: str,
        apply: Mapping[str, Callable[[Any], Any]],
    ) -> None:
        self.model = model
        self.sequence = sequence
        self.apply = apply

    def inputs(self, named: Mapping[str, Any]) -> Any:
        """As the model takes them: one byte per base crosses the border."""
        x = named[self.sequence]
        if keras.backend.standardize_dtype(x.dtype) == "uint8":
            x = one_hot(x)
        return as_inputs(self.model(), {**named, self.sequence: x})

    def outputs(self, outputs: Any) -> dict[str, Any]:
        """Of a call, by name, behind their activations."""
        # Activations of half-precision logits would lose digits.
        named = by_name(self.model(), outputs)
        return {
            name: apply(ops.cast(named[name], "float32"))
            for name, apply in self.apply.items()
        }

    def __call__(self, named: Mapping[str, Any]) -> dict[str, Any]:
        return self.outputs(self.model()(self.inputs(named), training=False))


def _eager(forward: _Pass) -> Compute:
    def compute(inputs: Inputs) -> Outputs:
        tensors = {name: ops.convert_to_tensor(x) for name, x in inputs.items()}
        return {
            name: np.asarray(ops.convert_to_numpy(output))
            for name, output in forward(tensors).items()
        }

    return compute


def _torch(forward: _Pass) -> Compute:
    import torch

    eager = _eager(forward)

    def compute(inputs: Inputs) -> Outputs:
        with torch.inference_mode():
            return eager(inputs)

    return compute


def _jax(forward: _Pass) -> Compute:
    import jax

    @jax.jit
    def run(
        trainable: list[Any], non_trainable: list[Any], inputs: dict[str, Any]
    ) -> Any:
        outputs, _ = forward.model().stateless_call(
            trainable, non_trainable, forward.inputs(inputs), training=False
        )
        return forward.outputs(outputs)

    def compute(inputs: Inputs) -> Outputs:
        alive = forward.model()
        rows = len(inputs[forward.sequence])
        # Each new shape is compiled: batches are filled up to powers of two.
        padding = (1 << (rows - 1).bit_length()) - rows
        padded = {
            name: np.pad(x, [(0, padding)] + [(0, 0)] * (x.ndim - 1))
            for name, x in inputs.items()
        }
        outputs = run(
            [v.value for v in alive.trainable_variables],
            [v.value for v in alive.non_trainable_variables],
            padded,
        )
        # A dict comes out of JAX in the order of its keys.
        return {name: np.asarray(outputs[name])[:rows] for name in forward.apply}

    return compute


def _tensorflow(forward: _Pass, jit_compile: bool) -> Compute:
    import tensorflow as tf

    def run(inputs: Any) -> Any:
        return forward(inputs)

    # TensorFlow counts traces by code object and would warn of the fifth model as of
    # a function that is traced five times; each partial object counts for itself.
    run = functools.partial(run)
    specs = {
        name: tf.TensorSpec(tensor.shape, tensor.dtype)
        for name, tensor in inputs_of(forward.model()).items()
    }
    one_hot = specs[forward.sequence]
    codes = tf.TensorSpec(one_hot.shape[:2], tf.uint8)
    # One graph for all shapes; XLA would compile each of them anew.
    graphs = {
        spec.shape.rank: tf.function(
            run,
            input_signature=[
                {**specs, forward.sequence: tf.TensorSpec(spec.shape, dtype)}
            ],
            autograph=False,
        )
        for spec, dtype in ((codes, tf.uint8), (one_hot, tf.float32))
    }

    def tensors(inputs: Inputs) -> dict[str, Any]:
        return {name: tf.constant(x) for name, x in inputs.items()}

    def arrays(outputs: dict[str, Any]) -> Outputs:
        return {name: outputs[name].numpy() for name in forward.apply}

    def compute(inputs: Inputs) -> Outputs:
        return arrays(graphs[inputs[forward.sequence].ndim](tensors(inputs)))

    if not jit_compile:
        return compute

    xla = tf.function(run, jit_compile=True, autograph=False)
    # Whether XLA takes a shape: the last batch is often the only one of its own.
    known: dict[tuple[int, ...], bool] = {}

    def compute_fast(inputs: Inputs) -> Outputs:
        shape = inputs[forward.sequence].shape
        if known.get(shape):
            try:
                return arrays(xla(tensors(inputs)))
            except tf.errors.InvalidArgumentError:
                # An operation that XLA does not have.
                known[shape] = False
        elif shape not in known and len(known) < _XLA_MAX_SHAPES:
            known[shape] = True
        return compute(inputs)

    return compute_fast
