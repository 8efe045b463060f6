import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo import dna
from zoo.errors import InputError
from zoo.interpretation import ENZYME_MOTIFS, MAX_ENZYME_RESPONSE, footprints
from zoo.interpretation.motifs import Motif
from zoo.models.outputs import declare

LENGTH, WIDTH = 24, 5


def net(outputs=2, counts=None, *, control=False):
    """Profile logits of a convolution; log counts of the mean of another."""
    keras.utils.set_random_seed(0)
    sequence = keras.Input((LENGTH, 4), name="sequence")
    given, x = sequence, sequence
    if control:
        signal = keras.Input((LENGTH, 1), name="control")
        given = {"sequence": sequence, "control": signal}
        x = layers.Concatenate()([sequence, signal])
    made = {
        "profile": layers.Conv1D(outputs, WIDTH, name="p", kernel_initializer="normal")
    }
    heads = {"profile": made["profile"](x)}
    if counts:
        mean = layers.GlobalAveragePooling1D()(x)
        heads["counts"] = layers.Dense(
            counts, name="c", bias_initializer=keras.initializers.Constant(3)
        )(mean)
    return keras.Model(given, heads, name="tiny")


def random_codes(count=7, seed=0):
    codes = np.random.default_rng(seed).integers(0, 4, (count, LENGTH), np.uint8)
    codes[0, 3] = dna.UNKNOWN
    return codes


def predicted(model, x):
    """Logits and log counts of one sequence (length, channels), in float64."""
    kernel, bias = map(np.float64, model.get_layer("p").get_weights())
    rows = range(len(x) - WIDTH + 1)
    logits = np.array([np.einsum("wc,wco", x[i : i + WIDTH], kernel) for i in rows])
    if "c" not in [layer.name for layer in model.layers]:
        return logits + bias, np.zeros(1)
    weights, offsets = map(np.float64, model.get_layer("c").get_weights())
    return logits + bias, x.mean(axis=0) @ weights + offsets


def by_hand(model, codes, motif, partners, further=()):
    """One sequence after the other, as the definition has it."""
    profiles, totals = [], []
    for row in codes:
        text = list(dna.decode(row))
        start = LENGTH // 2 - len(motif) // 2
        text[start : start + len(motif)] = motif
        tracks = []
        for letters in ("".join(text), dna.reverse_complement("".join(text))):
            x = np.array([[c == base for base in "ACGT"] for c in letters], float)
            for value in further:
                x = np.concatenate([x, np.full((LENGTH, 1), value)], axis=1)
            logits, log_counts = predicted(model, x)
            share = np.exp(logits) / np.exp(logits).sum(axis=0)
            has = "counts" in model.output
            tracks.append(share * ((np.exp(log_counts) - 1) if has else 1))
        both = tracks[0] + tracks[1][::-1][:, partners]
        profiles.append(both / both.sum(axis=0))
        totals.append(both.sum(axis=0) / 2)
    return np.mean(profiles, axis=0), np.mean(totals, axis=0)


@pytest.mark.parametrize("motif", ["", "A", "TGACTCA", "ACGT" * 6])
@pytest.mark.parametrize(("outputs", "counts"), [(1, 1), (2, 2), (2, 1), (2, None)])
def test_a_footprint_is_that_of_a_loop(motif, outputs, counts, monkeypatch):
    monkeypatch.setattr(
        "zoo.interpretation.marginalization.footprints._SEQUENCES_AT_ONCE", 3
    )
    model, codes = net(outputs, counts), random_codes()
    partners = [1, 0][-outputs:]
    found = footprints(model, {"m": motif.lower()}, codes, pairing=partners)["m"]
    profile, total = by_hand(model, codes, motif, partners)
    np.testing.assert_allclose(found.profile, profile, rtol=1e-5)
    assert found.max_response == pytest.approx(profile.max(), rel=1e-5)
    control, without = by_hand(model, codes, "", partners)
    np.testing.assert_allclose(found.control, control, rtol=1e-5)
    if counts is None:
        assert found.counts is None and found.control_counts is None
    else:
        np.testing.assert_allclose(found.counts, total[:counts], rtol=1e-5)
        np.testing.assert_allclose(found.control_counts, without[:counts], rtol=1e-5)


def test_a_response_lies_where_the_motif_does():
    """A kernel that answers to the middle of its window, at the bins' positions."""
    model = net(1)
    kernel = np.zeros((WIDTH, 4, 1))
    kernel[2, dna.ALPHABET.index("G")] = 9
    model.get_layer("p").set_weights([kernel, np.zeros(1)])
    codes = np.zeros((3, LENGTH), np.uint8)  # A alone, T on the other strand
    found = footprints(model, {"g": "G", "late": "AAAAG"}, codes)
    at = {n: f.positions[f.profile[:, 0].argmax()] for n, f in found.items()}
    assert at == {"g": 0, "late": 2}  # from -2 to 3
    assert list(found["g"].positions) == list(range(-10, 10))


