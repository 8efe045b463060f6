"""The motifs that a release has learned, by name.

A released folder never changes, and names come with newer collections of motifs. So a
file `motifs.json` beside the folders of installed releases may say them of some:

    {"name_v1": {"release": sha256 of its model.json, "database": "JASPAR ...",
                 "sequences": "...", "motifs": [{"output": "tf_3", "sign": "+", ...}]}}

As the sha256 names the release bit by bit, it holds for every copy of the folder.
"""

from __future__ import annotations

from dataclasses import dataclass

from registry.errors import ReleaseError
from registry.release import Release
from registry.sources import by_release, places

MOTIFS_FILE = "motifs.json"


@dataclass(frozen=True)
class NamedMotif:
    """A motif of a release's contributions, and what it looks like.

    Attributes:
        output: That it contributes to.
        sign: "+" where its sites raise the output, "-" where they lower it.
        consensus: The most frequent bases of its columns.
        seqlets: Of how many sites it is made.
        name: Of the motif in the database that it looks like most.
        identifier: Of that motif.
        q_value: Of the likeness.
    """

    output: str
    sign: str
    consensus: str
    seqlets: int
    name: str
    identifier: str
    q_value: float

    def __str__(self) -> str:
        does = "" if self.sign == "+" else ", which its sites lower"
        return (
            f"{self.output}{does}: {self.consensus} looks like {self.name} "
            f"({self.identifier}), q = {self.q_value:.1g}, {self.seqlets:,} seqlets"
        )


@dataclass(frozen=True)
class LearnedMotifs:
    """All that is said of a release.

    Attributes:
        release: sha256 of its model.json.
        database: What the motifs were compared with.
        sequences: Whose contributions they are.
        motifs: By output, that of most seqlets first.
    """

    release: str
    database: str
    sequences: str
    motifs: tuple[NamedMotif, ...]


def read_learned_motifs(release: Release) -> LearnedMotifs | None:
    """What such a file says of a release; None if nothing.

    Raises:
        ReleaseError: The file is not as said above.
    """
    for _, place in places():
        entries = by_release(place, MOTIFS_FILE, LearnedMotifs, _check)
        entry = entries.get(release.name)
        if entry is not None and entry.release == release.sha256:
            return entry
    return None


def _check(entry: LearnedMotifs, where: str) -> None:
    for motif in entry.motifs:
        if motif.sign not in ("+", "-") or motif.seqlets < 1:
            raise ReleaseError(
                f"{where}: expected a sign + or - and at least one seqlet, received "
                f"{motif.sign!r:.20} and {motif.seqlets}."
            )
        if not 0 <= motif.q_value <= 1:
            raise ReleaseError(
                f"{where}: expected a q_value from 0 to 1, received {motif.q_value}."
            )
