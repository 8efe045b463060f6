"""Kernels tied in reverse-complement pairs, for `RCConv1D` and `RCDense`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from zoo.layers.strands import Strands, reversed_along


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


def serialized_weight_options(layer: Any) -> dict[str, Any]:
    """Initialisers, regularisers and constraints of a layer with a tied kernel."""
    return {
        f"{weight}_{kind}": getattr(keras, f"{kind}s").serialize(
            getattr(layer, f"{weight}_{kind}")
        )
        for weight in ("kernel", "bias")
        for kind in ("initializer", "regularizer", "constraint")
    }
