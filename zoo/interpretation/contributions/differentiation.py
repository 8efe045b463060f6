"""Gradients of sequences on each Keras backend, compiled where it compiles."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

Arrays = Mapping[str, npt.NDArray[Any]]
Tensors = dict[str, Any]
Whole = Callable[[Tensors], Tensors]


class Step(Protocol):
    """What is computed of one batch of tensors, whatever takes the gradient."""

    def point(self, given: Tensors) -> Any:
        """Where the gradient is taken."""

    def value(self, point: Any, given: Tensors) -> tuple[Any, Tensors]:
        """The scalar whose gradient is taken, and what else is of use."""

    def result(self, gradient: Any, point: Any, other: Tensors, given: Tensors) -> Any:
        """A dictionary of tensors."""


def gradient(function: Callable[[Any], Any], x: Any) -> Any:
    """Of a scalar function of a tensor; zeros where it does not depend on it."""
    return _with_other(lambda point: (function(point), {}), x)[0]


def _with_other(
    function: Callable[[Any], tuple[Any, Tensors]], x: Any
) -> tuple[Any, Tensors]:
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            value, other = function(x)
        zero = tf.UnconnectedGradients.ZERO
        return tape.gradient(value, x, unconnected_gradients=zero), other
    if backend == "jax":
        import jax

        return jax.grad(function, has_aux=True)(x)
    import torch

    with torch.enable_grad():
        x = x.detach().requires_grad_()
        value, other = function(x)
        found = torch.autograd.grad(value, x, allow_unused=True)[0]
    return torch.zeros_like(x) if found is None else found, other


def compiled(model: keras.Model, step: Step) -> Callable[[Arrays], dict[str, Any]]:
    """A function of arrays by name to arrays by name, one batch at a time.

    On TensorFlow and JAX each new shape is compiled.

    Args:
        model: Whose weights are read as they are when it is called.
        step: What is computed.
    """

    def whole(given: Tensors) -> Tensors:
        point = step.point(given)
        found, other = _with_other(lambda x: step.value(x, given), point)
        result: Tensors = step.result(found, point, other, given)
        return result

    backend = keras.backend.backend()
    run: Whole = whole
    if backend == "tensorflow":
        run = _tensorflow(whole)
    elif backend == "jax":
        run = _jax(weakref.ref(model), whole)

    def compute(arrays: Arrays) -> dict[str, Any]:
        tensors = {name: ops.convert_to_tensor(x) for name, x in arrays.items()}
        return {
            name: np.asarray(ops.convert_to_numpy(x))
            for name, x in run(tensors).items()
        }

    return compute


def _tensorflow(whole: Whole) -> Whole:
    import tensorflow as tf

    functions: dict[Any, Any] = {}

    def run(given: Tensors) -> Tensors:
        # A function with several shapes warns of being traced again; and with sizes
        # that are known, what only they are needed of is not computed.
        key = tuple((name, tuple(x.shape)) for name, x in given.items())
        if key not in functions:
            functions[key] = tf.function(functools.partial(whole), autograph=False)
        found: Tensors = functions[key](given)
        return found

    return run


def _jax(alive: Callable[[], Any], whole: Whole) -> Whole:
    import jax

    @jax.jit
    def stateless(variables: list[Any], given: Tensors) -> Tensors:
        pairs = list(zip(alive().variables, variables, strict=True))
        with keras.StatelessScope(state_mapping=pairs):
            return whole(given)

    def run(given: Tensors) -> Tensors:
        found: Tensors = stateless([v.value for v in alive().variables], given)
        return found

    return run
