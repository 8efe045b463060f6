"""What a model is and which release it started from, as its own release says it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import registry
from registry import Release
from zoo.errors import InputError
from zoo.models.creation import Origin, all_arguments, called, origin
from zoo.models.interface import input_length

if TYPE_CHECKING:
    import keras

NO_RELEASE = "none"


def origin_of(
    model: keras.Model,
    architecture: str | None = None,
    config: dict[str, Any] | None = None,
    derived_from: str | Path | None = None,
) -> Origin:
    """What is known of a model, and what the arguments of `zoo.save` say of it.

    Raises:
        InputError: Nothing says which architecture it is; or it may have started from a
            release, and nothing says whether it did; or it did from another one.
        UnknownNameError, ReleaseError: There is no such release as derived_from.
    """
    known = origin(model)
    release = known.release if known else None
    if derived_from is not None:
        release = None if derived_from == NO_RELEASE else registry.find(derived_from)
        _check_known(model, known, release)
    elif architecture is not None and known is None:
        _check_lineage(model, architecture)
    if architecture is not None:
        found = known or Origin(architecture, {})
        if config is None:
            config = found.config if found.architecture == architecture else {}
        try:
            config = all_arguments(architecture, config)
        except TypeError as error:
            raise InputError(f"config: {architecture} {error}") from None
        return dataclasses.replace(
            found, architecture=architecture, config=config, release=release
        )
    if known is not None:
        return dataclasses.replace(known, release=release)
    if release is None:
        raise InputError(
            f"Expected a model that zoo.create or zoo.load made. Received: "
            f"{called(model)}. If it comes from a file of Keras, pass the release that "
            "its training started from as derived_from=. Else register the function "
            "that builds it (zoo.register), and pass its name as architecture= and its "
            "arguments as config=."
        )
    own: dict[str, Any] = {"sequence_length": input_length(model)}
    counts = [tensor.shape[-1] for tensor in model.outputs]
    if counts != [head.num_outputs for head in release.heads or ()]:
        own["num_outputs"] = counts[0]
    own = {name: value for name, value in own.items() if name in release.config}
    return Origin(release.architecture, release.config | own, release)


def _check_known(
    model: keras.Model, known: Origin | None, said: Release | None
) -> None:
    before = known.release if known else None
    if before is not None and (said is None or said.sha256 != before.sha256):
        raise InputError(
            f"Expected derived_from={before.name!r}, or nothing, of {called(model)}: "
            f"it was loaded from that. Received: {said.name if said else NO_RELEASE!r}"
        )


def _check_lineage(model: keras.Model, architecture: str) -> None:
    """Where a release comes from cannot be added later, and nothing else tells."""
    from zoo.models.listing import list_models

    releases = list_models(architecture=architecture)
    if releases:
        raise InputError(
            f"Expected derived_from=, as {architecture} has releases and it is not "
            f"known whether {called(model)} started from one: {releases[-1]!r}, for "
            f"example, or {NO_RELEASE!r} if it was trained from random weights."
        )
