from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import keras
import numpy as np
import pytest

from tests.zoo.layers.augmented import is_binomial, random_codes, train
from zoo.layers import RandomInsertionDeletion

LENGTH = 24
# All different and no bases, so that old and new ones can be told apart.
PLACES = np.arange(10, 10 + LENGTH, dtype="int32")
Edit = tuple[str, int, int]


def edits(max_length: int) -> Iterator[tuple[Edit, np.ndarray]]:
    """All windows on all edited molecules, -1 for a new base, by slicing lists."""
    old = PLACES.tolist()
    for n in range(1, max_length + 1):
        for p in range(LENGTH + 1):
            molecule = old[:p] + [-1] * n + old[p:]
            for left in range(n + 1):
                yield ("insertion", n, left), np.array(molecule[left : left + LENGTH])
        for p in range(LENGTH - n + 1):
            molecule = old[:p] + old[p + n :]
            for left in range(n + 1):
                window = [-1] * left + molecule + [-1] * (n - left)
                yield ("deletion", n, left), np.array(window)


def explained(x: np.ndarray, max_length: int) -> list[set[Edit]]:
    """The edits that give each row; new bases are A, C, G or T."""
    known: dict[bytes, set[Edit]] = {}
    for edit, window in edits(max_length):
        known.setdefault(window.tobytes(), set()).add(edit)
    new = x < 10
    assert (x[new] < 4).all() and (x[new] >= 0).all()
    rows = np.where(new, -1, x).astype(np.int64)
    return [known.get(row.tobytes(), set()) for row in rows]


def test_every_sequence_is_explained_by_one_edit() -> None:
    x = train(RandomInsertionDeletion(4, seed=0), np.tile(PLACES, (3000, 1)))
    assert x.shape == (3000, LENGTH)
    found = explained(x, 4)
    assert all(found)
    # Some windows have several explanations (an edit at an end), most have one.
    sure = [next(iter(edit)) for edit in found if len(edit) == 1]
    assert len(sure) > 2000
    assert {edit[:2] for edit in sure} == {
        (kind, n) for kind in ("insertion", "deletion") for n in range(1, 5)
    }


def test_insertions_and_deletions_are_equally_frequent_and_lengths_uniform() -> None:
    """By what survives: an insertion of n keeps at least length - n old bases."""
    layer = RandomInsertionDeletion(3, seed=0)
    x = train(layer, np.tile(PLACES, (4000, 1)))
    # Inside the window: an insertion leaves a gap between neighbours, a deletion joins
    # places that were n + 1 apart.
    kinds: Counter[Edit] = Counter()
    for row in np.where(x < 10, -1, x):
        inner = np.trim_zeros(row + 1) - 1  # new bases at the ends do not tell
        gap = int((inner < 0).sum())
        jump = int((np.diff(inner[inner >= 0]) - 1).max())
        if gap:
            kinds["insertion", gap, 0] += 1
        elif jump:
            kinds["deletion", jump, 0] += 1
    # An edit that touches neither end shows its length. Of L + 1 or L - n + 1 places:
    for n in (1, 2, 3):
        deletions = kinds["deletion", n, 0]
        inside = (LENGTH - n - 1) / (LENGTH - n + 1)
        assert is_binomial(deletions, len(x), inside / 6)
    # An insertion of 1 is inside the window unless it is the base that is cut off.
    visible = (LENGTH - 1) / (LENGTH + 1)
    assert kinds["insertion", 1, 0] >= visible / 6 * len(x) * 0.8


def test_the_strands_are_treated_alike() -> None:
    """As many new bases come in on the left as on the right."""
    x = train(RandomInsertionDeletion(6, seed=0), np.tile(PLACES, (2000, 1)))
    first, last = x[:, 0] < 10, x[:, -1] < 10
    only = first != last
    assert is_binomial(first[only].sum(), only.sum(), 0.5)


def test_new_bases_are_uniform() -> None:
    x = train(RandomInsertionDeletion(8, seed=0), np.tile(PLACES, (2000, 1)))
    new = x[x < 10]
    for base in range(4):
        assert is_binomial((new == base).sum(), new.size, 0.25)


def test_the_rate_is_that_of_sequences() -> None:
    x = train(RandomInsertionDeletion(4, rate=0.3, seed=0), np.tile(PLACES, (2000, 1)))
    same = (x == PLACES).all(axis=1)
    # An edit never gives the sequence back: an insertion at an end that is cut off
    # whole is the only one that would.
    invisible = np.mean(
        [
            np.mean(
                [
                    (p == 0 and left == n) or (p == LENGTH and left == 0)
                    for p in range(LENGTH + 1)
                    for left in range(n + 1)
                ]
            )
            for n in range(1, 5)
        ]
    )
    assert is_binomial((~same).sum(), len(same), 0.3 * (1 - invisible / 2))


def test_base_resolution_targets_move_along() -> None:
    codes = np.tile(PLACES, (100, 1))
    layer = RandomInsertionDeletion(5, base_resolution=True, seed=0)
    x, y = layer((codes, codes.astype("float32")[..., None]), training=True)
    x, y = keras.ops.convert_to_numpy(x), keras.ops.convert_to_numpy(y)[..., 0]
    np.testing.assert_array_equal(np.isnan(y), x < 10)
    np.testing.assert_array_equal(y[x >= 10], x[x >= 10])


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="max_length of at least 1"):
        RandomInsertionDeletion(0)
    with pytest.raises(ValueError, match="rate must be a probability"):
        RandomInsertionDeletion(2, rate=2)
    with pytest.raises(ValueError, match="smaller than the sequences are long"):
        RandomInsertionDeletion(9)(random_codes(2, 9))
