"""Every bin once, by the window most central to it: against plain loops."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo.errors import InputError
from zoo.prediction.genome import tiles


@st.composite
def shapes(draw):
    bin_size = draw(st.integers(1, 5))
    bins = draw(st.integers(1, 6))
    window = bins * bin_size + draw(st.integers(0, 30))
    if draw(st.booleans()):
        return tiles.geometry(window, None, None, draw(st.integers(1, window)))
    step = draw(st.integers(1, bins)) * bin_size
    return tiles.geometry(window, bins, bin_size, step)


lengths = st.lists(st.integers(1, 200), min_size=1, max_size=4).map(
    lambda sizes: {f"c{number}": size for number, size in enumerate(sizes)}
)


def predicted(tiling):
    """Contig, bin and first base of its window, of each bin kept."""
    places = tiling.places(0, len(tiling))
    contig, number, keep = tiling.bins(places)
    windows = np.repeat(tiling.window_starts(places), tiling.geometry.bins)
    return [
        (int(c), int(b), int(w))
        for c, b, w, k in zip(contig, number, windows, keep, strict=True)
        if k
    ]


@given(shapes(), lengths, st.sampled_from(["pad", "drop"]))
def test_every_bin_of_whole_contigs_once(shape, sizes, edges):
    found = predicted(tiles.whole_contigs(shape, sizes, None, edges))
    expected = []
    for contig, size in enumerate(sizes.values()):
        for start in range(0, size, shape.bin_size):
            window = start // shape.step * shape.step - shape.offset
            inside = window >= 0 and window + shape.window <= size
            if edges == "pad" or inside:
                expected.append((contig, start // shape.bin_size, window))
    assert found == expected


@given(shapes())
def test_the_tile_lies_in_the_middle_of_its_window(shape):
    left = shape.offset
    right = shape.window - shape.offset - shape.step
    # Bins that do not fill the window evenly leave half a bin and half a base.
    assert abs(left - right) <= 1 + shape.bin_size
    if shape.bins == 1:
        assert shape.bin_size == shape.step


@given(shapes(), lengths, st.data())
def test_regions_are_a_part_of_the_whole(shape, sizes, data):
    contig = data.draw(st.lists(st.integers(0, len(sizes) - 1), min_size=1, max_size=5))
    bounds = [
        sorted(
            data.draw(
                st.lists(st.integers(0, size), min_size=2, max_size=2, unique=True)
            )
        )
        for size in ([*sizes.values()][c] for c in contig)
    ]
    start, end = np.array(bounds).T
    edges = data.draw(st.sampled_from(["pad", "drop"]))
    found = predicted(tiles.regions(shape, sizes, np.array(contig), start, end, edges))
    whole = predicted(tiles.whole_contigs(shape, sizes, None, edges))
    size = shape.bin_size
    assert found == [
        (c, b, w)
        for c, b, w in whole
        if any(
            c == r and b * size < e and (b + 1) * size > s
            for r, s, e in zip(contig, start, end, strict=True)
        )
    ]


def test_chosen_contigs_in_the_order_of_the_file():
    shape = tiles.geometry(10, None, None, 5)
    sizes = {"b": 12, "a": 5, "c": 7}
    found = predicted(tiles.whole_contigs(shape, sizes, ["c", "b"], "pad"))
    assert [(c, b) for c, b, _ in found] == [(0, 0), (0, 1), (0, 2), (2, 0), (2, 1)]


@given(shapes(), lengths, st.integers(1, 9))
def test_parts_join_to_the_whole(shape, sizes, size):
    tiling = tiles.whole_contigs(shape, sizes, None, "pad")
    parts = [
        tiling.places(start, min(start + size, len(tiling)))
        for start in range(0, len(tiling), size)
    ]
    whole = tiling.places(0, len(tiling))
    for axis in (0, 1):
        joined = np.concatenate([part[axis] for part in parts])
        np.testing.assert_array_equal(joined, whole[axis])


def test_defaults_are_all_that_a_window_predicts():
    assert tiles.geometry(101, None, None, None) == tiles.Geometry(101, 101, 101, 0, 0)
    # The shipped profile model: the central 1,024 bp of 2,048 in bins of 16.
    assert tiles.geometry(2048, 64, 16, None) == tiles.Geometry(2048, 1024, 16, 0, 512)
    assert tiles.geometry(2048, 64, 16, 512) == tiles.Geometry(2048, 512, 16, 16, 768)
    assert tiles.geometry(10, 4, None, None) == tiles.Geometry(10, 4, 1, 0, 3)


@pytest.mark.parametrize(
    ("bins", "bin_size", "step", "message"),
    [
        (None, None, 0, "from 1 to 101 bp"),
        (None, None, 102, "from 1 to 101 bp"),
        (5, 20, 30, "multiple of the bins' 20 bp"),
        (5, 20, 120, "at most 100 bp"),
        (5, 20, -20, "Received: -20"),
    ],
)
def test_steps_that_cannot_be(bins, bin_size, step, message):
    with pytest.raises(InputError, match=message):
        tiles.geometry(101, bins, bin_size, step)
