import keras
import numpy as np
import pytest

import zoo
from zoo import dna, samples
from zoo.errors import InputError
from zoo.interpretation import ablate
from zoo.interpretation.motifs import Hits, find_hits

LENGTH = 40


@pytest.fixture(scope="module")
def model():
    """How many bases of GATTA the best window has."""
    inputs = keras.Input((None, 4), name="sequence")
    x = keras.layers.Conv1D(1, 5, use_bias=False, name="scan")(inputs)
    outputs = keras.layers.GlobalMaxPooling1D()(x)
    model = keras.Model(inputs, outputs, name="gatta")
    model.get_layer("scan").set_weights([dna.one_hot(dna.encode("GATTA"))[..., None]])
    return model


def hits(*places):
    sequence, start, end = np.array(places, np.int64).reshape(-1, 3).T
    others = np.zeros(len(sequence))
    strand = np.full(len(sequence), "+")
    return Hits(sequence, start, end, strand, sequence * 0, others, others)


SEQUENCES = ["C" * 20 + "GATTA" + "C" * 15, "C" * 40, "GATTA" + "C" * 30 + "GATTA"]


def test_a_site_does_what_the_model_loses_with_it(model):
    given = hits((0, 20, 25), (1, 20, 25), (2, 0, 5), (0, 0, 5))
    found = ablate(model, SEQUENCES, given, num_replacements=400)
    assert found.reference[:, 0].tolist() == [5, 0, 5, 5]
    # Nothing where nothing is, nor where another site does the same.
    np.testing.assert_allclose(found.effects[1:, 0], 0, atol=1e-6)
    # Against all that could be drawn: C at 35 of 40, A and T at 2, G at 1.
    rng, p = np.random.default_rng(1), np.array([2, 35, 1, 2]) / 40
    rows = dna.encode(SEQUENCES[0])[None].repeat(4000, 0)
    rows[:, 20:25] = rng.choice(4, (4000, 5), p=p)
    expected = 5 - zoo.predict(model, rows, window="full").mean()
    assert found.effects[0, 0] == pytest.approx(expected, abs=0.2)


def test_shuffled_sites_keep_their_bases(model, monkeypatch):
    monkeypatch.setattr(f"{ablate.__module__}._SITES_AT_ONCE", 60)
    given = hits((0, 20, 25), (0, 0, 5), (2, 35, 40))
    seen = []
    compute = zoo.interpretation.mutagenesis.full.TargetValues.__call__

    def watched(self, codes, inputs):
        seen.append(codes)
        return compute(self, codes, inputs)

    name = f"{zoo.interpretation.mutagenesis.full.__name__}.TargetValues.__call__"
    monkeypatch.setattr(name, watched)
    found = ablate(model, SEQUENCES, given, by="shuffled", num_replacements=30)
    changed = np.concatenate(seen[1:])
    original = np.stack([dna.encode(SEQUENCES[row]) for row in (0, 0, 2)])
    assert changed.shape == (90, LENGTH)
    np.testing.assert_array_equal(
        np.sort(changed, axis=1), np.sort(original, axis=1).repeat(30, 0)
    )
    outside = np.r_[0:20, 25:40]
    np.testing.assert_array_equal(
        changed[:30][:, outside], original[0][outside][None].repeat(30, 0)
    )
    assert 0 < found.effects[0, 0] < 5 and found.effects[1, 0] == 0
    again = ablate(model, SEQUENCES, given, by="shuffled", num_replacements=30)
    np.testing.assert_array_equal(found.values, again.values)


def test_sites_that_the_model_does_not_read_have_no_effect(model):
    found = ablate(model, SEQUENCES, hits((0, 0, 5), (0, 20, 25)), window=30)
    assert np.isnan(found.effects[0, 0]) and found.effects[1, 0] > 1


def test_sites_of_the_release_matter():
    """CTCF's site raises its output; without hits nothing is taken out."""
    model = zoo.load("shallow_wide_v1")
    sequences, labels = samples.binding_sites()
    found = find_hits([samples.motifs()["CTCF"]], sequences, max_p_value=1e-5)
    effects = ablate(model, sequences, found, num_replacements=5).effects[:, 0]
    of_it = [labels[row] == "CTCF" for row in found.sequence]
    assert sum(of_it) >= 4 and effects[of_it].min() > 0
    assert ablate(model, sequences, hits()).effects.shape == (0, 1)


def test_what_cannot_be_taken_out_is_refused(model):
    with pytest.raises(InputError, match=r"3 sequences. Received: one of sequence 3"):
        ablate(model, SEQUENCES, hits((3, 0, 5)))
    with pytest.raises(InputError, match="by to be one of 'background', 'shuffled'"):
        ablate(model, SEQUENCES, hits(), by="N")
    with pytest.raises(InputError, match="num_replacements"):
        ablate(model, SEQUENCES, hits(), num_replacements=0)
