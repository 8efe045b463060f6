"""Kernels tied in reverse-complement pairs, for `RCConv1D` and `RCDense`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import keras
import numpy as np
from keras import ops

from zoo.keras_objects import arguments
from zoo.layers.configured import ConfiguredLayer, LayerOptions
from zoo.layers.pairings import reversal
from zoo.layers.rc_adapters import LowRankAdapters
from zoo.layers.strands import (
    Strands,
    checked,
    checked_output,
    reversed_along,
    strands_of_input,
)


class TiedKernel:
    """The weights of a kernel K with K[., ., partner of o] = RC(K[., ., o]).

    RC reverses the positions of a filter and swaps its input channels. Of two
    partners the first is learned; of a filter that is its own partner, half:

        kernel (kernel_size, channels, pairs)
        palindromic_kernel (free, 1, fixed): the values of the positions and
            channels that are not the mirror of one already listed

    A weight that would be empty is not made.

    Args:
        layer: The layer whose weights they are.
        kernel_size: In positions.
        inputs: The strands of its input.
        outputs: The strands of its output.
        **options: For `add_weight`: initializer, regularizer, constraint.
    """

    def __init__(
        self,
        layer: keras.layers.Layer,
        kernel_size: int,
        inputs: Strands,
        outputs: Strands,
        *,
        initializer: Any,
        regularizer: Any,
        constraint: Any,
    ) -> None:
        self.inputs, self.outputs = inputs, outputs
        self._shape = (kernel_size, inputs.channels)
        options = {"regularizer": regularizer, "constraint": constraint}
        self.kernel = self.palindromic_kernel = None
        # Of each of these weights, two factors of what is added to it.
        self.adapters: dict[str, tuple[Any, Any]] = {}
        if outputs.pairs:
            self.kernel = layer.add_weight(
                name="kernel",
                shape=(*self._shape, len(outputs.pairs)),
                initializer=initializer,
                **options,
            )
        if outputs.fixed:
            first, self._orbit = _mirrored(kernel_size, inputs)
            self.palindromic_kernel = layer.add_weight(
                name="palindromic_kernel",
                shape=(len(first), 1, len(outputs.fixed)),
                initializer=_selecting(initializer, self._shape, first),
                **options,
            )

    def tied(self) -> Any:
        """The kernel of all filters: (kernel_size, channels, filters)."""
        partners = palindromes = None
        kernel = None
        if self.kernel is not None:
            kernel = self._adapted("kernel")
            if self.inputs.is_reversal:
                partners = reversed_along(kernel, 0, 1, 2)
            else:
                partners = self.inputs.swap(reversed_along(kernel, 0, 2), axis=1)
        if self.palindromic_kernel is not None:
            fixed = len(self.outputs.fixed)
            values = ops.reshape(self._adapted("palindromic_kernel"), (-1, fixed))
            palindromes = ops.take(values, self._orbit, axis=0)
            palindromes = ops.reshape(palindromes, (*self._shape, fixed))
        return self.outputs.arrange(kernel, palindromes, partners)

    def _adapted(self, name: str) -> Any:
        kernel = ops.convert_to_tensor(getattr(self, name))
        if name not in self.adapters:
            return kernel
        return ops.cast(ops.add(kernel, ops.matmul(*self.adapters[name])), kernel.dtype)


def _mirrored(kernel_size: int, inputs: Strands) -> tuple[np.ndarray, np.ndarray]:
    """The entries of a filter that equals its own reverse complement.

    Returns:
        first: (free,) the number of the first entry of each orbit, entries counted
            along positions, then channels.
        orbit: (kernel_size * channels,) the orbit of each entry.
    """
    entries = np.arange(kernel_size * inputs.channels).reshape(kernel_size, -1)
    mirrored = entries[::-1, list(inputs.partners)]
    smaller = np.minimum(entries, mirrored).reshape(-1)
    first, orbit = np.unique(smaller, return_inverse=True)
    return first, orbit.reshape(-1)


def _selecting(
    initializer: Callable[..., Any], shape: tuple[int, int], first: np.ndarray
) -> Callable[..., Any]:
    """An initializer that draws whole filters and keeps their free values.

    Drawn for the shape of the free values, they would have another variance.
    """

    def initialize(free_shape: tuple[int, ...], dtype: Any = None) -> Any:
        whole = initializer((*shape, free_shape[-1]), dtype=dtype)
        rows = ops.reshape(whole, (-1, 1, free_shape[-1]))
        return ops.take(rows, first, axis=0)

    return initialize


class TiedOptions(LayerOptions, total=False):
    """How the weights of a layer with a tied kernel begin, and what holds them."""

    use_bias: bool
    kernel_initializer: Any
    bias_initializer: Any
    kernel_regularizer: Any
    bias_regularizer: Any
    kernel_constraint: Any
    bias_constraint: Any


class TiedLayer(LowRankAdapters, ConfiguredLayer):
    """What `RCConv1D` and `RCDense` share: pairings, a tied kernel, a bias.

    Args:
        channels: Of the output.
        argument: What the layer calls them.
        pairing: The partner of each; None for the reversal.
        input_pairing: The partner of each input channel; None for the reversal.
        use_bias: Whether to add a bias, shared by partners.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer,
        kernel_constraint, bias_constraint: As in `keras.layers.Conv1D`.
        **options: Name, trainable and dtype.
    """

    def __init__(
        self,
        channels: int,
        *,
        argument: str,
        pairing: Sequence[int] | None,
        input_pairing: Sequence[int] | None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.pairing = checked_output(self, channels, pairing, argument=argument)
        self.input_pairing = checked(input_pairing, "input_pairing")
        setattr(self, argument, channels)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)
        self._outputs = Strands(self.pairing or reversal(channels))

    #: In positions.
    kernel_size = 1

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates what is learned; see the class."""
        inputs = strands_of_input(
            self, self.input_pairing, input_shape, argument="input_pairing"
        )
        self._kernel = TiedKernel(
            self,
            self.kernel_size,
            inputs,
            self._outputs,
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.kernel = self._kernel.kernel
        self.palindromic_kernel = self._kernel.palindromic_kernel
        self.bias = (
            self.add_weight(
                name="bias",
                shape=(self._outputs.orbits,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
            if self.use_bias
            else None
        )

    def add_bias(self, outputs: Any) -> Any:
        """Adds the bias of each channel, if there is one."""
        if self.bias is None:
            return outputs
        # Not `+`: ops.add is what TensorFlow can fuse with the product before it.
        return ops.add(outputs, self._outputs.expand(self.bias))

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer; palindromic filters are in the pairing."""
        return super().get_config() | arguments(self, TiedLayer)
