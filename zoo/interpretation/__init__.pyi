from . import (
    contributions as contributions,
    motifs as motifs,
    mutagenesis as mutagenesis,
    simulation as simulation,
)
from .marginalization.ablation import Ablation as Ablation, ablate as ablate
from .marginalization.effects import (
    MotifEffects as MotifEffects,
    MotifPairs as MotifPairs,
    marginalize as marginalize,
    motif_pairs as motif_pairs,
)
from .marginalization.footprints import (
    ENZYME_MOTIFS as ENZYME_MOTIFS,
    MAX_ENZYME_RESPONSE as MAX_ENZYME_RESPONSE,
    Footprint as Footprint,
    footprints as footprints,
)
from .mutagenesis import (
    indel_mutagenesis as indel_mutagenesis,
    pairwise_mutagenesis as pairwise_mutagenesis,
    saturation_mutagenesis as saturation_mutagenesis,
)
from .reports.logo import draw_logo as draw_logo
from .reports.sequences import report_sequences as report_sequences
from .reports.variants import report_variants as report_variants
from .sequence_design import (
    Designs as Designs,
    Reach as Reach,
    design as design,
)
