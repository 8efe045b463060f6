"""What `bpnet_v1` knows of nucleosomes, beside `hierarchical_dilated_v1`.

    python -m tools.study.nucleosomes bpnet_v1 --data ../shared/data

Three things, of chromosomes that neither model has seen:

- Both models on one measure, that of `hierarchical_dilated_v1`: density of dyads in
  bins of 16 bp against the observed one, a Gaussian of 20 bp per dyad. Predictions are
  the mean of both strands, of bpnet expected dyads per base, of which a bin is the
  mean, without and with the Gaussian that the observed dyads have.
- Genes: observed and expected dyads around the first base of the coding sequence, mean
  of all verified genes, and those of the gene whose correlation is the median.
- Poly(dA:dT): tracts of growing length in the middle of shuffled sequences, and how
  many of the expected dyads are left in the 147 bp around them. Known to repel
  nucleosomes: Segal and Widom 2009, doi:10.1016/j.sbi.2009.01.004.

Writes docs/data/nucleosomes.json, which docs/base_resolution.md draws.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from PIL import Image  # which Matplotlib brings
from scipy.ndimage import gaussian_filter1d

import zoo
from tools.datasets import yeast_dyads
from tools.datasets.tables import find_file, read_columns
from zoo.dna import reverse_complement_codes
from zoo.interpretation import footprints
from zoo.training.reports.evaluation import profile_metrics

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "data" / "nucleosomes.json"
OTHER = "hierarchical_dilated_v1"
GENES = "yeast_sacCer3/yeast_genes_SGD.tsv.gz"
TRACTS = (0, 5, 10, 15, 20, 30, 40)  # bp
NUCLEOSOME = yeast_dyads.NUCLEOSOME
Values = npt.NDArray[np.float64]


def expected(model: keras.Model, codes: npt.NDArray[np.uint8]) -> Values:
    """Expected dyads at each base of the profile: (window, base), of both strands."""
    reads = zoo.prediction.expected_reads(model)
    plus, minus = (
        zoo.predict(reads, strand)[..., 0]
        for strand in (codes, reverse_complement_codes(codes))
    )
    return np.asarray((plus + minus[:, ::-1]) / 2, np.float64)


def density(model: keras.Model, codes: npt.NDArray[np.uint8]) -> Values:
    """Of the other model: (window, bin) of both strands."""
    plus, minus = (
        zoo.predict(model, strand, activation="exponential")[..., 0]
        for strand in (codes, reverse_complement_codes(codes))
    )
    return np.asarray((plus + minus[:, ::-1]) / 2, np.float64)


def wide(
    genome: dict[str, npt.NDArray[np.uint8]], sequence_length: int, split: Sequence[str]
) -> npt.NDArray[np.uint8]:
    """The windows of `yeast_dyads.windows` with other flanks; N beyond the ends."""
    flank = (sequence_length - yeast_dyads.SEQUENCE_LENGTH) // 2
    rows = []
    for name in split:
        codes = np.pad(genome[name], flank, constant_values=4)
        last = len(genome[name]) - yeast_dyads.SEQUENCE_LENGTH
        starts = range(0, last + 1, yeast_dyads.TARGET_LENGTH)
        rows += [codes[start : start + sequence_length] for start in starts]
    return np.stack(rows)


def measured(
    bpnet: keras.Model, other: keras.Model, data: Path, split: str
) -> dict[str, Any]:
    """Both models' metrics on one split."""
    dataset = yeast_dyads.load(data, seed=0)
    genome = yeast_dyads.read_genome(find_file(data, yeast_dyads.GENOME))
    rows = getattr(dataset, split)
    chromosomes = {
        "validation": yeast_dyads.VALIDATION_CHROMOSOMES,
        "test": yeast_dyads.TEST_CHROMOSOMES,
    }
    length = bpnet.input_shape[1]
    dyads = expected(bpnet, wide(genome, length, chromosomes[split]))
    edge = (dyads.shape[1] - yeast_dyads.TARGET_LENGTH) // 2
    smooth = gaussian_filter1d(dyads, yeast_dyads.SMOOTHING, axis=1)
    found = {"bpnet": dyads, "bpnet, smoothed": smooth}
    predictions = {
        name: values[:, edge : edge + yeast_dyads.TARGET_LENGTH]
        .reshape(len(values), -1, yeast_dyads.BIN_SIZE)
        .mean(axis=2)
        for name, values in found.items()
    } | {OTHER: density(other, rows.codes)}
    return {
        name: profile_metrics(
            ["dyad_density"], rows.targets, values[..., None], split=split, seed=0
        )
        for name, values in predictions.items()
    }


def tracts(model: keras.Model) -> dict[str, list[float]]:
    """Expected dyads around poly(dA:dT) as a share of those without it."""
    random = np.random.default_rng(0)
    # As the genome of yeast: 62% A and T.
    sequences = random.choice(
        4, (400, model.input_shape[1]), p=(0.31, 0.19, 0.19, 0.31)
    )
    found = footprints(
        model,
        {str(bases): "A" * bases for bases in TRACTS},
        sequences.astype(np.uint8),
        head="profile",
        pairing=(0,),
    )
    left = []
    for one in found.values():
        assert one.counts is not None and one.control_counts is not None
        near = np.abs(one.positions) <= NUCLEOSOME // 2
        dyads = one.profile[near, 0].sum() * one.counts[0]
        left.append(float(dyads / (one.control[near, 0].sum() * one.control_counts[0])))
    return {"bases": list(map(float, TRACTS)), "dyads_left": left}


