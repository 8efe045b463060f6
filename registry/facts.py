"""What was measured of one output of a release: how far its numbers can be believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

#: What is calibrated so.
METHODS = {"platt": "sigmoid", "temperature": "softmax"}
#: Of slopes, their inverses and intercepts: more says nothing in 32-bit logits.
LARGEST = 1e6
#: The later say more of what a genome is scanned for.
BACKGROUNDS = ("negatives", "random", "genomic")
Refuse = Callable[[str, object], None]


@dataclass(frozen=True)
class Calibration:
    """The probability is the activation of slope * logit + intercept.

    Attributes:
        method: "platt": both were fitted (Platt 1999). "temperature": the slope was,
            one for all outputs of a softmax (Guo et al. 2017, arXiv 1706.04599).
        slope: 1 / temperature.
        intercept: In logits; 0 with "temperature".
        split: Of the data that it was fitted on.
        ece_split: Of those that the errors were measured on.
        ece_before: Expected calibration error without it: in how far probabilities
            differ from the share of positives, in the mean over 15 bins of equal width
            (Guo et al. 2017).
        ece_after: With it.
    """

    method: str
    slope: float
    intercept: float
    split: str
    ece_split: str
    ece_before: float
    ece_after: float


@dataclass(frozen=True)
class OperatingPoint:
    """The least prediction that so small a fraction of a background reaches."""

    false_positives: float
    threshold: float


@dataclass(frozen=True)
class BackgroundRate:
    """What an output says of sequences that should be negative.

    Attributes:
        kind: "negatives" of the data, "random" DNA or "genomic" windows.
        description: Which, in words.
        sequences: How many.
        sequence_length: Of each, in bp.
        positives: The fraction that reaches the output's threshold.
        operating_points: Thresholds for fewer; of rates that so many sequences can
            tell.
    """

    kind: str
    description: str
    sequences: int
    sequence_length: int
    positives: float
    operating_points: tuple[OperatingPoint, ...] = ()


def can_calibrate(slope: float, intercept: float) -> bool:
    """Whether they are numbers that logits can be calibrated by, in 32 bits."""
    return 1 / LARGEST <= slope <= LARGEST and abs(intercept) <= LARGEST


def check_facts(
    name: str,
    activation: str,
    calibration: Calibration | None,
    threshold: float | None,
    backgrounds: tuple[BackgroundRate, ...],
    refuse: Refuse,
) -> None:
    """Refuses what cannot have been measured.

    Args:
        name: Of the output.
        activation: Its activation.
        calibration: Its calibration.
        threshold: From which on it is called positive.
        backgrounds: What it says of them.
        refuse: Raises an error of what was expected and received.
    """
    rates = [background.positives for background in backgrounds]
    if calibration is not None:
        if METHODS.get(calibration.method) != activation:
            each = " or ".join(f"{m} of a {f}" for m, f in METHODS.items())
            refuse(f"a calibration {each} for {name}", (activation, calibration))
        if not can_calibrate(calibration.slope, calibration.intercept):
            refuse(
                f"a rising calibration with numbers up to 1e6 of {name}", calibration
            )
        if calibration.method == "temperature" and calibration.intercept != 0:
            refuse(f"no intercept beside the temperature of {name}", calibration)
        rates += [calibration.ece_before, calibration.ece_after]
    if threshold is not None:
        rates.append(threshold)
    for background in backgrounds:
        if background.kind not in BACKGROUNDS:
            refuse(f"a background {', '.join(BACKGROUNDS)} of {name}", background.kind)
        sizes = background.sequences, background.sequence_length
        if min(sizes) < 1:
            refuse(f"sequences of at least 1 bp as a background of {name}", sizes)
        for point in background.operating_points:
            rates += [point.false_positives, point.threshold]
    if any(not 0 <= rate <= 1 for rate in rates):
        refuse(f"thresholds, errors and fractions of {name} from 0 to 1", rates)
