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


def test_a_card_says_what_a_user_must_know_of_the_outputs() -> None:
    release = zoo.info("tests/fixtures/schema_6/small_v1")
    baselines = [
        dataclasses.replace(METRIC, name=f"{kind}_baseline_auroc_a", value=value)
        for kind, value in (("kmer", 0.25), ("motif", 0.125))
    ]
    card = short_card(dataclasses.replace(release, metrics=(METRIC, *baselines)))
    for line in (
        "Intended use: Tests of the schema.",
        "- It knows nothing.",
        "| output | responds to | units | from logits by | positive from |",
        "| first | the first of two | probability | sigmoid | 0.400 |",
        "fitted on the validation split (platt)",
        "on the test split: 0.080 before, 0.020 after.",
        "| output | random, 100 bp | threshold for 1.0% of random | "
        "threshold for 0.1% of random |",
        "| second | 3.0% | 0.6000 | 0.9000 |",
        "| metric | validation | 95% interval | k-mers | best motif |",
        "| auroc_a | 0.500 | 0.400 to 0.600 | 0.250 (0.400 to 0.600) | "
        "0.125 (0.400 to 0.600) |",
    ):
        assert line in card
    assert "| kmer_baseline" not in card


def test_a_card_has_a_line_for_each_member_of_an_ensemble() -> None:
    release = dataclasses.replace(
        zoo.info("tests/fixtures/schema_6/small_v1"),
        architecture="ensemble",
        config={
            "members": [["rc_dilated", ["filters", 4]], ["gapped_kmer"]],
            "average": "logits",
        },
    )
    assert (
        "Architecture ensemble, {'average': 'logits'}, of 2 members:\n\n"
        "- rc_dilated, {'filters': 4}\n- gapped_kmer, {}\n\n"
    ) in short_card(release)
