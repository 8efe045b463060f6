import numpy as np
import pytest

from tools.datasets import Dataset, Split


@pytest.fixture
def dataset() -> Dataset:
    """Random sequences with two random outputs, of which "other" is a third unknown."""

    def split(rows: int, seed: int) -> Split:
        random = np.random.default_rng(seed)
        codes = random.integers(0, 4, (rows, 40), dtype=np.uint8)
        targets = random.integers(0, 2, (rows, 2)).astype("float32")
        targets[::3, 1] = np.nan
        return Split(codes, targets)

    return Dataset(
        name="small",
        output_names=("one", "other"),
        units="probability",
        reverse_complement=True,
        train=split(120, 0),
        validation=split(40, 1),
        test=split(50, 2),
        facts=(),
        dropped={},
    )
