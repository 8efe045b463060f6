"""The first filters of a run, begun as known motifs."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.zoo.training.runs.small_run import BASE, RELEASE, quiet, write
from zoo import samples
from zoo.data import from_table
from zoo.dna import decode, encode, reverse_complement
from zoo.interpretation.motifs import Motif, log_odds, scan, write_meme
from zoo.training.configuration.config import ConfigError
from zoo.training.configuration.config_file import parse_config, read_config
from zoo.training.configuration.content import to_content
from zoo.training.runs import stem_motifs
from zoo.training.runs.running import plan

numbers = keras.ops.convert_to_numpy
MODEL = """
[model]
architecture = "rc_dilated"
arguments = { stem_filters = STEM, stem_kernel_size = 9, filters = 4, units = 2 }
"""
FEW, MANY = MODEL.replace("STEM", "4"), MODEL.replace("STEM", "8")


def motif(word: str) -> Motif:
    probabilities = 0.02 + 0.92 * np.eye(4)[encode(word)]
    return Motif.from_probabilities(word, probabilities, identifier=f"ID.{word}")


MOTIFS = [motif(word) for word in ("CACGTG", "GATTACA", "TGACTCA")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_meme(MOTIFS, tmp_path / "three.meme")
    return tmp_path


def named(folder: Path, text: str) -> list[str]:
    made = plan(write(folder, BASE + text))
    kernel = numbers(made.model.get_layer("stem_conv").kernel)
    for number, each in enumerate(made.stem):
        used = kernel[each.offset : each.offset + each.motif.width, :, number]
        np.testing.assert_allclose(used, log_odds(each.motif) * each.scale, rtol=1e-5)
    return [each.motif.name for each in made.stem]


def test_the_stem_begins_as_the_motifs_of_a_file(folder: Path) -> None:
    text = MANY + 'stem_motifs = "three.meme"\n'
    assert named(folder, text) == ["CACGTG", "GATTACA", "TGACTCA"]
    text += 'stem_motif_names = ["id.tgactca", "cacgtg", "TGACTCA"]\n'
    assert named(folder, text) == ["TGACTCA", "CACGTG"]


def test_of_more_than_fit_those_are_taken_that_tell_the_targets(folder: Path) -> None:
    """GATTACA stands in one class of the small run; 3/4 of two filters are one."""
    assert named(folder, FEW + 'stem_motifs = "three.meme"\n') == ["GATTACA"]


def test_training_begins_there_and_the_release_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = BASE.replace("epochs = 2", "epochs = 1")
    text += "[optimizer]\nlearning_rate = 1e-9\n" + RELEASE + MANY
    run = quiet(write(folder, text + 'stem_motifs = "three.meme"\n'))
    kernel = numbers(run.model.get_layer("stem_conv").kernel)[1:8, :, 1]
    expected = log_odds(MOTIFS[1])
    np.testing.assert_allclose(
        kernel / kernel.max(), expected / expected.max(), atol=1e-5
    )
    _, facts = run.release.training_data
    assert facts.name.endswith("three.meme")
    assert facts.licence == "unknown"
    config = read_config(write(folder, text + 'stem_motifs = "fungi"\n'))
    (facts,) = stem_motifs.stem_facts(config)
    assert "JASPAR" in facts.source


def test_best_scores_are_those_of_a_scan_on_both_strands(folder: Path) -> None:
    random = np.random.default_rng(0)
    words = [decode(random.integers(0, 4, 20)) for _ in range(6)]
    rows = [f"{word}\t{number}" for number, word in enumerate(words)]
    (folder / "six.tsv").write_text("\n".join(["sequence\ty", *rows]) + "\n")
    examples = from_table(folder / "six.tsv", targets=["y"])
    scores, targets = stem_motifs.best_scores(MOTIFS[1:], 7, examples)
    both = [words, [reverse_complement(word) for word in words]]
    for number, each in enumerate(MOTIFS[1:]):
        # "same" padding adds windows over the ends; N is what is beyond them.
        padded = [["NNN" + word + "NNN" for word in strand] for strand in both]
        found = np.max([scan(log_odds(each), strand) for strand in padded], (0, 2))
        np.testing.assert_allclose(scores[:, number], found, atol=1e-4)
    np.testing.assert_array_equal(targets[:, 0], range(6))


def test_outputs_take_turns_and_copies_are_passed_over() -> None:
    random = np.random.default_rng(0)
    targets = random.integers(0, 2, (200, 2)).astype(float)
    targets[::2, 1] = np.nan
    scores = random.normal(size=(200, 5))
    scores[:, 2] += 3 * targets[:, 0]
    scores[:, 3] = scores[:, 2] + 0.01 * scores[:, 3]
    scores[:, 4] -= 2 * np.nan_to_num(targets[:, 1])  # as telling where it is absent
    chosen = stem_motifs.choose(scores, targets, 4)
    assert set(chosen[:2]) in ({2, 4}, {3, 4})
    assert len(chosen) == 4  # the copy is not among them


def test_labels_order_motifs_by_their_auroc() -> None:
    random = np.random.default_rng(1)
    target = random.integers(0, 2, 80).astype(float)
    scores = random.normal(size=(80, 6)).round(1) + target[:, None] * np.arange(6) / 5
    expected = [abs(roc_auc_score(target, each) - 0.5) for each in scores.T]
    assert stem_motifs.choose(scores, target[:, None], 1) == [np.argmax(expected)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            MANY + 'stem_motifs = "absent.meme"',
            r"'vertebrates', 'fungi' or a MEME.*abs",
        ),
        (MANY + 'stem_motifs = "rows.tsv"', r"or a MEME file.*rows.tsv"),
        (
            MANY + 'stem_motifs = "three.meme"\nstem_motif_names = ["GATTACA", "no"]',
            r"stem_motif_names: .* such as CACGTG or ID\.CACGTG.*Received: no$",
        ),
        (
            '[model]\narchitecture = "kmer"\nstem_motifs = "three.meme"',
            "model.stem_motifs: 'kmer' has no convolution",
        ),
        (
            '[model]\nrelease = "rc_dilated_v1"\nstem_motifs = "fungi"',
            "model.stem_motifs: expected none with a release",
        ),
        (MANY + 'stem_motif_names = ["a"]', "stem_motif_names: expected stem_motifs"),
    ],
)
def test_what_cannot_be_is_refused_before_training(
    folder: Path, text: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        plan(write(folder, BASE + text))


def test_every_group_of_jaspar_is_known(folder: Path) -> None:
    for name in samples.JASPAR:
        content = to_content(read_config(write(folder, BASE + MANY)))
        content["model"]["stem_motifs"] = name
        assert len(stem_motifs._motifs(parse_config(content))) > 100
