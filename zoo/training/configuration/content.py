"""A configuration as plain values, as its TOML file holds them."""

from __future__ import annotations

import dataclasses
from typing import Any

from zoo.training.configuration.config import Config


def to_content(config: Config) -> dict[str, Any]:
    """What `parse_config` takes: plain values that JSON can write."""
    content: dict[str, Any] = _plain(dataclasses.asdict(config))
    del content["base"], content["file"]
    for table in (content["data"], content["data"]["split"]):
        table |= table.pop("keywords")
    return content


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(v) for v in value] if isinstance(value, (list, tuple)) else value
