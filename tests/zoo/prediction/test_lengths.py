"""Sequences of another length than in training are cut, or are told of."""

import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st

import zoo
from zoo.data.record import Interval, Record
from zoo.dna import decode, reverse_complement_codes
from zoo.errors import InputError
from zoo.models.creation import origin
from zoo.prediction.lengths import Lengths, windowed
from zoo.prediction.sequences import predict


def random_codes(count, length, seed=0):
    return np.random.default_rng(seed).integers(0, 4, (count, length), dtype=np.uint8)


@pytest.fixture(scope="module")
def model():
    return zoo.load("rc_dilated_v1")


def test_random_dna_is_no_longer_positive_because_it_is_long(model):
    """It was 0.93 on the average at 500 bp, and 0.998 at 2,000."""
    shares = []
    for length in (101, 500, 2_000):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = predict(model, random_codes(100, length), activation="sigmoid")
        shares.append(found[:, 0].mean())
    np.testing.assert_allclose(shares[1:], shares[0], atol=0.08)
    whole = predict(model, random_codes(20, 2_000), activation="sigmoid", window=2_000)
    assert whole[:, 0].mean() > 0.98  # what the window is for


@pytest.mark.parametrize("form", ["text", "codes", "one_hot"])
def test_the_middle_of_longer_ones_is_predicted(model, form):
    codes = random_codes(3, 300)
    given = {
        "text": [decode(row) for row in codes],
        "codes": codes,
        "one_hot": np.eye(4, dtype=np.float32)[codes],
    }[form]
    message = (
        r"rc_dilated_v1 was trained and measured on 101 bp\. 3 of 3 sequences are "
        r"longer: of each the 101 bp in the middle are predicted \(window=101 says so "
        r"without this warning, window='full' predicts all of it\)"
    )
    with pytest.warns(UserWarning, match=message):
        found = predict(model, given)
    # 199 bp are left over: 99 on the left, 100 on the right.
    np.testing.assert_array_equal(found, predict(model, codes[:, 99:200]))
    # Who says it is not warned.
    np.testing.assert_array_equal(predict(model, given, window=101), found)


def test_others_are_predicted_as_they_are_and_told_of(model):
    texts = ["ACGTTGCATTACGCA" * n for n in (2, 4, 10)]
    message = (
        r"101 bp\. 1 of 3 sequences are longer.* 2 of 3 sequences have 30 to 60 bp, "
        r"0\.3 to 0\.59 times as many: they are predicted as they are"
    )
    with pytest.warns(UserWarning, match=message):
        found = predict(model, texts)
    with pytest.warns(UserWarning, match="3 of 3 sequences have 30 to 150 bp"):
        whole = predict(model, texts, window="full")
    np.testing.assert_array_equal(found[:2], whole[:2])
    assert abs(found[2] - whole[2]).max() > 1e-3
    np.testing.assert_allclose(
        whole[2:], predict(model, texts[2:], window=150), rtol=1e-4, atol=1e-5
    )


def test_a_window_of_another_length_is_measured_by_the_training(model):
    """Not by the window: 101 bp are what it was trained on, whatever the window."""
    texts = ["ACGTTGCATT" * n for n in (3, 20, 30)] + ["A" * 101]
    message = r"1 of 4 sequences have 30 bp, 0\.3 times as many"
    with pytest.warns(UserWarning, match=message):
        predict(model, texts, window=200)


def test_releases_of_one_length_take_longer_sequences():
    fixed = zoo.load("deep_narrow_v1")
    codes = random_codes(2, 90)
    with pytest.warns(UserWarning, match="deep_narrow_v1 was trained .* on 70 bp") as w:
        found = predict(fixed, codes)
    assert "full" not in str(w[0].message)  # which it does not take
    np.testing.assert_array_equal(found, predict(fixed, codes[:, 10:80]))
    with pytest.raises(InputError, match=r"expected 70 bp.* Received: 60 bp"):
        predict(fixed, codes[:, :60])
    with pytest.raises(InputError, match="70 bp, the length that deep_narrow_v1"):
        predict(fixed, codes, window=80)
    with pytest.raises(InputError, match="expected 70 bp"):
        predict(fixed, codes, window="full")


def test_what_has_no_training_length_is_left_alone():
    codes = random_codes(2, 200)
    new = zoo.create("kmer", num_outputs=2, filters=4)
    head = zoo.load("kmer_v1", num_outputs=2)
    for model in (new, head):
        np.testing.assert_array_equal(
            predict(model, codes), predict(model, codes, window=200)
        )
        # None is longer or shorter than in training, if there was none.
        predict(model, codes[:, :60], window=100)


def test_an_ensemble_was_trained_as_its_members(model):
    both = zoo.ensemble([model, zoo.load("rc_dilated_v1")])
    assert origin(both).training_length == 101
    assert {origin(m).training_length for m in zoo.models.ensembles.members(both)} == {
        101
    }


def test_both_strands_were_trained_as_the_model(model):
    both = zoo.conjoined(model)
    codes = random_codes(2, 300)
    with pytest.warns(UserWarning, match="rc_dilated_v1 was trained .* on 101 bp"):
        found = predict(both, codes)
    np.testing.assert_array_equal(found, predict(both, codes[:, 99:200]))


def test_saved_again_it_says_the_same(model, tmp_path):
    said = {"description": "x", "task": "multi-label", "licence": "MIT"}
    release = zoo.save(model, tmp_path / "again_v1", **said)
    assert release.input.training_length == 101
    assert "Trained and measured on 101 bp." in release.card()
    other = zoo.save(model, tmp_path / "other_v1", training_length=60, **said)
    assert origin(zoo.load(other.folder)).training_length == 60


@pytest.mark.parametrize("window", [0, -1, 1.5, "101", True, "whole"])
def test_what_is_no_window(model, window):
    with pytest.raises(InputError, match="window of at least 1 bp, or 'full'"):
        predict(model, ["ACGT" * 10], window=window)


@given(
    size=st.integers(1, 40),
    window=st.integers(1, 12),
    step=st.none() | st.integers(1, 12),
    strand=st.sampled_from("+-."),
    first=st.integers(0, 50),
)
def test_windows_say_which_bases_they_hold(size, window, step, strand, first):
    genome = random_codes(1, first + size)[0]
    codes = genome[first:]
    if strand == "-":
        codes = reverse_complement_codes(codes)
    where = Interval("c", first, first + size, strand)
    record = Record("r", codes, "s", where)
    lengths = Lengths.__new__(Lengths)
    lengths.__dict__.update(window=window, count=0, cut=0, other=0, usual=None)
    found = list(windowed([record], lengths, step))
    for part in found:
        held = genome[part.interval.start : part.interval.end]
        if strand == "-":
            held = reverse_complement_codes(held)
        np.testing.assert_array_equal(part.codes, held)
        assert (part.interval.chrom, part.interval.strand) == ("c", strand)
        assert len(part.codes) == min(window, size)
    starts = [part.interval.start for part in found]
    if step is None or size <= window:
        assert len(found) == 1
        return
    assert starts == sorted(set(starts))
    assert max(np.diff(starts), default=0) <= step
    ends = {part.interval.end for part in found}
    assert (min(starts), max(ends)) == (first, first + size)
    if step <= window:
        covered = {i for s in starts for i in range(s, s + window)}
        assert len(covered) == size
