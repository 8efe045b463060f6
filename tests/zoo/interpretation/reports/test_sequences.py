"""Pages of sequences, of networks whose every contribution is known."""

from __future__ import annotations

import re
from typing import Any

import keras
import numpy as np
import pytest

import zoo
from tests.made import sigmoid
from tests.zoo.files.test_pages import NASTY, Reader
from tests.zoo.interpretation.reports.test_tracks import data_of
from zoo import samples
from zoo.data.record import Interval, Record
from zoo.dna import decode, encode, one_hot
from zoo.errors import InputError
from zoo.interpretation.motifs import simulate_background
from zoo.interpretation.reports.sequences import report_sequences
from zoo.models.outputs import Output, declare

LENGTH = 24
NAMES = ("red", "blue")


def additive(length: int = LENGTH) -> tuple[keras.Model, np.ndarray]:
    """A network whose outputs are sums over bases, and their weights."""
    sequence = keras.Input((length, 4))
    flat = keras.layers.Flatten()(sequence)
    dense = keras.layers.Dense(len(NAMES), name="head")
    model = keras.Model(sequence, dense(flat), name="sums")
    weights = np.random.default_rng(0).normal(size=(length, 4, len(NAMES)))
    dense.set_weights([weights.reshape(-1, len(NAMES)), np.array([0.5, -0.5])])
    outputs = [Output(name, "probability", "sigmoid", name) for name in NAMES]
    return declare(model, outputs), weights


def random_codes(count: int, length: int = LENGTH) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 4, (count, length)).astype(np.uint8)


def report(model: Any, sequences: Any, **more: Any) -> str:
    return report_sequences(model, sequences, method="mutagenesis", **more)


