"""What turns logits into units, by name: Keras's activations, and one more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zoo.errors import InputError

#: Of a profile: exp(z_i) / sum_j exp(z_j), over the bins i of each output.
SOFTMAX_OVER_BINS = "softmax_over_bins"
#: Those behind which outputs are probabilities or shares, 0 to 1.
PROBABILITIES = ("sigmoid", "softmax", SOFTMAX_OVER_BINS)


def activation_of(
    name: str | None, output: str, *, profile: bool
) -> Callable[[Any], Any]:
    """The function of that name.

    Args:
        name: One of `keras.activations`, or "softmax_over_bins": of a profile (batch,
            bins, num_outputs) the share of each bin in the whole, as in BPNet (Avsec
            et al. 2021, doi:10.1038/s41588-021-00782-6), where Keras's "softmax" is
            over the outputs. None for the output as it is.
        output: Named in errors.
        profile: Whether the output has bins.

    Raises:
        InputError: No such activation, or none for an output without bins.
    """
    import keras

    if name == SOFTMAX_OVER_BINS:
        if not profile:
            raise InputError(
                f"Expected another activation for {output!r} than {name}, which is for "
                "profiles (batch, bins, num_outputs): it has no bins. Of several "
                'outputs each has its own: activation={"NAME": "..."}.'
            )
        return softmax_over_bins
    try:
        found: Callable[[Any], Any] = keras.activations.get(name)
    except ValueError:
        raise InputError(
            f"Expected the name of a Keras activation for {output!r}, such as "
            f"'sigmoid' or 'linear', or {SOFTMAX_OVER_BINS!r}. Received: {name!r}"
        ) from None
    return found


def softmax_over_bins(x: Any) -> Any:
    """(batch, bins, num_outputs) logits -> shares, whose sum over the bins is 1."""
    from keras import ops

    return ops.softmax(x, axis=1)
