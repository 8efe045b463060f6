import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from zoo.data import Examples, Genome, Intervals
from zoo.dna import decode, encode
from zoo.errors import InputError
from zoo.splits import gc_matched_negatives

LENGTH = 40


def intervals(chrom, start, length=LENGTH, strand="+"):
    start = np.asarray(start, np.int64)
    return Intervals(
        np.asarray(chrom), start, start + length, np.full(len(start), strand)
    )


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    """Two contigs whose GC rises along them, one of them with a stretch of N."""
    random = np.random.default_rng(0)
    texts = {}
    for name, length in (("chr1", 6000), ("chr2", 3000), ("chrM", 2000)):
        gc = np.linspace(0.2, 0.8, length)
        is_gc = random.random(length) < gc
        codes = np.where(
            is_gc, random.integers(1, 3, length), random.choice([0, 3], length)
        )
        if name == "chr1":
            codes[1000:1500] = 4
        texts[name] = decode(codes.astype(np.uint8))
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    lines = [
        f">{name}\n"
        + "\n".join(text[i : i + 60] for i in range(0, len(text), 60))
        + "\n"
        for name, text in texts.items()
    ]
    path.write_text("".join(lines))
    found = Genome(path, cache=False)
    found.texts = texts
    return found


@pytest.fixture(scope="module")
def positives():
    start = np.arange(1700, 2300, 40)
    chrom = np.where(np.arange(len(start)) % 3, "chr1", "chr2")
    return intervals(chrom, start)


def gc_of(text):
    known = [base for base in text if base != "N"]
    return sum(base in "GC" for base in known) / max(1, len(known))


def text_of(genome, places, row):
    return genome.texts[places.chrom[row]][places.start[row] : places.end[row]]


def test_negatives_have_the_gc_of_the_positive_and_overlap_nothing(genome, positives):
    blacklist = intervals(["chr1", "chr9"], [3000, 5], length=1500)
    arguments = {"exclude": [blacklist], "per_positive": 3, "margin": 7}
    arguments |= {"length": LENGTH, "gc_bin": 0.05}
    found = gc_matched_negatives(genome, positives, **arguments)
    assert len(found) == 3 * len(positives)
    assert found.targets.shape == (len(found), 1) and not found.targets.any()
    places, matched = found.intervals, found.columns["matched"]
    assert matched.tolist() == np.repeat(np.arange(len(positives)), 3).tolist()
    assert len(set(zip(places.chrom, places.start, strict=True))) == len(found)
    for row, positive in enumerate(matched):
        text = text_of(genome, places, row)
        assert "N" not in text and decode(found.codes([row])[0]) == text
        bins = [
            int(gc_of(t) / 0.05 + 1e-9)
            for t in (text, text_of(genome, positives, positive))
        ]
        assert bins[0] == bins[1]
        for region in (positives, blacklist):
            apart = (region.end + 7 <= places.start[row]) | (
                places.end[row] + 7 <= region.start
            )
            assert (apart | (region.chrom != places.chrom[row])).all()
        assert places.chrom[row] in ("chr1", "chr2")  # where positives are
    again = gc_matched_negatives(genome, positives, **arguments)
    assert again.names.tolist() == found.names.tolist()
    other = gc_matched_negatives(genome, positives, length=LENGTH, seed=1, gc_bin=0.05)
    assert set(other.names) != set(found.names)


@settings(max_examples=30)
@given(
    starts=st.lists(st.integers(0, 2900), min_size=1, max_size=12),
    margin=st.integers(0, 60),
    seed=st.integers(0, 100),
)
def test_overlap_is_that_of_comparing_all_pairs(genome, starts, margin, seed):
    from zoo.splits.negatives import _Forbidden

    random = np.random.default_rng(seed)
    chrom = random.choice(["chr1", "chr2"], len(starts))
    region = intervals(chrom, starts, length=int(random.integers(1, 80)))
    number = random.integers(0, 3, 200)
    start = random.integers(0, 1900, 200)
    received = _Forbidden(genome, [region], margin).overlap(number, start, start + 30)
    names = np.array(list(genome.contigs))[number]
    expected = (
        (names[:, None] == region.chrom)
        & (region.start - margin < (start + 30)[:, None])
        & (start[:, None] < region.end + margin)
    ).any(axis=1)
    assert (received == expected).all()


