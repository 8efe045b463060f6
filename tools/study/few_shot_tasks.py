"""The tasks of `tools.study.few_shot`: two classes each, with a pool and a test set."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.datasets import retina_mpra, yeast_dyads
from tools.datasets.duplicates import sequence_keys
from tools.datasets.tables import find_file, read_columns
from zoo.data import Genome
from zoo.dna import UNKNOWN, encode_batch
from zoo.splits.shuffles import dinucleotide_shuffle

#: Codes, labels, and which rows are the test set.
Rows = tuple[np.ndarray, np.ndarray, np.ndarray]

POOL, TEST = 3_000, 600  # rows kept of each task, at most
# By release, the sources whose labels it was trained on.
SEEN = {
    "shallow_wide": ("ctcf_pu1",),
    "kmer": ("deepbind_encode",),
    "rc_dilated": ("gue_tf",),
    "deep_narrow": ("gue_promoter",),
    "human_factors": ("gue_tf", "deepbind_encode", "ctcf_pu1"),
    "core_promoters": ("gue_promoter",),
    "retina_mpra": ("retina",),
    "splice_junctions": ("splice",),
}
ENCODE = ("ARID3A", "ELK1", "USF1")
# Not in the panel of 48: a bromodomain, a sirtuin, a coactivator, a corepressor.
YEAST = ("Bdf1", "Hst1", "Ifh1", "Tup1")
YEAST_TEST = ("chrXV", "chrXVI")
HALF = 100  # of a window of 200 bp
# By task, where its labels are from.
SOURCES = {
    **dict.fromkeys(("ecoli_promoters", "ecoli_expression"), "ecoli"),
    **{"sortseq": "sortseq", "mpsa": "mpsa", "retina": "retina"},
    **{f"yeast_{name}": "yeast_other" for name in YEAST},
    **{f"encode_{name}": "deepbind_encode" for name in ENCODE},
    **{f"tf_{number}": "gue_tf" for number in (0, 3)},
    **{f"prom_core_{name}": "gue_promoter" for name in ("notata", "tata")},
    **{"splice_donors": "splice"},
}


@dataclass(frozen=True)
class Task:
    """Codes (n, length) and labels 0 and 1 (n,), of a pool to draw from and a test."""

    name: str
    pool: np.ndarray
    pool_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray


def unseen_by(release: str, task: str) -> bool:
    """Whether a release was trained on no label of the task's source."""
    return SOURCES[task] not in SEEN.get(release.rpartition("_v")[0], ())


def load(name: str, data: Path) -> Task:
    """A task by its name in `SOURCES`; equal sequences are once in it.

    Balanced, but for `retina`; the rows are in a seeded order.
    """
    kind, _, which = name.partition("_")
    if kind == "yeast":
        codes, labels, test = _yeast(which, data)
    elif kind == "encode":
        codes, labels, test = _encode(which, data)
    elif name.startswith(("tf_", "prom_core_")):
        codes, labels, test = _gue(name, data)
    else:
        codes, labels, test = _OTHERS[name](data)
    order = np.random.default_rng(0).permutation(len(codes))
    # Those of the test set first, so that the pool has none of its sequences.
    order = order[np.argsort(~test[order], kind="stable")]
    _, first = np.unique(sequence_keys(codes[order], True), return_index=True)
    order = order[np.sort(first)]
    tests, pool = order[test[order]][:TEST], order[~test[order]][:POOL]
    return Task(name, codes[pool], labels[pool], codes[tests], labels[tests])


def _third(count: int) -> np.ndarray:
    """A seeded third as the test set."""
    return np.random.default_rng(1).permutation(count) < count / 3


def _ecoli_promoters(data: Path) -> Rows:
    path = find_file(data, "uci/uci_ecoli_promoters_57bp.tsv.gz")
    labels, sequences = read_columns(path, "label", "sequence")
    return encode_batch(sequences), np.array(labels) == "+", _third(len(labels))


def _splice_donors(data: Path) -> Rows:
    path = find_file(data, "uci/uci_splice_junctions_60bp.tsv.gz")
    labels, sequences = read_columns(path, "label", "sequence")
    return encode_batch(sequences), np.array(labels) == "ei", _third(len(labels))


def _ecoli_expression(data: Path) -> Rows:
    """The highest third of natural regulatory sequences against the lowest."""
    path = find_file(data, "ecoli_165bp_natural/deepseed_ecoli_165bp.tsv.gz")
    sequences, values = read_columns(path, "sequence", "expr")
    value = np.array(values, float)
    low, high = np.quantile(value, (1 / 3, 2 / 3))
    kept = np.flatnonzero((value <= low) | (value >= high))
    codes = encode_batch([sequences[row] for row in kept])
    # The official test has 398 rows: a third is drawn of all.
    return codes, value[kept] >= high, _third(len(kept))


