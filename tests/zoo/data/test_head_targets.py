"""What each output of a model learns: columns, totals and wider bins of one array."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from zoo.data import HeadTargets
from zoo.data.examples import CodesInMemory, Examples
from zoo.errors import InputError

RANDOM = np.random.default_rng(0)
READS = RANDOM.poisson(3.0, (5, 8, 3)).astype(np.float32)
OUTPUTS = ("a", "b", "c")


def examples(targets: np.ndarray = READS, **more: Any) -> Examples:
    codes = np.zeros((len(targets), 16), np.uint8)
    outputs = OUTPUTS[: targets.shape[-1]]
    return Examples(CodesInMemory(codes), targets=targets, outputs=outputs, **more)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (HeadTargets(), READS),
        (HeadTargets(outputs=("c", "a")), READS[..., [2, 0]]),
        (HeadTargets(targets="total"), np.einsum("nbk->nk", READS)),
        (HeadTargets(targets="log_total"), np.log(1 + np.einsum("nbk->nk", READS))),
        (HeadTargets(joined_bins=4, outputs=("b",)), READS[:, ::4, 1:2]
            + READS[:, 1::4, 1:2] + READS[:, 2::4, 1:2] + READS[:, 3::4, 1:2]),
        (HeadTargets(targets="log_total", joined_outputs=3),
            np.log(1 + np.einsum("nbk->n", READS))[:, None]),
        (HeadTargets(outputs=("c", "a"), joined_outputs=2),
            READS[..., 2:] + READS[..., :1]),
    ],
)  # fmt: skip
def test_it_is_made_of_the_targets(head: HeadTargets, expected: np.ndarray) -> None:
    found = head.of(READS, OUTPUTS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_joined_outputs_have_the_names_of_all() -> None:
    head = HeadTargets(outputs=("b", "a", "c", "d"), joined_outputs=2)
    assert head.names("abcd") == ("b_a", "c_d")
    assert head.groups("abcd") == (("b", "a"), ("c", "d"))


def test_a_missing_bin_makes_its_sums_missing() -> None:
    reads = READS.copy()
    reads[1, 2, 0] = np.nan
    for kind in ("total", "log_total"):
        found = HeadTargets(targets=kind).of(reads, OUTPUTS)  # type: ignore[arg-type]
        assert np.argwhere(np.isnan(found)).tolist() == [[1, 0]]
    wide = HeadTargets(joined_bins=2).of(reads, OUTPUTS)
    assert np.argwhere(np.isnan(wide)).tolist() == [[1, 1, 0]]


def test_targets_without_bins_are_their_own_total() -> None:
    found = HeadTargets(targets="log_total").of(READS[:, 0], OUTPUTS)
    np.testing.assert_allclose(found, np.log1p(READS[:, 0]), rtol=1e-6)


def test_batches_have_them_by_head() -> None:
    weight = np.arange(5, dtype=np.float32)
    batches = examples(sample_weight=weight).batches(
        2, heads={"profile": HeadTargets(outputs=("a",)), "counts": "log_total"}
    )
    assert batches.heads is not None
    assert batches.heads.shapes == {"profile": (8, 1), "counts": (3,)}
    for step, (_, y, w) in enumerate(batches):
        rows = slice(2 * step, 2 * step + 2)
        np.testing.assert_array_equal(y["profile"], READS[rows, :, :1])
        np.testing.assert_allclose(y["counts"], np.log1p(READS[rows].sum(1)), rtol=1e-6)
        np.testing.assert_array_equal(w, weight[rows])


@pytest.mark.parametrize(
    ("heads", "more", "message"),
    [
        ({}, {}, "for each output"),
        ({"counts": "sum"}, {}, r"heads\['counts'\].*'log_total'.*'sum'"),
        ({"p": HeadTargets(outputs=("d",))}, {}, r"heads\.p: outputs: .*a, b, c.*d"),
        ({"p": HeadTargets(outputs=("a", "a"))}, {}, "each once"),
        ({"p": HeadTargets(joined_bins=3)}, {}, "divisor of .* 8. Received: 3"),
        ({"p": HeadTargets(joined_outputs=2)}, {}, "divisor of .*outputs, 3. .*: 2"),
        (
            {"p": HeadTargets(targets="total", joined_bins=2)},
            {},
            "^heads.p: joined_bins: expected none for 'total', which is one sum over "
            "all bins. Received: 2$",
        ),
        ({"p": "values"}, {"sample_weight": np.ones((5, 3))}, "one weight per example"),
    ],
)
def test_refuses_what_is_not_there(
    heads: dict[str, Any], more: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        examples(**more).batches(2, heads=heads)


def test_bins_are_not_joined_where_there_are_none() -> None:
    with pytest.raises(InputError, match="targets with bins"):
        examples(READS[:, 0]).batches(2, heads={"p": HeadTargets(joined_bins=2)})
