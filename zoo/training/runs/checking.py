"""What would end a training, or make it worth nothing, told before it begins."""

from __future__ import annotations

import importlib
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

import registry
from registry.release import Head, Output
from registry.schema import is_plain
from zoo.errors import InputError
from zoo.models.creation import create, min_length, origin
from zoo.models.ensembles import SHAPE, can_be_member
from zoo.models.interface import input_length
from zoo.models.weights import addresses
from zoo.prediction.genome.bins import bin_size
from zoo.publishing.claims import check_outputs, check_symmetry
from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.tasks import task_of
from zoo.training.shapes import outputs_text, shape_text
from zoo.training.stopping import better

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import keras

    from zoo.data.examples import Examples

_ROWS, _SOME = 8_192, 8


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


def check_targets(config: Config, examples: Examples) -> None:
    """Refuses targets that the task does not have.

    Raises:
        ConfigError: There are none, of another rank or of values that the loss and
            the metrics do not know.
    """
    targets, task = examples.targets, config.data.task
    if targets is None:
        raise ConfigError(
            "data.targets: expected the columns, labels or signals that the model "
            f"learns to predict. Received none for {examples.source}."
        )
    rank = 3 if task == "profile" else 2
    if targets.ndim != rank:
        raise ConfigError(
            "data.task: expected "
            + (
                "bins (data.bin_size) for 'profile'; one value per window is "
                "'regression'"
                if rank == 3
                else f"one value per sequence and output for {task!r}; bins are "
                "'profile'"
            )
            + f". Received targets {shape_text(targets.shape[1:])}."
        )
    if task in ("binary", "multi-label"):
        wrong, expected = (targets != 0) & (targets != 1), "0, 1 or nothing"
        hint = " Values are the task 'regression'."
    elif task_of(config).loss == "MaskedLogPoisson":
        wrong = targets < 0
        expected = "values of at least 0, whose logarithm is learned"
        hint = ' training.loss = "MaskedMeanSquaredError" takes others.'
    else:
        return
    wrong &= ~np.isnan(targets)
    if wrong.any():
        found = ", ".join(f"{value:g}" for value in np.unique(targets[wrong])[:3])
        raise ConfigError(
            f"data.task: expected {expected} for {task!r}. Received {found} in "
            f"{int(wrong.sum()):,} of {targets.size:,} targets.{hint}"
        )


def check_model(config: Config, model: keras.Model, examples: Examples) -> None:
    """Refuses a model whose output is not of the targets' shape and bins.

    Args:
        config: The run's configuration.
        model: Takes one-hot sequences.
        examples: With targets.

    Raises:
        ConfigError: It is not, or it does not take the sequences.
    """
    assert examples.targets is not None
    chosen = config.model.architecture or config.model.release
    length, targets = examples.sequence_length, examples.targets.shape[1:]
    try:
        fixed = input_length(model)
        if len(model.inputs) > 1:
            names = ", ".join(tensor.name for tensor in model.inputs)
            raise InputError(f"Expected a model of one input. Received: {names}.")
    except InputError as error:
        raise ConfigError(
            f"model: a configuration feeds sequences only, not {chosen!r}: {error} "
            "Train it in Python, with zoo.training.fit."
        ) from None
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
        found = model.compute_output_shape((1, length, 4))
    except ValueError as error:  # too short
        text = " ".join(str(error).split())
        raise ConfigError(
            f"data: sequences of {length} bp do not fit {chosen!r}: {text:.200}"
        ) from None
    output = tuple(found[1:]) if isinstance(found, tuple) else None
    if output != targets:
        raise ConfigError(
            f"model: expected an output {shape_text(targets)}, as the targets are. "
            f"Received {chosen!r} with {outputs_text(found)}{_hint(output, targets)}"
        )
    width = bin_size(model, length) if len(targets) == 2 else None
    wanted = config.data.keywords.get("bin_size")
    if width is not None and wanted is not None and width != wanted:
        raise ConfigError(
            f"data.bin_size: expected the {width} bp of a bin of {chosen!r}. Received "
            f"{wanted}: the bins would lie elsewhere than those that are predicted."
        )


