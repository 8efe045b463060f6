"""Variants through models of several outputs or inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pybigtools
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


def test_signals_are_those_of_the_reference(genome: Path, tmp_path: Path) -> None:
    made = release("multi_modal", tmp_path)
    size = len(TEXT["chr1"])
    values = np.random.default_rng(1).random(size).round(3)
    tracks = []
    for sign in (1, -1):
        tracks.append(str(tmp_path / f"{sign}.bw"))
        rows = (("chr1", i, i + 1, float(sign * v)) for i, v in enumerate(values))
        pybigtools.open(tracks[-1], "w").write({"chr1": size}, rows)
    vcf = write_vcf(tmp_path / "v.vcf", ROWS)
    more: dict[str, Any] = {
        "inputs": {"cell_type": 0, "covariates": 0.5, "signals": tracks},
        "strand": "+",
    }
    with pytest.raises(registry.SeqzooError, match=r"at least 0.*negative='absolute'"):
        zoo.score_variants(made.folder, genome, vcf, tmp_path / "o.tsv", **more)
    zoo.score_variants(
        made.folder, genome, vcf, tmp_path / "o.tsv", negative="absolute", **more
    )
    found = pd.read_csv(tmp_path / "o.tsv", sep="\t").iloc[:, 5:].to_numpy()
    model, pairs = zoo.load(made.folder), []
    starts = [position - 1 - WINDOW // 2 for _, position, _, _ in ROWS]
    along = np.stack([values[start : start + WINDOW] for start in starts])
    for alternate in (False, True):
        texts = [TEXT["chr1"][start : start + WINDOW] for start in starts]
        if alternate:
            half = WINDOW // 2
            others = (row[3] for row in ROWS)
            texts = [
                text[:half] + other + text[half + 1 :]
                for text, other in zip(texts, others, strict=True)
            ]
        inputs = {
            "sequence": encode_batch(texts),
            "cell_type": np.zeros(len(ROWS)),
            "covariates": np.full((len(ROWS), 3), 0.5),
            "signals": np.stack([along, along], axis=2),
        }
        pairs.append(zoo.predict(model, inputs))
    np.testing.assert_allclose(found, pairs[1] - pairs[0], rtol=1e-3, atol=1e-5)
