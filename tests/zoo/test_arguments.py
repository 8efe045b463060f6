"""Numbers of NumPy and series of data frames as arguments of what is public."""

import json

import numpy as np
import pandas as pd
import pytest
from numpy import float32, int64

import zoo
from registry.release import Metric, Output
from tests.made import write_fasta
from zoo import data, dna, splits
from zoo.inspection import symmetry
from zoo.interpretation import motifs, simulation
from zoo.layers import encodings
from zoo.models.creation import origin

BASES = np.random.default_rng(0).choice([*"ACGT"], (40, 60))
TEXTS = ["".join(row) for row in BASES]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arguments")
    contigs = {"chr1": "".join(TEXTS[:20]), "chr2": "".join(TEXTS[20:])}
    write_fasta(folder / "g.fa", contigs)
    label = np.arange(40) % 2
    pd.DataFrame({"sequence": TEXTS, "y": label}).to_csv(folder / "t.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def peaks():
    """Rows of which a filter kept some: their numbers do not begin with 0."""
    start = np.arange(0, 600, 50)
    frame = pd.DataFrame({"chrom": "chr1", "start": start, "end": start + 60})
    frame["strand"] = "+"
    return frame[frame["start"] > 100]


def same(received, expected):
    """Equal in all that examples, models' predictions and reports hold."""
    if isinstance(expected, data.Examples):
        np.testing.assert_array_equal(received.codes(), expected.codes())
        np.testing.assert_array_equal(received.targets, expected.targets)
    elif isinstance(expected, splits.Splits):
        for name in ("train", "valid", "test"):
            same(getattr(received, name), getattr(expected, name))
    else:
        np.testing.assert_equal(received, expected)


def genome_rows(folder, **arguments):
    """The rows of a track."""
    out = folder / "track.tsv"
    zoo.predict_genome("rc_dilated_v1", folder / "g.fa", out, **arguments)
    return out.read_text().splitlines()


def calls(folder, peaks):
    """A name, and a function of what makes a number: int or NumPy's."""
    model = zoo.create("rc_dilated", filters=4, units=0, num_outputs=2)
    table = {"targets": "y"}
    examples = data.from_table(folder / "t.csv", **table)
    genome = data.Genome(folder / "g.fa")
    near = data.from_intervals(folder / "g.fa", peaks, sequence_length=40)
    motif = motifs.Motif("m", np.eye(4)[[0, 1, 2, 3]] * 9 + 1)
    return {
        "predict": lambda n: zoo.predict(
            model, TEXTS, batch_size=n(7), min_length=n(9)
        ),
        "from_table": lambda n: data.from_table(
            folder / "t.csv", **table, sequence_length=n(50), resize=True
        ),
        "from_intervals": lambda n: data.from_intervals(
            folder / "g.fa", peaks, sequence_length=n(40)
        ),
        "negatives": lambda n: splits.gc_matched_negatives(
            genome, near, per_positive=n(2), margin=n(1), seed=n(3), gc_bin=0.2
        ),
        "shuffled": lambda n: splits.shuffled(examples, copies=n(2), seed=n(1)),
        "split_at_random": lambda n: splits.split_at_random(examples, seed=n(2)),
        "split_by_homology": lambda n: splits.split_by_homology(examples, seed=n(2)),
        "cross_validation": lambda n: (
            splits.cross_validation(examples, n(3), seed=n(1))[0].valid
        ),
        "batches": lambda n: next(
            iter(examples.batches(n(8), shuffle=True, max_shift=n(2), seed=n(3)))
        )[1],
        "subset": lambda n: examples.subset([n(3), n(1)]),
        "receptive_field": lambda n: str(zoo.receptive_field(model, n(200))),
        "summary": lambda n: str(zoo.summary(model, sequence_length=n(200))),
        "symmetry": lambda n: symmetry.check(
            model, lengths=[n(50)], num_sequences=n(3), seed=n(1), pairing=(n(1), n(0))
        ),
        "conjoined": lambda n: (
            symmetry.check(
                zoo.conjoined(model, pairing=[n(1), n(0)]),
                lengths=[50],
                num_sequences=2,
                pairing=[1, 0],
            ).kind
        ),
        "tabulate_costs": lambda n: encodings.tabulate_costs(
            [n(1), n(2)], filters=n(3), kernel_size=n(4), output_dim=n(8)
        ),
        "two_motifs": lambda n: (
            simulation.two_motifs(
                motif,
                motif,
                n(5),
                num_sequences=n(20),
                sequence_length=n(50),
                seed=n(1),
            ).codes
        ),
        "simulate_background": lambda n: motifs.simulate_background(
            n(3), n(9), seed=n(1)
        ),
        "kmer_indices": lambda n: dna.kmer_indices(dna.encode_batch(TEXTS), n(3)),
        "predict_genome": lambda n: genome_rows(
            folder,
            contigs=pd.Series(["chr2"], index=[3]),
            step=n(50),
            window=n(90),
            batch_size=n(3),
            part_bases=n(900),
        ),
        "list_models": lambda n: zoo.list_models(min_length=n(60)),
    }


def a_name_is_no_model(tmp_path):
    """By the function that takes a model, as where users think that a name will do."""
    name = "rc_dilated_v1"
    return {
        "predict": lambda: zoo.predict(name, TEXTS),
        "ensemble": lambda: zoo.ensemble([name, name]),
        "conjoined": lambda: zoo.conjoined(name),
        "check": lambda: symmetry.check(name),
        "takes_codes": lambda: zoo.takes_codes(name),
        "receptive_field": lambda: zoo.receptive_field(name),
        "freeze": lambda: zoo.freeze(name),
        "save": lambda: zoo.save(
            name, tmp_path / "a_v1", description="A", task="binary", licence="MIT"
        ),
    }


def test_a_name_is_no_model(tmp_path):
    for name, call in a_name_is_no_model(tmp_path).items():
        with pytest.raises(zoo.SeqzooError, match=r"zoo\.load\(name\).*_v1' \(str\)"):
            call()
            pytest.fail(name)


def test_what_is_given_as_another_type_is_said(folder, peaks):
    near = data.from_intervals(folder / "g.fa", peaks, sequence_length=40)
    same(  # as from_intervals, a path will do
        splits.gc_matched_negatives(folder / "g.fa", near, gc_bin=0.2),
        splits.gc_matched_negatives(data.Genome(folder / "g.fa"), near, gc_bin=0.2),
    )
    with pytest.raises(zoo.SeqzooError, match=r"folder or address.*Functional"):
        zoo.predict_genome(zoo.create("rc_dilated"), folder / "g.fa", "x.tsv")
    with pytest.raises(zoo.SeqzooError, match=r"concatenate\(a, b\).*Received: list"):
        data.concatenate([near, near])
    with pytest.raises(zoo.SeqzooError, match=r"from_intervals.*Received: DataFrame"):
        data.read_signals("x.bw", peaks)
    for length, expected in ((40.0, "an integer. Received: 40.0"), (0, "at least 1")):
        for read in (
            lambda n: data.from_intervals(folder / "g.fa", peaks, sequence_length=n),
            lambda n: data.from_table(folder / "t.csv", sequence_length=n),
            lambda n: data.from_variants(folder / "g.fa", "v.vcf", sequence_length=n),
        ):
            with pytest.raises(zoo.SeqzooError, match=f"sequence_length .*{expected}"):
                read(length)
    none = peaks[peaks["start"] < 0]
    with pytest.raises(zoo.SeqzooError, match="at least one row"):
        data.from_intervals(folder / "g.fa", none, sequence_length=40)


def test_integers_may_be_numpys(folder, peaks):
    for name, call in calls(folder, peaks).items():
        try:
            same(call(int64), call(int))
        except Exception as error:
            error.add_note(name)
            raise


def test_a_release_of_numpys_numbers(tmp_path):
    config = {"filters": int64(4), "num_outputs": int64(2)}
    model = zoo.create("rc_dilated", **config, dilation_rates=np.array([1, 2]))
    expected = {"filters": 4, "num_outputs": 2, "dilation_rates": [1, 2]}
    assert json.loads(json.dumps(origin(model).config)).items() >= expected.items()
    release = zoo.save(
        model,
        tmp_path / "a_v1",
        description="A",
        task="binary",
        licence="MIT",
        min_length=int64(15),
        seed=int64(3),
        outputs=[Output(str(i), "probability", "sigmoid", str(i)) for i in range(2)],
        metrics=[Metric("AUROC", "test", float32(0.5), tuple(np.ones(2)), "make")],
    )
    assert release.config.items() >= expected.items()
    again = zoo.load(tmp_path / "a_v1", num_outputs=int64(3), sequence_length=int64(60))
    assert again.output_shape == (None, 3)
    assert type(origin(again).config["sequence_length"]) is int


def test_series_have_their_own_rows(folder, peaks):
    columns = [peaks[name] for name in ("chrom", "start", "end", "strand")]
    intervals = data.Intervals(*columns)
    np.testing.assert_array_equal(
        intervals.subset(np.array([0, 2])).start, columns[1].to_numpy()[[0, 2]]
    )
    examples = data.from_table(folder / "t.csv", targets=pd.Series(["y"], index=[4]))
    series = pd.Series(np.arange(40.0), index=range(9, 49))
    kept = data.Examples(
        examples.sequences,
        names=series.astype(str),
        sample_weight=series,
        columns={"a": series},
    ).subset(series > 30)
    assert kept.names.tolist() == [str(float(i)) for i in range(31, 40)]
    assert kept.columns["a"].tolist() == kept.sample_weight.tolist()
    assert len(kept.subset([])) == len(kept.subset(kept.sample_weight < 0)) == 0
    with pytest.raises(zoo.SeqzooError, match=r"second: .*'X' at position 2"):
        dna.encode_batch(
            pd.Series(["AC", "AX"], index=[5, 6]),
            names=pd.Series(["first", "second"], index=[5, 6]),
        )
    with pytest.raises(zoo.SeqzooError, match="Expected integers as start"):
        data.Intervals(columns[0], columns[1] + 0.5, columns[2], columns[3])
    for wrong in ((columns[0], columns[1][:1], *columns[2:]), ("chr1", 5, 9, "+")):
        with pytest.raises(
            zoo.SeqzooError, match=r"\(n,\), one row per interval.*'start'"
        ):
            data.Intervals(*wrong)
    with pytest.raises(zoo.SeqzooError, match=r"Expected numbers as targets: .*'x'"):
        data.Examples(examples.sequences, np.full((40, 1), "x"), ("y",))
