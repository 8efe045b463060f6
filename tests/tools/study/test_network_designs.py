from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import zoo
from tools.study import network_designs
from zoo import samples

SMALL = network_designs.SETTINGS | {
    "distances": [8],
    "filters": [4],
    "seeds": [0],
    "sequence_length": 60,
    "train_sequences": 64,
    "test_sequences": 48,
    "epochs": 1,
}


@pytest.mark.parametrize("design", network_designs.DESIGNS)
@pytest.mark.parametrize("span", [30, 122])
def test_designs_span_both_motifs_but_the_shallow_one(design: str, span: int) -> None:
    model = network_designs.build(design, 4, span)
    field = zoo.receptive_field(model).span
    assert (field >= span) == (design != "shallow_wide")
    if design.endswith("_double"):
        assert field >= 2 * span
    widest = max(samples.motifs()[name].width for name in network_designs.MOTIFS)
    assert field >= widest


def test_a_study_is_resumed_and_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two of them, for speed.
    monkeypatch.setattr(network_designs, "DESIGNS", ("shallow_wide", "wide_kernel"))
    out = tmp_path / "results" / "network_designs.json"
    first = network_designs.study(SMALL, out)
    assert [row["design"] for row in first["runs"]] == list(network_designs.DESIGNS)
    assert network_designs.read(out) == first
    for row in first["runs"]:
        model = network_designs.build(row["design"], 4, 30)
        trainable = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
        assert row["parameters"] == trainable
        assert all(0 <= share <= 1 for share in row["right"].values())
    # Nothing is left to do.
    monkeypatch.setattr(network_designs, "run", None)
    assert network_designs.study(SMALL, out) == first
    with pytest.raises(SystemExit, match="other settings"):
        network_designs.study(SMALL | {"epochs": 2}, out)
    mpl = pytest.importorskip("matplotlib")
    mpl.use("Agg")
    figure = network_designs.plot(first)
    assert len(figure.axes) == 1


def test_the_table_averages_seeds() -> None:
    rows = [
        {
            "design": "wide_kernel",
            "filters": 8,
            "distance": 20,
            "seed": seed,
            "parameters": 100,
            "receptive_field": 43,
            "right": {"positive": 0.8, "distance": share, "missing": 1.0},
        }
        for seed, share in enumerate((0.6, 0.8))
    ]
    results = {"settings": SMALL, "runs": rows}
    (row,) = network_designs.table(results)
    assert row["accuracy"] == pytest.approx(0.75)
    assert row["accuracies"] == pytest.approx([0.7, 0.8])
    (row,) = network_designs.table(results, "missing")
    assert row["accuracy"] == pytest.approx(0.9)


def test_the_simulated_sequences_are_those_of_the_settings() -> None:
    motifs = samples.motifs()
    simulation = network_designs.simulate(motifs, SMALL | {"distance": 8}, 40, seed=0)
    assert simulation.codes.shape == (40, 60)
    assert simulation.labels.sum() == 20
    assert set(simulation.placements["motif"]) == set(network_designs.MOTIFS)


def test_the_committed_results_are_complete() -> None:
    results = json.loads(network_designs.RESULTS.read_text())
    settings = results["settings"]
    assert settings.keys() == network_designs.SETTINGS.keys()
    expected = {
        (design, filters, distance, seed)
        for design in network_designs.DESIGNS
        for filters in settings["filters"]
        for distance in settings["distances"]
        for seed in settings["seeds"]
    }
    keys = ("design", "filters", "distance", "seed")
    assert {tuple(row[key] for key in keys) for row in results["runs"]} == expected
    assert len(results["runs"]) == len(expected)
