import keras
import numpy as np
from hypothesis import given, settings, strategies as st

from tools.training.batches import GenomeBatches, SequenceBatches, cut_windows
from zoo import dna


def random_codes(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 5, shape).astype(np.uint8)


def numbered(n, length=30):
    """Sequences, and as target the number of each."""
    return random_codes(n, length), np.arange(n, dtype=np.float32)[:, None]


def epoch_of(batches):
    return [batches[i] for i in range(len(batches))]


def as_codes(x):
    """One-hot back to codes, by itself: zeros are N."""
    assert x.dtype == np.float32 and ((x == 0) | (x == 1)).all()
    return np.where(x.sum(axis=-1) == 1, x.argmax(axis=-1), 4)


def reverse_complement(codes):
    """By way of text, to be independent of the code under test."""
    return dna.encode(dna.decode(codes)[::-1].translate(str.maketrans("ACGT", "TGCA")))


@given(
    n=st.integers(1, 40),
    batch_size=st.integers(1, 50),
    shuffle=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_an_epoch_has_each_sequence_once_with_its_target(n, batch_size, shuffle, seed):
    codes, targets = numbered(n)
    batches = SequenceBatches(
        codes, targets, batch_size=batch_size, shuffle=shuffle, seed=seed
    )
    for _ in range(2):
        xs, ys = zip(*epoch_of(batches), strict=True)
        assert all(len(x) == batch_size for x in xs[:-1])
        rows = np.concatenate(ys)[:, 0].astype(int)
        assert sorted(rows) == list(range(n))
        assert (as_codes(np.concatenate(xs)) == codes[rows]).all()
        if not shuffle:
            assert rows.tolist() == list(range(n))
        batches.on_epoch_end()


def everything(seed, **changes):
    codes, targets = numbered(40)
    settings = {"shuffle": True, "reverse_complement": True, "max_shift": 3}
    return SequenceBatches(
        codes, targets, batch_size=16, seed=seed, **(settings | changes)
    )


def test_repeats_itself_in_any_order_and_changes_with_epoch_and_seed():
    first, again, other = everything(1), everything(1), everything(2)
    backwards = [again[i] for i in reversed(range(len(again)))][::-1]
    for (x, y), (x2, y2) in zip(epoch_of(first), backwards, strict=True):
        assert (x == x2).all() and (y == y2).all()
    assert (first[0][1] != other[0][1]).any()
    before = first[0]
    first.on_epoch_end()
    assert (first[0][1] != before[1]).any()
    again.on_epoch_end()
    assert (first[0][0] == again[0][0]).all()


def test_half_of_the_sequences_are_reverse_complemented_each_by_its_own_draw():
    codes = random_codes(400, 30)
    targets = np.where(codes[:, :2] == 0, np.nan, codes[:, :2]).astype(np.float32)
    batches = SequenceBatches(codes, targets, batch_size=400, reverse_complement=True)
    x, y = batches[0]
    np.testing.assert_array_equal(y, targets)
    found = as_codes(x)
    same = (found == codes).all(axis=1)
    for row in np.flatnonzero(~same):
        assert (found[row] == reverse_complement(codes[row])).all()
    assert 160 < same.sum() < 240  # 4 standard deviations
    assert (codes == random_codes(400, 30)).all()


def test_a_profile_is_reversed_with_its_sequence():
    codes = random_codes(60, 30)
    targets = np.random.default_rng(1).random((60, 5, 2)).astype(np.float32)
    original = targets.copy()
    x, y = SequenceBatches(codes, targets, batch_size=60, reverse_complement=True)[0]
    same = (as_codes(x) == codes).all(axis=1)
    assert 0 < same.sum() < 60
    np.testing.assert_array_equal(y[same], original[same])
    np.testing.assert_array_equal(y[~same], original[~same][:, ::-1])
    np.testing.assert_array_equal(targets, original)


def test_shifts_are_uniform_and_filled_with_n():
    codes = np.random.default_rng(0).integers(0, 4, (600, 20)).astype(np.uint8)
    x, _ = SequenceBatches(codes, codes[:, :1], batch_size=600, max_shift=2)[0]
    shifts = []
    for row, found in zip(codes.tolist(), as_codes(x).tolist(), strict=True):
        padded = [4, 4, *row, 4, 4]
        shifts.append([padded[i : i + 20] for i in range(5)].index(found))
    assert (np.bincount(shifts, minlength=5) > 80).all()


def fitted():
    keras.utils.set_random_seed(0)
    batches = everything(0)
    layers = [keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile(loss="mse")
    history = model.fit(batches, epochs=3, verbose=0).history["loss"]
    return batches.epoch, history


def test_fit_goes_from_epoch_to_epoch_and_repeats_itself():
    epoch, losses = fitted()
    # TensorFlow ends one epoch more, when it builds the model.
    assert epoch in (3, 4)
    assert fitted() == (epoch, losses)


LENGTHS = (100, 37, 64)
WINDOW = {"sequence_length": 40, "target_length": 24, "bin_size": 4}


def genome():
    """Chromosomes whose track is the place: 1,000 times the chromosome plus base."""
    codes = [random_codes(length, seed=i) for i, length in enumerate(LENGTHS)]
    tracks = [
        np.stack([1000 * i + np.arange(length), np.ones(length)], axis=1)
        for i, length in enumerate(LENGTHS)
    ]
    return codes, [track.astype(np.float32) for track in tracks]


def starts_of(y):
    """The chromosome and start of each window, from the mean place in its bins."""
    # Bin j covers the bases 8 + 4 j to 8 + 4 j + 3 of the window.
    start = y[:, :, 0] - (8 + 4 * np.arange(6) + 1.5)
    np.testing.assert_allclose(start, start[:, :1] + np.zeros(6), atol=1e-3)
    np.testing.assert_array_equal(y[:, :, 1], 1)
    return [divmod(round(value), 1000) for value in start[:, 0].tolist()]


def windows(seed, **changes):
    codes, tracks = genome()
    return GenomeBatches(
        codes, tracks, **{"batch_size": 200, "seed": seed} | WINDOW | changes
    )


@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_windows_are_moved_near_their_start_and_inside(seed):
    batches = windows(seed)
    x, y = batches[0]
    moved = starts_of(y)
    # Chromosome 1 is too short for one.
    grid = [(0, 0), (0, 24), (0, 48), (2, 0), (2, 24)]
    for (chromosome, start), (found, place) in zip(grid, sorted(moved), strict=True):
        assert chromosome == found
        assert start <= place < start + 24
    for (chromosome, start), row in zip(moved, as_codes(x), strict=True):
        assert (row == genome()[0][chromosome][start : start + 40]).all()
    batches.on_epoch_end()
    assert moved != starts_of(batches[0][1])


def test_windows_are_shuffled_and_flipped():
    orders, flips = set(), 0
    for seed in range(20):
        x, y = windows(seed, reverse_complement=True)[0]
        flipped = y[:, 0, 0] > y[:, -1, 0]
        starts = starts_of(np.where(flipped[:, None, None], y[:, ::-1], y))
        orders.add(tuple(chromosome for chromosome, _ in starts))
        flips += flipped.sum()
        for row, flip, (chromosome, start) in zip(
            as_codes(x), flipped, starts, strict=True
        ):
            window = genome()[0][chromosome][start : start + 40]
            assert (row == (reverse_complement(window) if flip else window)).all()
    assert len(orders) > 3
    assert 30 < flips < 70  # of 100: 4 standard deviations


def test_a_bin_with_an_unknown_base_is_unknown():
    codes, tracks = genome()
    tracks[0][13, 0] = np.nan
    _, y = cut_windows(codes[0], tracks[0], np.array([0, 30]), **WINDOW)
    # Bases 8 to 11 are bin 0 of the first window, 12 to 15 bin 1.
    assert np.argwhere(np.isnan(y)).tolist() == [[0, 1, 0]]
