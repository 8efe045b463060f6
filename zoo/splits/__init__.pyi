from .description import describe as describe
from .folds import cross_validation as cross_validation
from .homology import clusters as clusters
from .leaks import (
    Leak as Leak,
    LeakageReport as LeakageReport,
    LeakageWarning as LeakageWarning,
    leakage as leakage,
)
from .negatives import gc_matched_negatives as gc_matched_negatives
from .overlaps import overlap as overlap
from .shuffles import shuffled as shuffled
from .sketches import Overlap as Overlap, Sketch as Sketch, sketch as sketch
from .splits import (
    Splits as Splits,
    split_at_random as split_at_random,
    split_by_chromosome as split_by_chromosome,
    split_by_column as split_by_column,
    split_by_homology as split_by_homology,
)
