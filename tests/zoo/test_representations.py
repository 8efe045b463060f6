"""What a prompt or a notebook prints of an object: short enough to be read."""

from __future__ import annotations

import numpy as np

import zoo
from zoo.data import Examples
from zoo.data.examples import CodesInMemory
from zoo.interpretation.simulation import Arrangement, Grammar, simulate
from zoo.splits import sketch


def many_examples() -> Examples:
    codes = np.random.default_rng(0).integers(0, 4, (300, 60), dtype=np.uint8)
    return Examples(
        CodesInMemory(codes),
        targets=np.zeros((300, 40), np.float32),
        outputs=tuple(f"factor_{number}" for number in range(40)),
        names=np.array([f"r{number}" for number in range(300)]),
        columns={"split": np.repeat(["train", "test"], 150)},
        dropped={"with N": 1_200, "too short": 34},
        source="peaks.tsv",
    )


def test_examples_say_how_many_of_what() -> None:
    assert repr(many_examples()) == (
        "Examples('peaks.tsv': 300 sequences of 60 bp; targets (300, 40): factor_0, "
        "factor_1, factor_2, factor_3 and 36 more; names; columns split; "
        "1,234 left out)"
    )


def test_what_holds_examples_is_short_too() -> None:
    examples = many_examples()
    parts = zoo.splits.split_by_column(examples, "split", leaks="ignore")
    assert repr(parts).startswith("train 150, valid 0, test 150 examples")
    for found in (examples.batches(8), sketch(examples)):
        assert len(repr(found)) < 200


def test_simulations_and_motifs_are_short() -> None:
    motifs = zoo.samples.motifs()
    assert repr(motifs["CTCF"]) == "Motif('MA0139.2 CTCF', 15 bp)"
    assert repr(motifs).count("\n") == 0
    grammar = Grammar("GATA1", 1, (Arrangement((motifs["GATA1"],)),))
    found = simulate([grammar], 5, 100)
    assert repr(found).startswith("Simulation(") and len(repr(found)) < 100


def test_reports_are_the_table_that_they_print() -> None:
    model = zoo.create("shallow_wide", filters=4)
    for found in (zoo.summary(model), zoo.receptive_field(model)):
        assert repr(found) == str(found)
        assert repr(found).startswith("layer ")
