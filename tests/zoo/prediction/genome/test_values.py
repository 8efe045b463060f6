"""Tracks against windows cut out by hand and predicted by the model itself."""

import keras
import numpy as np
import pytest

import zoo
from tests.made import sigmoid, write_fasta
from tests.zoo.prediction.genome.conftest import CONTIGS
from zoo.dna import encode, one_hot, reverse_complement
from zoo.errors import InputError


def read(path):
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    return lines[0], {
        (c, int(s), int(e)): np.array(v, float) for c, s, e, *v in lines[1:]
    }


def window(chrom, start, length):
    """The text of a window, N beyond the ends."""
    text = CONTIGS[chrom]
    end = start + length
    return (
        "N" * max(0, -start)
        + text[max(0, start) : max(0, end)]
        + "N" * max(0, end - max(len(text), start))
    )


def direct(name, texts):
    model = zoo.load(name)
    inputs = one_hot(np.stack([encode(text) for text in texts]))
    return keras.ops.convert_to_numpy(model(inputs)).astype(np.float64)


def test_one_value_a_window(genome, tmp_path):
    out = tmp_path / "x.tsv"
    made = zoo.predict_genome(
        "rc_dilated_v1", genome, out, step=20, window=45, skip_unknown=False
    )
    header, found = read(out)
    assert made.paths == (out,)
    assert header == [
        "chrom",
        "start",
        "end",
        *(f"tf_{i}_probability" for i in range(5)),
    ]
    places = [
        (chrom, start, min(start + 20, len(text)))
        for chrom, text in CONTIGS.items()
        for start in range(0, len(text), 20)
    ]
    assert list(found) == places
    assert made.windows == len(places)
    # 12 bp to the left of the tile, 13 to the right.
    texts = [window(chrom, start - 12, 45) for chrom, start, _ in places]
    assert {len(text) for text in texts} == {45}
    expected = sigmoid(direct("rc_dilated_v1", texts))
    np.testing.assert_allclose(np.stack([*found.values()]), expected, rtol=2e-4)


def test_a_profile_is_stitched(genome, tmp_path):
    out = tmp_path / "x.tsv"
    zoo.predict_genome("hierarchical_dilated_v1", genome, out, step=512, logits=True)
    header, found = read(out)
    assert header[3:] == ["dyad_density_before_exponential"]
    expected = {}
    for chrom, text in CONTIGS.items():
        for tile in range(0, len(text), 512):
            # The central 512 bp of 2,048, which are bins 16 to 48 of 64.
            bins = direct("hierarchical_dilated_v1", [window(chrom, tile - 768, 2048)])
            for index, value in enumerate(bins[0, 16:48]):
                start = tile + 16 * index
                if start < len(text):
                    expected[chrom, start, min(start + 16, len(text))] = value
    assert list(found) == list(expected)
    np.testing.assert_allclose(
        np.stack([*found.values()]),
        np.stack([*expected.values()]),
        rtol=1e-4,
        atol=1e-5,
    )


def test_regions_have_the_values_of_the_whole_genome(genome, tmp_path):
    bed = tmp_path / "peaks.bed"
    bed.write_text("chr1\t1010\t1075\nchr2\t5\t6\t.\t0\t-\nchr1\t1060\t1100\n")
    arguments = {"step": 512, "skip_unknown": False}
    for name, more in (("some", {"bed": bed}), ("all", {})):
        out = tmp_path / f"{name}.tsv"
        zoo.predict_genome("hierarchical_dilated_v1", genome, out, **arguments, **more)
    _, some = read(tmp_path / "some.tsv")
    _, everything = read(tmp_path / "all.tsv")
    assert list(some) == [
        ("chr2", 0, 16),
        *(("chr1", start, start + 16) for start in range(1008, 1100, 16)),
    ]
    for place, value in some.items():
        np.testing.assert_allclose(value, everything[place], rtol=1e-4)


def test_windows_of_n_are_left_out(genome, tmp_path):
    out = tmp_path / "x.tsv"
    zoo.predict_genome("rc_dilated_v1", genome, out, step=20, window=40)
    _, found = read(out)
    places = {
        (chrom, start)
        for chrom, text in CONTIGS.items()
        for start in range(0, len(text), 20)
        if set(window(chrom, start - 10, 40)) != {"N"}
    }
    assert {(chrom, start) for chrom, start, _ in found} == places
    assert ("chr1", 900) not in places


def test_edges_are_left_out(genome, tmp_path):
    out = tmp_path / "x.tsv"
    zoo.predict_genome("rc_dilated_v1", genome, out, step=20, window=40, beyond="drop")
    starts = {}
    for chrom, start, _ in read(out)[1]:
        starts.setdefault(chrom, []).append(start)
    assert (starts["chr2"][0], starts["chr2"][-1]) == (20, 1960)
    assert "tiny" not in starts


def test_strands(tmp_path, genome, write_release):
    outputs = [
        {
            "name": name,
            "units": "log counts",
            "activation": "linear",
            "reverse_complement_partner": other,
        }
        for name, other in (("plus", "minus"), ("minus", "plus"))
    ]
    config = {
        "sequence_length": 40,
        "num_outputs": 2,
        "filters": 4,
        "bin_size": 8,
        "cropping": 8,
        "dilation_rates": [1, 2],
    }
    release = write_release(
        name="stranded_v1",
        architecture="hierarchical_dilated",
        config=config,
        outputs=outputs,
        input={
            "sequence_length": 40,
            "min_length": 40,
            "alphabet": "ACGT",
            "unknown": "zeros",
        },
    )
    tracks = {}
    for strand in ("+", "-", "both"):
        out = tmp_path / "x.tsv"
        zoo.predict_genome(release, genome, out, contigs=["chr2"], strand=strand)
        header, found = read(out)
        tracks[strand] = np.stack([*found.values()])
    assert header[3:] == ["plus_log_counts", "minus_log_counts"]
    starts = range(0, len(CONTIGS["chr2"]), 24)
    texts = [reverse_complement(window("chr2", start - 8, 40)) for start in starts]
    minus = direct(release, texts)[:, ::-1, ::-1].reshape(-1, 2)[: len(tracks["-"])]
    np.testing.assert_allclose(tracks["-"], minus, rtol=1e-4, atol=1e-5)
    assert abs(tracks["+"] - tracks["-"]).max() > 1e-3
    np.testing.assert_allclose(
        tracks["both"], (tracks["+"] + tracks["-"]) / 2, rtol=1e-4, atol=1e-5
    )


def test_one_strand_has_no_mean_without_a_partner(genome, tmp_path):
    with pytest.raises(InputError, match=r"'core_promoter' .* no partner"):
        zoo.predict_genome("deep_narrow_v1", genome, tmp_path / "x.tsv", strand="both")
    assert [path.name for path in tmp_path.iterdir()] == ["genome.fa"]


def test_a_genome_of_n_alone(tmp_path):
    genome = write_fasta(tmp_path / "n.fa", {"c": "N" * 100})
    with pytest.raises(InputError, match="all of them are N"):
        zoo.predict_genome("rc_dilated_v1", genome, tmp_path / "x.tsv", window=50)
    assert not (tmp_path / "x.tsv").exists()
