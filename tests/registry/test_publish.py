from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import registry
from registry.errors import DownloadError, IntegrityError, ReleaseError
from registry.publish import push
from tests.registry.hub_server import TOKEN, Hub, Repository, serving
from tests.registry.test_releases import model_json, write

FILES = ["README.md", "golden.npz", "model.json", "weights.h5"]
ADDRESS = "hf://me/small_v1"


@pytest.fixture
def hub(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    pytest.importorskip("huggingface_hub")
    with serving() as found:
        monkeypatch.setenv("HF_ENDPOINT", found.address)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        found.repositories["me/small_v1"] = Repository()
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "small_v1"
    path.mkdir()
    write(path, model_json())
    for name in ("weights.h5", "golden.npz"):  # model_json says they are empty
        (path / name).write_bytes(b"")
    (path / "README.md").write_text("# small_v1\n")
    return path


def test_what_is_pushed_is_found_by_the_printed_address(hub: Hub, folder: Path) -> None:
    release = registry.read_release(folder)
    address = push(release, ADDRESS)
    ((_, _), (commit, files)) = hub.repositories["me/small_v1"].commits
    assert address == f"{ADDRESS}@{commit}"
    assert {name: files[name] for name in FILES} == {
        name: (folder / name).read_bytes() for name in FILES
    }
    found = registry.find(address)
    assert found.sha256 == release.sha256
    assert found.card() == "# small_v1\n"
    # By then the branch may hold anything.
    hub.repositories["me/small_v1"].commit({"model.json": b"{}"})
    assert registry.find(address).sha256 == release.sha256


def test_a_second_push_of_the_same_release_changes_nothing(
    hub: Hub, folder: Path
) -> None:
    release = registry.read_release(folder)
    assert push(release, ADDRESS) == push(release, ADDRESS)
    assert len(hub.repositories["me/small_v1"].commits) == 2


def test_a_push_that_broke_off_is_completed(hub: Hub, folder: Path) -> None:
    content = (folder / "model.json").read_bytes()
    hub.repositories["me/small_v1"].commit({"model.json": content})
    push(registry.read_release(folder), ADDRESS)
    assert set(FILES) <= hub.repositories["me/small_v1"].commits[-1][1].keys()


def test_another_release_is_not_overwritten(hub: Hub, folder: Path) -> None:
    push(registry.read_release(folder), ADDRESS)
    write(folder, model_json(description="changed"))
    posts = len(hub.posts)
    with pytest.raises(ReleaseError, match="A release never changes"):
        push(registry.read_release(folder), ADDRESS)
    assert len(hub.posts) == posts
    assert len(hub.repositories["me/small_v1"].commits) == 2


def test_who_comes_second_is_refused(
    hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from registry import hub as client

    before = client.files

    def meanwhile(repository: str, commit: str) -> list[str]:
        found = before(repository, commit)
        hub.repositories[repository].commit({"model.json": b"theirs"})
        return found

    monkeypatch.setattr(client, "files", meanwhile)
    with pytest.raises(DownloadError, match="did not take the files"):
        push(registry.read_release(folder), ADDRESS)
    assert hub.repositories["me/small_v1"].commits[-1][1]["model.json"] == b"theirs"


@pytest.mark.parametrize("private", [False, True])
def test_a_repository_is_created_if_asked(
    hub: Hub, folder: Path, private: bool
) -> None:
    release = registry.read_release(folder)
    hub.repositories.clear()
    with pytest.raises(DownloadError, match="could not be resolved"):
        push(release, ADDRESS)
    assert not hub.repositories
    push(release, ADDRESS, create=True, private=private)
    assert hub.repositories["me/small_v1"].private is private
    push(release, ADDRESS, create=True, private=private)
    assert len(hub.repositories["me/small_v1"].commits) == 2


def test_a_changed_file_is_not_pushed(hub: Hub, folder: Path) -> None:
    release = registry.read_release(folder)
    (folder / "weights.h5").write_bytes(b"changed")
    with pytest.raises(IntegrityError):
        push(release, ADDRESS)
    assert hub.posts == []


def test_without_a_login_it_is_refused(
    hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(DownloadError, match="hf auth login"):
        push(registry.read_release(folder), ADDRESS)
    assert len(hub.repositories["me/small_v1"].commits) == 1


@pytest.mark.parametrize(
    "address", ["hf://me", "hf://me/small_v1@main", "me/small_v1", "hf://me/a/b"]
)
def test_only_a_repository_is_pushed_to(hub: Hub, folder: Path, address: str) -> None:
    with pytest.raises(ReleaseError, match="hf://owner/name"):
        push(registry.read_release(folder), address)


def test_the_token_is_not_sent_in_the_clear(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://example.org")
    with pytest.raises(DownloadError, match="only https"):
        push(registry.read_release(folder), ADDRESS)
