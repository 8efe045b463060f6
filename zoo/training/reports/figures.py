"""Pictures of a report: learning curves, ROC and precision-recall, scatter, GC."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.files import pages
from zoo.training.reports.calibration import reliability
from zoo.training.reports.evaluation import correlation, moments

_PAIRS = 200_000  # of a scatter
_BINS = 25
COLORS = ("#0072B2", "#D55E00", "#009E73")  # Okabe and Ito 2008
_CHANCE: dict[str, Any] = {"linewidth": 0.8, "linestyle": ":", "zorder": 0}
LEGEND: dict[str, Any] = {"frameon": False, "fontsize": "small"}


def can_draw() -> bool:
    """Whether matplotlib, the extra [report], is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def learning_curves(
    histories: Sequence[Mapping[str, Sequence[float]]], best: Sequence[int]
) -> list[pages.Html]:
    """Loss and each metric by epoch, two panels per picture, one line per member.

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
            (name, "training", COLORS[0]),
            (f"val_{name}", "validation", COLORS[1]),
        ):
            values = logs.get(key, ())
            panel.plot(
                range(1, len(values) + 1),
                values,
                color=color,
                marker="." if len(values) < 3 else None,
                alpha=1 if len(histories) == 1 else 0.7,
                label=label if logs is histories[0] else None,
            )
        values = logs.get(f"val_{name}", ())
        if epoch < len(values):
            panel.plot(epoch + 1, values[epoch], "o", color=COLORS[1])
    panel.set(xlabel="epoch", ylabel=plain(name, 36))
    pages.whole_numbers(panel.xaxis)
    panel.legend(**LEGEND)


def ranking_curves(
    names: Sequence[str],
    targets: npt.NDArray[Any],
    scores: npt.NDArray[Any],
    split: str,
) -> pages.Html | None:
    """ROC and precision-recall curves; an output of one label only is left out."""
    from sklearn.metrics import precision_recall_curve, roc_curve

    figure, (left, right) = pages.new_figure(8.5, 3.6, columns=2)
    chance: list[float] = []
    for name, target, score in zip(names, targets.T, scores.T, strict=True):
        known = ~np.isnan(target)
        target, score = target[known], score[known]
        if len(np.unique(target)) < 2:
            continue
        style = {"color": _color(len(chance)), "linestyle": _dashes(len(chance))}
        false, true, _ = roc_curve(target, score)
        left.plot(false, true, label=plain(name), **style)
        precision, recall, _ = precision_recall_curve(target, score)
        right.plot(recall, precision, drawstyle="steps-post", **style)
        # A guess is right as often as there are positives.
        chance.append(target.mean())
        color = "0.6" if len(names) == 1 else style["color"]
        right.axhline(chance[-1], color=color, **_CHANCE)
    if not chance:
        return None
    left.plot([0, 1], [0, 1], color="0.6", **_CHANCE)
    small = {"s": "chance", "color": "0.4", "fontsize": "small"}
    left.text(0.98, 0.94, ha="right", va="top", rotation=45, **small)
    low, (up, side) = min(chance), (-0.01, "top")
    if low < 0.1:
        up, side = 0.01, "bottom"
    right.text(0.01, low + up, va=side, **small)
    left.set(xlabel="false-positive rate", ylabel="true-positive rate")
    right.set(xlabel="recall", ylabel="precision")
    for panel in (left, right):
        panel.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    if len(chance) > 1:
        figure.legend(loc="outside right upper", **LEGEND)
    shares = "the share of positives" + " of each output" * (len(names) > 1)
    return pages.figure(
        figure,
        f"ROC and precision-recall curves of the {split} split. Dotted: chance, which "
        f"on the right is {shares}",
    )


def reliability_diagram(
    names: Sequence[str],
    targets: npt.NDArray[Any],
    probabilities: npt.NDArray[Any],
    split: str,
) -> list[pages.Html]:
    """The share of positives against the mean prediction, of 15 bins of each output."""
    figure, axes = pages.new_figure(4.6, 3.6)
    axes.plot([0, 1], [0, 1], color="0.6", **_CHANCE)
    drawn = 0
    for name, target, said in zip(names, targets.T, probabilities.T, strict=True):
        known = ~np.isnan(target)
        if known.any():
            _, mean, share = reliability(target[known], said[known]).T
            style = {"color": _color(drawn), "linestyle": _dashes(drawn)}
            axes.plot(mean, share, marker=".", label=plain(name), **style)
            drawn += 1
    if not drawn:
        return []
    axes.set(xlabel="mean prediction", ylabel="share of positives", aspect="equal")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    if drawn > 1:
        figure.legend(loc="outside right upper", **LEGEND)
    caption = (
        f"How far probabilities hold in the {split} split: bins of equal width. On the "
        "dotted line they are the share of positives"
    )
    return [pages.figure(figure, caption)]


def tracks(
    names: Sequence[str],
    targets: npt.NDArray[Any],
    predictions: npt.NDArray[Any],
    split: str,
) -> list[pages.Html]:
    """Observed and predicted profiles of three windows, one picture per output.

    The windows are those whose Pearson r is that of the best tenth, of the middle and
    of the worst tenth.

    Args:
        names: Those of the last axis.
        targets: `(n, bins, num_outputs)`, NaN where missing.
        predictions: Likewise.
        split: What the rows are.
    """
    made = []
    for output, name in enumerate(names):
        if np.isnan(targets[..., output]).all():
            continue
        r = correlation(moments(targets[..., output], predictions[..., output]))
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
            panel.stairs(said, edges, color=COLORS[0], label="predicted", baseline=None)
            panel.set_title(f"row {row + 1:,}, r = {r[row]:.2f}", fontsize="medium")
            panel.set_xlabel("bin")
            pages.whole_numbers(panel.xaxis)
        panels[0].set_ylabel(plain(name))
        shown = panels[0].get_legend_handles_labels()
        figure.legend(*shown, loc="outside right upper", **LEGEND)
        caption = (
            f"{name}: observed and predicted profiles of three windows of the {split} "
            "split, those at the 90th, 50th and 10th percentile of Pearson r"
        )
        made.append(pages.figure(figure, caption))
    return made


def scatters(
    names: Sequence[str],
    targets: npt.NDArray[Any],
    predictions: npt.NDArray[Any],
    split: str,
    *,
    counts: bool,
    units: str = "",
) -> list[pages.Html]:
    """Prediction against target, three outputs per picture.

    Args:
        names: Those of the last axis.
        targets: `(n, ..., num_outputs)`, NaN where missing.
        predictions: Likewise.
        split: What the rows are.
        counts: Whether axes are log10(1 + value).
        units: Of both, where they are not the data's own.
    """
    made, each = [], "bins" if targets.ndim == 3 else "rows"
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
            bar.ax.set_title(each, fontsize="small")
            bar.outline.set_visible(False)
            panel.plot(ends, ends, color="0.7", linewidth=0.8)
            what = ("log10(1 + {})" if counts else "{}") + f", {units}" * bool(units)
            panel.set_xlabel(what.format("target"))
            panel.set_title(plain(names[output]), fontsize="medium")
            if output == first:
                panel.set_ylabel(what.format("prediction"))
        caption = (
            f"Prediction against target in the {split} split; the color of a hexagon "
            f"says how many {each} are in it; gray: where both are equal"
        )
        made.append(pages.figure(figure, caption))
    return made


def gc_histogram(shares: Mapping[str, npt.NDArray[np.float64]]) -> pages.Html:
    """Sequences by their share of G and C, one line per split."""
    figure, axes = pages.new_figure(height=2.6)
    edges = np.linspace(0, 100, _BINS + 1)
    for color, (name, share) in zip(COLORS, shares.items(), strict=False):
        counts, _ = np.histogram(100 * share, edges)
        axes.stairs(100 * counts / max(len(share), 1), edges, color=color, label=name)
    axes.set(xlabel="G and C, % of sequence", ylabel="% of sequences", xlim=(0, 100))
    axes.legend(**LEGEND)
    return pages.figure(figure, "GC content of the sequences of each split")


def plain(text: str, length: int = 24) -> str:
    """A name for a picture: short, and no formula."""
    cut = text if len(text) <= length else text[: length - 1] + "…"
    # A leading underscore would hide a line from the legend.
    return cut.replace("$", r"\$").lstrip("_") or "-"


def _color(number: int) -> str:
    colors = (*COLORS, "#CC79A7", "#E69F00", "#56B4E9")
    return colors[number % len(colors)]


def _dashes(number: int) -> str:
    return ("-", "--")[number // 6 % 2]
