"""Hostile configurations and files behind a model.json that is in order."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.hostile.hdf5 import DAMAGE, write_other
from tests.hostile.model_json import Spoil, changed
from tests.hostile.place import Place

ADDRESS = "stem_conv/kernel"
SHAPE = (5, 4, 4)


def system(place: Place) -> None:
    command = f"touch {place.executed}"
    place.change(architecture="os:system", config={"command": command})


# The configuration is valid JSON, the builder has to be asked.
CONFIGURATIONS: dict[str, Spoil] = {
    "builder_os_system": system,
    "builder_eval": changed(architecture="builtins:eval"),
    "builder_path": changed(architecture="../outside/plugin.py:build"),
    "builder_empty": changed(architecture=""),
    "builder_session": changed(architecture="session:os.system"),
    "activation_os_system": changed(config={"activation": "os:system"}),
    "activation_lambda": changed(config={"activation": "lambda x: exit()"}),
    "unknown_argument": changed(config={"unheard_of": 1}),
    "argument_of_python": changed(config={"__class__": 1}),
    **{
        f"{name}_{label}": changed(config={name: value})
        for name in ("filters", "stem_filters", "kernel_size", "units", "num_outputs")
        for label, value in (("huge", 10**12), ("endless", 10**40), ("negative", -8))
    },
    "filters_float": changed(config={"filters": 8.5}),
    "filters_lists": changed(config={"filters": [[8]]}),
    "kernel_of_a_gigabyte": changed(config={"kernel_size": 10**7 + 1}),
    "length_endless": changed(config={"sequence_length": 10**40}),
    "length_negative": changed(config={"sequence_length": -1}),
    "dilation_endless": changed(config={"dilation_rates": [1, 10**30]}),
    "dilation_text": changed(config={"dilation_rates": "12"}),
    "dilations_without_end": changed(config={"dilation_rates": [1] * 100_000}),
    "kmer_of_40": changed(architecture="kmer", config={"k": 40}),
    "weights_of_a_terabyte": changed(weights={"bytes": 2**40}),
}


def weights(spoil: Callable[[h5py.File, str, Path], None]) -> Spoil:
    def spoil_file(place: Place) -> None:
        other = place.outside / "other.h5"
        write_other(other, SHAPE)
        with h5py.File(place.folder / "weights.h5", "r+") as file:
            spoil(file, ADDRESS, other)
        place.seal("weights")

    return spoil_file


def replaced(key: str, make: Callable[[Place, bytes], bytes]) -> Spoil:
    """Another content of a file, with its right hash."""

    def spoil(place: Place) -> None:
        path = place.folder / place.model()[key]["file"]
        path.write_bytes(make(place, path.read_bytes()))
        place.seal(key)

    return spoil


def is_a_link(key: str) -> Spoil:
    def spoil(place: Place) -> None:
        name = place.model()[key]["file"]
        (place.folder / name).unlink()
        (place.folder / name).symlink_to(place.outside / name)

    return spoil


def is_a_pipe(key: str) -> Spoil:
    def spoil(place: Place) -> None:
        path = place.folder / place.model()[key]["file"]
        path.unlink()
        os.mkfifo(path)

    return spoil


def is_gone(key: str) -> Spoil:
    return lambda place: (place.folder / place.model()[key]["file"]).unlink()


def nowhere(place: Place) -> None:
    """Not in the folder, and its mirror does not answer."""
    is_gone("weights")(place)
    place.change(weights={"urls": ["https://127.0.0.1:9/weights.h5", "https://[x"]})


def sparse(key: str) -> Spoil:
    """A file of a terabyte that takes no room."""

    def spoil(place: Place) -> None:
        path = place.folder / place.model()[key]["file"]
        os.truncate(path, 2**40)
        place.change(**{key: {"bytes": 2**40}})

    return spoil


def common(key: str) -> dict[str, Spoil]:
    """What can be wrong with any file."""
    return {
        "zero_bytes": replaced(key, lambda place, content: b""),
        "zeros": replaced(key, lambda place, content: bytes(len(content))),
        "text": replaced(key, lambda place, content: b"no such format"),
        "truncated": replaced(key, lambda place, content: content[:-100]),
        "truncated_to_half": replaced(key, lambda p, c: c[: len(c) // 2]),
        "truncated_to_8": replaced(key, lambda place, content: content[:8]),
        "pickle": replaced(key, lambda place, content: pickled(place)),
        "other_hash": changed(**{key: {"sha256": "0" * 64}}),
        "other_size": changed(**{key: {"bytes": 1}}),
        "huge_size": changed(**{key: {"bytes": 10**8}}),
        "sparse": sparse(key),
        "a_link": is_a_link(key),
        "a_pipe": is_a_pipe(key),
        "gone": is_gone(key),
    }


WEIGHTS: dict[str, Spoil] = {
    **common("weights"),
    **{spoil.__name__: weights(spoil) for spoil in DAMAGE},
    "nowhere": nowhere,
}


class Payload:
    """Unpickled, it leaves a trace."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.place.executed}",)


