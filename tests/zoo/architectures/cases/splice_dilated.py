import numpy as np

from tests.zoo.architectures.contract import Case


def targets(labels: np.ndarray) -> np.ndarray:
    """The first T of TATAAA, where there is one, is the site: the seventh base left."""
    sites = np.zeros((len(labels), 28, 1), "f4")
    sites[:, 15 - 6, 0] = labels[:, 0]
    return sites


CASE = Case(
    small={
        "filters": 16,
        "num_outputs": 1,
        "kernel_size": [5, 3],
        "dilation_rates": [1, 1],
        "depth": 1,
    },
    outputs=lambda length, num_outputs: (length and length - 12, num_outputs),
    targets=targets,
    learning_rate=1e-2,
    variants=({"cropping": 0, "depth": 2}, {"cropping": 10}),
    errors=(
        ({"dilation_rates": [2, 4]}, "skip the bases"),
        ({"kernel_size": [5]}, "one kernel_size for each"),
        ({"sequence_length": 12}, "cuts 12 bp off.*13 bp or more"),
        ({"sequence_length": 20, "cropping": 10}, "21 bp or more"),
    ),
)
