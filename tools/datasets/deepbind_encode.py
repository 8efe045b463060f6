"""Ten ENCODE ChIP-seq experiments of DeepBind, with shuffled negatives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tools.datasets.dataset import Dataset, Split
from tools.datasets.duplicates import merge_labels, sequence_keys
from tools.datasets.tables import (
    DatasetError,
    check_counts,
    find_file,
    read_columns,
    sha256,
)
from zoo.dna import encode_batch
from zoo.splits.shuffles import dinucleotide_shuffle

# Positives of part A/C by transcription factor, the word before the first "_" of
# the experiment's name; part B has 500 positives and 500 negatives of each.
POSITIVES = {
    "ARID3A": 8_526,
    "CTCFL": 11_033,
    "ELK1": 5_084,
    "FOXA1": 42_614,
    "GABPA": 6_066,
    "MYC": 4_051,
    "REST": 6_406,
    "SP1": 17_748,
    "USF1": 21_390,
    "ZBTB7A": 8_689,
}
COUNTS = {
    f"{factor} {part}": count
    for factor, positives in POSITIVES.items()
    for part, count in (
        ("train_AC 1", positives),
        ("test_B 1", 500),
        ("test_B 0", 500),
    )
}
VALIDATION_FRACTION = 0.1


def load(data_folder: Path, seed: int, counts: Mapping[str, int] = COUNTS) -> Dataset:
    """Loads the ten factors as one multi-label data set.

    A training positive is 1 for the factors it is a peak of and unknown (NaN) for
    the others. Its dinucleotide shuffle is 0 for the same factors and unknown for
    the others, although it binds none of them: so each factor learns, as it is
    tested, against negatives of its own composition; with 0 everywhere, the other
    factors' GC content alone would tell most negatives. Sequences that are equal or
    reverse complements are one row with the labels of all. Training positives that
    occur in any factor's test split are left out. Validation is a tenth of the
    training positives, each with its own shuffle. The test split is official.

    Args:
        data_folder: The folder that holds `deepbind_encode/`.
        seed: Of the shuffles and of the choice of the validation positives.
        counts: Rows of each factor, part and label that the file must have.

    Raises:
        DatasetError: The file is missing or has other counts.
    """
    path = find_file(data_folder, "deepbind_encode/deepbind_encode_10tf.tsv.gz")
    experiments, parts, bound, sequences = read_columns(
        path, "experiment", "part", "bound", "sequence"
    )
    factors = [experiment.partition("_")[0] for experiment in experiments]
    groups = zip(factors, parts, bound, strict=True)
    check_counts(path, counts, Counter(" ".join(group) for group in groups))
    names = tuple(sorted(set(factors)))
    if not names:
        raise DatasetError(f"{path} has no rows.")

    codes = encode_batch(sequences)
    labels = np.full((len(codes), len(names)), np.nan, np.float32)
    outputs = np.searchsorted(names, factors)
    labels[np.arange(len(codes)), outputs] = np.asarray(bound, np.float32)
    test = np.asarray(parts) == "test_B"

    keys = sequence_keys(codes, both_strands=True)
    leaks = ~test & np.isin(keys, keys[test])
    rows = np.flatnonzero(~test & ~leaks)
    first, merged, _ = merge_labels(keys[rows], labels[rows])
    positives = codes[rows[first]]
    negatives = dinucleotide_shuffle(positives, seed)
    shuffled = np.random.default_rng(seed).permutation(len(positives))
    validation = shuffled < round(VALIDATION_FRACTION * len(positives))

    def split(wanted: np.ndarray) -> Split:
        return Split(
            np.concatenate([positives[wanted], negatives[wanted]]),
            np.concatenate([merged[wanted], 1 - merged[wanted]]),
        )

    return Dataset(
        name="deepbind_encode",
        output_names=names,
        units="probability",
        reverse_complement=True,
        train=split(~validation),
        validation=split(validation),
        test=Split(codes[test], labels[test]),
        facts=(
            {
                "name": "DeepBind ENCODE ChIP-seq, ten transcription factors",
                "assembly": "human, not stated by the source",
                "source": "GitHub jisraeli/DeepBind, commit "
                "a9bbf5ffcdf62f2832b0bbdede43a36f4dc19426, data/encode",
                "licence": "ENCODE data, free to use; the source repository has no "
                "licence file",
                "citation": "Alipanahi et al., Nature Biotechnology 33, 831-838 "
                "(2015); The ENCODE Project Consortium, Nature 489, 57-74 (2012)",
                "sha256": sha256(path),
                "split": "test: official part B; validation: a seeded tenth of part "
                "A/C; train: the rest; negatives of train and validation: seeded "
                "dinucleotide shuffles of the positives",
            },
        ),
        dropped={
            "train rows also in test": int(leaks.sum()),
            "train rows merged into an equal sequence": len(rows) - len(first),
        },
    )
