"""Tests of designs, against predictions one by one and answers that are known."""

from __future__ import annotations

import itertools
from typing import Any

import keras
import numpy as np
import pytest

import zoo
from zoo.dna import encode, encode_batch, one_hot
from zoo.errors import InputError
from zoo.interpretation import Designs, Reach
from zoo.interpretation.sequence_design import METHODS


def matcher(*motifs: str, length: int | None = None, missing: int = 0) -> keras.Model:
    """How many letters of each motif the best place has, beyond those missing."""
    x = keras.Input((length, 4))
    outputs = []
    for number, motif in enumerate(motifs):
        bias = keras.initializers.Constant(missing - len(motif))
        layer = keras.layers.Conv1D(
            1,
            len(motif),
            activation="relu",
            bias_initializer=bias,
            name=f"motif_{number}",
        )
        y = layer(x)
        layer.kernel.assign(one_hot(encode(motif))[..., None])
        outputs.append(keras.layers.GlobalMaxPooling1D()(y))
    joined = outputs[0] if len(outputs) == 1 else keras.layers.Concatenate()(outputs)
    return keras.Model(x, joined)


@pytest.fixture(scope="module")
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    return zoo.create("shallow_wide", num_outputs=2, filters=6, kernel_size=5)


def by_hand(model: Any, sequence: str, steps: int, weights: list[float]) -> str:
    """The greedy design, of one prediction at a time."""
    now = sequence
    for _ in range(steps):
        others = [
            now[:place] + base + now[place + 1 :]
            for place, base in itertools.product(range(len(now)), "ACGT")
        ]
        scores = zoo.predict(model, [now, *others]) @ np.array(weights)
        if scores.max() <= scores[0] + 0.001:
            break
        now = others[int(scores[1:].argmax())]
    return now


def test_greedy_takes_the_best_of_all_substitutions(network: keras.Model) -> None:
    sequences = ["ACGTTGCATGCATTTGACCTAGG", "TTTTACCCGANCGATATTCGACG"]
    goal = {"output_0": 1.0, "output_1": -0.5}
    found = zoo.design(network, goal, sequences=sequences, max_edits=3)
    assert found.sequences == [
        by_hand(network, sequence, 3, [1.0, -0.5]) for sequence in sequences
    ]
    values = zoo.predict(network, found.sequences)
    np.testing.assert_allclose(found.values, values, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.scores, values @ [1, -0.5], rtol=0, atol=1e-5)
    np.testing.assert_allclose(found.start_values, zoo.predict(network, sequences))
    assert found.names == ("output_0", "output_1")
    assert [edits[-1].score for edits in found.edits] == pytest.approx(
        list(found.scores), abs=1e-5
    )


@pytest.mark.parametrize("method", METHODS)
def test_edits_lead_from_the_start_to_the_design(
    network: keras.Model, method: str
) -> None:
    found = zoo.design(
        network,
        "output_0",
        num_sequences=3,
        sequence_length=30,
        method=method,
        max_edits=4,
    )
    for start, design, edits in zip(
        found.starts, found.sequences, found.edits, strict=True
    ):
        letters = list(zoo.dna.decode(start))
        for edit in edits:
            assert letters[edit.position] == edit.before != edit.after
            letters[edit.position] = edit.after
        assert "".join(letters) == design
    assert (found.scores > found.start_scores).all()
    assert (found.distances <= 4).all()