def pickled(place: Place) -> bytes:
    return pickle.dumps(Payload(place))


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=True)
    return stream.getvalue()


def header(shape: str, dtype: str = "'<f4'") -> bytes:
    """An array that declares anything, without values."""
    text = f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}}}\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


CODES = npy(np.zeros((2, 40), "u1"))
PREDICTIONS = npy(np.zeros((2, 2), "<f4"))


def archive(
    codes: bytes = CODES, predictions: bytes = PREDICTIONS, **more: bytes
) -> Spoil:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in (("codes", codes), ("predictions", predictions)):
            if content:
                file.writestr(f"{name}.npy", content)
        for name, content in more.items():
            file.writestr(name, content)
    return replaced("golden", lambda place, content: stream.getvalue())


def objects(place: Place, _: bytes) -> bytes:
    values = np.empty((1, 1), object)
    values[0, 0] = Payload(place)
    stream = io.BytesIO()
    np.savez(stream, codes=values, predictions=np.zeros((1, 2), "f4"))
    return stream.getvalue()


def bomb() -> bytes:
    """A gigabyte of zeros as a few megabytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        file.writestr("predictions.npy", PREDICTIONS)
        with file.open("codes.npy", "w") as member:
            member.write(header("(1, 1000000000)", "'|u1'"))
            for _ in range(1000):
                member.write(bytes(1_000_000))
    return stream.getvalue()


def lying_size(place: Place, _: bytes) -> bytes:
    """A member that says it is small."""
    content = bomb_of_ten_megabytes()
    return content.replace((10_000_000).to_bytes(4, "little"), b"\x10\0\0\0")


def bomb_of_ten_megabytes() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("predictions.npy", PREDICTIONS)
        file.writestr("codes.npy", bytes(10_000_000))
    return stream.getvalue()


def encrypted(place: Place, content: bytes) -> bytes:
    """Sets the flag of encryption in all headers."""
    data = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 4)
    return bytes(data)


NAN = npy(np.full((2, 2), np.nan, "<f4"))
GOLDEN: dict[str, Spoil] = {
    **common("golden"),
    "objects": replaced("golden", objects),
    "bomb": lambda place: replaced("golden", lambda p, c: bomb())(place),
    "lying_size": replaced("golden", lying_size),
    "encrypted": replaced("golden", encrypted),
    "huge_shape": archive(codes=header("(1, 1099511627776)", "'|u1'")),
    "huge_shape_predictions": archive(predictions=header("(1099511627776, 2)")),
    "endless_shape": archive(codes=header(f"({10**30},)", "'|u1'")),
    "negative_shape": archive(codes=header("(-1, -40)", "'|u1'") + bytes(40)),
    "shape_of_texts": archive(codes=header("('a', 'b')", "'|u1'")),
    "many_dimensions": archive(codes=header(f"({'1, ' * 200})", "'|u1'") + b"\0"),
    "huge_items": archive(codes=header("()", f"'|V{2**31 - 1}'")),
    "nested_header": archive(codes=header("(" * 3000 + ")" * 3000)),
    "code_in_header": archive(codes=header("(__import__('os').system('true'),)")),
    "newer_format": archive(codes=CODES[:6] + b"\x03" + CODES[7:]),
    "no_numpy": archive(codes=b"codes"),
    "empty_member": archive(codes=b" "),
    "missing_array": archive(codes=b""),
    "extra_array": archive(**{"extra.npy": CODES}),
    "escaping_member": archive(**{"../../escaped.npy": CODES}),
    "no_sequences": archive(codes=npy(np.zeros((0, 40), "u1"))),
    "no_bases": archive(codes=npy(np.zeros((2, 0), "u1"))),
    "a_number": archive(codes=npy(np.uint8(0))),
    "one_sequence": archive(codes=npy(np.zeros(40, "u1"))),
    "one_hot": archive(codes=npy(np.zeros((2, 40, 4), "u1"))),
    "no_codes": archive(codes=npy(np.full((2, 40), 255, "u1"))),
    "too_short": archive(codes=npy(np.zeros((2, 1), "u1"))),
    "too_many_bases": archive(codes=npy(np.zeros((1, 40_000_000), "u1"))),
    "too_many_sequences": archive(codes=npy(np.zeros((40_000_000, 1), "u1"))),
    "double_codes": archive(codes=npy(np.zeros((2, 40)))),
    "texts": archive(codes=npy(np.full((2, 40), "A"))),
    "records": archive(codes=npy(np.zeros((2, 40), [("x", "u1")]))),
    "other_predictions": archive(predictions=npy(np.zeros((2, 9), "<f4"))),
    "nan": archive(predictions=NAN),
    "infinite": archive(predictions=npy(np.full((2, 2), -np.inf, "<f4"))),
}
