"""Starts a stem from known motifs instead of from noise.

A filter of log-odds weights is the exact scanner of its motif (Stormo 2000,
doi:10.1093/bioinformatics/16.1.16), so a stem that begins with motifs of the right
proteins needs far fewer epochs than one that has to find them. The motifs are
chosen on the training split alone; the filters go on learning.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from tools.datasets.dataset import Split
from tools.datasets.tables import find_file, sha256
from zoo.interpretation.motifs import UNIFORM, Motif, log_odds, read_meme
from zoo.interpretation.motifs.filters import fit_to_width
from zoo.prediction.sequences import predict
from zoo.training.runs.stem_motifs import SHARE, choose

MEME = "jaspar/JASPAR2024_CORE_vertebrates_nonredundant.meme.gz"
FACTS = {
    "name": "JASPAR 2024 CORE vertebrates, non-redundant, to initialise the stem",
    "assembly": "none",
    "source": "JASPAR 2024 release, MEME format",
    "licence": "CC BY 4.0",
    "citation": "Rauluseviciute et al., Nucleic Acids Research 52, D174-D182 (2024)",
    "split": "not split: motifs chosen by their AUROC on training rows",
}
ROWS = 8192  # training rows that the motifs are chosen on
PSEUDOCOUNT = 0.04  # in sites, for each site that a motif was counted on
DECIMALS = 4  # of scores
# The consensus of a motif scores TOP before the bias, which puts the threshold of
# the activation at half of that.
TOP = 2.0
THRESHOLD = 1.0


def start_from_motifs(
    model: keras.Model, train: Split, data_folder: Path, seed: int
) -> dict[str, str]:
    """Overwrites most filters of the layer "stem_conv" with motifs, in place.

    Args:
        model: Its stem is an `RCConv1D` on one-hot with a bias.
        train: The training rows; targets (n, num_outputs) of 0, 1 and NaN.
        data_folder: The folder that holds `jaspar/`.
        seed: Of the choice of rows.

    Returns:
        The entry for `training_data` of the release.
    """
    path = find_file(data_folder, MEME)
    stem = model.get_layer("stem_conv")
    width, _, half = stem.kernel.shape
    filters = np.stack([scanner(motif, width) for motif in read_meme(path)], axis=-1)
    rows = np.random.default_rng(seed).permutation(len(train))[:ROWS]
    scores = best_matches(filters, train.codes[rows])
    chosen = choose(scores, train.targets[rows], int(SHARE * half))
    kernel, bias = (np.array(w) for w in stem.get_weights())
    kernel[..., : len(chosen)] = filters[..., chosen]
    bias[: len(chosen)] = -THRESHOLD
    stem.set_weights([kernel, bias])
    return FACTS | {"sha256": sha256(path)}


def scanner(motif: Motif, width: int) -> np.ndarray:
    """Log-odds against uniform bases, (width, 4), scaled so that the best is TOP.

    The scale is the recipe's, not that of `zoo.interpretation.motifs.initialize_stem`:
    released weights were trained from it.
    """
    weights = log_odds(
        motif, background=UNIFORM, pseudocount=PSEUDOCOUNT * motif.num_sites
    )
    fitted = fit_to_width(weights, width, background=UNIFORM).weights
    return TOP * fitted / fitted.max(axis=1).sum()


def best_matches(filters: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The best score of each motif on either strand, (n, motifs)."""
    width, _, motifs = filters.shape
    inputs = keras.layers.Input((None, 4))
    both = keras.layers.Conv1D(2 * motifs, width, use_bias=False)
    model = keras.Model(inputs, keras.layers.GlobalMaxPooling1D()(both(inputs)))
    both.set_weights([np.concatenate([filters, filters[::-1, ::-1]], axis=-1)])
    scores = predict(model, codes)
    # Many sequences hold the same best word. Their ties are broken by the last bits of
    # a convolution, which differ by machine, and motifs are chosen by rank.
    return np.maximum(scores[:, :motifs], scores[:, motifs:]).round(DECIMALS)
