"""Windows that move along the genome, with their signals."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pybigtools
import pytest

from tests.made import write_fasta
from zoo.data import Examples, concatenate, from_arrays, from_intervals
from zoo.data.examples import CodesInMemory
from zoo.dna import decode, reverse_complement
from zoo.errors import InputError
from zoo.splits import shuffled

SIZE, LENGTH, BINS, SHIFT = 600, 40, 20, 7


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A genome, and tracks whose values are the places, negative on the other."""
    folder = tmp_path_factory.mktemp("wide")
    text = "".join(np.random.default_rng(0).choice(list("ACGT"), SIZE))
    write_fasta(folder / "g.fa", {"chr1": text})
    for name, sign in (("plus", 1.0), ("minus", -1.0)):
        values = (("chr1", i, i + 1, sign * i) for i in range(SIZE))
        pybigtools.open(str(folder / f"{name}.bw"), "w").write({"chr1": SIZE}, values)
    return folder, text


def read(folder: Path, rows: dict[str, Any] | None = None, **changes: Any) -> Examples:
    start = np.arange(60, 500, 9)
    rows = rows or {
        "chrom": ["chr1"] * len(start),
        "start": start,
        "end": start + 1,
        "strand": list("+-.") * (len(start) // 3) + ["+"] * (len(start) % 3),
    }
    arguments: dict[str, Any] = {
        "sequence_length": LENGTH,
        "target_length": BINS,
        "signals": {"a": folder / "plus.bw", "b": folder / "minus.bw"},
        "input_signals": {"control": [folder / "minus.bw"]},
        "bin_size": 1,
        "max_shift": SHIFT,
    }
    return from_intervals(folder / "g.fa", rows, **arguments | changes)


@pytest.fixture(scope="module")
def examples(files: tuple[Path, str]) -> Examples:
    return read(files[0])


def test_without_a_shift_they_are_what_they_were(
    files: tuple[Path, str], examples: Examples
) -> None:
    plain = read(files[0], max_shift=0)
    assert plain.max_shift == 0 and examples.max_shift == SHIFT
    np.testing.assert_array_equal(plain.codes(), examples.codes())
    np.testing.assert_array_equal(plain.targets, examples.targets)
    np.testing.assert_array_equal(plain.inputs["control"], examples.inputs["control"])
    np.testing.assert_array_equal(plain.intervals.start, examples.intervals.start)
    for one, other in zip(plain.batches(7), examples.batches(7), strict=True):
        np.testing.assert_array_equal(one[1], other[1])
        np.testing.assert_array_equal(one[0]["control"], other[0]["control"])


@pytest.mark.parametrize("turned", [False, True])
def test_sequence_profile_and_inputs_move_together(
    files: tuple[Path, str], examples: Examples, turned: bool
) -> None:
    text, shifts, turns = files[1], [], []
    stream = examples.batches(
        10, max_shift=SHIFT, reverse_complement=turned, encoding="codes"
    )
    assert examples.intervals is not None
    row = 0
    for _ in range(4):
        for x, y in stream:
            for codes, control, profile in zip(
                x["sequence"], x["control"], y, strict=True
            ):
                # The values are the places themselves.
                minus = profile[0, 0] > profile[-1, 0]
                places = profile[::-1, 0] if minus else profile[:, 0]
                start = int(places[0]) - (LENGTH - BINS) // 2
                np.testing.assert_array_equal(places, places[0] + np.arange(BINS))
                np.testing.assert_array_equal(profile[:, 1], -profile[:, 0])
                around = -(start + np.arange(LENGTH))
                np.testing.assert_array_equal(
                    control[::-1, 0] if minus else control[:, 0], around
                )
                window = text[start : start + LENGTH]
                assert decode(codes) == (
                    reverse_complement(window) if minus else window
                )
                place = row % len(examples)
                shifts.append(start - examples.intervals.start[place])
                turns.append(minus != (examples.intervals.strand[place] == "-"))
                row += 1
    assert set(shifts) == set(range(-SHIFT, SHIFT + 1))
    assert any(turns) == turned


def test_parts_of_them_move_as_well(examples: Examples) -> None:
    rows = np.array([5, 1, 7])
    part = examples.subset(rows)
    assert part.max_shift == SHIFT and part.wide is not None
    assert np.shares_memory(part.targets, part.wide.targets)  # held once
    both = concatenate(part, examples.subset([0, 2]))
    assert np.shares_memory(both.targets, both.wide.targets)
    again = examples.subset([5, 1, 7, 0, 2])
    for one, other in zip(
        both.batches(5, max_shift=3, encoding="codes"),
        again.batches(5, max_shift=3, encoding="codes"),
        strict=True,
    ):
        np.testing.assert_array_equal(one[0]["sequence"], other[0]["sequence"])
        np.testing.assert_array_equal(one[0]["control"], other[0]["control"])
        np.testing.assert_array_equal(one[1], other[1])
    copied = pickle.loads(pickle.dumps(part))  # as to another process
    sent, kept = (p.batches(3, max_shift=4) for p in (copied, part))
    np.testing.assert_array_equal(sent[0][1], kept[0][1])
    again = copied.subset([0, 2])
    assert np.shares_memory(again.targets, again.wide.targets)
    none = examples.subset(np.zeros(len(examples), bool))
    assert len(none) == 0 and len(concatenate(none, part)) == 3
    plain = dataclasses.replace(part, wide=None)
    assert concatenate(plain, part).wide is None


def test_shards_and_a_resumed_stream_are_the_same(examples: Examples) -> None:
    said: Any = {"max_shift": 5, "shuffle": True, "reverse_complement": True, "seed": 3}
    whole = examples.batches(10, pairing={"targets": (1, 0)}, **said)
    parts = [
        examples.batches(10, pairing={"targets": (1, 0)}, shard=(k, 2), **said)
        for k in range(2)
    ]
    for step in range(3):
        batch = whole.batch(2, step)
        halves = [part.batch(2, step) for part in parts]
        np.testing.assert_array_equal(
            np.concatenate([half[1] for half in halves]), batch[1]
        )
        resumed = whole.resume({"epoch": 2, "step": step})
        np.testing.assert_array_equal(next(iter(resumed))[1], batch[1])


def test_one_number_a_window_stays_that_of_the_window(files: tuple[Path, str]) -> None:
    folder, text = files
    found = read(folder, bin_size=None, input_signals=None)
    plain = read(folder, bin_size=None, input_signals=None, max_shift=0)
    np.testing.assert_array_equal(found.targets, plain.targets)
    ((x, y), *_) = found.batches(len(found), max_shift=SHIFT, encoding="codes")
    np.testing.assert_array_equal(y, plain.targets)
    assert (x != plain.codes()).any() and (x < 4).all()
    for codes, strand in zip(x, found.intervals.strand, strict=True):
        window = decode(codes)
        assert (reverse_complement(window) if strand == "-" else window) in text


def test_changed_values_cannot_be_moved(examples: Examples) -> None:
    changed = dataclasses.replace(examples, targets=examples.targets * 2)
    assert len(changed.batches(8)) and len(changed.subset([0, 1]).batches(1)) == 2
    with pytest.raises(InputError, match=r"values that were read.*for targets\. Use"):
        changed.subset([0, 1]).batches(1, max_shift=1)
    other = CodesInMemory(3 - examples.codes())
    edited = dataclasses.replace(examples, sequences=other)
    with pytest.raises(InputError, match=r"others for sequences\."):
        edited.batches(8, max_shift=1)
    control = {"control": examples.inputs["control"] + 1}
    other = dataclasses.replace(examples, inputs=control)
    with pytest.raises(InputError, match=r"others for control\."):
        other.batches(8, max_shift=1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"bin_size": 4}, r"bin_size=1 with max_shift.*bin_size=4, max_shift=7"),
        ({"max_shift": -1}, "max_shift in bp, an integer of at least 0.*-1"),
        ({"max_shift": 2.0}, r"integer of at least 0\. Received: 2\.0"),
        (
            {"max_shift": 41},
            r"the window -1-121, 41 bp of max_shift on .*beyond='drop' leaves them out",
        ),
    ],
)
def test_what_cannot_be_read_so(
    files: tuple[Path, str], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read(files[0], **changes)


def test_no_further_than_was_read(examples: Examples) -> None:
    with pytest.raises(InputError, match=r"from 0 to 7.*from_intervals\(max_shift=8\)"):
        examples.batches(4, max_shift=8)
    profile = from_arrays(["ACGT"], targets=np.ones((1, 4, 1)), outputs="a")
    with pytest.raises(InputError, match=r"from_intervals\(max_shift=2\) reads wider"):
        profile.batches(1, max_shift=2)
    assert "max_shift up to 7" in repr(examples)


def test_shuffled_windows_have_no_genome_around_them(examples: Examples) -> None:
    assert shuffled(examples.subset([0, 1]), seed=0).wide is None
