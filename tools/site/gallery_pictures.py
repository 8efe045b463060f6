"""Pictures of a release: its way from input to output, and its strongest filters."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from registry.learned import NamedMotif, read_learned_motifs
from registry.release import Head, Output, Release
from tools import model_table
from zoo import dna
from zoo.interpretation import draw_logo
from zoo.publishing.golden import read_golden

SHOWN_OUTPUTS = 12
FILTERS = 4
_MIN_WIDTH = 4  # of kernels that may be motifs
BLUE, GRAY = "#0072B2", "0.6"
COLORS = (BLUE, "#D55E00", "#009E73")


def draw(release: Release, folder: Path) -> list[tuple[str, str]]:
    """Draws what is not there yet.

    Returns:
        File name and alternative text: of the example, and of the filters, if the
        release has filters on bases.
    """
    name = f"{release.name}-{release.sha256[:8]}"
    learned = read_learned_motifs(release)
    raising = [m for m in learned.motifs if m.sign == "+"] if learned else []
    motif = min(raising, key=lambda m: m.q_value, default=None)
    has = f"with a site of {motif.name} in the middle" if motif else "drawn at random"
    site = f"-{motif.consensus}" if motif else ""  # names of motifs come later
    shown = [
        (
            f"{name}{site}.png",
            f"From input to output: {release.name} reads a sequence {has}, and bars or "
            "lines show what it predicts",
        )
    ]
    kernel = first_kernel(release)
    if kernel is not None:
        shown.append(
            (
                f"{name}-filters.png",
                f"Logos of the weights of the strongest filters of {release.name}",
            )
        )
    if not (folder / shown[0][0]).exists():
        _example(release, motif).savefig(folder / shown[0][0], dpi=90)
    if kernel is not None and not (folder / shown[1][0]).exists():
        _filters(kernel).savefig(folder / shown[1][0], dpi=90)
    return shown


def first_kernel(release: Release) -> npt.NDArray[np.float32] | None:
    """The kernel (width, 4, filters) on one-hot bases; the first of an ensemble's.

    None where the first layer reads something else, such as k-mers.
    """
    content = io.BytesIO(release.read(release.weights))
    found: list[npt.NDArray[np.float32]] = []

    def visit(path: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and path.endswith("kernel"):
            shape = item.shape
            if len(shape) == 3 and shape[1] == 4 and shape[0] >= _MIN_WIDTH:
                found.append(item[()])

    with h5py.File(content) as file:
        file.visititems(visit)
    return found[0] if found else None


def strongest(kernel: npt.NDArray[np.float32], number: int) -> npt.NDArray[np.float32]:
    """Centered weights (number, width, 4) of the filters with most weight.

    Centered is each position: the same number on its four weights changes nothing but
    the bias. The weight of a filter is the sum over positions of its largest weight
    less its least.
    """
    centered = kernel - kernel.mean(axis=1, keepdims=True)
    order = np.argsort(-np.ptp(centered, axis=1).sum(axis=0))
    picked: npt.NDArray[np.float32] = np.moveaxis(centered[:, :, order[:number]], 2, 0)
    return picked


def _filters(kernel: npt.NDArray[np.float32]) -> Figure:
    picked = strongest(kernel, FILTERS)
    figure = Figure(figsize=(8, 3), layout="constrained", facecolor="white")
    panels = figure.subplots(2, 2, squeeze=False).ravel()
    for axes, weights in zip(panels, picked, strict=False):
        draw_logo(axes, weights)
        axes.set_xticks(())
        axes.spines[["top", "right", "bottom"]].set_visible(False)
    for axes in panels[len(picked) :]:
        axes.set_axis_off()
    figure.suptitle(
        "Weights of the strongest filters, centered", fontsize=10, x=0.02, ha="left"
    )
    return figure


def _example(release: Release, motif: NamedMotif | None) -> Figure:
    """What goes in, what stands between, and what comes out for an example."""
    import zoo
    from zoo.inspection.heads import heads_of

    golden = read_golden(release)
    codes = golden.codes[:-1]  # the last has N
    length = codes.shape[1]
    given = "random sequences"
    model = zoo.load(str(release.folder))
    heads = release.heads or heads_of(model, length)
    before = after = _predicted(release, model, heads, codes, golden.inputs)
    if motif is not None:
        given = f"random, with {motif.consensus}\nlike {motif.name}'s in the middle"
        start = (length - len(motif.consensus)) // 2
        codes = codes.copy()
        codes[:, start : start + len(motif.consensus)] = dna.encode(motif.consensus)
        after = _predicted(release, model, heads, codes, golden.inputs)
    size = 8, 4 if len(release.outputs) > SHOWN_OUTPUTS // 2 else 2.8
    figure = Figure(figsize=size, layout="constrained", facecolor="white")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.6))
    _way(left, release, model, given, length)
    profile = next((head for head in heads if head.kind == "profile"), None)
    if profile is not None:
        outputs = _of(release, heads, profile)
        _profile(right, after[profile.name][0], profile, outputs)
        right.set_title("one sequence", loc="left", fontsize=8)
    else:
        means = [
            np.concatenate([v.mean(axis=0) for v in m.values()])
            for m in (before, after)
        ]
        _bars(right, release.outputs, means[0], means[1], motif)
        right.set_title(f"mean of {len(codes)} sequences", loc="left", fontsize=8)
    right.spines[["top", "right"]].set_visible(False)
    return figure


def _of(release: Release, heads: tuple[Head, ...], head: Head) -> tuple[Output, ...]:
    """The outputs of a head, which follow one another."""
    start = sum(each.num_outputs for each in heads[: heads.index(head)])
    return release.outputs[start : start + head.num_outputs]


def _predicted(
    release: Release,
    model: Any,
    heads: tuple[Head, ...],
    codes: npt.NDArray[np.uint8],
    inputs: dict[str, Any],
) -> dict[str, npt.NDArray[np.float32]]:
    """Predictions in units, by head."""
    import keras

    import zoo
    from zoo.models.activations import in_units
    from zoo.models.interface import sequence_input

    further = {name: values[: len(codes)] for name, values in inputs.items()}
    given = {sequence_input(model): codes, **further} if inputs else codes
    found = zoo.predict(model, given, window=codes.shape[1])
    made = {}
    for head in heads:
        logits = found[head.name] if isinstance(found, dict) else found
        outputs, profile = _of(release, heads, head), head.kind == "profile"
        function = in_units(outputs[0].activation, head.name, outputs, profile=profile)
        values = function(keras.ops.convert_to_tensor(logits))
        made[head.name] = keras.ops.convert_to_numpy(values)
    return made


def _way(axes: Any, release: Release, model: Any, given: str, length: int) -> None:
    """Boxes from input to output."""
    import zoo

    seen = zoo.summary(model, length)
    boxes = [
        f"{length:,} bp\n{given}",
        f"{release.architecture}, {seen.parameters:,} parameters\n"
        f"a unit sees {seen.span:,} bp",
        "\n".join(model_table.gives(release)),
    ]
    box = {"boxstyle": "round,pad=0.6", "facecolor": "#F2F2F2", "edgecolor": GRAY}
    for place, text in enumerate(boxes):
        y = 1 - (place + 0.5) / len(boxes)
        where = {"ha": "center", "va": "center", "transform": axes.transAxes}
        axes.text(0.5, y, text, fontsize=8, bbox=box, **where)
        if place:
            axes.annotate(
                "",
                (0.5, y + 0.11),
                (0.5, y + 0.22),
                xycoords="axes fraction",
                arrowprops={"arrowstyle": "->", "color": GRAY},
            )
    axes.set_axis_off()


def _bars(
    axes: Any,
    outputs: tuple[Output, ...],
    before: npt.NDArray[np.float32],
    after: npt.NDArray[np.float32],
    motif: NamedMotif | None,
) -> None:
    """Outputs that change most; all where they are few."""
    change = after - before if motif else after
    shown = np.sort(np.argsort(-np.abs(change))[:SHOWN_OUTPUTS])
    rows = np.arange(len(shown))
    for values, shift, color, label in (
        (before, -0.2, GRAY, "without"),
        (after, 0.2, BLUE, f"with {motif.name}'s site" if motif else ""),
    ):
        if motif or color == GRAY:
            bars = axes.barh(
                rows + shift, values[shown], 0.38, color=color, label=label
            )
            axes.bar_label(bars, fmt="%.2f", fontsize=7, padding=2)
    if motif:
        place = {"loc": "lower right", "bbox_to_anchor": (1, 1), "ncols": 2}
        axes.legend(frameon=False, fontsize=8, **place)
    axes.set_yticks(rows, [outputs[i].name for i in shown], fontsize=8)
    middle, room = (len(shown) - 1) / 2, max(len(shown), 4) / 2  # for thin bars
    axes.set_ylim(middle + room, middle - room)
    units = dict.fromkeys(outputs[i].units for i in shown)
    hidden = len(outputs) - len(shown)
    less = "change less" if motif else "are lower"
    more = f"; {hidden} more outputs {less}" if hidden else ""
    axes.set_xlabel(" and ".join(units) + more)
    if set(units) == {"probability"}:
        axes.set_xlim(0, 1.1)


def _profile(
    axes: Any, values: npt.NDArray[np.float32], head: Head, outputs: tuple[Output, ...]
) -> None:
    """A profile (bins, outputs) along its positions."""
    positions = np.arange(len(values)) * (head.bin_size or 1)
    for column, output in enumerate(outputs[: len(COLORS)]):
        color = COLORS[column]
        axes.plot(positions, values[:, column], linewidth=1, color=color)
        axes.plot([], [], color=color, label=output.name)
    axes.set(xlabel="position in the profile, bp", ylabel=outputs[0].units)
    axes.legend(frameon=False, fontsize=8)
