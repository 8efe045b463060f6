"""Variants through a model of two outputs, whose channels are the two strands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import registry
import zoo
from tests.zoo.prediction.genome.test_several import WINDOW, release
from tests.zoo.prediction.variants.conftest import TEXT, substitution, write_vcf
from zoo.dna import encode_batch, reverse_complement_codes
from zoo.prediction.variants.scores import VariantScoring, scores_of

pytest.importorskip("pysam")

ROWS = [substitution("chr1", position) for position in (99, 250, 251)]


def predictions(model: Any, alternate: bool) -> dict[str, Any]:
    """The mean of both strands' logits, written out."""
    texts = []
    for chrom, position, _, other in ROWS:
        text, first = TEXT[chrom], position - 1 - WINDOW // 2
        if alternate:
            text = text[: position - 1] + other + text[position:]
        texts.append(text[first : first + WINDOW])
    codes = encode_batch(texts)
    forward = zoo.predict(model, codes, window="full")
    turned = zoo.predict(model, reverse_complement_codes(codes), window="full")
    return {
        "counts": (forward["counts"] + turned["counts"][:, ::-1]) / 2,
        "profile": (forward["profile"] + turned["profile"][:, ::-1, ::-1]) / 2,
    }


def test_counts_and_profiles_of_both_strands(genome: Path, tmp_path: Path) -> None:
    made = release("bpnet", tmp_path, partners=True)
    found = registry.find(str(made.folder))
    vcf = write_vcf(tmp_path / "v.vcf", ROWS)
    zoo.score_variants(made.folder, genome, vcf, tmp_path / "o.tsv")
    table = pd.read_csv(tmp_path / "o.tsv", sep="\t")
    model, scores = zoo.load(made.folder), scores_of(found)
    before, after = (predictions(model, alternate) for alternate in (False, True))
    expected = VariantScoring(scores)(before, after)
    assert table.columns[5:].tolist() == [
        "counts_0_log_fold_change",
        "counts_1_log_fold_change",
        "profile_0_jensen_shannon_distance",
        "profile_1_jensen_shannon_distance",
    ]
    np.testing.assert_allclose(table.iloc[:, 5:], expected, rtol=1e-3, atol=1e-6)
    assert np.abs(expected).min() > 0
