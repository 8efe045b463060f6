"""Releases at an address: https://host/.../name_v1 and hf://owner/name@revision.

What lies at an address can change; a release cannot. So an address is pinned by its
first use: the cache keeps its model.json, and from then on the address means that
one, with or without a network. "#sha256=..." behind an address pins it beforehand.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from registry import download, hub, store
from registry.errors import DownloadError, IntegrityError, ReleaseError, StoreError
from registry.files import replaced
from registry.reading import read_release
from registry.release import (
    CARD_FILE,
    MAXIMUM_MODEL_FILE_BYTES,
    MODEL_FILE,
    Release,
)


def fetch(address: str) -> Release:
    """The release at an address, from the cache where it was used before.

    Args:
        address: "https://host/path/name_v1", the folder of a release;
            "hf://owner/name@revision", a repository of the Hugging Face hub (extra
            `seqzoo[hub]`), whose revision (main by default) is resolved to a commit;
            both with "#sha256=..." of the model.json, if it is known.

    Raises:
        StoreError, DownloadError: It cannot be fetched or kept.
        IntegrityError: The model.json is another than expected.
        ReleaseError: It is not as the schema says.
    """
    plain, _, fragment = address.partition("#")
    expected = fragment.removeprefix("sha256=") if fragment else None
    if expected is not None and not re.fullmatch("[0-9a-f]{64}", expected):
        raise ReleaseError(
            f"Expected #sha256= and 64 hexadecimal digits. Received: #{fragment}"
        )
    plain = plain.rstrip("/")
    pin = _pinned(plain) or _pin(plain)
    if expected not in (None, pin["sha256"]):
        raise IntegrityError(
            f"{plain} holds another release: expected a model.json of sha256 "
            f"{expected}, received {pin['sha256']}."
        )
    folder = _release_folder(pin["sha256"])
    if folder is None:
        raise StoreError(
            f"The cache lost the model.json of {plain}. Remove "
            f"{_pin_path(store.folder(), plain)} and load it again."
        )
    release = read_release(folder, provider=plain, bases=(pin["base"],))
    if release.sha256 != pin["sha256"]:
        raise IntegrityError(
            f"{folder / MODEL_FILE} was changed: expected sha256 {pin['sha256']}, "
            f"received {release.sha256}. Remove that folder and load it again."
        )
    return release


def _pin_path(cache: Path, address: str) -> Path:
    name = hashlib.sha256(address.encode()).hexdigest()
    return cache / "addresses" / f"{name}.json"


def _pinned(address: str) -> dict[str, str] | None:
    """What an address meant at its first use: {address, sha256, base}."""
    for cache in store.folders():
        try:
            pin = json.loads(_pin_path(cache, address).read_bytes())
            if pin["address"] == address and re.fullmatch(
                "[0-9a-f]{64}", pin["sha256"]
            ):
                return {key: str(pin[key]) for key in ("address", "sha256", "base")}
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _release_folder(sha256: str) -> Path | None:
    folders = (cache / "releases" / sha256 for cache in store.folders())
    return next((f for f in folders if (f / MODEL_FILE).is_file()), None)


def _pin(address: str) -> dict[str, str]:
    """Fetches model.json and card of an address and pins it."""
    if store.offline():
        raise StoreError(
            f"{address} was never used on this machine, and SEQZOO_OFFLINE forbids "
            "fetching it. Load it once online."
        )
    name = _pin_path(Path(), address).stem
    with store.writing(address), store.lock(name):
        pin = _pinned(address)  # another process may have been first
        if pin is not None:
            return pin
        base = _base(address)
        content = download.small(f"{base}/{MODEL_FILE}", MAXIMUM_MODEL_FILE_BYTES)
        try:
            card = download.small(f"{base}/{CARD_FILE}", MAXIMUM_MODEL_FILE_BYTES)
        except DownloadError:
            card = b"This release came without a model card.\n"
        sha256 = hashlib.sha256(content).hexdigest()
        _keep(sha256, content, card, address)
        pin = {"address": address, "sha256": sha256, "base": base}
        _write_pin(pin)
        return pin


def _write_pin(pin: dict[str, str]) -> None:
    path = _pin_path(store.folder(), pin["address"])
    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced(path, mode=store.READ_ONLY) as temporary:
        temporary.write_text(json.dumps(pin))


def _keep(sha256: str, content: bytes, card: bytes, address: str) -> None:
    """Writes the folder of a release, once it is known to be one."""
    target = store.folder() / "releases" / sha256
    if (target / MODEL_FILE).is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with replaced(target, mode=store.READ_ONLY) as temporary:
        temporary.mkdir()
        (temporary / MODEL_FILE).write_bytes(content)
        (temporary / CARD_FILE).write_bytes(card)
        read_release(temporary, provider=address)


def _base(address: str) -> str:
    """The https address of a release's folder."""
    if not address.startswith("hf://"):
        return address
    plain, _, revision = address.partition("@")
    repository = hub.repository(plain)
    return hub.base(repository, hub.commit_of(repository, revision or "main"))
