"""Pictures of a report: learning curves, ROC and precision-recall, scatter, GC."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo import pages

POINTS = 400  # of a curve
_PAIRS = 200_000  # of a scatter
_BINS = 25
_COLORS = ("#0072B2", "#D55E00", "#009E73")  # Okabe and Ito 2008
Curve = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


def can_draw() -> bool:
    """Whether matplotlib, the extra [report], is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def thin(x: npt.ArrayLike, y: npt.ArrayLike, points: int = POINTS) -> Curve:
    """Points of a curve, about evenly along it; the first and the last are kept."""
    across, up = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if len(across) <= points:
        return across, up
    along = np.abs(np.diff(across)) + np.abs(np.diff(up))
    # The share of the number of points is for stretches where nothing moves.
    along = np.concatenate([[0], np.cumsum(along + along.sum() / len(along) / 10)])
    kept = np.searchsorted(along, np.linspace(0, along[-1], points))
    kept = np.unique(np.concatenate([kept.clip(max=len(across) - 1), [0]]))
    return across[kept], up[kept]


def roc(targets: npt.ArrayLike, scores: npt.ArrayLike) -> Curve:
    """False-positive rate and true-positive rate, thinned."""
    from sklearn.metrics import roc_curve

    false, true, _ = roc_curve(targets, scores)
    return thin(false, true)


def precision_recall(targets: npt.ArrayLike, scores: npt.ArrayLike) -> Curve:
    """Recall, falling from 1, and precision, thinned."""
    from sklearn.metrics import precision_recall_curve

    precision, recall, _ = precision_recall_curve(targets, scores)
    return thin(recall, precision)


def learning_curves(
    histories: Sequence[Mapping[str, Sequence[float]]], best: Sequence[int]
) -> list[pages.Html]:
    """Loss and each metric by epoch, two panels a picture, a line a member.

    Args:
        histories: Logs of each epoch by name, of each member.
        best: Epoch, from 0, whose weights each member kept.
    """
    names = [n for n in histories[0] if f"val_{n}" in histories[0]]
    names.sort(key=lambda name: name != "loss")
    made = []
    for first in range(0, len(names), 2):
        figure, panels = pages.new_figure(7.5, 3.0, columns=2)
        for panel, name in zip(panels, names[first : first + 2], strict=False):
            _learning_curve(panel, name, histories, best)
        for panel in panels[len(names[first : first + 2]) :]:
            panel.set_visible(False)
        shown = " and ".join(names[first : first + 2])
        caption = f"{shown} by epoch, of the training and the validation examples"
        made.append(pages.figure(figure, f"{caption}; dots: the weights that are kept"))
    return made


def _learning_curve(
    panel: Any,
    name: str,
    histories: Sequence[Mapping[str, Sequence[float]]],
    best: Sequence[int],
) -> None:
    for logs, epoch in zip(histories, best, strict=True):
        for key, label, color in (
            (name, "training", _COLORS[0]),
            (f"val_{name}", "validation", _COLORS[1]),
        ):
            values = logs.get(key, ())
            first = logs is histories[0]
            panel.plot(
                *thin(np.arange(1, len(values) + 1), values),
                color=color,
                marker="." if len(values) < 3 else None,
                alpha=1 if len(histories) == 1 else 0.7,
                label=label if first else None,
            )
        values = logs.get(f"val_{name}", ())
        if epoch < len(values):
            panel.plot(epoch + 1, values[epoch], "o", color=_COLORS[1])
    panel.set(xlabel="epoch", ylabel=plain(name))
    panel.xaxis.get_major_locator().set_params(integer=True)
    panel.legend(frameon=False)


