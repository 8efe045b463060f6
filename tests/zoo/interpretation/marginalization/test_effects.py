"""Against predictions of strings that are put together one by one."""

import keras
import numpy as np
import pytest

import zoo
from zoo import dna
from zoo.errors import InputError
from zoo.interpretation import MotifPairs, marginalize, motif_pairs
from zoo.interpretation.marginalization.effects import ORIENTATIONS
from zoo.interpretation.motifs import Motif

LENGTH = 31


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return zoo.create("shallow_wide", filters=6, kernel_size=5, num_outputs=2, units=4)


@pytest.fixture(scope="module")
def codes():
    return np.random.default_rng(0).integers(0, 4, (5, LENGTH), np.uint8)


def predicted(model, texts):
    return zoo.predict(model, texts, window="full").astype(np.float64)


def test_effects_are_those_of_strings(model, codes):
    motif = Motif("m", np.eye(4)[[2, 0, 3, 3, 0]] * 9)
    found = marginalize(model, {"gata": motif, "t": "t", "": ""}, codes, batch_size=2)
    texts = [dna.decode(row) for row in codes]
    reference = predicted(model, texts)
    np.testing.assert_allclose(found.reference, reference, atol=1e-5)
    assert found.names == ("output_0", "output_1")
    assert dict(found.motifs) == {"gata": "GATTA", "t": "T", "": ""}
    for row, letters in enumerate(("GATTA", "T", "")):
        start = LENGTH // 2 - len(letters) // 2
        new = [t[:start] + letters + t[start + len(letters) :] for t in texts]
        expected = predicted(model, new) - reference
        np.testing.assert_allclose(found.effects[row], expected, atol=1e-5)
        np.testing.assert_allclose(found.mean[row], expected.mean(axis=0), atol=1e-5)


def test_pairs_are_those_of_strings(model, codes):
    first, second, gaps = "GATTA", "CCG", (0, 3, 8)
    found = motif_pairs(model, first, second, codes, gaps=gaps, outputs="output_1")
    texts = [dna.decode(row) for row in codes]
    reference = predicted(model, texts)[:, 1].mean()
    assert found.joint.shape == (4, 3, 1) and found.names == ("output_1",)
    for row, strands in enumerate(ORIENTATIONS):
        left, right = (
            text if strand == "+" else dna.reverse_complement(text)
            for text, strand in zip((first, second), strands, strict=True)
        )
        for column, gap in enumerate(gaps):
            start = LENGTH // 2 - (8 + gap) // 2
            effects = []
            for one, other in ((left, right), (left, None), (None, right)):
                new = []
                for text in texts:
                    letters = list(text)
                    if one:
                        letters[start : start + 5] = one
                    if other:
                        letters[start + 5 + gap : start + 8 + gap] = other
                    new.append("".join(letters))
                effects.append(predicted(model, new)[:, 1].mean() - reference)
            seen = [found.joint[row, column, 0], *found.alone[:, row, column, 0]]
            np.testing.assert_allclose(seen, effects, atol=1e-5)
    expected = found.joint - found.alone[0] - found.alone[1]
    np.testing.assert_allclose(found.interaction, expected, atol=1e-6)


def test_a_pair_and_its_other_strand_are_one_to_an_equivariant_model(codes):
    """The sequences and their reverse complements in one, so that strands agree."""
    keras.utils.set_random_seed(0)
    model = zoo.create("rc_dilated", stem_filters=8, filters=8, dilation_rates=(1,))
    both = np.concatenate([codes, dna.reverse_complement_codes(codes)])
    there = motif_pairs(model, "GATTA", "CCG", both, gaps=[1, 3])  # odd and odd: 31 bp
    back = motif_pairs(model, "CCG", "GATTA", both, gaps=[1, 3])
    np.testing.assert_allclose(there.joint, back.joint[[3, 1, 2, 0]], atol=1e-5)
    assert np.abs(there.joint).max() > 1e-4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gaps": [-1]}, "0 bp or more.*Received: -1"),
        ({"gaps": []}, "gaps in whole bp"),
        ({"gaps": [0.5]}, "gaps in whole bp"),
        ({"gaps": [24]}, "at most 31 bp.*Received: 32 bp, with a gap of 24"),
        ({"second": "XX"}, "motif 'second'"),
        ({"second": ""}, "at least one base. Received: first='GATTA', second=''"),
        ({"outputs": "output_7"}, "output_7"),
    ],
)
def test_pairs_that_cannot_be_are_refused(model, codes, changes, message):
    given = {"first": "GATTA", "second": "CCG"} | changes
    with pytest.raises(InputError, match=message):
        motif_pairs(model, sequences=codes, **given)


def test_motifs_that_cannot_be_inserted_are_refused(model, codes):
    for motifs, message in (
        ({}, "at least one motif"),
        (["ACGT"], "by name"),
        ({"a": 3}, "motif 'a': expected letters or a Motif. Received: 3"),
        ({"long": "A" * 32}, "motif 'long': expected at most 31 bp"),
    ):
        with pytest.raises(InputError, match=message):
            marginalize(model, motifs, codes)
    assert isinstance(repr(marginalize(model, {"a": "A"}, codes)), str)
    assert "gaps 0 to 1" in repr(
        MotifPairs(np.arange(2), np.zeros((4, 2, 1)), np.zeros((2, 4, 2, 1)), ("a",))
    )
