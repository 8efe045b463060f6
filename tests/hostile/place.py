"""A release folder to spoil, beside things that must not be read."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).resolve().parent.parent / "fixtures/schema_3/small_v1"


@dataclass(frozen=True)
class Place:
    """Where one case lies.

    Attributes:
        top: A folder of its own.
    """

    top: Path

    @property
    def folder(self) -> Path:
        """The release."""
        return self.top / "small_v1"

    @property
    def outside(self) -> Path:
        """Beside the release: complete, valid, and not to be read.

        A link that is followed into it succeeds, and is found out by that.
        """
        return self.top / "outside"

    @property
    def executed(self) -> Path:
        """A file that exists once code of the release was run."""
        return self.top / "executed"

    def prepare(self) -> None:
        """Writes the valid release, and another one outside."""
        for folder in (self.folder, self.outside):
            shutil.copytree(SAMPLE, folder)

    def model(self) -> dict[str, Any]:
        """What model.json says."""
        content: dict[str, Any] = json.loads((self.folder / "model.json").read_text())
        return content

    def write_model(self, content: Any) -> None:
        """Writes model.json."""
        (self.folder / "model.json").write_text(json.dumps(content))

    def change(self, **changes: Any) -> None:
        """Replaces top-level keys of model.json, or keys of its objects."""
        content = self.model()
        for key, value in changes.items():
            if isinstance(value, dict) and isinstance(content.get(key), dict):
                value = content[key] | value
            content[key] = value
        self.write_model(content)

    def seal(self, key: str) -> None:
        """Declares the size and the sha256 that a spoilt file now has."""
        content = self.model()
        data = (self.folder / content[key]["file"]).read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        self.change(**{key: {"bytes": len(data), "sha256": digest}})
