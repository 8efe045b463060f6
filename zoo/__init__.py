"""seqzoo: named, versioned, verified CNNs for DNA in Keras.

    import zoo
    model = zoo.load("rc_dilated_v1")

`import zoo` loads neither NumPy nor Keras; each name, listed in `__init__.pyi`, is
imported on its first use. Once Keras is imported, before or after, it knows our
layers, losses, metrics and optimizers by name, so that `keras.saving.load_model` finds
them.
"""

from typing import Any

import lazy_loader

from zoo.keras_objects import register_with_keras

_late, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

register_with_keras()


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib import metadata  # which is not free

        return metadata.version("seqzoo")
    return _late(name)
