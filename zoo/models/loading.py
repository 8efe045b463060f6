"""Name -> release -> builder -> weights -> model, with every step checked."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import registry
from registry.release import Release
from zoo.errors import InputError, WeightsError, check_choice
from zoo.models.creation import builder, check_model, remember, require_backend
from zoo.models.interface import check_described
from zoo.models.outputs import declare

if TYPE_CHECKING:
    import keras

_NAMED = 6  # new tensors that a report prints; a head has two to four
HEAD = "head_"  # the layers that a new task replaces; see zoo.architectures.blocks.head
FIXED = "bias_"  # the layers that no training changes; see zoo.architectures.chrombpnet

logger = logging.getLogger("zoo")


@dataclass(frozen=True, repr=False)
class TransferReport:
    """Which variables came from the release and which are new.

    It prints as one line, of counts and the first names.

    Attributes:
        release: The release's name.
        transferred: Addresses of the variables that hold released values.
        new: Addresses of the variables that hold initial values.
    """

    release: str
    transferred: tuple[str, ...]
    new: tuple[str, ...]

    def __repr__(self) -> str:
        names = ", ".join(self.new[:_NAMED])
        rest = len(self.new) - _NAMED
        return (
            f"{self.release}: {len(self.transferred)} tensors transferred, "
            f"{len(self.new)} new"
            + (f": {names}" if names else "")
            + (f" and {rest} more" if rest > 0 else "")
        )


def load(
    name: str | Path,
    *,
    num_outputs: int | None = None,
    sequence_length: int | None = None,
    freeze: str | None = None,
    lock: str | Path | None = None,
) -> keras.Model:
    """Loads a released model, its weights verified.

    The files' sha256 are checked before anything is read from them, the model is
    built from the release's own configuration, and the weights are read by name:
    all of them, or none.

    Args:
        name: A release ("rc_dilated_v1"), an architecture for its newest active
            release ("rc_dilated"), the path of a release folder, or an address,
            https://... or hf://owner/name@revision, whose release is kept in a cache.
        num_outputs: Gives the model a new, untrained head of so many logits, also
            where the number is the released one: a new task is a new head. Which
            tensors were transferred and which are new is logged.
        sequence_length: Input length in bp, where it shall not be the released one.
        freeze: "trunk" makes all but the head untrainable; see `freeze`.
        lock: A lock file (`seqzoo lock`) that must pin the name; the very release
            that it pins is loaded, or nothing.

    Returns:
        A `keras.Model`: (batch, sequence_length, 4) one-hot ACGT -> logits
        (batch, num_outputs), or (batch, bins, num_outputs) for a profile. The
        release names the activation that turns logits into units.

    Raises:
        BackendError: Keras has no backend.
        UnknownNameError: There is no such release; near names are suggested.
        ReleaseError, IntegrityError: The release is yanked, damaged or changed.
        WeightsError: The weights do not fit the model, as the release or the
            arguments describe it.
    """
    model, report = load_with_report(
        name,
        num_outputs=num_outputs,
        sequence_length=sequence_length,
        freeze=freeze,
        lock=lock,
    )
    if lock is None and name == report.release.rpartition("_v")[0]:
        logger.warning(
            "%s: loading %s, its newest active release", name, report.release
        )
    if report.new:
        # A warning, so that it is seen without setting up logging: a model with
        # new tensors must be trained before its predictions mean anything.
        logger.warning(
            "%s. zoo.load_with_report lists them all; train before you predict", report
        )
    return model


def load_with_report(
    name: str | Path,
    *,
    num_outputs: int | None = None,
    sequence_length: int | None = None,
    freeze: str | None = None,
    lock: str | Path | None = None,
) -> tuple[keras.Model, TransferReport]:
    """As `load`, and returns which tensors were transferred and which are new."""
    if lock is None:
        release = usable(registry.find(name))
    else:
        release = usable(registry.find_locked(str(name), registry.read_lock(lock)))
    require_backend()
    from zoo.models.weights import layers, load_weights

    overrides = {"num_outputs": num_outputs, "sequence_length": sequence_length}
    given = {k: v for k, v in overrides.items() if v is not None}
    config = release.config | registry.plain(given)
    # Whatever other packages register under that name.
    prefer = (release.provider, registry.OWN)
    try:
        build = builder(release.architecture, prefer)
    except registry.UnknownNameError:
        raise registry.UnknownNameError(
            "architecture",
            release.architecture,
            (),
            hint=f"{release.name} is made of it: install the package that brings it, "
            "or import in Python the module that registers it, then zoo.load.",
        ) from None
    if release.provider != registry.OWN:
        from zoo.models.trial import check_buildable

        check_buildable(release, build)
    model = build(**config)
    check_described(model, release, new_head=num_outputs is not None)
    places = [f"{place}/" for place, layer in layers(model) if is_head(layer)]
    heads = (HEAD, *places)  # the latter inside of models inside the model
    try:
        transferred, new = load_weights(
            model,
            release.read(release.weights),
            fresh=lambda address: num_outputs is not None and address.startswith(heads),
        )
    except WeightsError as error:
        if sequence_length is None:
            raise
        if num_outputs is not None:
            raise WeightsError(
                f"{release.name} has weights for each place of its "
                f"{release.input.sequence_length} bp and takes no sequence_length="
                f"{sequence_length}: {error} Leave sequence_length out."
            ) from error
        raise WeightsError(
            f"{release.name} cannot keep its head at sequence_length="
            f"{sequence_length}: {error} Pass num_outputs as well for a new head."
        ) from error
    if freeze is not None:
        _freeze(model, freeze)
    architecture = registry.find_architecture(release.architecture, prefer)
    # A new head was trained on nothing yet.
    length = None if num_outputs is not None else release.input.training_length
    remember(model, architecture, config, release, length)
    declare(model, release.outputs if num_outputs is None else None)
    return model, TransferReport(release.name, tuple(transferred), tuple(new))


def refuse_withdrawn(release: Release) -> None:
    """Refuses a release that must not be used any more.

    Raises:
        ReleaseError: It is yanked; the error gives the reason.
    """
    status = release.status
    if status.state == "yanked":
        raise registry.ReleaseError(
            f"{release.name} was withdrawn: {status.reason}. "
            + (f"Use {status.superseded_by}." if status.superseded_by else "")
        )


def usable(release: Release) -> Release:
    """Returns the release, unless it was withdrawn.

    Raises:
        ReleaseError: It is yanked; the error gives the reason.

    Warns:
        UserWarning: A newer release supersedes it.
    """
    refuse_withdrawn(release)
    if notice := release.notice():
        warnings.warn(notice, stacklevel=4)
    return release


def freeze(model: keras.Model, part: str = "trunk") -> keras.Model:
    """Makes the trunk untrainable, in place: only the head goes on learning.

    Frozen batch normalization layers infer, so their statistics stay as well.
    Compile the model after this.

    Args:
        model: A model whose head layers are named "head_...".
        part: "trunk": all layers but the head.

    Returns:
        The same model.

    Raises:
        InputError: No model, another part, or a model without head layers.
    """
    from zoo.models.weights import layers

    check_model(model)
    check_choice("freeze", part, ("trunk",))
    found = dict(layers(model))
    if not any(map(is_head, found.values())):
        raise InputError(
            f"Expected layers named {HEAD}..., of which the trunk is the rest. "
            f"Received: {', '.join(found)}"
        )
    for layer in found.values():
        layer.trainable = is_head(layer)
    return model


def is_head(layer: keras.layers.Layer) -> bool:
    """Whether a layer belongs to the head, which a new task replaces."""
    name: str = layer.name
    return name.startswith(HEAD)


def is_fixed(layer: keras.layers.Layer) -> bool:
    """Whether a layer belongs to what no training changes, such as an enzyme's bias."""
    name: str = layer.name
    return name.startswith(FIXED)


_freeze = freeze  # `load` has an argument of that name
