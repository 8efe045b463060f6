"""The model card of a release: Markdown, from model.json and the run."""

from __future__ import annotations

from typing import Any

from registry.release import Release
from tools.training.recipes import Recipe
from zoo.publishing.card import KMER_BASELINE


def card(release: Release, recipe: Recipe, run: dict[str, Any]) -> str:
    """Writes the card.

    Args:
        release: The written release.
        recipe: What it was trained by.
        run: The run.json of the training.
    """
    lines = [
        f"# {release.name}",
        "",
        f"{release.description}.",
        "",
        "```python",
        "import zoo",
        f'model = zoo.load("{release.name}")',
        f'zoo.predict(model, sequences, activation="{recipe.activation}")',
        "```",
        "",
        "## Input and outputs",
        "",
        _input(release, run),
        "",
        "| output | units | from logits by |",
        "|---|---|---|",
        *(f"| {o.name} | {o.units} | {o.activation} |" for o in release.outputs),
        "",
        _symmetry(release),
        "",
        "## Limits",
        "",
        recipe.limits,
        "",
        "## Test metrics",
        "",
        "95% intervals by bootstrap of the test rows. The test split was read "
        "once, after training. Baseline: regression on k-mer counts by the same tools "
        f"(`python -m tools.training.baseline {recipe.dataset} --data DATA`).",
        "",
        "| metric | test | 95% interval | k-mer baseline |",
        "|---|---|---|---|",
        *_metrics(release),
        "",
        f"Measured by `{release.metrics[0].command}`.",
        "",
        "## Training",
        "",
        f"{release.architecture} with {release.config}, {run['epochs']} epochs, batch "
        f"{recipe.batch_size}, AdamW at {recipe.learning_rate} with a cosine to zero, "
        f"seed {release.seed}; the epoch with the lowest validation loss. "
        f"{run['rows']['train']:,} training, {run['rows']['validation']:,} validation "
        f"and {run['rows']['test']:,} test rows.",
        "",
        *(
            f"- left out or merged: {what}: {count:,}"
            for what, count in run["dropped"].items()
            if count
        ),
        "",
        "## Data",
        "",
    ]
    for data in release.training_data:
        lines += [
            f"- **{data.name}** ({data.assembly}): {data.source}. Licence: "
            f"{data.licence}. {data.citation}. Split: {data.split}. "
            f"sha256 `{data.sha256}`",
        ]
    lines += [
        "",
        "## Licence and citation",
        "",
        f"Weights: {release.licence}. Please cite: {release.citation}.",
        "",
    ]
    return "\n".join(lines)


def _input(release: Release, run: dict[str, Any]) -> str:
    length = release.input.sequence_length
    takes = (
        f"{length} bp"
        if length
        else f"any length from {release.input.min_length} bp on"
    )
    return (
        f"One-hot ACGT, N as zeros: {takes}. Trained on {run['sequence_length']} bp. "
        "Outputs are logits:"
    )


def _symmetry(release: Release) -> str:
    difference = release.symmetry.measured_max_difference
    said = {
        "equivariant": "Both strands give the same prediction by construction",
        "augmented": "Trained on both strands, without a guarantee",
        "none": "Strand-specific: the two strands mean different things",
    }[release.symmetry.kind]
    return f"{said}: largest difference {difference:.1e} logits on random sequences."


def _metrics(release: Release) -> list[str]:
    test = {m.name: m for m in release.metrics if m.split == "test"}
    rows = []
    for name, metric in test.items():
        if name.startswith(KMER_BASELINE):
            continue
        interval = " to ".join(f"{bound:.3f}" for bound in metric.ci95)
        baseline = test.get(KMER_BASELINE + name)
        compared = f"{baseline.value:.3f}" if baseline else ""
        rows.append(f"| {name} | {metric.value:.3f} | {interval} | {compared} |")
    return rows
