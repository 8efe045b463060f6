"""A description as an HTML page with plots."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zoo.files import pages
from zoo.splits.description import GC_BINS, Description
from zoo.splits.leaks import LeakageReport
from zoo.splits.sketches import Overlap

_COLOR = "#0072B2"
_BARS = 30


def description_page(
    found: Description,
    report: LeakageReport | None = None,
    overlap: Overlap | None = None,
) -> str:
    """A self-contained page.

    Args:
        found: What was counted.
        report: What of it is in another file.
        overlap: What of it is in a release's training data.

    Raises:
        InputError: matplotlib is not installed.
    """
    sections: list[tuple[str, list[pages.Html | str]]] = [
        ("Counts", [pages.table(("", ""), found.rows())]),
        ("Length", [_lengths(found)]),
        ("Composition", [_composition(found)]),
    ]
    if found.labels:
        sections.append(("Labels", [_labels(found.labels)]))
    if report is not None:
        sections.append(("Leakage", [pages.preformatted(str(report))]))
    if overlap is not None:
        sections.append(("Overlap with a release", [str(overlap)]))
    return pages.page(f"Sequences of {found.source}", sections)


def _lengths(found: Description) -> pages.Html | str:
    shortest, _, median, _, longest = found.length_quantiles
    if shortest == longest:
        return f"All {found.sequences:,} sequences have {longest:,} bp."
    figure, axes = pages.new_figure()
    # Each bar is of as many whole bp as any other, and stands over its middle.
    step = -(-(longest - shortest + 1) // _BARS)
    edges = np.arange(shortest, longest + step + 1, step) - 0.5
    counts = list(found.lengths.values())
    axes.hist(list(found.lengths), edges, weights=counts, color=_COLOR)
    axes.set(xlabel="length, bp", ylabel="sequences")
    pages.whole_numbers(axes.xaxis, axes.yaxis)
    return pages.figure(
        figure,
        f"Sequences by length: {shortest:,} to {longest:,} bp, median {median:,} bp",
    )


def _composition(found: Description) -> pages.Html:
    figure, (left, right) = pages.new_figure(columns=2)
    total = max(sum(found.bases.values()), 1)
    shares = [100 * count / total for count in found.bases.values()]
    left.bar(list(found.bases), shares, color=_COLOR)
    left.set(xlabel="base", ylabel="% of bases")
    centres = [100 * (i + 0.5) / GC_BINS for i in range(GC_BINS)]
    right.bar(centres, found.gc_histogram, 100 / GC_BINS, color=_COLOR)
    right.set(xlabel="G and C, % of a sequence", ylabel="sequences", xlim=(0, 100))
    pages.whole_numbers(right.yaxis)
    return pages.figure(
        figure,
        f"Left: share of each base. Right: GC of sequences, {found.gc:.1%} in all",
    )


def _labels(labels: Mapping[str, int]) -> pages.Html:
    names = list(labels)[:_BARS][::-1]
    figure, axes = pages.new_figure(height=max(1.5, 0.6 + 0.25 * len(names)))
    axes.barh(range(len(names)), [labels[name] for name in names], color=_COLOR)
    # A dollar sign would begin a formula.
    ticks = [name[:40].replace("$", r"\$") for name in names]
    axes.set_yticks(range(len(names)), ticks)
    axes.set(xlabel="sequences")
    pages.whole_numbers(axes.xaxis)
    return pages.figure(figure, "Sequences of each label")
