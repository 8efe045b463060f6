"""Prints the README's table of released models, from their model.json.

python -m tools.model_table
"""

from __future__ import annotations

import registry
from registry.release import Release
from zoo.publishing.card import KMER_BASELINE

HEADLINES = ("auroc", "mcc", "pearson")


def table() -> str:
    """Markdown, one row per release."""
    lines = [
        "| release | predicts | weights | test metric | k-mer baseline |",
        "|---|---|---|---|---|",
    ]
    for location in registry.list_releases():
        if location.provider != registry.OWN:
            continue
        release, name = registry.read_location(location), location.name
        metrics, baselines = zip(*_headlines(release), strict=True)
        lines.append(
            f"| [`{name}`](pretrained/{name}/README.md) | {release.description} "
            f"| {release.weights.bytes / 1e6:.2f} MB | {', '.join(metrics)} "
            f"| {', '.join(baselines)} |"
        )
    return "\n".join(lines) + "\n"


def _headlines(release: Release) -> list[tuple[str, str]]:
    """Each headline metric and the baseline's, the mean over outputs if several.

    Of a model with several heads those of its profile, without the head's name.
    """
    test = {
        m.name.removeprefix("profile."): m.value
        for m in release.metrics
        if m.split == "test"
    }
    several = len({output.name for output in release.outputs}) > 1
    output = "mean" if several else release.outputs[0].name
    shown = []
    for metric in HEADLINES:
        name = f"{metric}_{output}"
        if name in test:
            label = metric.upper() if metric != "pearson" else "Pearson r"
            baseline = test.get(KMER_BASELINE + name)
            compared = "none" if baseline is None else f"{baseline:.3f}"
            shown.append((f"{label} {test[name]:.3f}", compared))
    return shown


if __name__ == "__main__":
    print(table(), end="")
