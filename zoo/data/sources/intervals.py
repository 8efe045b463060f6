"""Intervals of a genome, with labels or signals -> examples."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from zoo.data.contigs import on_contigs
from zoo.data.examples import Examples
from zoo.data.genomes.genome import BEYOND, Beyond, Genome, check_length
from zoo.data.intervals.tables import Centre, read_interval_table
from zoo.data.rows import TARGETS
from zoo.data.sources.collected import as_column
from zoo.data.sources.input_columns import Columns, InputColumns
from zoo.data.sources.labels import Labels, names_of, parse_weights
from zoo.data.sources.rejected import LEAVE_OUT, OnInvalidRow, Rejected
from zoo.data.sources.windows import (
    check_duplicates,
    check_ends,
    middle_of,
    window_intervals,
)
from zoo.data.strand_pairing import swap_strands
from zoo.data.tracks.signals import Aggregate, Missing, Negative, read_signals
from zoo.data.wide import middle
from zoo.errors import InputError, check_choice

Path_ = str | os.PathLike[str]
Signals = Path_ | Sequence[Path_] | Mapping[str, Path_]


def from_intervals(
    genome: Path_ | Genome,
    intervals: Any,
    *,
    sequence_length: int,
    targets: str | Sequence[str] = (),
    classes: Sequence[Any] | None = None,
    one_hot: bool = True,
    signals: Signals = (),
    bin_size: int | None = None,
    target_length: int | None = None,
    max_shift: int = 0,
    aggregate: Aggregate = "mean",
    missing: Missing = "zero",
    missing_contig: Literal["error", "missing"] = "error",
    negative: Negative = "keep",
    centre: Centre = None,
    stranded: bool = True,
    pairing: Sequence[int] | Mapping[str, Sequence[int]] | None = None,
    beyond: Beyond = "error",
    duplicates: Literal["error", "keep", "drop"] = "error",
    sample_weight: str | None = None,
    inputs: Columns | None = None,
    input_signals: Mapping[str, Signals] | None = None,
    columns: str | Sequence[str] = (),
    column_names: Sequence[str] | None = None,
    one_based: bool | None = None,
    on_invalid: OnInvalidRow = "error",
) -> Examples:
    """Examples from windows of a genome, one per interval.

    A window is the `sequence_length` bp around the interval's centre: its first base
    is `centre - sequence_length // 2`, the centre being `(start + end) // 2` or the
    summit. The sequences stay in the genome's cache and are gathered when needed.

    Args:
        genome: A FASTA file, or a `Genome`.
        intervals: A file whose content shows its kind: BED, narrowPeak, broadPeak or
            gappedPeak, GFF, MACS .xls, or a table with a line of names; a pandas,
            Polars or PyRanges frame, or a dict, with the columns chrom, start, end and
            perhaps strand and name; or `zoo.data.Intervals`. 0-based, half-open.
        sequence_length: bp per window.
        targets: Columns of numeric labels, as in `from_table`. Those of BED are called
            chrom, start, end, name, score, strand; peaks also have signalValue,
            pValue, qValue, and narrowPeak has peak.
        classes: Classes of one column of text labels, as in `from_table`.
        one_hot: As in `from_table`.
        signals: bigWig files, in place of `targets`: a path, several, or a dict of
            paths by the name of the output; otherwise outputs are named as the files.
            Needs the extra seqzoo[genome].
        bin_size: bp per bin of the signal: targets `(n, bins, files)`. None for one
            number per window and file: `(n, files)`.
        target_length: bp in the middle of the window that the signal covers; by
            default all of it. What is left over at the two ends is equal.
        max_shift: bp that `batches(max_shift=)` may move windows by, to either side,
            with their signals and input_signals, which needs bin_size=1 or None (then
            the number stays that of the window itself). So much more is read.
        aggregate: How the bases of a bin become one number; see `read_signals`.
        missing: What bases without a value count as, also in input_signals; see
            `read_signals`.
        missing_contig: For contigs that a bigWig file lacks; see `read_signals`. Those
            that it has must be as long as the genome's.
        negative: What values below 0 become, also in input_signals; see `read_signals`.
        centre: "midpoint" of the interval, or the "summit" (start + column "peak").
            None: the summit for narrowPeak and MACS, if any row has one.
        stranded: Whether "-" gives the reverse complement and reverses the bins.
            False reads all as "+", and the examples' strands are ".".
        pairing: The number of each signal's partner on the other strand, as in
            `batches(pairing=)`: windows on "-" have the partners' values, as plus is
            their minus.
        beyond: For windows, with what max_shift adds, or intervals beyond the ends of a
            contig: "error", "pad" with N, or "drop".
        duplicates: For windows that an earlier row has, on the same strand: "error",
            "keep", or "drop". Windows that overlap without being equal are kept.
        sample_weight: Column of weights, numbers of at least 0.
        inputs: Columns of what a model reads beside the sequence, as in `from_table`.
        input_signals: bigWig files that it reads, a value per base, by the name of its
            input (`{"signals": ["atac.bw"]}`): `(n, sequence_length, files)`.
        columns: Other columns to keep, as text if they come from files.
        column_names: Names of all columns of a file that has no line of names.
        one_based: Whether start counts from 1 and end is included. None: where the
            content shows it (GFF, MACS, a column "width" or "length" that is end -
            start + 1), with a warning that says so.
        on_invalid: "error", "drop" or a function of the error, for rows that are no
            interval, have an unreadable label, or lie on a contig that the genome
            lacks (unless all do).

    Returns:
        The examples, with their windows as `intervals` and, in `dropped`, what was
        left out, by reason.

    Raises:
        InputError: As described above, with the file and line.
    """
    check_choice("duplicates", duplicates, ("error", "keep", "drop"))
    check_choice("beyond", beyond, BEYOND)
    check_choice("centre", centre, (None, "midpoint", "summit"))
    labels = Labels(targets, classes, one_hot)
    further = names_of(columns, "columns")
    facts, tracks = InputColumns(inputs), tracks_of(signals)
    if tracks and labels.columns:
        raise InputError(
            "Expected targets= or signals=, not both. Received: "
            f"targets={labels.columns}, signals={list(tracks)}"
        )
    shared: Any = {
        "missing": missing,
        "missing_contig": missing_contig,
        "negative": negative,
    }
    if not tracks:
        _check_unused(
            bin_size=bin_size,
            target_length=target_length,
            aggregate=aggregate,
            **({} if input_signals else shared),
        )
    length = _target_length(sequence_length, target_length)
    _check_max_shift(max_shift, bin_size)
    wider = 2 * max_shift
    if not isinstance(genome, Genome):
        genome = Genome(genome)
    rejected = Rejected(on_invalid, LEAVE_OUT)
    weight = () if sample_weight is None else (sample_weight,)
    table = read_interval_table(
        intervals,
        wanted=[*labels.columns, *facts.columns, *further, *weight],
        centre=centre,
        column_names=column_names,
        one_based=one_based,
        rejected=rejected,
    )
    chrom = table.intervals.chrom
    known = on_contigs(
        chrom,
        table.where,
        genome.contigs,
        str(genome.path),
        rejected,
    )
    table = table if len(known) == len(chrom) else table.subset(known)
    ok = np.ones(len(table.intervals), bool)
    windows = window_intervals(
        table, sequence_length + wider, centre, stranded, ok, rejected
    )
    check_ends(table, windows, genome, beyond, ok, rejected, max_shift)
    check_duplicates(table, windows, duplicates, ok, rejected)
    parsed = labels.parse(
        [table.cells[c] for c in labels.columns], ok, table.where, rejected
    )
    known_facts = facts.parse(
        [table.cells[c] for c in facts.columns], ok, table.where, rejected
    )
    weights = None
    if sample_weight is not None:
        cells = table.cells[sample_weight]
        weights = parse_weights(sample_weight, cells, ok, table.where, rejected)
    rows = np.flatnonzero(ok)
    if not len(rows):
        raise rejected.nothing_left(table.source)
    table, windows = table.subset(rows), windows.subset(rows)
    values: npt.NDArray[np.float32] | None = parsed[rows] if labels.outputs else None
    shared["contigs"] = genome.contigs
    if tracks:
        covered = middle_of(windows, length + (wider if bin_size else 0))
        values = read_signals(
            list(tracks.values()),
            covered,
            bin_size=bin_size,
            aggregate=aggregate,
            **shared,
        )
        values = values if bin_size is not None else values[:, 0]
    per_base = {
        name: read_signals(
            list(tracks_of(files).values()), windows, bin_size=1, **shared
        )
        for name, files in (input_signals or {}).items()
    }
    signals_of = {n: [*tracks_of(files)] for n, files in (input_signals or {}).items()}
    found = per_base if values is None or not tracks else {TARGETS: values} | per_base
    swap_strands(
        found,
        {TARGETS: [*tracks]} | signals_of,
        windows.strand == "-",
        pairing,
        table.source,
    )
    outputs = tuple(tracks) or labels.outputs
    wide, around = None, windows
    if max_shift:
        profile = values if values is not None and values.ndim == 3 else None
        sequences, _ = genome.sequences(windows, sequence_length + wider, beyond="pad")
        wide = Examples(
            sequences, profile, outputs if profile is not None else (), inputs=per_base
        )
        around = middle_of(windows, sequence_length)
        values = values if profile is None else middle(profile, length)
        per_base = {n: middle(v, sequence_length) for n, v in per_base.items()}
    sequences, _ = genome.sequences(around, sequence_length, beyond="pad")
    return Examples(
        sequences,
        targets=values,
        outputs=outputs,
        wide=wide,
        names=np.array(table.names()),
        intervals=around,
        sample_weight=None if weights is None else weights[rows],
        inputs=facts.by_name(known_facts[rows]) | per_base,
        columns={name: as_column(table.cells[name]) for name in further},
        dropped=dict(rejected.counts),
        source=table.source,
    )


def tracks_of(signals: Signals) -> dict[str, Path_]:
    """The bigWig files by the name of their output, which may be the file's."""
    if isinstance(signals, Mapping):
        return dict(signals)
    paths = [signals] if isinstance(signals, (str, os.PathLike)) else list(signals)
    names = [Path(path).stem for path in paths]
    if len(set(names)) < len(names):
        raise InputError(
            f"Expected bigWig files of different names. Received: {names}. Name the "
            "outputs: signals={'name': path, ...}."
        )
    return dict(zip(names, paths, strict=True))