def cells(text: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", text)
    return [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in rows]


def test_numbers_of_an_additive_network() -> None:
    model, weights = additive()
    codes = random_codes(2)
    codes[1, 3] = 4
    text = report(model, codes)
    x = one_hot(codes).astype(float)
    logits = np.einsum("npb,pbt->nt", x, weights) + np.array([0.5, -0.5])
    header, *rows = cells(text)
    assert header == ["name", "bp", "red (probability)", "blue (probability)"]
    shown = np.array([row[2:] for row in rows[:2]], float)
    np.testing.assert_allclose(shown, sigmoid(logits), rtol=1e-3)
    panels = data_of(text)
    assert [panel["target"] for panel in panels] == [*NAMES] * 2
    for number, panel in enumerate(panels):
        row, target = divmod(number, 2)
        tracks = {track["kind"]: track for track in panel["tracks"]}
        assert tracks["bases"]["letters"] == decode(codes[row])
        own = np.einsum("pb,pb->p", x[row], weights[..., target])
        others = (weights[..., target].sum(axis=1) - own) / 3
        known = codes[row] < 4
        expected = np.where(known, own - others, 0)
        np.testing.assert_allclose(tracks["bases"]["values"], expected, atol=6e-3)
        effects = weights[..., target] - own[:, None]
        np.testing.assert_allclose(tracks["changes"]["values"], effects, atol=6e-3)


def test_the_highest_output_is_shown_first() -> None:
    model, _ = additive()
    codes = random_codes(8)
    text = report(model, codes)
    highest = np.asarray(model(one_hot(codes))).argmax(axis=1)
    assert set(highest.tolist()) == {0, 1}
    chosen = re.findall(r"<option selected>(\w+)</option>", text)
    assert chosen == [NAMES[place] for place in highest]
    only = report(model, codes, outputs=["blue"])
    assert [panel["target"] for panel in data_of(only)] == ["blue"] * 8


def test_heat_maps_are_left_out_on_request() -> None:
    model, _ = additive()
    every, some = (report(model, random_codes(1), mutagenesis=m) for m in (True, False))
    kinds = [[t["kind"] for t in data_of(text)[0]["tracks"]] for text in (every, some)]
    assert kinds == [["bases", "changes", "spans"], ["bases", "spans"]]
    tracks = [data_of(text)[0]["tracks"][0] for text in (every, some)]
    assert tracks[0] == tracks[1]
    said = ["were left out" in Reader(text).text for text in (every, some)]
    assert said == [False, True]


def test_names_places_and_what_is_left_out() -> None:
    model, _ = additive()
    records = [
        Record(f"{NASTY}{i}", codes, "a.fa", Interval("chr1", 1_000 * i, 0), NASTY)
        for i, codes in enumerate(random_codes(4))
    ]
    endless = iter([*records, *[None] * 9])  # what is not shown is not read
    text = report(model, endless, max_sequences=3)
    read = Reader(text)
    assert "There are more: these are the first 3." in read.text
    assert {"b"} & set(read.tags) == set()
    assert f"{NASTY}2" in read.text
    firsts = [panel["first"] for panel in data_of(text)]
    assert firsts == [1, 1, 1_001, 1_001, 2_001, 2_001]
    assert "There are more" not in report(model, records[:3], max_sequences=3)


def test_sequences_of_several_lengths_keep_their_order() -> None:
    sequence = keras.Input((None, 4))
    found = keras.layers.Conv1D(3, 5, activation="relu")(sequence)
    pooled = keras.layers.GlobalMaxPooling1D()(found)
    model = keras.Model(sequence, keras.layers.Dense(1)(pooled))
    texts = ["ACGTACGTTA", "GATTACA" * 3, "CCCCCGTTTT"]
    panels = data_of(report(model, texts))
    assert [panel["tracks"][0]["letters"] for panel in panels] == texts
    assert [panel["target"] for panel in panels] == ["output_0"] * 3


def test_a_profile_is_drawn_where_its_bins_lie() -> None:
    sequence = keras.Input((LENGTH, 4))
    bins = keras.layers.AveragePooling1D(4)(sequence)
    model = keras.Model(
        sequence, keras.layers.Dense(1)(keras.layers.Cropping1D(1)(bins))
    )
    codes = random_codes(1)
    with pytest.raises(InputError, match="reduction="):
        report(model, codes)
    text = report(model, codes, reduction="sum")
    (track,) = [t for t in data_of(text)[0]["tracks"] if t["kind"] == "bins"]
    assert (track["offset"], track["size"], len(track["values"])) == (4, 4, 4)
    expected = np.asarray(model(one_hot(codes)))[0, :, 0]
    np.testing.assert_allclose(track["values"], expected, atol=6e-3)
    assert cells(text)[0][2] == "output_0 (sum)"


def test_motifs_are_found_named_and_placed() -> None:
    every = samples.jaspar()
    spi1 = next(m for m in every if m.identifier.startswith("MA0080"))
    database = [*every[::25], spi1]
    model = matching(spi1.consensus)
    codes = simulate_background(30, 60, seed=3)
    places = np.arange(30) % 40
    for row, start in enumerate(places):
        codes[row, start : start + spi1.width] = encode(spi1.consensus)
    text = report(model, codes, database=database)
    table = text.partition("Motifs that the contributions")[2]
    (header, first, *_) = cells(table)
    assert header[3:5] == ["sites", "looks like"]
    assert first[1] == "raises"
    assert int(first[3]) >= 20
    assert first[4].startswith("Spi1 (MA0080")
    found = 0
    for panel, start in zip(data_of(text), places.tolist(), strict=True):
        spans = panel["tracks"][-1]["spans"]
        middle = start + spi1.width // 2
        found += any(a <= middle < b and name == "Spi1" for a, b, name in spans)
    assert found >= 20


def matching(word: str) -> keras.Model:
    """The best match of a word, in bases."""
    sequence = keras.Input((60, 4))
    scan = keras.layers.Conv1D(1, len(word), use_bias=False)
    model = keras.Model(sequence, keras.layers.GlobalMaxPooling1D()(scan(sequence)))
    scan.set_weights([one_hot(encode(word))[:, :, None]])
    return model


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"max_sequences": 0}, "max_sequences of at least 1"),
        ({"outputs": ["green"]}, "'red', 'blue'"),
        ({"reduction": "sum"}, "none of the chosen outputs is a profile"),
    ],
)
def test_what_is_refused(more: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        report(additive()[0], random_codes(1), **more)


def test_no_sequences() -> None:
    with pytest.raises(InputError, match="at least one sequence"):
        report(additive()[0], iter([]))


def test_what_is_cut_is_said_once_and_in_the_page() -> None:
    model = zoo.load("kmer_v1")
    longer = [decode(random_codes(1, length)[0]) for length in (101, 120, 140)]
    with pytest.warns(UserWarning, match="2 of 3 sequences are longer") as told:
        text = report_sequences(
            model,
            longer,
            outputs=["SP1"],
            method="gradient_x_input",
            mutagenesis=False,
        )
    assert len(told) == 1
    assert "2 of 3 sequences are longer" in Reader(text).text
