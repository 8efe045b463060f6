"""Golden predictions: what a release must give, on every machine, forever.

`golden.npz` holds `codes`, uint8 (8, length), and the `predictions` of the model for
them, logits. Further inputs are beside them as `inputs.NAME`; of a model with several
outputs each has its own `predictions.NAME`.
"""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import registry
from registry.release import Release
from zoo.dna import UNKNOWN
from zoo.models.inputs import random_inputs
from zoo.models.interface import sequence_input
from zoo.prediction.sequences import predict

if TYPE_CHECKING:
    import keras

ROWS = 8
MAXIMUM_ARRAY_BYTES = 50_000_000
MAXIMUM_BASES = 5_000_000  # what all golden inputs together may cost


def golden_codes(sequence_length: int) -> np.ndarray:
    """Seeded random sequences, uint8 (8, sequence_length); the last has some N."""
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 4, (ROWS, sequence_length), dtype=np.uint8)
    codes[-1, :: max(2, sequence_length // 10)] = UNKNOWN
    return codes


def golden_arrays(model: keras.Model, codes: np.ndarray) -> dict[str, np.ndarray]:
    """What `golden.npz` holds of a model."""
    rows, length = codes.shape
    inputs = random_inputs(model, rows, length)
    arrays = {"codes": codes, **{f"inputs.{name}": x for name, x in inputs.items()}}
    found = recomputed(model, codes, inputs)
    if not isinstance(found, dict):
        return arrays | {"predictions": found}
    return arrays | {f"predictions.{name}": each for name, each in found.items()}


def recomputed(
    model: keras.Model, codes: np.ndarray, inputs: dict[str, np.ndarray]
) -> Any:
    """As in `zoo.predict`, op by op, each sequence as it is."""
    given = {sequence_input(model): codes, **inputs}
    return predict(model, given, window=codes.shape[1], run_eagerly=True)


@dataclass(frozen=True, eq=False)
class GoldenArrays:
    """The content of a `golden.npz`.

    Attributes:
        codes: uint8 (n, length).
        inputs: Those beside the sequence by name, (n, ...).
        predictions: float32 (n, num_outputs) or (n, bins, num_outputs), logits, by the
            name of the output; "" for the only one.
    """

    codes: np.ndarray
    inputs: dict[str, np.ndarray]
    predictions: dict[str, np.ndarray]


def read_golden(release: Release) -> GoldenArrays:
    """The golden inputs and predictions, after their hash was checked.

    Raises:
        ReleaseError, IntegrityError: The file is not as the release declares.
    """
    content = release.read(release.golden)
    where = f"{release.name}: {release.golden.file}"
    further = [i.name for i in release.inputs or () if i.kind != "sequence"]
    heads = [head.name for head in release.heads or ()]
    names = {
        "codes": "",
        **{f"inputs.{name}": name for name in further},
        **(
            {f"predictions.{name}": name for name in heads}
            if len(heads) > 1
            else {"predictions": ""}
        ),
    }
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_headers(archive, sorted(names))
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            held = {name: arrays[name] for name in names}
    # zipfile, its decompressors and NumPy have errors of many kinds for damage.
    except Exception as error:
        raise registry.ReleaseError(
            f"{where} cannot be read. It said: {error}"
        ) from error
    codes = held.pop("codes")
    inputs = {n: held.pop(name) for name, n in names.items() if name[:7] == "inputs."}
    predictions = {names[name]: array for name, array in held.items()}
    kinds = [str(array.dtype) for array in predictions.values()]
    if codes.dtype != np.uint8 or set(kinds) != {"float32"}:
        raise registry.ReleaseError(
            f"{where} must hold uint8 codes and float32 "
            f"predictions. Received: {codes.dtype}, {', '.join(kinds)}"
        )
    if codes.ndim != 2 or not 0 < codes.size <= MAXIMUM_BASES:
        raise registry.ReleaseError(
            f"{where} must hold codes of shape (sequence, length), {MAXIMUM_BASES:,} "
            f"bases at most. Received: {codes.shape}"
        )
    if not all(np.isfinite(array).all() for array in predictions.values()):
        raise registry.ReleaseError(
            f"{where} holds NaN or infinite predictions, which nothing can equal."
        )
    return GoldenArrays(codes, inputs, predictions)


def _check_headers(archive: zipfile.ZipFile, wanted: list[str]) -> None:
    """Refuses arrays that are not what the archive says, before any is made.

    NumPy takes the memory that an array's header asks for before it reads a value.
    """
    members = archive.infolist()
    names = sorted(member.filename for member in members)
    if names != [f"{array}.npy" for array in wanted]:
        raise ValueError(
            f"expected the arrays {wanted!r:.200}, received {names!r:.200}"
        )
    for member in members:
        if member.file_size > MAXIMUM_ARRAY_BYTES:
            raise ValueError(f"an array is larger than {MAXIMUM_ARRAY_BYTES:,} bytes")
        with archive.open(member) as file:
            version = np.lib.format.read_magic(file)
            if version != (1, 0):
                raise ValueError(f"expected arrays of format 1.0, received {version}")
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            stored = member.file_size - file.tell()
        # Pickled objects are refused by NumPy, they have no size of their own.
        if not dtype.hasobject and math.prod(shape) * dtype.itemsize != stored:
            raise ValueError(
                f"{member.filename} declares {dtype} {shape} but stores {stored} bytes"
            )
