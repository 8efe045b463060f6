"""Does an architecture keep to what the rest of seqzoo builds on?

Every check builds models of the architecture with its default arguments, and says in
one sentence what it found. `seqzoo check-plugin NAME` prints them; a plugin's own tests
call `check`.
"""

from __future__ import annotations

import inspect
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

import registry
from registry.declaration import declaration
from zoo.keras_settings import settings_for_sequences
from zoo.precision import dtype_policy
from zoo.symmetry import check as measure
from zoo.weights import addresses, load_weights, save_weights

LENGTHS = (96, 131)  # bp, for architectures that take any length
BATCH = 2
MIXED_PRECISION_ERROR = 0.1  # of the spread of the outputs; bfloat16 has 8 bits


@dataclass(frozen=True)
class Finding:
    """The outcome of one check.

    Attributes:
        check: What was checked, in a few words.
        problem: What is wrong and how to mend it, or None.
        skipped: Why it was not checked here, or None.
    """

    check: str
    problem: str | None = None
    skipped: str | None = None


class _Skip(Exception):
    """This check cannot be made here."""


class _Problem(Exception):
    """What is wrong and how to mend it."""


def check(name: str) -> list[Finding]:
    """Runs all checks over a registered architecture.

    Args:
        name: As `zoo.create` takes it.

    Returns:
        One finding a check, in the order of the checks.

    Raises:
        UnknownNameError, DuplicateNameError, PluginError: It cannot be imported.
    """
    builder = settings_for_sequences()(registry.builder(name))
    return [_run(text, function, builder) for text, function in CHECKS.items()]


def _run(
    text: str, function: Callable[[Any], None], builder: Callable[..., Any]
) -> Finding:
    try:
        with dtype_policy():
            function(builder)
    except _Skip as reason:
        return Finding(text, skipped=str(reason))
    except _Problem as problem:
        return Finding(text, problem=str(problem))
    # A stranger's builder may raise anything.
    except Exception as error:
        return Finding(text, problem=f"{type(error).__name__}: {error}")
    return Finding(text)


def _arguments(builder: Any) -> None:
    parameters = inspect.signature(builder).parameters.values()
    positional = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
    if positional:
        raise _Problem(
            f"expected keyword-only arguments, received {', '.join(positional)}: write "
            "* in front of the first"
        )
    defaults = {p.name: p.default for p in parameters}
    for wanted in ("sequence_length", "num_outputs"):
        if wanted not in defaults:
            raise _Problem(f"expected an argument {wanted}")
    required = [n for n, value in defaults.items() if value is inspect.Parameter.empty]
    if required:
        raise _Problem(f"expected defaults, {', '.join(required)} have none")
    try:
        restored = json.loads(json.dumps(defaults))
    except TypeError as error:
        raise _Problem(f"the defaults cannot be written as JSON: {error}") from None
    _same_addresses(builder(**restored), builder(), "with its defaults out of JSON")


def _same_addresses(one: Any, other: Any, when: str) -> None:
    if list(addresses(one)) != list(addresses(other)):
        difference = sorted(set(addresses(one)) ^ set(addresses(other)))
        raise _Problem(
            f"the addresses of the weights differ {when}: {', '.join(difference[:4])}. "
            "Give every layer with weights an explicit name"
        )


def _names(builder: Any) -> None:
    _same_addresses(builder(), builder(), "between two builds")
    if not any(layer.name.startswith("head_") for layer in builder().layers):
        raise _Problem(
            "expected layers named head_..., which a new task replaces; "
            "zoo.blocks.head makes them"
        )


def _lengths(builder: Any) -> None:
    model = builder()
    fixed = _length(model)
    if fixed is not None:
        raise _Skip(f"it takes {fixed} bp only")
    for length in LENGTHS:
        _call(model, _inputs(model, length))
        if _length(builder(sequence_length=length)) != length:
            raise _Problem("sequence_length does not fix the length of the input")


def _config(builder: Any) -> None:
    model = builder()
    again = keras.Model.from_config(json.loads(json.dumps(model.get_config())))
    again.set_weights(model.get_weights())
    _same_outputs(model, again, "after a round trip of its configuration", 0.0)


def _weights(builder: Any) -> None:
    model, again = builder(), builder()
    with tempfile.TemporaryDirectory() as folder:
        save_weights(model, Path(folder) / "weights.h5")
        load_weights(again, Path(folder) / "weights.h5")
    _same_outputs(model, again, "after a round trip of its weights", 0.0)


