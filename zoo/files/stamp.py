"""Is a file that is read for a long time still the same?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from zoo.errors import InputError


@dataclass(frozen=True)
class Stamp:
    """What tells that a file is still the same."""

    size: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """The size and modification time of a file.

        Raises:
            InputError: It is not there any more, or cannot be reached.
        """
        try:
            status = path.stat()
        except FileNotFoundError:
            folder = path.absolute().parent
            raise InputError(
                f"{path}: no such file (looked in {folder}). Check the path."
            ) from None
        except OSError as error:
            raise InputError(
                f"{path}: cannot be reached ({error.strerror}). Check the path."
            ) from None
        return cls(status.st_size, status.st_mtime_ns)

    def check(self, path: Path, source: str, since: str, advice: str) -> None:
        """Refuses a file that is another by now.

        Args:
            path: The file.
            source: What the error calls it.
            since: Since when, such as "while it was read".
            advice: What to do.

        Raises:
            InputError: It is another, or gone.
        """
        now = Stamp.of(path)
        if now != self:
            raise InputError(
                f"{source}: changed {since}: expected the file of {self.size:,} bytes. "
                f"Received: one of {now.size:,} bytes or another time. {advice}"
            )
