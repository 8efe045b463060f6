"""The last layers: features -> logits, one function per kind of output.

All layers with weights are named "head_...": they are what a new task replaces.
Outputs are float32 under mixed precision, too, and without activation; the loss
takes them so.
"""

from __future__ import annotations

from keras import KerasTensor, layers

from zoo.layers import channels_last
from zoo.layers.log_total import LogTotal


def head(
    x: KerasTensor,
    num_outputs: int,
    *,
    units: int = 0,
    dropout: float = 0.0,
    activation: str = "relu",
) -> KerasTensor:
    """An optional hidden dense layer, then one logit per output.

    The same for binary and multi-label labels (MaskedBinaryCrossentropy), classes
    (MaskedCategoricalCrossentropy, num_outputs classes), values
    (MaskedMeanSquaredError), and counts of a region or of bins (MaskedLogPoisson).

    Args:
        x: (..., channels) features.
        num_outputs: Number of logits.
        units: Width of the hidden layer "head_hidden"; 0 for none.
        dropout: Rate before the logits.
        activation: Of the hidden layer.

    Returns:
        (..., num_outputs) logits, for an input (..., channels).
    """
    if units:
        x = layers.Dense(units, activation=activation, name="head_hidden")(x)
    if dropout:
        x = layers.Dropout(dropout, name="head_dropout")(x)
    return layers.Dense(num_outputs, dtype="float32", name="head_logits")(x)


def profile_head(
    x: KerasTensor,
    num_outputs: int,
    *,
    kernel_size: int = 25,
    padding: str = "same",
    cropping: int = 0,
    control: KerasTensor | None = None,
    control_kernel_size: int = 1,
    control_cropping: int = 0,
    name: str = "head_profile",
) -> KerasTensor:
    """Base-resolution logits, whose softmax over the length is BPNet's profile.

        z_i = sum_j W_j x_(i + j) + b + sum_j V_j c_(i + j)

    Args:
        x: (batch, length, channels) features, one vector per base.
        num_outputs: Profiles, e.g. 2 for the strands of one task.
        kernel_size: Of the convolution "head_profile", in bp, odd.
        padding: Of that convolution, "same" or "valid".
        cropping: bp that are cut off each end behind the convolution.
        control: (batch, length, controls) signal of a control experiment, added
            through "head_profile_control", which has no bias: without control
            signal it adds nothing.
        control_kernel_size: Of that convolution, odd; its padding is "same".
        control_cropping: bp that are cut off each end behind it.
        name: Of the convolution, and the first part of the other names.

    Returns:
        (batch, length, num_outputs) logits; the loss is
        MultinomialNegativeLogLikelihood. The length is that of x less 2 cropping, and
        less kernel_size - 1 with "valid" padding.

    Raises:
        ValueError: A kernel_size is even.

    Source:
        Avsec et al. 2021, doi:10.1038/s41588-021-00782-6. Deviation: a convolution
        where BPNet has a transposed one of stride 1, which is the same function with
        its kernel reversed.
    """
    for size in (kernel_size, control_kernel_size):
        if size % 2 == 0:
            raise ValueError(
                "A profile needs an odd kernel_size: an even one would shift it by "
                f"half a base. Received: kernel_size={size}"
            )
    z = channels_last.Conv1D(
        num_outputs, kernel_size, padding=padding, dtype="float32", name=name
    )(x)
    z = crop(z, cropping, name=f"{name}_crop", dtype="float32")
    if control is None:
        return z
    offset = channels_last.Conv1D(
        num_outputs,
        control_kernel_size,
        padding="same",
        use_bias=False,
        dtype="float32",
        name=f"{name}_control",
    )(control)
    offset = crop(
        offset, control_cropping, name=f"{name}_control_crop", dtype="float32"
    )
    return layers.Add(dtype="float32", name=f"{name}_sum")([z, offset])


def counts_head(
    x: KerasTensor,
    num_outputs: int,
    *,
    control: KerasTensor | None = None,
    joined_control: bool = False,
    control_pseudocount: float = 1.0,
    name: str = "head_counts",
) -> KerasTensor:
    """The logarithm of 1 + the total counts of each profile.

        z = W mean_i(x_i) + b + V ln(1 + sum_i c_i)

    Args:
        x: (batch, length, channels) features.
        num_outputs: Profiles, as in `profile_head`, or totals of several of them.
        control: (batch, length, controls) counts of a control experiment, added
            through "head_counts_control", which has no bias.
        joined_control: Whether the controls are summed, too.
        control_pseudocount: What is added to them, 1 in the equation.
        name: Of the dense layer, and the first part of the other names.

    Returns:
        (batch, num_outputs), to be compared with ln(1 + counts) by
        MaskedMeanSquaredError.

    Source:
        Avsec et al. 2021, doi:10.1038/s41588-021-00782-6.
    """
    pooled = channels_last.GlobalAveragePooling1D(name=f"{name}_pool")(x)
    z = layers.Dense(num_outputs, dtype="float32", name=name)(pooled)
    if control is None:
        return z
    total = LogTotal(
        joined=joined_control,
        pseudocount=control_pseudocount,
        dtype="float32",
        name=f"{name}_control_total",
    )(control)
    offset = layers.Dense(
        num_outputs, use_bias=False, dtype="float32", name=f"{name}_control"
    )(total)
    return layers.Add(dtype="float32", name=f"{name}_sum")([z, offset])


def crop(
    x: KerasTensor, cropping: int, *, name: str, dtype: str | None = None
) -> KerasTensor:
    """Without the first and the last `cropping` positions; x itself for 0."""
    if not cropping:
        return x
    return layers.Cropping1D(cropping, dtype=dtype, name=name)(x)
