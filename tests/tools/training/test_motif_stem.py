from __future__ import annotations

import gzip
from pathlib import Path

import keras
import numpy as np
import pytest

import zoo
from tools.datasets import Split
from tools.training import motif_stem
from zoo.dna import encode, reverse_complement
from zoo.interpretation.motifs import Motif

MOTIFS = ("TGACTCA", "CACGTG", "GATAAG")


def meme() -> str:
    lines = ["MEME version 4", "", "ALPHABET= ACGT", ""]
    for consensus in MOTIFS:
        lines += [f"MOTIF {consensus}", "letter-probability matrix: alength= 4"]
        for base in consensus:
            row = [0.01 + 0.96 * (base == b) for b in "ACGT"]
            lines.append(" ".join(f"{p:.6f}" for p in row))
        lines.append("")
    return "\n".join(lines)


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    path = tmp_path / motif_stem.MEME
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(meme().encode()))
    return tmp_path


@pytest.mark.parametrize("width", [5, 6, 7, 15])
def test_a_scanner_is_proportional_to_the_log_odds(width: int) -> None:
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet(np.ones(4), size=6)
    motif = Motif.from_probabilities("x", probabilities, num_sites=300)
    weights = motif_stem.scanner(motif, width)
    assert weights.shape == (width, 4)
    assert weights.max(axis=1).sum() == pytest.approx(motif_stem.TOP)
    rows = weights[np.any(weights != 0, axis=1)]
    expected = np.log((probabilities + 0.01) / 1.04 / 0.25)
    if width < 6:
        informative = (np.exp(expected) * expected).sum(axis=1)
        expected = expected[1:] if informative[0] < informative[-1] else expected[:-1]
    np.testing.assert_allclose(rows / rows[0, 0], expected / expected[0, 0])


def test_best_matches_are_found_on_either_strand() -> None:
    probabilities = np.eye(4)[encode("TGACTCA")] * 0.96 + 0.01
    motif = motif_stem.scanner(Motif.from_probabilities("x", probabilities), 9)
    inside = "CCCCC" + "TGACTCA" + "CCCCCC"
    sequences = [inside, reverse_complement(inside), "C" * len(inside)]
    codes = np.stack([encode(s) for s in sequences])
    scores = motif_stem.best_matches(motif[..., None], codes)[:, 0]
    np.testing.assert_allclose(scores[:2], motif_stem.TOP, rtol=1e-5)
    assert scores[2] < 0.5
    # Rounding errors do not break ties.
    shaken = motif * (1 + 1e-6 * np.random.default_rng(0).normal(size=motif.shape))
    again = motif_stem.best_matches(shaken[..., None], codes)[:, 0]
    np.testing.assert_array_equal(again, scores)


def test_the_stem_starts_from_the_motifs_and_stays_tied(data_folder: Path) -> None:
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 4, (60, 30), dtype=np.uint8)
    targets = np.repeat([[1.0], [0.0]], 30, axis=0).astype("f4")
    codes[:30, 10:17] = encode("TGACTCA")
    model = zoo.create("rc_dilated", stem_filters=8, filters=4)
    before = model.get_layer("stem_conv").get_weights()[0]
    facts = motif_stem.start_from_motifs(
        model, Split(codes, targets), data_folder, seed=0
    )
    kernel, bias = model.get_layer("stem_conv").get_weights()
    motifs = [b for b in bias if b == -motif_stem.THRESHOLD]
    assert 1 <= len(motifs) <= 3
    np.testing.assert_array_equal(kernel[..., -1], before[..., -1])
    first = model.get_layer("stem_conv").kernel[..., 0]
    best = keras.ops.convert_to_numpy(first).argmax(axis=1)
    assert "3201310" in "".join(map(str, best))  # TGACTCA
    assert len(facts["sha256"]) == 64
