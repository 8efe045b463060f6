"""Packages that a run needs beside the core, looked for before anything is trained."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from zoo.training.configuration.config import Config, ConfigError


def require_packages(config: Config, extra: str | None = None) -> None:
    """Tells before a long training, not after it, what is not installed.

    What the data need, their readers say; these read before the training as well.

    Args:
        config: Of the run.
        extra: "tune" or "ray", for what the run is part of.

    Raises:
        ConfigError: With all that is missing, what asks for it and how to install it.
    """
    missing = [
        f"{package}, for {purpose} (pip install {source})"
        for module, package, purpose, source in _wanted(config, extra)
        if not _is_there(module)
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


def _is_there(module: str) -> bool:
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True
