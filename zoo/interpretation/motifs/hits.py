"""Where motifs occur in sequences, and how likely by chance (FIMO)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.sequences import all_parts
from zoo.dna import ALPHABET, UNKNOWN, one_hot
from zoo.errors import InputError, check_at_least, optional
from zoo.interpretation.motifs.background import UNIFORM
from zoo.interpretation.motifs.motif import Motif, check_motifs
from zoo.interpretation.motifs.scores import PSEUDOCOUNT, log_odds

_BIN = 0.1  # bits; FIMO's step of scores


@dataclass(frozen=True, eq=False)
class Hits:
    """Sites of motifs, sorted by sequence, start, end, motif and strand.

    Attributes:
        sequence: int64 (hit,): places among the sequences.
        start: int64 (hit,): 0-based.
        end: int64 (hit,): behind the last base.
        strand: str (hit,): "+" or "-".
        motif: int64 (hit,): places among the motifs.
        score: float64 (hit,): log2 of the likelihood ratio, in bits.
        p_value: float64 (hit,): of one place.
    """

    sequence: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    strand: npt.NDArray[np.str_]
    motif: npt.NDArray[np.int64]
    score: npt.NDArray[np.float64]
    p_value: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.sequence)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Of each hit, its values by name."""
        for row in range(len(self)):
            yield {name: column[row].item() for name, column in vars(self).items()}

    def __repr__(self) -> str:
        return f"Hits({len(self):,} of {len(set(self.motif.tolist())):,} motifs)"


def find_hits(
    motifs: Sequence[Motif],
    sequences: Any,
    *,
    max_p_value: float = 1e-4,
    both_strands: bool = True,
    pseudocount: float = PSEUDOCOUNT,
) -> Hits:
    """Finds the sites of motifs in sequences.

    The score of a place is that of `log_odds` against uniform bases, in bits, and its
    p-value the chance of as high a score, rounded to 0.1 bits, in random DNA. An N
    scores 0.

    Args:
        motifs: At least one.
        sequences: As `zoo.predict` takes them, of any lengths.
        max_p_value: Of one place, below which a site is a hit.
        both_strands: Whether the other strand is searched, too.
        pseudocount: As in `log_odds`.

    Raises:
        InputError: No motif, no sequences, a p-value that is not between 0 and 1, or
            memelite is not installed.

    Source:
        FIMO, Grant et al. 2011, doi:10.1093/bioinformatics/btr064, as memelite has it
        (Schreiber 2025). Deviation: the pseudocount, which is shared in proportion to
        the background and not added to each probability.
    """
    check_motifs(motifs)
    if not motifs:
        raise InputError("Expected at least one motif. Received: none.")
    if not 0 < max_p_value < 1:
        raise InputError(
            "Expected a p-value between 0 and 1. Received: "
            f"max_p_value={max_p_value!r}."
        )
    check_at_least(0, pseudocount=pseudocount)
    memelite = optional("memelite", "motifs", "Finding sites of motifs")
    matrices = {
        str(number): np.ascontiguousarray(_probabilities(motif, pseudocount).T)
        for number, motif in enumerate(motifs)
    }
    widest = max(motif.width for motif in motifs)
    columns: dict[str, list[Any]] = {name: [] for name in Hits.__dataclass_fields__}
    for part in all_parts(sequences):
        codes = part.codes()
        # Motifs wider than the sequences find nothing in the N behind these.
        short = max(0, widest - codes.shape[1])
        padded = np.pad(codes, ((0, 0), (0, short)), constant_values=UNKNOWN)
        bases = one_hot(padded).transpose(0, 2, 1).astype(np.int8)
        for table in memelite.fimo(
            matrices,
            bases,
            bin_size=_BIN,
            eps=0.0,
            threshold=max_p_value,
            reverse_complement=both_strands,
        ):
            table = table[table["end"] <= codes.shape[1]]
            columns["sequence"].append(part.rows[table["sequence_name"].to_numpy(int)])
            columns["motif"].append(table["motif_idx"].to_numpy(int))
            columns["strand"].append(table["strand"].to_numpy(str))
            columns["p_value"].append(table["p-value"].to_numpy(float))
            for name in ("start", "end", "score"):
                columns[name].append(table[name].to_numpy())
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    order = np.lexsort(
        [joined[name] for name in ("strand", "motif", "end", "start", "sequence")]
    )
    kinds: dict[str, Any] = {"strand": "U1", "score": np.float64, "p_value": np.float64}
    return Hits(
        **{n: c[order].astype(kinds.get(n, np.int64)) for n, c in joined.items()}
    )


def _probabilities(motif: Motif, pseudocount: float) -> npt.NDArray[np.float64]:
    weights = log_odds(motif, background=UNIFORM, pseudocount=pseudocount)
    return np.exp(weights) / len(ALPHABET)