def test_examples_give_length_outputs_and_strands_and_a_bed_is_read(
    genome, positives, tmp_path
):
    bed = tmp_path / "exclude.bed"
    bed.write_text("chr1\t0\t2500\n")
    minus = Intervals(
        positives.chrom, positives.start, positives.end, np.full(len(positives), "-")
    )
    sequences, _ = genome.sequences(minus, LENGTH)
    examples = Examples(
        sequences,
        targets=np.ones((len(positives), 2), np.float32),
        outputs=("a", "b"),
        intervals=minus,
    )
    found = gc_matched_negatives(genome, examples, exclude=[bed], gc_bin=0.1)
    one = gc_matched_negatives(genome, examples, exclude=str(bed), gc_bin=0.1)
    np.testing.assert_array_equal(one.intervals.start, found.intervals.start)
    assert found.outputs == ("a", "b") and found.targets.shape == (len(examples), 2)
    ends = found.intervals.start[found.intervals.chrom == "chr1"]
    assert (ends >= 2500).all() and set(found.intervals.strand) == {"-"}
    text = text_of(genome, found.intervals, 0)
    complement = text[::-1].translate(str.maketrans("ACGT", "TGCA"))
    assert (found.codes([0])[0] == encode(complement)).all()


def test_too_few_places_are_an_error_or_counted(genome, positives):
    everything = intervals(["chr1", "chr2"], [0, 0], length=5900)
    arguments = {"length": LENGTH, "exclude": [everything], "effort": 5}
    with pytest.raises(InputError, match="after 5 places for each; most are missing"):
        gc_matched_negatives(genome, positives, **arguments)
    few = gc_matched_negatives(genome, positives, incomplete="drop", **arguments)
    assert len(few) + few.dropped["negatives of that GC not found"] == len(positives)


def test_unknown_bases_are_let_in_when_asked_for(genome, positives):
    arguments = {"length": LENGTH, "exclude": [intervals(["chr1"], [1450], 4550)]}
    found = gc_matched_negatives(
        genome, positives, contigs=["chr1"], max_unknown=1, gc_bin=1, **arguments
    )
    assert (found.codes() == 4).any()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"per_positive": 0}, "per_positive"),
        ({"margin": -1}, "margin"),
        ({"max_unknown": 2}, "max_unknown"),
        ({"gc_bin": 0}, "gc_bin"),
        ({"incomplete": "keep"}, "incomplete"),
        ({"effort": 0}, "effort"),
        ({"length": None}, "length in bp"),
        ({"length": 2500, "contigs": ["chrM"]}, "at least 2500 bp"),
        ({"exclude": [intervals(["1"], [5])]}, "chr1"),
    ],
)
def test_refuses_what_does_not_fit(genome, positives, changes, says):
    with pytest.raises(InputError, match=says):
        gc_matched_negatives(genome, positives, **{"length": LENGTH} | changes)


def test_refuses_positives_without_places(genome):
    with pytest.raises(InputError, match="positives with intervals"):
        gc_matched_negatives(genome, intervals([], []), length=LENGTH)


def test_negatives_lie_on_the_contig_of_their_positive_if_asked(genome, positives):
    found = gc_matched_negatives(
        genome, positives, length=LENGTH, same_contig=True, gc_bin=0.1, per_positive=2
    )
    assert len(found) == 2 * len(positives)
    matched = found.columns["matched"]
    assert (found.intervals.chrom == positives.chrom[matched]).all()
    for row, positive in enumerate(matched):
        bins = [
            int(gc_of(t) / 0.1 + 1e-9)
            for t in (
                text_of(genome, found.intervals, row),
                text_of(genome, positives, positive),
            )
        ]
        assert bins[0] == bins[1]
    everything = intervals(["chr2"], [0], length=3000)
    with pytest.raises(InputError, match=r"most are missing at GC of 0\.\d0 to 0\.\d0"):
        gc_matched_negatives(
            genome,
            positives,
            length=LENGTH,
            same_contig=True,
            gc_bin=0.1,
            exclude=everything,
            effort=20,
        )