def ranking_curves(
    names: Sequence[str],
    targets: npt.NDArray[Any],
    scores: npt.NDArray[Any],
    split: str,
) -> pages.Html | None:
    """ROC and precision-recall curves; an output of one label only is left out."""
    figure, (left, right) = pages.new_figure(8.5, 3.6, columns=2)
    drawn = 0
    for column, name in enumerate(names):
        known = ~np.isnan(targets[:, column])
        target, score = targets[known, column], scores[known, column]
        if len(np.unique(target)) < 2:
            continue
        style = {"color": _color(drawn), "linestyle": _dashes(drawn), "linewidth": 1.4}
        left.plot(*roc(target, score), label=plain(name), **style)
        recall, precision = precision_recall(target, score)
        right.plot(recall, precision, drawstyle="steps-post", **style)
        if len(names) == 1:
            right.axhline(target.mean(), color="0.7", linewidth=0.8, zorder=0)
        drawn += 1
    if not drawn:
        return None
    left.plot([0, 1], [0, 1], color="0.7", linewidth=0.8, zorder=0)
    left.set(xlabel="false-positive rate", ylabel="true-positive rate")
    right.set(xlabel="recall", ylabel="precision")
    for panel in (left, right):
        panel.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    if drawn > 1:
        figure.legend(loc="outside right upper", frameon=False, fontsize="small")
    grey = "chance" if len(names) > 1 else "chance, and the share of positives"
    return pages.figure(
        figure, f"ROC and precision-recall curves of the {split} split. Grey: {grey}"
    )


def scatters(
    names: Sequence[str],
    targets: npt.NDArray[Any],
    predictions: npt.NDArray[Any],
    split: str,
    *,
    counts: bool,
) -> list[pages.Html]:
    """Prediction against target, three outputs a picture.

    Args:
        names: Of the last axis.
        targets: `(n, ..., num_outputs)`, NaN where missing.
        predictions: Likewise.
        split: What the rows are.
        counts: Whether axes are log10(1 + value).
    """
    made = []
    for first in range(0, len(names), 3):
        shown = range(first, min(first + 3, len(names)))
        figure, panels = pages.new_figure(2.9 * len(shown) + 0.6, 3.0, len(shown))
        for panel, output in zip(np.atleast_1d(panels), shown, strict=True):
            truth, said = targets[..., output].ravel(), predictions[..., output].ravel()
            known = np.flatnonzero(~np.isnan(truth))
            known = known[:: max(1, -(-len(known) // _PAIRS))]
            truth, said = truth[known], said[known]
            if counts:
                truth, said = np.log10(1 + truth.clip(0)), np.log10(1 + said)
            if not len(truth):
                continue
            ends = min(truth.min(), said.min()), max(truth.max(), said.max())
            panel.hexbin(
                truth,
                said,
                gridsize=40,
                bins="log",
                mincnt=1,
                cmap="viridis_r",
                extent=(*ends, *ends) if ends[0] < ends[1] else None,
            )
            panel.set_aspect("equal")
            panel.plot(ends, ends, color="0.7", linewidth=0.8)
            what = "log10(1 + {})" if counts else "{}"
            panel.set(xlabel=what.format("target"), title=plain(names[output]))
            panel.title.set_fontsize("medium")
            if output == first:
                panel.set_ylabel(what.format("prediction"))
        caption = f"Prediction against target in the {split} split, by hexagons"
        made.append(pages.figure(figure, f"{caption}; grey: where both are equal"))
    return made


def gc_histogram(shares: Mapping[str, npt.NDArray[np.float64]]) -> pages.Html:
    """Sequences by their share of G and C, one line a split."""
    figure, axes = pages.new_figure(height=2.6)
    edges = np.linspace(0, 100, _BINS + 1)
    for color, (name, share) in zip(_COLORS, shares.items(), strict=False):
        counts, _ = np.histogram(100 * share, edges)
        axes.stairs(100 * counts / max(len(share), 1), edges, color=color, label=name)
    axes.set(xlabel="G and C, % of a sequence", ylabel="% of sequences", xlim=(0, 100))
    axes.legend(frameon=False)
    return pages.figure(figure, "GC content of the sequences of each split")


def plain(text: str, length: int = 24) -> str:
    """A name for a picture: short, and no formula."""
    cut = text if len(text) <= length else text[: length - 1] + "…"
    # A leading underscore would hide a line from the legend.
    return cut.replace("$", r"\$").lstrip("_") or "-"


def _color(number: int) -> str:
    colors = (*_COLORS, "#CC79A7", "#E69F00", "#56B4E9")
    return colors[number % len(colors)]


def _dashes(number: int) -> str:
    return ("-", "--")[number // 6 % 2]
