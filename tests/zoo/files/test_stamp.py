import os
from pathlib import Path

import pytest

from zoo.errors import InputError
from zoo.files.stamp import Stamp


def test_the_same_file_passes_and_another_does_not(tmp_path: Path) -> None:
    path = tmp_path / "genome.fa"
    path.write_text(">a\nACGT\n")
    was = Stamp.of(path)
    was.check(path, "genome.fa", "while it was read", "Start again.")
    os.utime(path, ns=(0, was.mtime_ns + 1))
    with pytest.raises(InputError, match=r"^genome\.fa: changed while.*Start again\.$"):
        was.check(path, "genome.fa", "while it was read", "Start again.")
    path.unlink()
    with pytest.raises(InputError, match=r"genome\.fa: no such file \(looked in "):
        was.check(path, "genome.fa", "while it was read", "Start again.")


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be reached"):
        Stamp.of(tmp_path / "file" / "genome.fa")
