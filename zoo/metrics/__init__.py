"""Streaming metrics, one per file. Importing it imports Keras."""

from zoo.metrics.auprc import AUPRC
from zoo.metrics.auroc import AUROC
from zoo.metrics.jensen_shannon_distance import JensenShannonDistance
from zoo.metrics.mcc import MCC
from zoo.metrics.pearson import Pearson
from zoo.metrics.spearman import Spearman

__all__ = ["AUPRC", "AUROC", "MCC", "JensenShannonDistance", "Pearson", "Spearman"]
