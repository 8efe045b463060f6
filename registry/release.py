"""A release: a folder of verified weights, described by its `model.json`.

The dataclasses of this module are the schema of `model.json`, which `registry.reading`
reads. Nothing here imports a builder or understands weights.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.errors import ReleaseError
from registry.facts import BackgroundRate, Calibration
from registry.files import read_checked, read_regular
from registry.markdown import to_html

MODEL_FILE = "model.json"
CARD_FILE = "README.md"
MAXIMUM_MODEL_FILE_BYTES = 1_000_000
MAXIMUM_GOLDEN_BYTES = 100_000_000
MAXIMUM_SKETCH_BYTES = 65_536
STATES = ("active", "superseded", "yanked")
INPUT_KINDS = ("sequence", "signal", "category", "numbers")
_NAMED = 6  # outputs that the short form names
NAME = re.compile(r"[a-z][a-z0-9_]*_v[1-9][0-9]*")
# A path on no system, nor a hidden file.
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)+")
SHA256 = re.compile(r"[0-9a-f]{64}")


def check_new(folder: Path) -> None:
    """Refuses a folder that no new release can have.

    Raises:
        ReleaseError: It is not named like a release, or exists.
    """
    if not NAME.fullmatch(folder.name):
        raise ReleaseError(
            "Expected a folder named as a release is, in lower-case letters, digits "
            "and _, and with the version at the end, such as rc_dilated_v1. Received: "
            f"{folder.name!r}"
        )
    if folder.exists():
        raise ReleaseError(
            f"{folder} exists, and a release never changes. Save other weights under "
            "the next version."
        )


@dataclass(frozen=True)
class File:
    """A file of the release folder, with the hash it must have.

    `urls` are mirrors that have it where the folder itself has not.
    """

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
class SketchFile:
    """A sample of the hashes of the training data; see `zoo.splits.sketches`."""

    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Input:
    """What it reads, and was trained and measured on. In bp, None is any length."""

    sequence_length: int | None
    min_length: int
    training_length: int | None  # not known where None
    alphabet: str
    unknown: str


@dataclass(frozen=True)
class Output:
    """One output, and what was measured of it.

    Attributes:
        name: What it is called.
        units: Of what `activation` makes of its logits.
        activation: One of `keras.activations`, or "softmax_over_bins".
        reverse_complement_partner: The output that means the same on the other strand;
            None is no partner.
        description: What it responds to, in words.
        calibration: What `activation` reads in place of the logits, where it was
            fitted.
        threshold: The prediction in `units`, calibrated, from which on a sequence is
            best called positive: chosen by the MCC on the validation split.
        backgrounds: What it says of sequences that should be negative.
    """

    name: str
    units: str
    activation: str
    reverse_complement_partner: str | None = None
    description: str = ""
    calibration: Calibration | None = None
    threshold: float | None = None
    backgrounds: tuple[BackgroundRate, ...] = ()


@dataclass(frozen=True)
class ModelInput:
    """An input of the Keras model.

    Attributes:
        name: Keras's name of it.
        kind: "sequence" (one-hot DNA), "signal" (values per base), "category" (whole
            numbers) or "numbers".
        shape: Without the batch; None is any length.
        dtype: Keras's name of it.
    """

    name: str
    kind: str
    shape: tuple[int | None, ...]
    dtype: str


@dataclass(frozen=True)
class Head:
    """An output of the Keras model: some of the release's `outputs`, one channel each.

    Attributes:
        name: Keras's name of it, or the key in the dictionary that the model returns.
        kind: "scalar" for (batch, num_outputs), "profile" for (batch, bins,
            num_outputs).
        num_outputs: How many of the outputs it holds, in their order.
        bins: Of a profile; None where they grow with the sequence.
        bin_size: bp between the bins of a profile.
    """

    name: str
    kind: str
    num_outputs: int
    bins: int | None
    bin_size: int | None


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
    """A measured number and the command that measures it again.

    The name is the metric and the output, as in "auroc_tf_0"; with "kmer_baseline_" or
    "motif_baseline_" in front it is what these reach on the same data.
    """

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
class Lineage:
    """The release that another was fine-tuned from; `sha256` of its model.json."""

    name: str
    sha256: str


@dataclass(frozen=True, repr=False)
class Release:
    """The content of a model.json, and where it was read from.

    Attributes:
        folder: The folder of the model.json.
        sha256: Of the model.json. As that holds the hashes of all other files, it
            names the whole release, bit by bit.
        provider: Who brings it: "seqzoo", a plugin's distribution, or the path or
            address it was asked for by.
        bases: Addresses that a file missing in the folder is looked for under.
        inputs: Those of the Keras model; None where a schema before 5 did not say,
            which knew models of one input and one output only.
        heads: Outputs of the Keras model, likewise.
        intended_use: What it is for; empty where nobody said it.
        limits: What it is not for, and where it fails.
    """

    folder: Path
    sha256: str
    provider: str
    bases: tuple[str, ...]
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
    inputs: tuple[ModelInput, ...] | None
    outputs: tuple[Output, ...]
    heads: tuple[Head, ...] | None
    symmetry: Symmetry
    training_data: tuple[TrainingData, ...]
    metrics: tuple[Metric, ...]
    intended_use: str
    limits: tuple[str, ...]
    golden: Golden
    sketch: SketchFile | None
    derived_from: Lineage | None
    status: Status
    licence: str
    citation: str
    created: str
    seed: int
    versions: dict[str, str]

    def __repr__(self) -> str:
        length = self.input.sequence_length
        reads = f"{length:,} bp" if length else f"{self.input.min_length:,} bp or more"
        names = ", ".join(output.name for output in self.outputs[:_NAMED])
        more = len(self.outputs) - _NAMED
        return (
            f"Release({self.name!r}: {self.description}; reads {reads}; outputs {names}"
            + (f" and {more:,} more" if more > 0 else "")
            + (f"; {self.status.state})" if self.status.state != "active" else ")")
        )

    def _repr_html_(self) -> str | None:
        """The card, in a notebook; without one the notebook shows the short form."""
        try:
            card = self.card()
        except ReleaseError:
            return None
        notice = self.notice()
        return to_html(f"**{notice}**\n\n{card}" if notice else card)

    def notice(self) -> str:
        """What became of it, in one line; empty while it is active."""
        if self.status.state == "active":
            return ""
        state, why = self.status.state, self.status.reason
        by = f" by {self.status.superseded_by}" if state == "superseded" else ""
        return f"{self.name} is {state}{by}" + (f": {why}" if why else "")

    @property
    def files(self) -> tuple[File | Golden | SketchFile, ...]:
        """The files whose hashes it declares."""
        return (self.weights, self.golden, *([self.sketch] if self.sketch else []))

    def card(self) -> str:
        """The model card, Markdown."""
        path = self.folder / CARD_FILE
        content = read_regular(path, MAXIMUM_MODEL_FILE_BYTES, f"Release {self.name!r}")
        text = content.decode("utf-8", errors="replace")
        # A terminal obeys control characters, and the card is printed.
        return "".join(c for c in text if (c >= " " and c != "\x7f") or c in "\n\t")

    def read(self, file: File | Golden | SketchFile) -> bytes:
        """Reads a file of the release and returns it only if its hash is right.

        The bytes returned are those that were hashed: nothing can change them
        between the check and their use. A file that the folder lacks is taken from
        the cache, or downloaded into it.

        Raises:
            IntegrityError: The size or the sha256 is another.
            ReleaseError: The file is missing or a symbolic link, or no mirror has
                it.
        """
        path = self.folder / file.file
        declared = file.urls if isinstance(file, File) else ()
        urls = (*declared, *(f"{base}/{file.file}" for base in self.bases))
        if urls and not os.path.lexists(path):
            from registry import store

            label = f"{file.file} of release {self.name!r}"
            return store.read(file.sha256, file.bytes, urls, label=label)
        return read_checked(path, file, f"Release {self.name!r}")


def check_file(file: File | Golden | SketchFile, where: str) -> None:
    """Refuses a declared file that leaves its folder, or has no size or sha256.

    Raises:
        ReleaseError: It does.
    """

    def refuse(expected: str, received: object) -> None:
        raise ReleaseError(f"{where}: expected {expected}, received {received!r:.200}.")

    if not _FILE.fullmatch(file.file):
        refuse("a plain file name inside the folder", file.file)
    if not SHA256.fullmatch(file.sha256):
        refuse("a sha256 of 64 hexadecimal digits", file.sha256)
    if file.bytes < 0:
        refuse("a size in bytes", file.bytes)


def check_sketch(sketch: SketchFile, where: str) -> None:
    """Refuses a declared sketch that leaves its folder or is too large.

    Raises:
        ReleaseError: It does.
    """
    check_file(sketch, where)
    if sketch.bytes > MAXIMUM_SKETCH_BYTES:
        raise ReleaseError(
            f"{where}: expected a sketch of at most {MAXIMUM_SKETCH_BYTES:,} bytes, "
            f"received {sketch.bytes:,}."
        )


def check_status(status: Status, where: str) -> None:
    """Refuses a state that does not exist, or lacks by what or why.

    Raises:
        ReleaseError: It is none of active, superseded and yanked, or a superseded one
            has no `superseded_by`, or a yanked one no `reason`.
    """
    if status.state not in STATES:
        raise ReleaseError(
            f"{where}: expected a state active, superseded or yanked, received "
            f"{status.state!r}."
        )
    needed = {"superseded": "superseded_by", "yanked": "reason"}.get(status.state)
    if needed and not getattr(status, needed):
        raise ReleaseError(
            f"{where}: expected {needed} of a release that is {status.state}, received "
            f"{getattr(status, needed)!r}."
        )
