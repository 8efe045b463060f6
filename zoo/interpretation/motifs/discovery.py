"""Motifs of contributions by TF-MoDISco, with its report."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from registry.files import user_path
from zoo.dna import one_hot
from zoo.errors import InputError, check_at_least, check_choice, optional
from zoo.interpretation.motifs.meme import write_meme
from zoo.interpretation.motifs.motif import Motif
from zoo.interpretation.motifs.seqlets import LearnedMotif
from zoo.interpretation.motifs.similarity import TARGET_INFORMATION

RESULTS_FILE, REPORT_FILE = "modisco.h5", "report/motifs.html"
_SIGNS = {1: "positive", -1: "negative"}


def discover(
    contributions: Any,
    out: str | Path,
    *,
    target: str | None = None,
    database: Sequence[Motif] | None = None,
    max_seqlets: int = 20_000,
    num_runs: int = 2,
    window: int = 400,
) -> list[LearnedMotif]:
    """Runs TF-MoDISco (tfmodisco-lite) on contributions, and writes its report.

    It needs some hundred sequences of 200 bp or more: fewer than 100 seqlets of a sign
    have no motif, and those near the ends cannot be widened. It groups seqlets by their
    likeness and not by one threshold, as `seqlets_to_motifs` does, and takes minutes.

    Args:
        contributions: With hypothetical (sequence, position, base, target), codes and
            names, as `zoo.contributions` and `zoo.saturation_mutagenesis` return them.
        out: A new folder: `modisco.h5`, as `modisco motifs` writes it, and
            `report/motifs.html`.
        target: Its name, where there are several.
        database: Names the motifs in the report, such as `zoo.samples.jaspar()`, by
            their cores (see `tomtom`).
        max_seqlets: Of each sign.
        num_runs: Of the clustering by Leiden; the best is taken.
        window: bp around the middle of the sequences in which seqlets are looked for.

    Returns:
        Those that raise the target first, as TF-MoDISco orders them.

    Raises:
        InputError: No such target, a folder that exists, or tfmodisco-lite is not
            installed.

    Source:
        Shrikumar et al. 2018, arXiv:1811.00416, in Schreiber's tfmodisco-lite, with
        the settings of its command line.
    """
    check_at_least(1, max_seqlets=max_seqlets, num_runs=num_runs, window=window)
    names = tuple(contributions.names)
    if target is None and len(names) == 1:
        target = names[0]
    check_choice("target", target, names)
    folder = user_path(out)
    if folder.exists():
        raise InputError(f"{folder} exists. Expected a new folder.")
    optional("modiscolite", "discovery", "Discovering motifs")
    codes = contributions.codes
    start = max(0, (codes.shape[1] - window) // 2)
    part = slice(start, start + window)
    bases = one_hot(codes[:, part])
    values = contributions.hypothetical[:, part, :, names.index(target)]
    if not np.isfinite(values).all():
        raise InputError("Expected finite contributions. Received: NaN or infinity.")
    folder.mkdir(parents=True)
    with _quiet():
        import modiscolite.io
        import modiscolite.report
        import modiscolite.tfmodisco

        patterns = modiscolite.tfmodisco.TFMoDISco(
            one_hot=bases,
            hypothetical_contribs=np.asarray(values, np.float32),
            max_seqlets_per_metacluster=max_seqlets,
            sliding_window_size=20,
            flank_size=5,
            target_seqlet_fdr=0.05,
            n_leiden_runs=num_runs,
        )
        results = folder / RESULTS_FILE
        modiscolite.io.save_hdf5(str(results), *patterns, bases.shape[1])
        report = (folder / REPORT_FILE).parent
        if any(patterns):
            known = None
            if database is not None:
                known = folder / "database.meme"
                write_meme([_core(motif) for motif in database], known)
            modiscolite.report.report_motifs(
                results, report, "./", known, False, ttl=True
            )
    return [
        _learned(f"{target}_{_SIGNS[sign]}_{number}", pattern, sign, start)
        for sign, group in zip(_SIGNS, patterns, strict=True)
        for number, pattern in enumerate(group or ())
    ]


def _core(motif: Motif) -> Motif:
    start, stop = motif.core(TARGET_INFORMATION)
    return motif.columns(start, stop) if stop - start > 1 else motif


def _learned(name: str, pattern: Any, sign: int, start: int) -> LearnedMotif:
    seqlets = pattern.seqlets
    counts = np.array([seqlet.sequence for seqlet in seqlets], np.float64).sum(axis=0)
    counts[counts.sum(axis=1) == 0] = 1  # N in all
    return LearnedMotif(
        Motif(name, counts),
        np.asarray(pattern.contrib_scores, np.float64),
        sign,
        np.array([seqlet.example_idx for seqlet in seqlets], np.int64),
        np.array([seqlet.start for seqlet in seqlets], np.int64) + start,
        np.where([seqlet.is_revcomp for seqlet in seqlets], "-", "+"),
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps what the packages print and warn of, not the user's to mend, to itself."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
