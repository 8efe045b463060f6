from . import motifs as motifs, mutagenesis as mutagenesis, simulation as simulation
from .marginalization import (
    ENZYME_MOTIFS as ENZYME_MOTIFS,
    MAX_ENZYME_RESPONSE as MAX_ENZYME_RESPONSE,
    Footprint as Footprint,
    footprints as footprints,
)