def _mixed_precision(builder: Any) -> None:
    model = builder()
    with dtype_policy("mixed_bfloat16"):
        again = builder()
    again.set_weights(model.get_weights())
    for output in keras.tree.flatten(again.outputs):
        if keras.backend.standardize_dtype(output.dtype) != "float32":
            raise _Problem(
                f"expected float32 outputs under mixed precision, received "
                f'{output.dtype}: give the last layer dtype="float32"'
            )
    _same_outputs(model, again, "under mixed precision", MIXED_PRECISION_ERROR)


def _xla(builder: Any) -> None:
    if keras.backend.backend() != "tensorflow":
        raise _Skip("XLA is checked on TensorFlow")
    import tensorflow as tf

    model = builder()
    x = _inputs(model)
    compiled = tf.function(lambda x: model(x, training=False), jit_compile=True)
    _compare(_arrays(compiled(x)), _call(model, x), "compiled by XLA", 1e-4)


def _strategy(builder: Any) -> None:
    if keras.backend.backend() != "tensorflow":
        raise _Skip("tf.distribute is checked on TensorFlow")
    import tensorflow as tf

    model = builder()
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        again = builder()
    _same_addresses(model, again, "inside the scope of a distribution strategy")
    again.set_weights(model.get_weights())
    _same_outputs(model, again, "inside a strategy's scope", 1e-5)


def _reverse_complement(builder: Any) -> None:
    declared = declaration(builder)
    if declared.reverse_complement is None:
        raise _Skip("nothing is declared; see registry.declare")
    symmetry = measure(builder(), pairing=declared.pairing)
    if symmetry.kind != declared.reverse_complement:
        raise _Problem(f"declared {declared.reverse_complement}, measured: {symmetry}")


CHECKS: dict[str, Callable[[Any], None]] = {
    "keyword-only arguments with JSON defaults": _arguments,
    "explicit names of weights, a head": _names,
    "any length": _lengths,
    "JSON configuration round trip": _config,
    "weights round trip": _weights,
    "mixed precision": _mixed_precision,
    "XLA": _xla,
    "creation inside a distribution strategy's scope": _strategy,
    "reverse complement as declared": _reverse_complement,
}


def _length(model: keras.Model) -> int | None:
    length: int | None = model.inputs[0].shape[1]
    return length


def _inputs(model: keras.Model, length: int = LENGTHS[0]) -> Any:
    """Random inputs of the right shapes: one-hot, codes, integers or numbers."""
    generator = np.random.default_rng(0)
    found = {}
    for tensor in model.inputs:
        shape = (
            BATCH,
            *(length if size is None else size for size in tensor.shape[1:]),
        )
        dtype = keras.backend.standardize_dtype(tensor.dtype)
        if len(shape) == 3 and shape[-1] == 4:
            found[tensor.name] = np.eye(4, dtype=dtype)[
                generator.integers(0, 4, shape[:2])
            ]
        elif "int" in dtype:
            found[tensor.name] = generator.integers(0, 2, shape).astype(dtype)
        else:
            found[tensor.name] = generator.normal(size=shape).astype(dtype)
    return found if len(found) > 1 else next(iter(found.values()))


def _arrays(outputs: Any) -> list[np.ndarray]:
    return [
        np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(y, "float32")))
        for y in keras.tree.flatten(outputs)
    ]


def _call(model: keras.Model, inputs: Any) -> list[np.ndarray]:
    outputs = _arrays(model(inputs, training=False))
    if not all(np.isfinite(y).all() for y in outputs):
        raise _Problem("its outputs are not finite")
    return outputs


def _same_outputs(model: Any, again: Any, when: str, tolerance: float) -> None:
    x = _inputs(model)
    _compare(_call(again, x), _call(model, x), when, tolerance)


def _compare(
    received: list[np.ndarray], expected: list[np.ndarray], when: str, tolerance: float
) -> None:
    """Refuses a difference above a share of the largest output (at least of 1)."""
    for one, other in zip(received, expected, strict=True):
        allowed = tolerance * max(1.0, float(np.abs(other).max(initial=0.0)))
        difference = float(np.abs(one - other).max(initial=0.0))
        if one.shape != other.shape or not difference <= allowed:
            raise _Problem(
                f"it predicts otherwise {when}: largest difference {difference:.1e}, "
                f"allowed {allowed:.1e}"
            )
