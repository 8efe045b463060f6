"""Sequence logos: as SVG, whose letters are drawn once per page, and by matplotlib.

The letters, their order and their place are logomaker's (Tareen and Kinney 2020,
doi:10.1093/bioinformatics/btz921): letters above 0 stand on the axis and those below
hang from it upside down, the largest farthest up. Deviation: logomaker draws every
letter anew through matplotlib, which takes 1 s for 200 bp.
"""

from __future__ import annotations

import html
import re
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.dna import ALPHABET
from zoo.errors import InputError, optional
from zoo.interpretation.motifs import UNIFORM, Motif

#: Outlines in a unit square, y upwards: what `logomaker.Glyph` makes of DejaVu Sans
#: Bold in a cell of width 1.
OUTLINES = {
    "A": "M.683 .182L.318 .182L.26 0L.025 0L.361 1L.639 1L.975 0L.74 0L.683 .182Z"
    "M.376 .368L.624 .368L.5 .766L.376 .368Z",
    "C": "M.975 .072Q.896 .036 .81 .018Q.724 0 .63 0Q.351 0 .188 .135Q.025 .269 .025 .5"
    "Q.025 .731 .188 .865Q.351 1 .63 1Q.724 1 .81 .982Q.896 .964 .975 .928L.975 .729"
    "Q.895 .776 .817 .798Q.739 .82 .653 .82Q.499 .82 .411 .735Q.323 .649 .323 .5"
    "Q.323 .351 .411 .265Q.499 .18 .653 .18Q.739 .18 .817 .202Q.895 .224 .975 .271"
    "L.975 .072Z",
    "G": "M.975 .09Q.879 .045 .776 .023Q.673 0 .563 0Q.315 0 .17 .135Q.025 .269 .025 .5"
    "Q.025 .733 .173 .866Q.32 1 .577 1Q.676 1 .767 .982Q.858 .964 .938 .928L.938 .729"
    "Q.855 .775 .773 .797Q.691 .82 .608 .82Q.456 .82 .373 .737Q.29 .654 .29 .5"
    "Q.29 .347 .37 .263Q.45 .18 .596 .18Q.636 .18 .671 .185Q.705 .19 .732 .2L.732 .387"
    "L.576 .387L.576 .554L.975 .554L.975 .09Z",
    "T": "M.025 1L.975 1L.975 .805L.633 .805L.633 0L.367 0L.367 .805L.025 .805L.025 1Z",
}
#: Once in each page, before the first logo.
LETTERS = (
    '<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>'
    + "".join(f'<path id="{k}" class="{k}" d="{d}"/>' for k, d in OUTLINES.items())
    + "</defs></svg>"
)
#: Of the letters, told apart by those who see red and green alike (Okabe and Ito 2008).
COLORS = {"A": "#009E73", "C": "#0072B2", "G": "#E69F00", "T": "#D55E00"}
_HEIGHT = 100  # of the drawing, in its own units; the page stretches it


def logo(
    values: npt.NDArray[np.floating],
    label: str,
    limits: tuple[float, float] | None = None,
    css_class: str = "logo",
) -> str:
    """A logo as SVG.

    Args:
        values: Height of each letter `(position, base)`, bases A, C, G, T.
        label: What is to be seen, for those who cannot see it.
        limits: Least and largest height that fit in; those of `values` by default.
        css_class: Of the drawing.

    Returns:
        SVG as wide and as high as its place in the page, for a page with `LETTERS`.
    """
    low, high = stacked_limits(values) if limits is None else limits
    unit = _HEIGHT / (high - low)
    uses = [
        f'<use href="#{ALPHABET[base]}" transform="matrix(1 0 0 {height:.3g} '
        f'{position} {y:.4g})"/>'
        for position, base, height, y in _placed(values, high, unit)
    ]
    axis = f'<path class="zero" d="M0 {high * unit:.4g}H{len(values)}"/>'
    return (
        f'<svg class="{css_class}" role="img" aria-label="{html.escape(label)}" '
        f'viewBox="0 0 {len(values)} {_HEIGHT}" preserveAspectRatio="none">'
        f"{axis}{''.join(uses)}</svg>"
    )