def test_log_rates_have_bins_and_are_their_own_counts():
    model = zoo.create(
        "hierarchical_dilated",
        sequence_length=LENGTH,
        filters=2,
        dilation_rates=(1,),
        bin_size=4,
        pooling=None,
    )
    output = zoo.Output("density", "fold", "exponential", "density")
    declare(model, [output])
    codes = random_codes()
    found = footprints(model, {"m": "CCAAT"}, codes)["m"]
    rates = [
        np.exp(zoo.predict(model, each).astype(float))
        for each in (codes, dna.reverse_complement_codes(codes))
    ]
    both = rates[0] + rates[1][:, ::-1]
    expected = (both / both.sum(axis=1, keepdims=True)).mean(axis=0)
    np.testing.assert_allclose(found.control, expected, rtol=1e-5)
    np.testing.assert_allclose(
        found.control_counts, both.sum(axis=1).mean(axis=0) / 2, rtol=1e-5
    )
    assert list(found.positions) == [-12, -8, -4, 0, 4, 8]


def test_partners_are_those_that_a_release_names():
    model, codes = net(2, 2), random_codes()
    outputs = [
        zoo.Output(f"{strand}{head}", "reads", activation, f"{other}{head}")
        for head, activation in (("_counts", "linear"), ("", "softmax_over_bins"))
        for strand, other in (("plus", "minus"), ("minus", "plus"))
    ]
    declare(model, outputs)
    found = footprints(model, {"m": "GAT"}, codes)["m"]
    profile, _ = by_hand(model, codes, "GAT", [1, 0])
    np.testing.assert_allclose(found.profile, profile, rtol=1e-5)


def test_further_inputs_are_one_number_for_all():
    model, codes = net(1, 1, control=True), random_codes()
    found = footprints(model, {"m": "GAT"}, codes, inputs={"control": 0.5})["m"]
    profile, _ = by_hand(model, codes, "GAT", [0], [0.5])
    np.testing.assert_allclose(found.profile, profile, rtol=1e-5)


def test_a_motif_is_its_consensus():
    model, codes = net(1), random_codes()
    motif = Motif("m", np.eye(4)[[2, 0, 3]] * 8 + 1)
    found = footprints(model, {"matrix": motif, "letters": "GAT"}, codes)
    assert [f.motif for f in found.values()] == ["GAT", "GAT"]
    np.testing.assert_array_equal(*(f.profile for f in found.values()))


def test_the_enzymes_motifs_are_letters():
    assert 0 < MAX_ENZYME_RESPONSE < 1
    for motifs in ENZYME_MOTIFS.values():
        for text in motifs.values():
            assert dna.decode(dna.encode(text)) == text


@pytest.mark.parametrize(
    ("model", "arguments", "said"),
    [
        (net(1), {"motifs": {}}, "at least one motif"),
        (net(1), {"motifs": ["ACG"]}, "by name: .*Received: 'list'"),
        (net(1), {"motifs": {"long": "A" * 25}}, "'long': expected at most 24 bp"),
        (net(1), {"motifs": {"bad": "ACX"}}, "'bad'.*'X' at position 3"),
        (net(2), {}, "pairing=.* 2 outputs of 'profile'"),
        (net(1, 1), {"head": "counts"}, "profile.*has 'profile'.*Received: 'counts'"),
        (net(1, control=True), {}, "all inputs of .*'control'"),
        (net(1), {"sequences": ["ACGT"]}, "24 bp, the length"),
    ],
)
def test_what_does_not_fit_is_refused(model, arguments, said):
    arguments = {"motifs": {"m": "ACG"}, "sequences": random_codes(), **arguments}
    with pytest.raises(InputError, match=said):
        footprints(model, **arguments)


def test_a_model_without_a_profile_is_refused():
    model = zoo.create("kmer", sequence_length=LENGTH)
    with pytest.raises(InputError, match=r"is a profile.*it has none"):
        footprints(model, {"m": "ACG"}, random_codes())


def test_what_is_no_share_is_refused():
    model = declare(net(1), [zoo.Output("signal", "fold", "softplus")])
    with pytest.raises(
        InputError, match=r"'profile': expected profile logits.*softplus"
    ):
        footprints(model, {"m": "ACG"}, random_codes())
