import dataclasses
import importlib
import inspect
import itertools
import re
from collections import deque
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings, strategies as st

import zoo
from zoo import splits
from zoo.data.examples import CodesInMemory, Examples
from zoo.data.record import Record
from zoo.data.sequences import all_parts, codes_of_one_length, windows
from zoo.dna import decode, encode, one_hot
from zoo.errors import InputError
from zoo.interpretation.motifs import Motif, find_hits

TEXTS = ["ACGTN", "ccgtA", "TTTTT", "GATTA", "NNNNN"]
CODES = np.stack([encode(text) for text in TEXTS])
SHIFTED = pd.Series(["AAAAA", *TEXTS], index=range(3, 9))[lambda s: s.index > 3]


def equal_forms():
    """The same sequences in every form that users have them in."""
    yield from (TEXTS, tuple(TEXTS), deque(TEXTS), dict.fromkeys(TEXTS).keys())
    yield from (iter(TEXTS), (text for text in TEXTS), map(str, TEXTS))
    yield from (
        filter(None, TEXTS),
        reversed([*reversed(TEXTS)]),
        itertools.chain(TEXTS),
    )
    yield from ([t.encode() for t in TEXTS], [bytearray(t.encode()) for t in TEXTS])
    yield from (np.array(TEXTS), np.array(TEXTS, "S"), np.array(TEXTS, object))
    yield [SimpleNamespace(seq=text) for text in TEXTS]
    yield from (SHIFTED, SHIFTED.astype("string"), SHIFTED.astype("category"))
    yield from (pd.concat([SHIFTED[:2], SHIFTED[2:]]), pd.Index(TEXTS))
    yield from (pl.Series(TEXTS), pl.DataFrame({"s": TEXTS})["s"])
    yield from (CODES, CODES.astype(np.int64), CODES.tolist(), list(CODES), iter(CODES))
    yield from (one_hot(CODES), one_hot(CODES).tolist(), iter(one_hot(CODES)))
    yield from (one_hot(CODES).astype(bool), one_hot(CODES).astype(np.uint8))
    yield from (Examples(CodesInMemory(CODES)), CodesInMemory(CODES))
    yield (Record(f"r{i}", codes, "a.fa") for i, codes in enumerate(CODES))
    yield [TEXTS[0], CODES[1], one_hot(CODES[2]), TEXTS[3].encode(), TEXTS[4]]


@pytest.mark.parametrize("form", [*equal_forms()], ids=lambda f: type(f).__name__)
def test_all_forms_are_the_same_sequences(form):
    found = codes_of_one_length(form)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, CODES)


@settings(deadline=None, max_examples=50)
@given(
    texts=st.lists(st.text("ACGTN", min_size=1, max_size=6), max_size=20),
    max_sequences=st.integers(1, 6) | st.none(),
    max_bases=st.integers(1, 20) | st.none(),
)
def test_every_sequence_is_in_one_part_of_its_window(texts, max_sequences, max_bases):
    taken = 0

    def counted():
        nonlocal taken
        for text in texts:
            taken += 1
            yield text

    found, first = {}, 0
    for parts in windows(counted(), max_sequences=max_sequences, max_bases=max_bases):
        for part in parts:
            found |= dict(zip(part.rows.tolist(), part.codes(), strict=True))
            assert part.first == f"sequence {part.rows[0] + 1}"
        # In their order, no more read than a window has.
        assert sorted(found) == list(range(taken))
        assert max_sequences is None or taken - first <= max_sequences
        assert max_bases is None or sum(map(len, texts[first : taken - 1])) < max_bases
        first = taken
    assert [decode(found[row]) for row in range(len(texts))] == texts


def test_what_is_in_memory_is_not_copied():
    (part,) = all_parts(CODES)
    assert np.shares_memory(part.values, CODES)
    hot = one_hot(CODES)
    (part,) = all_parts(hot)
    assert np.shares_memory(part.values, hot)
    sizes = [len(part.rows) for (part,) in windows(CODES.astype(int), max_bases=11)]
    assert sizes == [2, 2, 1]
    sizes = [len(p.rows) for (p,) in windows(CodesInMemory(CODES), max_bases=11)]
    assert sizes == [2, 2, 1]


