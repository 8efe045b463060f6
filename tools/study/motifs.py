"""Which motifs the releases have learned, by name.

    python -m tools.study.motifs --data ../shared/data

For each output of a release, sequences of the test split that have it (such as peaks of
the factor) are explained by DeepLIFT against dinucleotide shuffles; seqlets of the
contributions become motifs, and these are named by Tomtom in JASPAR 2026 CORE, of
vertebrates or fungi. Nothing is chosen by the result.

Writes `pretrained/motifs.json`, which `seqzoo info` shows: of each output up to three
names with q < 1e-3. And `docs/data/motifs.json`: of each output what its motifs look
like most, and, where JASPAR has its factor, the q-value of that, found or not.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import registry
import zoo
from registry.learned import MOTIFS_FILE
from tools.datasets import Dataset, load
from tools.release import PRETRAINED
from tools.training.recipes import RECIPES
from zoo import samples
from zoo.interpretation.contributions import contributions
from zoo.interpretation.motifs import (
    LearnedMotif,
    Motif,
    MotifMatch,
    seqlets_to_motifs,
    tomtom,
)

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "data" / "motifs.json"
DATABASE = "JASPAR 2026 CORE"
#: Of each release, the species whose motifs it is compared with, and how the bins of a
#: profile become one number.
RELEASES: dict[str, tuple[str, str | None]] = {
    "shallow_wide_v1": ("vertebrates", None),
    "rc_dilated_v1": ("vertebrates", None),
    "kmer_v1": ("vertebrates", None),
    "deep_narrow_v1": ("vertebrates", None),
    "hierarchical_dilated_v1": ("fungi", "mean"),
    "human_factors_v1": ("vertebrates", None),
    "yeast_factors_v1": ("fungi", None),
}
#: Data sets whose windows are cut as long as a release reads.
WINDOWED = ("yeast_factors",)
MAX_Q_VALUE = 1e-3
SHOWN = 3
#: Factors that JASPAR has by another name: PU.1's gene is Spi1.
ALIASES = {"pu.1": "spi1"}
#: Releases that are not explained, and why.
NOT_EXPLAINED = {
    "bpnet_v1": "hierarchical_dilated_v1 has the motifs of the same nucleosomes",
    "core_promoters_v1": "deep_narrow_v1 has the motifs of the same promoters",
    "core_promoters_v2": "deep_narrow_v1 has the motifs of the same promoters",
    "splice_junctions_v1": "splice sites are no sites of factors, as in JASPAR",
    "splice_junctions_v2": "splice sites are no sites of factors, as in JASPAR",
}

Named = list[tuple[LearnedMotif, tuple[MotifMatch, ...]]]


def chosen(dataset: Dataset, output: int, count: int, seed: int) -> Any:
    """Test sequences that have an output; of two classes or a profile, any."""
    targets = np.asarray(dataset.test.targets)
    profile = targets.ndim == 3
    targets = targets.reshape(len(targets), -1)
    rows = np.flatnonzero(targets[:, output] == 1)
    if profile:
        rows = np.arange(len(targets))
    elif targets.shape[1] == 1:
        rows = np.flatnonzero(~np.isnan(targets[:, 0]))
    rows = np.random.default_rng(seed).permutation(rows)[:count]
    return np.asarray(dataset.test.codes)[np.sort(rows)]


def named(
    model: Any,
    codes: Any,
    output: str,
    reduction: str | None,
    database: Sequence[Motif],
    references: int,
) -> Named:
    """The motifs of an output, and what they look like."""
    found = contributions(
        model,
        codes,
        outputs=[output],
        reduction=reduction,
        num_references=references,
        window="full",
    )
    motifs = seqlets_to_motifs(found.contributions[..., 0], found.codes, name=output)
    if not motifs:
        return []
    names = tomtom([m.motif for m in motifs], database, num_matches=len(database))
    return list(zip(motifs, names, strict=True))


def shown(output: str, found: Named) -> list[registry.NamedMotif]:
    """What is said of an output: each name once, at its surest; most seqlets first."""
    said: dict[tuple[str, int], registry.NamedMotif] = {}
    for motif, matches in found:
        if not matches or matches[0].q_value >= MAX_Q_VALUE:
            continue
        best = matches[0]
        start, stop = motif.motif.core()
        entry = registry.NamedMotif(
            output,
            "+" if motif.sign > 0 else "-",
            motif.motif.consensus[start:stop],
            motif.num_seqlets,
            best.target.name,
            best.target.identifier,
            float(f"{best.q_value:.2g}"),
        )
        key = (best.target.name, motif.sign)
        if key not in said or said[key].q_value > entry.q_value:
            said[key] = entry
    return sorted(said.values(), key=lambda entry: -entry.seqlets)[:SHOWN]


def own(factor: str, found: Named) -> dict[str, Any] | None:
    """Of the motifs that JASPAR has of a factor, alone or in a pair, the likest."""
    wanted = ALIASES.get(factor.lower(), factor.lower())
    best: tuple[float, dict[str, Any]] | None = None
    for motif, matches in found:
        for rank, match in enumerate(matches, start=1):
            if wanted in match.target.name.lower().split("::"):
                entry = {
                    "name": match.target.name,
                    "identifier": match.target.identifier,
                    "q_value": match.q_value,
                    "rank": rank,
                    "seqlets": motif.num_seqlets,
                }
                if best is None or match.p_value < best[0]:
                    best = (match.p_value, entry)
    return None if best is None else best[1]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", default=tuple(RELEASES), metavar="NAME")
    parser.add_argument("--data", type=Path, required=True, help="the training data")
    parser.add_argument("--sequences", type=int, default=400, help="of each output")
    parser.add_argument("--references", type=int, default=5, help="of each sequence")
    arguments = parser.parse_args()
    path = PRETRAINED / MOTIFS_FILE
    entries = json.loads(path.read_text()) if path.exists() else {}
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name in arguments.names:
        release, model = registry.find(name), zoo.load(name)
        name = release.name  # a path was given, perhaps
        group, reduction = RELEASES[name]
        database = samples.jaspar(group)
        known = {each for m in database for each in m.name.lower().split("::")}
        # Of seqzoo train, a release is called after its data set.
        recipe = RECIPES.get(name)
        source = recipe.dataset if recipe else name.rpartition("_v")[0]
        window = {"window": model.inputs[0].shape[1]} if source in WINDOWED else {}
        dataset = load(source, arguments.data, release.seed, **window)
        said: list[registry.NamedMotif] = []
        factors: dict[str, Any] = {}
        for place, output in enumerate(zoo.output_names(model)):
            codes = chosen(dataset, place, arguments.sequences, release.seed)
            found = named(
                model, codes, output, reduction, database, arguments.references
            )
            said += shown(output, found)
            best = [(m, n[0]) for m, n in found if n]
            best.sort(key=lambda pair: pair[1].p_value)
            factors[output] = {
                "sequences": len(codes),
                "motifs": len(found),
                "best": [
                    {
                        "name": match.target.name,
                        "identifier": match.target.identifier,
                        "q_value": match.q_value,
                        "sign": motif.sign,
                        "seqlets": motif.num_seqlets,
                    }
                    for motif, match in best[:SHOWN]
                ],
                "in_database": ALIASES.get(output.lower(), output.lower()) in known,
                "own": own(output, found),
            }
            print(name, output, json.dumps(factors[output]), flush=True)
        results[name] = factors
        learned = registry.LearnedMotifs(
            release.sha256,
            f"{DATABASE} {group}",
            f"DeepLIFT, {arguments.references} shuffles each, on up to "
            f"{arguments.sequences} sequences of the test split",
            tuple(said),
        )
        entries[name] = dataclasses.asdict(learned)
        path.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
