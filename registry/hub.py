"""The Hugging Face hub: commits of revisions, and who may read them."""

from __future__ import annotations

import os
import re

from registry.errors import DownloadError, StoreError


def endpoint() -> str:
    """Where the hub is; read now, as a session may set HF_ENDPOINT late."""
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def authorisation(url: str) -> str | None:
    """The header for an address of the hub, if the user is logged in there."""
    if not url.startswith(f"{endpoint()}/"):
        return None
    try:
        from huggingface_hub import get_token
    except ImportError:
        return None
    token = get_token()
    return f"Bearer {token}" if token else None


def resolve(repository: str, revision: str) -> str:
    """The address of a repository's files at the commit that a revision is now.

    Raises:
        StoreError: The package huggingface_hub is not installed.
        DownloadError: There is no such repository or revision, or no answer.
    """
    try:
        from huggingface_hub import HfApi
    except ImportError as error:
        raise StoreError(
            f"hf:// needs the package huggingface_hub ({error}): "
            "pip install 'seqzoo[hub]'"
        ) from None
    try:
        commit = (
            HfApi(endpoint=endpoint()).model_info(repository, revision=revision).sha
        )
    # Its own errors, those of its HTTP library, and those of its validators.
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DownloadError(
            f"hf://{repository}@{revision} could not be resolved at {endpoint()}: "
            f"{reason}. Check the name, the revision, and `hf auth login`."
        ) from error
    if not commit or not re.fullmatch("[0-9a-f]{40}", commit):
        raise DownloadError(
            f"{endpoint()} resolved hf://{repository}@{revision} to no commit. "
            f"Received: {commit!r:.80}"
        )
    return f"{endpoint()}/{repository}/resolve/{commit}"
