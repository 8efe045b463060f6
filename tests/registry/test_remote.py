from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import registry
from registry import store
from registry.errors import DownloadError, IntegrityError, ReleaseError, StoreError
from tests.conftest import model_json
from tests.registry.server import Server

WEIGHTS = b"some weights"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def files(**changes: object) -> dict[str, bytes]:
    """The files of a release whose weights nobody looks into."""
    content = model_json(**changes)
    content["weights"] |= {
        "bytes": len(WEIGHTS),
        "sha256": hashlib.sha256(WEIGHTS).hexdigest(),
    }
    return {
        "model.json": json.dumps(content).encode(),
        "README.md": b"# The card",
        "weights.h5": WEIGHTS,
    }


def publish(server: Server, path: str, **changes: object) -> str:
    found = files(**changes)
    for name, content in found.items():
        server.put(f"{path}/{name}", content)
    return hashlib.sha256(found["model.json"]).hexdigest()


def test_a_release_is_fetched_from_an_address(server: Server, cache: Path) -> None:
    sha256 = publish(server, "/small_v1")
    address = f"{server.address}/small_v1"
    release = registry.find(f"{address}/")
    assert (release.name, release.sha256, release.provider) == (
        "small_v1",
        sha256,
        address,
    )
    assert release.card() == "# The card"
    assert release.read(release.weights) == WEIGHTS


def test_an_address_means_the_same_for_ever(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = publish(server, "/small_v1")
    address = f"{server.address}/small_v1"
    registry.find(address).read(registry.find(address).weights)
    publish(server, "/small_v1", description="changed under the same name")
    before = len(server.requests)
    assert registry.find(address).sha256 == sha256
    monkeypatch.setenv("SEQZOO_OFFLINE", "1")
    release = registry.find(address)
    assert release.read(release.weights) == WEIGHTS
    assert len(server.requests) == before


def test_an_address_can_be_pinned_beforehand(server: Server, cache: Path) -> None:
    sha256 = publish(server, "/small_v1")
    address = f"{server.address}/small_v1"
    assert registry.find(f"{address}#sha256={sha256}").name == "small_v1"
    with pytest.raises(IntegrityError, match="another release"):
        registry.find(f"{address}#sha256={'0' * 64}")
    with pytest.raises(ReleaseError, match="64 hexadecimal"):
        registry.find(f"{address}#sha256=0")


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"model.json": b"{"}, ReleaseError, "not valid JSON"),
        ({"model.json": b" " * 1_000_001}, DownloadError, "larger than"),
        ({"model.json": None}, DownloadError, "404"),
    ],
)
def test_what_is_no_release_leaves_nothing(
    server: Server, cache: Path, changes: dict, error: type, message: str
) -> None:
    for name, content in (files() | changes).items():
        if content is not None:
            server.put(f"/small_v1/{name}", content)
    with pytest.raises(error, match=message):
        registry.find(f"{server.address}/small_v1")
    left = [f for f in cache.rglob("*") if f.is_file() and f.suffix != ".lock"]
    assert left == []


def test_a_card_is_not_required(server: Server, cache: Path) -> None:
    publish(server, "/small_v1")
    del server.pages["/small_v1/README.md"]
    assert "without a model card" in registry.find(f"{server.address}/small_v1").card()


def test_a_changed_cache_is_noticed(server: Server, cache: Path) -> None:
    sha256 = publish(server, "/small_v1")
    address = f"{server.address}/small_v1"
    registry.find(address)
    path = cache / "releases" / sha256 / "model.json"
    path.chmod(0o644)
    path.write_bytes(files(description="changed here")["model.json"])
    with pytest.raises(IntegrityError, match="was changed"):
        registry.find(address)
    path.unlink()
    with pytest.raises(StoreError, match="lost the model"):
        registry.find(address)


def test_offline_says_so(
    server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server, "/small_v1")
    monkeypatch.setenv("SEQZOO_OFFLINE", "1")
    with pytest.raises(StoreError, match="never used on this machine"):
        registry.find(f"{server.address}/small_v1")
    assert server.requests == []


def test_mirrors_of_the_weights_come_first(server: Server, cache: Path) -> None:
    content = json.loads(files()["model.json"])
    content["weights"]["urls"] = ["https://127.0.0.1:1/weights.h5"]
    publish(server, "/small_v1")
    server.put("/small_v1/model.json", json.dumps(content).encode())
    release = registry.find(f"{server.address}/small_v1")
    assert release.read(release.weights) == WEIGHTS  # the first mirror is dead


@pytest.fixture
def hub(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    for revision in ("main", "v1"):
        server.put(
            f"/api/models/me/small_v1/revision/{revision}",
            json.dumps({"id": "me/small_v1", "sha": COMMIT, "siblings": []}).encode(),
            headers={"Content-Type": "application/json"},
        )
    publish(server, f"/me/small_v1/resolve/{COMMIT}")
    return server


@pytest.mark.parametrize("revision", ["", "@v1"])
def test_a_revision_is_pinned_to_its_commit(
    hub: Server, cache: Path, revision: str
) -> None:
    address = f"hf://me/small_v1{revision}"
    release = registry.find(address)
    assert release.read(release.weights) == WEIGHTS
    asked = [path for path, _, _ in hub.requests if "resolve" in path]
    assert all(f"/resolve/{COMMIT}/" in path for path in asked)
    hub.pages.clear()
    assert registry.find(address).sha256 == release.sha256


def test_the_token_goes_to_the_hub_alone(hub: Server, cache: Path) -> None:
    from tests.registry.server import serving

    with serving() as elsewhere:
        target = elsewhere.put("/cdn", WEIGHTS)
        hub.put(
            f"/me/small_v1/resolve/{COMMIT}/weights.h5",
            status=302,
            headers={"Location": target},
        )
        release = registry.find("hf://me/small_v1")
        assert release.read(release.weights) == WEIGHTS
        assert [header for _, _, header in elsewhere.requests] == [None]
    assert {header for *_, header in hub.requests} == {"Bearer hf_secret"}


@pytest.mark.parametrize(
    ("address", "error", "message"),
    [
        ("hf://me", ReleaseError, "Expected hf://owner/name"),
        ("hf://me/../x", ReleaseError, "Expected hf://owner/name"),
        ("hf://me/none", DownloadError, "could not be resolved"),
        ("hf://me/small_v1@gone", DownloadError, "could not be resolved"),
    ],
)
def test_wrong_hub_addresses_are_explained(
    hub: Server, cache: Path, address: str, error: type, message: str
) -> None:
    with pytest.raises(error, match=message):
        registry.find(address)


def test_http_is_for_this_machine_only(cache: Path) -> None:
    with pytest.raises(DownloadError, match="only https"):
        registry.find("http://example.org/small_v1")


def test_two_caches_have_one_meaning(
    server: Server, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server, "/small_v1")
    address = f"{server.address}/small_v1"
    registry.find(address)
    cache.rename(tmp_path / "shared")
    monkeypatch.setenv("SEQZOO_SHARED_CACHES", str(tmp_path / "shared"))
    server.pages.clear()
    assert registry.find(address).name == "small_v1"
    assert not store.folder().exists()
