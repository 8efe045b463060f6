"""TensorFlow SavedModel: strings or codes in, for TensorFlow Serving and the like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from zoo.dna import ASCII_TO_CODE, INVALID, UNKNOWN, decode
from zoo.layers.one_hot import one_hot
from zoo.models.interface import input_length
from zoo.publishing.exporting.toolchain import conversion, require

if TYPE_CHECKING:
    import keras

NAME = "SavedModel"


def check_toolchain() -> None:
    """See `require`."""
    require(NAME, ["tensorflow"])


def write(model: keras.Model, path: Path, min_length: int) -> None:
    """Writes the folder `path`.

    Signatures:
        serving_default: sequences, string (batch,), of one length.
        codes: codes, uint8 (batch, length).
    Both return float32 output_0. A graph's error is `InvalidArgumentError`.

    Args:
        model: One input (batch, length, 4), one output.
        path: Must not exist.
        min_length: Shorter sequences, in bp, are an error.
    """
    import keras
    import tensorflow as tf

    length = input_length(model)

    def predict(codes: Any) -> Any:
        lengths = tf.shape(codes)[1:]
        if length is None:
            fits = tf.reduce_all(lengths >= min_length)
            expected = f"Expected sequences of at least {min_length} bp. Received:"
        else:
            fits = tf.reduce_all(lengths == length)
            expected = f"Expected sequences of {length} bp. Received:"
        codes = _asserted(codes, fits, [expected, lengths])
        codes = tf.ensure_shape(codes, (None, length))
        return ops.cast(model(one_hot(codes), training=False), "float32")

    def from_codes(codes: Any) -> Any:
        are_codes = tf.reduce_all(codes <= UNKNOWN)
        expected = "Expected codes 0 to 4 for A, C, G, T and N. Received:"
        return predict(_asserted(codes, are_codes, [expected, codes]))

    def from_sequences(sequences: Any) -> Any:
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
            _asserted(codes, tf.shape(invalid)[0] == 0, [expected, invalid + 1])
        )

    with conversion(NAME):
        archive = keras.export.ExportArchive()
        archive.track(model)
        strings = tf.TensorSpec((None,), tf.string, name="sequences")
        codes = tf.TensorSpec((None, length), tf.uint8, name="codes")
        # The first is serving_default too.
        archive.add_endpoint("sequences", from_sequences, input_signature=[strings])
        archive.add_endpoint("codes", from_codes, input_signature=[codes])
        archive.write_out(str(path), verbose=False)


def _asserted(tensor: Any, condition: Any, message: list[Any]) -> Any:
    """The tensor, for operations that shall not run before the assertion."""
    import tensorflow as tf

    with tf.control_dependencies([tf.debugging.Assert(condition, message)]):
        return tf.identity(tensor)


def read(path: Path) -> Any:
    """Loads a written folder.

    Returns:
        For each signature a function of uint8 codes (batch, length) to predictions.
    """
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))

    def by_sequences(codes: np.ndarray) -> np.ndarray:
        text = [decode(row) for row in codes]
        # Every second one in lower case, which must not matter.
        text = [t.lower() if i % 2 else t for i, t in enumerate(text)]
        return _only(loaded.signatures["serving_default"](sequences=tf.constant(text)))

    def by_codes(codes: np.ndarray) -> np.ndarray:
        return _only(loaded.signatures["codes"](codes=tf.constant(codes)))

    return {"sequences": by_sequences, "codes": by_codes}


def _only(outputs: dict[str, Any]) -> np.ndarray:
    (output,) = outputs.values()
    return output.numpy()
