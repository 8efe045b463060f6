"""Does a release give, on this machine, the predictions it was released with?"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import registry
from registry.release import Release
from zoo.loading import load
from zoo.prediction import predict

ARRAYS = ("codes", "predictions")
MAXIMUM_ARRAY_BYTES = 50_000_000


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
    """Recomputes the golden predictions of a release.

    Raises:
        BackendError, UnknownNameError, ReleaseError, IntegrityError, WeightsError:
            As `zoo.load`.
    """
    release = registry.find(name)
    codes, expected = read_golden(release)
    received = predict(load(name), codes)
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
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = {i.filename: i.file_size for i in archive.infolist()}
        if sorted(sizes) != [f"{a}.npy" for a in ARRAYS]:
            raise ValueError(f"expected the arrays {ARRAYS}, received {sorted(sizes)}")
        if max(sizes.values()) > MAXIMUM_ARRAY_BYTES:
            raise ValueError(f"an array is larger than {MAXIMUM_ARRAY_BYTES:,} bytes")
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            codes, predictions = arrays["codes"], arrays["predictions"]
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise registry.ReleaseError(
            f"{release.name}: {release.golden.file} cannot be read: {error}"
        ) from error
    if codes.dtype != np.uint8 or predictions.dtype != np.float32:
        raise registry.ReleaseError(
            f"{release.name}: {release.golden.file} must hold uint8 codes and float32 "
            f"predictions. Received: {codes.dtype}, {predictions.dtype}"
        )
    return codes, predictions