def drawn(motif: str, length: int, method: str, **more: Any) -> Designs:
    """Random sequences, designed to hold a motif."""
    return zoo.design(
        matcher(motif, missing=len(motif)),
        "output_0",
        num_sequences=3,
        sequence_length=length,
        method=method,
        beam_width=3,
        **more,
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_motif_is_inserted(method: str) -> None:
    found = drawn("GATAAC", 20, method, max_edits=None)
    assert all("GATAAC" in text for text in found.sequences)
    assert (found.values == 6).all()


def test_a_beam_finds_edits_that_pay_only_together() -> None:
    """A sequence without a letter of the motif gains nothing by one edit."""
    model, start = matcher("CG", missing=1), ["AAAATTTT"]
    greedy = zoo.design(model, "output_0", sequences=start)
    beam = zoo.design(model, "output_0", sequences=start, method="beam")
    assert greedy.sequences == start
    assert "CG" in beam.sequences[0]
    assert beam.distances == [2]


def test_a_beam_of_one_is_greedy(network: keras.Model) -> None:
    greedy, beam = (
        zoo.design(
            network,
            "output_0",
            num_sequences=4,
            sequence_length=25,
            method=method,
            beam_width=1,
        )
        for method in ("greedy", "beam")
    )
    assert greedy.edits == beam.edits


def test_a_value_is_reached_and_not_passed(network: keras.Model) -> None:
    start = ["ACGTTGCATGCATTTGACCTAGG"]
    (before,) = zoo.predict(network, start)
    wanted = float(before[0]) + 0.05
    found = zoo.design(
        network, {"output_0": Reach(wanted)}, sequences=start, max_edits=None
    )
    assert abs(found.values[0, 0] - wanted) < 0.01
    assert found.names == ("output_0",)


def test_one_motif_is_put_in_and_another_taken_out() -> None:
    model = matcher("GATAAC", "CACGTG", missing=6)
    start = ["TTTTTTCACGTGTTTTTTTTTTTT"]
    found = zoo.design(
        model, {"output_0": 1, "output_1": -1}, sequences=start, method="beam"
    )
    assert "GATAAC" in found.sequences[0]
    assert "CACGTG" not in found.sequences[0]


@pytest.mark.parametrize("method", METHODS)
def test_constraints_hold(method: str) -> None:
    """The motif is what is forbidden, so the best that there is has a letter less."""
    found = drawn(
        "GGATCC",
        30,
        method,
        keep=[(0, 8), (25, 30)],
        gc=(0.4, 0.6),
        forbidden=["GGATCC"],
        max_homopolymer=3,
    )
    assert (found.values == 5).all()
    changed = found.codes != found.starts
    assert not changed[:, :8].any() and not changed[:, 25:].any()
    gc = np.isin(found.codes, [1, 2]).mean(axis=1)
    assert (gc >= 0.4).all() and (gc <= 0.6).all()
    for text in found.sequences:
        assert not any(site in text for site in ("GGATCC", "AAAA", "CCCC", "GGGG"))


@pytest.mark.parametrize("method", METHODS)
def test_sequences_are_mended_first(method: str) -> None:
    """A site, a long run and too little G and C; GAATTC would please the model."""
    start = ["TTGAATTCTTATAAAAAATT"]
    found = zoo.design(
        matcher("GAATTC", missing=6),
        "output_0",
        sequences=start,
        method=method,
        forbidden=["GAATTC"],
        max_homopolymer=4,
        gc=(0.3, 0.7),
    )
    text = found.sequences[0]
    assert "GAATTC" not in text and "AAAAA" not in text
    assert found.values[0, 0] == 5  # the edit that cost least
    assert np.isin(found.codes, [1, 2]).mean() >= 0.3


def test_what_cannot_be_mended_is_refused() -> None:
    with pytest.raises(
        InputError, match="sequence 1 is left with GAATTC at position 2"
    ):
        zoo.design(
            matcher("AAC"),
            "output_0",
            sequences=["TTGAATTCTT"],
            keep=[(0, 9)],
            forbidden=["GAATTC"],
        )
    with pytest.raises(InputError, match=r"max_edits=1, .* GC content 0.200"):
        zoo.design(
            matcher("AAC"),
            "output_0",
            sequences=["TTGAATTATT"],
            max_edits=1,
            gc=(0.4, 1),
        )
    with pytest.raises(InputError, match=r"sequence 2 is .* \(2 of 3 are left so\)\.$"):
        zoo.design(
            matcher("AAC"),
            "output_0",
            sequences=["TTGATCGATT", "GGAATTCCTT", "CCGAATTCTT"],
            keep=[(0, 9)],
            forbidden=["GAATTC"],
        )


def test_only_the_window_is_edited() -> None:
    """Places are those of the sequences as they are given."""
    model = matcher("GATAAC", length=10, missing=6)
    start = "C" * 26
    found = zoo.design(model, "output_0", sequences=[start], window=10)
    places = sorted(edit.position for edit in found.edits[0])
    assert len(found.sequences[0]) == 26 and found.values == 6
    assert places[0] >= 8 and places[-1] < 18
    site = found.sequences[0].index("GATAAC")
    assert 8 <= site <= 12


@pytest.mark.parametrize("method", METHODS)
def test_each_sequence_is_designed_by_itself(network: keras.Model, method: str) -> None:
    """Whatever goes beside it, and one seed gives one answer."""
    arguments: dict[str, Any] = {"method": method, "sequence_length": 25, "seed": 3}
    arguments |= {"generations": 4, "max_edits": 4}
    few = zoo.design(network, "output_0", num_sequences=2, **arguments)
    many = zoo.design(network, "output_0", num_sequences=4, **arguments)
    assert few.sequences == many.sequences[:2]
    assert len(set(many.sequences)) == 4


def test_what_else_a_model_reads_stays_with_its_sequence() -> None:
    """The second sequence is for a sign that makes low what was high."""
    sequence, sign = keras.Input((12, 4), name="sequence"), keras.Input((1,), name="s")
    motif = matcher("GATAAC", length=12, missing=6)(sequence)
    model = keras.Model([sequence, sign], keras.layers.Multiply()([motif, sign]))
    codes = encode_batch(["CCCGATACCCCC"] * 2)
    given = {"sequence": codes, "s": np.array([[1.0], [-1.0]], "float32")}
    found = zoo.design(model, "output_0", sequences=given)
    assert "GATAAC" in found.sequences[0]
    assert found.values[0, 0] == 6
    assert found.values[1, 0] > -5 and found.start_values[1, 0] == -5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "Expected num_sequences of at least 1"),
        ({"sequences": ["ACGTACGT"], "num_sequences": 2}, "Received: both"),
        ({"num_sequences": 2}, "Expected sequence_length="),
        ({"sequences": ["ACGTACGT", "ACGT"]}, "sequences of one length"),
        ({"sequences": ["ACGTACGT"], "method": "best"}, "method to be one of 'greedy'"),
        ({"sequences": ["ACGTACGT"], "max_edits": 0}, "max_edits of at least 1"),
        ({"sequences": ["ACGTACGT"], "max_edits": 1.5}, "max_edits to be a whole"),
        ({"num_sequences": 2.5, "sequence_length": 8}, "num_sequences to be a whole"),
        ({"sequences": ["ACGT", "NNNN"], "gc": (0, 1)}, "N alone in sequence 2"),
        ({"sequences": ["ACGTACGT"], "keep": [(0, 8)]}, "a position to edit"),
    ],
)
def test_what_cannot_be_designed_is_refused(arguments: dict, message: str) -> None:
    if "sequences" not in arguments and "num_sequences" not in arguments:
        arguments = {**arguments, "sequence_length": 8}
    with pytest.raises(InputError, match=message):
        zoo.design(matcher("AAC"), "output_0", **arguments)
