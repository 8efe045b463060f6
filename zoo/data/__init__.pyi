from .batches import SequenceDataset as SequenceDataset
from .classes import classes_of as classes_of
from .concatenation import concatenate as concatenate
from .examples import Examples as Examples, Intervals as Intervals
from .genomes.genome import Genome as Genome
from .sample_weights import class_weights as class_weights, weighted as weighted
from .sources.fasta import from_fasta as from_fasta
from .sources.intervals import from_intervals as from_intervals
from .sources.table import from_table as from_table
from .sources.variants import from_variants as from_variants
from .tracks.signals import read_signals as read_signals
