"""Bins as bigWig: one file an output.

pybigtools writes in constant memory, while pyBigWig keeps some 11 bytes a value until
the file is closed (2 GB for a human genome in bins of 16 bp); both write 1.3 million
values a second. pybigtools has two weak sides that are mended here. An error, or
Ctrl-C, while it takes the values is printed, and the file ends there as if it were
whole. And of a full disk it panics, or says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from zoo.data.output import OutputError
from zoo.genome_prediction.writers.track import ReadRows, Track

Value = tuple[str, int, int, float]


def write(paths: list[Path], track: Track, rows: ReadRows) -> None:
    """Writes each output to its path.

    Raises:
        OutputError: A file could not be written whole.
    """
    for index, path in enumerate(paths):
        values = _Values(track, rows(slice(index, index + 1)))
        _write(path, track, values)


class _Values:
    """Gives the values to the library and remembers what went wrong."""

    def __init__(self, track: Track, rows: Iterator) -> None:
        self._names = list(track.contigs)
        self._rows = rows
        self.bases = 0
        self.last: Value | None = None
        self.error: BaseException | None = None
        self.ended = False

    def __iter__(self) -> Iterator[Value]:
        try:
            for block in self._rows:
                values = zip(
                    [self._names[contig] for contig in block.contig.tolist()],
                    block.start.tolist(),
                    block.end.tolist(),
                    block.values[:, 0].tolist(),
                    strict=True,
                )
                yield from values
                self.bases += int((block.end - block.start).sum())
            self.ended = True
        except GeneratorExit:
            raise
        except BaseException as error:
            self.error = error
            # What the library is given next is the end.


def _write(path: Path, track: Track, values: _Values) -> None:
    import pybigtools

    reason = "the file is not whole"
    try:
        pybigtools.open(str(path), "w").write(dict(track.contigs), iter(values))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a panic of Rust is no Exception
        reason = str(error)
    if values.error is not None:
        raise values.error
    if not values.ended or not _is_whole(path, values.bases):
        raise OutputError(
            f"a bigWig file could not be written ({reason}). Is there space left on "
            "the device? Free some, or write elsewhere."
        )


def _is_whole(path: Path, bases: int) -> bool:
    """Whether the file can be read and covers all bases that it was given."""
    import pybigtools

    try:
        with pybigtools.open(str(path)) as file:
            found = file.info()["summary"]["basesCovered"]
    except KeyboardInterrupt:
        raise
    except BaseException:  # whatever the library makes of a damaged file, panics too
        return False
    return bool(found == bases)
