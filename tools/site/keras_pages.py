"""Where Keras documents a name: the pages of keras.io, which has no inventory."""

from __future__ import annotations

import re

API = "https://keras.io/api/"
NORMALIZATION = "layers/normalization_layers/"
#: The pages of modules, and below them those of single names.
MODULES = {
    "keras.activations": "layers/activations/",
    "keras.callbacks": "callbacks/",
    "keras.config": "utils/config_utils/",
    "keras.constraints": "layers/constraints/",
    "keras.distribution": "distribution/",
    "keras.initializers": "layers/initializers/",
    "keras.layers": "layers/",
    "keras.losses": "losses/",
    "keras.metrics": "metrics/",
    "keras.ops": "ops/",
    "keras.optimizers": "optimizers/",
    "keras.optimizers.schedules": "optimizers/learning_rate_schedules/",
    "keras.random": "random/",
    "keras.regularizers": "layers/regularizers/",
    "keras.saving": "models/model_saving_apis/",
    "keras.utils": "utils/",
}
NAMES = {
    "keras.Input": "layers/core_layers/input/",
    "keras.InputSpec": "layers/core_layers/input_spec/",
    "keras.Model": "models/model/",
    "keras.Model.compile": "models/model_training_apis/",
    "keras.Model.fit": "models/model_training_apis/",
    "keras.callbacks.Callback": "callbacks/base_callback/",
    "keras.callbacks.CSVLogger": "callbacks/csv_logger/",
    "keras.callbacks.SwapEMAWeights": "callbacks/swap_ema_weights/",
    "keras.layers.Activation": "layers/core_layers/activation/",
    "keras.layers.BatchNormalization": f"{NORMALIZATION}batch_normalization/",
    "keras.layers.Concatenate": "layers/merging_layers/concatenate/",
    "keras.layers.Conv1D": "layers/convolution_layers/convolution1d/",
    "keras.layers.Dense": "layers/core_layers/dense/",
    "keras.layers.Dropout": "layers/regularization_layers/dropout/",
    "keras.layers.Embedding": "layers/core_layers/embedding/",
    "keras.layers.Flatten": "layers/reshaping_layers/flatten/",
    "keras.layers.GroupNormalization": f"{NORMALIZATION}group_normalization/",
    "keras.layers.Layer": "layers/base_layer/",
    "keras.layers.LayerNormalization": f"{NORMALIZATION}layer_normalization/",
    "keras.layers.SpatialDropout1D": "layers/regularization_layers/spatial_dropout1d/",
    "keras.metrics.Metric": "metrics/base_metric/",
    "keras.optimizers.schedules.CosineDecay": (
        "optimizers/learning_rate_schedules/cosine_decay/"
    ),
    "keras.utils.PyDataset": "utils/python_utils/",
}


def address(name: str) -> str | None:
    """The page of a public name of Keras, or that of its module; None of others."""
    if not re.fullmatch(r"keras(\.\w+)+", name):
        return None
    if name in NAMES:
        return API + NAMES[name]
    while name:
        if name in MODULES:
            return API + MODULES[name]
        name = name.rpartition(".")[0]
    return None
