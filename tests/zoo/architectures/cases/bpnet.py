from typing import Any

import keras
import numpy as np

from tests.zoo.architectures.contract import Case


def targets(labels: np.ndarray) -> dict[str, np.ndarray]:
    """Reads pile up on both sides of the motif, where there is one, and are many."""
    profile = np.full((len(labels), 40, 2), 1 / 40, "f4")
    profile[labels[:, 0] == 1] = np.eye(40, dtype="f4")[[13, 23]].T
    return {"profile": profile, "counts": 3 * labels.repeat(2, axis=1)}


def losses() -> dict[str, Any]:
    return {
        "profile": keras.losses.CategoricalCrossentropy(from_logits=True, axis=1),
        "counts": keras.losses.MeanSquaredError(),
    }


CASE = Case(
    small={"filters": 16, "num_outputs": 2, "dilation_rates": [1, 2, 4]},
    outputs=lambda length, num_outputs: {
        "profile": (length, num_outputs),
        "counts": (num_outputs,),
    },
    targets=targets,
    loss=losses,
    learning_rate=1e-2,
    errors=(
        ({"dilation_rates": [2, 4]}, "skip the bases"),
        ({"profile_kernel_size": 50}, "odd kernel_size.*kernel_size=50"),
    ),
)
