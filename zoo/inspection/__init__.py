"""What a model sees, what it costs, and whether both strands are the same to it.

Its names are imported on their first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
