"""The receptive field of any functional Keras model, from its graph."""

from zoo.inspection.receptive_fields.analysis import receptive_field
from zoo.inspection.receptive_fields.report import LayerField, ReceptiveField
from zoo.inspection.receptive_fields.window import Window

__all__ = ["LayerField", "ReceptiveField", "Window", "receptive_field"]
