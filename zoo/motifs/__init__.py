"""Motifs as filters, filters as motifs, and biases as thresholds of their scores.

`filters_to_motifs` and `initialize_stem` import Keras, on their first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from zoo.motifs.background import UNIFORM, simulate_background
from zoo.motifs.filters import motif_filters
from zoo.motifs.jaspar import read_jaspar
from zoo.motifs.meme import read_meme
from zoo.motifs.motif import Motif
from zoo.motifs.score_distribution import ScoreDistribution, score_distribution
from zoo.motifs.scores import log_odds, scan
from zoo.motifs.thresholds import (
    GaussianReport,
    empirical_rate,
    exact_bias,
    gaussian_bias,
    gaussian_report,
    score_moments,
)

if TYPE_CHECKING:
    from zoo.motifs.activating_sites import filters_to_motifs
    from zoo.motifs.initialization import MotifFilter, initialize_stem

_WHERE = {
    "MotifFilter": "zoo.motifs.initialization",
    "filters_to_motifs": "zoo.motifs.activating_sites",
    "initialize_stem": "zoo.motifs.initialization",
}

__all__ = [
    "UNIFORM",
    "GaussianReport",
    "Motif",
    "MotifFilter",
    "ScoreDistribution",
    "empirical_rate",
    "exact_bias",
    "filters_to_motifs",
    "gaussian_bias",
    "gaussian_report",
    "initialize_stem",
    "log_odds",
    "motif_filters",
    "read_jaspar",
    "read_meme",
    "scan",
    "score_distribution",
    "score_moments",
    "simulate_background",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'zoo.motifs' has no attribute {name!r}")
    found = getattr(importlib.import_module(_WHERE[name]), name)
    globals()[name] = found
    return found
