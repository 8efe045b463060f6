import json

import numpy as np
import pytest

from tools.datasets import Dataset, Split
from tools.training import motif_match
from zoo import samples
from zoo.dna import encode, reverse_complement_codes
from zoo.interpretation.motifs import Motif, read_meme


def motif(name, word, sites=20.0):
    return Motif(name, sites * np.eye(4)[encode(word)], identifier=f"M_{word}")


GATTACA, OTHER = motif("Gat", "GATTACA"), motif("Gat", "CCCCCCC")
UNNAMED = motif("Cat", "CATCATC")


@pytest.fixture
def planted():
    """GATTACA where "GAT" is 1, on either strand; CATCATC where "x" is."""
    random = np.random.default_rng(0)

    def split(n):
        codes = random.integers(0, 4, (n, 40), dtype=np.uint8)
        targets = random.integers(0, 2, (n, 2)).astype(np.float32)
        for row, (gat, other) in zip(codes, targets, strict=True):
            row[5:12] = encode("GATTACA") if gat else row[5:12]
            row[20:27] = encode("CATCATC") if other else row[20:27]
        codes[::2] = reverse_complement_codes(codes[::2])
        targets[: n // 2, 1] = np.nan
        return Split(codes, targets)

    splits = (split(60) for _ in range(3))
    return Dataset("planted", ("GAT", "x"), "probability", True, *splits, (), {})


def test_validation_chooses_among_the_motifs_of_the_name_else_among_all(planted):
    found = motif_match.motif_match(planted, [OTHER, GATTACA, UNNAMED], seed=0)
    assert found["chosen"] == {"GAT": "Gat M_GATTACA", "x": "Cat M_CATCATC"}
    values = {entry["name"]: entry["value"] for entry in found["metrics"]}
    # A word of 7 bp by chance in 68 places of 30 sequences: 0.1 are expected.
    assert values["auroc_mean"] > 0.99
    # The threshold is in nats, far from 0.5.
    assert values["mcc_GAT"] > 0.9 and values["accuracy_x"] > 0.9


def test_best_match_is_the_best_word_of_both_strands(planted):
    codes = planted.test.codes
    words = GATTACA.counts + 0.8 / 4
    weights = np.log(words / words.sum(axis=1, keepdims=True) / 0.25)
    expected = [
        max(
            weights[np.arange(7), strand[start : start + 7]].sum()
            for strand in (row, (3 - row)[::-1])
            for start in range(34)
        )
        for row in codes
    ]
    np.testing.assert_allclose(motif_match.best_match(GATTACA, codes), expected)


def test_the_file_is_what_a_release_reads(planted, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(motif_match.datasets, "load", lambda *_: planted)
    monkeypatch.setattr(motif_match, "read_meme", lambda _: [GATTACA, UNNAMED])
    out = tmp_path / "new" / "file.json"
    arguments = ["yeast_factors", "fungi", "--data", "x", "--out", str(out)]
    motif_match.main(arguments)
    written = json.loads(out.read_text())
    assert written["command"].startswith("python -m tools.training.motif_match yeast")
    assert {"name", "split", "value", "ci95"} <= set(written["metrics"][0])
    assert "auroc_GAT" in capsys.readouterr().out


def test_the_named_factors_have_motifs():
    names = {m.name.upper() for m in read_meme(samples.path(samples.JASPAR["fungi"]))}
    assert {"ABF1", "RAP1", "SPT15"} <= names
