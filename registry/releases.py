"""A release: a folder of verified weights, and where such folders are found.

`model.json` is checked against the dataclasses of this module: unknown or
missing keys, wrong types and file names that leave the folder are errors.
Nothing here reads weights or imports a plugin.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.errors import IntegrityError, ReleaseError, UnknownNameError
from registry.schema import check_keys, from_json

SCHEMA = 1
MODEL_FILE = "model.json"
MAXIMUM_MODEL_FILE_BYTES = 1_000_000
_NAME = re.compile(r"[a-z][a-z0-9_]*_v[1-9][0-9]*")


@dataclass(frozen=True)
class File:
    """A file of the release folder, with the hash it must have."""

    file: str
    bytes: int
    sha256: str
    urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Golden:
    """Inputs and the predictions they must give, within `atol`."""

    file: str
    bytes: int
    sha256: str
    atol: float


@dataclass(frozen=True)
class Input:
    """What the model reads. Lengths in bp; `sequence_length` None is any length."""

    sequence_length: int | None
    min_length: int
    alphabet: str
    unknown: str


@dataclass(frozen=True)
class Output:
    """One output. `activation` turns the model's logits into `units`."""

    name: str
    units: str
    activation: str
    reverse_complement_partner: str | None


@dataclass(frozen=True)
class Symmetry:
    """How the model treats the reverse complement strand."""

    kind: str
    measured_max_difference: float


@dataclass(frozen=True)
class TrainingData:
    """A data set that the weights were trained on."""

    name: str
    assembly: str
    source: str
    licence: str
    citation: str
    sha256: str
    split: str


@dataclass(frozen=True)
class Metric:
    """A measured number and the command that measures it again."""

    name: str
    split: str
    value: float
    ci95: tuple[float, ...]
    command: str


@dataclass(frozen=True)
class Status:
    """active, superseded or yanked; the latter two say by what, or why."""

    state: str
    superseded_by: str | None
    reason: str | None


@dataclass(frozen=True)
class Release:
    """The content of a model.json, plus the `folder` it was read from."""

    folder: Path
    schema: int
    name: str
    version: int
    description: str
    architecture: str
    task: str
    tags: tuple[str, ...]
    config: dict[str, Any]
    weights: File
    input: Input
    outputs: tuple[Output, ...]
    symmetry: Symmetry
    training_data: tuple[TrainingData, ...]
    metrics: tuple[Metric, ...]
    golden: Golden
    status: Status
    licence: str
    citation: str
    created: str
    seed: int
    versions: dict[str, str]

    def card(self) -> str:
        """The model card, Markdown."""
        return (self.folder / "README.md").read_text(encoding="utf-8")

    def read(self, file: File | Golden) -> bytes:
        """Reads a file of the release and returns it only if its hash is right.

        The bytes returned are those that were hashed: nothing can change them
        between the check and their use.

        Raises:
            IntegrityError: The size or the sha256 is another.
            ReleaseError: The file is missing or a symbolic link.
        """
        path = self.folder / file.file
        if path.is_symlink() or not path.is_file():
            raise ReleaseError(
                f"Release {self.name!r} lacks its file {file.file!r} (expected a "
                f"regular file at {path}). Install or download the release again."
            )
        size = path.stat().st_size
        if size != file.bytes:
            raise IntegrityError(_mismatch(path, "size in bytes", file.bytes, size))
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if digest != file.sha256:
            raise IntegrityError(_mismatch(path, "sha256", file.sha256, digest))
        return content


def _mismatch(path: Path, what: str, expected: object, received: object) -> str:
    return (
        f"{path} is not the released file: expected {what} {expected}, received "
        f"{received}. Nothing was loaded. It was probably cut short or changed after "
        "the release; install or download the release again."
    )


