"""The model card of a release, from what its model.json says."""

from __future__ import annotations

from collections.abc import Sequence

from registry.release import Release

_STRANDS = {
    "equivariant": "Both strands give the same prediction by construction",
    "augmented": "Trained on both strands, without a guarantee",
    "none": "The two strands give predictions of their own",
}


def short_card(release: Release) -> str:
    """A card from what model.json says.

    Args:
        release: As written, or about to be.
    """
    origin_line = (
        f"Fine-tuned from {release.derived_from.name} "
        f"(model.json sha256 {release.derived_from.sha256}).\n\n"
        if release.derived_from
        else ""
    )
    length = release.input.training_length
    measured_at = f"Trained and measured on {length} bp.\n\n" if length else ""
    tables = _table(
        ("output", "units", "from logits by"),
        [(o.name, o.units, o.activation) for o in release.outputs],
    )
    heads = release.heads or ()
    if len(heads) > 1:
        names = [head.name for head in heads for _ in range(head.num_outputs)]
        outputs = zip(names, release.outputs, strict=True)
        tables = _table(
            ("head", "output", "units", "from logits by"),
            [(name, o.name, o.units, o.activation) for name, o in outputs],
        )
    inputs = release.inputs or ()
    if len(inputs) > 1:
        tables = (
            _table(
                ("input", "kind", "shape of one (None: any length)"),
                [(i.name, i.kind, str(i.shape)) for i in inputs],
            )
            + tables
        )
    return (
        f"# {release.name}\n\n{release.description}\n\n{origin_line}"
        f"Architecture {release.architecture}, {release.config}.\n\n{measured_at}"
        f"{tables}{_strands(release)}{_metrics(release)}{_data(release)}"
        f"Licence of the weights: {release.licence}. Citation: {release.citation}.\n"
    )


def _strands(release: Release) -> str:
    difference = release.symmetry.measured_max_difference
    return (
        f"{_STRANDS[release.symmetry.kind]}: on random sequences they differ by up to "
        f"{difference:.1e} before activations.\n\n"
    )


def _metrics(release: Release) -> str:
    """What the test split says, else validation."""
    splits = [metric.split for metric in release.metrics]
    split = "test" if "test" in splits else next(iter(splits), "")
    metrics = [metric for metric in release.metrics if metric.split == split]
    if not metrics:
        return ""
    commands = sorted({metric.command for metric in metrics})
    rows = [
        (
            metric.name,
            f"{metric.value:.3f}",
            " to ".join(f"{bound:.3f}" for bound in metric.ci95),
        )
        for metric in metrics
    ]
    return (
        _table(("metric", split, "95% interval"), rows)
        + f"Measured by {', '.join(f'`{command}`' for command in commands)}.\n\n"
    )


def _data(release: Release) -> str:
    said = [
        f"Data: {data.name} ({data.assembly}). Source: {data.source}. Licence: "
        f"{data.licence}. Citation: {data.citation}. Split: {data.split}. sha256 "
        f"`{data.sha256}`.\n\n"
        for data in release.training_data
    ]
    return "".join(said)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, and an empty line."""
    rule = "|---" * len(columns) + "|"
    cells = [f"| {' | '.join(row)} |" for row in (columns, *rows)]
    return "\n".join([cells[0], rule, *cells[1:]]) + "\n\n"
