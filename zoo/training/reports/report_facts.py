"""What a user has to know of a run's outputs, in its report and on its card."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from zoo.files import pages
from zoo.files.progress import duration
from zoo.models.keras_settings import devices as devices_seen
from zoo.training.configuration.config import Config
from zoo.training.reports.calibration import Facts, reliability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoo.splits.splits import Splits
    from zoo.training.reports.measuring import Measured
    from zoo.training.runs.run import Member


def facts_table(
    names: Sequence[str], facts: Sequence[Facts], shown: Sequence[int]
) -> pages.Html:
    """Calibration, threshold, and what is called positive of each background.

    Args:
        names: Of the outputs.
        facts: Of each.
        shown: Numbers of those that are listed.
    """
    kinds = dict.fromkeys(
        (b.kind, b.sequence_length) for one in facts for b in one.backgrounds
    )
    rows = []
    for k in shown:
        found = facts[k].calibration
        said = {(b.kind, b.sequence_length): b for b in facts[k].backgrounds}
        rows.append(
            [
                names[k],
                "-" if facts[k].threshold is None else f"{facts[k].threshold:.4f}",
                f"{found.slope:.3f}, {found.intercept:.3f}" if found else "-",
                f"{found.ece_before:.3f}, {found.ece_after:.3f}" if found else "-",
                *(
                    f"{said[each].positives:.1%}" if each in said else "-"
                    for each in kinds
                ),
            ]
        )
    header = (
        "output",
        "positive from",
        "slope, intercept",
        "calibration error before, after",
        *(f"positive of {kind}, {length:,} bp" for kind, length in kinds),
    )
    return pages.table(header, rows)


def leakage_text(config: Config, splits: Splits) -> str:
    """What of the test split is in the training split, or that nobody looked."""
    if splits.leakage is not None:
        return str(
            dataclasses.replace(
                splits.leakage, train="the training split", test="the test split"
            )
        )
    if config.data.split.by == "homology":
        return (
            "Similar sequences were kept in one split, by clusters on both strands: "
            "none of one cluster is in two splits."
        )
    return (
        "Nobody looked whether sequences of the test split are in the training split, "
        'too. data.split.leaks = "report" does, for "column" and "chromosome"; '
        'data.split.by = "homology" keeps similar sequences together.'
    )


def compute_text(members: Sequence[Member]) -> str:
    """How long the training took, and on what."""
    seconds = sum(member.seconds for member in members)
    devices = sorted(Counter(devices_seen()["gpus"]).items())
    where = ", ".join(f"{n} x {name}" if n > 1 else name for name, n in devices)
    took = f"Training took {duration(seconds)}. " if seconds else ""
    return f"{took}Computed on {where or f'{_processors()} processors, without a GPU'}."


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def card_sections(config: Config, splits: Splits, measured: Measured) -> str:
    """Markdown: how far probabilities hold on held-out data, and what leaks."""
    text = ""
    split = "test" if "test" in measured.parts else "validation"
    for head in measured.facts:
        part = measured.parts[split][head]
        known = ~np.isnan(part.targets)
        rows = reliability(part.targets[known], part.predictions[known])
        of = f" of {head}" if head else ""
        text += (
            f"\n## Reliability{of}\n\nOf the {split} split, all outputs together:\n\n"
            "| predictions | their mean | share of positives |\n|---|---|---|\n"
        )
        for count, mean, share in rows.tolist():
            text += f"| {count:,.0f} | {mean:.3f} | {share:.3f} |\n"
    leaks = leakage_text(config, splits)
    return f"{text}\n## Leakage\n\n```text\n{leaks}\n```\n"
