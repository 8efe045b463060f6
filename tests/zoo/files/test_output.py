import errno
import io
import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from registry.errors import SeqzooError
from zoo.errors import InputError
from zoo.files.output import OutputError, open_output, refuse_replacing


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_no_input_is_replaced(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("in.fa", "-"):
        Path(name).write_text("")
    Path("link.fa").symlink_to("in.fa")
    for path in ("in.fa", str(tmp_path / "in.fa"), "link.fa"):
        with pytest.raises(InputError, match=r"would replace the input in\.fa"):
            refuse_replacing(path, None, "missing.fa", "in.fa")
    for path in (None, "-", "new.fa"):
        refuse_replacing(path, "in.fa", "-", "missing.fa")


def test_nothing_is_there_before_the_end(tmp_path):
    path = tmp_path / "out.tsv"
    path.write_text("old")
    with open_output(path) as write:
        write("a\tb\n")
        write("ü\n")
        assert path.read_text() == "old"
    assert path.read_bytes() == "a\tb\nü\n".encode()
    assert names(tmp_path) == ["out.tsv"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, OSError])
@pytest.mark.parametrize("before", ["old", None])
def test_an_error_leaves_everything_as_it_was(tmp_path, error, before):
    path = tmp_path / "out.tsv"
    if before is not None:
        path.write_text(before)
    with pytest.raises(error), open_output(path) as write:
        write("new")
        raise error
    assert (path.read_text() if path.exists() else None) == before
    assert len(names(tmp_path)) == (before is not None)


def test_an_oserror_of_the_body_is_not_called_one_of_the_output(tmp_path):
    with pytest.raises(FileNotFoundError) as error, open_output(tmp_path / "o") as _:
        Path("/no/such/input").read_text()
    assert not isinstance(error.value, SeqzooError)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("no/folder/out.tsv", r"out\.tsv: the folder does not exist"),
        ("file/out.tsv", "what should be its folder is a file"),
        ("folder", "expected a file to write, received a folder"),
        ("x" * 300, "the name is too long"),
    ],
)
def test_an_unfit_place_is_refused_before_the_work(tmp_path, path, message):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match=message), open_output(tmp_path / path):
        pytest.fail("the body was run")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_read_only_place_is_refused(tmp_path, what):
    path = tmp_path / "out.tsv"
    path.touch(mode=0o444)
    tmp_path.chmod(0o755 if what == "file" else 0o555)
    with pytest.raises(OutputError, match="not writable"), open_output(path):
        pytest.fail("the body was run")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.ENOSPC, "no space left"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "permission denied"),
    ],
)
def test_a_failing_disk(tmp_path, monkeypatch, code, message):
    def fail(descriptor):
        raise OSError(code, os.strerror(code))

    path = tmp_path / "out.tsv"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", fail)
    expected = pytest.raises(OutputError, match=rf"out\.tsv: .*{message}.*No output")
    with expected, open_output(path) as write:
        write("new")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["out.tsv"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_device():
    expected = pytest.raises(OutputError, match="/dev/full: no space left")
    with expected, open_output("/dev/full") as write:
        write("text\n" * 10_000)
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_the_mode_follows_the_umask(tmp_path, mask):
    before = os.umask(mask)
    try:
        with open_output(tmp_path / "out.tsv") as write:
            write("x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out.tsv").stat().st_mode) == 0o666 & ~mask


def test_a_file_keeps_its_mode_and_a_link_its_target(tmp_path):
    target, link = tmp_path / "target.tsv", tmp_path / "link.tsv"
    target.touch()
    target.chmod(0o600)
    link.symlink_to(target)
    with open_output(link) as write:
        write("new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_standard_output_gets_all_at_the_end(capfd):
    with open_output("-") as write:
        write("a\n")
        assert capfd.readouterr().out == ""
        write("ü\n")
    assert capfd.readouterr().out == "a\nü\n"


def test_standard_output_gets_nothing_after_an_error(capfd):
    with pytest.raises(KeyboardInterrupt) as raised, open_output("-") as write:
        write("a\n")
        raise KeyboardInterrupt
    assert raised.value.__notes__ == ["standard output: No output was written."]
    assert capfd.readouterr().out == ""


def test_standard_output_without_a_descriptor(monkeypatch):
    replaced = io.StringIO()
    monkeypatch.setattr(sys, "stdout", replaced)
    with open_output("-") as write:
        write("a\n")
    assert replaced.getvalue() == "a\n"


def test_a_named_pipe_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_text()))
    reader.start()
    with open_output(pipe) as write:
        write("a\n")
    reader.join()
    assert received == ["a\n"]
    assert pipe.is_fifo()
