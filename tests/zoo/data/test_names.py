import random

from hypothesis import given, settings, strategies as st

from zoo.data.names import SeenNames

NAMES = st.lists(st.binary(max_size=2), min_size=1, max_size=20)


@settings(deadline=None)
@given(st.lists(NAMES, max_size=20))
def test_finds_what_a_set_finds(batches):
    seen, known = SeenNames(), set()
    for batch in batches:
        expected = []
        for index, name in enumerate(batch):
            if name in known:
                expected.append(index)
            known.add(name)
        assert seen.add(batch) == expected


def test_many_names_take_eight_bytes_each():
    seen = SeenNames()
    names = [b"read/%d" % i for i in range(200_000)]
    random.Random(0).shuffle(names)
    for start in range(0, len(names), 1000):
        assert seen.add(names[start : start + 1000]) == []
    assert sum(part.nbytes for part in seen._sorted) == 8 * len(names)
    assert len(seen._sorted) < 20
    assert seen.add([b"new", names[7]]) == [1]
