from .background import with_background as with_background
from .batches import SequenceDataset as SequenceDataset
from .classes import classes_of as classes_of
from .concatenation import concatenate as concatenate
from .examples import Examples as Examples, Intervals as Intervals
from .fasta import read_fasta as read_fasta
from .genomes.genome import Genome as Genome
from .head_targets import HeadTargets as HeadTargets
from .intervals.reading import read_intervals as read_intervals
from .reads.cut_sites import CutSites as CutSites, cut_sites as cut_sites
from .record import Interval as Interval, Record as Record
from .sample_weights import class_weights as class_weights, weighted as weighted
from .sources.arrays import from_arrays as from_arrays
from .sources.fasta import from_fasta as from_fasta
from .sources.intervals import from_intervals as from_intervals
from .sources.table import from_table as from_table
from .sources.variants import from_variants as from_variants
from .strand_pairing import strand_pairing as strand_pairing
from .tables import read_table as read_table
from .tracks.signals import read_signals as read_signals
