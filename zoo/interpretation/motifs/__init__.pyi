from .activating_sites import filters_to_motifs as filters_to_motifs
from .background import UNIFORM as UNIFORM, simulate_background as simulate_background
from .discovery import discover as discover
from .filters import motif_filters as motif_filters
from .hits import Hits as Hits, find_hits as find_hits
from .initialization import (
    MotifFilter as MotifFilter,
    initialize_stem as initialize_stem,
)
from .jaspar import read_jaspar as read_jaspar
from .meme import read_meme as read_meme, write_meme as write_meme
from .motif import Motif as Motif
from .score_distribution import (
    ScoreDistribution as ScoreDistribution,
    score_distribution as score_distribution,
)
from .scores import log_odds as log_odds, scan as scan
from .seqlets import (
    LearnedMotif as LearnedMotif,
    seqlets_to_motifs as seqlets_to_motifs,
)
from .similarity import MotifMatch as MotifMatch, tomtom as tomtom
from .thresholds import (
    exact_bias as exact_bias,
    gaussian_bias as gaussian_bias,
    score_moments as score_moments,
)
