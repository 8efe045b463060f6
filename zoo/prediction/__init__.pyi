from . import genome as genome, variants as variants
from .expected_reads import expected_reads as expected_reads
from .genome.calling import predict_genome as predict_genome
from .members import predict_members as predict_members
from .sequences import predict as predict
from .variants.calling import score_variants as score_variants
