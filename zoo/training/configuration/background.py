"""The table [data.background] of a configuration: regions without peaks.

Importing this imports neither NumPy nor Keras.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Background:
    """Regions without peaks, trained on beside the peaks, or alone.

    Attributes:
        path: They are read from this file, as the peaks are from `data.path`.
        gc_matched: Or drawn by `zoo.splits.gc_matched_negatives`, clear of all peaks,
            each on the chromosome of the peak whose GC content it has.
        pool: With gc_matched, how many per peak; an epoch then draws from them. By
            default ten times the ratio, 1 at least.
        exclude: With gc_matched, BED files with further regions to keep clear of.
        ratio: Background regions per peak in an epoch, drawn anew each time; those of
            validation and test are drawn once. The default is ChromBPNet's.
        only: Whether they alone are trained and measured on, all in each epoch, as
            ChromBPNet's bias model is. `data.path` still has the peaks.
        max_counts: In training and validation only those with fewer reads, all signals
            together, are kept.
        max_counts_factor: The same, times the 1% quantile of the reads of the peaks of
            training and validation: ChromBPNet's bias_threshold_factor, usually 0.5.
    """

    path: str = ""
    gc_matched: bool = False
    pool: int | None = None
    exclude: tuple[str, ...] = ()
    ratio: float = 0.1
    only: bool = False
    max_counts: float | None = None
    max_counts_factor: float | None = None
