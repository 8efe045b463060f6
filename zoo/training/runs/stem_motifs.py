"""The first filters of a run's model, begun as known motifs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras
import numpy as np
import numpy.typing as npt

from registry.release import TrainingData
from zoo import samples
from zoo.errors import InputError, optional
from zoo.interpretation.motifs.filters import motif_filters
from zoo.interpretation.motifs.first_layer import find_first_layer
from zoo.interpretation.motifs.initialization import MotifFilter, initialize_stem
from zoo.interpretation.motifs.meme import read_meme
from zoo.interpretation.motifs.motif import Motif
from zoo.prediction.sequences import predict
from zoo.training.configuration.config import Config, ConfigError

if TYPE_CHECKING:
    from zoo.data.examples import Examples

Array = npt.NDArray[np.float64]
SHARE = 0.75  # of the filters; the others start from noise, to find what is missing
LARGEST_CORRELATION = 0.8
_ROWS, _BASES = 8_192, 1 << 20  # training examples that motifs are chosen on, at most
_DECIMALS = 4  # of scores, whose last bits differ by machine
_AT_A_TIME = 64  # motifs scanned for


def start_stem(
    config: Config, model: keras.Model, train: Examples
) -> list[MotifFilter]:
    """Writes the motifs of the configuration into the stem, in place.

    Where they are more than the stem has filters, those are taken for three quarters of
    them that tell most of the targets: outputs take turns, each taking the motif whose
    best score in a sequence, on either strand, goes most with its values, up or down,
    by the covariance of ranks. For labels that is the order of |AUROC - 1/2|. A motif
    whose scores have a correlation above 0.8 with those of a chosen one is passed over.

    Args:
        config: Of the run.
        model: Of one-hot sequences.
        train: Training examples; the first motifs are chosen by 8,192 or 1 Mb of them.

    Returns:
        One entry for each filter that begins as a motif; none without
        model.stem_motifs.

    Raises:
        ConfigError: There is no such collection or motif, or the first layer cannot
            hold one.
    """
    if config.model.stem_motifs is None:
        return []
    motifs = _motifs(config)
    try:
        first = find_first_layer(model)
        count = len(first.learned)
        if len(motifs) > count:
            found = best_scores(motifs, first.kernel_size, _some(train, config.seed))
            taken = choose(*found, max(1, int(SHARE * count)))
            motifs = [motifs[each] for each in taken]
        return initialize_stem(model, motifs)
    except InputError as error:
        raise ConfigError(f"model.stem_motifs: {error}") from None


def stem_facts(config: Config) -> list[TrainingData]:
    """Where the motifs come from, for the release; none without them."""
    name = config.model.stem_motifs
    if name is None:
        return []
    ours = name in samples.JASPAR
    path = samples.path(samples.JASPAR[name]) if ours else config.path(name)
    return [
        TrainingData(
            name=f"Motifs that the stem began with: {path.name}",
            assembly="none",
            source="JASPAR 2026 CORE, non-redundant" if ours else "unknown",
            licence="CC BY 4.0" if ours else "unknown",
            citation="Rauluseviciute et al. 2024, doi:10.1093/nar/gkad1059"
            if ours
            else "unknown",
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            split="chosen on the training part",
        )
    ]


def _motifs(config: Config) -> list[Motif]:
    name, wanted = config.model.stem_motifs, config.model.stem_motif_names
    assert name is not None
    try:
        if name in samples.JASPAR:
            every = samples.jaspar(name)
        else:
            every = read_meme(config.path(name))
    except (OSError, InputError) as error:
        raise ConfigError(
            f"model.stem_motifs: expected {', '.join(map(repr, samples.JASPAR))} or a "
            f"MEME file. Received: {name!r} ({error})"
        ) from None
    if wanted is None:
        return every
    known: dict[str, list[Motif]] = {}
    for motif in every:
        for key in {motif.name.lower(), motif.identifier.lower()}:
            known.setdefault(key, []).append(motif)
    unknown = [each for each in wanted if each.lower() not in known]
    if unknown:
        raise ConfigError(
            f"model.stem_motif_names: expected names or identifiers of the motifs of "
            f"{name!r}, such as {every[0].name} or {every[0].identifier}. Received: "
            f"{', '.join(unknown)}"
        )
    return list(dict.fromkeys(m for each in wanted for m in known[each.lower()]))


def _some(train: Examples, seed: int) -> Examples:
    """Training examples to choose by, at random."""
    count = max(1, min(_ROWS, _BASES // train.sequence_length))
    rows = np.random.default_rng(seed).permutation(len(train))[:count]
    return train.subset(np.sort(rows))


def best_scores(
    motifs: Sequence[Motif], kernel_size: int, examples: Examples
) -> tuple[Array, Array]:
    """The best score of each motif in each sequence, and the targets.

    Args:
        motifs: Scored as a kernel of kernel_size bp holds them.
        kernel_size: bp.
        examples: With targets.

    Returns:
        Scores (sequence, motif) in nats, the higher of both strands, and targets
        (sequence, output), those of a profile summed over its bins.
    """
    assert examples.targets is not None
    codes, found = examples.codes(np.arange(len(examples))), []
    batch = max(1, 2**15 // examples.sequence_length)
    for at in range(0, len(motifs), _AT_A_TIME):
        kernel = motif_filters(motifs[at : at + _AT_A_TIME], kernel_size)
        both = np.concatenate([kernel, kernel[::-1, ::-1]], axis=-1)
        inputs = keras.layers.Input((None, 4))
        scan = keras.layers.Conv1D(
            both.shape[-1],
            kernel_size,
            padding="same",
            use_bias=False,
            data_format="channels_last",
            kernel_initializer="zeros",
            dtype="float32",
        )
        top = keras.layers.GlobalMaxPooling1D(data_format="channels_last")
        model = keras.Model(inputs, top(scan(inputs)))
        scan.set_weights([both])
        scores = predict(model, codes, batch_size=batch)
        forward, reverse = np.split(scores, 2, axis=1)
        found.append(np.maximum(forward, reverse))
    targets = np.asarray(examples.targets, np.float64)
    if targets.ndim == 3:
        targets = targets.sum(axis=1)
    return np.concatenate(found, axis=1).round(_DECIMALS).astype(np.float64), targets


def choose(scores: Array, targets: Array, count: int) -> list[int]:
    """Motifs that tell the targets of some output, outputs taking turns.

    Args:
        scores: (sequence, motif).
        targets: (sequence, output); NaN where they are not known.
        count: How many, at most.
    """
    with np.errstate(divide="ignore", invalid="ignore"):  # a motif that is alike in all
        correlation = np.atleast_2d(np.corrcoef(scores, rowvar=False))
    orders = [
        list(np.argsort(-_covariance(scores, target), kind="stable"))
        for target in targets.T
    ]
    chosen: list[int] = []
    while len(chosen) < count and any(orders):
        for order in orders:
            while order:
                motif = int(order.pop(0))
                if not (correlation[motif, chosen] > LARGEST_CORRELATION).any():
                    chosen.append(motif)
                    break
    return chosen[:count]


def _covariance(scores: Array, target: Array) -> Array:
    """Of the ranks of each motif's scores and of the values, without its sign."""
    rankdata = optional("scipy.stats", "train", "Choosing motifs").rankdata
    known = ~np.isnan(target)
    middle = (known.sum() + 1) / 2
    values = rankdata(target[known]) - middle
    covariance: Array = values @ (rankdata(scores[known], axis=0) - middle)
    return np.abs(covariance)
