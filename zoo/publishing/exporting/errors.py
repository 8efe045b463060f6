"""What can go wrong with an export."""

from __future__ import annotations

from registry.errors import SeqzooError


class ExportError(SeqzooError, RuntimeError):
    """A model cannot be exported, or what was exported is not equal to it."""
