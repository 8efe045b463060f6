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
    variants=(
        {"sequence_length": 70, "padding": "valid", "num_counts": 1},
        {"sequence_length": 80, "padding": "valid", "profile_length": 8},
        {"sequence_length": 40, "profile_length": 30, "pre_activation": True},
    ),
    errors=(
        ({"padding": "causal"}, "Expected padding to be one of"),
        ({"num_counts": 3}, "divide num_outputs. Received: num_counts=3"),
        ({"profile_length": 40}, "needs a sequence_length"),
        ({"profile_length": 41, "sequence_length": 50}, "cut by an even number"),
        (
            {"profile_length": 30, "sequence_length": 80, "padding": "valid"},
            r"leave a profile of 20 bp.*profile_length \+ 60 bp or more",
        ),
        ({"sequence_length": 60, "padding": "valid"}, "leave a profile of 0 bp"),
        ({"stem_kernel_size": 8, "padding": "valid"}, "needs odd kernel sizes"),
        (
            {"num_control_tracks": 1, "control_kernel_size": 4},
            "odd kernel_size.*kernel_size=4",
        ),
        ({"dilation_rates": [2, 4]}, "skip the bases"),
        ({"profile_kernel_size": 50}, "odd kernel_size.*kernel_size=50"),
    ),
)
