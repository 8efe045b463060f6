"""Bins as Parquet: chrom, start, end and one column an output, in row groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from zoo.prediction.genome.writers.track import ReadRows, Track


def write(paths: list[Path], track: Track, rows: ReadRows) -> None:
    """Writes one row group a part; float32 values, attributes as metadata."""
    import pyarrow
    import pyarrow.parquet

    chrom = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    schema = pyarrow.schema(
        [
            ("chrom", chrom),
            ("start", pyarrow.int64()),
            ("end", pyarrow.int64()),
            *((name, pyarrow.float32()) for name in track.columns),
        ],
        metadata={key: str(value) for key, value in track.attributes.items()},
    )
    names = np.array(list(track.contigs), object)
    with pyarrow.parquet.ParquetWriter(paths[0], schema) as writer:
        for block in rows(slice(None)):
            # Of the row group alone: an assembly may have very many.
            numbers, index = np.unique(block.contig, return_inverse=True)
            contig = pyarrow.DictionaryArray.from_arrays(
                pyarrow.array(index, pyarrow.int32()),
                pyarrow.array(names[numbers], pyarrow.string()),
            )
            columns = [contig, block.start, block.end, *block.values.T]
            writer.write_table(
                pyarrow.Table.from_arrays(
                    [pyarrow.array(c) for c in columns], schema=schema
                ),
                row_group_size=len(block.contig),
            )
