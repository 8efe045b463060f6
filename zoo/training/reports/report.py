"""The report of a training run: one HTML page, nothing fetched from elsewhere."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from registry.errors import SeqzooError
from zoo.files import pages
from zoo.files.output import open_output
from zoo.inspection.summaries import summary
from zoo.models.creation import origin
from zoo.training.configuration.tasks import Task, tasks_of
from zoo.training.reports import figures, profile_figures
from zoo.training.reports.enzyme import enzyme_section
from zoo.training.reports.report_configuration import (
    again_section,
    configuration_section,
)
from zoo.training.reports.report_data import data_section
from zoo.training.reports.report_facts import (
    compute_text,
    facts_table,
    leakage_text,
)

if TYPE_CHECKING:
    from zoo.splits.splits import Splits
    from zoo.training.reports.measuring import SplitPredictions
    from zoo.training.runs.run import Member, Run

REPORT_FILE = "report.html"
SHOWN = 12  # outputs that are all drawn; of more, the worst, median and best
_ROWS = 300  # of a table
_CARD = 50_000  # characters

Blocks = list[pages.Html | str]


def write_report(run: Run, splits: Splits, folder: Path | None = None) -> Path:
    """Writes FOLDER/report.html, whole or not at all.

    It holds the day, the duration and the devices, the configuration, the data and
    what of them leaks, learning curves, metrics with 95% intervals, ROC and
    precision-recall curves, how far probabilities hold and what is called positive,
    scatter plots or observed and predicted profiles, of profiles of reads with the
    bounds of their distance, the
    layers, the model card if there is a release, versions, seed and the command that
    makes it again. Pictures need matplotlib, the extra [report]; without it the page
    says so in their place. With more than 12 outputs the worst, the median and the
    best are drawn.

    Args:
        run: What `zoo.training.train` made.
        splits: The examples that it used.
        folder: By default that of the run.

    Returns:
        The path of the page.
    """
    path, config = (folder or run.folder) / REPORT_FILE, run.config
    outputs = splits.train.outputs
    heads = [
        _Head(name, task, config.head(name).names(outputs))
        for name, task in tasks_of(config).items()
    ]
    shown = {head.name: shown_outputs(run, head.names, head.name) for head in heads}
    drawn = figures.can_draw()
    learning: Blocks = ["Pictures need matplotlib: pip install 'seqzoo[report]'"]
    pictures: Blocks = []
    if drawn:
        histories = [member.history for member in run.members]
        best = [best_epoch(member, config.training.monitor) for member in run.members]
        learning = [*figures.learning_curves(histories, best)]
        pictures = [p for h in heads for p in _pictures(run, splits, h, shown[h.name])]
    sections: list[tuple[str, Blocks]] = [
        ("Metrics", [*_metrics(run, heads, shown), *pictures]),
        *_enzyme(run, drawn=drawn),
        ("Learning curves", [_members(run), *learning]),
        ("Data", data_section(config, splits, _of_data(shown, outputs), drawn=drawn)),
        ("Leakage", [_leakage(run, splits)]),
        ("Model", _model(run, splits.train.sequence_length)),
        ("Configuration", configuration_section(run)),
        ("How to make it again", again_section(run)),
    ]
    if run.release is not None:
        card = (run.release.folder / "README.md").read_text(encoding="utf-8")
        sections.append(("Model card", [pages.markdown(card[:_CARD])]))
    text = pages.page(run.config.name, sections, _summary(run))
    with open_output(path) as write:
        write(text)
    return path


def _enzyme(run: Run, *, drawn: bool) -> list[tuple[str, Blocks]]:
    if run.enzyme is None:
        return []
    return [("Bias of the enzyme", enzyme_section(run.enzyme, drawn=drawn))]


def _summary(run: Run) -> str:
    """What it is, of which day, and what it took."""
    about = run.config.release
    said = [
        f"{about.description.rstrip('.')}." if about else "",
        f"Written on {datetime.now(UTC):%d %B %Y, %H:%M} UTC.",
        compute_text(run.members),
    ]
    return " ".join(filter(None, said))


@dataclasses.dataclass(frozen=True)
class _Head:
    """An output of the model: its name in [heads] or "", and those of its channels."""

    name: str
    task: Task
    names: tuple[str, ...]

    @property
    def prefix(self) -> str:
        """In front of the names of its metrics."""
        return f"{self.name}." if self.name else ""


def _of_data(shown: dict[str, list[int]], outputs: Sequence[str]) -> list[int]:
    """Numbers of the data's outputs to list: with [heads] the first ones."""
    return shown.get("", list(range(min(SHOWN, len(outputs)))))


