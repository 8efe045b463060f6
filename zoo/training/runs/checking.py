"""What would end a training, or make it worth nothing, told before it begins."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import numpy as np

import registry
from zoo.data.head_targets import TargetsByHead
from zoo.errors import InputError
from zoo.inspection.heads import heads_of
from zoo.models.creation import create, min_length, origin
from zoo.models.ensembles import SHAPE, can_be_member
from zoo.models.interface import input_length, sequence_input
from zoo.models.weights import addresses
from zoo.training.configuration.config import Config, ConfigError
from zoo.training.shapes import check_inputs, output_shapes, shape_text, shapes_text
from zoo.training.stopping import better

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import keras

    from zoo.data.examples import Examples

_ROWS = 8_192


def require_packages(config: Config, extra: str | None = None) -> None:
    """Tells before a long training, not after it, what is not installed.

    What the data need, their readers say; these read before the training as well.

    Args:
        config: The run's configuration.
        extra: "tune" or "ray", for what the run is part of.

    Raises:
        ConfigError: With all that is missing, what asks for it and how to install it.
    """
    missing = [
        f"{package}, for {purpose} (pip install {source})"
        for module, package, purpose, source in _wanted(config, extra)
        if not _installed(module)
    ]
    if missing:
        raise ConfigError(
            "Expected all packages that the run needs, before it is started. Not "
            f"installed: {'; '.join(missing)}. Install them, or take what needs them "
            "out of the configuration."
        )


def _wanted(config: Config, extra: str | None) -> Iterator[tuple[str, str, str, str]]:
    """Module, package, what asks for it and what pip is to install."""
    yield "sklearn", "scikit-learn", "measuring a model", "'seqzoo[train]'"
    yield "scipy", "SciPy", "measuring a model", "'seqzoo[train]'"
    if config.logging.tensorboard:
        key = "logging.tensorboard"
        # Keras writes its files by tf.summary, on each backend.
        yield "tensorflow", "TensorFlow", key, "'seqzoo[cpu]'"
        yield "tensorboard", "TensorBoard", key, "'seqzoo[tensorboard]'"
    for name in config.logging.trackers:
        yield name, name, "logging.trackers", name
    if extra == "tune":
        yield "optuna", "Optuna", "a search", "'seqzoo[tune]'"
        yield "tomli_w", "tomli-w", "a search", "'seqzoo[tune]'"
    if extra == "ray":
        yield "ray", "Ray", "--ray", "'seqzoo[ray]'"


def _installed(module: str) -> bool:
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True


def check_model(config: Config, model: keras.Model, examples: Examples) -> None:
    """Refuses a model whose inputs and outputs are not what the examples have.

    Args:
        config: Of the run.
        model: Takes one-hot sequences.
        examples: With targets.

    Raises:
        ConfigError: An input, or an output's shape or bins, is another.
    """
    assert examples.targets is not None
    chosen = config.model.architecture or config.model.release
    length = examples.sequence_length
    try:
        fixed = input_length(model)
    except InputError as error:
        raise ConfigError(f"model: {error}") from None
    if fixed not in (None, length):
        raise ConfigError(
            f"model.arguments.sequence_length: expected the {length} bp of the data, "
            f"or none. Received {fixed} for {chosen!r}."
        )
    least = min_length(model)
    if least is not None and length < least:
        raise ConfigError(
            f"data: expected at least {least} bp, the shortest that {chosen!r} is "
            f"meant for. Received sequences of {length} bp. "
            f"model.arguments.sequence_length = {length} tunes it at that length all "
            "the same."
        )
    try:
        check_inputs(model, examples, sequence_input(model))
    except InputError as error:
        raise ConfigError(
            f"data.inputs: {error} Columns are inputs by data.inputs, bigWig files by "
            "data.input_signals."
        ) from None
    try:
        found = output_shapes(model, length)
    except ValueError as error:  # too short
        text = " ".join(str(error).split())
        raise ConfigError(
            f"data: sequences of {length} bp do not fit {chosen!r}: {text:.200}"
        ) from None
    wanted = {"": examples.targets.shape[1:]}
    if config.heads:
        wanted = TargetsByHead(config.heads, examples).shapes
    if len(found) == 1 and not config.heads:
        found = {"": next(iter(found.values()))}
    if found.keys() != wanted.keys() or (config.heads and len(found) == 1):
        tables = ", ".join(f"[heads.{name}]" for name in found)
        received = ", ".join(f"[heads.{name}]" for name in config.heads) or "none"
        raise ConfigError(
            f"heads: expected {tables if len(found) > 1 else 'none'} for {chosen!r}, "
            f"whose output{'s' * (len(found) > 1)} "
            f"{'are' if len(found) > 1 else 'is'} {shapes_text(found)}: a table for "
            f"each of several. Received {received}."
        )
    for name, output in found.items():
        targets = wanted[name]
        if output != targets:
            raise ConfigError(
                f"{f'heads.{name}' if name else 'model'}: expected an output "
                f"{shape_text(targets)}, as the targets are. Received {chosen!r} with "
                f"{shape_text(output)}{_hint(output, targets)}"
            )
    _check_bins(config, model, length)


def _check_bins(config: Config, model: keras.Model, length: int) -> None:
    """Refuses bins of the data that are not those of the model."""
    size = config.data.keywords.get("bin_size")
    if size is None:
        return
    try:
        heads = heads_of(model, length)
    except InputError:  # nobody knows how wide they are
        return
    chosen = config.model.architecture or config.model.release
    for head in heads:
        joined = config.head(head.name).joined_bins
        if head.bin_size not in (None, joined * size):
            times = f" of {joined} bins joined" if joined > 1 else ""
            raise ConfigError(
                f"data.bin_size: expected the {head.bin_size} bp of a bin of "
                f"{chosen!r}. Received {joined * size}{times}: the bins would lie "
                "elsewhere than those that are predicted."
            )


def check_member(config: Config, model: keras.Model) -> None:
    """Refuses a model that cannot be a member of the configured ensemble.

    Raises:
        ConfigError: It is an ensemble itself, or its builder lacks the arguments.
    """
    count, made = config.ensemble.count, origin(model)
    if count > 1 and made is not None and not can_be_member(made):
        raise ConfigError(
            "ensemble: expected a model that is no ensemble itself, to average "
            f"{count} of, by a builder with the arguments {' and '.join(SHAPE)}. "
            f"Received: {config.model.release or config.model.architecture}"
        )


def check_names(config: Config, model: keras.Model) -> None:
    """Refuses an architecture whose weights have other names in each build.

    Raises:
        ConfigError: They have: what was learned could not be read back.
    """
    made = origin(model)
    if made is None or config.start is not None:
        return
    provider = registry.find_architecture(made.architecture, (registry.OWN,)).provider
    if provider == registry.OWN:  # whose names have tests
        return
    again = addresses(create(made.architecture, **made.config))
    changed = [address for address in addresses(model) if address not in again]
    if changed:
        raise ConfigError(
            "model.architecture: expected an explicit name of each layer with weights, "
            "by which these are read back. Received others in each build of "
            f"{made.architecture!r}: {', '.join(changed[:4])}. seqzoo check-plugin "
            f"{made.architecture} looks for more."
        )


def _hint(output: tuple[int, ...], targets: tuple[int, ...]) -> str:
    if len(output) < len(targets):
        return (
            ", one value per sequence; bins need an architecture that gives them, of "
            "some by an argument such as bin_size (model.arguments)."
        )
    if len(output) > len(targets):
        return "; its bins need data.signals and data.bin_size."
    return (
        ". Where the bins lie, model.arguments and data.bin_size, data.target_length "
        "and data.sequence_length say."
    )


def check_monitor(
    config: Config,
    metrics: Mapping[str, Sequence[keras.metrics.Metric]],
    valid: Examples,
) -> None:
    """Refuses to choose the epoch by what no epoch would have.

    Args:
        config: Of the run.
        metrics: New ones by head, of which the monitor may be one.
        valid: Validation data.

    Raises:
        ConfigError: There is no such metric, it says neither whether more is better
            nor less, or it is not defined for these targets.
    """
    name = config.training.monitor
    known: dict[str, tuple[str, keras.metrics.Metric | None]] = {"val_loss": ("", None)}
    for head, own in metrics.items():
        prefix = f"val_{head}_" if head else "val_"
        known |= {f"{prefix}loss": (head, None)}
        known |= {f"{prefix}{metric.name}": (head, metric) for metric in own}
    if name not in known:
        raise ConfigError(
            f"training.monitor: expected one of {', '.join(known)}; "
            f"{'metrics of a head add' if config.heads else 'training.metrics adds'} "
            f"others. Received: {name!r}"
        )
    try:
        better(name, [metric for own in metrics.values() for metric in own])
    except InputError as error:
        raise ConfigError(f"training.monitor: {error}") from None
    (head, metric), targets = known[name], valid.targets
    if metric is None or targets is None:
        return
    random = np.random.default_rng(0)
    for first in range(0, len(targets), _ROWS):
        some = config.head(head).of(targets[first : first + _ROWS], valid.outputs)
        # Whatever a model would predict.
        metric.update_state(some, random.normal(size=some.shape).astype(np.float32))
    if np.isnan(float(metric.result())):
        raise ConfigError(
            f"training.monitor: {name} has no value in the {len(valid):,} examples of "
            "validation: they are of one class, or all alike. Choose others "
            "(data.split), or monitor val_loss."
        )
