"""The data in a report: sizes, composition, balance of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from zoo.data.rows import background_of
from zoo.dna import UNKNOWN
from zoo.files import pages
from zoo.training.configuration.config import Config
from zoo.training.configuration.tasks import tasks_of
from zoo.training.reports import figures

if TYPE_CHECKING:
    from zoo.data.examples import Examples
    from zoo.splits.splits import Splits

_SAMPLE = 20_000_000  # bases of a split that are looked at
_BLOCK = 2_000_000
_NAMES = ("train", "validation", "test")


def data_section(
    config: Config, splits: Splits, shown: Sequence[int], *, drawn: bool
) -> list[pages.Html | str]:
    """Counts, composition and targets of each split.

    Args:
        config: The run's configuration.
        splits: The examples.
        shown: Numbers of the outputs to list.
        drawn: Whether there are pictures.
    """
    parts = {n: s for n, s in zip(_NAMES, splits, strict=True) if len(s)}
    train = splits.train
    rows, shares, sampled = [], {}, False
    for name, part in parts.items():
        chosen = _sample(part)
        sampled |= len(chosen) < len(part)
        shares[name], unknown = composition(part, chosen)
        gc = float(np.mean(shares[name])) if len(shares[name]) else float("nan")
        rows.append([name, len(part), f"{gc:.1%}", f"{unknown:.2%}"])
    blocks: list[pages.Html | str] = [
        f"{train.source}: sequences of {train.sequence_length:,} bp, split by "
        f"{config.data.split.by}.",
        pages.table(("split", "sequences", "mean GC", "N"), rows),
    ]
    if sampled:
        blocks.append("GC and N are those of evenly spaced sequences of each split.")
    left_out = [f"{count:,} {reason}" for reason, count in train.dropped.items()]
    if splits.dropped:
        left_out.append(
            f"{splits.dropped:,} that leaked or belong to no split"
            + splits.named_unused()
        )
    if left_out:
        blocks.append(f"Left out: {', '.join(left_out)}.")
    notes = {"Background": without_peaks, "Reads": without_reads}
    blocks += [
        f"{k}: {text}." for k, of in notes.items() if (text := of(config, parts))
    ]
    if drawn:
        blocks.append(figures.gc_histogram(shares))
    return [*blocks, _targets(config, parts, shown)]


def without_peaks(config: Config, parts: Mapping[str, Examples]) -> str:
    """How many regions are background, and how many of them an epoch has; or "".

    Args:
        config: The run's configuration.
        parts: Examples by the name of their split.
    """
    said = config.data.background
    if said is None:
        return ""
    counts = {k: int(background_of(part).sum()) for k, part in parts.items()}
    told = [f"{n:,} of {len(parts[k]):,} ({k})" for k, n in counts.items()]
    drawn = "" if said.only else f"; an epoch has {said.ratio:g} per peak, drawn anew"
    return f"regions without peaks are {', '.join(told)}{drawn}"


def without_reads(config: Config, parts: Mapping[str, Examples]) -> str:
    """How many regions have no reads, where it is learned where these fall; or "".

    Args:
        config: The run's configuration.
        parts: Examples by the name of their split.
    """
    if not any(task.shares for task in tasks_of(config).values()):
        return ""
    counts = {}
    for name, part in parts.items():
        assert part.targets is not None
        counts[name] = int((~(part.targets != 0).any(axis=(1, 2))).sum())
    if not any(counts.values()):
        return ""
    told = [f"{n:,} of {len(parts[k]):,} ({k})" for k, n in counts.items()]
    return f"none in some regions, which say nothing of the profile: {', '.join(told)}"


def composition(
    part: Examples, rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], float]:
    """GC of each sequence among its known bases, and the share of N of all bases."""
    shares, unknown = [], 0
    step = max(1, _BLOCK // max(part.sequence_length, 1))
    for first in range(0, len(rows), step):
        codes = part.codes(rows[first : first + step])
        missing = (codes == UNKNOWN).sum(axis=1)
        strong = ((codes == 1) | (codes == 2)).sum(axis=1)
        known = codes.shape[1] - missing
        shares.append(strong[known > 0] / known[known > 0])
        unknown += int(missing.sum())
    return np.concatenate(shares), unknown / max(len(rows) * part.sequence_length, 1)


def _sample(part: Examples) -> npt.NDArray[np.int64]:
    count = min(len(part), max(1, _SAMPLE // max(part.sequence_length, 1)))
    return np.linspace(0, len(part) - 1, count).astype(np.int64)


def _targets(
    config: Config, parts: dict[str, Examples], shown: Sequence[int]
) -> pages.Html:
    outputs, labels = parts["train"].outputs, set[str]()
    for head, task in tasks_of(config).items():
        labels.update(config.head(head).names(outputs) if task.has_labels else ())
    rows = []
    for output in shown:
        name = outputs[output]
        row = [name]
        for part in parts.values():
            assert part.targets is not None
            values = part.targets[..., output]
            known = values[~np.isnan(values)].astype(np.float64)
            if not known.size:
                row.append("none known")
            elif name in labels:
                positive = int(known.sum())
                row.append(f"{positive:,} of {known.size:,} ({known.mean():.1%})")
            else:
                row.append(f"{known.mean():.4g} ± {known.std():.3g}")
        rows.append(row)
    meant = ["positives of known"] * bool(labels)
    meant += ["mean ± deviation"] * bool(set(outputs) - labels)
    return pages.table((f"output, {' or '.join(meant)}", *parts), rows)
