from . import genome as genome
from .genome.calling import predict_genome as predict_genome
from .members import predict_members as predict_members
from .sequences import predict as predict
