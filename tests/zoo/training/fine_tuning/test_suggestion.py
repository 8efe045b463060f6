from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

import zoo
from zoo import dna, samples
from zoo.cli import main
from zoo.errors import InputError
from zoo.training.fine_tuning import suggestion

RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def sites() -> tuple[list[str], list[str]]:
    """Random DNA of 60 bp, half of it with a site of CTCF, at random places."""
    motif = samples.motifs()["CTCF"]
    generator = np.random.default_rng(1)
    texts = ["".join(row) for row in generator.choice([*"ACGT"], (60, 60))]
    for i in range(30):
        site = "".join(generator.choice([*"ACGT"], p=p) for p in motif.probabilities)
        place = int(generator.integers(0, 60 - len(site)))
        texts[i] = texts[i][:place] + site + texts[i][place + len(site) :]
    return texts, ["site"] * 30 + ["none"] * 30


def test_the_release_that_knows_the_motif_is_the_best(sites) -> None:
    found = zoo.suggest(*sites, releases=["shallow_wide_v1"])
    names = [each.name for each in found.candidates]
    assert names == ["shallow_wide_v1", "k-mers", "bases"]
    assert found.best == "shallow_wide_v1"
    assert found.candidates[0].score > 0.95
    assert "zoo.load('shallow_wide_v1'" in repr(found)


def test_labels_by_chance_suggest_nothing(sites) -> None:
    labels = np.random.default_rng(2).integers(0, 2, 60)
    found = zoo.suggest(sites[0], labels, releases=["shallow_wide_v1"])
    assert found.best is None
    assert all(0.25 < each.score < 0.75 for each in found.candidates)
    assert found.simple.name in ("k-mers", "bases")
    assert "If you fine-tune one, take shallow_wide_v1" in found.advice


def test_places_are_seen_by_bases(sites) -> None:
    texts = [
        t[:30] + ("A" if k == "site" else "C") + t[31:]
        for t, k in zip(*sites, strict=True)
    ]
    labels = [text[30] for text in texts]
    found = zoo.suggest(texts, labels, releases=[])
    assert (found.simple.name, found.best) == ("bases", None)
    assert "bases by place" in repr(found)


def test_what_cannot_be_tried_is_said_and_only_raised_of_what_was_asked_for(
    sites, monkeypatch
) -> None:
    names = ["bpnet_v1", "kmer_v1"]
    monkeypatch.setattr(suggestion, "_installed", lambda: names)
    found = zoo.suggest(*sites)
    assert found.candidates[-1].name == "bpnet_v1"
    assert found.candidates[-1].score is None
    assert "1,118 bp or more" in repr(found)
    with pytest.raises(ValueError, match="1,118 bp or more"):
        zoo.suggest(*sites, releases=["bpnet_v1"])


def test_the_command_prints_what_python_finds(sites, tmp_path, capsys) -> None:
    table = tmp_path / "t.tsv"
    rows = ["sequence\tkind", *map("\t".join, zip(*sites, strict=True))]
    table.write_text("\n".join(rows))
    words = ["suggest", str(table), "--targets", "kind"]
    assert main([*words, "--releases", "shallow_wide_v1", "--json"]) == 0
    found = zoo.suggest(*sites, releases=["shallow_wide_v1"])
    printed = json.loads(capsys.readouterr().out)
    assert printed["best"] == found.best
    assert printed["candidates"] == [vars(each) for each in found.candidates]


@pytest.mark.parametrize("name", ["kmer", "rc_dilated"])
def test_trunk_features_are_what_the_head_reads(name) -> None:
    model = zoo.create(name, num_outputs=3, units=0, filters=4)
    codes = RANDOM.integers(0, 4, (5, 40)).astype(np.uint8)
    kernel, bias = model.get_layer("head_logits").get_weights()
    expected = zoo.training.trunk_features(model, codes) @ kernel + bias
    np.testing.assert_allclose(zoo.predict(model, codes), expected, atol=1e-5)


def test_trunk_features_of_an_ensemble_are_those_of_its_members() -> None:
    """What the head of each reads, and not what it says: a new head says nothing."""
    models = [zoo.create(name, units=0, filters=4) for name in ("kmer", "rc_dilated")]
    codes = RANDOM.integers(0, 4, (5, 40)).astype(np.uint8)
    each = [zoo.training.trunk_features(model, codes) for model in models]
    found = zoo.training.trunk_features(zoo.ensemble(models), codes)
    np.testing.assert_allclose(found, np.concatenate(each, axis=1), atol=1e-6)


