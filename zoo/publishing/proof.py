"""The weights of an original into our model, and whether it predicts the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.errors import WeightsError
from zoo.models.activations import PROBABILITIES, SOFTMAX_OVER_BINS
from zoo.models.interface import all_named
from zoo.models.precision import float32_products
from zoo.models.weights import addresses
from zoo.prediction.sequences import predict

if TYPE_CHECKING:
    import keras

ROUNDING = 1e-6  # of float32 probabilities


def check_map(names: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
    """Refuses names that are not those of all variables.

    Raises:
        WeightsError: Some are missing, or unknown to the model.
    """
    missing = [address for address in variables if address not in names]
    unknown = [address for address in names if address not in variables]
    if missing or unknown:
        raise WeightsError(
            "The name map must name every variable of the model once."
            + (f" Missing: {', '.join(missing)}." if missing else "")
            + (f" Unknown to the model: {', '.join(unknown)}." if unknown else "")
        )


def fill(
    model: keras.Model, values: Mapping[str, npt.NDArray[Any]], epsilon: float | None
) -> None:
    """Gives the variables of a model their values.

    Args:
        model: Ours.
        values: By the address of the variable.
        epsilon: That of the original's batch normalization, where ours has another:
            moving variances are shifted by the difference.
    """
    for address, variable in addresses(model).items():
        value = values[address]
        if epsilon is not None and address.endswith("/moving_variance"):
            own = model.get_layer(address.partition("/")[0]).epsilon
            value = value + np.float32(epsilon - own)
        variable.assign(value)


def prove(
    model: keras.Model,
    inputs: Any,
    predictions: npt.ArrayLike | Mapping[str, npt.ArrayLike],
    activation: str | None,
    atol: float,
    *,
    advice: str | None = None,
) -> float:
    """Compares a model's predictions with those of the original, in float32.

    Args:
        model: Ours.
        inputs: As `zoo.predict` takes them.
        predictions: Of the original, (n, ...); of several outputs each by its name.
        activation: What turned its logits into them.
        atol: Allowed difference, of logits.
        advice: What to do if they differ; by default it is looked for.

    Returns:
        The largest difference.

    Raises:
        WeightsError: They differ.
    """
    with float32_products():
        found = predict(model, inputs, activation=activation, run_eagerly=True)
    received = all_named(found)
    expected = all_named(predictions)
    if received.keys() != expected.keys():
        raise WeightsError(
            "Expected predictions by the name of the output, "
            f"{', '.join(map(repr, received))}. Received: "
            f"{', '.join(map(repr, expected))}."
        )
    return max(
        _prove_output(
            model,
            inputs,
            name,
            one,
            np.asarray(expected[name]),
            activation,
            atol,
            advice,
        )
        for name, one in received.items()
    )


def _prove_output(
    model: keras.Model,
    inputs: Any,
    name: str,
    received: npt.NDArray[Any],
    expected: npt.NDArray[Any],
    activation: str | None,
    atol: float,
    advice: str | None,
) -> float:
    if received.shape != expected.shape:
        raise WeightsError(
            f"The converted model predicts {received.shape}, the original "
            f"{expected.shape}."
        )
    allowed = _allowed(expected, activation, atol)
    if activation in PROBABILITIES and allowed.max(initial=0.0) < 1e-3 * atol:
        raise WeightsError(
            f"The original's predictions are all 0 or 1 after {activation}, which many "
            "networks would predict: give other sequences, or logits."
        )
    difference = float(np.abs(received - expected).max(initial=0.0))
    if not (np.abs(received - expected) <= allowed + ROUNDING).all():
        raise WeightsError(
            f"The converted model predicts otherwise than the original: largest "
            f"difference {difference:.2e}, allowed {allowed.max():.0e}, over "
            f"{len(received)} sequences. "
            + (advice or _advice(model, inputs, name, expected, activation))
        )
    return difference


def _allowed(
    expected: npt.NDArray[Any], activation: str | None, atol: float
) -> npt.NDArray[Any]:
    """Per prediction: a difference of logits is a small one of large probabilities."""
    slope = expected * (1 - expected) if activation in PROBABILITIES else 1.0
    return np.broadcast_to(atol * slope, expected.shape)


def _advice(
    model: keras.Model,
    inputs: Any,
    name: str,
    expected: npt.NDArray[Any],
    activation: str | None,
) -> str:
    others = ["sigmoid"]
    if expected.shape[-1] > 1:  # a softmax of one output is 1
        others.append("softmax")
    if expected.ndim == 3:
        others.append(SOFTMAX_OVER_BINS)
    for other in others if activation is None else ():
        one = {name: other} if name else other
        found = all_named(predict(model, inputs, activation=one))[name]
        if np.allclose(found, expected, atol=1e-4):
            return (
                f"They are what {other} makes of its logits: pass activation={other!r}."
            )
    return (
        "Look at the order of channels (ACGT), the paddings, the activations (is the "
        "last one given as activation=?) and the epsilon of batch normalization."
    )
