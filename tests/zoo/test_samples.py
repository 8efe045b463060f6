import gzip
import re
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

import registry
from registry.errors import UnknownNameError
from zoo import samples
from zoo.data.fasta import read_fasta
from zoo.dna import decode
from zoo.interpretation.simulation import Arrangement, Grammar, simulate

FILES = ("uci_splice_junctions_60bp.fa.gz", "uci_ecoli_promoters_57bp.fa.gz")


def test_splice_junctions_have_the_published_counts_and_signals():
    sequences, labels = samples.splice_junctions()
    assert Counter(labels) == {"ei": 767, "ie": 765, "n": 1654}
    assert {len(sequence) for sequence in sequences} == {60}
    assert set("".join(sequences)) == set("ACGT")
    of = {label: [] for label in ("ei", "ie", "n")}
    for sequence, label in zip(sequences, labels, strict=True):
        of[label].append(sequence)
    # The junction is between bases 30 and 31: introns begin with GT, end with AG.
    assert sum(sequence[30:32] == "GT" for sequence in of["ei"]) == 759
    assert sum(sequence[28:30] == "AG" for sequence in of["ie"]) == 761
    assert len(set(sequences)) == 3186 - 185


def test_ecoli_promoters_have_the_published_counts_and_signals():
    sequences, labels = samples.ecoli_promoters()
    assert Counter(labels) == {"promoter": 53, "non-promoter": 53}
    assert {len(sequence) for sequence in sequences} == {57}
    assert len(set(sequences)) == 106
    # The -10 box, TATAAT: base 7 of the sequence is the 50th before the start.
    boxes = Counter(
        label
        for sequence, label in zip(sequences, labels, strict=True)
        if any(sequence[i : i + 3] == "TAT" for i in range(34, 44))
    )
    assert boxes["promoter"] > 2 * boxes["non-promoter"]


@pytest.mark.parametrize("name", FILES)
def test_files_are_plain_deterministic_fasta(name):
    content = samples.path(name).read_bytes()
    assert content[4:8] == bytes(4)  # no time of writing
    lines = gzip.decompress(content).decode("ascii").splitlines()
    names = lines[::2]
    assert all(record.startswith(">") for record in names)
    assert len(set(names)) == len(names)


# From the entries of JASPAR 2024: identifier, width, sites, and the core that the
# literature knows the protein by, on either strand, as a pattern.
MOTIFS = {
    "GATA1": ("MA0035.5", 7, 71828, "CTAATCT"),
    "MAX::MYC": ("MA0059.2", 10, 21, "CACGTG"),
    "SP1": ("MA0079.5", 9, 1000, "GGGCGG"),
    "Spi1": ("MA0080.7", 13, 105198, "GAGGAAGT"),
    "TAL1::TCF3": ("MA0091.2", 10, 44, "CATCTG"),
    "FOS::JUN": ("MA0099.4", 9, 1000, "TGA[CG]TCA"),
    "CEBPA": ("MA0102.5", 10, 79003, "TTGC[AG][CT]AA"),
    "HNF4A": ("MA0114.5", 9, 46504, "CAAAGTCCA"),
    "REST": ("MA0138.3", 20, 1606, "CAGCACCATGGACAG"),
    "CTCF": ("MA0139.2", 15, 913, "CCACCAGGGGGCGC"),
    "Pou5f1::Sox2": ("MA0142.1", 15, 1369, "TTGTTATGCAAAT"),
    "SOX2": ("MA0143.5", 7, 85754, "ACAATGG"),
}


