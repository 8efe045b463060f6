from __future__ import annotations

import dataclasses
from pathlib import Path

import zoo
from registry.release import Metric, TrainingData
from zoo.publishing.card import short_card

METRIC = Metric("auroc_a", "validation", 0.5, (0.4, 0.6), "seqzoo train a.toml")
DATA = TrainingData("peaks", "hg38", "there", "CC0-1.0", "Somebody 2020", "ab", "chr1")


def test_a_card_says_what_was_measured_and_of_what(tmp_path: Path) -> None:
    release = zoo.save(
        zoo.create("shallow_wide", filters=2, kernel_size=5),
        tmp_path / "card_v1",
        description="A card",
        task="binary",
        licence="CC0-1.0",
        outputs=["a"],
        activation="sigmoid",
        units="probability",
        min_length=20,
        symmetry="augmented",
        metrics=[METRIC, dataclasses.replace(METRIC, split="test", value=0.75)],
        training_data=[DATA],
    )
    card = (tmp_path / "card_v1" / "README.md").read_text()
    assert card == short_card(release)
    assert "| auroc_a | 0.750 | 0.400 to 0.600 |" in card
    assert "| metric | test |" in card and "validation" not in card
    assert "Measured by `seqzoo train a.toml`." in card
    assert "Trained on both strands, without a guarantee" in card
    assert "Data: peaks (hg38). Source: there. Licence: CC0-1.0." in card
    # Without a test split it is validation that was measured, and it says so.
    release = dataclasses.replace(release, metrics=(METRIC,))
    assert "| metric | validation |" in short_card(release)
    assert "Measured" not in short_card(dataclasses.replace(release, metrics=()))
