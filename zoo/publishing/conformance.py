"""Does an architecture keep to what the rest of seqzoo builds on?

Every check builds models of the architecture, with its default arguments or others,
and says in one sentence what it found. `seqzoo check-plugin NAME` prints them; a
plugin's own tests call `check`.
"""

from __future__ import annotations

import inspect
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

import registry
from registry.declaration import declaration
from registry.schema import is_plain
from zoo.errors import said
from zoo.inspection.symmetry import check as measure
from zoo.inspection.symmetry.wrappers import last_activation
from zoo.models.creation import builder
from zoo.models.inputs import random_inputs
from zoo.models.interface import (
    as_inputs,
    input_length,
    inputs_of,
    outputs_of,
    sequence_input,
)
from zoo.models.precision import dtype_policy
from zoo.models.weights import addresses, load_weights, save_weights
from zoo.publishing.claims import constants_for

# bp; an architecture that takes any length is tried with the first that it can read.
LENGTHS = (96, 192, 384, 768, 1536, 3072, 6144)
OTHER_LENGTH = 35  # bp more, for a second length
BATCH = 2
MIXED_PRECISION_ERROR = 0.1  # of the spread of the outputs; bfloat16 has 8 bits


@dataclass(frozen=True)
class CheckResult:
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


@dataclass
class _Subject:
    """What is checked: called, it builds a model with the arguments of the check.

    Attributes:
        name: Of the architecture.
        build: Its builder.
        config: Arguments in place of the defaults.
        length: Of the sequences that the checks read, in bp.
    """

    name: str
    build: Callable[..., keras.Model]
    config: dict[str, Any]
    length: int = LENGTHS[0]

    def __call__(self, **more: Any) -> keras.Model:
        return self.build(**self.config | more)


def check(name: str, config: Mapping[str, Any] | None = None) -> list[CheckResult]:
    """Runs all checks over a registered architecture.

    Args:
        name: As `zoo.create` takes it.
        config: Arguments of the builder in place of its defaults, for all checks.

    Returns:
        One finding per check, in the order of the checks; the first alone where no
        model can be built, or none that computes.

    Raises:
        UnknownNameError, DuplicateNameError, PluginError: It cannot be imported.
    """
    subject = _Subject(name, builder(name), dict(config or {}))
    with dtype_policy("float32"):
        first = _run("a model that computes", _computes, subject)
        if first.problem:
            return [first]
        return [first, *(_run(text, look, subject) for text, look in CHECKS.items())]


def _run(text: str, look: Callable[[_Subject], None], subject: _Subject) -> CheckResult:
    try:
        look(subject)
    except _Skip as reason:
        return CheckResult(text, skipped=str(reason))
    except _Problem as problem:
        return CheckResult(text, problem=str(problem))
    except registry.SeqzooError as error:
        return CheckResult(text, problem=said(error))
    # A stranger's builder may raise anything.
    except Exception as error:
        return CheckResult(text, problem=f"{type(error).__name__}: {said(error)}")
    return CheckResult(text)


def _computes(subject: _Subject) -> None:
    """Finds a length that the model reads, for the other checks."""
    model = subject()
    if not getattr(model, "inputs", None):
        raise _Problem(
            "expected a functional or Sequential model, whose inputs are known, "
            f"received a {type(model).__name__}"
        )
    fixed = input_length(model)
    lengths = LENGTHS if fixed is None else (fixed,)
    for subject.length in lengths:
        try:
            _call(model, _inputs(model, subject.length))
        except _Problem:
            raise
        except Exception as error:
            if subject.length == lengths[-1]:
                raise _Problem(
                    f"it cannot read {subject.length:,} bp: {said(error)} Give "
                    "arguments with which it can (--config, or config=)"
                ) from error
        else:
            return


def _arguments(subject: _Subject) -> None:
    parameters = inspect.signature(subject.build).parameters.values()
    positional = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
    if positional:
        raise _Problem(
            f"expected keyword-only arguments, received {', '.join(positional)}: write "
            "* in front of the first"
        )
    defaults = {p.name: p.default for p in parameters} | subject.config
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
    tables = [n for n, value in restored.items() if not is_plain(value)]
    if tables:
        raise _Problem(
            "expected numbers of 64 bits, texts and lists of them, as a release can "
            f"hold nothing else; {', '.join(tables)} is another"
        )
    _same_addresses(subject(**restored), subject(), "with its defaults out of JSON")


def _same_addresses(one: Any, other: Any, when: str) -> None:
    if list(addresses(one)) != list(addresses(other)):
        difference = sorted(set(addresses(one)) ^ set(addresses(other)))
        raise _Problem(
            f"the addresses of the weights differ {when}: {', '.join(difference[:4])}. "
            "Give every layer with weights an explicit name"
        )


