"""What a change of a base, or of two, does to a model's outputs.

Its names are imported on their first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
