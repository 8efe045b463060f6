"""What an export needs, and what to do where it is missing."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from zoo.models.interface import as_inputs, inputs_of, sequence_input
from zoo.publishing.exporting.errors import ExportError

if TYPE_CHECKING:
    import keras


def require(what: str, backends: Sequence[str], modules: Sequence[str] = ()) -> None:
    """Checks the backend in use and that modules are installed.

    Args:
        what: The format, for the message.
        backends: Keras backends whose tool chain writes it.
        modules: Importable names, of the extra "export".

    Raises:
        ExportError: It says what to set or to install.
    """
    import keras

    backend = keras.backend.backend()
    if backend not in backends:
        raise ExportError(
            f"{what} is written by the tool chain of {' or '.join(backends)}. "
            f"Received: a model on {backend}. Set KERAS_BACKEND={backends[0]} and "
            "export there; a release has the same weights everywhere. TensorFlow is "
            "installed by pip install 'seqzoo[cpu]'."
        )
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise ExportError(
            f"{what} needs {', '.join(missing)}, not installed here: "
            "pip install 'seqzoo[export]', in an environment of its own if its "
            "requirements and yours exclude each other."
        )


@contextlib.contextmanager
def conversion(what: str) -> Iterator[None]:
    """Turns whatever a converter raises into an ExportError.

    Raises:
        ExportError: The converter failed; its own message is included.
    """
    try:
        with warnings.catch_warnings():
            # Of the converters, about their own use of NumPy and of each other.
            warnings.simplefilter("ignore")
            yield
    except Exception as error:  # their errors have no common type
        reason = f"{type(error).__name__}: {error}"
        if len(reason) > 500:
            reason = f"{reason[:500]} ..."
        raise ExportError(
            f"The tool chain of {what} cannot convert this model. It says: {reason}"
        ) from error


def one_hot_signature(model: keras.Model) -> list[Any]:
    """For `model.export`: the sequence as "one_hot", other inputs by their names."""
    import keras

    sequence = sequence_input(model)
    specs = {
        name: keras.InputSpec(
            shape=tensor.shape,
            dtype=tensor.dtype,
            name="one_hot" if name == sequence else name,
        )
        for name, tensor in inputs_of(model).items()
    }
    return [as_inputs(model, specs)]
