from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tools.datasets import Dataset, Split
from tools.training.kmer_logistic import kmer_counts, logistic_regression
from tools.training.kmer_ridge import ridge_regression
from zoo.dna import encode, encode_batch, reverse_complement


def counted(sequence, k):
    kmers = (sequence[i : i + k] for i in range(len(sequence) - k + 1))
    return Counter(kmer for kmer in kmers if "N" not in kmer)


@settings(deadline=None)
@given(st.lists(st.text("ACGTN", min_size=12, max_size=12), min_size=1, max_size=5))
def test_counts_are_those_of_text(batch):
    one, both = (kmer_counts(encode_batch(batch), (2, 3), b) for b in (False, True))
    assert one.shape == both.shape == (len(batch), 16 + 64)
    kmers = [a + b for a in "ACGT" for b in "ACGT"]
    kmers += [a + b for a in "ACGT" for b in kmers]
    for row, sequence in enumerate(batch):
        forward = counted(sequence, 2) + counted(sequence, 3)
        other = reverse_complement(sequence)
        backward = counted(other, 2) + counted(other, 3)
        assert one[row].toarray()[0].tolist() == [forward[k] for k in kmers]
        assert both[row].toarray()[0].tolist() == [
            forward[k] + backward[k] for k in kmers
        ]


def dataset(split, reverse_complement=True, bin_size=0, outputs=("a", "b")):
    return Dataset(
        name="planted",
        output_names=outputs,
        units="",
        reverse_complement=reverse_complement,
        train=split(0),
        validation=split(1),
        test=split(2),
        facts=(),
        dropped={},
        bin_size=bin_size,
    )


def planted(seed, n=400, strand=True):
    """Output a: TGACTCAT on either strand. Output b: nothing to learn, half unknown."""
    random = np.random.default_rng(seed)
    codes = random.integers(0, 4, (n, 60)).astype(np.uint8)
    labels = random.integers(0, 2, (n, 2)).astype(np.float32)
    motif = encode("TGACTCAT")
    for row in np.flatnonzero(labels[:, 0]):
        start = random.integers(0, 52)
        flip = strand and random.random() < 0.5
        codes[row, start : start + 8] = 3 - motif[::-1] if flip else motif
    labels[: n // 2, 1] = np.nan
    return Split(codes, labels)


def auroc(split, probabilities, output):
    """By counting pairs."""
    target, score = split.targets[:, output], probabilities[:, output]
    positives, negatives = score[target == 1], score[target == 0]
    wins = positives[:, None] > negatives
    return (wins + (positives[:, None] == negatives) / 2).mean()


def test_logistic_regression_finds_a_motif_and_no_more():
    data = dataset(planted)
    description, chosen, probabilities = logistic_regression(data)
    assert probabilities.shape == (400, 2)
    assert ((probabilities > 0) & (probabilities < 1)).all()
    assert auroc(data.test, probabilities, 0) > 0.95
    assert 0.35 < auroc(data.test, probabilities, 1) < 0.65
    assert set(chosen) == {"a", "b"}
    assert "both strands" in description


def test_logistic_regression_without_the_other_strand():
    def opposed(seed):
        # The same motif, on one strand in one class and on the other in the other.
        split = planted(seed, strand=False)
        motif = encode("TGACTCAT")
        codes = split.codes.copy()
        for row in np.flatnonzero(split.targets[:, 0] == 0):
            codes[row, 20:28] = 3 - motif[::-1]
        return Split(codes, split.targets)

    one, both = (dataset(opposed, reverse_complement=b) for b in (False, True))
    description, _, probabilities = logistic_regression(one)
    assert auroc(one.test, probabilities, 0) > 0.95
    assert "one strand" in description
    assert auroc(both.test, logistic_regression(both)[2], 0) < 0.65


def test_ridge_regression_finds_a_local_signal():
    def split(seed):
        codes = np.random.default_rng(seed).integers(0, 4, (80, 400)).astype(np.uint8)
        # Bins of 8 bp in the middle; a bin's value is the GC of 40 bp around it.
        gc = np.isin(codes, (1, 2)).astype(float)
        starts = 160 + 8 * np.arange(10)
        values = np.stack([gc[:, s - 16 : s + 24].mean(axis=1) for s in starts], 1)
        targets = values[:, :, None].astype(np.float32)
        targets[0, :3] = np.nan
        return Split(codes, targets)

    data = dataset(split, bin_size=8, outputs=("gc",))
    description, chosen, predictions = ridge_regression(data)
    assert predictions.shape == data.test.targets.shape
    known = ~np.isnan(data.test.targets)
    assert np.corrcoef(predictions[known], data.test.targets[known])[0, 1] > 0.9
    # Two bins on either side are the 40 bp that the signal comes from.
    assert chosen["radius"] == 2
    assert "40 bp around each bin" in description


@pytest.mark.parametrize("kmer", ["AAAA", "GATTACA"])
def test_kmers_longer_than_the_sequence_are_refused(kmer):
    with pytest.raises(ValueError, match="k <= length"):
        kmer_counts(encode_batch(["ACG"]), (len(kmer),), both_strands=True)
