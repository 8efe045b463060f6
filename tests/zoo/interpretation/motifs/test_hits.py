import numpy as np
import pytest

from zoo import dna, samples
from zoo.errors import InputError
from zoo.interpretation.motifs import (
    Motif,
    find_hits,
    log_odds,
    scan,
    score_distribution,
    simulate_background,
)


def test_hits_are_all_places_whose_score_is_that_rare():
    """Beside the scores of NumPy and their exact distribution: to 1e-4 bits."""
    motifs = [samples.motifs()[name] for name in ("Spi1", "SOX2", "CTCF")]
    codes = simulate_background(6, 3000, seed=1)
    codes[0, 100:110] = dna.UNKNOWN
    found = find_hits(motifs, codes, max_p_value=1e-3)
    columns = (found.motif, found.strand, found.sequence, found.start)
    places = list(zip(*columns, strict=True))
    assert len(set(places)) == len(found) > 30
    expected = {}
    for number, motif in enumerate(motifs):
        for strand, read in (("+", motif), ("-", motif.reverse_complement())):
            weights = log_odds(read, background=[0.25] * 4) / np.log(2)
            distribution = score_distribution(weights, granularity=1e-3)
            scores = scan(weights, codes)
            # Scores are rounded to steps of 0.1 bits, column by column.
            slack = 0.05 * motif.width + 0.1
            for sequence, start in zip(*np.nonzero(scores > 0), strict=True):
                key = (number, strand, sequence, start)
                score = scores[sequence, start]
                low = distribution.false_positive_rate(score + slack)[0]
                high = distribution.false_positive_rate(score - slack)[1]
                expected[key] = (score, low, high)
    for key, hit in zip(places, found, strict=True):
        score, low, high = expected[key]
        assert hit["score"] == pytest.approx(score, abs=1e-4)
        assert low <= hit["p_value"] * (1 + 1e-6) and hit["p_value"] <= high * (
            1 + 1e-6
        )
        assert hit["end"] - hit["start"] == motifs[hit["motif"]].width
    sure = {key for key, (_, _, high) in expected.items() if high < 1e-3}
    assert len(sure) > 10 and sure <= set(places)


def test_planted_sites_of_both_strands_are_found():
    ctcf = samples.motifs()["CTCF"]
    site = ctcf.consensus
    sequences = [
        "A" * 7 + site + "T" * 20,
        "C" * 5 + dna.reverse_complement(site),
        "ACGT",
    ]
    found = find_hits([ctcf], sequences, max_p_value=1e-8)
    assert [(h["sequence"], h["start"], h["end"], h["strand"]) for h in found] == [
        (0, 7, 22, "+"),
        (1, 5, 20, "-"),
    ]
    one = find_hits([ctcf], sequences, max_p_value=1e-8, both_strands=False)
    assert one.strand.tolist() == ["+"] and "1 of 1 motifs" in repr(one)


def test_sequences_shorter_than_a_motif_have_no_site_of_it():
    wide = Motif("wide", np.eye(4)[[0] * 12] * 9)
    narrow = Motif("narrow", np.eye(4)[[0] * 5] * 9)
    found = find_hits([wide, narrow], ["A" * 8], max_p_value=1e-2, both_strands=False)
    assert set(found.motif.tolist()) == {1} and found.start.tolist() == [0, 1, 2, 3]
    assert len(find_hits([wide], ["ACGTACGTACGTACGT"])) == 0


def test_what_cannot_be_searched_is_refused():
    spi1 = samples.motifs()["Spi1"]
    with pytest.raises(InputError, match="at least one motif"):
        find_hits([], ["ACGT"])
    with pytest.raises(InputError, match="between 0 and 1"):
        find_hits([spi1], ["ACGT"], max_p_value=0)
    with pytest.raises(InputError, match="pseudocount"):
        find_hits([spi1], ["ACGT"], pseudocount=-1)