def _names(subject: _Subject) -> None:
    model, again = subject(), subject()
    _same_addresses(model, again, "between two builds")
    for find in (inputs_of, outputs_of):
        names, others = list(find(model)), list(find(again))
        if names != others and len(names) > 1:  # nobody asks for a single one by it
            raise _Problem(
                "the names of the inputs and outputs differ between two builds: "
                f"{', '.join(names)} and {', '.join(others)}. Give them names: "
                "keras.Input(name=), and outputs in a dict, or of layers with names"
            )
    if not any(layer.name.startswith("head_") for layer in model.layers):
        raise _Problem(
            "expected layers named head_..., which a new task replaces; "
            "zoo.architectures.blocks.head makes them"
        )


def _lengths(subject: _Subject) -> None:
    model = subject()
    fixed = input_length(model)
    if fixed is not None:
        raise _Skip(f"it takes {fixed} bp only")
    for length in (subject.length, subject.length + OTHER_LENGTH):
        _call(model, _inputs(model, length))
        if input_length(subject(sequence_length=length)) != length:
            raise _Problem("sequence_length does not fix the length of the input")


def _logits(subject: _Subject) -> None:
    model = subject()
    for name, output in outputs_of(model).items():
        activation = last_activation(output)
        if activation is not None:
            raise _Problem(
                f"expected logits, output {name!r} ends in a {activation}: leave it "
                "out of the network. Losses take logits, and a release names the "
                "activation that makes them probabilities"
            )


def _config(subject: _Subject) -> None:
    model = subject()
    kind = keras.Sequential if isinstance(model, keras.Sequential) else keras.Model
    again = kind.from_config(json.loads(json.dumps(model.get_config())))
    again.set_weights(model.get_weights())
    _same_outputs(subject, model, again, "after a round trip of its configuration", 0.0)


def _weights(subject: _Subject) -> None:
    model, again = subject(), subject()
    with tempfile.TemporaryDirectory() as folder:
        save_weights(model, Path(folder) / "weights.h5")
        load_weights(again, Path(folder) / "weights.h5")
    _same_outputs(subject, model, again, "after a round trip of its weights", 0.0)


def _mixed_precision(subject: _Subject) -> None:
    model = subject()
    with dtype_policy("mixed_bfloat16"):
        again = subject()
    again.set_weights(model.get_weights())
    for output in keras.tree.flatten(again.outputs):
        if keras.backend.standardize_dtype(output.dtype) != "float32":
            raise _Problem(
                f"expected float32 outputs under mixed precision, received "
                f'{output.dtype}: give the last layer dtype="float32"'
            )
    _same_outputs(subject, model, again, "under mixed precision", MIXED_PRECISION_ERROR)


def _xla(subject: _Subject) -> None:
    if keras.backend.backend() != "tensorflow":
        raise _Skip("XLA is checked on TensorFlow")
    import tensorflow as tf

    model = subject()
    x = _inputs(model, subject.length)
    compiled = tf.function(lambda x: model(x, training=False), jit_compile=True)
    _compare(_arrays(compiled(x)), _call(model, x), "compiled by XLA", 1e-4)


def _strategy(subject: _Subject) -> None:
    if keras.backend.backend() != "tensorflow":
        raise _Skip("tf.distribute is checked on TensorFlow")
    import tensorflow as tf

    model = subject()
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        again = subject()
    _same_addresses(model, again, "inside the scope of a distribution strategy")
    again.set_weights(model.get_weights())
    _same_outputs(subject, model, again, "inside a strategy's scope", 1e-5)


def _reverse_complement(subject: _Subject) -> None:
    declared = declaration(subject.build)
    if declared.reverse_complement is None:
        raise _Skip("nothing is declared; see registry.declare")
    model = subject()
    symmetry = measure(model, pairing=declared.pairing, inputs=constants_for(model))
    if symmetry.kind != declared.reverse_complement:
        raise _Problem(f"declared {declared.reverse_complement}, measured: {symmetry}")


CHECKS: dict[str, Callable[[_Subject], None]] = {
    "keyword-only arguments with JSON defaults": _arguments,
    "explicit names of weights, a head": _names,
    "logits": _logits,
    "any length": _lengths,
    "JSON configuration round trip": _config,
    "weights round trip": _weights,
    "mixed precision": _mixed_precision,
    "XLA": _xla,
    "creation inside a distribution strategy's scope": _strategy,
    "reverse complement as declared": _reverse_complement,
}


def _inputs(model: keras.Model, length: int) -> Any:
    """Random inputs of the right shapes, in the structure that the model takes."""
    codes = np.random.default_rng(0).integers(0, 4, (BATCH, length))
    sequence = np.eye(4, dtype="float32")[codes]
    others = random_inputs(model, BATCH, length)
    return as_inputs(model, {sequence_input(model): sequence, **others})


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


def _same_outputs(
    subject: _Subject, model: Any, again: Any, when: str, tolerance: float
) -> None:
    x = _inputs(model, subject.length)
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
