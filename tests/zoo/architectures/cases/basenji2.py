import numpy as np

from tests.zoo.architectures.contract import Case


def bins(length: int, num_outputs: int) -> tuple[int | None, int]:
    """Bins of 4 bp, two of them cut off at each end, with small arguments."""
    return length and (length + 3) // 4 - 4, num_outputs


def targets(labels: np.ndarray) -> np.ndarray:
    """The bins that hold TATAAA, where there is one, of those that are left."""
    signal = np.zeros((len(labels), 6, 1), "f4")
    signal[:, [1, 2, 3], 0] = labels
    return signal


CASE = Case(
    small={
        "filters": [16, 16],
        "num_outputs": 1,
        "dilated_filters": 8,
        "dilation_rates": [1, 2],
        "units": 16,
        "cropping": 8,
    },
    outputs=bins,
    targets=targets,
    learning_rate=1e-2,
    variants=({"cropping": 0, "sequence_length": 40},),
    errors=(
        ({"sequence_length": 42}, "bins of 4 bp.*sequence_length=42, cropping=8"),
        ({"cropping": 6}, "multiples"),
        ({"sequence_length": 16}, "something left"),
    ),
)
