"""Prints the README's table of released models, from their model.json.

python -m tools.model_table

What is shown of a release here and in the gallery of the site (`tools.site.gallery`)
comes from the same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import registry
from registry.release import Metric, Release
from zoo.publishing.card import KMER_BASELINE, MOTIF_BASELINE

#: By which a release is judged, as they are called and as they are written.
HEADLINES = {"auroc": "AUROC", "mcc": "MCC", "pearson": "Pearson r"}
BASELINES = {KMER_BASELINE: "k-mer baseline", MOTIF_BASELINE: "best motif"}


@dataclass(frozen=True)
class Measured:
    """A headline metric of one output on the test split, with its baselines.

    Attributes:
        label: What it is called.
        metric: Of the model.
        baselines: Of what is simpler, by its prefix; those that were measured.
    """

    label: str
    metric: Metric
    baselines: dict[str, Metric]


def own_releases() -> Iterator[Release]:
    """The releases that come with seqzoo, by name."""
    for location in registry.list_releases():
        if location.provider == registry.OWN:
            yield registry.read_location(location)


def measured(release: Release, output: str) -> list[Measured]:
    """The headline metrics of an output, or of "mean", which is that of all outputs.

    Of a model with several heads those of its profile, without the head's name.
    """
    test = {
        metric.name.removeprefix("profile."): metric
        for metric in release.metrics
        if metric.split == "test"
    }
    return [
        Measured(
            label,
            test[f"{name}_{output}"],
            {
                prefix: test[f"{prefix}{name}_{output}"]
                for prefix in BASELINES
                if f"{prefix}{name}_{output}" in test
            },
        )
        for name, label in HEADLINES.items()
        if f"{name}_{output}" in test
    ]


def names(release: Release) -> list[str]:
    """Its outputs, each once: several heads may say something of one."""
    return list(dict.fromkeys(output.name for output in release.outputs))


def gives(release: Release) -> tuple[str, str]:
    """The name of its output, or how many it has, and their units."""
    outputs = names(release)
    units = dict.fromkeys(output.units for output in release.outputs)
    size = f"{len(outputs)} outputs" if len(outputs) > 1 else outputs[0]
    return size, " and ".join(units)


def overall(release: Release) -> list[Measured]:
    """The headline metrics of the release: of its output, or the mean over several."""
    outputs = names(release)
    return measured(release, "mean" if len(outputs) > 1 else outputs[0])


def table(link: Callable[[str], str] = "pretrained/{}/README.md".format) -> str:
    """Markdown, one row per active release, whose name leads where `link` says."""
    lines = [
        "| release | predicts | weights | test metric | k-mer baseline |",
        "|---|---|---|---|---|",
    ]
    for release in own_releases():
        if release.status.state != "active":
            continue
        shown = [
            (
                f"{each.label} {each.metric.value:.3f}",
                f"{each.baselines[KMER_BASELINE].value:.3f}"
                if KMER_BASELINE in each.baselines
                else "none",
            )
            for each in overall(release)
        ]
        metrics, baselines = zip(*shown, strict=True)
        lines.append(
            f"| [`{release.name}`]({link(release.name)}) | {release.description} "
            f"| {release.weights.bytes / 1e6:.2f} MB | {', '.join(metrics)} "
            f"| {', '.join(baselines)} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(), end="")