def check_strands(config: Config, model: keras.Model, examples: Examples) -> None:
    """Refuses a [release] that calls a model equivariant which is not.

    Raises:
        ConfigError: It does; no training makes it so.
    """
    release = config.release
    if release is None or release.symmetry != "equivariant":
        return
    outputs = [Output(name, "", "") for name in examples.outputs]
    described = [asdict(output) for output in release.outputs or outputs]
    try:
        rows = np.arange(min(len(examples), _SOME))
        check_symmetry(model, release.symmetry, described, examples.codes(rows))
    except InputError as error:
        raise ConfigError(f"release.{error}") from None


def check_member(config: Config, model: keras.Model) -> None:
    """Refuses a model that cannot be a member of the configured ensemble.

    Raises:
        ConfigError: It is an ensemble itself, or its builder lacks the arguments.
    """
    count, made = config.ensemble.folds or len(config.ensemble.seeds), origin(model)
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


def _hint(output: tuple[int, ...] | None, targets: tuple[int, ...]) -> str:
    if output is None:
        return "; several outputs are trained in Python, with zoo.training.fit."
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
    config: Config, metrics: Sequence[keras.metrics.Metric], valid: Examples
) -> None:
    """Refuses to choose the epoch by what no epoch would have.

    Args:
        config: The run's configuration.
        metrics: New ones, of which the monitor may be one.
        valid: Validation data.

    Raises:
        ConfigError: There is no such metric, it says neither whether more is better
            nor less, or it is not defined for these targets.
    """
    name, known = config.training.monitor, {f"val_{m.name}": m for m in metrics}
    if name not in ("val_loss", *known):
        raise ConfigError(
            f"training.monitor: expected one of {', '.join(['val_loss', *known])}; "
            f"training.metrics adds others. Received: {name!r}"
        )
    try:
        better(name, metrics)
    except InputError as error:
        raise ConfigError(f"training.monitor: {error}") from None
    metric, targets = known.get(name), valid.targets
    if metric is None or targets is None:
        return
    random = np.random.default_rng(0)
    for first in range(0, len(targets), _ROWS):
        some = targets[first : first + _ROWS]
        # Whatever a model would predict.
        metric.update_state(some, random.normal(size=some.shape).astype(np.float32))
    if np.isnan(float(metric.result())):
        raise ConfigError(
            f"training.monitor: {name} has no value in the {len(valid):,} examples of "
            "validation: they are of one class, or all alike. Choose others "
            "(data.split), or monitor val_loss."
        )


def check_release(config: Config, examples: Examples) -> None:
    """Refuses what the release would say of the model that it cannot.

    Raises:
        ConfigError: [release] does not fit the data or the loss, or the arguments of
            the model cannot be written.
    """
    release, length = config.release, examples.sequence_length
    if release is None:
        return
    if not is_plain(list(config.model.arguments.values())):
        raise ConfigError(
            "model.arguments: expected numbers of 64 bits, texts and lists of them, as "
            f"a [release] holds nothing else. Received: {config.model.arguments!r:.200}"
        )
    try:
        if release.outputs:
            check_outputs(
                release.outputs,
                [Head("", "scalar", len(examples.outputs), None, None)],
            )
    except InputError as error:
        raise ConfigError(f"release.outputs: {error}") from None
    names = tuple(output.name for output in release.outputs)
    if names != examples.outputs and sorted(names) == sorted(examples.outputs):
        raise ConfigError(
            "release.outputs: expected the order of the data's outputs, "
            f"{', '.join(examples.outputs)}. Received: {', '.join(names)}"
        )
    activation, loss = task_of(config).activation, task_of(config).loss
    for output in release.outputs:
        if output.activation != activation:
            raise ConfigError(
                f"release.outputs: expected the activation {activation!r} for "
                f"{output.name!r}, by which {loss} learns. Received: "
                f"{output.activation!r}"
            )
    if release.min_length is not None and not 1 <= release.min_length <= length:
        raise ConfigError(
            f"release.min_length: expected 1 to the {length} bp that the model is "
            f"trained on. Received: {release.min_length}"
        )
