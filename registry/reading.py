"""The `model.json` of a release folder, read and checked.

It is checked against the dataclasses of `registry.release`: unknown or missing keys,
wrong types and file names that leave the folder are errors.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

from registry.errors import ReleaseError
from registry.facts import check_facts
from registry.files import read_regular, user_path
from registry.lengths import with_known_length
from registry.migrations import migrated
from registry.release import (
    INPUT_KINDS,
    MAXIMUM_GOLDEN_BYTES,
    MAXIMUM_MODEL_FILE_BYTES,
    MODEL_FILE,
    NAME,
    SHA256,
    Output,
    Release,
    check_file,
    check_sketch,
    check_status,
)
from registry.schema import from_json, is_plain, parse_json


def _place(folder: Path) -> str:
    """A folder as `find` takes it, which tells it from a name by its separator."""
    text = str(folder)
    return text if "/" in text or "\\" in text else f"./{text}"


def read_release(
    folder: str | Path, *, provider: str | None = None, bases: tuple[str, ...] = ()
) -> Release:
    """Reads and checks the model.json of one release folder.

    Args:
        folder: The folder.
        provider: As in `Release`; the folder's path by default.
        bases: As in `Release`.

    Raises:
        ReleaseError: It is missing, no JSON, or not as the schema says.
    """
    folder = user_path(folder)
    path = folder / MODEL_FILE
    if not folder.exists():
        where = folder.absolute().parent
        raise ReleaseError(f"{folder}: no such folder (looked in {where}).")
    if not path.is_file():
        raise ReleaseError(
            f"{folder} is no release folder: expected a file {MODEL_FILE} in it."
        )
    raw = read_regular(path, MAXIMUM_MODEL_FILE_BYTES, f"Release folder {folder}")
    if len(raw) > MAXIMUM_MODEL_FILE_BYTES:
        raise ReleaseError(
            f"{path} is larger than {MAXIMUM_MODEL_FILE_BYTES:,} bytes, which no "
            "model.json needs. It was not read."
        )
    release: Release = from_json(
        Release,
        migrated(parse_json(raw, str(path)), str(path)),
        str(path),
        folder=folder,
        sha256=hashlib.sha256(raw).hexdigest(),
        provider=provider or _place(folder),
        bases=bases,
    )
    _check(release, path)
    return with_known_length(release)


def _check(release: Release, path: Path) -> None:
    """The rules of model.json that types cannot say."""

    def refuse(expected: str, received: object) -> None:
        raise ReleaseError(f"{path}: expected {expected}, received {received!r:.200}.")

    if not NAME.fullmatch(release.name):
        refuse("a name such as rc_dilated_v1", release.name)
    if release.name.rpartition("_v")[2] != str(release.version):
        refuse(f"version {release.name.rpartition('_v')[2]}", release.version)
    for file in release.files:
        check_file(file, str(path))
    for url in release.weights.urls:
        if not url.startswith("https://"):
            refuse("mirrors that begin with https://", url)
    golden = release.golden
    if golden.bytes > MAXIMUM_GOLDEN_BYTES:
        refuse(
            f"a golden file of at most {MAXIMUM_GOLDEN_BYTES:,} bytes", release.golden
        )
    if release.sketch is not None:
        check_sketch(release.sketch, str(path))
    if not is_plain(list(release.config.values())):
        # Keras makes objects of some, by class name: a way to run code.
        refuse("a config of 64-bit numbers, texts and lists of them", release.config)
    if release.derived_from and not SHA256.fullmatch(release.derived_from.sha256):
        refuse("a sha256 of 64 hexadecimal digits", release.derived_from.sha256)
    check_status(release.status, str(path))
    if release.symmetry.kind not in ("equivariant", "augmented", "none"):
        refuse("a symmetry equivariant, augmented or none", release.symmetry.kind)
    if not release.outputs:
        refuse("at least one output", [])
    _check_model(release, refuse)
    length = release.input.training_length
    if length is not None and length < 1:
        refuse("a training_length of at least 1 bp, or null", length)
    if release.input.alphabet != "ACGT" or release.input.unknown != "zeros":
        refuse("alphabet ACGT with unknown bases as zeros", release.input)


def _check_model(release: Release, refuse: Callable[[str, object], None]) -> None:
    """The rules of the Keras model's inputs and outputs."""
    inputs, heads = release.inputs or (), release.heads or ()
    for names in ([i.name for i in inputs], [head.name for head in heads]):
        if len(set(names)) < len(names) or "" in names:
            refuse("inputs and heads of different names", names)
    for each in inputs:
        if any(size is not None and size < 1 for size in each.shape):
            refuse(f"sizes of input {each.name!r} of at least 1, or null", each.shape)
        if each.kind == "sequence":
            reads = (release.input.sequence_length, len(release.input.alphabet))
            if each.shape != reads:
                refuse(f"the shape {reads} of input {each.name!r}", each.shape)
    if release.inputs is not None:
        kinds = [each.kind for each in inputs]
        if not set(kinds) <= set(INPUT_KINDS) or kinds.count("sequence") != 1:
            refuse(f"inputs of the kinds {', '.join(INPUT_KINDS)}, one sequence", kinds)
    if release.heads is None:
        _check_outputs(release.outputs, refuse)
        return
    for head in heads:
        sizes = (head.num_outputs, head.bins, head.bin_size)
        if any(size is not None and size < 1 for size in sizes):
            refuse(f"sizes of head {head.name!r} of at least 1", sizes)
        if head.kind not in ("scalar", "profile"):
            refuse("heads of the kind scalar or profile", head.kind)
        if head.kind == "scalar" and sizes[1:] != (None, None):
            refuse(f"no bins of the scalar head {head.name!r}", sizes[1:])
        if head.kind == "profile" and head.bin_size is None:
            refuse(f"the bin_size of the profile head {head.name!r}", None)
    if sum(head.num_outputs for head in heads) != len(release.outputs):
        refuse(
            f"heads with {len(release.outputs)} outputs in all",
            [head.num_outputs for head in heads],
        )
    left = iter(release.outputs)
    for head in heads:
        _check_outputs([*itertools.islice(left, head.num_outputs)], refuse)


def _check_outputs(
    outputs: Sequence[Output], refuse: Callable[[str, object], None]
) -> None:
    """The rules of the outputs of one head."""
    names = [output.name for output in outputs]
    partners = {output.reverse_complement_partner for output in outputs} - {None}
    if len(set(names)) < len(names):
        refuse("outputs of different names", names)
    if unknown := partners - set(names):
        refuse(f"partners among {', '.join(names):.200}", sorted(map(str, unknown)))
    for output in outputs:
        check_facts(
            output.name,
            output.activation,
            output.calibration,
            output.threshold,
            output.backgrounds,
            refuse,
        )
    of_softmax = [o.calibration for o in outputs if o.activation == "softmax"]
    slopes = [each and each.slope for each in of_softmax]
    if len(set(slopes)) > 1:
        refuse("one temperature of all outputs of a softmax", slopes)
