"""Human transcription factors of three sources, as one data set with masked labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tools.datasets import ctcf_pu1, deepbind_encode, gue_tf
from tools.datasets.dataset import Dataset, Split, concatenate
from zoo.dna import UNKNOWN
from zoo.splits import leakage
from zoo.splits.shuffles import dinucleotide_shuffle

LENGTH = 101  # bp
SHUFFLED = "shuffled"
SOURCES = (gue_tf, deepbind_encode, ctcf_pu1)
PARTS = ("train", "validation", "test")
NEAR = (
    "training rows near duplicates (80% of half of the sequence, either strand) of "
    "test rows of other sources or tasks left out, and validation rows likewise of "
    "training rows; of GUE's own tasks only equal sequences"
)


def load(data_folder: Path, seed: int) -> Dataset:
    """Loads GUE's five tasks, ENCODE's ten factors of DeepBind, and CTCF and PU.1.

    Each row has the labels that its source gives it, NaN for all other outputs:

    - tf_0 to tf_4: peaks and GC-matched negatives, as `gue_tf` has them;
    - ten factors: peaks, and a dinucleotide shuffle of each, as `deepbind_encode`;
    - CTCF, SPI1 (PU.1): a peak of the one is a negative of the other, and a
      dinucleotide shuffle of it is a negative of both. Peaks of 100 bp have an N at
      their end.

    Test rows are those of the three sources, and so are GUE's validation rows. Training
    rows are left out that are, on either strand, near duplicates of these (80% of the
    bases over half of the sequence), and validation rows of ENCODE, CTCF and PU.1 that
    are near duplicates of training rows; peaks together with their shuffles. In the
    official training sets of GUE the near duplicates of the same task's test set stay,
    as in published results; equal sequences do not.

    Args:
        data_folder: The folder that holds the three sources.
        seed: Of the shuffles, and of ENCODE's validation positives.

    Raises:
        DatasetError: A file is missing or has other counts.
    """
    loaded = [source.load(data_folder, seed) for source in SOURCES]
    tasks, factors = loaded[0].output_names, loaded[1].output_names
    names = (*tasks, *factors, "CTCF", "SPI1")
    train, validation, test = (
        [
            _placed(getattr(loaded[0], part), "GUE", 0, names),
            _placed(getattr(loaded[1], part), "ENCODE", len(tasks), names),
            _placed(
                _against_shuffles(getattr(loaded[2], part), seed + number),
                "CTCF, PU.1",
                len(names) - 2,
                names,
            ),
        ]
        for number, part in enumerate(PARTS)
    )
    held_out = concatenate([validation[0], *test])
    kept = [_other_tasks(train[0], held_out)]
    kept += [_without_near(part, held_out) for part in train[1:]]
    real = concatenate(kept)
    real = real.take(np.char.find(real.columns["source"], SHUFFLED) < 0)
    known = concatenate([real, *test])
    chosen = [validation[0], *(_without_near(part, known) for part in validation[1:])]
    dropped = {
        f"{part} rows near those that another holds out": sum(map(len, before))
        - sum(map(len, after))
        for part, before, after in (
            ("train", train, kept),
            ("validation", validation, chosen),
        )
    }
    return Dataset(
        name="human_factors",
        output_names=names,
        units="probability",
        reverse_complement=True,
        train=concatenate(kept),
        validation=concatenate(chosen),
        test=concatenate(test),
        facts=tuple(
            fact | {"split": f"{fact['split']}; {NEAR}"}
            for dataset in loaded
            for fact in dataset.facts
        ),
        dropped=dropped
        | {
            f"{each.name}: {what}": rows
            for each in loaded
            for what, rows in each.dropped.items()
        },
    )


def _placed(split: Split, source: str, first: int, names: tuple[str, ...]) -> Split:
    """The rows of one source among the outputs of all, at 101 bp.

    Their column "source" says which are shuffles: GUE has none, and those of the others
    are all that no factor binds.
    """
    targets = np.full((len(split), len(names)), np.nan, np.float32)
    targets[:, first : first + split.targets.shape[1]] = split.targets
    missing = ((0, 0), (0, LENGTH - split.codes.shape[1]))
    codes = np.pad(split.codes, missing, constant_values=UNKNOWN)
    shuffled = (source != "GUE") & (np.nansum(targets, axis=1) == 0)
    column = np.where(shuffled, f"{source}, {SHUFFLED}", source)
    return Split(codes, targets, {"source": column})


def _against_shuffles(split: Split, seed: int) -> Split:
    """CTCF or not, as CTCF and PU.1; then a shuffle of each, which is neither."""
    both = np.concatenate([split.targets, 1 - split.targets], axis=1)
    return Split(
        np.concatenate([split.codes, dinucleotide_shuffle(split.codes, seed)]),
        np.concatenate([both, np.zeros_like(both)]),
    )


def _other_tasks(train: Split, held_out: Split) -> Split:
    """What of GUE's training rows no other task or source holds out."""
    tasks, others = (np.isfinite(s.targets).argmax(axis=1) for s in (train, held_out))
    near = np.zeros(len(train), bool)
    for task in np.unique(tasks):
        rows = np.flatnonzero(tasks == task)
        near[rows] = _near(train.codes[rows], held_out.codes[others != task])
    return train.take(~near)


def _without_near(split: Split, known: Split) -> Split:
    """Peaks, the first half, that are not near known rows; and their shuffles."""
    near = _near(split.codes[: len(split) // 2], known.codes)
    return split.take(~np.tile(near, 2))


def _near(codes: np.ndarray, known: np.ndarray) -> np.ndarray:
    near = np.zeros(len(codes), bool)
    near[leakage(known, codes).rows] = True
    return near
