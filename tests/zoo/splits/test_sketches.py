from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

import registry
import zoo
from registry.errors import ReleaseError
from tests.conftest import SMALL
from tests.zoo.splits.related import examples, mutated, random_codes, shifted
from zoo.dna import decode, reverse_complement, reverse_complement_codes
from zoo.errors import InputError
from zoo.splits import sketches as module
from zoo.splits.leaks import LeakageWarning
from zoo.splits.overlaps import overlap, release_sketch
from zoo.splits.sketches import Lookup, Sketch, Sketcher, sketch

TRAIN = random_codes(6_000, 150)  # more words than a sketch has entries
SKETCH = sketch(TRAIN)
NEW = random_codes(4_000, 150, seed=5)


def share(known: Sketch, codes: np.ndarray) -> module.Overlap:
    lookup = Lookup(known)
    lookup.add(codes)
    return lookup.overlap()


def test_it_is_small_and_a_sample() -> None:
    assert len(SKETCH.to_bytes()) <= 65_536
    assert SKETCH.words == pytest.approx(6_000 * 130, rel=0.02)
    assert SKETCH.sampled == pytest.approx(32_000 / (6_000 * 130), rel=0.02)
    assert len(Sketch.from_bytes(SKETCH.to_bytes()).hashes) == len(SKETCH.hashes)


@pytest.mark.parametrize("fraction", [0.0, 0.05, 0.38, 1.0])
def test_the_share_of_copies_is_estimated(fraction: float) -> None:
    codes = NEW.copy()
    count = round(fraction * len(codes))
    codes[:count] = TRAIN[:count]
    codes[:count:2] = reverse_complement_codes(codes[:count:2])
    found = share(SKETCH, codes)
    assert abs(found.estimate - fraction) < 4 * found.standard_error
    assert found.standard_error < 0.02
    assert (found.estimate > found.noise) == (fraction > 0)


def test_the_standard_error_is_the_spread_of_the_estimate() -> None:
    random = np.random.default_rng(0)
    found = []
    for _ in range(60):
        codes = random_codes(300, 150, seed=int(random.integers(1 << 30)))
        codes[:90] = TRAIN[random.choice(6_000, 90, replace=False)]
        found.append(share(SKETCH, codes))
    spread = np.std([each.estimate for each in found], ddof=1)
    stated = np.mean([each.standard_error for each in found])
    assert stated / spread == pytest.approx(1, abs=0.35)
    assert np.mean([each.estimate for each in found]) == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("change", [mutated, shifted])
def test_near_duplicates_count_by_their_common_words(change: object) -> None:
    codes = shifted(TRAIN, 75) if change is shifted else mutated(TRAIN, 0.01)
    exact = containment(TRAIN[:500], codes[:500])
    found = share(SKETCH, codes)
    assert abs(found.estimate - exact) < 4 * found.standard_error + 0.02


def containment(train: np.ndarray, test: np.ndarray) -> float:
    """Mean share of the words of a sequence that are in the training data."""

    def words(codes: np.ndarray) -> list[str]:
        text = decode(codes)
        other, last = reverse_complement(text), len(text) - 21
        return [
            min(text[i : i + 21], other[last - i : last - i + 21])
            for i in range(last + 1)
        ]

    known = {word for codes in train for word in words(codes)}
    return float(np.mean([np.mean([w in known for w in words(c)]) for c in test]))


@given(st.integers(1, 40), st.integers(21, 60), st.integers(0, 2**32 - 1))
def test_a_small_sketch_knows_everything(count: int, length: int, seed: int) -> None:
    codes = random_codes(count, length, seed)
    made = sketch(codes)
    again = Sketch.from_bytes(made.to_bytes())
    np.testing.assert_array_equal(again.hashes, made.hashes)
    assert (again.limit, again.shift) == (made.limit, made.shift)
    assert again.sequences == count
    assert share(again, codes).estimate == 1


def test_parts_and_order_make_no_difference() -> None:
    maker = Sketcher()
    for first in (3_000, 0, 4_500):
        maker.add(TRAIN[first : first + 3_000 - 1_500 * (first > 0)])
    assert maker.sketch().to_bytes() == SKETCH.to_bytes()
    assert sketch(examples(TRAIN)).to_bytes() == SKETCH.to_bytes()
    lookup = Lookup(SKETCH)
    lookup.add(TRAIN[:100])
    lookup.add(NEW[:100])
    whole = share(SKETCH, np.concatenate([TRAIN[:100], NEW[:100]]))
    assert lookup.overlap().estimate == pytest.approx(whole.estimate)


def test_what_has_no_words_cannot_be_sketched_or_asked() -> None:
    for codes in (np.full((3, 50), 4, np.uint8), TRAIN[:3, :20], TRAIN[:0]):
        with pytest.raises(InputError, match="21 bp"):
            sketch(codes)
        found = share(SKETCH, codes)
        assert (found.estimate, found.standard_error, found.words) == (0, 1, 0)
        assert "nothing can be said" in str(found)


def test_of_many_words_a_smaller_sample_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_LOOKED_UP", 500)
    lookup = Lookup(sketch(TRAIN[:100]))
    lookup.add(np.concatenate([TRAIN[:50], NEW[:50]]))
    found = lookup.overlap()
    assert 250 <= found.words <= 500
    assert abs(found.estimate - 0.5) < 4 * found.standard_error < 0.15


@given(st.binary(max_size=200), st.integers(0, 100))
def test_other_bytes_are_refused(content: bytes, cut: int) -> None:
    for data in (content, SKETCH.to_bytes()[:cut] + content):
        with pytest.raises(ReleaseError, match="not a readable sketch"):
            Sketch.from_bytes(data)


def test_a_saved_release_warns_of_its_training_data(tmp_path: Path) -> None:
    model = zoo.create("rc_dilated", **SMALL | {"num_outputs": 1})
    facts = {
        "description": "A test",
        "task": "binary",
        "licence": "Apache-2.0",
        "min_length": 15,
        "outputs": [registry.release.Output("a", "probability", "sigmoid", "a")],
    }
    with pytest.raises(InputError, match="not both"):
        zoo.save(
            model,
            tmp_path / "a_v1",
            training_examples=examples(TRAIN),
            sketch=SKETCH,
            **facts,
        )
    release = zoo.save(
        model, tmp_path / "a_v1", training_examples=examples(TRAIN), **facts
    )
    assert release.sketch is not None
    kept = release_sketch(release)
    assert kept is not None and kept.to_bytes() == SKETCH.to_bytes()
    with pytest.warns(LeakageWarning, match="training data of a_v1"):
        found = overlap(tmp_path / "a_v1", examples(TRAIN[:500]))
    assert found.estimate == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        overlap(tmp_path / "a_v1", examples(NEW))
    # Those too short for a word are saved without one.
    short = examples(TRAIN[:50, :20])
    zoo.save(model, tmp_path / "b_v1", training_examples=short, **facts)
    with pytest.raises(InputError, match="no sketch"):
        overlap(tmp_path / "b_v1", NEW)


def test_shipped_releases_have_sketches_that_random_sequences_do_not_meet() -> None:
    for location in registry.list_releases():
        known = release_sketch(registry.read_location(location))
        assert known is not None
        found = share(known, NEW)
        assert found.estimate <= found.noise
