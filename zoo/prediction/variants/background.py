"""What scores mean: how often a variant that is none gets one as far from 0.

The background is substitutions in the middle of shuffled windows of the genome, which
keep its dinucleotides and nothing else.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from registry import store
from registry.files import replaced
from zoo.dna import UNKNOWN
from zoo.errors import InputError
from zoo.files.output import explained
from zoo.splits.shuffles import dinucleotide_shuffle

if TYPE_CHECKING:
    from zoo.prediction.variants.scoring import VariantPredictor

#: In place of a file: kept in the user's cache.
SHUFFLED = "shuffled"
SIZE = 10_000
_FORMAT = 1
_BLOCK = 1_024  # windows that are drawn at a time
_DRAWS = 100  # blocks, until a genome is taken to be N


@dataclasses.dataclass(frozen=True, eq=False)
class ShuffledVariants:
    """Scores of shuffled variants, without their sign.

    Attributes:
        scores: float32 (score, variant), each row sorted.
    """

    scores: npt.NDArray[np.float32]

    def percentiles(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The share of the background, 0 to 1, that is no further from 0.

        Args:
            values: Scores (variant, score).

        Returns:
            float32 of the same shape; of n shuffled variants a multiple of 1 / n.
        """
        found = np.empty_like(values)
        for number, known in enumerate(self.scores):
            places = np.searchsorted(known, np.abs(values[:, number]), side="right")
            found[:, number] = places / len(known)
        return found


def background(predictor: VariantPredictor, where: str | Path) -> ShuffledVariants:
    """Reads the background of a release and a genome, or computes and keeps it.

    Args:
        predictor: Of the release and the genome.
        where: A file, or "shuffled" for one in the cache.

    Raises:
        InputError: The file is of another release, of other scores or none.
    """
    identity = _identity(predictor)
    if str(where) == SHUFFLED:
        key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
        path = store.folder() / "backgrounds" / f"{key[:32]}.npz"
        with contextlib.suppress(InputError):  # a damaged one is made anew
            if path.exists():
                return _read(path, identity)
        found = _computed(predictor)
        with store.writing("The background"):
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, found, identity)
        return found
    path = Path(where)
    if path.exists():
        return _read(path, identity)
    with explained(str(path)):
        path.parent.stat()
    found = _computed(predictor)
    with explained(str(path)):
        _write(path, found, identity)
    return found


def _identity(predictor: VariantPredictor) -> dict[str, Any]:
    settings = dataclasses.asdict(predictor.job.settings)
    same = (
        *("release_sha256", "genome_bytes", "genome_mtime_ns", "strand", "window"),
        *("shifts", "scores", "inputs", "negative", "missing"),
    )
    found = {key: settings[key] for key in same}
    as_json: dict[str, Any] = json.loads(json.dumps(found | {"format": _FORMAT}))
    return as_json


def _computed(predictor: VariantPredictor) -> ShuffledVariants:
    from zoo.prediction.variants.scoring import AllelePairs

    genome, window = predictor.genome, predictor.job.settings.window
    rng = np.random.default_rng(0)
    sizes = np.array([*genome.contigs.values()], np.int64)
    ends = np.cumsum(np.maximum(sizes - window, 0) + 1)
    found: list[npt.NDArray[np.float32]] = []
    count = 0
    for _ in range(_DRAWS):
        places = rng.integers(0, ends[-1], _BLOCK)
        contig = np.searchsorted(ends, places, side="right")
        start = places - np.concatenate([[0], ends[:-1]])[contig]
        codes = genome.gather(contig, start, window, beyond="pad")
        known = np.flatnonzero((codes == UNKNOWN).mean(axis=1) < 0.5)[: SIZE - count]
        if not len(known):
            continue
        contig, start = contig[known], start[known]
        reference = dinucleotide_shuffle(codes[known], int(rng.integers(1 << 31)))
        middle = reference[:, window // 2]
        # N in the middle becomes a base, too.
        middle[middle == UNKNOWN] = 0
        alternate = reference.copy()
        alternate[:, window // 2] = (middle + rng.integers(1, 4, len(known))) % 4
        pairs = AllelePairs(
            np.arange(len(known)),
            reference,
            alternate,
            np.zeros(len(known), bool),
            predictor.further.of(genome, contig, start, window),
        )
        found.append(np.abs(predictor.scores(pairs, lambda count: None)))
        count += len(known)
        if count == SIZE:
            return ShuffledVariants(np.sort(np.concatenate(found), axis=0).T.copy())
    raise InputError(
        f"{genome.path}: expected {SIZE:,} windows of {window} bp that are not mostly "
        f"N, to shuffle for the background. Found {count:,}."
    )


def _write(path: Path, found: ShuffledVariants, identity: dict[str, Any]) -> None:
    buffer = io.BytesIO()
    text = np.frombuffer(json.dumps(identity).encode(), np.uint8)
    np.savez_compressed(buffer, scores=found.scores, identity=text)
    with replaced(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def _read(path: Path, identity: dict[str, Any]) -> ShuffledVariants:
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            scores, known = file["scores"], json.loads(file["identity"].tobytes())
        shape = (len(identity["scores"]), scores.shape[1])
        if scores.dtype != np.float32 or scores.shape != shape or not shape[1]:
            raise ValueError(f"scores of shape {scores.shape}")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror or error})."
        ) from None
    except Exception as error:
        raise InputError(
            f"{path}: not a background of seqzoo ({error}). Name a file that is not "
            "there yet, and it is computed."
        ) from None
    different = [key for key in identity if known.get(key) != identity[key]]
    # The genome may have been copied since.
    different = [key for key in different if key != "genome_mtime_ns"]
    if different:
        key = different[0]
        raise InputError(
            f"{path}: the background of another run: {key} was "
            f"{known.get(key)!r:.60}, is {identity[key]!r:.60}. Name a file that is "
            "not there yet, and it is computed."
        )
    return ShuffledVariants(scores)
