"""Does a release give, on this machine, the predictions it was released with?"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import registry
from registry import Release
from zoo.errors import said
from zoo.inspection.heads import heads_of
from zoo.models.interface import all_named, described_inputs, only
from zoo.models.loading import load
from zoo.models.precision import dtype_policy, float32_products
from zoo.publishing.golden import read_golden, recomputed

if TYPE_CHECKING:
    import keras


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
    golden = read_golden(release)
    # Golden predictions are float32, whatever Keras's policy is here and now.
    with dtype_policy():
        model = load(name)
    try:
        with float32_products():
            received = recomputed(model, golden.codes, golden.inputs)
    except registry.SeqzooError:
        raise
    # Whatever a backend makes of a stranger's configuration.
    except Exception as error:
        raise registry.ReleaseError(
            f"{release.name}: its golden inputs cannot be predicted: {said(error)}"
        ) from error
    named = all_named(received)
    shapes = {name: array.shape for name, array in named.items()}
    expected = {name: array.shape for name, array in golden.predictions.items()}
    if shapes != expected:
        raise registry.ReleaseError(
            f"{release.name}: golden predictions have shape {only(expected)}, the "
            f"model gives {only(shapes)}."
        )
    _check_said(release, model)
    # NaN must not get lost in a comparison: NumPy's maximum keeps it.
    difference = np.max(
        [np.abs(named[n] - array).max() for n, array in golden.predictions.items()]
    )
    return Verification(release.name, float(difference), release.golden.atol)


def _check_said(release: Release, model: keras.Model) -> None:
    """Refuses a release that says another shape or bin size than its model has."""
    if release.heads is None or release.inputs is None:
        return
    found = [dataclasses.replace(head, name="") for head in heads_of(model)]
    declared = [dataclasses.replace(head, name="") for head in release.heads]
    if found != declared:
        raise registry.ReleaseError(
            f"{release.name}: its heads are not as the release says. Expected: "
            f"{declared!r:.300}. Received: {found!r:.300}."
        )
    shapes = [each.shape for each in described_inputs(model)]
    expected = [each.shape for each in release.inputs]
    if shapes != expected:
        raise registry.ReleaseError(
            f"{release.name}: its inputs are not as the release says. Expected shapes: "
            f"{expected!r:.200}. Received: {shapes!r:.200}."
        )