@pytest.mark.parametrize(
    ("one", "way_out"),
    [
        (
            one_hot(encode("ACGTTA")).astype(np.uint8),
            r"\(6, 4\).*one_hot\[np.newaxis\]",
        ),
        (one_hot(encode("ACGTTA")).astype(np.uint8).T, r"one_hot\.T\[np.newaxis\]"),
        (one_hot(encode("ACGTTA")), r"\(6, 4\).*one_hot\[np.newaxis\]"),
        (one_hot(encode("ACGTTA")).astype(bool), r"\(6, 4\).*one_hot\[np.newaxis\]"),
        (one_hot(encode("ACGTTA")).astype(np.uint8).tolist(), r"one_hot\[np.newaxis\]"),
        (encode("ACGTTA"), "One sequence goes in a list"),
        (np.array("ACGT"), "One sequence goes in a list"),
        ("ACGT", "one string: put it in a list"),
        (Record("r", CODES[0], "a.fa"), "One sequence goes in a list"),
    ],
)
def test_one_sequence_is_not_taken_for_many(one, way_out):
    with pytest.raises(InputError, match=way_out):
        all_parts(one)


def test_codes_of_4_bp_are_taken_where_they_cannot_be_one_hot():
    for codes in (np.array([[0, 1, 2, 3]]), np.array([[0, 0, 0, 0]]), np.eye(4) * 2):
        codes = codes.astype(np.uint8)
        np.testing.assert_array_equal(codes_of_one_length(codes), codes)
    ambiguous = np.eye(4, dtype=np.uint8)
    np.testing.assert_array_equal(codes_of_one_length(list(ambiguous)), ambiguous)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "ACGT"}, r"Received: dict\..*list\(sequences.values\(\)\)"),
        ({"ACGT", "TTTT"}, "A set has no order"),
        (None, "Received: NoneType"),
        (pd.DataFrame({"name": ["a"], "s": ["ACGT"]}), "the one column"),
        (pd.Series(["ACGT", None]), "sequence 2: .*a missing value"),
        (pd.Series(["ACGT", None], dtype="string"), "sequence 2: .*a missing value"),
        (["ACGT", float("nan")], "sequence 2: .*a missing value"),
        (pl.Series(["ACGT", None]), "sequence 2: .*a missing value"),
        ([[0.0, 1.0]], r"sequence 1: .*float64 of shape \(2,\)"),
        ([("ACGT", 1)], "sequence 1: "),
        (np.array([list("ACGT")]), r"<U1 of shape \(1, 4\)"),
        (np.zeros((2, 9)), "Codes are integers"),
        (np.zeros((2, 0), int), "at least one base"),
        ([np.zeros((9, 5))], "sequence 1: "),
        (iter([]), "at least one sequence. Received none"),
        ([], "at least one sequence. Received none"),
        (
            [Record("x", np.array([0, 9], np.uint8), "a.fa"), "ACGU"],
            "a.fa: record 'x': Expected codes 0 to 4.*Received: 9",
        ),
    ],
)
def test_what_cannot_be_sequences_is_refused(wrong, message):
    with pytest.raises(InputError, match=message):
        all_parts(wrong)


def test_lengths_that_differ_are_named():
    with pytest.raises(InputError, match="sequence 1 has 4 bp, sequence 3 has 5 bp"):
        codes_of_one_length(["ACGT", "TTTT", "ACGTA"])


@pytest.mark.parametrize(
    "base", [[0.25] * 4, [1, 1, -1, 0], [0.5, -0.5, 0, 0]], ids=str
)
def test_soft_one_hot_has_no_codes(base):
    (part,) = all_parts(np.full((2, 9, 4), base))
    with pytest.raises(InputError, match="Expected hard one-hot"):
        part.codes()