def shown_outputs(run: Run, names: Sequence[str], head: str = "") -> list[int]:
    """Numbers of the outputs that are drawn, the worst first if not all are.

    Args:
        run: What was measured.
        names: Of the outputs.
        head: The name of the model's output that has them, if it has several.
    """
    if len(names) <= SHOWN:
        return list(range(len(names)))
    metric = "auroc" if tasks_of(run.config)[head].has_labels else "pearson"
    metric = f"{head}.{metric}" if head else metric
    final = _final(run)
    values = {
        entry["name"]: entry["value"]
        for entry in run.measured.metrics
        if entry["split"] == final
    }
    known = [k for k, n in enumerate(names) if f"{metric}_{n}" in values]
    ranked = sorted(known, key=lambda k: values[f"{metric}_{names[k]}"])
    if not ranked:
        return list(range(SHOWN))
    third, middle = SHOWN // 3, len(ranked) // 2
    some = [
        *ranked[:third],
        *ranked[middle - third // 2 :][:third],
        *ranked[-third:],
    ]
    return list(dict.fromkeys(some))


def best_epoch(member: Member, monitor: str) -> int:
    """The epoch, from 0, whose weights a member kept."""
    # Of equal values the earlier is better, as in `BestWeights`.
    return member.history[monitor].index(member.best)


def _final(run: Run) -> str:
    """The split that pictures are of: test, if there is one."""
    return "test" if "test" in run.measured.parts else "validation"


def _metrics(run: Run, heads: Sequence[_Head], shown: dict[str, list[int]]) -> Blocks:
    entries: dict[str, dict[str, Any]] = {}
    for entry in run.measured.metrics:
        entries.setdefault(entry["name"], {})[entry["split"]] = entry
    metrics = [e.removesuffix("_mean") for e in entries if e.endswith("_mean")]
    of_head = {h.name: [m for m in metrics if m.startswith(h.prefix)] for h in heads}
    hidden = {
        f"{metric}_{name}"
        for head in heads
        for metric in of_head[head.name]
        for number, name in enumerate(head.names)
        if number not in shown[head.name]
    }
    rows = [
        [name, *(_cell(found.get(split)) for split in ("validation", "test"))]
        for name, found in entries.items()
        if name not in hidden
    ]
    blocks: Blocks = [
        pages.table(("metric", "validation", "test"), rows[:_ROWS]),
        "In brackets: 95% intervals by bootstrap. The test split was read once, after "
        "training.",
    ]
    blocks += [f"Not measured: {note}" for note in run.measured.notes]
    for head in heads:
        if facts := run.measured.facts.get(head.name):
            blocks.append(facts_table(head.names, facts, shown[head.name]))
            blocks.append(
                "Calibrations and thresholds were fitted on the validation split; MCC "
                "and accuracy are at these thresholds. The errors of calibration are "
                f"those of the {_final(run)} split."
            )
    for head in heads:
        if len(shown[head.name]) < len(head.names):
            of = f" of {head.name}" if head.name else ""
            count = f"{len(head.names):,} outputs{of}"
            blocks.insert(0, f"The worst, median and best of {count}.")
            blocks.append(_all_outputs(run, head.names, entries, of_head[head.name]))
    return blocks


def _cell(entry: dict[str, Any] | None) -> str:
    if entry is None:
        return "-"
    low, high = entry["ci95"]
    return f"{entry['value']:.4f} [{low:.4f}, {high:.4f}]"


def _all_outputs(
    run: Run,
    names: Sequence[str],
    entries: dict[str, dict[str, Any]],
    metrics: Sequence[str],
) -> pages.Html:
    final = _final(run)
    rows = [
        [name]
        + [
            entries.get(f"{metric}_{name}", {}).get(final, {}).get("value", "-")
            for metric in metrics
        ]
        for name in names[:_ROWS]
    ]
    rest = f", the first {_ROWS}; all are in metrics.json" if len(names) > _ROWS else ""
    return pages.folded(
        f"All outputs, {final} split{rest}", pages.table(("output", *metrics), rows)
    )


def _pictures(
    run: Run, splits: Splits, head: _Head, shown: Sequence[int]
) -> Iterator[pages.Html | str]:
    final, names = _final(run), head.names
    part: SplitPredictions | None = run.measured.parts.get(final, {}).get(head.name)
    if part is None:
        return
    some = [f"{head.prefix}{names[k]}" for k in shown]
    targets, predictions = part.targets[..., shown], part.predictions[..., shown]
    if head.task.shares:
        yield from _profiles(run, splits, head, shown, part)
        return
    if not head.task.has_labels:
        if head.task.kind == "profile":
            yield from figures.tracks(some, targets, predictions, final)
        yield from figures.scatters(
            some,
            targets,
            predictions,
            final,
            counts=head.task.counts,
            units=head.task.units if head.task.units.startswith("ln(") else "",
        )
        return
    curves = figures.ranking_curves(some, targets, predictions, final)
    if curves is not None:
        yield curves
    if head.task.kind == "classes" and len(names) <= SHOWN:
        yield _confusion(names, part, final)
    yield from figures.reliability_diagram(some, targets, predictions, final)


def _profiles(
    run: Run, splits: Splits, head: _Head, shown: Sequence[int], part: SplitPredictions
) -> Iterator[pages.Html | str]:
    """Where the reads of some regions lie, and how near that comes on the whole."""
    config, final = run.config, _final(run)
    entries = {e["name"]: e for e in run.measured.metrics if e["split"] == final}
    yield from profile_figures.bounds_table(head.prefix, head.names, entries, final)
    held_out = splits.test if final == "test" else splits.valid
    bin_size = config.data.keywords.get("bin_size") or 1
    yield from profile_figures.profiles(
        [f"{head.prefix}{name}" for name in head.names],
        profile_figures.strands(config, head.names, splits.train.outputs, shown),
        part.targets,
        part.predictions,
        bin_size=bin_size * config.head(head.name).joined_bins,
        examples=None
        if config.ensemble.folds and held_out is splits.valid
        else held_out,
        split=final,
    )


def _confusion(names: Sequence[str], part: SplitPredictions, split: str) -> pages.Html:
    from sklearn.metrics import confusion_matrix

    known = ~np.isnan(part.targets).any(axis=1)
    truth, said = part.targets[known].argmax(1), part.predictions[known].argmax(1)
    counts = confusion_matrix(truth, said, labels=range(len(names)))
    header = (f"{split}: class \\ predicted", *names)
    rows = [[name, *row] for name, row in zip(names, counts.tolist(), strict=True)]
    return pages.table(header, rows)


def _members(run: Run) -> pages.Html:
    monitor = run.config.training.monitor
    rows = [
        [
            made.architecture if (made := origin(member.model)) else "",
            member.seed,
            len(member.history.get("loss", ())),
            best_epoch(member, monitor) + 1,
            float(member.best),
        ]
        for member in run.members
    ]
    return pages.table(("architecture", "seed", "epochs", "kept epoch", monitor), rows)


def _leakage(run: Run, splits: Splits) -> pages.Html | str:
    text = leakage_text(run.config, splits)
    return text if splits.leakage is None else pages.preformatted(text)


def _model(run: Run, sequence_length: int) -> Blocks:
    model = run.members[0].model
    blocks: Blocks = []
    if len(run.members) > 1:
        blocks.append(
            f"An ensemble of {len(run.members)} members, whose "
            f"{run.config.ensemble.average} are averaged; one of them:"
        )
    try:
        found = summary(model, sequence_length)
    except SeqzooError as error:
        return [*blocks, f"{model.name}: {model.count_params():,} parameters. {error}"]
    rows = [
        [
            layer.name,
            layer.layer,
            ", ".join("batch" if n is None else str(n) for n in layer.output_shape),
            "all" if layer.span is None else layer.span,
            layer.parameters,
            "-" if layer.multiply_adds is None else layer.multiply_adds,
        ]
        for layer in found.layers
    ]
    header = ("layer", "class", "output", "sees, bp", "parameters", "multiply-adds")
    return [
        *blocks,
        f"{found.name}: {found.parameters:,} parameters, {found.multiply_adds:,} "
        f"multiply-adds for one sequence of {found.sequence_length:,} bp.",
        pages.table(header, rows[:_ROWS]),
        *([f"and {len(rows) - _ROWS:,} more layers"] if len(rows) > _ROWS else []),
    ]
