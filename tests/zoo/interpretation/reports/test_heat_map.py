"""Heat maps as another program reads them."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from matplotlib import image

from zoo.interpretation.reports.heat_map import heat_map


def pixels(address: str) -> np.ndarray:
    start, _, data = address.partition(",")
    assert start == "data:image/png;base64"
    read = image.imread(io.BytesIO(base64.b64decode(data)), format="png")
    return np.round(255 * read).astype(int)


def test_values_are_colors_and_opacities() -> None:
    values = np.array([[0.0, 1.0, -2.0], [0.5, -0.25, np.nan]])
    read = pixels(heat_map(values, 2.0))
    assert read.shape == (2, 3, 4)
    assert read[..., 3].tolist() == [[0, 128, 255], [64, 32, 0]]
    assert read[0, 1, :3].tolist() == [213, 94, 0]  # above 0
    assert read[0, 2, :3].tolist() == [0, 114, 178]


def test_own_bases_are_gray() -> None:
    own = np.array([[True, False]])
    read = pixels(heat_map(np.array([[0.0, 9.0]]), 1.0, own))
    assert read[0, 0].tolist() == [128, 128, 128, 70]
    assert read[0, 1, 3] == 255  # beyond the largest


@pytest.mark.parametrize("width", [1, 4_000])
def test_all_zero(width: int) -> None:
    address = heat_map(np.zeros((4, width)), 0.0)
    assert pixels(address).shape == (4, width, 4)
    assert len(address) < 400
