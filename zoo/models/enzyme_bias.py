"""The two networks of a `chrombpnet`: the enzyme's bias, and what is learned beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.errors import InputError
from zoo.models.creation import called, create, origin
from zoo.models.ensembles import ARCHITECTURE, ensemble, members
from zoo.models.loading import FIXED
from zoo.models.outputs import declare_as
from zoo.models.weights import addresses

if TYPE_CHECKING:
    import keras

BIASED, PLAIN = "chrombpnet", "bpnet"
#: Arguments of `bpnet` that the bias has of its own, and their names in `chrombpnet`.
SIZES = {"filters": "bias_filters", "dilation_rates": "bias_dilation_rates"}


def has_bias(model: keras.Model) -> bool:
    """Whether a model is a `chrombpnet`, or an ensemble of such."""
    made = origin(model)
    if made is not None and made.architecture == ARCHITECTURE:
        return all(map(has_bias, members(model)))
    return made is not None and made.architecture == BIASED


def without_bias(model: keras.Model) -> keras.Model:
    """What a `chrombpnet` has learned beside the enzyme's bias, as a `bpnet`.

    Args:
        model: Made by `zoo.create`, `zoo.load` or `zoo.training.train`, also an
            ensemble.

    Returns:
        A model with copies of the weights, which `zoo.save` takes. It predicts what
        would be seen if the enzyme cut all sequences alike.

    Raises:
        InputError: No `chrombpnet`.
    """
    return _part(model, "")


def only_bias(model: keras.Model) -> keras.Model:
    """The enzyme's bias of a `chrombpnet`, as a `bpnet`; see `without_bias`."""
    return _part(model, FIXED)


def _part(model: keras.Model, prefix: str) -> keras.Model:
    """One of the two networks, by the beginning of the names of its layers."""
    made = origin(model)
    if made is None or not has_bias(model):
        raise InputError(
            f"Expected a {BIASED}, or an ensemble of such. Received: {called(model)}"
        )
    if made.architecture == ARCHITECTURE:
        return ensemble([_part(member, prefix) for member in members(model)])
    config = {k: v for k, v in made.config.items() if not k.startswith(FIXED)}
    if prefix:
        config |= {name: made.config[ours] for name, ours in SIZES.items()}
    # Alone, the bias has a longer profile.
    config["profile_length"] = model.output["profile"].shape[1]
    part, values = create(PLAIN, **config, padding="valid"), addresses(model)
    for address, variable in addresses(part).items():
        variable.assign(values[f"{prefix}{address}"])
    return declare_as(part, model)
