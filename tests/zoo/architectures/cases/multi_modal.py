import numpy as np

from tests.zoo.architectures.contract import Case


def inputs(one_hot: np.ndarray) -> dict[str, np.ndarray]:
    """All modalities, each with values that are missing."""
    batch, length, _ = one_hot.shape
    generator = np.random.default_rng(batch + length)
    signals = generator.normal(size=(batch, length, 2)).astype("f4")
    signals[:, 3] = np.nan
    signals[0, :, 1] = np.nan
    covariates = generator.normal(size=(batch, 3)).astype("f4")
    covariates[1] = np.nan
    return {
        "sequence": one_hot,
        "signals": signals,
        "cell_type": np.arange(batch, dtype="i4") % 5 - 1,
        "covariates": covariates,
    }


CASE = Case(
    small={
        "num_signals": 2,
        "num_cell_types": 4,
        "num_covariates": 3,
        "filters": 24,
        "dilation_rates": [1, 2],
        "units": 16,
    },
    inputs=inputs,
    variants=({"fusion": "late"}, {"fusion": "late", "units": 0, "pooling": "max"}),
    errors=(
        ({"fusion": "middle"}, "Expected fusion to be one of"),
        ({"num_signals": 0, "num_cell_types": 0, "num_covariates": 0}, "at least one"),
        ({"num_signals": -1}, "negative"),
        ({"dilation_rates": [2]}, "skip the bases"),
        ({"modality_dropout": 1.0}, "must be a rate"),
        ({"pooling": "flatten"}, "fixed sequence_length"),
    ),
)
