"""Writes sketches of the training data of releases that were made without one.

    python -m tools.training_sketches --data DATA

A release of schema 1 or 2 has no sketch in its folder, and the folder never changes.
So they go beside the folders: NAME.sketch, and `sketches.json` with the hash of each
and of the model.json of its release. The data are checked against the sha256 that the
release declares. A sketch holds hashes of a sample of words, no sequence.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import registry
from registry.release import Release, SketchFile
from registry.sketches import SKETCHES_FILE, entry
from tools.datasets import load
from tools.release import PRETRAINED
from tools.training.recipes import RECIPES
from zoo.publishing.saving import file_entry
from zoo.splits.sketches import Sketch, sketch


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the training data")
    parser.add_argument("--out", type=Path, default=PRETRAINED)
    arguments = parser.parse_args()
    entries = {}
    for folder in sorted(PRETRAINED.iterdir()):
        if not folder.is_dir():
            continue
        release = registry.read_release(folder)
        if release.sketch is not None:
            continue
        made = training_sketch(release, arguments.data)
        path = arguments.out / f"{release.name}.sketch"
        path.write_bytes(made.to_bytes())
        entries[release.name] = entry(release, SketchFile(**file_entry(path)))
        print(
            f"{path.name}: {path.stat().st_size:,} bytes, {made.sequences:,} "
            f"sequences, {made.sampled:.2%} of their words"
        )
    text = json.dumps(entries, indent=2) + "\n"
    (arguments.out / SKETCHES_FILE).write_text(text, encoding="utf-8")


def training_sketch(release: Release, data_folder: Path) -> Sketch:
    """The sketch of what a release was trained on.

    Raises:
        SystemExit: The data are others than those that the release declares.
    """
    dataset = load(RECIPES[release.name].dataset, data_folder, release.seed)
    # A release may declare more than sequences, such as motifs that it began with.
    expected = [data.sha256 for data in release.training_data]
    received = [fact["sha256"] for fact in dataset.facts]
    if not set(received) <= set(expected):
        raise SystemExit(
            f"{release.name}: expected training data of sha256 {expected}, received "
            f"{received}."
        )
    if dataset.train_chromosomes:  # windows are cut anew each epoch
        return sketch(each.codes for each in dataset.train_chromosomes)
    return sketch(dataset.train.codes)


if __name__ == "__main__":
    main()
