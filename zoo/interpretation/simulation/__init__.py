"""Small, seeded simulator of sequences whose grammar is known.

Motifs are put into background at recorded places, so that what a model ought to
find is known exactly. Importing this loads no Keras.
"""

from zoo.interpretation.simulation.arrangement import Arrangement
from zoo.interpretation.simulation.simulator import Grammar, Simulation, simulate
from zoo.interpretation.simulation.tasks import two_motifs

__all__ = ["Arrangement", "Grammar", "Simulation", "simulate", "two_motifs"]
