"""Writes releases that a stranger might send, each with the hashes it should have.

    python -m tests.hostile.generate OUT

OUT/GROUP/CASE/small_v1 is a release folder with one thing wrong. `outside`, beside
it, is a valid one which links and paths lead to, and which must not be read; a file
`executed` appears there if the release made anybody run code.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.hostile import files, model_json, sketches
from tests.hostile.model_json import Spoil
from tests.hostile.place import Place

GROUPS: dict[str, dict[str, Spoil]] = {
    "model.json": model_json.CASES,
    "config": files.CONFIGURATIONS,
    "weights.h5": files.WEIGHTS,
    "golden.npz": files.GOLDEN,
    "training.sketch": sketches.SKETCH,
    "none": {"valid": lambda place: None},
}


def main(out: Path) -> None:
    """Writes all cases."""
    for group, cases in GROUPS.items():
        for name in cases:
            write(out, group, name)


def write(out: Path, group: str, name: str) -> Place:
    """Writes one case."""
    place = Place(out / group / name)
    place.prepare()
    GROUPS[group][name](place)
    return place


if __name__ == "__main__":
    main(Path(sys.argv[1]))
