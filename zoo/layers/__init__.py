"""Keras layers for DNA, one public layer per file. Importing it imports Keras."""

from zoo.layers import encodings as encodings, pairings as pairings
from zoo.layers.attention_pooling import AttentionPooling
from zoo.layers.category_embedding import CategoryEmbedding
from zoo.layers.gapped_kmer_embedding import GappedKmerEmbedding
from zoo.layers.kmer_embedding import KmerEmbedding
from zoo.layers.kmer_one_hot import KmerOneHot
from zoo.layers.log_sum_exp_pooling import LogSumExpPooling
from zoo.layers.missing_modality import MissingModality
from zoo.layers.nucleotide_embedding import NucleotideEmbedding
from zoo.layers.one_hot import OneHot
from zoo.layers.random_insertion_deletion import RandomInsertionDeletion
from zoo.layers.random_mutation import RandomMutation
from zoo.layers.random_reverse_complement import RandomReverseComplement
from zoo.layers.random_shift import RandomShift
from zoo.layers.rc_batch_normalization import RCBatchNormalization
from zoo.layers.rc_conv1d import RCConv1D
from zoo.layers.rc_dense import RCDense
from zoo.layers.rc_dropout import RCDropout
from zoo.layers.rc_group_normalization import RCGroupNormalization
from zoo.layers.rc_kmer_embedding import RCKmerEmbedding
from zoo.layers.rc_layer_normalization import RCLayerNormalization
from zoo.layers.rc_strand_outputs import RCStrandOutputs
from zoo.layers.reverse_complement import ReverseComplement
from zoo.layers.strand_pooling import StrandPooling
from zoo.layers.swap_strands import SwapStrands

__all__ = [
    "AttentionPooling",
    "CategoryEmbedding",
    "GappedKmerEmbedding",
    "KmerEmbedding",
    "KmerOneHot",
    "LogSumExpPooling",
    "MissingModality",
    "NucleotideEmbedding",
    "OneHot",
    "RCBatchNormalization",
    "RCConv1D",
    "RCDense",
    "RCDropout",
    "RCGroupNormalization",
    "RCKmerEmbedding",
    "RCLayerNormalization",
    "RCStrandOutputs",
    "RandomInsertionDeletion",
    "RandomMutation",
    "RandomReverseComplement",
    "RandomShift",
    "ReverseComplement",
    "StrandPooling",
    "SwapStrands",
]
