"""Pictures of a report: learning curves, ROC and precision-recall, scatter, GC."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.files import pages

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
    pages.whole_numbers(panel.xaxis)
    panel.legend(frameon=False)


def ranking_curves(
    names: Sequence[str],
    targets: npt.NDArray[Any],
    scores: npt.NDArray[Any],
    split: str,
) -> pages.Html | None:
    """ROC and precision-recall curves; an output of one label only is left out."""
    figure, (left, right) = pages.new_figure(8.5, 3.6, columns=2)
    drawn, chance = 0, []
    for column, name in enumerate(names):
        known = ~np.isnan(targets[:, column])
        target, score = targets[known, column], scores[known, column]
        if len(np.unique(target)) < 2:
            continue
        style = {"color": _color(drawn), "linestyle": _dashes(drawn), "linewidth": 1.4}
        left.plot(*roc(target, score), label=plain(name), **style)
        recall, precision = precision_recall(target, score)
        right.plot(recall, precision, drawstyle="steps-post", **style)
        # A guess is right as often as there are positives.
        chance.append(target.mean())
        color = "0.6" if len(names) == 1 else style["color"]
        right.axhline(chance[-1], color=color, linewidth=0.8, linestyle=":", zorder=0)
        drawn += 1
    if not drawn:
        return None
    left.plot([0, 1], [0, 1], color="0.6", linewidth=0.8, linestyle=":", zorder=0)
    small = {"color": "0.4", "fontsize": "small"}
    left.text(0.98, 0.94, "chance", ha="right", va="top", rotation=45, **small)
    low = min(chance)
    up = low < 0.1
    right.text(
        0.01,
        low + (0.01 if up else -0.01),
        "chance",
        va="bottom" if up else "top",
        **small,
    )
    left.set(xlabel="false-positive rate", ylabel="true-positive rate")
    right.set(xlabel="recall", ylabel="precision")
    for panel in (left, right):
        panel.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    if drawn > 1:
        figure.legend(loc="outside right upper", frameon=False, fontsize="small")
    shares = "the share of positives" + " of each output" * (len(names) > 1)
    return pages.figure(
        figure,
        f"ROC and precision-recall curves of the {split} split. Dotted: chance, which "
        f"on the right is {shares}",
    )


def tracks(
    names: Sequence[str],
    targets: npt.NDArray[Any],
    predictions: npt.NDArray[Any],
    split: str,
) -> list[pages.Html]:
    """Observed and predicted profiles of three windows, a picture an output.

    The windows are those whose Pearson r is that of the best tenth, of the middle and
    of the worst tenth.

    Args:
        names: Of the last axis.
        targets: `(n, bins, num_outputs)`, NaN where missing.
        predictions: Likewise.
        split: What the rows are.
    """
    made = []
    for output, name in enumerate(names):
        r = _window_correlations(targets[..., output], predictions[..., output])
        ranked = np.argsort(r)[: np.isfinite(r).sum()]
        if not len(ranked):
            continue
        shown = [ranked[round(q * (len(ranked) - 1))] for q in (0.9, 0.5, 0.1)]
        figure, panels = pages.new_figure(8.5, 2.6, columns=3)
        for panel, row in zip(panels, shown, strict=True):
            observed = targets[row, :, output]
            edges = np.arange(len(observed) + 1)
            panel.stairs(observed, edges, fill=True, color="0.75", label="observed")
            said = predictions[row, :, output]
            panel.stairs(
                said, edges, color=_COLORS[0], label="predicted", baseline=None
            )
            panel.set(title=f"row {row + 1:,}, r = {r[row]:.2f}", xlabel="bin")
            panel.title.set_fontsize("medium")
            pages.whole_numbers(panel.xaxis)
        panels[0].set_ylabel(plain(name))
        figure.legend(
            *panels[0].get_legend_handles_labels(),
            loc="outside right upper",
            frameon=False,
            fontsize="small",
        )
        caption = (
            f"{name}: observed and predicted profiles of three windows of the {split} "
            "split, those at the 90th, 50th and 10th percentile of Pearson r"
        )
        made.append(pages.figure(figure, caption))
    return made


def _window_correlations(
    targets: npt.NDArray[Any], predictions: npt.NDArray[Any]
) -> npt.NDArray[np.float64]:
    """Pearson r along the last axis, over known bins; NaN without variation."""
    known = ~np.isnan(targets)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    centred = [
        np.where(known, v - np.where(known, v, 0).sum(axis=1, keepdims=True) / count, 0)
        for v in (targets.astype(np.float64), predictions.astype(np.float64))
    ]
    product = (centred[0] * centred[1]).sum(axis=1)
    norm = np.sqrt((centred[0] ** 2).sum(axis=1) * (centred[1] ** 2).sum(axis=1))
    found = np.full(len(product), np.nan)
    return np.divide(product, norm, out=found, where=norm > 0)


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
        figure, panels = pages.new_figure(3.0 * len(shown) + 0.4, 3.2, len(shown))
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
            hexagons = panel.hexbin(
                truth,
                said,
                gridsize=40,
                bins="log",
                mincnt=1,
                cmap="viridis_r",
                extent=(*ends, *ends) if ends[0] < ends[1] else None,
            )
            panel.set_aspect("equal")
            most = int(hexagons.get_array().max())
            ticks = sorted({1, round(most**0.5), most})
            bar = figure.colorbar(hexagons, ax=panel, shrink=0.7, ticks=ticks)
            bar.ax.set_yticklabels([f"{tick:,}" for tick in ticks])
            bar.minorticks_off()
            bar.ax.set_title("bins" if counts else "rows", fontsize="small")
            bar.outline.set_visible(False)
            panel.plot(ends, ends, color="0.7", linewidth=0.8)
            what = "log10(1 + {})" if counts else "{}"
            panel.set(xlabel=what.format("target"), title=plain(names[output]))
            panel.title.set_fontsize("medium")
            if output == first:
                panel.set_ylabel(what.format("prediction"))
        caption = (
            f"Prediction against target in the {split} split; the color of a hexagon "
            f"says how many {'bins' if counts else 'rows'} are in it; grey: where both "
            "are equal"
        )
        made.append(pages.figure(figure, caption))
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
