"""The gallery: every release of seqzoo with pictures, from its own facts.

`write` makes a page, and two pictures of each release: what it reads and what it says
of an example, and its strongest filters. Pictures are named by the release's sha256, so
that they are drawn once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from registry.learned import read_learned_motifs
from registry.release import Output, Release
from tools import model_table
from tools.site import gallery_pictures, pages

FOLDER = "gallery"
CARD = "../repository/pretrained/{}/README.md"
SHOWN_ROWS = 12  # of a table; longer ones are folded
SHOWN_MOTIFS = 8


def write(folder: Path) -> None:
    """Writes `gallery.md` and the folder of its pictures, for docs/gallery/."""
    pictures = folder / FOLDER
    pictures.mkdir(parents=True, exist_ok=True)
    releases = list(model_table.own_releases())
    text = (
        "# Gallery of models\n\nWhat each release says of itself: pictures, metrics of "
        "the test split with 95%\nintervals beside simpler models, and commands.\n\n"
        + model_table.table("#{}".format)
    )
    kept = set()
    for release in releases:
        drawn = gallery_pictures.draw(release, pictures)
        kept |= {name for name, _ in drawn}
        text += "\n" + section(release, drawn)
    for old in pictures.glob("*.png"):
        if old.name not in kept:
            old.unlink()
    pages.write_changed(folder / "gallery.md", text)


def section(release: Release, pictures: list[tuple[str, str]]) -> str:
    """One release, with pictures given as file name and what is seen."""
    shown = [f"![{alt}]({FOLDER}/{name})" for name, alt in pictures]
    parts = [
        f"## {release.name}",
        f"{release.description}. [The whole card]({CARD.format(release.name)})",
        f"**{release.notice()}**" if release.notice() else "",
        *shown[:1],
        _table(("", ""), _facts(release)),
        _use(release),
        _folded("Test metrics of each output", *_metrics(release)),
        _calibration(release),
        _folded("False positives", *_backgrounds(release)),
        *shown[1:],
        _motifs(release),
        _commands(release),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _facts(release: Release) -> list[tuple[str, ...]]:
    length = release.input.sequence_length
    reads = f"{length:,} bp" if length else f"{release.input.min_length:,} bp or more"
    if release.input.training_length and not length:
        reads += f", trained on {release.input.training_length:,} bp"
    members = release.config.get("members")
    return [
        ("reads", reads),
        ("gives", ": ".join(model_table.gives(release))),
        (
            "architecture",
            f"{len(members)} networks, averaged: "
            + ", ".join(dict.fromkeys(str(member[0]) for member in members))
            if isinstance(members, (list, tuple)) and members
            else release.architecture,
        ),
        ("strands", release.symmetry.kind),
        ("weights", f"{release.weights.bytes / 1e6:.2f} MB, {release.licence}"),
        *(
            (each.label, _beside(each))
            for each in model_table.overall(release)  # of several outputs the mean
        ),
    ]


def _beside(each: model_table.Measured) -> str:
    simpler = [
        f"{model_table.BASELINES[prefix]} {metric.value:.3f}"
        for prefix, metric in each.baselines.items()
    ]
    return "; ".join([_interval(each), *simpler])


def _interval(each: model_table.Measured) -> str:
    low_high = " to ".join(f"{bound:.3f}" for bound in each.metric.ci95)
    return f"{each.metric.value:.3f}" + f" ({low_high})" * bool(low_high)


def _use(release: Release) -> str:
    use = release.intended_use
    limits = "".join(f"\n- {limit}" for limit in release.limits)
    said = [f"Intended use: {use}"] if use else []
    return "\n\n".join([*said, *([f"Limits:\n{limits}"] if limits else [])])


def _metrics(release: Release) -> tuple[list[str], list[list[str]]]:
    """A row for each output: headline metrics, baselines beside the first of them."""
    outputs = {output.name: output for output in release.outputs}
    rows: list[dict[str, str]] = []
    for name, output in outputs.items():
        found = model_table.measured(release, name)
        row = {"output": name, "responds to": output.description}
        for place, each in enumerate(found):
            row[each.label] = _interval(each)
            for prefix, metric in each.baselines.items() if place == 0 else ():
                label = f"{model_table.BASELINES[prefix]}, {each.label}"
                row[label] = f"{metric.value:.3f}"
        if output.threshold is not None:
            row["positive from"] = f"{output.threshold:.3f}"
        rows.append(row)
    return _columns(rows)


def _calibration(release: Release) -> str:
    known = [o.calibration for o in release.outputs if o.calibration is not None]
    if not known:
        return ""
    before = sum(each.ece_before for each in known) / len(known)
    after = sum(each.ece_after for each in known) / len(known)
    return (
        f"Probabilities are calibrated ({known[0].method}): the expected calibration "
        f"error on the {known[0].ece_split} split is {before:.3f} before and "
        f"{after:.3f} after."
    )


def _backgrounds(release: Release) -> tuple[list[str], list[list[str]]]:
    """How often each output calls a background positive, where that was measured."""
    outputs: list[Output] = [o for o in release.outputs if o.backgrounds]
    return _columns(
        [
            {"output": output.name}
            | {
                f"{b.kind}, {b.sequence_length:,} bp": f"{b.positives:.1%}"
                for b in output.backgrounds
            }
            for output in outputs
        ]
    )


def _motifs(release: Release) -> str:
    learned = read_learned_motifs(release)
    if learned is None or not learned.motifs:
        return ""
    lines = [f"- {motif}" for motif in learned.motifs[:SHOWN_MOTIFS]]
    more = len(learned.motifs) - SHOWN_MOTIFS
    if more > 0:
        lines.append(f"- and {more} more, see `seqzoo info {release.name}`")
    return (
        f"Motifs in its contributions ({learned.sequences}), named after "
        f"{learned.database}:\n\n" + "\n".join(lines)
    )


def _commands(release: Release) -> str:
    """What to do with it: tracks of profiles, tables and variants of the others."""
    name = release.name
    profile = "softmax_over_bins" in {o.activation for o in release.outputs} or (
        release.task == "profile"
    )
    lines = [f"seqzoo info {name}", f"seqzoo verify {name}"]
    if profile:
        lines.append(f"seqzoo predict {name} --genome genome.fa --out track.bw")
    else:
        lines.append(f"seqzoo predict {name} --fasta sequences.fa --out table.tsv")
        lines.append(
            f"seqzoo variants {name} --vcf all.vcf --genome genome.fa --out scores.tsv"
        )
    lines.append(f"seqzoo report {name} --fasta sequences.fa --out page.html")
    return "```console\n" + "\n".join(f"$ {line}" for line in lines) + "\n```"


def _columns(rows: list[dict[str, str]]) -> tuple[list[str], list[list[str]]]:
    """Names of the columns that say something, and the cells of the rows."""
    found = list(dict.fromkeys(key for row in rows for key in row))
    shown = [key for key in found if any(row.get(key) for row in rows)]
    return shown, [[row.get(key, "") for key in shown] for row in rows]


def _folded(title: str, columns: list[str], rows: list[list[str]]) -> str:
    """A table of several rows, behind a line to be opened where there are many."""
    if len(rows) < 2:
        return ""
    table = _table(columns, rows)
    if len(rows) <= SHOWN_ROWS:
        return f"{title}:\n\n{table}"
    summary = f"<summary>{title} ({len(rows)} outputs)</summary>"
    return f"<details>{summary}\n\n{table}\n\n</details>"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head, *body = (
        f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"
        for row in (columns, *rows)
    )
    return "\n".join([head, "|---" * len(columns) + "|", *body])
