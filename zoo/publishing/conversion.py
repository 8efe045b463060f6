"""Weights of a network that was trained elsewhere -> one of our builders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.errors import WeightsError, check_choice
from zoo.models.activations import PROBABILITIES, SOFTMAX_OVER_BINS
from zoo.models.creation import create
from zoo.models.interface import all_named
from zoo.models.precision import dtype_policy, float32_products
from zoo.models.weights import addresses
from zoo.prediction.sequences import predict
from zoo.publishing import foreign

if TYPE_CHECKING:
    import keras

LAYOUTS = ("keras", "torch")
ROUNDING = 1e-6  # of float32 probabilities


def convert(
    path: str | Path,
    names: Mapping[str, str],
    inputs: Any,
    predictions: npt.ArrayLike | Mapping[str, npt.ArrayLike],
    *,
    architecture: str,
    config: Mapping[str, Any],
    layout: str = "keras",
    flattened: Mapping[str, tuple[int, int]] | None = None,
    epsilon: float | None = None,
    activation: str | None = None,
    atol: float = 1e-4,
) -> keras.Model:
    """Reads foreign weights into a registered architecture, and proves that they fit.

    No code of the file is run and no configuration of it is read: `config` builds
    the model, `names` says where each array goes, and the model is returned only if
    it predicts what the original did, in float32 whatever Keras's policy is.
    `zoo.save` then writes a release of it.

    Args:
        path: `.weights.h5`, legacy `.h5` or `.keras` of Keras, or `.safetensors` of
            PyTorch; `zoo.publishing.foreign.shapes(path)` lists the names in it.
        names: Address in our model ("stem_conv/kernel", see
            `zoo.models.weights.addresses`) -> name in the file; all addresses are
            needed.
        inputs: Sequences, codes or one-hot, as `zoo.predict` takes them.
        predictions: What the original network gave for them, (n, ...): logits, or
            what `activation` makes of them; of several outputs each by its name.
        architecture: A registered name.
        config: The arguments of its builder.
        layout: "keras", or "torch" for arrays of Conv1d (out, in, width) and Linear
            (out, in), which are transposed to (width, in, out) and (in, out).
        flattened: For "torch": address of a dense kernel behind a flattened map ->
            (length, channels) of that map. PyTorch flattens channels first, Keras
            positions first; the rows are put in our order.
        epsilon: That of the original's batch normalization, where ours has another:
            moving variances are shifted by the difference, which changes no prediction.
        activation: The name by which the original turned logits into what it gave, such
            as "sigmoid", see `zoo.predict`. Ours give logits.
        atol: Allowed difference of predictions; behind a sigmoid or softmax, of the
            logits in front of it.

    Returns:
        The model.

    Raises:
        WeightsError: The name map is not complete, an array is missing or has another
            shape, or the predictions differ.
        ValueError: Another layout.
    """
    check_choice("layout", layout, LAYOUTS)
    with dtype_policy():  # half precision would prove nothing
        model = create(architecture, **config)
    variables = addresses(model)
    _check_map(names, variables)
    flattened = flattened or {}
    wanted = {
        names[address]: _foreign_shape(address, tuple(variable.shape), layout)
        for address, variable in variables.items()
    }
    arrays = foreign.read(path, wanted)
    for address, variable in variables.items():
        value = _ours(address, arrays[names[address]], layout)
        if address in flattened:
            value = _positions_first(address, value, *flattened[address])
        if epsilon is not None and address.endswith("/moving_variance"):
            own = model.get_layer(address.partition("/")[0]).epsilon
            value = value + np.float32(epsilon - own)
        variable.assign(value)
    _prove(model, inputs, predictions, activation, atol)
    return model


def _check_map(names: Mapping[str, str], variables: Mapping[str, Any]) -> None:
    missing = [address for address in variables if address not in names]
    unknown = [address for address in names if address not in variables]
    if missing or unknown:
        raise WeightsError(
            "The name map must name every variable of the model once."
            + (f" Missing: {', '.join(missing)}." if missing else "")
            + (f" Unknown to the model: {', '.join(unknown)}." if unknown else "")
        )


def _is_transposed(address: str, rank: int, layout: str) -> bool:
    # A table of embeddings is (rows, dimensions) to both.
    return layout == "torch" and rank > 1 and not address.endswith("/embeddings")


def _foreign_shape(
    address: str, shape: tuple[int, ...], layout: str
) -> tuple[int, ...]:
    return shape[::-1] if _is_transposed(address, len(shape), layout) else shape


def _ours(address: str, value: foreign.Array, layout: str) -> foreign.Array:
    return value.T if _is_transposed(address, value.ndim, layout) else value


def _positions_first(
    address: str, kernel: foreign.Array, length: int, channels: int
) -> foreign.Array:
    """(channels * length, units) -> (length * channels, units)."""
    rows, units = kernel.shape
    if rows != length * channels:
        raise WeightsError(
            f"flattened: {address} has {rows} rows, expected length * channels = "
            f"{length} * {channels}."
        )
    by_channel = kernel.reshape(channels, length, units)
    return by_channel.transpose(1, 0, 2).reshape(rows, units)


def _prove(
    model: keras.Model,
    inputs: Any,
    predictions: npt.ArrayLike | Mapping[str, npt.ArrayLike],
    activation: str | None,
    atol: float,
) -> None:
    with float32_products():
        found = predict(model, inputs, activation=activation)
    received = all_named(found)
    expected = all_named(predictions)
    if received.keys() != expected.keys():
        raise WeightsError(
            "Expected predictions by the name of the output, "
            f"{', '.join(map(repr, received))}. Received: "
            f"{', '.join(map(repr, expected))}."
        )
    for name, one in received.items():
        _prove_output(
            model, inputs, name, one, np.asarray(expected[name]), activation, atol
        )


def _prove_output(
    model: keras.Model,
    inputs: Any,
    name: str,
    received: npt.NDArray[Any],
    expected: npt.NDArray[Any],
    activation: str | None,
    atol: float,
) -> None:
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
    if not (np.abs(received - expected) <= allowed + ROUNDING).all():
        difference = float(np.abs(received - expected).max())
        raise WeightsError(
            f"The converted model predicts otherwise than the original: largest "
            f"difference {difference:.2e}, allowed {allowed.max():.0e}, over "
            f"{len(received)} sequences. "
            + _advice(model, inputs, name, expected, activation)
        )


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
