"""TensorFlow SavedModel: strings or codes in, for TensorFlow Serving and the like."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from zoo.dna import ASCII_TO_CODE, INVALID, UNKNOWN, decode
from zoo.layers.one_hot import one_hot
from zoo.models.interface import (
    as_inputs,
    by_name,
    input_length,
    inputs_of,
    only,
    sequence_input,
)
from zoo.publishing.exporting.toolchain import conversion, require

if TYPE_CHECKING:
    import keras

NAME = "SavedModel"
SEQUENCES = ("sequences", "codes")  # what it calls them, by signature


def check_toolchain() -> None:
    """See `require`."""
    require(NAME, ["tensorflow"])


def write(model: keras.Model, path: Path, min_length: int) -> None:
    """Writes the folder `path`.

    Signatures:
        serving_default: sequences, string (batch,), of one length.
        codes: codes, uint8 (batch, length).
    Both take the other inputs by name and return float32 output_0, or several outputs
    by name. A graph's error is `InvalidArgumentError`.

    Args:
        model: One of its inputs is DNA, (batch, length, 4).
        path: Must not exist.
        min_length: Shorter sequences, in bp, are an error.
    """
    import keras
    import tensorflow as tf

    length = input_length(model)

    sequence, tensors = sequence_input(model), inputs_of(model)
    further = [
        tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype, name=name)
        for name, tensor in tensors.items()
        if name != sequence
    ]

    def predict(codes: Any, others: tuple[Any, ...]) -> Any:
        lengths = tf.shape(codes)[1:]
        if length is None:
            fits = tf.reduce_all(lengths >= min_length)
            expected = f"Expected sequences of at least {min_length} bp. Received:"
        else:
            fits = tf.reduce_all(lengths == length)
            expected = f"Expected sequences of {length} bp. Received:"
        codes = _asserted(codes, fits, [expected, lengths])
        codes = tf.ensure_shape(codes, (None, length))
        named = {spec.name: x for spec, x in zip(further, others, strict=True)}
        x = as_inputs(model, named | {sequence: one_hot(codes)})
        found = by_name(model, model(x, training=False))
        return only({name: ops.cast(y, "float32") for name, y in found.items()})

    def from_codes(codes: Any, *others: Any) -> Any:
        are_codes = tf.reduce_all(codes <= UNKNOWN)
        expected = "Expected codes 0 to 4 for A, C, G, T and N. Received:"
        return predict(_asserted(codes, are_codes, [expected, codes]), others)

    def from_sequences(sequences: Any, *others: Any) -> Any:
        lengths = tf.strings.length(sequences)
        equal = tf.reduce_all(lengths == lengths[:1])
        expected = "Expected sequences of one length. Received lengths in bp:"
        sequences = _asserted(sequences, equal, [expected, lengths])
        characters = tf.io.decode_raw(sequences, tf.uint8)
        table = tf.constant(np.frombuffer(ASCII_TO_CODE, np.uint8))
        codes = tf.gather(table, tf.cast(characters, tf.int32))
        invalid = tf.where(codes == INVALID)[:1]
        expected = (
            "Expected A, C, G, T or N in either case. Received another character; its "
            "sequence and position, both 1-based:"
        )
        return predict(
            _asserted(codes, tf.shape(invalid)[0] == 0, [expected, invalid + 1]),
            others,
        )

    with conversion(NAME):
        archive = keras.export.ExportArchive()
        archive.track(model)
        strings = tf.TensorSpec((None,), tf.string, name="sequences")
        codes = tf.TensorSpec((None, length), tf.uint8, name="codes")
        # The first is serving_default too.
        archive.add_endpoint(
            "sequences", from_sequences, input_signature=[strings, *further]
        )
        archive.add_endpoint("codes", from_codes, input_signature=[codes, *further])
        archive.write_out(str(path), verbose=False)


def _asserted(tensor: Any, condition: Any, message: list[Any]) -> Any:
    """The tensor, for operations that shall not run before the assertion."""
    import tensorflow as tf

    with tf.control_dependencies([tf.debugging.Assert(condition, message)]):
        return tf.identity(tensor)


def read(path: Path, outputs: list[str]) -> Any:
    """Loads a written folder.

    Args:
        path: The folder.
        outputs: Names of the model's outputs.

    Returns:
        For each signature a function of uint8 codes (batch, length) and the other
        inputs to the outputs.
    """
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))

    def called(signature: str, **inputs: Any) -> list[np.ndarray]:
        found = loaded.signatures[signature](
            **{name: tf.constant(x) for name, x in inputs.items()}
        )
        names = outputs if len(outputs) > 1 else list(found)
        return [found[name].numpy() for name in names]

    def by_sequences(
        codes: np.ndarray, others: Mapping[str, np.ndarray]
    ) -> list[np.ndarray]:
        text = [decode(row) for row in codes]
        # Every second one in lower case, which must not matter.
        text = [t.lower() if i % 2 else t for i, t in enumerate(text)]
        return called("serving_default", sequences=text, **others)

    def by_codes(
        codes: np.ndarray, others: Mapping[str, np.ndarray]
    ) -> list[np.ndarray]:
        return called("codes", codes=codes, **others)

    return {"sequences": by_sequences, "codes": by_codes}
