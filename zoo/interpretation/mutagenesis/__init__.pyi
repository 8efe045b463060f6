from .calling import (
    indel_mutagenesis as indel_mutagenesis,
    pairwise_mutagenesis as pairwise_mutagenesis,
    saturation_mutagenesis as saturation_mutagenesis,
)
from .full import (
    FullSubstitutions as FullSubstitutions,
    Substitutions as Substitutions,
    TargetValues as TargetValues,
)
from .results import (
    IndelMutagenesis as IndelMutagenesis,
    Mutagenesis as Mutagenesis,
    PairwiseMutagenesis as PairwiseMutagenesis,
)
