"""A release folder -> a repository of the Hugging Face hub, in one commit."""

from __future__ import annotations

import hashlib

from registry import download, hub
from registry.errors import DownloadError, IntegrityError, ReleaseError
from registry.files import read_regular
from registry.release import (
    CARD_FILE,
    MAXIMUM_MODEL_FILE_BYTES,
    MODEL_FILE,
    Release,
)

BRANCH = "main"


def push(
    release: Release, address: str, *, create: bool = False, private: bool = False
) -> str:
    """Uploads a release; what it predicts is for the caller to verify before.

    A release never changes: where the branch already has another one, nothing is
    uploaded. The same one is completed, so that an upload can be repeated.

    Args:
        release: What is in its folder.
        address: "hf://owner/name"; the upload goes to its branch main.
        create: Creates the repository if there is none.
        private: A created repository is visible to its owner alone.

    Returns:
        "hf://owner/name@commit", which `registry.find` takes.

    Raises:
        ReleaseError: The repository holds another one.
        IntegrityError: A file is not the released one.
        StoreError: The package huggingface_hub is not installed.
        DownloadError: The hub refuses, or does not answer.
    """
    repository = hub.repository(address)
    try:
        download.check_address(hub.endpoint())
    except download.TransportError as error:
        # A token would go there in the clear.
        raise DownloadError(f"HF_ENDPOINT: {error}") from None
    files = _files(release)
    if create:
        hub.create(repository, private=private)
    parent = hub.commit_of(repository, BRANCH)
    if MODEL_FILE in hub.files(repository, parent):
        _refuse_another(release, address, hub.base(repository, parent))
    commit = hub.upload(
        repository,
        files,
        message=f"Release {release.name}",
        branch=BRANCH,
        # Refused if somebody else was there since we looked.
        parent=parent,
    )
    return f"hf://{repository}@{commit}"


def _files(release: Release) -> dict[str, bytes]:
    """The content of all files of a release, each as its hash says."""
    path = release.folder / MODEL_FILE
    model = read_regular(path, MAXIMUM_MODEL_FILE_BYTES, f"Release {release.name!r}")
    if hashlib.sha256(model).hexdigest() != release.sha256:
        raise IntegrityError(f"{path} was changed meanwhile. Nothing was uploaded.")
    return {
        MODEL_FILE: model,
        **{file.file: release.read(file) for file in release.files},
        CARD_FILE: release.card().encode(),
    }


def _refuse_another(release: Release, address: str, base: str) -> None:
    there = download.small(f"{base}/{MODEL_FILE}", MAXIMUM_MODEL_FILE_BYTES)
    sha256 = hashlib.sha256(there).hexdigest()
    if sha256 != release.sha256:
        raise ReleaseError(
            f"{address} holds another release: its model.json has sha256 {sha256}, "
            f"that of {release.name} has {release.sha256}. A release never changes: "
            "push it to a repository of its own."
        )
