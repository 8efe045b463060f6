"""seqzoo motifs: the motifs that a release has learned, and what they look like."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import registry
from registry.files import user_path
from zoo.commands import explaining
from zoo.commands.options import (
    add_bed,
    add_command,
    add_fasta,
    add_genome,
    add_json,
    add_name,
    add_out,
    add_outputs,
    add_reading,
    add_reduction,
    add_window,
)
from zoo.commands.printing import counted, print_json, print_table, printable, tell
from zoo.errors import InputError

if TYPE_CHECKING:
    import keras

    from zoo.data.record import Record
    from zoo.interpretation.contributions import Contributions
    from zoo.interpretation.motifs import LearnedMotif, Motif

KINDS = ("filters", "contributions")
_RANDOM, _RANDOM_LENGTH = 10_000, 200  # sequences, bp


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    """Adds the command and its arguments."""
    parser = add_command(
        subparsers,
        "motifs",
        "Read the motifs of a release out of it, and name those that look like one of "
        "JASPAR 2026 CORE (Tomtom). They are those of its filters, by the windows that "
        "excite them, or, of sequences that are given or of intervals of a genome, "
        "those of the bases that contribute to its outputs (DeepLIFT).",
        "seqzoo motifs shallow_wide_v1\n"
        "seqzoo motifs rc_dilated_v1 --bed peaks.bed --genome hg38.fa\n"
        "seqzoo motifs kmer_v1 --fasta peaks.fa --outputs MYC --out myc.meme",
        usage="seqzoo motifs NAME [--fasta FILE | --bed FILE --genome FILE] ...",
    )
    add_name(parser, "release")
    group = parser.add_argument_group("what is read")
    source = group.add_mutually_exclusive_group()
    add_fasta(source)
    add_bed(source, "of --genome")
    add_genome(group, "whose intervals --bed has")
    add_reading(group, inputs=False)
    group.add_argument(
        "--of",
        choices=KINDS,
        help="of what the motifs are (default: contributions of the sequences that "
        "are given, else filters, in random DNA)",
    )
    group.add_argument(
        "--share-of-maximum",
        type=float,
        metavar="SHARE",
        help="of a filter's largest activation, above which windows are counted "
        "(default: 0.8)",
    )
    add_outputs(group)
    add_reduction(group)
    add_window(group)
    group = parser.add_argument_group("how it is named")
    add_database(group, "vertebrates", default="vertebrates")
    group.add_argument(
        "--max-q-value",
        type=float,
        default=1e-3,
        metavar="Q",
        help="name motifs with q-values up to this alone (default: 0.001)",
    )
    group = parser.add_argument_group("what is written")
    add_out(group, "the motifs, named or not, as a MEME file")
    group.add_argument(
        "--discover",
        metavar="FOLDER",
        help="find the motifs by TF-MoDISco (minutes) and write its results and its "
        "report there",
    )
    add_json(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints the motifs that have a name, the surest first."""
    is_given = any((arguments.fasta, arguments.bed, arguments.genome))
    kind = arguments.of or ("contributions" if is_given else "filters")
    if kind == "contributions" and not is_given:
        raise InputError(
            "--of contributions needs --fasta, or --bed and --genome: sequences to "
            "explain."
        )
    explains = any((arguments.outputs, arguments.reduction, arguments.discover))
    if kind == "filters" and explains:
        raise InputError(
            "--outputs, --reduction and --discover go with --of contributions, as "
            "filters belong to no output."
        )
    if kind != "filters" and arguments.share_of_maximum is not None:
        raise InputError("--share-of-maximum goes with --of filters.")
    if not 0 < arguments.max_q_value <= 1:
        raise InputError(
            "Expected --max-q-value above 0, at most 1. Received: "
            f"{arguments.max_q_value:g}"
        )
    if arguments.discover and user_path(arguments.discover).exists():
        raise InputError(f"--discover {arguments.discover}: expected a new folder.")
    from zoo.models.loading import load, refuse_withdrawn

    release = registry.find(arguments.name)
    refuse_withdrawn(release)
    database = read_database(arguments.database)
    records = None
    if is_given:
        reader = explaining.ExplainedRecords(arguments, release)
        reader.begin()
        records = list(reader.records())
        reader.tell_skipped()
    from zoo.commands.quiet import quiet_import

    quiet_import()
    from zoo.interpretation.motifs import tomtom, write_meme

    model = load(arguments.name)
    if kind == "filters":
        motifs, facts = _filters(model, release, records, arguments)
    else:
        motifs, facts = _contributions(model, records, arguments, database)
    if arguments.out and motifs:
        write_meme(motifs, arguments.out)
    matches = tomtom(motifs, database, num_matches=1) if motifs else []
    rows = [
        {
            "motif": motif.name,
            **fact,
            "consensus": motif.consensus[slice(*motif.core())],
            "looks_like": best[0].target.name,
            "identifier": best[0].target.identifier,
            "q_value": best[0].q_value,
        }
        for motif, fact, best in zip(motifs, facts, matches, strict=True)
        if best and best[0].q_value <= arguments.max_q_value
    ]
    rows.sort(key=lambda row: row["q_value"])
    if arguments.json:
        print_json(rows)
    elif rows:
        cells = [[_cell(value) for value in row.values()] for row in rows]
        print_table(list(rows[0]), cells)
    tell(
        f"{counted(len(motifs), 'motif')}, {len(rows):,} of them with a name "
        f"(q <= {arguments.max_q_value:g})"
    )
    return 0


