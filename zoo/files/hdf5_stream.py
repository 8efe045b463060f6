"""What HDF5 is written to, so that a full disk is an error and no crash."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any


class Hdf5Stream(io.RawIOBase):
    """The file that HDF5 writes to; an error of it is raised at its end.

    HDF5 cannot close a file on a full disk: the process crashes later (a segmentation
    fault, h5py 3.14). So it is told that all went well, and what it writes is lost.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("w+b", buffering=0)
        self._error: OSError | None = None

    def check(self) -> None:
        """Raises the error that HDF5 was not told of."""
        if self._error is not None:
            raise self._error

    def write(self, data: Any) -> int:
        """Writes all bytes, or none after an error."""
        left = memoryview(data).cast("B")
        size = left.nbytes
        try:
            while left and self._error is None:
                left = left[self._file.write(left) :]
        except OSError as error:
            self._error = error
        return size

    def truncate(self, size: int | None = None) -> int:
        """Sets the size, unless there was an error."""
        try:
            return self._file.truncate(size)
        except OSError as error:
            self._error = self._error or error
            return size or 0

    def readinto(self, buffer: Any) -> int:
        """Reads into a buffer."""
        return self._file.readinto(buffer) or 0

    def seek(self, offset: int, whence: int = 0) -> int:
        """Moves to a place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """The place."""
        return self._file.tell()

    def readable(self) -> bool:
        """It is."""
        return True

    def writable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
        super().close()

    def __exit__(self, *arguments: object) -> None:
        self.close()
        if arguments[0] is None:
            self.check()