def draw_logo(axes: Any, values: npt.NDArray[np.floating] | Motif) -> None:
    """Draws a logo into axes of matplotlib.

    Args:
        axes: `matplotlib.axes.Axes`; its limits become those of the letters.
        values: Height of each letter `(position, base)`, bases A, C, G, T: those
            below 0 hang from the axis. Or a motif, whose letters share the information
            of their column against uniform bases, in bits.

    Raises:
        InputError: Values of another shape or not finite, or no matplotlib.

    Source:
        Schneider and Stephens 1990, doi:10.1093/nar/18.20.6097 (heights in bits).
        Deviation: no correction for small samples.
    """
    if isinstance(values, Motif):
        values = values.probabilities * values.information(UNIFORM)[:, None]
        limits = 0.0, 2.0
        axes.set(ylabel="bits", yticks=(0, 1, 2))
    else:
        values = np.asarray(values, float)
        if values.ndim != 2 or values.shape[1] != 4 or not np.isfinite(values).all():
            raise InputError(
                "Expected finite heights of letters (position, 4), or a motif. "
                f"Received: {values.shape}, finite: {np.isfinite(values).all()}."
            )
        limits = stacked_limits(values)
    paths = optional("matplotlib.path", "report", "Drawing a logo")
    patches = optional("matplotlib.patches", "report", "Drawing a logo")
    outlines = {letter: _outline(letter, paths.Path) for letter in ALPHABET}
    unit = _HEIGHT / (limits[1] - limits[0])
    for position, base, height, foot in _placed(values, limits[1], unit):
        outline, codes = outlines[ALPHABET[base]]
        scaled = outline * (1, -height / unit) + (position, limits[1] - foot / unit)
        color = COLORS[ALPHABET[base]]
        path = paths.Path(scaled, codes)
        axes.add_patch(patches.PathPatch(path, facecolor=color, linewidth=0))
    axes.set(xlim=(0, len(values)), ylim=limits)


def _outline(letter: str, path: Any) -> tuple[npt.NDArray[np.float64], list[int]]:
    """Corners (number, 2) of a letter in the unit square, and matplotlib's codes."""
    kinds = {"M": [path.MOVETO], "L": [path.LINETO], "Q": [path.CURVE3] * 2}
    corners: list[tuple[float, float]] = []
    codes: list[int] = []
    for kind, numbers in re.findall(r"([MLQZ])([^MLQZ]*)", OUTLINES[letter]):
        found = [float(number) for number in numbers.split()] or [0.0, 0.0]
        corners += zip(found[::2], found[1::2], strict=True)
        codes += kinds.get(kind, [path.CLOSEPOLY])
    return np.array(corners), codes


def stacked_limits(values: npt.NDArray[np.floating]) -> tuple[float, float]:
    """Lowest and highest end of the letters `(position, base)`, 0 between them."""
    high = float(np.where(values > 0, values, 0).sum(axis=1).max(initial=0))
    low = float(np.where(values < 0, values, 0).sum(axis=1).min(initial=0))
    return (low, high) if high > low else (0.0, 1.0)


def _placed(
    values: npt.NDArray[np.floating], high: float, unit: float
) -> list[tuple[int, int, float, float]]:
    """Position, base, signed height and y of the foot of each letter, in SVG's units.

    y grows downwards there, so that a letter that stands has a negative height.
    """
    found = []
    order = np.argsort(values, axis=1, kind="stable")
    floors = np.where(values < 0, values, 0).sum(axis=1)
    for position in range(len(values)):
        floor = float(floors[position])
        for base in order[position].tolist():
            value = float(values[position, base])
            if abs(value) * unit < 0.05:  # would be thinner than a pixel's tenth
                floor += abs(value)
                continue
            top = floor + abs(value)
            if value > 0:
                found.append((position, base, -value * unit, (high - floor) * unit))
            else:
                found.append((position, base, -value * unit, (high - top) * unit))
            floor = top
    return found