def takers():
    """Every public function that takes sequences: its name, itself, the argument's."""
    stubs = Path(zoo.__file__).parent.rglob("__init__.pyi")
    for folder in sorted(stub.parent for stub in stubs):
        room = ".".join(("zoo", *folder.relative_to(Path(zoo.__file__).parent).parts))
        for name, public in inspect.getmembers(importlib.import_module(room)):
            if inspect.isfunction(public) and public.__module__.startswith(room):
                for argument in inspect.signature(public).parameters.values():
                    if argument.annotation == "Any" and argument.name in TAKEN:
                        yield name, public, argument.name


TAKEN = ("sequences", "train", "test")
LONG = ["".join(np.random.default_rng(i).choice([*"ACGT"], 40)) for i in range(5)]


@pytest.fixture(scope="module")
def others():
    """What else those functions need, and what of their results is compared."""
    inputs = keras.Input((None, 4))
    x = keras.layers.Conv1D(3, 2)(inputs)
    x = keras.layers.GlobalMaxPooling1D()(x)
    model = keras.Model(inputs, keras.layers.Dense(1)(x))
    profiles = zoo.create(
        "bpnet", num_outputs=1, filters=2, dilation_rates=[1], profile_kernel_size=3
    )
    several = zoo.ensemble([zoo.create("rc_dilated", filters=4) for _ in range(2)])
    motif = Motif("A", np.array([[4, 0, 0, 0], [0, 4, 0, 0]]))
    answering = (
        "contributions saturation_mutagenesis indel_mutagenesis pairwise_mutagenesis"
    )
    needed = {
        **{name: {"model": model} for name in answering.split()},
        "report_sequences": {"model": model, "method": "gradient_x_input"},
        "design": {"model": model, "goal": "output_0", "max_edits": 1},
        "find_hits": {"motifs": [motif], "max_p_value": 0.1},
        "ablate": {"model": model, "hits": find_hits([motif], LONG, max_p_value=0.1)},
        "marginalize": {"model": model, "motifs": {"A": motif}},
        "motif_pairs": {"model": model, "first": "A", "second": motif, "gaps": [3]},
        "predict": {"model": model},
        "suggest": {
            "labels": [0.1, 0.7, 0.2, 0.9, 0.4],
            "releases": ["rc_dilated_v1"],
            "folds": 2,
        },
        "trunk_features": {"model": zoo.create("rc_dilated", filters=4)},
        "predict_members": {"model": several},
        "check": {"model": model},
        "filters_to_motifs": {"model": model},
        "footprints": {"model": profiles, "motifs": {"A": "A"}, "pairing": (0,)},
        "scan": {"weights": np.eye(4)},
        "overlap": {"name": splits.sketch(LONG)},
        "leakage": {"train": LONG, "test": LONG},
    }
    compared = {
        "sketch": splits.Sketch.to_bytes,
        "filters_to_motifs": dict.keys,
        "footprints": lambda found: found["A"].profile,
        "from_arrays": Examples.codes,
        # Its names are those of the records.
        "report_sequences": lambda page: re.findall(r"\d\.\d{2,}", page),
    }
    return needed, compared


@pytest.mark.filterwarnings("ignore::zoo.splits.LeakageWarning")
@pytest.mark.parametrize(
    ("name", "function", "argument"),
    [pytest.param(*taker, id=f"{taker[0]}-{taker[2]}") for taker in takers()],
)
def test_whatever_takes_sequences_takes_all_of_them(name, function, argument, others):
    needed, compared = others

    def take(sequences):
        found = function(**needed.get(name, {}) | {argument: sequences})
        found = compared.get(name, lambda same: same)(found)
        return vars(found) if dataclasses.is_dataclass(found) else found

    expected = take(LONG)
    series = pd.Series(["A" * 40, *LONG])[1:]
    records = (Record(f"r{i}", encode(s), "a.fa") for i, s in enumerate(LONG))
    codes = np.stack([encode(text) for text in LONG])
    for form in (iter(LONG), map(str, LONG), series, records, list(codes)):
        np.testing.assert_equal(take(form), expected)
    if name != "leakage":  # which says what examples are called
        np.testing.assert_equal(take(Examples(CodesInMemory(codes))), expected)
    with pytest.raises(InputError, match="one string"):
        take("ACGT")


def test_takers_are_found():
    assert {"predict", "sketch", "leakage", "scan"} <= {name for name, *_ in takers()}
