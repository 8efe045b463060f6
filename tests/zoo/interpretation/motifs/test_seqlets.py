import numpy as np
import pytest

import zoo
from zoo import dna, samples
from zoo.errors import InputError
from zoo.interpretation.motifs import Motif, seqlets_to_motifs, tomtom
from zoo.interpretation.motifs.seqlets import _threshold

SITES = {1: "GATTACATTGC", -1: "CCGCGTAAGGT"}


def planted(count=60, length=80, seed=0):
    """Sites of two kinds, on both strands, whose bases alone matter, but for noise."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (count, length), np.uint8)
    values = rng.normal(0, 0.05, (count, length))
    truth = set()
    for row in range(count):
        sign = 1 if row % 3 else -1
        site, strand = dna.encode(SITES[sign]), "+-"[rng.integers(2)]
        if strand == "-":
            site = dna.reverse_complement_codes(site)
        start = int(rng.integers(0, length - len(site) + 1))
        codes[row, start : start + len(site)] = site
        values[row, start : start + len(site)] += sign
        truth.add((sign, row, start, strand))
    return values, codes, truth


@pytest.mark.parametrize("seed", range(3))
def test_planted_sites_are_found_aligned_and_counted(seed):
    values, codes, truth = planted(seed=seed)
    found = seqlets_to_motifs(values, codes, name="tf", width=13)
    assert [(each.sign, each.num_seqlets) for each in found] == [(1, 40), (-1, 20)]
    assert [each.motif.name for each in found] == ["tf_0", "tf_1"]
    for each in found:
        site = SITES[each.sign]
        strand = "+" if site in each.motif.consensus else "-"
        read = site if strand == "+" else dna.reverse_complement(site)
        place = each.motif.consensus.index(read)  # refuses what holds neither
        shown = each.motif.probabilities[place : place + len(read)]
        assert shown.max(axis=1).min() == 1  # aligned to the base
        # And where they lie: the site in the motif, as it is read in the sequence.
        from_end = each.motif.width - place - len(read)
        lies = np.where(each.strand == "+", place, from_end) + each.start
        turned = {"+": "-", "-": "+"}
        strands = [s if strand == "+" else turned[s] for s in each.strand]
        where = zip(each.sequence.tolist(), lies.tolist(), strands, strict=True)
        assert {(each.sign, *each_place) for each_place in where} <= truth
        np.testing.assert_allclose(
            each.contributions[place : place + len(read)].sum(axis=1),
            each.sign,
            atol=0.1,
        )


def test_contributions_without_order_have_no_motif():
    values, codes, _ = planted()
    values = np.random.default_rng(1).permuted(values, axis=1)
    assert sum(m.num_seqlets for m in seqlets_to_motifs(values, codes)) < 15
    assert seqlets_to_motifs(np.zeros_like(values), codes) == []


def test_the_threshold_is_the_lowest_with_that_share_of_chance():
    rng = np.random.default_rng(0)
    found, chance = rng.normal(0.5, 1, (9, 40)), rng.normal(0, 1, (9, 40))
    lowest = _threshold(found, chance, 0.2)
    shares = {t: (chance >= t).sum() / (found >= t).sum() for t in found[found > 0]}
    assert lowest == min(t for t, share in shares.items() if share <= 0.2)
    assert _threshold(found, found, 0.2) == np.inf


def test_mutations_of_the_release_show_its_two_proteins():
    """Of the shipped sites, those of CTCF raise the output, those of PU.1 lower it."""
    model = zoo.load("shallow_wide_v1")
    sequences, _ = samples.binding_sites()
    codes = dna.encode_batch(sequences)
    bases = np.arange(4, dtype=np.uint8)
    count, length = codes.shape
    mutated = np.tile(codes[:, None, None], (1, length, 4, 1))
    for place in range(length):
        mutated[:, place, :, place] = bases
    values = zoo.predict(model, mutated.reshape(-1, length))[:, 0]
    values = values.reshape(count, length, 4)
    own = np.take_along_axis(values, codes[..., None].astype(int), 2)[..., 0]
    contributions = own - (values.sum(axis=2) - own) / 3
    found = seqlets_to_motifs(contributions, codes)
    names = tomtom([each.motif for each in found], samples.jaspar(), num_matches=1)
    best = {each.sign: match for each, (match,) in zip(found, names, strict=True)}
    assert best[1].target.identifier == "MA0139.2" and best[1].q_value < 1e-3
    assert best[-1].target.identifier == "MA0080.7" and best[-1].q_value < 1e-3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"codes": np.zeros((2, 9), np.uint8)}, "of one shape"),
        ({"contributions": np.full((2, 30), np.nan)}, "finite"),
        ({"width": 31}, "from 2 to 30 bp"),
        ({"max_false_discovery_rate": 1}, "between 0 and 1"),
        ({"min_seqlets": 0}, "min_seqlets of at least 1"),
    ],
)
def test_what_has_no_seqlets_is_refused(changes, message):
    given = {"contributions": np.ones((2, 30)), "codes": np.zeros((2, 30), np.uint8)}
    with pytest.raises(InputError, match=message):
        seqlets_to_motifs(**(given | changes))


def test_all_n_and_short_sequences_are_no_trouble():
    codes = np.full((6, 16), dna.UNKNOWN, np.uint8)
    values = np.zeros((6, 16))
    values[:, 3:12] = 1
    for each in seqlets_to_motifs(values, codes, width=9, min_seqlets=2):
        assert isinstance(each.motif, Motif)
