"""What a release keeps of its training data: enough to know them, no sequence."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from registry.errors import ReleaseError
from registry.release import MAXIMUM_SKETCH_BYTES
from zoo.data.examples import Examples
from zoo.errors import InputError
from zoo.splits.pool import Pool, pools
from zoo.splits.words import Words, canonical_words, informative, mixed

K = 21
"""bp of a word: in 10^9 bases of training data, a word occurs by chance with 0.05%."""

MAXIMUM_ENTRIES = 32_000
_SPARSITY_BITS = 12  # an unknown word is taken for a known one with 2^-12
_ESCAPE = 65_535  # a gap that leads on, not to an entry
_HEADER = struct.Struct("<8sIIIIQQQ")
_MAGIC = b"SEQZOOSK"
_FORMAT = 1
_LOOKED_UP = 1_000_000  # words of evaluation data that are kept
_LOG2_WORDS = 2 * K - 1  # canonical words of K bp


@dataclass(frozen=True, repr=False, eq=False)
class Sketch:
    """A sample of the words of a set of sequences, at most 64 kB.

    The words are the k-mers of both strands (canonical), those of low complexity and
    with N left out. Each has a hash; the sketch keeps all hashes up to a limit, so that
    two sketches, and a sketch and a new sequence, sample the same words.

    Source: Ondov et al. 2016, doi:10.1186/s13059-016-0997-x (MinHash of genomes);
    Irber et al. 2022, doi:10.1101/2022.01.11.475838 (FracMinHash). Hashes are kept to
    12 bits more than tell the entries apart.

    Attributes:
        hashes: Kept hashes divided by `2 ** shift`, sorted, uint64 `(entries,)`.
        limit: The largest hash that is sampled; 2^64 - 1 if all are.
        shift: Bits of the hashes that are not kept.
        sequences: In the training data.
        k: bp of a word.
    """

    hashes: Words
    limit: int
    shift: int
    sequences: int
    k: int = K

    @property
    def sampled(self) -> float:
        """Share of all words that the sketch knows of."""
        return (self.limit + 1) / 2**64

    @property
    def words(self) -> float:
        """Estimate of the number of different words in the training data."""
        return len(self.hashes) / self.sampled

    @property
    def chance(self) -> float:
        """Share of random words that the sketch takes for words of its data.

        By rounded hashes, and because large data hold many of all possible words.
        """
        rounded = len(self.hashes) / max((self.limit + 1) >> self.shift, 1)
        return min(rounded + self.words / 2.0**_LOG2_WORDS, 1.0)

    def to_bytes(self) -> bytes:
        """The content of a sketch file: a header, then gaps between the hashes.

        Little-endian: 8 bytes "SEQZOOSK", uint32 format (1), k, shift and number of
        gaps, uint64 limit, number of sequences and number of entries; then the gaps
        from 0 to the first hash and on to each next one as uint16. A gap of 65,535
        leads on, not to an entry.
        """
        distance = np.diff(self.hashes.astype(np.int64), prepend=0)
        escapes, rest = np.divmod(distance, _ESCAPE)
        last = np.cumsum(escapes + 1) - 1
        gaps = np.full(int((escapes + 1).sum()), _ESCAPE, "<u2")
        gaps[last] = rest
        header = _HEADER.pack(
            _MAGIC,
            _FORMAT,
            self.k,
            self.shift,
            len(gaps),
            self.limit,
            self.sequences,
            len(self.hashes),
        )
        return header + gaps.tobytes()

    @classmethod
    def from_bytes(cls, content: bytes, where: str = "the sketch") -> Sketch:
        """Reads what `to_bytes` wrote, from anyone.

        Raises:
            ReleaseError: It is not a sketch, or one that cannot be.
        """

        def refuse(what: str) -> ReleaseError:
            return ReleaseError(
                f"{where} is not a readable sketch of training data: {what}."
            )

        if len(content) > MAXIMUM_SKETCH_BYTES:
            raise refuse(f"it has more than {MAXIMUM_SKETCH_BYTES:,} bytes")
        if len(content) < _HEADER.size or not content.startswith(_MAGIC):
            raise refuse(f"expected {_MAGIC!r} and a header of {_HEADER.size} bytes")
        _, form, k, shift, count, limit, sequences, entries = _HEADER.unpack_from(
            content
        )
        if form != _FORMAT:
            raise refuse(f"expected format {_FORMAT}, received {form}")
        if k != K or shift > 60:
            raise refuse(f"expected words of {K} bp, received k {k} and shift {shift}")
        if len(content) != _HEADER.size + 2 * count:
            raise refuse(f"expected {count} gaps, received {len(content)} bytes in all")
        gaps = np.frombuffer(content, "<u2", offset=_HEADER.size).astype(np.int64)
        hashes = np.cumsum(gaps)[gaps != _ESCAPE]
        if len(hashes) != entries or entries > MAXIMUM_ENTRIES:
            raise refuse(f"expected {entries} hashes, received {len(hashes)}")
        if entries and (
            (np.diff(hashes) <= 0).any() or int(hashes[-1]) > limit >> shift
        ):
            raise refuse("expected increasing hashes below the limit")
        return cls(hashes.astype(np.uint64), limit, shift, sequences, k)


@dataclass(frozen=True, repr=False)
class Overlap:
    """How much of some data a sketch knows.

    Attributes:
        release: Whose training data were asked.
        estimate: Share of the sequences that are in the training data: an equal
            sequence or reverse complement counts 1, a near duplicate the share of
            its 21-mers that are in the training data (about 0.8 with 1% mutations, the
            common part of a shifted window).
        standard_error: Of the estimate.
        words: How many different words of the data were in the sample.
        sequences: How many sequences were asked.
        chance: What random sequences would give.
    """

    release: str
    estimate: float
    standard_error: float
    words: int
    sequences: int
    chance: float

    @property
    def noise(self) -> float:
        """An estimate up to this says nothing: three standard errors above chance."""
        return self.chance + 3 * self.standard_error

    def __repr__(self) -> str:
        """One line."""
        if not self.words:
            return (
                f"No word of the {self.sequences:,} sequences is in the sample of the "
                f"training data of {self.release}: nothing can be said."
            )
        return (
            f"{self.estimate:.1%} ± {self.standard_error:.1%} of the "
            f"{self.sequences:,} sequences are in the training data of {self.release} "
            f"({self.words:,} words looked up)."
        )


class Sketcher:
    """Makes a sketch of sequences that come in parts."""

    def __init__(self) -> None:
        self._kept = np.empty(0, np.uint64)
        self._limit = 2**64 - 1
        self.sequences = 0

    def add(self, sequences: Any) -> None:
        """Adds sequences."""
        for part in pools(sequences):
            self.sequences += len(part)
            hashes, _ = _hashes(part)
            hashes = hashes[hashes <= np.uint64(self._limit)]
            # Sorting is faster than np.unique, which makes a table of the hashes.
            kept = np.sort(np.concatenate([self._kept, hashes]))
            kept = kept[np.diff(kept, prepend=~kept[:1]) != 0]
            if len(kept) > MAXIMUM_ENTRIES:
                # The first hash that is left out is beyond the limit.
                self._limit = int(kept[MAXIMUM_ENTRIES]) - 1
                kept = kept[:MAXIMUM_ENTRIES]
            self._kept = kept

    def sketch(self) -> Sketch:
        """The sketch of all that was added.

        Raises:
            InputError: No sequence has a word that counts.
        """
        if not len(self._kept):
            raise InputError(
                f"Expected sequences with words of {K} bp that are neither unknown nor "
                f"of low complexity. Received none in {self.sequences:,} sequences."
            )
        room = math.ceil(math.log2(len(self._kept))) + _SPARSITY_BITS
        shift = max(0, self._limit.bit_length() - room)
        hashes = np.unique(self._kept >> np.uint64(shift))
        return Sketch(hashes, self._limit, shift, self.sequences)


def sketch(sequences: Any) -> Sketch:
    """A sketch of training data: at most 64 kB, hashes only.

    Args:
        sequences: As `zoo.predict` takes them, or several `Examples` in a list.

    Raises:
        InputError: No sequence has a 21-mer that counts.
    """
    maker = Sketcher()
    several = isinstance(sequences, (list, tuple)) and all(
        isinstance(each, (Examples, Pool)) for each in sequences
    )
    for part in sequences if several else (sequences,):
        maker.add(part)
    return maker.sketch()


class Lookup:
    """Asks a sketch for sequences that come in parts.

    The estimate is the mean of the sequences' shares, by the ratio estimator: the
    sampled words that are known over all sampled words, where a word weighs, for each
    sequence that has it, one over the words of that sequence. What is random is which
    words are sampled, so the standard error takes words as the sampled units, with the
    correction for a finite population; it is at least that of two more words of which
    one is known.

    Source: Cochran 1977, Sampling Techniques, equation 6.13.
    """

    def __init__(self, known: Sketch, release: str = "the release") -> None:
        self.known, self.release = known, release
        self._limit = known.limit
        self._sequences = 0
        self._hashes = np.empty(0, np.uint64)
        self._weights = np.empty(0)

    def add(self, sequences: Any) -> None:
        """Looks sequences up."""
        for part in pools(sequences):
            hashes, rows = _hashes(part)
            total = np.bincount(rows, minlength=len(part))
            sampled = np.flatnonzero(hashes <= np.uint64(self._limit))
            weights = 1 / total[rows[sampled]]
            self._keep(
                np.concatenate([self._hashes, hashes[sampled]]),
                np.concatenate([self._weights, weights]),
            )
            self._sequences += len(part)

    def _keep(self, hashes: Words, weights: npt.NDArray[np.float64]) -> None:
        """Adds up what one word weighs; of too many words a smaller sample is kept."""
        self._hashes, place = np.unique(hashes, return_inverse=True)
        self._weights = np.bincount(place, weights, len(self._hashes)).astype(float)
        while len(self._hashes) > _LOOKED_UP:
            self._limit //= 2
            count = np.searchsorted(self._hashes, np.uint64(self._limit), side="right")
            self._hashes, self._weights = self._hashes[:count], self._weights[:count]

    def overlap(self) -> Overlap:
        """The estimate for all that was added."""
        known, count, weights = self.known, len(self._hashes), self._weights
        if not count:
            return Overlap(self.release, 0.0, 1.0, 0, self._sequences, known.chance)
        hit = np.isin(self._hashes >> np.uint64(known.shift), known.hashes)
        whole = weights.sum()
        estimate = float(weights[hit].sum() / whole)
        spread = float((weights**2 * (hit - estimate) ** 2).sum()) / whole**2
        share = (int(hit.sum()) + 1) / (count + 2)
        least = share * (1 - share) / (count + 2)
        left_out = 1 - (self._limit + 1) / 2**64
        error = math.sqrt(left_out * max(spread, least) + known.chance / count)
        return Overlap(
            self.release, estimate, error, count, self._sequences, known.chance
        )


def _hashes(part: Pool) -> tuple[Words, npt.NDArray[Any]]:
    """Hashes of the words that count, and the sequence that each is of."""
    words, _, known = canonical_words(informative(part), K)
    places = np.flatnonzero(known)
    return mixed(words[places]), part.rows(places)