def test_binding_sites_are_what_the_simulation_draws_first():
    sequences, labels = samples.binding_sites()
    assert Counter(labels) == {"CTCF": 8, "PU.1": 8}
    motifs = samples.motifs()
    kinds = [
        Grammar(label, 1, (Arrangement(motifs[name]),))
        for label, name in (("CTCF", "CTCF"), ("PU.1", "Spi1"))
    ]
    drawn = simulate(kinds, 8, 100, background=[0.295, 0.205, 0.205, 0.295], seed=0)
    simulated = zip(drawn.grammars, map(decode, drawn.codes), strict=True)
    assert Counter(zip(labels, sequences, strict=True)) == Counter(simulated)
    names = (
        line[1:]
        for line in samples.path(samples.BINDING_SITES).read_text().splitlines()[::2]
    )
    for description, sequence, label in zip(names, sequences, labels, strict=True):
        _, name, where, strand = description.split()
        start, end = map(int, where.split("-"))
        site = sequence[start:end]
        score = {s: log_likelihood(motifs[name], s) for s in (site, turned(site))}
        assert name == {"CTCF": "CTCF", "PU.1": "Spi1"}[label]
        likelier = max(score, key=score.__getitem__)
        assert (likelier == site) == (strand == "+")


def turned(site: str) -> str:
    return site.translate(str.maketrans("ACGT", "TGCA"))[::-1]


def log_likelihood(motif, site: str) -> float:
    rows = motif.probabilities[range(len(site)), ["ACGT".index(base) for base in site]]
    return float(np.log(rows + 1e-3).sum())


def test_motifs_have_the_published_identifiers_widths_and_cores():
    motifs = samples.motifs()
    assert list(motifs) == list(MOTIFS)
    for name, motif in motifs.items():
        identifier, width, sites, core = MOTIFS[name]
        assert (motif.identifier, motif.width) == (identifier, width)
        assert motif.num_sites == sites
        assert re.search(core, motif.consensus)
        np.testing.assert_allclose(motif.background, 0.25)


def test_peaks_of_yeast_lie_in_its_piece_and_those_of_reb1_on_sites():
    [record] = read_fasta(samples.path(samples.YEAST))
    assert len(record.codes) == 30_000 and record.codes.max() < 4
    sequence = decode(record.codes)
    known = {output.name for output in registry.find("yeast_factors_v1").outputs}
    near = []
    for line in samples.path(samples.YEAST_PEAKS).read_text().splitlines():
        contig, start, end, factor, _ = line.split("\t")
        assert contig == record.name and factor in known
        assert 0 <= int(start) < int(end) <= 30_000
        if factor == "Reb1":
            near.append(sequence[int(start) - 40 : int(end) + 40])
    # The core of its site is TTACCC (Badis et al. 2008), by chance in one window of 27.
    assert len(near) > 3
    assert all(re.search("TTACCC|GGGTAA", window) for window in near)


def test_an_unknown_file_suggests():
    with pytest.raises(UnknownNameError, match=FILES[0]):
        samples.path("uci_splice_junctions.fa.gz")


def test_paths_need_no_numpy():
    code = (
        "import sys; from zoo import samples; "
        f"assert samples.path({FILES[0]!r}).is_file(); "
        "sys.exit(bool({'numpy', 'keras'} & sys.modules.keys()))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(("group", "count"), [("vertebrates", 1019), ("fungi", 193)])
def test_all_of_jaspar_is_there_once(group, count):
    motifs = samples.jaspar(group)
    assert len({motif.identifier for motif in motifs}) == len(motifs) == count
    assert all(re.fullmatch(r"MA\d{4}\.\d+", motif.identifier) for motif in motifs)


def test_motifs_that_did_not_change_are_those_of_2024():
    newer = {motif.identifier: motif for motif in samples.jaspar()}
    same = [m for m in samples.motifs().values() if m.identifier in newer]
    assert len(same) > 8
    for motif in same:
        # Rounded to six digits in both files.
        np.testing.assert_allclose(
            motif.probabilities, newer[motif.identifier].probabilities, atol=1e-5
        )


def test_other_groups_are_refused():
    with pytest.raises(UnknownNameError, match="Known: fungi, vertebrates"):
        samples.jaspar("birds")
