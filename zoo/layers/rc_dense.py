"""A dense layer that commutes with the reverse complement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from zoo.layers import pairings
from zoo.layers.rc_adapters import LowRankAdapters
from zoo.layers.rc_kernel import TiedKernel, serialized_weight_options
from zoo.layers.strands import Strands, checked, checked_output, strands_of_input


@keras.saving.register_keras_serializable(package="seqzoo")
class RCDense(LowRankAdapters, keras.layers.Layer):
    """Dense layer on channels in reverse-complement pairs, without regard to positions.

    With p the pairing of the output and q that of the input (see
    `zoo.layers.pairings`):

        K[q[c], p[o]] = K[c, o]     bias[p[o]] = bias[o]

    so half of the kernel is learned. On pooled features (batch, channels) the reverse
    complement only swaps partners, and so it does at the output; on a map it is an
    `RCConv1D` of width 1. Outputs with p[o] = o are invariant, the same on both
    strands.

    After `keras.layers.Flatten` the reversal of positions and channels is the reversal
    of all features, so this layer can follow it; for other pairings see
    `zoo.layers.pairings.flattened`.

    Args:
        units: Number of output channels.
        pairing: The partner of each output; None for the reversal, which needs an even
            number of units. zoo.layers.pairings.strand_outputs(1) is (plus, minus).
        input_pairing: The partner of each input channel; None for the reversal.
        use_bias: Whether to add a bias, shared by partners.
        kernel_initializer, bias_initializer: As in `keras.layers.Dense`.
        kernel_regularizer, bias_regularizer, kernel_constraint, bias_constraint: On
            what is learned, as in `RCConv1D`.

    Input shape:
        (batch, ..., channels), with input_pairing.

    Output shape:
        (batch, ..., units), with pairing.

    Weights:
        As an `RCConv1D` with kernel_size=1: kernel (1, channels, pairs),
        palindromic_kernel (free values, 1, fixed points), bias (pairs + fixed points,).

    Raises:
        ValueError: units is odd without a pairing, or the channels do not fit
            input_pairing.

    Source:
        Mallet and Vert, "Reverse-complement equivariant networks for DNA sequences",
        NeurIPS 2021, with kernels of width 1.
    """

    def __init__(
        self,
        units: int,
        *,
        pairing: Sequence[int] | None = None,
        input_pairing: Sequence[int] | None = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        self.pairing = checked_output(self, units, pairing, argument="units")
        self.input_pairing = checked(input_pairing, "input_pairing")
        self.units = units
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)
        self.input_spec = keras.layers.InputSpec(min_ndim=2)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates what is learned; see the class."""
        inputs = strands_of_input(
            self, self.input_pairing, input_shape, argument="input_pairing"
        )
        self._outputs = Strands(self.pairing or pairings.reversal(self.units))
        self._kernel = TiedKernel(
            self,
            1,
            inputs,
            self._outputs,
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
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

    def tied_kernel(self) -> Any:
        """The kernel of both strands: (channels, units)."""
        return self._kernel.tied()[0]

    def call(self, inputs: Any) -> Any:
        """Multiplies by the tied kernel and adds the bias."""
        outputs = ops.matmul(inputs, self.tied_kernel())
        if self.bias is not None:
            # Not `+`: ops.add is what TensorFlow can fuse with the product.
            outputs = ops.add(outputs, self._outputs.expand(self.bias))
        return outputs

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """(batch, ..., units)."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer."""
        config = {
            "units": self.units,
            "pairing": self.pairing and list(self.pairing),
            "input_pairing": self.input_pairing and list(self.input_pairing),
            "use_bias": self.use_bias,
        }
        return super().get_config() | config | serialized_weight_options(self)
