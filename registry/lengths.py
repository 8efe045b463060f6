"""The length at which releases from before schema 4 were trained, which may take any.

Their model.json does not say it, and a released folder never changes. So a file
`lengths.json` beside the folders of installed releases may say it of some:

    {"name_v1": {"release": sha256 of its model.json, "training_length": 101}}

As the sha256 names the release bit by bit, it holds for every copy of the folder.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from registry.errors import ReleaseError
from registry.release import Release
from registry.sources import by_release, places

LENGTHS_FILE = "lengths.json"


@dataclass(frozen=True)
class _Entry:
    """The sha256 of a model.json, and the length in bp."""

    release: str
    training_length: int


def with_known_length(release: Release) -> Release:
    """The release, with the training length that such a file says of it, if any.

    Raises:
        ReleaseError: The file is not as said above.
    """
    if release.input.training_length is not None:
        return release
    for _, place in places():
        entry = by_release(place, LENGTHS_FILE, _Entry, _check).get(release.name)
        if entry is not None and entry.release == release.sha256:
            reads = dataclasses.replace(
                release.input, training_length=entry.training_length
            )
            return dataclasses.replace(release, input=reads)
    return release


def _check(entry: _Entry, where: str) -> None:
    if entry.training_length < 1:
        raise ReleaseError(
            f"{where}: expected a training_length of at least 1 bp, received "
            f"{entry.training_length}."
        )
