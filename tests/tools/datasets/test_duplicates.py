import numpy as np
from hypothesis import given, strategies as st

from tools.datasets.duplicates import merge_labels, sequence_keys
from zoo.dna import encode_batch

# Short ones of few letters, so that equal pairs and palindromes do occur.
BATCH = st.lists(st.text("ACTN", min_size=4, max_size=4), min_size=1, max_size=30)
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


@given(BATCH)
def test_keys_are_equal_exactly_when_sequences_are(batch):
    codes = encode_batch(batch)
    one, both = (sequence_keys(codes, both_strands=b) for b in (False, True))
    for i, first in enumerate(batch):
        for j, second in enumerate(batch):
            assert (one[i] == one[j]) == (first == second)
            other = second[::-1].translate(COMPLEMENT)
            assert (both[i] == both[j]) == (first in (second, other))


def test_merges_what_is_known_and_unknows_what_is_contradicted():
    nan = np.nan
    keys = np.array([b"b", b"a", b"b", b"c", b"a"])
    labels = np.array(
        [[1, nan, 0], [0, 0, nan], [nan, 1, 1], [nan, nan, 1], [0, nan, nan]],
        np.float32,
    )
    first, merged, conflicts = merge_labels(keys, labels)
    assert first.tolist() == [0, 1, 3]
    np.testing.assert_array_equal(merged, [[1, 1, nan], [0, 0, nan], [nan, nan, 1]])
    assert merged.dtype == np.float32
    assert conflicts == 1
