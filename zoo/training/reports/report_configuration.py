"""How a run was configured, in its report, and how to make it again."""

from __future__ import annotations

import dataclasses
import json
import platform
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.files import pages
from zoo.publishing.saving import versions
from zoo.training.configuration.content import to_content
from zoo.training.configuration.keywords import chosen

if TYPE_CHECKING:
    from zoo.training.runs.run import Run


def configuration_section(run: Run) -> list[pages.Html | str]:
    """The keys that were chosen, and all of them."""
    rows = [
        [key, v if isinstance(v, str) else json.dumps(v, default=dataclasses.asdict)]
        for key, v in _chosen(run.config)
    ]
    content = json.dumps(to_content(run.config), indent=2)
    return [
        pages.table(("key", "value"), rows),
        pages.folded("All keys, with their defaults", pages.preformatted(content)),
    ]


def _chosen(config: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Keys and values that are not the default."""
    for field in dataclasses.fields(config):
        value, key = getattr(config, field.name), f"{where}{field.name}"
        if key in ("base", "file"):
            continue
        if field.name == "keywords":
            yield from ((f"{where}{n}", v) for n, v in chosen(config).items())
            continue
        if dataclasses.is_dataclass(value):
            yield from _chosen(value, f"{key}.")
            continue
        default = field.default
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        if value != default:
            yield key, value


def again_section(run: Run) -> list[pages.Html | str]:
    """The command, the seeds and the versions."""
    config = run.config
    seeds = ", ".join(str(member.seed) for member in run.members)
    rows = [
        ("command", f"seqzoo train {config.file}"),
        ("seed" if len(run.members) == 1 else "seeds", seeds),
        *versions().items(),
        ("numpy", np.__version__),
        ("python", platform.python_version()),
        ("system", f"{platform.system()} {platform.machine()}"),
    ]
    return [pages.table(("", ""), rows)]
