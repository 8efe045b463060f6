"""What is written is there when it is whole, or not at all."""

import errno
import os
import stat
from pathlib import Path

import pytest

from registry.errors import SeqzooError
from registry.files import (
    UNFINISHED,
    beside,
    publish,
    remove_unfinished,
    replaced,
    user_path,
)

ENDS = [OSError(errno.ENOSPC, "full"), KeyboardInterrupt(), MemoryError()]


def test_a_file_is_replaced_at_the_end_and_keeps_its_mode(tmp_path: Path) -> None:
    target = tmp_path / "weights.h5"
    target.write_text("old")
    target.chmod(0o640)
    with replaced(target) as temporary:
        assert (temporary.parent, temporary.suffix) == (tmp_path, ".h5")
        assert not temporary.exists()
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("error", ENDS)
@pytest.mark.parametrize("folder", [False, True])
def test_an_error_leaves_what_was_there(
    tmp_path: Path, error: BaseException, folder: bool
) -> None:
    (tmp_path / "file").write_text("old")
    target = tmp_path / ("folder" if folder else "file")
    with pytest.raises(type(error)), replaced(target) as temporary:
        if folder:
            temporary.mkdir()
            (temporary / "inside").write_text("new")
        else:
            temporary.write_text("new")
        raise error
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]


def test_an_error_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError), replaced(tmp_path / "file"):
        raise ValueError
    with pytest.raises(FileNotFoundError), replaced(tmp_path / "file"):
        pass  # nor is it well if nothing was
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_the_mode_of_its_files(tmp_path: Path) -> None:
    with replaced(tmp_path / "release", mode=0o444) as temporary:
        (temporary / "inner").mkdir(parents=True)
        (temporary / "inner" / "file").write_text("x")
    inside = tmp_path / "release" / "inner" / "file"
    assert stat.S_IMODE(inside.stat().st_mode) == 0o444
    assert os.access(inside.parent, os.X_OK)
    with pytest.raises(OSError), replaced(tmp_path / "release") as temporary:
        temporary.mkdir()
    assert [p.name for p in tmp_path.iterdir()] == ["release"]


def test_what_a_killed_try_left_is_written_over(tmp_path: Path) -> None:
    partial = tmp_path / "file.partial"
    partial.write_text("half")
    with replaced(tmp_path / "file", temporary=partial) as temporary:
        temporary.write_text("whole")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_all_is_on_the_disk_before_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed = []

    def fsync(descriptor: int) -> None:
        flushed.append((Path(f"/proc/self/fd/{descriptor}").readlink().name, there()))

    def there() -> bool:
        return (tmp_path / "folder").exists()

    monkeypatch.setattr(os, "fsync", fsync)
    with replaced(tmp_path / "folder") as temporary:
        temporary.mkdir()
        (temporary / "inside").write_text("x")
    assert flushed == [
        ("inside", False),
        (temporary.name, False),
        (tmp_path.name, True),
    ]


def test_a_link_to_another_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, target = tmp_path / "made.bw", tmp_path / "away" / "out.bw"
    target.parent.mkdir()
    made.write_text("values")
    real = Path.replace

    def replace(path: Path, name: Path) -> Path:
        if path.parent != name.parent:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return real(path, name)

    monkeypatch.setattr(Path, "replace", replace)
    publish(made, target)
    assert target.read_text() == "values"
    assert not made.exists()


@pytest.mark.parametrize("code", [errno.EINVAL, errno.EACCES])
def test_a_folder_that_cannot_be_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fsync)
    with replaced(tmp_path / "file") as temporary:
        temporary.write_text("x")
    assert (tmp_path / "file").read_text() == "x"


def test_what_killed_processes_left_is_removed(tmp_path: Path) -> None:
    remove_unfinished(tmp_path / "none")
    (tmp_path / "kept").touch()
    beside(tmp_path / "a.json").touch()
    beside(tmp_path / "release").mkdir()
    (beside(tmp_path / "b") / "inner").mkdir(parents=True)
    remove_unfinished(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]


def test_names_beside_are_hidden_and_never_the_same() -> None:
    made = {beside(Path("a/b.npz")) for _ in range(100)}
    assert len(made) == 100
    assert all(p.name.startswith(UNFINISHED) for p in made)


def test_what_is_no_path_is_said() -> None:
    with pytest.raises(SeqzooError, match=r"Expected a path. Received: 3 \(int\)"):
        user_path(3)  # type: ignore[arg-type]
