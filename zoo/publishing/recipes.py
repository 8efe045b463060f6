"""A file and the name of its recipe -> a proven model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import registry
from registry import Release
from registry.files import user_path
from zoo.dna import one_hot, reverse_complement_codes
from zoo.errors import SeqzooError, WeightsError, said
from zoo.foreign import Conversion, Network, Recipe, open_network
from zoo.models.creation import builder, create
from zoo.models.interface import inputs_of, outputs_of, sequence_input
from zoo.models.outputs import declare
from zoo.models.precision import dtype_policy
from zoo.models.trial import shapes
from zoo.models.weights import addresses
from zoo.publishing.proof import check_map, fill, prove
from zoo.publishing.saving import ATOL, save

if TYPE_CHECKING:
    import keras

_SEQUENCES = 4  # and as many reverse complements; half of it of long sequences
_LONG = 5000
_LENGTH = 1000
_LONGEST = 1_000_000  # bp; more than any network of this field reads
_UNKNOWN = 4


@dataclass(frozen=True, eq=False)
class Converted:
    """A model that predicts what the network of a file does.

    Attributes:
        model: Ours.
        conversion: What the recipe said.
        sequences: How many were compared, both strands counted.
        length: Theirs, in bp.
        max_difference: The largest one, of logits.
    """

    model: keras.Model
    conversion: Conversion
    sequences: int
    length: int
    max_difference: float


def by_recipe(path: str | Path, recipe: str | Recipe, *, atol: float) -> Converted:
    """Converts a file, see `zoo.convert`.

    Raises:
        WeightsError, UnknownNameError: See `zoo.convert`.
    """
    label = recipe if isinstance(recipe, str) else recipe.__name__
    function = registry.recipe(recipe) if isinstance(recipe, str) else recipe
    network = open_network(path)
    not_it = f"{path} is no file for recipe {label!r}"
    conversion: Conversion = _refusing(not_it, network, function, network)
    config = dict(conversion.config)
    with dtype_policy():  # half precision would prove nothing
        # A few digits in a file could ask for terabytes.
        build = builder(conversion.architecture)
        what = f"{path}: {conversion.architecture}"
        needed = sum(map(np.prod, shapes(what, build, config)))
        given = sum(value.size for value in conversion.weights.values())
        if needed != given:
            raise WeightsError(
                f"{path}: expected {needed:,} weights, as {conversion.architecture} "
                f"with {config} has. Received {given:,} by recipe {label!r}."
            )
        model = create(conversion.architecture, **config)
    variables = addresses(model)
    check_map(conversion.weights, variables)
    wrong = [
        f"{address} expected {tuple(variable.shape)}, received "
        f"{conversion.weights[address].shape}"
        for address, variable in variables.items()
        if tuple(variable.shape) != conversion.weights[address].shape
    ]
    if wrong:
        raise WeightsError(f"{path} does not fit the model: {'; '.join(wrong)}.")
    fill(model, conversion.weights, conversion.epsilon)
    inputs = _inputs(model, conversion.length, str(path))
    number, length, _ = inputs[sequence_input(model)].shape
    wide = {name: value.astype("f8") for name, value in inputs.items()}
    predictions = _refusing(not_it, network, conversion.predict, wide)
    advice = f"Its layers are not those that recipe {label!r} knows."
    try:
        difference = prove(model, inputs, predictions, None, atol, advice=advice)
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from None
    outputs = conversion.outputs
    if isinstance(outputs, Mapping):
        outputs = [output for head in outputs_of(model) for output in outputs[head]]
    try:
        declare(model, outputs)
    except SeqzooError as error:
        raise WeightsError(f"{path}: {error}") from None
    return Converted(model, conversion, number, length, difference)


def converted_release(
    path: str | Path,
    recipe: str,
    out: str | Path,
    *,
    description: str | None,
    licence: str,
) -> tuple[Release, Converted]:
    """Converts a file and writes a release, see `zoo.save`.

    Args:
        path: The file.
        recipe: Its name.
        out: The release's folder.
        description: One line; by default the recipe's.
        licence: Of the weights.

    Raises:
        WeightsError, UnknownNameError: See `zoo.convert`.
        ReleaseError: The folder exists or is not named like a release.
    """
    found = by_recipe(path, recipe, atol=ATOL)
    with user_path(path).open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    name, conversion = user_path(path).name, found.conversion
    release = save(
        found.model,
        out,
        description=description
        or f"{conversion.description}; from {name}, sha256 {sha256}",
        task=conversion.task,
        licence=licence,
        citation=conversion.citation,
        min_length=conversion.min_length,
        tags=["converted"],
    )
    return release, found


def _refusing(
    what: str, network: Network, function: Callable[[Any], Any], given: Any
) -> Any:
    """What a function of a recipe makes of a file, which may be any file."""
    try:
        return function(given)
    except WeightsError as error:
        raise WeightsError(f"{what}: {error}") from None
    except Exception as error:
        raise WeightsError(
            f"{what}: its layers are not those that this recipe reads "
            f"({type(error).__name__}: {said(error)}). It has {network.summary()}. "
            f"Recipes: {', '.join(each.name for each in registry.list_recipes())}."
        ) from error


def _inputs(model: keras.Model, length: int | None, label: str) -> dict[str, Any]:
    """Random inputs for both strands, with some unknown bases."""
    generator = np.random.default_rng(0)
    sequence = sequence_input(model)
    length = inputs_of(model)[sequence].shape[1] or length or _LENGTH
    if length > _LONGEST:
        raise WeightsError(
            f"{label}: expected a network of at most {_LONGEST:,} bp. Received: "
            f"{length:,}"
        )
    number = _SEQUENCES // 2 if length > _LONG else _SEQUENCES
    found = {}
    for name, tensor in inputs_of(model).items():
        shape = [length if size is None else size for size in tensor.shape[1:]]
        if name == sequence:
            codes = generator.integers(0, 4, (number, length), "uint8")
            codes[0, length // 3 : length // 3 + 5] = _UNKNOWN
            both = np.concatenate([codes, reverse_complement_codes(codes)])
            found[name] = one_hot(both)
        else:  # reads of a control experiment, say
            counts = generator.poisson(1, (2 * number, *shape))
            found[name] = counts.astype("f4")
    return found
