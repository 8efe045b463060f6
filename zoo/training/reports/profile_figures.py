"""Pictures of profiles of reads: regions that are predicted well, and badly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.files import pages
from zoo.training.configuration.config import Config
from zoo.training.reports.figures import COLORS, LEGEND, plain
from zoo.training.reports.profile_shares import jensen_shannon

if TYPE_CHECKING:
    from zoo.data.examples import Examples

_ROWS = 300  # of a table
_RANKS = {"best": 0.0, "median": 0.5, "worst": 1.0}


def bounds_table(
    prefix: str,
    names: Sequence[str],
    entries: Mapping[str, Mapping[str, Any]],
    split: str,
) -> Iterator[pages.Html | str]:
    """The distance of the predicted profiles beside what it could be.

    Args:
        prefix: In front of the names of the metrics.
        names: Of the outputs.
        entries: What was measured, by its name.
        split: What it was measured on.
    """
    columns = {"jsd": "predicted", "jsd_replicates": "two halves of the reads"}
    columns |= {"jsd_shuffled": "shuffled reads"}
    rows = []
    for name in (*names[:_ROWS], "mean"):
        found = [entries.get(f"{prefix}{metric}_{name}") for metric in columns]
        if found[0] is not None:
            rows.append(
                [name, *("-" if e is None else f"{e['value']:.3f}" for e in found)]
            )
    if rows:
        yield pages.table(("output", *columns.values()), rows)
        yield (
            f"The table: Jensen-Shannon distance of the observed profile of a region, "
            f"{split} split, median over the regions with reads; 0 is equal, 1 has no "
            "base in common. Left: from the predicted profile. Middle: of two halves "
            "into which the reads are parted at random, which have the noise of half "
            "the reads. Right: from the region's own reads in random order."
        )


def profiles(
    names: Sequence[str],
    pairs: Sequence[Sequence[int]],
    reads: npt.NDArray[Any],
    shares: npt.NDArray[Any],
    *,
    bin_size: int,
    examples: Examples | None,
    split: str,
) -> list[pages.Html]:
    """Observed and predicted profiles of three regions, a picture per pair of strands.

    The regions are the best, the median and the worst by the Jensen-Shannon distance,
    the mean of both strands, of the half of the regions that have the most reads: the
    worst of all have next to none. Predictions are as many reads as were observed.

    Args:
        names: Of the outputs.
        pairs: The numbers of the outputs of each picture: one, or the two strands, of
            which the second is drawn below.
        reads: `(n, bins, num_outputs)`, NaN where missing.
        shares: Likewise, predicted.
        bin_size: bp.
        examples: Whose rows they are; None if that is not known.
        split: What the rows are.
    """
    made = []
    for pair in pairs:
        observed, said = reads[..., pair], shares[..., pair]
        totals = np.nansum(observed, axis=1)
        distances = jensen_shannon(observed, said).mean(axis=1)
        known = np.flatnonzero(~np.isnan(distances))
        if not len(known):
            continue
        count = totals.sum(axis=1)
        known = known[count[known] >= np.median(count[known])]
        ranked = known[np.argsort(distances[known], kind="stable")]
        figure, panels = pages.new_figure(8.5, 5.4, rows=3)
        wide = observed.shape[1] * bin_size
        edges = (np.arange(observed.shape[1] + 1) - observed.shape[1] / 2) * bin_size
        for panel, (rank, quantile) in zip(panels, _RANKS.items(), strict=True):
            row = ranked[round(quantile * (len(ranked) - 1))]
            for strand, number in enumerate(pair):
                name, sign = plain(names[number]), 1 - 2 * strand
                panel.stairs(
                    sign * observed[row, :, strand],
                    edges,
                    fill=True,
                    color=("0.6", "0.8")[strand],
                    label=f"{name}, observed",
                )
                panel.stairs(
                    sign * said[row, :, strand] * totals[row, strand],
                    edges,
                    baseline=None,
                    color=COLORS[strand],
                    label=f"{name}, predicted",
                )
            panel.axhline(0, color="0.3", linewidth=0.6)
            where = plain(_place(examples, row, wide), 60)
            panel.set_title(
                f"{rank}: {where}, distance {distances[row]:.2f}",
                fontsize="medium",
                loc="left",
            )
            panel.set_xlim(edges[0], edges[-1])
            panel.set_ylabel("reads")
            # Below the axis are reads of the other strand, not fewer than none.
            panel.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
        panels[-1].set_xlabel("bp from the middle")
        shown = panels[0].get_legend_handles_labels()
        # A column for each strand: all in one row are wider than the figure.
        figure.legend(*shown, loc="outside lower center", ncols=len(pair), **LEGEND)
        which = " and ".join(names[k] for k in pair)
        below = ", the second strand below the axis" * (len(pair) > 1)
        caption = (
            f"{which}: observed and predicted reads{below}, in three regions of the "
            f"{split} split: the best, the median and the worst by Jensen-Shannon "
            "distance of the half with the most reads. Predicted is where as many "
            "reads as were observed would fall"
        )
        made.append(pages.figure(figure, caption))
    return made


def strands(
    config: Config, names: Sequence[str], outputs: Sequence[str], shown: Sequence[int]
) -> list[list[int]]:
    """The outputs to draw, those of two strands together.

    Args:
        config: Its pairing says which belong together.
        names: Of the outputs of the model.
        outputs: Of the data.
        shown: Numbers of the outputs of the model.
    """
    pairing = config.training.partners.get("targets", ())
    partners = {outputs[k]: outputs[other] for k, other in enumerate(pairing)}
    found: list[list[int]] = []
    for number in shown:
        if any(number in pair for pair in found):
            continue
        other = partners.get(names[number], names[number])
        pair = {number, names.index(other) if other in names else number}
        found.append(sorted(pair))
    return found


def _place(examples: Examples | None, row: int, width: int) -> str:
    """Where the middle of a row lies, first base 1, as genome browsers have it."""
    where = None if examples is None else examples.intervals
    if examples is None or where is None:
        return f"row {row + 1:,}"
    start = int(where.start[row]) + (examples.sequence_length - width) // 2
    strand = " (-)" if where.strand[row] == "-" else ""
    return f"{where.chrom[row]}:{start + 1:,}-{start + width:,}{strand}"
