"""Name -> a new, untrained model, and where a model came from."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import inspect
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import registry
from registry import Release
from zoo.errors import BackendError, InputError
from zoo.models.keras_settings import settings_for_sequences

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Origin:
    """How a model was made, which is what a release of it has to say.

    Attributes:
        architecture: The name, "provider:name" if it is not one of ours.
        config: All arguments of the builder; a default may change, a release not.
        release: The release whose weights it started from, or None.
        training_length: bp of the sequences that its weights were trained and measured
            on, head included; None where that is not known.
    """

    architecture: str
    config: dict[str, Any]
    release: Release | None = None
    training_length: int | None = None


_origins: weakref.WeakKeyDictionary[keras.Model, Origin] = weakref.WeakKeyDictionary()
# By the tensor that a model begins with, which models made of its layers share.
_min_lengths: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()


def require_backend() -> None:
    """Imports Keras, or says in one sentence what to install.

    Raises:
        BackendError: Keras cannot import its backend.
    """
    try:
        importlib.import_module("keras")
    except (ImportError, ValueError) as error:  # the latter of a name it does not know
        raise BackendError(
            f"Keras found no backend to run on ({error}): install one with "
            "pip install 'seqzoo[cpu]' (TensorFlow) or pip install 'seqzoo[gpu]' "
            "(TensorFlow with CUDA), or pip install 'seqzoo[jax]' and set "
            "KERAS_BACKEND=jax, or pip install 'seqzoo[torch]' and set "
            "KERAS_BACKEND=torch."
        ) from error


def create(architecture: str, /, **config: Any) -> keras.Model:
    """Builds a new, untrained model of a named architecture.

    Args:
        architecture: A name of `zoo.list_architectures`, e.g. "rc_dilated", or
            "provider:name" where two packages share it.
        **config: The builder's own arguments, e.g. sequence_length (bp) and
            num_outputs.

    Returns:
        A `keras.Model`: (batch, sequence_length, 4) one-hot ACGT -> logits.

    Raises:
        BackendError: Keras has no backend.
        UnknownNameError: There is no such architecture.
        TypeError, ValueError: The builder refuses an argument.
    """
    require_backend()
    model = builder(architecture)(**config)
    return remember(model, registry.find_architecture(architecture), config)


def builder(name: str, prefer: Sequence[str] = ()) -> Callable[..., keras.Model]:
    """The builder of an architecture, with channels last whatever keras.json says.

    Args:
        name: As in `registry.builder`.
        prefer: Likewise.

    Raises:
        UnknownNameError, DuplicateNameError, PluginError: As `registry.builder`.
        InputError: Called, it returns no model.
    """
    build = registry.builder(name, prefer)

    @functools.wraps(build)
    def checked(**config: Any) -> keras.Model:
        import keras

        with settings_for_sequences():
            model = build(**registry.plain(config))
        if not isinstance(model, keras.Model):
            raise InputError(
                f"Expected that the builder of {name!r} returns a keras.Model. "
                f"Received: {model!r:.80}. Its last line should be "
                "return keras.Model(inputs, outputs)."
            )
        return model

    return checked


def remember(
    model: keras.Model,
    architecture: registry.Architecture,
    config: dict[str, Any],
    release: Release | None = None,
    training_length: int | None = None,
) -> keras.Model:
    """Notes how a model was made, for `origin`; returns the model."""
    ours = architecture.provider in (registry.OWN, registry.SESSION)
    name = architecture.name if ours else f"{architecture.provider}:{architecture.name}"
    written = all_arguments(f"{architecture.provider}:{architecture.name}", config)
    if release is not None:
        shortest = release.input.min_length
        # A length that was asked for is meant, even if it is shorter.
        shortest = min(shortest, written.get("sequence_length") or shortest)
        for part in _with_models_inside(model):
            for tensor in part.inputs:
                _min_lengths[tensor] = shortest
    _origins[model] = Origin(name, written, release, training_length)
    return model


def made_alike(model: keras.Model, of: keras.Model) -> keras.Model:
    """Notes that a model was made as another, e.g. is a part of it; returns it."""
    if of in _origins:
        _origins[model] = _origins[of]
    return model


def all_arguments(name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a builder with its defaults, which may change.

    Raises:
        TypeError: The builder has no such argument, or lacks one.
    """
    bound = inspect.signature(registry.builder(name)).bind(**registry.plain(config))
    bound.apply_defaults()
    return dict(bound.arguments)


def trained_on(model: keras.Model, length: int) -> None:
    """Notes at how many bp a model goes on, in place of the length of its release."""
    for part in _with_models_inside(model):
        made = _origins.get(part)
        if made is not None and made.training_length is not None:
            _origins[part] = dataclasses.replace(made, training_length=length)


def check_model(model: object) -> None:
    """Refuses what is no Keras model, such as the name of a release.

    Raises:
        InputError: It is none.
    """
    import keras

    if not isinstance(model, keras.Model):
        raise InputError(
            "Expected a Keras model; zoo.load(name) gives that of a release. Received: "
            f"{model!r:.60} ({type(model).__name__})"
        )


def called(model: keras.Model) -> str:
    """What an error calls a model: its name, and the release it was loaded from."""
    made = origin(model)
    release = made.release if made is not None else None
    return f"{model.name!r}" + (f" (release {release.name})" if release else "")


def origin(model: keras.Model) -> Origin | None:
    """How a model was made, if `zoo.create` or `zoo.load` made it in this session."""
    return _origins.get(model)


def min_length(model: keras.Model) -> int | None:
    """The shortest sequence in bp that a model is meant for, None if that is not known.

    It is that of the release that `zoo.load` made it of; so it is for a part of such a
    model, and for a model around it or around several, as in `zoo.ensemble` and
    `zoo.conjoined`.
    """
    tensors = [t for part in _with_models_inside(model) for t in part.inputs]
    known = [_min_lengths[tensor] for tensor in tensors if tensor in _min_lengths]
    return max(known, default=None)


def _with_models_inside(model: Any) -> Iterator[Any]:
    if getattr(model, "inputs", None):
        yield model
    for layer in getattr(model, "layers", ()):
        yield from _with_models_inside(layer)
