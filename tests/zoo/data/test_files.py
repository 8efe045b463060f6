import gzip
import io
import os
import sys

import pytest

from zoo.data.files import foreign_format, open_input, source_name
from zoo.errors import InputError


def content(path):
    with open_input(path) as (stream, _):
        return stream.read()


def test_gzip_is_told_by_content_not_by_name(tmp_path):
    plain, packed = tmp_path / "plain.gz", tmp_path / "packed.txt"
    plain.write_bytes(b"text")
    packed.write_bytes(gzip.compress(b"text"))
    assert content(plain) == content(packed) == content(str(plain)) == b"text"


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"missing\.fa: no such file"):
        content(tmp_path / "missing.fa")


def test_a_folder(tmp_path):
    with pytest.raises(InputError, match=r"expected a file\. Received: a folder"):
        content(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_permission_denied(tmp_path):
    path = tmp_path / "secret.fa"
    path.touch(mode=0o000)
    with pytest.raises(InputError, match=r"secret\.fa: not readable"):
        content(path)


def test_permission_denied_by_the_system(monkeypatch):
    def refuse(*arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(InputError, match=r"secret\.fa: not readable for this user"):
        content("secret.fa")


@pytest.mark.parametrize("kept", [1, 2, 9, 20, -9, -1])
def test_truncated_gzip(kept, tmp_path):
    path = tmp_path / "cut.fa.gz"
    path.write_bytes(gzip.compress(os.urandom(1000))[:kept])
    with pytest.raises(
        InputError, match=r"cut\.fa\.gz: the gzip data are (cut|damaged)"
    ):
        content(path)


def test_damaged_gzip(tmp_path):
    path = tmp_path / "bad.gz"
    packed = bytearray(gzip.compress(b"ACGT" * 1000))
    packed[-8] ^= 1  # the checksum
    path.write_bytes(packed)
    with pytest.raises(InputError, match=r"bad\.gz: the gzip data are damaged"):
        content(path)


def test_the_callers_stream_stays_open():
    stream = io.BytesIO(b"text")
    assert content(stream) == b"text"
    assert not stream.closed


@pytest.mark.parametrize("stream", [io.StringIO("text"), object(), None, 3])
def test_what_is_no_binary_stream_is_refused(stream):
    with pytest.raises(InputError, match="binary mode"):
        content(stream)


def test_closed_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="closed"):
        content("-")


def test_errors_of_the_body_pass_through():
    with pytest.raises(ZeroDivisionError), open_input(io.BytesIO(b"x")):
        raise ZeroDivisionError


def test_source_names():
    named = io.BytesIO()
    named.name = "reads.fa"
    assert source_name("-") == "standard input"
    assert source_name("a/b.fa") == "a/b.fa"
    assert source_name(named) == "reads.fa"
    assert source_name(io.BytesIO()) == "the given stream"


def test_plain_text_is_not_foreign():
    assert foreign_format(b"chr1\t1\t2") is None
