"""Whole chromosomes of yeast in tracks of `yeast_factors_v1`, beside the peaks there.

    nice python -m tools.study.yeast_genome --data ../shared/data

The table that the release was trained on holds chosen windows, half of them on peaks.
Here all of the nuclear genome is predicted, in tiles of 100 bp, and measured where no
training was: a tile is positive for a factor that has a peak in it, few of them are.
Tiles in regions that the authors left out of peak calling are left out. Beside it the
best match of the factor's JASPAR matrix, in 200 bp around the tile: the matrices that
the release's motif baseline chose on its validation split.

Writes docs/data/yeast_genome.json, which docs/yeast_factors.md shows.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, roc_auc_score

import registry
import zoo
from tools.datasets.tables import find_file
from tools.datasets.yeast_dyads import GENOME, TEST_CHROMOSOMES, read_genome
from tools.datasets.yeast_factors import cut
from tools.training.motif_match import best_match
from zoo import samples
from zoo.data.intervals.tables import IntervalTable, read_interval_table
from zoo.data.sources.rejected import Rejected
from zoo.interpretation.motifs import read_meme

TOP = Path(__file__).resolve().parents[2]
RESULTS = TOP / "docs" / "data" / "yeast_genome.json"
CHOSEN = TOP / "tools" / "runs" / "baselines" / "yeast_factors_motifs.json"
RELEASE = "yeast_factors_v1"
TILE = 100  # bp, as a label of the training table reaches 50 bp to either side
MATCHED = 200  # bp
PEAKS = "yeast_chipexo/yeast_chipexo_peaks.bed.gz"
EXCLUDED = "yeast_chipexo/chexmix_excluded_regions.bed.gz"
Values = npt.NDArray[np.floating[Any]]


def peak_tiles(
    peaks: IntervalTable, contig: str, names: Sequence[str], tiles: int
) -> npt.NDArray[np.bool_]:
    """Which tile has a peak of which factor: (tile, factor)."""
    found = np.zeros((tiles, len(names)), bool)
    column = {name: place for place, name in enumerate(names)}
    places = peaks.intervals.chrom, peaks.intervals.start, peaks.names()
    for chrom, start, name in zip(*places, strict=True):
        if chrom == contig and name in column:
            found[start // TILE, column[name]] = True
    return found


def called_tiles(
    excluded: IntervalTable, contig: str, tiles: int
) -> npt.NDArray[np.bool_]:
    """Which tiles lie in no excluded region: (tile,)."""
    kept = np.ones(tiles, bool)
    places = excluded.intervals
    for chrom, start, end in zip(places.chrom, places.start, places.end, strict=True):
        if chrom == contig:
            kept[start // TILE : -(-end // TILE)] = False
    return kept


def measured(
    labels: npt.NDArray[np.bool_], scores: Values, threshold: float | None = None
) -> dict[str, float]:
    """AUROC and AUPRC of one factor; at a threshold, precision and recall."""
    found = {
        "auroc": float(roc_auc_score(labels, scores)),
        "auprc": float(average_precision_score(labels, scores)),
    }
    if threshold is not None:
        called = scores >= threshold
        hits = int((called & labels).sum())
        found["called"] = int(called.sum())
        found["precision"] = hits / max(1, int(called.sum()))
        found["recall"] = hits / int(labels.sum())
    return {name: float(f"{value:.4g}") for name, value in found.items()}


def study(data: Path, contigs: Sequence[str] | None, work: Path) -> dict[str, Any]:
    """Predicts chromosomes, and measures those that are tested.

    Args:
        data: Folder of the source files.
        contigs: Of the genome; None for all.
        work: Folder for the tracks.

    Returns:
        JSON-serializable: command, release, chromosomes, tiles, and factors by name.
    """
    fasta, out = find_file(data, GENOME), work / "tracks.h5"
    zoo.predict_genome(RELEASE, fasta, out, step=TILE, contigs=contigs, progress=True)
    with h5py.File(out) as file:
        tracks = {name: file[name][:] for name in TEST_CHROMOSOMES}
    release, genome = registry.find(RELEASE), read_genome(fasta)
    names = [output.name for output in release.outputs]
    peaks, excluded = (
        read_interval_table(find_file(data, file), rejected=Rejected("error"))
        for file in (PEAKS, EXCLUDED)
    )
    labels, scores, windows = [], [], []
    for contig, values in tracks.items():
        kept = called_tiles(excluded, contig, len(values))
        labels.append(peak_tiles(peaks, contig, names, len(values))[kept])
        scores.append(values[kept])
        centers = np.flatnonzero(kept) * TILE + TILE // 2
        windows.append(cut(genome, [contig] * len(centers), centers, MATCHED))
    return {
        "command": "python -m tools.study.yeast_genome --data DATA",
        "release": release.sha256,
        "chromosomes": list(TEST_CHROMOSOMES),
        "tiles": int(sum(map(len, labels))),
        "factors": of_factors(
            release, np.concatenate(labels), np.concatenate(scores), windows
        ),
    }


def of_factors(
    release: registry.Release,
    labels: npt.NDArray[np.bool_],
    scores: Values,
    windows: Sequence[npt.NDArray[np.uint8]],
) -> dict[str, Any]:
    """By factor: its positive tiles, what the network is worth, and its matrix."""
    chosen = json.loads(CHOSEN.read_text(encoding="utf-8"))["chosen"]
    motifs = read_meme(samples.path(samples.JASPAR["fungi"]))
    by_name = {f"{motif.name} {motif.identifier}": motif for motif in motifs}
    codes = np.concatenate(windows)
    found = {}
    for place, output in enumerate(release.outputs):
        own = labels[:, place]
        threshold = 0.5 if output.threshold is None else output.threshold
        found[output.name] = {
            "positives": int(own.sum()),
            "network": measured(own, scores[:, place], threshold),
            "matrix": measured(own, best_match(by_name[chosen[output.name]], codes)),
        }
        print(output.name, json.dumps(found[output.name]), flush=True)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Predicts, measures and writes."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--tested", action="store_true", help="these chromosomes alone")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as work:
        contigs = TEST_CHROMOSOMES if options.tested else None
        found = study(options.data, contigs, Path(work))
    options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for model in ("network", "matrix"):
        for metric in ("auroc", "auprc"):
            values = [factor[model][metric] for factor in found["factors"].values()]
            print(f"{model:8} {metric} {np.mean(values):.3f}")


if __name__ == "__main__":
    main()
