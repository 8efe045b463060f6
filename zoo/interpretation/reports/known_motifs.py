"""The motifs behind contributions: what they are called, and where they lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from zoo.dna import Codes
from zoo.files.pages import Html, table
from zoo.interpretation.motifs.hits import find_hits
from zoo.interpretation.motifs.motif import Motif
from zoo.interpretation.motifs.seqlets import LearnedMotif, seqlets_to_motifs
from zoo.interpretation.motifs.similarity import MotifMatch, tomtom
from zoo.interpretation.reports.logo import logo
from zoo.interpretation.reports.tracks import Span, Values

#: A site is shown where its bases contribute more than this share of windows as wide
#: of the same contributions in random order.
_SHARE = 0.95
_WIDTH = 15  # of seqlets, in bp
_MATCHES = 3
#: A match with a larger q-value gives no name.
_MAX_Q_VALUE = 0.05
_MOST_BITS = (0.0, 2.0)


@dataclass(frozen=True, eq=False)
class MatchedMotif:
    """A motif that contributions show, and those of a database that it looks like.

    Attributes:
        target: Whose contributions.
        learned: The motif.
        matches: The best first; empty without a database.
    """

    target: str
    learned: LearnedMotif
    matches: tuple[MotifMatch, ...]

    def spans(self) -> Iterator[tuple[int, Span]]:
        """Of each site the sequence, and where the best match lies.

        Without one it has the name of the learned motif, and the columns of that which
        say something.
        """
        motif = self.learned.motif
        width, name, (first, last) = motif.width, motif.name, motif.core()
        if self.matches and self.matches[0].q_value < _MAX_Q_VALUE:
            best = self.matches[0]
            name, first = best.target.name, -best.offset
            last = first + best.target.width
        for sequence, start, strand in zip(
            self.learned.sequence.tolist(),
            self.learned.start.tolist(),
            self.learned.strand.tolist(),
            strict=True,
        ):
            ends = (first, last) if strand == "+" else (width - last, width - first)
            yield sequence, (start + ends[0], start + ends[1], name)


class KnownMotifs:
    """A database of motifs, asked about sequences of one length.

    Args:
        database: Motifs with names; without any, motifs have none.
        seed: Of random orders.
    """

    def __init__(self, database: Sequence[Motif], seed: int) -> None:
        self.database, self._seed = database, seed

    def learned(
        self, codes: Codes, contributed: Values, targets: Sequence[str]
    ) -> list[MatchedMotif]:
        """What the bases that matter have in common.

        Args:
            codes: uint8 `(sequence, position)`.
            contributed: `(sequence, position, target)`.
            targets: Names.
        """
        if codes.shape[1] < _WIDTH:
            return []
        found = [
            (target, motif)
            for place, target in enumerate(targets)
            for motif in seqlets_to_motifs(
                contributed[..., place], codes, width=_WIDTH, seed=self._seed
            )
        ]
        matches: list[tuple[MotifMatch, ...]] = [()] * len(found)
        if found and self.database:
            queries = [motif.motif for _, motif in found]
            matches = tomtom(queries, self.database, num_matches=_MATCHES)
        return [
            MatchedMotif(target, motif, names)
            for (target, motif), names in zip(found, matches, strict=True)
        ]

    def spans(
        self,
        codes: Codes,
        contributed: Values,
        targets: Sequence[str],
        learned: Sequence[MatchedMotif] = (),
    ) -> list[list[list[Span]]]:
        """Sites of motifs whose bases matter, of each sequence and target.

        They are those that motifs were learned from, and elsewhere hits of `find_hits`
        whose bases contribute, up or down, more than 95% of windows as wide of the same
        contributions in random order. Of hits that overlap the one that contributes
        most, for the root of its width, is taken.

        Args:
            codes: uint8 `(sequence, position)`.
            contributed: `(sequence, position, target)`.
            targets: Names.
            learned: What `learned` found in them.
        """
        length, count = codes.shape[1], len(targets)
        found: list[list[list[Span]]] = [[[] for _ in targets] for _ in codes]
        for motif in learned:
            for row, (start, end, name) in motif.spans():
                span = (max(start, 0), min(end, length), name)
                _add(found[row][targets.index(motif.target)], span)
        if not self.database:
            return found
        hits = find_hits(self.database, codes)
        random = np.random.default_rng(self._seed).permuted(contributed, axis=1)
        sums, chance = (
            np.pad(np.cumsum(some, axis=1), ((0, 0), (1, 0), (0, 0)))
            for some in (contributed, random)
        )
        sizes = hits.end - hits.start
        lowest = np.empty((len(hits), count))
        for size in set(sizes.tolist()):
            every = np.abs(chance[:, size:] - chance[:, :-size]).reshape(-1, count)
            lowest[sizes == size] = np.quantile(every, _SHARE, axis=0)
        own = np.abs(sums[hits.sequence, hits.end] - sums[hits.sequence, hits.start])
        ranks = np.where(own > lowest, own / np.sqrt(sizes)[:, None], 0)
        for target in range(count):
            order = np.argsort(-ranks[:, target], kind="stable")
            for hit in order[: np.count_nonzero(ranks[:, target])].tolist():
                name = self.database[hits.motif[hit]].name
                span = (int(hits.start[hit]), int(hits.end[hit]), name)
                _add(found[hits.sequence[hit]][target], span)
        return found


def _add(spans: list[Span], span: Span) -> None:
    """Adds one that overlaps with none."""
    start, end, _ = span
    if all(end <= first or last <= start for first, last, _ in spans):
        spans.append(span)


def motif_table(found: Sequence[MatchedMotif]) -> Html:
    """Motifs with their logos and names."""
    rows = []
    for each in found:
        motif, best = each.learned.motif, None
        if each.matches:
            match = each.matches[0]
            best = match.target
            best = best if match.strand == "+" else best.reverse_complement()
        rows.append(
            [
                each.target,
                "raises" if each.learned.sign > 0 else "lowers",
                _drawn(motif, f"found: {motif.consensus}"),
                each.learned.num_seqlets,
                "; ".join(map(str, each.matches)) or "unknown",
                "" if best is None else _drawn(best, f"{best}: {best.consensus}"),
            ]
        )
    header = ("output", "effect", "found", "sites", "looks like", "best match")
    return table(header, rows)


def _drawn(motif: Motif, label: str) -> Html:
    heights = motif.probabilities * motif.information()[:, None]
    return Html(logo(np.maximum(heights, 0), label, _MOST_BITS, "motif"))