def read_release(folder: str | Path) -> Release:
    """Reads and checks the model.json of one release folder.

    Raises:
        ReleaseError: It is missing, no JSON, or not as the schema says.
    """
    folder = Path(folder)
    path = folder / MODEL_FILE
    if not path.is_file():
        raise ReleaseError(
            f"{folder} is no release folder: expected a file {MODEL_FILE} in it."
        )
    if path.stat().st_size > MAXIMUM_MODEL_FILE_BYTES:
        raise ReleaseError(
            f"{path} is larger than {MAXIMUM_MODEL_FILE_BYTES:,} bytes, which no "
            "model.json needs. It was not read."
        )
    try:
        content = json.loads(
            path.read_text(encoding="utf-8"), object_pairs_hook=_no_duplicates
        )
    except (ValueError, RecursionError) as error:
        raise ReleaseError(f"{path} is not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise ReleaseError(f"{path}: expected an object, received {content!r:.80}.")
    if content.get("schema") != SCHEMA:
        raise ReleaseError(
            f"{path} has schema {content.get('schema')!r}; this seqzoo reads schema "
            f"{SCHEMA}. A newer seqzoo may be needed: pip install --upgrade seqzoo"
        )
    check_keys(Release, content, str(path), without={"folder"})
    release: Release = from_json(Release, content, str(path), folder=folder)
    _check(release, path)
    return release


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        raise ValueError(f"keys given twice: {', '.join(twice)}")
    return found


def _check(release: Release, path: Path) -> None:
    """The rules of model.json that types cannot say."""

    def refuse(expected: str, received: object) -> None:
        raise ReleaseError(f"{path}: expected {expected}, received {received!r}.")

    if not _NAME.fullmatch(release.name):
        refuse("a name such as rc_dilated_v1", release.name)
    if release.name.rpartition("_v")[2] != str(release.version):
        refuse(f"version {release.name.rpartition('_v')[2]}", release.version)
    for file in (release.weights, release.golden):
        if Path(file.file).name != file.file or file.file in ("", ".", ".."):
            refuse("a plain file name inside the release folder", file.file)
        if not re.fullmatch(r"[0-9a-f]{64}", file.sha256):
            refuse("a sha256 of 64 hexadecimal digits", file.sha256)
    if release.status.state not in ("active", "superseded", "yanked"):
        refuse("a state active, superseded or yanked", release.status.state)
    if release.symmetry.kind not in ("equivariant", "augmented", "none"):
        refuse("a symmetry equivariant, augmented or none", release.symmetry.kind)
    if not release.outputs:
        refuse("at least one output", [])
    if release.input.alphabet != "ACGT" or release.input.unknown != "zeros":
        refuse("alphabet ACGT with unknown bases as zeros", release.input)


def release_folders() -> dict[str, Path]:
    """Folders of the shipped releases by name; reads none of them.

    In an installed package they lie in `zoo/pretrained`, in a checkout in
    `pretrained` at the top.
    """
    top = Path(__file__).resolve().parent.parent
    for place in (top / "zoo" / "pretrained", top / "pretrained"):
        if place.is_dir():
            found = (f for f in place.iterdir() if (f / MODEL_FILE).is_file())
            return {folder.name: folder for folder in sorted(found)}
    return {}


def find(name: str | Path) -> Release:
    """Finds a release by its name, by its architecture, or by its folder's path.

    `rc_dilated_v1` is that very release; `rc_dilated` is the newest active one
    of that name; a path that holds a separator is a folder.

    Raises:
        UnknownNameError: There is none; near names are suggested.
        ReleaseError: Its model.json is not as the schema says.
    """
    if isinstance(name, Path) or "/" in name or "\\" in name:
        return read_release(name)
    folders = release_folders()
    if name in folders:
        release = read_release(folders[name])
        if release.name != name:
            raise ReleaseError(
                f"The folder {folders[name]} holds a release of another name: "
                f"expected {name!r}, received {release.name!r}."
            )
        return release
    versions = [
        read_release(folder)
        for known, folder in folders.items()
        if known.rpartition("_v")[0] == name
    ]
    active = [release for release in versions if release.status.state == "active"]
    if not active:
        raise UnknownNameError("release", name, folders)
    return max(active, key=lambda release: release.version)
