"""Hostile model.json: what `registry.read_release` must refuse by itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from tests.hostile.place import Place

Spoil = Callable[[Place], None]
MEGABYTE = 1_000_000


def changed(**changes: Any) -> Spoil:
    return lambda place: place.change(**changes)


def text(content: str | bytes) -> Spoil:
    raw = content.encode() if isinstance(content, str) else content

    def spoil(place: Place) -> None:
        (place.folder / "model.json").write_bytes(raw)

    return spoil


def added(extra: str) -> Spoil:
    """More text at the beginning of the object."""

    def spoil(place: Place) -> None:
        path = place.folder / "model.json"
        path.write_text(path.read_text().replace("{", "{" + extra + ",", 1))

    return spoil


def without(key: str) -> Spoil:
    def spoil(place: Place) -> None:
        content = place.model()
        del content[key]
        place.write_model(content)

    return spoil


def elsewhere(key: str, path: Callable[[Place, str], str]) -> Spoil:
    """A file's name that leads to the valid file outside."""

    def spoil(place: Place) -> None:
        file = place.model()[key]["file"]
        place.change(**{key: {"file": path(place, file)}})

    return spoil


def is_a_link(place: Place) -> None:
    path = place.folder / "model.json"
    path.unlink()
    path.symlink_to(place.outside / "model.json")


def is_a_pipe(place: Place) -> None:
    path = place.folder / "model.json"
    path.unlink()
    os.mkfifo(path)


def is_a_folder(place: Place) -> None:
    path = place.folder / "model.json"
    path.unlink()
    path.mkdir()


def nested(depth: int, opening: str = "[", closing: str = "]") -> str:
    return opening * depth + closing * depth


MARK = "NESTED"


def with_nested(depth: int, **changes: Any) -> Spoil:
    """Lists in lists at the place of the mark."""

    def spoil(place: Place) -> None:
        place.change(**changes)
        path = place.folder / "model.json"
        path.write_text(path.read_text().replace(f'"{MARK}"', nested(depth)))

    return spoil


LAYER = {
    "class_name": "Lambda",
    "config": {"function": ["4wEAAAAAAAAA", None, None]},
    "module": "keras.layers",
}
CASES: dict[str, Spoil] = {
    "empty": text(""),
    "no_json": text("model: small_v1"),
    "no_object": text("[]"),
    "no_utf8": text(b'{"schema": "\xff"}'),
    "utf16": text('{"schema": 2}'.encode("utf-16")),
    "null_bytes": text(b"\0" * 1000),
    "a_link": is_a_link,
    "a_pipe": is_a_pipe,
    "a_folder": is_a_folder,
    "oversize_100_mb_of_nesting": text(nested(50 * MEGABYTE)),
    "oversize_spaces": text(" " * 2 * MEGABYTE),
    "nesting_of_lists": text(nested(400_000)),
    "nesting_of_objects": text(nested(100_000, '{"a":', "}")),
    "many_keys": added(",".join(f'"k{i}": 0' for i in range(50_000))),
    "long_key": added(f'"{"k" * 900_000}": 0'),
    "long_number": added(f'"x": {"9" * 900_000}'),
    "unknown_key": added('"unheard_of": 1'),
    "key_of_ours": added('"folder": "/"'),
    "missing_key": without("weights"),
    "duplicate_key": added('"name": "small_v1"'),
    "duplicate_inner_key": added('"config": {"units": 1, "units": 2}'),
    "schema_of_the_future": changed(schema=10**9),
    "schema_true": changed(schema=True),
    "schema_negative": changed(schema=-1),
    "name_with_a_path": changed(name="../outside_v1"),
    "name_with_an_escape": changed(name="\x1b[2Jsmall_v1"),
    "surrogate": changed(description="\ud800"),
    "terminal_escape": changed(description="\x1b]0;owned\x07"),
    "surrogate_key": added('"\\ud800": 1'),
    "not_a_number": changed(symmetry={"measured_max_difference": float("nan")}),
    "infinite": added('"x": 1e999'),
    "infinite_config": changed(config={"dropout": float("inf")}),
    "nan_atol": changed(golden={"atol": float("nan")}),
    "config_list": changed(config=[]),
    "config_object": changed(config={"activation": LAYER}),
    "config_object_in_lists": changed(config={"activation": [[LAYER]]}),
    "config_serialised": changed(
        config={"activation": {"class_name": "function", "config": "os.system"}}
    ),
    "size_text": changed(weights={"bytes": "15160"}),
    "size_float": changed(weights={"bytes": 15160.0}),
    "size_true": changed(weights={"bytes": True}),
    "size_negative": changed(weights={"bytes": -1}),
    "size_of_golden": changed(golden={"bytes": 2**62}),
    "size_of_sketch": changed(sketch={"bytes": 2**20}),
    "sketch_text": changed(sketch="training.sketch"),
    "sha256_short": changed(weights={"sha256": "0"}),
    "sha256_path": changed(weights={"sha256": "../" * 21 + "x"}),
    "mirror_file": changed(weights={"urls": ["file:///etc/passwd"]}),
    "mirror_http": changed(weights={"urls": ["http://127.0.0.1/weights.h5"]}),
    "mirror_object": changed(weights={"urls": [{"url": "https://localhost"}]}),
    "file_empty": changed(weights={"file": ""}),
    "file_dots": changed(weights={"file": ".."}),
    "file_null": changed(weights={"file": "weights.h5\0"}),
    "file_list": changed(weights={"file": ["weights.h5"]}),
    "no_outputs": changed(outputs=[]),
    "status_unheard_of": changed(status={"state": "sold"}),
    "symmetry_unheard_of": changed(symmetry={"kind": "perfect"}),
    "alphabet": changed(input={"alphabet": "ACGU"}),
}
for _depth in (20, 100, 300, 500, 700, 800, 900, 950, 990):
    CASES[f"config_nested_{_depth}"] = with_nested(_depth, config={"activation": MARK})
    CASES[f"description_nested_{_depth}"] = with_nested(_depth, description=MARK)
for _key in ("weights", "golden", "sketch"):
    CASES[f"{_key}_absolute"] = elsewhere(_key, lambda p, f: str(p.outside / f))
    CASES[f"{_key}_parent"] = elsewhere(_key, lambda p, f: f"../outside/{f}")
    CASES[f"{_key}_backslash"] = elsewhere(_key, lambda p, f: f"..\\outside\\{f}")
    CASES[f"{_key}_hidden_parent"] = elsewhere(
        _key, lambda p, f: f"x/../../outside/{f}"
    )
