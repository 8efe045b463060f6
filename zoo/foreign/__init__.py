"""Networks in files of other programs, read as data: none of their code is run.

Its names are imported on their first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
