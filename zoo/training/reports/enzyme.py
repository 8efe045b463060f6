"""Whether a `chrombpnet` is rid of the enzyme's bias, as the field checks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from zoo.data.concatenation import concatenate
from zoo.data.rows import background_of
from zoo.files import pages
from zoo.interpretation.marginalization.footprints import (
    ENZYME_MOTIFS,
    MAX_ENZYME_RESPONSE,
    Footprint,
    footprints,
)
from zoo.models.enzyme_bias import has_bias, only_bias, without_bias
from zoo.prediction.sequences import predict
from zoo.training.configuration.config import Config

if TYPE_CHECKING:
    import keras

    from zoo.data.examples import Examples
    from zoo.splits.splits import Splits

_REGIONS = 256  # of the background, around the motifs
_BINS = 1000  # of the profiles for which ChromBPNet states its threshold
_AROUND = 100  # bp that are drawn to either side of a motif
# ChromBPNet gives up on a bias whose counts are so wrong in peaks: it has learned that
# they are poor in A and T.
_LEAST_PEARSON = -0.5


@dataclass(frozen=True, eq=False)
class EnzymeCheck:
    """What the enzyme's motifs draw from the model, and how good its bias is in peaks.

    Attributes:
        enzyme: "atac" or "dnase".
        regions: How many regions of the background the motifs were put into.
        free: Footprints of the model without the bias, by motif.
        bias: Those of the bias alone.
        pearson: Between the logarithms of counts that the bias expects and those
            observed, in peaks of the test split, or of validation without one; None
            of fewer than three.
    """

    enzyme: str
    regions: int
    free: dict[str, Footprint]
    bias: dict[str, Footprint]
    pearson: float | None

    @property
    def corrected(self) -> bool:
        """Whether no motif draws more from the model without the bias than may be."""
        return max(f.max_response for f in self.free.values()) < self.limit

    @property
    def limit(self) -> float:
        """ChromBPNet's threshold for 1000 bases, three times what each has by chance.

        Of a profile of another length, three times as well.
        """
        bins = len(next(iter(self.free.values())).positions)
        return MAX_ENZYME_RESPONSE * _BINS / bins

    def sentences(self) -> list[str]:
        """What is to be said of it."""
        said = [
            "Without the bias, no motif of the enzyme draws "
            f"{self.limit:.1%} of the reads to one base: the model is "
            "corrected."
            if self.corrected
            else "Without the bias, the model still answers to motifs of the enzyme: "
            "it is not corrected. Train the bias on more background, or on regions "
            "with more reads (data.background.max_counts_factor)."
        ]
        if self.pearson is not None:
            said.append(
                "In peaks, the logarithms of the counts that the bias expects have a "
                f"Pearson correlation of {self.pearson:.2f} with those observed."
            )
            if self.pearson < _LEAST_PEARSON:
                said.append(
                    f"ChromBPNet refuses a bias below {_LEAST_PEARSON}, which has "
                    "learned the composition of peaks: train it on regions with more "
                    "reads (data.background.max_counts_factor)."
                )
        return said


def check_enzyme(
    config: Config, model: keras.Model, splits: Splits
) -> EnzymeCheck | None:
    """Looks for the enzyme's bias in a trained model.

    Args:
        config: Of the run.
        model: Trained.
        splits: Its data. Motifs are put into the background of the test split first.

    Returns:
        None of a model that knows no bias.

    Source:
        Motifs, threshold and the limit of the correlation: ChromBPNet, see
        `zoo.footprints`.
    """
    if config.model.bias is None or not has_bias(model):
        return None
    enzyme, bias = config.model.bias.enzyme, only_bias(model)
    parts = [part for part in (splits.test, splits.valid, splits.train) if len(part)]
    background = concatenate(*(part.subset(background_of(part)) for part in parts))
    regions = min(len(background), _REGIONS)
    codes = background.codes(np.arange(regions))
    pairing = config.training.partners.get("targets")
    free, own = (
        footprints(one, ENZYME_MOTIFS[enzyme], codes, pairing=pairing)
        for one in (without_bias(model), bias)
    )
    peaks = parts[0].subset(~background_of(parts[0]))
    return EnzymeCheck(enzyme, regions, free, own, _pearson(config, bias, peaks))


def _pearson(config: Config, bias: keras.Model, peaks: Examples) -> float | None:
    if len(peaks) < 3:
        return None
    assert peaks.targets is not None  # read_splits refuses examples without
    observed = config.head("counts").of(peaks.targets, peaks.outputs).ravel()
    counts = predict(bias, peaks, window=peaks.sequence_length)["counts"].ravel()
    known = np.isfinite(observed)
    if min(np.ptp(observed[known]), np.ptp(counts[known])) == 0:
        return None
    return float(np.corrcoef(observed[known], counts[known])[0, 1])


def enzyme_section(found: EnzymeCheck, *, drawn: bool) -> list[pages.Html | str]:
    """A table of the motifs, a picture, and what they mean."""
    rows = [
        [name, footprint.motif, footprint.max_response, found.bias[name].max_response]
        for name, footprint in found.free.items()
    ]
    header = ("motif", "sequence", "largest share without bias", "of the bias alone")
    blocks: list[pages.Html | str] = [*found.sentences(), pages.table(header, rows)]
    if drawn:
        blocks.append(_picture(found))
    return blocks


def _picture(found: EnzymeCheck) -> pages.Html:
    figure, panels = pages.new_figure(9.0, 2.6, columns=len(found.free))
    for panel, name in zip(panels, found.free, strict=True):
        for footprint, color, label in (
            (found.bias[name], "0.6", "bias alone"),
            (found.free[name], "#0072B2", "without bias"),
        ):
            near = np.abs(footprint.positions) <= _AROUND
            shares = 100 * footprint.profile[near].mean(axis=1)
            panel.plot(footprint.positions[near], shares, color=color, label=label)
        panel.axhline(100 * found.limit, color="0.3", linewidth=0.8, ls=":")
        panel.set(title=name, xlabel="bp from the motif")
        panel.set_ylim(bottom=0)
    panels[0].set_ylabel("reads, % per base")
    panels[0].legend(frameon=False, fontsize="small")
    return pages.figure(
        figure,
        f"Mean predicted share of the reads around each motif of the enzyme, put into "
        f"{found.regions:,} regions of the background; dotted: what a corrected model "
        "stays below",
    )
