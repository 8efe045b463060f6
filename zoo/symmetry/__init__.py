"""The reverse-complement contract of a model: measure it, enforce it, train for it."""

from zoo.symmetry.measure import check
from zoo.symmetry.report import OutputSymmetry, Symmetry
from zoo.symmetry.wrappers import augmented, conjoined

__all__ = ["OutputSymmetry", "Symmetry", "augmented", "check", "conjoined"]
