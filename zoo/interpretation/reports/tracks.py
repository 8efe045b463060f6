"""Figures of rows along positions: zoomed together, read out base by base."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.dna import ALPHABET, Codes, decode
from zoo.files.pages import Html
from zoo.interpretation.reports.heat_map import heat_map
from zoo.interpretation.reports.logo import logo

Values = npt.NDArray[np.floating]
Span = tuple[int, int, str]

_TICKS = 5
_BASES = np.arange(len(ALPHABET))


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One row of a figure.

    Args:
        title: What it shows.
        drawing: HTML as wide as the figure.
        marks: What stands at its left, from top to bottom.
        data: What the page's script reads out at a position.
    """

    title: str
    drawing: str
    marks: Sequence[str] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


def logo_track(
    title: str, codes: Codes, values: Values, limits: tuple[float, float] | None = None
) -> FigureRow:
    """The bases of a sequence, as high as what each contributes.

    Args:
        title: What it shows.
        codes: uint8 `(position,)`.
        values: `(position,)`.
        limits: Least and largest value of the drawing; those of `values` by default.
    """
    low, high = limits = limits or limits_of(values)
    heights = np.where(codes[:, None] == _BASES, values[:, None], 0)
    where = int(np.abs(values).argmax())
    bases = decode(codes)
    label = (
        f"{title}: {len(codes)} bases, from {low:.3g} to {high:.3g}, strongest at "
        f"base {where + 1}, {bases[where]} {values[where]:+.3g}"
    )
    data = {"kind": "bases", "letters": bases, "values": _rounded(values)}
    drawing = logo(heights, label, limits)
    marks = (f"{high:.2g}", f"{low:.2g}")
    return FigureRow(title, drawing, marks, data)


def heat_track(title: str, codes: Codes, effects: Values) -> FigureRow:
    """What each base in each place would change.

    Args:
        title: What it shows.
        codes: uint8 `(position,)`, the bases there are.
        effects: `(position, base)`, bases A, C, G, T.
    """
    largest = float(np.abs(effects).max(initial=0))
    source = heat_map(effects.T, largest, (codes[:, None] == _BASES).T)
    position, base = np.unravel_index(np.abs(effects).argmax(), effects.shape)
    bases = decode(codes)
    label = (
        f"{title}: heat map of 4 bases by {len(codes)} positions, opaque at "
        f"{largest:.3g}, strongest at base {position + 1}, from {bases[position]} to "
        f"{ALPHABET[base]} {effects[position, base]:+.3g}"
    )
    data = {"kind": "changes", "letters": bases, "values": _rounded(effects)}
    drawing = f'<img class="heat" alt="{html.escape(label)}" src="{source}">'
    return FigureRow(title, drawing, tuple(ALPHABET), data)


def curve_track(
    title: str,
    values: Values,
    length: int,
    offset: int = 0,
    bin_size: int = 1,
    limits: tuple[float, float] | None = None,
) -> FigureRow:
    """The bins of a profile.

    Args:
        title: What it shows.
        values: `(bin,)`.
        length: Bases of the figure.
        offset: Of the first bin, in bases.
        bin_size: Bases of a bin.
        limits: Least and largest value of the drawing; those of `values` by default.
    """
    low, high = limits or limits_of(values)
    unit = 100 / (high - low)
    steps = "".join(
        f"V{(high - value) * unit:.4g}h{bin_size}" for value in values.tolist()
    )
    label = html.escape(
        f"{title}: {len(values)} bins of {bin_size} bp, from {low:.3g} to {high:.3g}, "
        f"largest at base {offset + int(values.argmax()) * bin_size + 1}"
    )
    zero = f"{high * unit:.4g}"
    drawing = (
        f'<svg class="curve" role="img" aria-label="{label}" '
        f'viewBox="0 0 {length} 100" preserveAspectRatio="none">'
        f'<path d="M{offset} {zero}{steps}V{zero}Z"/></svg>'
    )
    place = {"offset": offset, "size": bin_size}
    data = {"kind": "bins", "values": _rounded(values), **place}
    return FigureRow(title, drawing, (f"{high:.2g}", f"{low:.2g}"), data)


def spans_track(title: str, spans: Sequence[Span], length: int) -> FigureRow:
    """Named stretches of the sequence.

    Args:
        title: What they are.
        spans: Start and end, 0-based and half-open, and name of each.
        length: Bases of the figure.
    """
    lanes: list[int] = []  # where the last of each ends
    drawn = []
    for start, end, name in sorted(spans):
        lane = next((i for i, last in enumerate(lanes) if last <= start), len(lanes))
        lanes[lane : lane + 1] = [end]
        left, width = 100 * start / length, 100 * (end - start) / length
        text = html.escape(name)
        drawn.append(
            f'<span class="span" style="left:{left:.4g}%;'
            f'width:{width:.4g}%;top:{1.3 * lane:.3g}em">{text}</span>'
        )
    label = html.escape(
        f"{title}: "
        + ", ".join(f"{name} at {start + 1} to {end}" for start, end, name in spans)
    )
    drawing = (
        f'<div class="spans" role="img" aria-label="{label}" '
        f'style="height:{1.3 * max(len(lanes), 1):.3g}em">{"".join(drawn)}</div>'
    )
    return FigureRow(title, drawing, (), {"kind": "spans", "spans": list(spans)})


