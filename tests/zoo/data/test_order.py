import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo.data.order import BatchOrder
from zoo.errors import InputError


@st.composite
def orders(draw, **fixed):
    count = draw(st.integers(1, 4))
    settings = {
        "size": draw(st.integers(1, 60)),
        "batch_size": count * draw(st.integers(1, 12)),
        "shuffle": draw(st.booleans()),
        "seed": draw(st.integers(0, 2**40)),
        "drop_remainder": draw(st.booleans()),
    } | fixed
    return count, settings


def make(settings, **changes):
    try:
        return BatchOrder(**settings | changes)
    except InputError:
        return None


@given(case=orders(drop_remainder=False), epoch=st.integers(0, 5))
def test_each_row_once_an_epoch_in_batches_of_one_size(case, epoch):
    _, settings = case
    order = BatchOrder(**settings)
    batches = [order.rows(epoch, step) for step in range(order.steps)]
    assert sorted(np.concatenate(batches)) == list(range(settings["size"]))
    assert {len(b) for b in batches[:-1]} <= {settings["batch_size"]}
    if not settings["shuffle"]:
        assert np.concatenate(batches).tolist() == list(range(settings["size"]))


@given(case=orders())
def test_shards_cut_each_global_batch_as_array_split(case):
    count, settings = case
    whole, parts = (
        make(settings),
        [make(settings, shard=(index, count)) for index in range(count)],
    )
    if parts[0] is None:
        n, size = settings["size"], settings["batch_size"]
        rest = n % size
        assert n < size if settings["drop_remainder"] else 0 < rest < count
        return
    for step in range(whole.steps):
        expected = np.array_split(whole.rows(1, step), count)
        received = [part.rows(1, step) for part in parts]
        for one, other in zip(expected, received, strict=True):
            assert len(one) and one.tolist() == other.tolist()
    assert {part.steps for part in parts} == {whole.steps}


def test_orders_differ_by_epoch_and_seed_and_are_remembered_for_two_epochs():
    order = BatchOrder(1000, 10, shuffle=True)
    first, second = order.permutation(0), order.permutation(1)
    assert order.permutation(0) is first
    assert (first != second).any()
    assert (BatchOrder(1000, 10, shuffle=True, seed=1).permutation(0) != first).any()
    order.permutation(2)
    assert sorted(order._permutations) == [1, 2]
    assert (order.permutation(0) == first).all()


@given(
    counts=st.lists(st.integers(1, 30), min_size=2, max_size=4),
    batch_size=st.integers(1, 20),
    oversample=st.booleans(),
)
def test_balanced_batches_have_as_many_of_each_class(counts, batch_size, oversample):
    groups = np.repeat(np.arange(len(counts)), counts)
    np.random.default_rng(0).shuffle(groups)
    order = BatchOrder(
        len(groups), batch_size, shuffle=True, groups=groups, oversample=oversample
    )
    rows = [order.rows(3, step) for step in range(order.steps)]
    drawn = np.concatenate(rows)
    each = max(counts) if oversample else min(counts)
    assert np.bincount(groups[drawn]).tolist() == [each] * len(counts)
    for of_class, there in enumerate(counts):
        times = np.bincount(drawn[groups[drawn] == of_class], minlength=len(groups))
        times = times[groups == of_class]
        # A row comes again only after all others of its class.
        assert times.max() - times.min() <= 1 and times.sum() == each
        assert (times > 0).all() or each < there
    # Classes take turns: whole turns of a batch have one of each.
    turns = groups[drawn].reshape(-1, len(counts))
    assert (np.sort(turns, axis=1) == np.arange(len(counts))).all()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"batch_size": 0}, "batch_size of at least 1"),
        ({"seed": -1}, "seed"),
        ({"shard": (2, 2)}, "index from 0"),
        ({"batch_size": 5, "shard": (0, 2)}, "2 divides"),
        ({"size": 0}, "at least 1 rows"),
        ({"size": 3, "drop_remainder": True}, "at least 4 rows"),
        ({"size": 9, "shard": (0, 2)}, "9 rows in batches of 4, 1 in the last"),
        ({"groups": np.zeros(10, int)}, "shuffle=True"),
        ({"groups": np.full(10, 1), "shuffle": True}, r"classes \[0\] with none"),
        (
            {"background": np.zeros(10, bool), "background_ratio": -1.0},
            "background_ratio of at least 0, .*Received: -1.0",
        ),
        (
            {
                "background": np.zeros(10, bool),
                "groups": np.arange(10) % 2,
                "shuffle": True,
            },
            "without balanced classes",
        ),
    ],
)
def test_refuses_numbers_that_do_not_fit(changes, says):
    with pytest.raises(InputError, match=says):
        BatchOrder(**{"size": 10, "batch_size": 4} | changes)


def test_a_step_beyond_the_epoch_is_an_index_error():
    with pytest.raises(IndexError, match="0 to 2"):
        BatchOrder(10, 4).rows(0, 3)


@given(
    peaks=st.integers(1, 40),
    background=st.integers(0, 60),
    ratio=st.floats(0, 2),
    shuffle=st.booleans(),
    count=st.integers(1, 3),
)
def test_an_epoch_has_all_peaks_and_a_draw_of_the_background(
    peaks, background, ratio, shuffle, count
):
    column = np.arange(peaks + background) >= peaks
    np.random.default_rng(0).shuffle(column)
    wanted = min(round(ratio * peaks), background)
    order = BatchOrder(
        len(column),
        3 * count,
        shuffle=shuffle,
        drop_remainder=peaks + wanted >= 3 * count,
        background=column,
        background_ratio=ratio,
        shard=(0, count) if peaks + wanted >= 3 * count else (0, 1),
    )
    assert order.epoch_size == peaks + wanted
    for epoch in range(3):
        rows = order.permutation(epoch)
        assert len(rows) == len(set(rows.tolist())) == peaks + wanted
        assert set(np.flatnonzero(~column)) <= set(rows.tolist())
        if not shuffle:
            assert (rows == np.sort(rows)).all()
            assert (rows == order.permutation(0)).all()


def test_background_is_drawn_anew_each_epoch_all_of_it_alike():
    column = np.arange(300) >= 100
    order = BatchOrder(
        300, 10, shuffle=True, background=column, background_ratio=0.5, seed=1
    )
    times = np.zeros(300)
    for epoch in range(40):
        times[order.permutation(epoch)] += 1
    assert (times[:100] == 40).all()
    # 40 draws of 50 of 200: ten each, binomial with a deviation of 2.7.
    assert times[100:].mean() == 10 and times[100:].max() < 24 and times.min() > 0
