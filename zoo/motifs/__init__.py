"""Motifs as filters, filters as motifs, and biases as thresholds of their scores.

Importing this loads no Keras.
"""

from zoo.motifs.background import UNIFORM, simulate_background
from zoo.motifs.jaspar import read_jaspar
from zoo.motifs.meme import read_meme
from zoo.motifs.motif import Motif

__all__ = [
    "UNIFORM",
    "Motif",
    "read_jaspar",
    "read_meme",
    "simulate_background",
]