def figure(
    identifier: str,
    title: str,
    caption: str,
    targets: Mapping[str, Sequence[FigureRow]],
    *,
    length: int,
    first: int = 1,
    shown: int = 0,
    marked: tuple[int, int] | None = None,
) -> Html:
    """A figure of tracks for each target, of which one is shown.

    Args:
        identifier: Of the figure in the page.
        title: Its name.
        caption: A sentence about it.
        targets: The tracks of each target, by its name.
        length: Bases along the figure.
        first: The position of its first base.
        shown: Which target is shown until the reader chooses.
        marked: Start and end, 0-based and half-open, of bases to look at.
    """
    options = "".join(
        f"<option{' selected' * (i == shown)}>{html.escape(name)}</option>"
        for i, name in enumerate(targets)
    )
    panels = "".join(
        _panel(title, name, tracks, length, first, marked, hidden=i != shown)
        for i, (name, tracks) in enumerate(targets.items())
    )
    return Html(
        f'<figure class="tracks" id="{html.escape(identifier)}"><figcaption>'
        f"<h3>{html.escape(title)}</h3><p>{html.escape(caption)}</p>"
        f'<div class="tools"><label{" hidden" * (len(targets) < 2)}>output '
        f"<select>{options}</select></label>"
        '<span role="group" aria-label="zoom"><button type="button" data-zoom="out">'
        '<span aria-hidden="true">&minus;</span>'
        '<span class="unseen">zoom out</span></button>'
        '<button type="button" data-zoom="fit">fit</button>'
        '<button type="button" data-zoom="in"><span aria-hidden="true">+</span>'
        '<span class="unseen">zoom in</span></button></span></div>'
        f'</figcaption>{panels}<p class="value" aria-hidden="true"></p>'
        '<details class="numbers"><summary>Numbers</summary></details></figure>'
    )


def _panel(
    title: str,
    target: str,
    tracks: Sequence[FigureRow],
    length: int,
    first: int,
    marked: tuple[int, int] | None,
    *,
    hidden: bool,
) -> str:
    data = {"first": first, "length": length, "target": target}
    data["tracks"] = [{"title": track.title, **track.data} for track in tracks]
    rows = "".join(
        f'<div class="title" aria-hidden="true"><span>{html.escape(track.title)}</span>'
        f'</div><div class="marks" aria-hidden="true">{_marks(track)}</div>'
        f'<div class="row">{track.drawing}</div>'
        for track in tracks
    )
    label = html.escape(f"{title}, {target}: base under the cursor")
    mark = ""
    if marked is not None:
        left, width = (100 * x / length for x in (marked[0], marked[1] - marked[0]))
        mark = f'<div class="marked" style="left:{left:.4g}%;width:{width:.4g}%"></div>'
    return (
        f'<div class="panel"{" hidden" * hidden}>'
        f'<div class="view"><div class="wide">{rows}'
        f'<div class="marks"></div><div class="ticks" aria-hidden="true">'
        f"{_ticks(length, first)}</div>"
        f'<div class="overlay" tabindex="0" role="slider" aria-label="{label}" '
        f'aria-valuemin="{first}" aria-valuemax="{first + length - 1}" '
        f'aria-valuenow="{first}">{mark}<div class="cursor"></div></div>'
        "</div></div>"
        f'<script type="application/json">{_json(data)}</script></div>'
    )


def _marks(track: FigureRow) -> str:
    return "".join(f"<span>{html.escape(mark)}</span>" for mark in track.marks)


def _ticks(length: int, first: int) -> str:
    """Round positions; the script makes as many as there is room for."""
    rough = max(length / _TICKS, 1)
    power = 10 ** math.floor(math.log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough)
    start = -(-first // step) * step
    return "".join(
        f'<span style="left:{100 * (at - first + 0.5) / length:.4g}%">{at:,}</span>'
        for at in range(start, first + length, step)
    )


def limits_of(*values: Values) -> tuple[float, float]:
    """Least and largest, with 0 between them."""
    low = min(float(some.min(initial=0)) for some in values)
    high = max(float(some.max(initial=0)) for some in values)
    return (low, high) if high > low else (0.0, 1.0)


def _rounded(values: Values) -> Any:
    """To three digits of the largest, as the page says them: short in JSON."""
    largest = float(np.abs(values).max(initial=0))
    digits = 3 - math.ceil(math.log10(largest)) if largest > 0 else 0
    return np.round(np.asarray(values, np.float64), max(digits, 0)).tolist()


def _json(data: Any) -> str:
    """JSON that no text in it can end."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")
