"""seqzoo: named, versioned, verified CNNs for DNA in Keras.

    import zoo
    model = zoo.load("rc_dilated_v1")

`import zoo` loads neither NumPy nor Keras; each name below is imported on its
first use. Once Keras is imported, before or after, it knows our layers, losses,
metrics and optimizers by name, so that `keras.saving.load_model` finds them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from registry import SeqzooError, register
from zoo.keras_objects import register_with_keras

if TYPE_CHECKING:
    __version__: str

    from registry.release import Output
    from zoo.codes_input import takes_codes
    from zoo.conversion import convert
    from zoo.creation import create
    from zoo.ensembles import ensemble
    from zoo.exporting import export
    from zoo.genome_prediction import predict_genome
    from zoo.listing import info, list_architectures, list_models
    from zoo.loading import freeze, load, load_with_report
    from zoo.outputs import output_names
    from zoo.prediction import predict
    from zoo.receptive_fields import receptive_field
    from zoo.saving import save
    from zoo.summaries import summary
    from zoo.symmetry import conjoined

_WHERE = {
    "Output": "registry.release",
    "conjoined": "zoo.symmetry",
    "convert": "zoo.conversion",
    "create": "zoo.creation",
    "ensemble": "zoo.ensembles",
    "export": "zoo.exporting",
    "freeze": "zoo.loading",
    "info": "zoo.listing",
    "list_architectures": "zoo.listing",
    "list_models": "zoo.listing",
    "load": "zoo.loading",
    "load_with_report": "zoo.loading",
    "output_names": "zoo.outputs",
    "predict": "zoo.prediction",
    "predict_genome": "zoo.genome_prediction",
    "receptive_field": "zoo.receptive_fields",
    "save": "zoo.saving",
    "summary": "zoo.summaries",
    "takes_codes": "zoo.codes_input",
}

# Submodules that `zoo.NAME` imports on its first use.
_MODULES = frozenset(
    {
        "data",
        "dna",
        "encodings",
        "ensembles",
        "foreign",
        "genome_prediction",
        "heads",
        "layers",
        "losses",
        "metrics",
        "pairings",
        "receptive_fields",
        "samples",
        "simulation",
        "symmetry",
        "training",
    }
)

__all__ = [
    "Output",
    "SeqzooError",
    "conjoined",
    "convert",
    "create",
    "ensemble",
    "export",
    "freeze",
    "info",
    "list_architectures",
    "list_models",
    "load",
    "load_with_report",
    "output_names",
    "predict",
    "predict_genome",
    "receptive_field",
    "register",
    "save",
    "summary",
    "takes_codes",
]


register_with_keras()


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"zoo.{name}")
    if name == "__version__":
        from importlib import metadata  # which is not free

        return metadata.version("seqzoo")
    if name not in _WHERE:
        raise AttributeError(f"module 'zoo' has no attribute {name!r}")
    found = getattr(importlib.import_module(_WHERE[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(globals().keys() | _WHERE.keys() | _MODULES)
