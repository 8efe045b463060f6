"""The Hugging Face hub: its repositories, their commits, and who may read them."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from registry.errors import DownloadError, ReleaseError, StoreError

_ADDRESS = re.compile(r"hf://([\w.-]+/[\w.-]+)")
_REVISION = re.compile(r"[\w./-]+")


def endpoint() -> str:
    """Where the hub is; read now, as a session may set HF_ENDPOINT late."""
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def authorization(url: str) -> str | None:
    """The header for an address of the hub, if the user is logged in there."""
    if not url.startswith(f"{endpoint()}/"):
        return None
    try:
        from huggingface_hub import get_token
    except ImportError:
        return None
    token = get_token()
    return f"Bearer {token}" if token else None


def repository(address: str) -> str:
    """The "owner/name" of hf://owner/name.

    Raises:
        ReleaseError: It is not such an address.
    """
    found = _ADDRESS.fullmatch(address)
    if not found:
        raise ReleaseError(
            "Expected hf://owner/name or hf://owner/name@revision. "
            f"Received: {address!r}"
        )
    return found[1]


def base(repository: str, commit: str) -> str:
    """The address of a repository's files at one commit."""
    return f"{endpoint()}/{repository}/resolve/{commit}"


def commit_of(repository: str, revision: str) -> str:
    """The commit that a revision is now.

    Raises:
        StoreError: The package huggingface_hub is not installed.
        DownloadError: There is no such repository or revision, or no answer.
    """
    if not _REVISION.fullmatch(revision):
        raise ReleaseError(
            f"Expected hf://owner/name@revision. Received: @{revision!r:.80}"
        )
    with _explained(f"hf://{repository}@{revision} could not be resolved") as api:
        commit = api.model_info(repository, revision=revision).sha
    if not commit or not re.fullmatch("[0-9a-f]{40}", commit):
        raise DownloadError(
            f"{endpoint()} resolved hf://{repository}@{revision} to no commit. "
            f"Received: {commit!r:.80}"
        )
    return str(commit)


def files(repository: str, commit: str) -> list[str]:
    """Names of the files of a commit. Raises as `commit_of`."""
    with _explained(f"hf://{repository} could not be read") as api:
        siblings = api.model_info(repository, revision=commit).siblings or []
    return [sibling.rfilename for sibling in siblings]


def create(repository: str, *, private: bool) -> None:
    """Creates a repository unless it exists. Raises as `commit_of`."""
    with _explained(f"hf://{repository} could not be created") as api:
        api.create_repo(repository, private=private, exist_ok=True)


def upload(
    repository: str,
    files: Mapping[str, bytes],
    *,
    message: str,
    branch: str,
    parent: str,
) -> str:
    """Adds files in one commit on top of `parent`; returns the new commit.

    Raises:
        StoreError: The package huggingface_hub is not installed.
        DownloadError: The hub refuses, as the branch has moved on from `parent`, or
            does not answer.
    """
    with _explained(f"hf://{repository} did not take the files") as api:
        from huggingface_hub import CommitOperationAdd

        commit = api.create_commit(
            repository,
            [CommitOperationAdd(name, content) for name, content in files.items()],
            commit_message=message,
            revision=branch,
            parent_commit=parent,
        )
    return str(commit.oid)


@contextlib.contextmanager
def _explained(failure: str) -> Iterator[Any]:
    """The hub's interface, whose errors are told in one sentence."""
    try:
        from huggingface_hub import HfApi
    except ImportError as error:
        raise StoreError(
            f"hf:// needs the package huggingface_hub ({error}): "
            "pip install 'seqzoo[hub]'"
        ) from None
    try:
        yield HfApi(endpoint=endpoint())
    # Its own errors, those of its HTTP library, and those of its validators.
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DownloadError(
            f"{failure} at {endpoint()}: {reason}. Check the name, the revision, and "
            "`hf auth login`."
        ) from error