def _mavenn(data: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(find_file(data, f"mavenn_mpra/{name}_data.csv.gz"), "rt") as file:
        return list(csv.DictReader(file))


def _sortseq(data: Path) -> Rows:
    """Variants of the lac promoter: mean bin in the highest third, or in the lowest."""
    rows = _mavenn(data, "sortseq")
    counts = np.array([[float(row[f"ct_{bin}"]) for bin in range(10)] for row in rows])
    value = counts @ np.arange(10) / counts.sum(1)
    low, high = np.quantile(value, (1 / 3, 2 / 3))
    kept = np.flatnonzero((value <= low) | (value >= high))
    test = np.array([rows[row]["set"] == "test" for row in kept])
    return encode_batch([rows[row]["x"] for row in kept]), value[kept] >= high, test


def _mpsa(data: Path) -> Rows:
    """5' splice sites that are used, PSI in the highest tenth; 9 bp within N."""
    rows = _mavenn(data, "mpsa")
    value = np.array([float(row["y"]) for row in rows])
    high = value >= np.quantile(value, 0.9)
    low = np.flatnonzero(~high)[:: max(1, int((~high).sum() / high.sum()))]
    kept = np.sort(np.concatenate([np.flatnonzero(high), low]))
    sites = encode_batch([rows[row]["x"].replace("U", "T") for row in kept])
    codes = np.full((len(kept), 61), UNKNOWN, np.uint8)
    codes[:, 26:35] = sites
    test = np.array([rows[row]["set"] == "test" for row in kept])
    return codes, high[kept], test


def _retina(data: Path) -> Rows:
    """Strong enhancers, of the authors' classes, against all others."""
    path = find_file(data, retina_mpra.FILE)
    sequences, values, splits, libraries = read_columns(
        path, "sequence", "log2", "split", "library"
    )
    kept = [
        row
        for row, (split, library) in enumerate(zip(splits, libraries, strict=True))
        if split in ("train", "val", "test") and library not in retina_mpra.SHIFTED
    ]
    value = np.array([float(values[row]) for row in kept])
    test = np.array([splits[row] != "train" for row in kept])
    return (
        encode_batch([sequences[row] for row in kept]),
        value >= retina_mpra.STRONG,
        test,
    )


def _gue(name: str, data: Path) -> Rows:
    path = find_file(data, f"gue/{name}.tsv.gz")
    splits, labels, sequences = read_columns(path, "split", "label", "sequence")
    return encode_batch(sequences), np.array(labels) == "1", np.array(splits) == "test"


def _encode(factor: str, data: Path) -> Rows:
    """Peaks against their dinucleotide shuffles; the test set is the official one."""
    path = find_file(data, "deepbind_encode/deepbind_encode_10tf.tsv.gz")
    columns = read_columns(path, "experiment", "part", "bound", "sequence")
    rows = [r for r in zip(*columns, strict=True) if r[0].partition("_")[0] == factor]
    test = np.array([part == "test_B" for _, part, _, _ in rows])
    codes = encode_batch([sequence for *_, sequence in rows])
    labels = np.array([bound == "1" for _, _, bound, _ in rows])
    train = np.flatnonzero(~test)
    train = np.random.default_rng(0).permutation(train)[:POOL]
    return (
        np.concatenate(
            [codes[train], dinucleotide_shuffle(codes[train], 0), codes[test]]
        ),
        np.concatenate([np.repeat([True, False], len(train)), labels[test]]),
        np.repeat([False, True], [2 * len(train), int(test.sum())]),
    )


def _yeast(protein: str, data: Path) -> Rows:
    """Peaks of a protein against as many promoters without one, by chromosome."""
    genome = Genome(find_file(data, yeast_dyads.GENOME))
    peaks: dict[str, list[int]] = {contig: [] for contig in genome.contigs}
    for contig, start, _, name, *_ in _bed(data, "yeast_chipexo_peaks.bed.gz"):
        found = peaks[contig]
        if name == protein and (not found or int(start) > found[-1] + 40):
            found.append(int(start))
    excluded: dict[str, list[tuple[int, int]]] = {}
    for contig, start, end, *_ in _bed(data, "chexmix_excluded_regions.bed.gz"):
        excluded.setdefault(contig, []).append((int(start), int(end)))
    generator = np.random.default_rng(0)
    where = ("start", "end", "strand")
    genes = read_columns(
        find_file(data, "yeast_sacCer3/yeast_genes_SGD.tsv.gz"),
        *("chrom", *(f"chromosomeLocation_{what}" for what in where)),
    )
    promoters: dict[str, list[int]] = {}
    for contig, first, last, strand in zip(*genes, strict=True):
        if not strand:
            continue
        before = int(generator.integers(50, 600))
        place = float(first) - before if float(strand) > 0 else float(last) + before
        promoters.setdefault(contig, []).append(int(place))
    sites: list[tuple[str, int, bool]] = []
    for contig, found in peaks.items():
        near = np.array(found or [-1_000_000])
        sites += [(contig, place, True) for place in found]
        sites += [
            (contig, place, False)
            for place in promoters.get(contig, ())
            if np.abs(near - place).min() > 150
            and not any(s - 100 < place < e + 100 for s, e in excluded.get(contig, ()))
        ]
    sites = [
        (contig, place, label)
        for contig, place, label in sites
        if HALF <= place <= genome.contigs[contig] - HALF
    ]
    labels = np.array([label for *_, label in sites])
    test = np.array([contig in YEAST_TEST for contig, *_ in sites])
    kept = np.zeros(len(sites), bool)
    for part in (test, ~test):
        positive, negative = (
            np.flatnonzero(part & (labels == v)) for v in (True, False)
        )
        kept[positive] = True
        kept[generator.permutation(negative)[: len(positive)]] = True
    windows = [
        genome.codes(sites[row][0], sites[row][1] - HALF, sites[row][1] + HALF)
        for row in np.flatnonzero(kept)
    ]
    return np.stack(windows), labels[kept], test[kept]


def _bed(data: Path, name: str) -> list[list[str]]:
    with gzip.open(find_file(data, f"yeast_chipexo/{name}"), "rt") as file:
        return [line.split() for line in file]


_OTHERS = {
    "ecoli_promoters": _ecoli_promoters,
    "ecoli_expression": _ecoli_expression,
    "sortseq": _sortseq,
    "mpsa": _mpsa,
    "retina": _retina,
    "splice_donors": _splice_donors,
}
