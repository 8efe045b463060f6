"""What turns logits into units, by name: Keras's activations, and one more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from registry.release import Output
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


@dataclass(frozen=True)
class Calibrated:
    """An activation of slope * logit + intercept, of each output or of all alike."""

    function: Callable[[Any], Any]
    slopes: tuple[float, ...]
    intercepts: tuple[float, ...]

    def __call__(self, logits: Any) -> Any:
        """(..., num_outputs) logits -> what is behind the activation."""
        from keras import ops

        slopes = ops.convert_to_tensor(self.slopes, logits.dtype)
        intercepts = ops.convert_to_tensor(self.intercepts, logits.dtype)
        return self.function(logits * slopes + intercepts)


def in_units(
    name: str | None, head: str, outputs: Sequence[Output], *, profile: bool
) -> Callable[[Any], Any]:
    """The function from logits to units: calibrated, where a release says how.

    Args:
        name: As in `activation_of`.
        head: Named in errors.
        outputs: What is known of the outputs of the head. Behind another activation
            than theirs, nothing is calibrated.
        profile: Whether the head has bins.

    Raises:
        InputError: As `activation_of`.
    """
    function = activation_of(name, head, profile=profile)
    known = [output.calibration for output in outputs]
    if not any(known) or {output.activation for output in outputs} != {name}:
        return function
    return Calibrated(
        function,
        tuple(each.slope if each else 1.0 for each in known),
        tuple(each.intercept if each else 0.0 for each in known),
    )


def softmax_over_bins(x: Any) -> Any:
    """(batch, bins, num_outputs) logits -> shares, whose sum over the bins is 1."""
    from keras import ops

    return ops.softmax(x, axis=1)
