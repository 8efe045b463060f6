"""The study of motifs: what is said of an output, and what was recorded of releases."""

from __future__ import annotations

import json

import numpy as np
import pytest

import registry
import zoo
from tools.study.motifs import NOT_EXPLAINED, RELEASES, RESULTS, own, shown
from zoo.interpretation.motifs import LearnedMotif, Motif, MotifMatch


def learned(text: str, seqlets: int, sign: int = 1) -> LearnedMotif:
    counts = np.eye(4)[["ACGT".index(base) for base in text]] * seqlets
    rows = np.arange(seqlets)
    strands = np.full(seqlets, "+")
    return LearnedMotif(Motif(text, counts), counts, sign, rows, rows, strands)


def match(name: str, q_value: float) -> MotifMatch:
    return MotifMatch(Motif(name, np.ones((4, 4)), f"MA{name}"), 1e-9, q_value, 0, "+")


def test_an_output_is_called_by_its_largest_motifs_once_each() -> None:
    found = [
        (learned("ACCGGAAGT", 9), (match("ELK1", 1e-5), match("GABPA", 1e-4))),
        (learned("CCGGAAGT", 20), (match("ELK1", 1e-4),)),
        (learned("GATAAG", 40), (match("Gata3", 1e-6),)),
        (learned("TGTTTAC", 30, -1), (match("FOXA1", 1e-2),)),
        (learned("AAAAAA", 90), ()),
    ]
    said = shown("tf", found)
    assert [(each.name, each.seqlets) for each in said] == [("Gata3", 40), ("ELK1", 9)]
    assert said[0].consensus == "GATAAG" and said[0].sign == "+"
    best = own("gabpa", found)
    assert best is not None and (best["rank"], best["q_value"]) == (2, 1e-4)
    assert own("REST", found) is None


@pytest.mark.parametrize("name", zoo.list_models())
def test_every_release_is_explained_by_its_species_or_not_with_a_reason(
    name: str,
) -> None:
    assert (name in RELEASES) != bool(NOT_EXPLAINED.get(name))
    if name in RELEASES:
        release, (group, reduction) = registry.find(name), RELEASES[name]
        assert (group == "fungi") == ("yeast" in release.tags)
        assert (group == "vertebrates") == bool({"human", "mouse"} & {*release.tags})
        assert (reduction is not None) == (release.task == "profile")


@pytest.mark.parametrize("name", sorted(json.loads(RESULTS.read_text())))
def test_what_is_recorded_is_of_the_release(name: str) -> None:
    assert name in RELEASES
    release = registry.find(name)
    said = registry.read_learned_motifs(release)
    recorded = json.loads(RESULTS.read_text())[name]
    assert said is not None
    outputs = [output.name for output in release.outputs]
    assert list(recorded) == outputs
    assert {motif.output for motif in said.motifs} <= set(outputs)
    for motif in said.motifs:
        assert motif.seqlets >= 5 and motif.q_value < 1e-3


def test_the_release_of_ctcf_and_pu1_knows_both() -> None:
    said = registry.read_learned_motifs(registry.find("shallow_wide_v1"))
    assert said is not None
    ctcf, pu1 = said.motifs
    assert (ctcf.name, ctcf.sign) == ("CTCF", "+")
    # PU.1 is Spi1; SPIB is the other of its subfamily.
    assert (
        pu1.name in ("Spi1", "SPIB") and pu1.sign == "-" and "TTCCTC" in pu1.consensus
    )
