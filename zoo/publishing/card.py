"""The model card of a release, from what its model.json says."""

from __future__ import annotations

from collections.abc import Sequence

from registry.facts import BACKGROUNDS, BackgroundRate
from registry.release import Metric, Release

#: In front of the names of metrics of something simpler on the same data.
KMER_BASELINE, MOTIF_BASELINE = "kmer_baseline_", "motif_baseline_"
_BASELINES = {KMER_BASELINE: "k-mers", MOTIF_BASELINE: "best motif"}

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
    tables = _outputs(release)
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
        f"{_uses(release)}"
        f"{_architecture(release)}{measured_at}"
        f"{tables}{_calibration(release)}{_backgrounds(release)}{_strands(release)}"
        f"{_metrics(release)}{_data(release)}"
        f"Licence of the weights: {release.licence}. Citation: {release.citation}.\n"
    )


def _architecture(release: Release) -> str:
    """What it was created by, each member of an ensemble on a line of its own."""
    settings = dict(release.config)
    members = settings.pop("members", ())
    text = f"Architecture {release.architecture}, {settings}"
    if not members:
        return f"{text}.\n\n"
    lines = "".join(f"- {name}, {dict(own)}\n" for name, *own in members)
    return f"{text}, of {len(members)} members:\n\n{lines}\n"


def _uses(release: Release) -> str:
    use = f"Intended use: {release.intended_use}\n\n" if release.intended_use else ""
    limits = "".join(f"- {limit}\n" for limit in release.limits)
    return f"{use}Limits:\n\n{limits}\n" if limits else use


def _outputs(release: Release) -> str:
    """A table of what the outputs are; columns that say nothing are left out."""
    outputs, heads = release.outputs, release.heads or ()
    columns = {
        "head": [head.name for head in heads for _ in range(head.num_outputs)]
        if len(heads) > 1
        else [],
        "output": [output.name for output in outputs],
        "responds to": [output.description for output in outputs],
        "units": [output.units for output in outputs],
        "from logits by": [output.activation for output in outputs],
        "positive from": [
            "" if output.threshold is None else f"{output.threshold:.3f}"
            for output in outputs
        ],
    }
    shown = {name: values for name, values in columns.items() if any(values)}
    return _table(list(shown), list(zip(*shown.values(), strict=True)))


def _calibration(release: Release) -> str:
    known = [o.calibration for o in release.outputs if o.calibration is not None]
    if not known:
        return ""
    before, after = (
        sum(values) / len(known)
        for values in zip(*((c.ece_before, c.ece_after) for c in known), strict=True)
    )
    return (
        "Probabilities are calibrated: the activation of slope * logit + intercept, "
        f"fitted on the {known[0].split} split ({known[0].method}). Expected "
        f"calibration error on the {known[0].ece_split} split: {before:.3f} before, "
        f"{after:.3f} after. They hold where positives are as frequent as in the "
        "data.\n\n"
    )


def _backgrounds(release: Release) -> str:
    """How often each output calls what is called positive, and from where on less."""
    known: dict[tuple[str, int], BackgroundRate] = {}
    for output in release.outputs:
        known |= {(b.kind, b.sequence_length): b for b in output.backgrounds}
    if not known:
        return ""
    points = [key for key, b in known.items() if b.operating_points]
    points.sort(key=lambda key: BACKGROUNDS.index(key[0]), reverse=True)
    kind = points[0] if points else ("", 0)
    told = known[kind].operating_points if points else ()
    rates = [point.false_positives for point in told]
    columns = [
        *(f"{name}, {length:,} bp" for name, length in known),
        *(f"threshold for {rate:.1%} of {kind[0]}" for rate in rates),
    ]
    rows = []
    for output in release.outputs:
        mine = {(b.kind, b.sequence_length): b for b in output.backgrounds}
        row = [f"{mine[key].positives:.1%}" if key in mine else "" for key in known]
        own = mine[kind].operating_points if kind in mine else ()
        cuts = {point.false_positives: f"{point.threshold:.4f}" for point in own}
        rows.append([output.name, *row, *(cuts.get(rate, "") for rate in rates)])
    about = "; ".join(
        f"{name}, {length:,} bp: {b.sequences:,} sequences, {b.description}"
        for (name, length), b in known.items()
    )
    return f"Called positive of background ({about}):\n\n" + _table(
        ["output", *columns], rows
    )


def _strands(release: Release) -> str:
    difference = release.symmetry.measured_max_difference
    return (
        f"{_STRANDS[release.symmetry.kind]}: on random sequences they differ by up to "
        f"{difference:.1e} before activations.\n\n"
    )


def _metrics(release: Release) -> str:
    """What the test split says, else validation; baselines stand beside."""
    splits = [metric.split for metric in release.metrics]
    split = "test" if "test" in splits else next(iter(splits), "")
    metrics = {m.name: m for m in release.metrics if m.split == split}
    if not metrics:
        return ""
    beside = [
        prefix for prefix in _BASELINES if any(n.startswith(prefix) for n in metrics)
    ]
    rows = []
    for name, metric in metrics.items():
        if not name.startswith(tuple(_BASELINES)):
            row = [name, f"{metric.value:.3f}", _interval(metric)]
            for prefix in beside:
                other = metrics.get(f"{prefix}{name}")
                row.append(f"{other.value:.3f} ({_interval(other)})" if other else "")
            rows.append(row)
    commands = sorted({metric.command for metric in metrics.values()})
    columns = ["metric", split, "95% interval", *(_BASELINES[each] for each in beside)]
    return (
        _table(columns, rows)
        + f"Measured by {', '.join(f'`{command}`' for command in commands)}.\n\n"
    )


def _interval(metric: Metric) -> str:
    return " to ".join(f"{bound:.3f}" for bound in metric.ci95)


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
    cells = [
        f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"
        for row in (columns, *rows)
    ]
    return "\n".join([cells[0], rule, *cells[1:]]) + "\n\n"
