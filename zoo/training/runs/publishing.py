"""A trained model -> a release with its metrics, data and lineage."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from typing import TYPE_CHECKING

import registry
from registry.files import remove_unfinished
from registry.release import Metric, Output, TrainingData
from zoo.inspection.heads import heads_of
from zoo.publishing.card import short_card
from zoo.publishing.saving import save
from zoo.training.configuration.config import Config
from zoo.training.configuration.publication import Publication
from zoo.training.reports.report_facts import card_sections
from zoo.training.runs.described import described
from zoo.training.runs.stem_motifs import stem_facts

if TYPE_CHECKING:
    import keras

    from zoo.splits.splits import Splits
    from zoo.training.reports.measuring import Measured


def publish(
    config: Config,
    model: keras.Model,
    splits: Splits,
    measured: Measured,
    *,
    name: str = "",
    without: str = "",
    compute: str = "",
) -> registry.Release | None:
    """Writes release/NAME/ into the run's folder, if the configuration has a [release].

    A run that had ended before has written it: a release never changes, and that one
    is returned.

    Args:
        config: Of the run.
        model: Trained.
        splits: Its data.
        measured: What it is worth.
        name: Of the release, by default that of the run.
        without: What the model lacks of that of the run, for the description.
        compute: What its training took, for the card.
    """
    release = config.release
    if release is None:
        return None
    target = config.release_folder.with_name(name or config.name)
    if target.exists():
        return registry.read_release(target)
    remove_unfinished(target.parent)  # of a run that was killed here
    return save(
        model,
        target,
        description=release.description
        if not without
        else f"{release.description.rstrip('.')}, without {without}",
        task=config.data.task,
        licence=release.licence,
        citation=release.citation or "none",
        intended_use=release.intended_use,
        limits=release.limits,
        card=lambda made: (
            short_card(made)
            + card_sections(config, splits, measured)
            + (f"\n## Compute\n\n{compute}\n" if compute else "")
        ),
        tags=release.tags,
        outputs=_measured_outputs(config, model, splits, measured),
        min_length=release.min_length or splits.train.sequence_length,
        symmetry=release.symmetry,
        training_data=_training_data(config, release),
        training_examples=splits.train,
        metrics=[
            Metric(
                name=entry["name"],
                split=entry["split"],
                value=entry["value"],
                ci95=tuple(entry["ci95"]),
                command=entry.get("command", f"seqzoo train {config.file}"),
            )
            for entry in measured.metrics
        ],
        seed=config.seed,
    )


def _measured_outputs(
    config: Config, model: keras.Model, splits: Splits, measured: Measured
) -> list[Output]:
    """The outputs, with what was measured of those that have labels."""
    outputs = described(config, model, splits.train.outputs)
    left, found = iter(outputs), []
    for head in heads_of(model):
        facts = measured.facts.get(head.name if config.heads else "")
        for place, output in enumerate(itertools.islice(left, head.num_outputs)):
            found.append(facts[place].of(output) if facts else output)
    return found


def _training_data(config: Config, release: Publication) -> tuple[TrainingData, ...]:
    """As the configuration says, with the hash of the file that was read."""
    path = config.path(config.data.path)
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256")
    said = release.training_data
    split = said.split or f"{config.data.split.by}, training part"
    name = said.name or path.name
    return (
        TrainingData(
            **dataclasses.asdict(said)
            | {"sha256": sha256.hexdigest(), "split": split, "name": name}
        ),
        *stem_facts(config),
    )
