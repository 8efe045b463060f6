"""Does an evaluation set overlap the training data of a release?"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import registry
from registry.release import Release
from registry.sketches import read_sketch
from zoo.errors import InputError
from zoo.splits.leaks import LeakageWarning
from zoo.splits.sketches import Lookup, Overlap, Sketch


def release_sketch(release: Release) -> Sketch | None:
    """The sketch of a release's training data; None if it has none.

    Raises:
        ReleaseError, IntegrityError: It is not the released one, or is damaged.
    """
    content = read_sketch(release)
    if content is None:
        return None
    return Sketch.from_bytes(content, f"The sketch of {release.name}")


def overlap(name: str | Path | Sketch, sequences: Any) -> Overlap:
    """Estimates which share of some sequences a release was trained on.

    Warns with a `LeakageWarning` if that is more than noise: metrics on such data are
    too good. Related genomes, and repeats that are in all of them, count as well: an
    estimate of some percent can be real and yet of no harm.

    Args:
        name: As `zoo.load` takes it, or a sketch.
        sequences: The evaluation data, as `zoo.predict` takes them.

    Raises:
        InputError: The release has no sketch.
        UnknownNameError, ReleaseError, IntegrityError: As `zoo.load`.
    """
    lookup = lookup_of(name)
    lookup.add(sequences)
    found = lookup.overlap()
    warn(found)
    return found


def lookup_of(name: str | Path | Sketch) -> Lookup:
    """To ask a release's sketch for sequences that come in parts; see `overlap`."""
    if isinstance(name, Sketch):
        return Lookup(name, "the sketch")
    release = registry.find(name)
    known = release_sketch(release)
    if known is None:
        raise InputError(
            f"{release.name} has no sketch of its training data, so that overlap with "
            "them cannot be told. Compare with the data themselves "
            "(zoo.splits.leakage); its card names them."
        )
    return Lookup(known, release.name)


def warn(found: Overlap) -> None:
    """Warns if an overlap is above its noise."""
    if found.words and found.estimate > found.noise:
        warnings.warn(
            f"{found} Metrics on them are not those of new data. Leave them out, or "
            "report them apart.",
            LeakageWarning,
            stacklevel=3,
        )