def test_maps_are_pooled_to_their_maximum_and_mean() -> None:
    import keras

    inputs = keras.Input((None, 4), name="sequence")
    outputs = keras.layers.Dense(1, name="head_logits")(inputs)
    codes = RANDOM.integers(0, 5, (5, 30)).astype(np.uint8)
    found = zoo.training.trunk_features(keras.Model(inputs, outputs), codes)
    x = dna.one_hot(codes)
    np.testing.assert_allclose(found, np.concatenate([x.max(1), x.mean(1)], 1), 1e-5)


def test_a_model_without_a_head_is_refused() -> None:
    import keras

    model = keras.Sequential([keras.Input((None, 4)), keras.layers.Dense(1)])
    with pytest.raises(InputError, match="head_"):
        zoo.training.trunk_features(model, ["ACGT"])


@pytest.mark.parametrize("both", [False, True])
def test_counts_are_those_of_a_counter(both) -> None:
    codes = RANDOM.integers(0, 5, (3, 50)).astype(np.uint8)
    found = suggestion.kmer_counts(codes, both)
    first = 0
    for k in (4, 5, 6):
        for row, values in enumerate(codes):
            text = dna.decode(values)
            texts = [text, dna.reverse_complement(text)] if both else [text]
            words = Counter(t[i : i + k] for t in texts for i in range(len(t) - k + 1))
            expected = np.zeros(4**k)
            for word, count in words.items():
                if "N" not in word:
                    expected[dna.kmer_indices(dna.encode(word), k)[0]] = count
            part = found[row, first : first + 4**k]
            np.testing.assert_allclose(np.expm1(part), expected, atol=1e-5)
        first += 4**k
    assert found.shape == (3, first)


def test_scores_are_those_of_scikit_learn() -> None:
    """One penalty, so that the best one is known; labels of which some are missing."""
    x = RANDOM.normal(size=(40, 6))
    y = (x[:, :2] + RANDOM.normal(size=(40, 2)) > 0).astype(float)
    y[RANDOM.permutation(40)[:8], 1] = np.nan
    fold = np.arange(40) % 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suggestion, "_PENALTIES", np.array([0.3]))
        found = suggestion.cross_validated(x, y, fold, "auroc")
    for held in (0, 1):
        scores = []
        for column in y.T:
            train = (fold != held) & ~np.isnan(column)
            test = (fold == held) & ~np.isnan(column)
            centered = x[train] - x[train].mean(0)
            alpha = 0.3 * np.trace(centered @ centered.T) / train.sum()
            model = Ridge(alpha=alpha).fit(x[train], column[train])
            scores.append(roc_auc_score(column[test], model.predict(x[test])))
        assert found[held] == pytest.approx(np.mean(scores))


LABELS = [
    (["a", "b"] * 10, "auroc", 1),
    (["a", "b", "c", "c"] * 5, "auroc", 3),
    ([True, False] * 10, "auroc", 1),
    (["0", "1"] * 10, "auroc", 1),
    ([3, 5, 5, 5] * 5, "auroc", 1),
    ([1.5, 2, 3, 4] * 5, "pearson", 1),
    ([str(i / 7) for i in range(20)], "pearson", 1),
    (np.eye(2)[[0, 1] * 10], "auroc", 2),
    (np.arange(40.0).reshape(20, 2), "pearson", 2),
    ([0, np.nan, 1, 1] * 5, "auroc", 1),
]


@pytest.mark.parametrize(("labels", "metric", "columns"), LABELS)
def test_what_labels_are(labels, metric, columns) -> None:
    targets, found = suggestion._targets(labels, 20)
    assert (found, targets.shape) == (metric, (20, columns))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0] * 59 + [1], "each label, one a fold. Received: 59 of one, 1 of another"),
        ([1] * 60, "Received: 60 of one, 0 of another"),
        ([np.nan] * 60, "Received: 0 of one, 0 of another"),
        ([0.5] * 60, "not all the same"),
        ([0, 1] * 5, r"\(60,\)"),
        ([f"text {i}" for i in range(60)], "60 different texts"),
        (np.array([["a", "b"]] * 60), "one column"),
    ],
)
def test_labels_that_cannot_be_learned_are_refused(sites, labels, message) -> None:
    with pytest.raises(InputError, match=message):
        zoo.suggest(sites[0], labels, releases=[])
