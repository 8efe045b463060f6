"""Does a release give, on this machine, the predictions it was released with?"""

from __future__ import annotations

import io
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import registry
from registry.release import Release
from zoo.errors import said
from zoo.models.loading import load
from zoo.models.precision import dtype_policy, float32_products
from zoo.prediction.sequences import predict

ARRAYS = ("codes", "predictions")
MAXIMUM_ARRAY_BYTES = 50_000_000
MAXIMUM_BASES = 5_000_000  # what all golden inputs together may cost


@dataclass(frozen=True)
class Verification:
    """The outcome for one release.

    Attributes:
        name: The release.
        max_difference: The largest |prediction - golden prediction|, in logits.
        atol: What is allowed.
    """

    name: str
    max_difference: float
    atol: float

    @property
    def passed(self) -> bool:
        """Whether the difference is within `atol`; never for NaN."""
        return self.max_difference <= self.atol


def verify(name: str | Path) -> Verification:
    """Recomputes the golden predictions of a release, in float32.

    Raises:
        BackendError, UnknownNameError, ReleaseError, IntegrityError, WeightsError:
            As `zoo.load`.
    """
    release = registry.find(name)
    codes, expected = read_golden(release)
    # Golden predictions are float32, whatever Keras's policy is here and now.
    with dtype_policy():
        model = load(name)
    try:
        with float32_products():
            received = predict(model, codes, window=codes.shape[1], run_eagerly=True)
    except registry.SeqzooError:
        raise
    # Whatever a backend makes of a stranger's configuration.
    except Exception as error:
        raise registry.ReleaseError(
            f"{release.name}: its golden inputs cannot be predicted: {said(error)}"
        ) from error
    if received.shape != expected.shape:
        raise registry.ReleaseError(
            f"{release.name}: golden predictions have shape {expected.shape}, the "
            f"model gives {received.shape}."
        )
    difference = float(np.abs(received - expected).max())
    return Verification(release.name, difference, release.golden.atol)


def read_golden(release: Release) -> tuple[np.ndarray, np.ndarray]:
    """The golden inputs and predictions, after their hash was checked.

    Returns:
        codes: uint8 (n, length).
        predictions: float32 (n, num_outputs) or (n, bins, num_outputs), logits.

    Raises:
        ReleaseError, IntegrityError: The file is not as the release declares.
    """
    content = release.read(release.golden)
    where = f"{release.name}: {release.golden.file}"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_headers(archive)
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            codes, predictions = arrays["codes"], arrays["predictions"]
    # zipfile, its decompressors and NumPy have errors of many kinds for damage.
    except Exception as error:
        raise registry.ReleaseError(
            f"{where} cannot be read. It said: {error}"
        ) from error
    if codes.dtype != np.uint8 or predictions.dtype != np.float32:
        raise registry.ReleaseError(
            f"{where} must hold uint8 codes and float32 "
            f"predictions. Received: {codes.dtype}, {predictions.dtype}"
        )
    if codes.ndim != 2 or not 0 < codes.size <= MAXIMUM_BASES:
        raise registry.ReleaseError(
            f"{where} must hold codes of shape (sequence, length), {MAXIMUM_BASES:,} "
            f"bases at most. Received: {codes.shape}"
        )
    if not np.isfinite(predictions).all():
        raise registry.ReleaseError(
            f"{where} holds NaN or infinite predictions, which nothing can equal."
        )
    return codes, predictions


def _check_headers(archive: zipfile.ZipFile) -> None:
    """Refuses arrays that are not what the archive says, before any is made.

    NumPy takes the memory that an array's header asks for before it reads a value.
    """
    members = archive.infolist()
    names = sorted(member.filename for member in members)
    if names != [f"{array}.npy" for array in ARRAYS]:
        raise ValueError(f"expected the arrays {ARRAYS}, received {names!r:.200}")
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