def _check_unused(**given: Any) -> None:
    """Refuses arguments of signals where there are none."""
    defaults = inspect.signature(from_intervals).parameters
    changed = [name for name, value in given.items() if value != defaults[name].default]
    if changed:
        shared = set(changed) <= {"missing", "missing_contig", "negative"}
        raise InputError(
            f"Expected signals={' or input_signals=' * shared}, which "
            f"{', '.join(changed)} "
            f"go{'' if changed[1:] else 'es'} with. Received none."
        )


def _check_max_shift(max_shift: int, bin_size: int | None) -> None:
    if isinstance(max_shift, bool) or not isinstance(max_shift, int) or max_shift < 0:
        raise InputError(
            "Expected max_shift in bp, an integer of at least 0. Received: "
            f"{max_shift!r}"
        )
    if max_shift and bin_size not in (None, 1):
        raise InputError(
            "Expected bin_size=1 with max_shift, as bins of several bp cannot be moved "
            f"by less. Received: bin_size={bin_size}, max_shift={max_shift}. Read the "
            "bases, and join bins behind it (zoo.data.HeadTargets(joined_bins=)), or "
            "use max_shift=0."
        )


def _target_length(sequence_length: int, target_length: int | None) -> int:
    check_length(sequence_length, "sequence_length")
    length = sequence_length if target_length is None else target_length
    check_length(length, "target_length")
    if length > sequence_length or (sequence_length - length) % 2:
        raise InputError(
            "Expected a target_length from 1 to the sequence_length, so that equal "
            f"numbers of bp are left at both ends. Received: target_length={length}, "
            f"sequence_length={sequence_length}"
        )
    return length