def genes(model: keras.Model, data: Path) -> dict[str, Any]:
    """Dyads around the starts of verified genes of the test chromosomes, 5' to 3'."""
    genome = yeast_dyads.read_genome(find_file(data, yeast_dyads.GENOME))
    chromosomes, places = read_columns(
        find_file(data, yeast_dyads.DYADS), "chrom", "dyad0"
    )
    dyads = {
        name: np.bincount(
            np.asarray(places, np.int64)[np.asarray(chromosomes) == name],
            minlength=len(genome[name]),
        )
        for name in yeast_dyads.TEST_CHROMOSOMES
    }
    length, bases = model.input_shape[1], model.output["profile"].shape[1]
    names, windows, observed = [], [], []
    for name, qualifier, chromosome, start, end, strand in zip(
        *read_columns(
            find_file(data, GENES),
            "secondaryIdentifier",
            "qualifier",
            "chrom",
            "chromosomeLocation_start",
            "chromosomeLocation_end",
            "chromosomeLocation_strand",
        ),
        strict=True,
    ):
        if qualifier != "Verified" or chromosome not in dyads:
            continue
        forward = float(strand) > 0
        first = int(float(start)) - 1 if forward else int(float(end)) - 1
        # The first base of the gene is that right of the middle on its own strand.
        left = first - length // 2 + (not forward)
        if left < 0 or left + length > len(genome[chromosome]):
            continue
        codes = genome[chromosome][left : left + length]
        edge = left + (length - bases) // 2
        counts = dyads[chromosome][edge : edge + bases]
        names.append(name)
        windows.append(codes if forward else reverse_complement_codes(codes))
        observed.append(counts if forward else counts[::-1])
    seen, predicted = np.stack(observed), expected(model, np.stack(windows))
    smooth = [
        gaussian_filter1d(each.astype(np.float64), yeast_dyads.SMOOTHING, axis=1)
        for each in (seen, predicted)
    ]
    correlation = np.array(
        [np.corrcoef(a, b)[0, 1] for a, b in zip(*smooth, strict=True)]
    )
    known = np.flatnonzero(np.isfinite(correlation))
    median = known[np.argsort(correlation[known])[len(known) // 2]]
    means = [each.mean(axis=0) for each in smooth]
    return {
        "genes": len(names),
        "correlation_of_means": float(np.corrcoef(*means)[0, 1]),
        "median_gene": names[median],
        "median_correlation": float(correlation[median]),
        "observed_mean": np.round(means[0], 6).tolist(),
        "expected_mean": np.round(means[1], 6).tolist(),
        "observed": np.flatnonzero(seen[median]).tolist(),
        "expected": np.round(predicted[median], 6).tolist(),
    }


def draw(found: dict[str, Any], path: str | Path) -> None:
    """Three panels: a gene, the mean of genes, tracts of A; in few colors, as small."""
    figure = Figure(figsize=(8, 6.6), layout="constrained")
    gene, mean, tract = figure.subplots(3, 1)
    of_genes = found["genes"]
    bases = len(of_genes["expected"])
    positions = np.arange(bases) - bases // 2
    blue, orange = "#0072B2", "#D55E00"
    dyads = np.bincount(of_genes["observed"], minlength=bases)
    for values, color in ((dyads, orange), (np.array(of_genes["expected"]), blue)):
        smooth = gaussian_filter1d(values.astype(np.float64), yeast_dyads.SMOOTHING)
        gene.plot(positions, 1000 * smooth, color=color)
    gene.plot(
        positions[of_genes["observed"]],
        np.zeros(len(of_genes["observed"])),
        "^",
        color=orange,
        clip_on=False,
        label="observed dyads",
    )
    gene.set_title(
        f"{of_genes['median_gene']}, the gene of median correlation", loc="left"
    )
    gene.legend(loc="upper right", bbox_to_anchor=(0.8, 1.1), frameon=False)
    for name, color in (("observed", orange), ("expected", blue)):
        values = 1000 * np.array(of_genes[f"{name}_mean"])
        mean.plot(positions, values, color=color, label=name)
    mean.set_title(f"Mean of {of_genes['genes']} genes of chrXV and chrXVI", loc="left")
    mean.legend(loc="lower right", frameon=False)
    mean.set_xlabel("bp from the first base of the coding sequence")
    for axes in (gene, mean):
        axes.set_ylabel("dyads per kb")
        axes.set_ylim(bottom=0)
        axes.set_xlim(positions[0], positions[-1])
    tract.plot(
        found["tracts"]["bases"], found["tracts"]["dyads_left"], "o-", color=blue
    )
    tract.axhline(1, color="0.6", lw=1, ls=":")
    tract.set_ylim(bottom=0)
    tract.set_xlabel("length of a tract of A in random sequence (bp)")
    tract.set_ylabel("dyads left in 147 bp")
    tract.set_title("Poly(dA:dT) repels nucleosomes", loc="left")
    for axes in (gene, mean, tract):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=100)
    Image.open(path).quantize(64).save(path, optimize=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, writes and draws."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("release", help="a name, or a release folder")
    parser.add_argument("--data", type=Path, required=True, help="the data folder")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    model, other = zoo.load(options.release), zoo.load(OTHER)
    found: dict[str, Any] = {
        "command": "python -m tools.study.nucleosomes "
        f"{Path(options.release).name} --data DATA",
        "metrics": {
            split: measured(model, other, options.data, split)
            for split in ("validation", "test")
        },
        "genes": genes(model, options.data),
        "tracts": tracts(model),
    }
    options.out.write_text(json.dumps(found) + "\n")
    for split, models in found["metrics"].items():
        for name, metrics in models.items():
            for metric in metrics:
                low, high = metric["ci95"]
                print(
                    f"{split:10} {name:24} {metric['name']:28} "
                    f"{metric['value']:.3f} ({low:.3f} to {high:.3f})"
                )
    print(found["tracts"], found["genes"]["correlation_of_means"])


if __name__ == "__main__":
    main()