def _cell(value: object) -> str:
    return f"{value:.1e}" if isinstance(value, float) else printable(str(value))


def add_database(parser: Any, said: str, **more: Any) -> None:
    """Adds --database, to a parser or a group of options."""
    parser.add_argument(
        "--database",
        metavar="GROUP",
        **more,
        help="motifs of JASPAR of 'vertebrates' or 'fungi', or a MEME file "
        f"(default: {said})",
    )


def read_database(name: str) -> list[Motif]:
    """The motifs that --database names."""
    from zoo import samples
    from zoo.interpretation.motifs import read_meme

    return samples.jaspar(name) if name in samples.JASPAR else read_meme(name)


def _filters(
    model: keras.Model,
    release: registry.Release,
    records: list[Record] | None,
    arguments: argparse.Namespace,
) -> tuple[list[Motif], list[dict[str, Any]]]:
    """Of the first layer, and how many windows each is made of."""
    from zoo.interpretation.motifs import filters_to_motifs, simulate_background

    reads = release.input
    length = reads.sequence_length or reads.training_length or _RANDOM_LENGTH
    given = simulate_background(_RANDOM, length) if records is None else records
    share = arguments.share_of_maximum
    try:
        found = filters_to_motifs(
            model, given, share_of_maximum=0.8 if share is None else share
        )
    except InputError as error:
        error.add_note("--of contributions reads motifs of any release.")
        raise
    motifs = list(found.values())
    return motifs, [{"windows": round(motif.num_sites)} for motif in motifs]


def _contributions(
    model: keras.Model,
    records: list[Record] | None,
    arguments: argparse.Namespace,
    database: list[Motif],
) -> tuple[list[Motif], list[dict[str, Any]]]:
    """Of each output, whether they raise it, and of how many seqlets."""
    from zoo.interpretation.contributions import contributions

    found = contributions(
        model,
        records,
        outputs=arguments.outputs,
        reduction=arguments.reduction,
        window=arguments.window,
    )
    motifs: list[Motif] = []
    facts: list[dict[str, Any]] = []
    for target in found.names:
        for learned in _learned(found, target, arguments.discover, database):
            motifs.append(learned.motif)
            sign = "+" if learned.sign > 0 else "-"
            facts.append(
                {"output": target, "sign": sign, "seqlets": learned.num_seqlets}
            )
    return motifs, facts


def _learned(
    found: Contributions, target: str, folder: str | None, database: list[Motif]
) -> list[LearnedMotif]:
    from zoo.interpretation.motifs import discover, seqlets_to_motifs
    from zoo.interpretation.motifs.discovery import REPORT_FILE

    if folder is None:
        values = found.contributions[..., found.place(target)]
        return seqlets_to_motifs(values, found.codes, name=target)
    # By number: a name of an output may be anything, and leave the folder.
    several = len(found.names) > 1
    out = f"{folder}/output_{found.place(target)}" if several else folder
    learned = discover(found, out, target=target, database=database)
    if learned:
        tell(f"{target}: {out}/{REPORT_FILE}")
    return learned
