from . import (
    architectures as architectures,
    data as data,
    dna as dna,
    foreign as foreign,
    inspection as inspection,
    interpretation as interpretation,
    layers as layers,
    losses as losses,
    metrics as metrics,
    models as models,
    practice as practice,
    prediction as prediction,
    publishing as publishing,
    samples as samples,
    splits as splits,
    training as training,
)
from .architectures import blocks as blocks, heads as heads
from .errors import SeqzooError as SeqzooError
from .inspection import (
    receptive_field as receptive_field,
    summary as summary,
    symmetry as symmetry,
)
from .inspection.symmetry import conjoined as conjoined
from .interpretation import (
    ablate as ablate,
    design as design,
    footprints as footprints,
    indel_mutagenesis as indel_mutagenesis,
    marginalize as marginalize,
    motif_pairs as motif_pairs,
    motifs as motifs,
    pairwise_mutagenesis as pairwise_mutagenesis,
    report_sequences as report_sequences,
    report_variants as report_variants,
    saturation_mutagenesis as saturation_mutagenesis,
    simulation as simulation,
)
from .interpretation.contributions import contributions as contributions
from .layers import encodings as encodings, pairings as pairings
from .models import (
    Output as Output,
    create as create,
    ensemble as ensemble,
    freeze as freeze,
    info as info,
    list_architectures as list_architectures,
    list_models as list_models,
    load as load,
    load_with_report as load_with_report,
    output_names as output_names,
    register as register,
    takes_codes as takes_codes,
)
from .prediction import (
    predict as predict,
    predict_genome as predict_genome,
    score_variants as score_variants,
)
from .publishing import convert as convert, export as export, save as save
from .training.fine_tuning.suggestion import suggest as suggest

__version__: str
