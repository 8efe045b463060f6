from __future__ import annotations

import numpy as np

import zoo
from tools.datasets import yeast_dyads
from tools.datasets.dataset import Chromosome
from tools.study import nucleosomes


def test_windows_with_other_flanks_have_the_same_middles() -> None:
    codes = np.random.default_rng(0).integers(0, 4, 5000, np.uint8)
    track = np.zeros((5000, 1), "f4")
    expected = yeast_dyads.windows([Chromosome("chrXV", codes, track)]).codes
    found = nucleosomes.wide({"chrXV": codes}, 2048 + 200, ["chrXV"])
    assert found.shape == (len(expected), 2248)
    np.testing.assert_array_equal(found[:, 100:-100], expected)
    assert (found[0, :100] == 4).all() and (found[1, :100] < 4).all()


def test_expected_dyads_are_the_same_for_both_strands() -> None:
    model = zoo.create(
        "bpnet",
        sequence_length=60,
        num_outputs=1,
        filters=4,
        dilation_rates=[1, 2],
        profile_kernel_size=5,
    )
    codes = np.random.default_rng(1).integers(0, 4, (3, 60), np.uint8)
    one = nucleosomes.expected(model, codes)
    other = nucleosomes.expected(model, (3 - codes)[:, ::-1])
    np.testing.assert_allclose(one, other[:, ::-1], rtol=1e-4, atol=1e-7)
    assert (one >= 0).all()
