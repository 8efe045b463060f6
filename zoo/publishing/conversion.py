"""Weights of a network that was trained elsewhere -> one of our builders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy.typing as npt

from zoo import foreign
from zoo.errors import InputError, WeightsError, check_choice
from zoo.foreign import Recipe
from zoo.foreign.arrays import Array
from zoo.models.creation import create
from zoo.models.precision import dtype_policy
from zoo.models.weights import addresses
from zoo.publishing.proof import check_map, fill, prove
from zoo.publishing.recipes import by_recipe

if TYPE_CHECKING:
    import keras

LAYOUTS = ("keras", "torch")


@overload
def convert(
    path: str | Path, *, recipe: str | Recipe, atol: float = 1e-4
) -> keras.Model: ...
@overload
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
) -> keras.Model: ...
def convert(
    path: str | Path,
    names: Mapping[str, str] | None = None,
    inputs: Any = None,
    predictions: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
    *,
    recipe: str | Recipe | None = None,
    architecture: str | None = None,
    config: Mapping[str, Any] | None = None,
    layout: str = "keras",
    flattened: Mapping[str, tuple[int, int]] | None = None,
    epsilon: float | None = None,
    activation: str | None = None,
    atol: float = 1e-4,
) -> keras.Model:
    """Reads foreign weights into a registered architecture, and proves that they fit.

    No code of the file is run. Of published programs a recipe knows the rest; of other
    networks `config` builds the model and `names` says where each array goes. The model
    is returned only if it predicts what the original did, in float32 whatever Keras's
    policy is. `zoo.save` then writes a release of it.

    Args:
        path: `.weights.h5`, legacy `.h5` or `.keras` of Keras, or `.safetensors` of
            PyTorch; `zoo.foreign.shapes(path)` lists the names in it.
        names: Address in our model ("stem_conv/kernel", see
            `zoo.models.weights.addresses`) -> name in the file; all addresses are
            needed.
        inputs: Sequences, codes or one-hot, as `zoo.predict` takes them.
        predictions: What the original network gave for them, (n, ...): logits, or
            what `activation` makes of them; of several outputs each by its name.
        recipe: A name ("deepstarr", "my-package:my_recipe"), or a function of a
            `zoo.foreign.Network` that returns a `zoo.foreign.Conversion`; then nothing
            else is needed. What the file says of its network is computed in NumPy, in
            float64, for random sequences and their reverse complements.
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
        The model. By a recipe the names and units of its outputs are known, too.

    Raises:
        WeightsError: The name map is not complete, an array is missing or has another
            shape, the file is not of the recipe's program, or the predictions differ.
        UnknownNameError: There is no such recipe.
        InputError: Neither a recipe nor all of names, inputs, predictions, architecture
            and config are given, or both; or another layout.
    """
    told = (names, inputs, predictions, architecture, config)
    if recipe is not None:
        if any(each is not None for each in told):
            raise InputError(
                "Expected recipe= alone: it knows names, inputs, predictions, "
                "architecture and config."
            )
        return by_recipe(path, recipe, atol=atol).model
    if names is None or predictions is None or architecture is None or config is None:
        raise InputError(
            "Expected recipe=, or names, inputs, predictions, architecture= and "
            "config= of a network that no recipe knows."
        )
    check_choice("layout", layout, LAYOUTS)
    with dtype_policy():  # half precision would prove nothing
        model = create(architecture, **config)
    variables = addresses(model)
    check_map(names, variables)
    flattened = flattened or {}
    wanted = {
        names[address]: _foreign_shape(address, tuple(variable.shape), layout)
        for address, variable in variables.items()
    }
    arrays = foreign.read(path, wanted)
    values = {
        address: _ours(address, arrays[names[address]], layout) for address in variables
    }
    for address, shape in flattened.items():
        values[address] = _positions_first(address, values[address], *shape)
    fill(model, values, epsilon)
    prove(model, inputs, predictions, activation, atol)
    return model


def _is_transposed(address: str, rank: int, layout: str) -> bool:
    # A table of embeddings is (rows, dimensions) to both.
    return layout == "torch" and rank > 1 and not address.endswith("/embeddings")


def _foreign_shape(
    address: str, shape: tuple[int, ...], layout: str
) -> tuple[int, ...]:
    return shape[::-1] if _is_transposed(address, len(shape), layout) else shape


def _ours(address: str, value: Array, layout: str) -> Array:
    return value.T if _is_transposed(address, value.ndim, layout) else value


def _positions_first(address: str, kernel: Array, length: int, channels: int) -> Array:
    """(channels * length, units) -> (length * channels, units)."""
    rows, units = kernel.shape
    if rows != length * channels:
        raise WeightsError(
            f"flattened: {address} has {rows} rows, expected length * channels = "
            f"{length} * {channels}."
        )
    by_channel = kernel.reshape(channels, length, units)
    return by_channel.transpose(1, 0, 2).reshape(rows, units)
