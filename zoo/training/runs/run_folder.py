"""The folder of a run: which configuration it belongs to, and who works in it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zoo.training.configuration.config import Config, ConfigError
from zoo.training.configuration.config_file import to_content

CONFIG_FILE = "config.json"
_LOCK = ".lock"
_NOTHING_YET = (CONFIG_FILE, _LOCK)
# What may change between two starts of one run: it does not move the weights.
_FREE = ("logging", "release", "search", "strategy", "folder")


@contextlib.contextmanager
def open_run(config: Config) -> Iterator[Path]:
    """Makes or reopens OUTPUT/NAME/, which nobody else may use meanwhile.

    Args:
        config: Of the run; a folder that was started by another one is refused, as
            its checkpoints would be continued.

    Yields:
        The folder.

    Raises:
        ConfigError: The folder belongs to another configuration, is in use by
            another process, or cannot be written.
    """
    from filelock import FileLock, Timeout

    folder = config.run_folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK)
        lock.acquire(timeout=0)
    except Timeout:
        raise ConfigError(
            f"{folder} is in use by another run. Wait for it, or choose another name "
            "or folder in the configuration."
        ) from None
    except OSError as error:
        raise ConfigError(
            f"{folder} cannot be written: {error.strerror or error}. Choose another "
            "folder in the configuration."
        ) from None
    try:
        _claim(config)
        yield folder
    finally:
        lock.release()


def check_claim(config: Config) -> None:
    """Refuses a folder with the checkpoints of another configuration.

    Where there are none yet, as of a run that was refused, there is nothing to mix up.

    Raises:
        ConfigError: It has them.
    """
    path = config.run_folder / CONFIG_FILE
    kept = (file for file in path.parent.rglob("*") if file.is_file())
    if not path.exists() or all(file.name in _NOTHING_YET for file in kept):
        return
    before = json.loads(path.read_text(encoding="utf-8"))
    changed = sorted(_differences(before, to_content(config)))
    if changed:
        raise ConfigError(
            f"{path.parent} was started with another configuration, and its "
            f"checkpoints belong to that. Changed: {'; '.join(changed[:8])}. "
            "Choose another name or folder, change it back, or delete the folder."
        )


def _claim(config: Config) -> None:
    check_claim(config)
    path = config.run_folder / CONFIG_FILE
    temporary = path.with_suffix(".new")
    text = json.dumps(to_content(config), indent=2)
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(path)


def _differences(before: Any, now: Any, where: str = "") -> Iterator[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted(before.keys() | now.keys()):
            if where or key not in _FREE:
                place = f"{where}.{key}" if where else key
                yield from _differences(before.get(key), now.get(key), place)
    elif before != now:
        yield f"{where}: {before!r} is now {now!r}"
