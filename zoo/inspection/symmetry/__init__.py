"""The reverse-complement contract of a model: measure it, enforce it, train for it."""

from zoo.inspection.symmetry.measure import check
from zoo.inspection.symmetry.report import OutputSymmetry, SymmetryReport
from zoo.inspection.symmetry.wrappers import augmented, conjoined

__all__ = ["OutputSymmetry", "SymmetryReport", "augmented", "check", "conjoined"]
