"""What is in memory already -> examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from zoo.data.examples import CodesInMemory, Examples, Intervals
from zoo.data.rows import Sequences
from zoo.data.sequences import codes_of_one_length
from zoo.data.sources.labels import names_of
from zoo.errors import InputError


def from_arrays(
    sequences: Any,
    targets: npt.ArrayLike | None = None,
    *,
    outputs: str | Sequence[str] = (),
    names: npt.ArrayLike | None = None,
    intervals: Intervals | None = None,
    sample_weight: npt.ArrayLike | None = None,
    inputs: Mapping[str, npt.ArrayLike] | None = None,
    columns: Mapping[str, npt.ArrayLike] | None = None,
    source: str = "the arrays",
) -> Examples:
    """Examples from sequences and labels in memory.

    Args:
        sequences: Of one length: a list or series of strings, codes `(n, length)` or
            one-hot `(n, length, 4)`, as `zoo.predict` takes them; or those of
            `Genome.sequences`, which stay in the genome.
        targets: Numbers `(n,)`, `(n, num_outputs)` or, for a profile, `(n, bins,
            num_outputs)`; NaN where a label is missing.
        outputs: A name for each output. By default those of the columns of a data
            frame; else "label" for one output, and "output_1", ... for several.
        names: One per sequence.
        intervals: Where the sequences lie.
        sample_weight: One per sequence, or one per label.
        inputs: What a model reads beside the sequence, `(n, ...)` by the name of its
            input; values per base are `(n, length, channels)`.
        columns: Other columns by name, such as the split.
        source: What errors and reports call the data.

    Raises:
        InputError: Sequences of different lengths or with an invalid character, or
            arrays that do not have one row per sequence.
    """
    if not isinstance(sequences, Sequences):
        sequences = CodesInMemory(codes_of_one_length(sequences))
    if intervals is not None and not isinstance(intervals, Intervals):
        raise InputError(
            "Expected zoo.data.Intervals(chrom, start, end, strand) as intervals. "
            f"Received: {type(intervals).__name__}"
        )
    chosen = names_of(outputs, "outputs")
    if targets is not None:
        chosen = chosen or tuple(map(str, getattr(targets, "columns", ())))
        targets = np.atleast_1d(targets)
        targets = targets[:, np.newaxis] if targets.ndim == 1 else targets
        count = targets.shape[-1]
        several = tuple(f"output_{number + 1}" for number in range(count))
        chosen = chosen or (several if count > 1 else ("label",))
    elif chosen:
        raise InputError(f"Expected targets for the outputs {chosen}. Received none.")
    # `Examples` makes arrays of what it is given.
    given: dict[str, Any] = {
        "targets": targets,
        "names": names,
        "sample_weight": sample_weight,
        "inputs": inputs or {},
        "columns": columns or {},
    }
    return Examples(
        sequences, outputs=chosen, intervals=intervals, source=source, **given
    )
