import numpy as np

from tests.zoo.architectures.cases import bpnet
from tests.zoo.architectures.contract import Case

LOST = 20  # bp of the profile, with these kernels


def targets(labels: np.ndarray) -> dict[str, np.ndarray]:
    """Reads pile up on both sides of the motif, where there is one, and are many."""
    bins = 40 - LOST
    profile = np.full((len(labels), bins, 2), 1 / bins, "f4")
    profile[labels[:, 0] == 1] = np.eye(bins, dtype="f4")[[3, 13]].T
    return {"profile": profile, "counts": 3 * labels.repeat(2, axis=1)}


def outputs(length: int, num_outputs: int) -> dict[str, tuple[int, ...]]:
    left = 1000 if length == 2114 else length - LOST  # by default as published
    return {"profile": (left, num_outputs), "counts": (num_outputs,)}


CASE = Case(
    small={
        "sequence_length": 40,
        "num_outputs": 2,
        "filters": 16,
        "stem_kernel_size": 7,
        "dilation_rates": [1, 2, 3],
        "profile_kernel_size": 5,
        "bias_filters": 4,
        "bias_dilation_rates": [1, 2],
    },
    outputs=outputs,
    targets=targets,
    loss=bpnet.losses,
    learning_rate=1e-2,
    frozen="bias_",
    variants=(
        {"sequence_length": 60, "profile_length": 10},
        {"bias_dilation_rates": [1, 2, 4]},
    ),
    errors=(
        ({"dilation_rates": [2, 4]}, "skip the bases"),
        ({"bias_dilation_rates": [2, 4]}, "skip the bases"),
        ({"profile_length": 40}, r"leave a profile of 20 bp.*profile_length \+ 20 bp"),
        ({"stem_kernel_size": 8}, "needs odd kernel sizes"),
    ),
)
