"""Contributions -> HDF5 and NumPy files, as TF-MoDISco reads them, and bigWig files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from registry.files import replaced, user_path
from zoo.data.record import Record
from zoo.dna import one_hot
from zoo.errors import InputError
from zoo.files.output import explained, extension_of
from zoo.interpretation.base_tracks import BaseTracks
from zoo.interpretation.contributions.results import Contributions
from zoo.interpretation.hdf5_rows import Hdf5Rows, of_records, opened_rows
from zoo.prediction.genome.writers import of_each

FORMATS = (".h5", ".hdf5", ".npz", ".bw", ".bigwig")


class ContributionWriter(Protocol):
    """Takes contributions in the order of the sequences."""

    def add(self, records: Sequence[Record], found: Contributions) -> None:
        """Takes those of some sequences."""


@contextlib.contextmanager
def opened(
    out: str, names: Sequence[str], *, intervals: bool
) -> Iterator[ContributionWriter]:
    """Files that appear when the body ends, each whole or not at all.

    Args:
        out: Its name, whose extension says the format: X.h5, or with several targets
            X.TARGET.h5.
        names: Of the targets.
        intervals: Whether the sequences are intervals of a genome.

    Raises:
        InputError: Another format, or one that cannot hold such results.
        OutputError: The file cannot be written.
    """
    path = user_path(out)
    extension = extension_of(out, FORMATS)
    if extension in (".bw", ".bigwig"):
        if not intervals:
            raise InputError(
                f"{out}: expected intervals of a genome (--bed, --genome), along which "
                "a bigWig file is. Write .h5 or .npz."
            )
        tracks = _Tracks(path, names)
        yield tracks
        tracks.tracks.write()
    elif extension == ".npz":
        arrays = _Npz(of_each(path, tuple(names)))
        yield arrays
        arrays.write()
    else:
        with contextlib.ExitStack() as stack:
            files = [
                stack.enter_context(opened_rows(str(each)))
                for each in of_each(path, tuple(names))
            ]
            yield _Hdf5(files, names, intervals)


class _Tracks:
    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self.tracks = BaseTracks(path, names)

    def add(self, records: Sequence[Record], found: Contributions) -> None:
        for record, values in zip(records, found.contributions, strict=True):
            self.tracks.add(record, values, found.start)


class _Hdf5:
    """A file for each target; shorter sequences end in zeros.

    As ChromBPNet writes and `modisco motifs --h5py` reads it: channels in front.
    """

    def __init__(
        self, files: Sequence[Hdf5Rows], names: Sequence[str], intervals: bool
    ) -> None:
        self._files, self._intervals = files, intervals
        for file, name in zip(files, names, strict=True):
            file.say("targets", [name])

    def add(self, records: Sequence[Record], found: Contributions) -> None:
        said = of_records(records, found.start, intervals=self._intervals)
        sequences = one_hot(found.codes).transpose(0, 2, 1)
        for place, file in enumerate(self._files):
            values = found.hypothetical[..., place].transpose(0, 2, 1)
            arrays = {
                "raw/seq": sequences.astype(np.int8),
                "shap/seq": values,
                "projected_shap/seq": values * sequences,
                "contributions": found.contributions[..., place],
                "prediction": found.predictions[:, place],
                "gap": found.gap[:, place],
            }
            file.add({**said, **arrays}, fill=0)


class _Npz:
    """X.npz for each target, with "arr_0", and the sequences beside it.

    As `modisco motifs --attributions X.npz --sequences X.sequences.npz` reads them.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._found: list[Contributions] = []
        self._names: list[str] = []

    def add(self, records: Sequence[Record], found: Contributions) -> None:
        if self._found and found.codes.shape[1] != self._found[0].codes.shape[1]:
            raise InputError(
                "Expected sequences of one length for an .npz file. Received: "
                f"{self._found[0].codes.shape[1]} bp and {found.codes.shape[1]} bp. "
                "--window BP cuts them to one length; .h5 takes several."
            )
        self._found.append(found)
        self._names += [record.name for record in records]

    def write(self) -> None:
        """Writes the files."""
        codes = np.concatenate([found.codes for found in self._found])
        sequences = one_hot(codes).transpose(0, 2, 1).astype(np.int8)
        for place, path in enumerate(self._paths):

            def joined(name: str, place: int = place) -> npt.NDArray[Any]:
                of_all = [getattr(found, name)[..., place] for found in self._found]
                return np.concatenate(of_all)

            _save(
                path,
                arr_0=joined("hypothetical").transpose(0, 2, 1),
                contributions=joined("contributions"),
                prediction=joined("predictions"),
                gap=joined("gap"),
                name=np.array(self._names),
            )
            _save(path.with_name(f"{path.stem}.sequences.npz"), arr_0=sequences)


def _save(path: Path, **arrays: npt.NDArray[Any]) -> None:
    with (
        explained(str(path)),
        replaced(path.resolve()) as temporary,
        temporary.open("wb") as file,
    ):
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
