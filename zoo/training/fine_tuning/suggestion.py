"""Which release to start from: linear models of what each trunk sees, compared."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoo.data.sequences import codes_of_one_length
from zoo.dna import Codes, one_hot
from zoo.errors import InputError, SeqzooError, check_at_least
from zoo.training.reports.baselines import kmer_columns, ks_of

if TYPE_CHECKING:
    import keras

#: What stands among the candidates for regressions on what needs no release.
KMERS, BASES = "k-mers", "bases"

_MAX_CLASSES = 20  # whole numbers of more values than this are no classes
_PENALTIES = 10.0 ** np.arange(-3, 4)  # of the Gram matrix's mean eigenvalue

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Candidate:
    """How well a linear model of one trunk's features predicts the labels.

    Attributes:
        name: The release, or "k-mers" or "bases".
        score: Cross-validated, mean of the folds: AUROC of labels, of several classes
            or outputs their mean; Pearson correlation of values. None where the
            release could not be tried.
        error: Standard error of the mean of the folds.
        note: Why it could not be tried.
    """

    name: str
    score: float | None
    error: float | None = None
    note: str = ""


@dataclass(frozen=True, repr=False)
class Suggestion:
    """Releases in the order in which they are worth fine-tuning; prints as a table.

    Attributes:
        metric: What the scores are: "auroc" or "pearson".
        candidates: Best first, those that could not be tried last.
        sequences: How many sequences were used.
    """

    metric: str
    candidates: tuple[Candidate, ...]
    sequences: int

    @property
    def simple(self) -> Candidate:
        """The better one of k-mers and bases."""
        return next(c for c in self.candidates if c.name in (KMERS, BASES))

    @property
    def best(self) -> str | None:
        """The release to start from; None if none is better than k-mers and bases.

        Better by more than the standard errors of the two scores, as if they were
        independent.
        """
        first, simple = self.candidates[0], self.simple
        noise = np.hypot(first.error or 0.0, simple.error or 0.0)
        return first.name if _score(first) - _score(simple) > noise else None

    @property
    def advice(self) -> str:
        """What to do, in one sentence."""
        if self.best is not None:
            return (
                f"Start from {self.best}: zoo.load({self.best!r}, num_outputs=...), "
                "or model.release in a configuration."
            )
        seen = "counts of k-mers" if self.simple.name == KMERS else "bases by place"
        names = (c.name for c in self.candidates if c.score is not None)
        first = next((name for name in names if name not in (KMERS, BASES)), None)
        return f"Frozen, no release tells more of these labels than {seen}. " + (
            f"If you fine-tune one, take {first}, and compare it with a regression on "
            "these."
            if first
            else "Compare what you train with a regression on these."
        )

    def __repr__(self) -> str:
        width = max(len(each.name) for each in self.candidates)
        lines = [f"{'':{width}s}  {self.metric}"]
        for each in self.candidates:
            said = each.note
            if each.score is not None:
                said = f"{each.score:.3f} ± {each.error:.3f}"
            lines.append(f"{each.name:{width}s}  {said}")
        return "\n".join([*lines, self.advice])


def suggest(
    sequences: Any,
    labels: Any,
    *,
    releases: Sequence[str | Path] | None = None,
    max_sequences: int = 1000,
    folds: int = 5,
    seed: int = 0,
) -> Suggestion:
    """Ranks releases by what a linear model on their frozen trunks makes of your data.

    What the head of a release reads is computed for each sequence, and a ridge
    regression of it on the labels is cross-validated, as is one on the counts of 4-,
    5- and 6-mers, and one on the bases at each place. That takes seconds; fine-tuning
    itself is not tried.

    Args:
        sequences: As in `zoo.predict`, all of one length.
        labels: One for each sequence, (n,): classes as strings, booleans or up to 20
            whole numbers; or numbers to predict. Or (n, outputs): several of them, 0,
            1 and NaN where it is not known, or numbers.
        releases: Names, folders or addresses; by default all that are installed and
            active.
        max_sequences: So many are drawn of more.
        folds: Of the cross-validation.
        seed: Of what is drawn.

    Returns:
        The candidates, best first, k-mers and bases among them.

    Raises:
        InputError: Sequences that differ in length or number from the labels, labels
            that are all the same, or fewer of a class than folds.

    Source:
        Cross-validated as in Kornblith et al. 2019, arXiv:1805.08974, where linear
        models on frozen features rank networks as fine-tuning does. Deviation: ridge
        regression for logistic, whose solution is closed at all penalties at once.
    """
    check_at_least(2, folds=folds)
    check_at_least(2 * folds, max_sequences=max_sequences)
    codes = codes_of_one_length(sequences)
    targets, metric = _targets(labels, len(codes))
    generator = np.random.default_rng(seed)
    rows = generator.permutation(len(codes))[:max_sequences]
    codes, targets = codes[rows], targets[rows]
    _check_numbers(targets, metric, folds)
    fold = folds_of(targets, folds)

    def tried(name: str, features: Floats) -> Candidate:
        scores = cross_validated(features, targets, fold, metric)
        error = float(scores.std(ddof=1) / np.sqrt(folds))
        return Candidate(name, float(scores.mean()), error)

    counts = (kmer_counts(codes, both).astype(np.float64) for both in (False, True))
    bases = one_hot(codes).reshape(len(codes), -1).astype(np.float64)
    found = [
        max((tried(KMERS, each) for each in counts), key=_score),
        tried(BASES, bases),
    ]
    refused = []
    for release in _installed() if releases is None else releases:
        try:
            found.append(tried(str(release), scaled(_features(release, codes))))
        except (SeqzooError, ValueError) as error:  # such as too short for a profile
            if releases is not None:
                raise
            refused.append(Candidate(str(release), None, note=str(error)))
    found.sort(key=_score, reverse=True)
    return Suggestion(metric, (*found, *refused), len(codes))


def _score(candidate: Candidate) -> float:
    return candidate.score or 0.0


def trunk_features(model: keras.Model, sequences: Any) -> npt.NDArray[np.float32]:
    """What the head of a model reads: maps are pooled over their length.

    Args:
        model: Its head's layers are named "head_...", as in `zoo.models.freeze`.
        sequences: As in `zoo.predict`, of one length.

    Returns:
        float32 (sequence, feature); of a map (length, channels) the maximum and the
        mean of each channel.

    Raises:
        InputError: The model has no head of that name, or does not take the sequences.
    """
    from zoo.prediction.sequences import predict

    # To make a graph takes longer than the sequences of one such model.
    features: npt.NDArray[np.float32] = predict(
        trunk(model), sequences, run_eagerly=True
    )
    return features


def trunk(model: keras.Model) -> keras.Model:
    """A model of the same layers that returns `trunk_features`; of all members."""
    import keras

    from zoo.models.creation import called
    from zoo.models.ensembles import is_ensemble, members
    from zoo.models.loading import HEAD, is_head

    if is_ensemble(model):
        found = [trunk(member)(model.inputs) for member in members(model)]
        return keras.Model(model.inputs, keras.ops.concatenate(found, axis=-1))
    read: dict[int, Any] = {}
    for layer in filter(is_head, model.layers):
        for tensor in keras.tree.flatten(layer.input):
            behind = keras.Model(model.inputs, tensor)
            if not any(map(is_head, behind.layers)):
                read[id(tensor)] = tensor
    if not read:
        raise InputError(
            f"Expected a model with layers named {HEAD}..., which read what its trunk "
            f"sees. Received: {called(model)}"
        )
    parts = []
    for tensor in read.values():
        if len(tensor.shape) == 2:
            parts.append(tensor)
        else:
            parts += [keras.ops.max(tensor, axis=1), keras.ops.mean(tensor, axis=1)]
    joined = keras.ops.concatenate(parts, axis=-1) if len(parts) > 1 else parts[0]
    return keras.Model(model.inputs, joined)


def kmer_counts(codes: Codes, both_strands: bool) -> npt.NDArray[np.float32]:
    """ln(1 + counts) of all 4-, 5- and 6-mers; those with an N are not counted.

    Args:
        codes: uint8 (n, length).
        both_strands: Whether the reverse complement's are added.

    Returns:
        float32 (n, 5376), or less where the sequences are shorter than 6 bp.
    """
    ks = ks_of(codes.shape[1])
    counts = np.zeros((len(codes), sum(4**k for k in ks) + 1), np.float32)
    for column in kmer_columns(codes, ks, both_strands):  # -1, the last one, with an N
        np.add.at(counts, (np.arange(len(codes))[:, None], column), 1)
    return np.log1p(counts[:, :-1])


def cross_validated(
    features: Floats, targets: Floats, fold: npt.NDArray[Any], metric: str
) -> Floats:
    """The score of each fold by ridge regression, at the penalty that is best.

    Args:
        features: (n, features).
        targets: (n, outputs), NaN where unknown.
        fold: (n,), from 0.
        metric: "auroc" or "pearson", of which the outputs' mean is taken.

    Returns:
        (folds,).
    """
    gram = features @ features.T
    score = _auroc if metric == "auroc" else _pearson
    known = ~np.isnan(targets)
    patterns, pattern = np.unique(known, axis=1, return_inverse=True)
    scores = np.full((fold.max() + 1, len(_PENALTIES), targets.shape[1]), np.nan)
    for of in range(patterns.shape[1]):
        outputs = np.flatnonzero(pattern == of)
        for held in range(len(scores)):
            train = np.flatnonzero(patterns[:, of] & (fold != held))
            test = np.flatnonzero(patterns[:, of] & (fold == held))
            if not len(test) or len(train) < 2:
                continue
            predicted = _ridge(gram, train, test, targets[np.ix_(train, outputs)])
            for p, values in enumerate(predicted):
                for column, output in enumerate(outputs):
                    scores[held, p, output] = score(
                        targets[test, output], values[:, column]
                    )
    counted = np.maximum((~np.isnan(scores)).sum(axis=2), 1)
    means: Floats = np.nansum(scores, axis=2) / counted
    return means[:, means.mean(axis=0).argmax()]


def _ridge(
    gram: Floats, train: npt.NDArray[Any], test: npt.NDArray[Any], targets: Floats
) -> Floats:
    """Predictions at each penalty, (penalties, test, outputs)."""
    among, across = gram[np.ix_(train, train)], gram[np.ix_(test, train)]
    mean = among.mean(axis=0)
    across = across - across.mean(axis=1, keepdims=True) - mean + mean.mean()
    among = among - mean - mean[:, None] + mean.mean()
    values, vectors = np.linalg.eigh(among)
    penalties = _PENALTIES[:, None] * max(values.mean(), 1e-12)
    weights = 1 / (np.maximum(values, 0) + penalties)  # (penalties, train)
    offset = targets.mean(axis=0)
    rotated = vectors.T @ (targets - offset)
    solved = vectors @ (weights[:, :, None] * rotated)
    found: Floats = across @ solved + offset
    return found


def _auroc(labels: Floats, values: Floats) -> float:
    """NaN where one class is missing."""
    positive, negative = values[labels == 1], values[labels == 0]
    if not len(positive) or not len(negative):
        return np.nan
    difference = positive[:, None] - negative
    return float(np.mean((difference > 0) + 0.5 * (difference == 0)))


def _pearson(labels: Floats, values: Floats) -> float:
    if np.ptp(labels) == 0:
        return np.nan
    return float(np.corrcoef(labels, values)[0, 1]) if np.ptp(values) else 0.0


def _targets(labels: Any, count: int) -> tuple[Floats, str]:
    """float64 (n, outputs), one column a class of several, and the metric."""
    array = np.asarray(labels)
    if array.ndim not in (1, 2) or len(array) != count or array.size == 0:
        raise InputError(
            f"Expected labels of shape ({count},) or ({count}, outputs), one for each "
            f"sequence. Received: {array.shape}"
        )
    if array.dtype.kind in "OSTU":  # as tables of text have them
        with contextlib.suppress(ValueError, TypeError):
            array = array.astype(np.float64)
    if array.dtype.kind in "biuf":
        values = array.astype(np.float64)
        known = values[~np.isnan(values)]
        classes, index = np.unique(known, return_inverse=True)
        binary = np.isin(classes, (0, 1)).all()
        if binary or array.ndim == 2:
            return values.reshape(count, -1), "auroc" if binary else "pearson"
        whole = len(known) == count and (classes == classes.round()).all()
        if not whole or len(classes) > _MAX_CLASSES:
            return values[:, None], "pearson"
    else:
        classes, index = np.unique(array.astype(str), return_inverse=True)
    if array.ndim == 2 or len(classes) > _MAX_CLASSES:
        raise InputError(
            f"Expected numbers, or one column of up to {_MAX_CLASSES} classes. "
            f"Received: labels {array.shape} of {len(classes)} different texts"
        )
    columns = [1] if len(classes) == 2 else range(len(classes))
    return np.stack([index == c for c in columns], axis=1).astype(np.float64), "auroc"


def _check_numbers(targets: Floats, metric: str, folds: int) -> None:
    if metric == "auroc":
        counts = np.sort([(targets == value).sum(0) for value in (0, 1)], axis=0)
        least, most = counts[:, counts[0].argmin()]
        if least < folds:
            raise InputError(
                f"Expected {folds} sequences of each label, one a fold. Received: "
                f"{most} of one, {least} of another. Label more of these."
            )
    elif not (np.nanstd(targets, axis=0) > 0).all() or len(targets) < 2 * folds:
        raise InputError(
            f"Expected at least {2 * folds} labels, and not all the same. Received: "
            f"{len(targets)}"
        )


def folds_of(targets: Floats, folds: int) -> npt.NDArray[np.int64]:
    """A fold for each row; those of one column have equal shares of its labels."""
    order = np.argsort(targets @ np.arange(1, targets.shape[1] + 1), kind="stable")
    fold = np.empty(len(targets), np.int64)
    fold[order] = np.arange(len(targets)) % folds
    return fold


def _installed() -> list[str]:
    from zoo.models.listing import list_models

    return list_models(status="active")


def _features(release: str | Path, codes: Codes) -> npt.NDArray[np.float32]:
    from zoo.models.loading import load_with_report

    model, _ = load_with_report(release, num_outputs=1, sequence_length=codes.shape[1])
    return trunk_features(model, codes)


def scaled(features: npt.NDArray[np.float32]) -> Floats:
    """Each feature with mean 0 and variance 1."""
    x = features.astype(np.float64)
    scaled: Floats = (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-6)
    return scaled
