"""Motifs as filters, filters as motifs, and biases as thresholds of their scores.

Its names are imported on their first use; few of them need Keras.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
