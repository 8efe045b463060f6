"""The enzyme's bias in a run of `chrombpnet`: checked, put in, and fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

import registry
from zoo.data.rows import background_of
from zoo.models.creation import all_arguments
from zoo.models.enzyme_bias import BIASED, PLAIN, SIZES
from zoo.models.loading import FIXED, load, usable
from zoo.models.weights import addresses
from zoo.prediction.sequences import predict
from zoo.training.configuration.config import Config, ConfigError

if TYPE_CHECKING:
    from zoo.data.examples import Examples

COUNTS = "counts"
_SAME = ("stem_kernel_size", "kernel_size", "profile_kernel_size", "num_outputs")


def bias_arguments(
    config: Config, examples: Examples, arguments: dict[str, Any]
) -> dict[str, Any]:
    """The arguments of the builder by which the bias has its place in the model.

    Args:
        config: With a [model.bias].
        examples: The data.
        arguments: Of the builder, without those.

    Raises:
        ConfigError: The release is no bias for this model and these data.
    """
    assert config.model.bias is not None
    release = usable(registry.find(config.place(config.model.bias.release)))

    def need(condition: bool, expected: object, received: object) -> None:
        if not condition:
            raise ConfigError(
                f"model.bias.release: expected {expected}. Received {release.name} "
                f"with {received}."
            )

    architecture = release.architecture
    need(architecture == PLAIN, f"a {PLAIN}", f"the architecture {architecture}")
    own = all_arguments(PLAIN, release.config)
    whole = all_arguments(BIASED, arguments)
    wanted: dict[str, Any] = {"padding": "valid", "pre_activation": False}
    wanted |= {"num_control_tracks": 0} | {name: whole[name] for name in _SAME}
    for name, value in wanted.items():
        need(own[name] == value, f"a {PLAIN} with {name} = {value!r}", repr(own[name]))
    counts = own["num_counts"]
    need(counts in (None, own["num_outputs"]), "a count of each output", counts)
    length = examples.sequence_length
    known = release.input.training_length or release.input.sequence_length
    need(
        known in (None, length),
        f"a bias that was trained on the {length:,} bp of the data",
        f"{known:,} bp" if known else "",
    )
    for name, ours in SIZES.items():
        given = arguments.get(ours, own[name])
        same = np.array_equal(given, own[name])
        need(same, f"the {name} of model.arguments.{ours}, {given}", own[name])
    return {ours: own[name] for name, ours in SIZES.items()}


def set_bias(config: Config, model: keras.Model) -> None:
    """Gives the layers of the bias the weights of its release."""
    assert config.model.bias is not None
    values, places = load(config.place(config.model.bias.release)), addresses(model)
    for address, variable in addresses(values).items():
        places[f"{FIXED}{address}"].assign(variable)


def fit_bias(config: Config, model: keras.Model, train: Examples) -> None:
    """Adds a constant to the counts of the bias, so that they are those of these data.

        b += mean over the background of ln(1 + observed) - predicted

    The bias may have been trained at another depth of sequencing.

    Args:
        config: Of the run.
        model: With `set_bias`.
        train: Training examples, among them background.

    Raises:
        ConfigError: Nothing of the background is known.

    Source:
        ChromBPNet, adjust_bias_model_logcounts of find_chrombpnet_hyperparams.py.
        Deviation: all of the background of the training split, no outliers removed.
    """
    background = train.subset(background_of(train))
    layer = model.get_layer(f"{FIXED}head_{COUNTS}")
    assert background.targets is not None  # read_splits refuses examples without
    observed = config.head(COUNTS).of(background.targets, background.outputs)
    counts = keras.Model(model.input, layer.output)
    rest = observed - predict(counts, background, window=background.sequence_length)
    known = np.isfinite(rest)
    offset = rest.sum(axis=0, where=known) / np.maximum(known.sum(axis=0), 1)
    if not known.any(axis=0).all():
        raise ConfigError(
            "data.background: expected counts in the training split, to which the "
            f"bias is fitted. Received none in {len(background):,} regions."
        )
    layer.bias.assign(layer.bias + offset)
