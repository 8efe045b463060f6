from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.bench import accelerator
from tools.bench.accelerator_data import (
    LAYOUTS,
    WARM_ROUNDS,
    Sizes,
    matrix_rate,
    released_config,
    step_flop,
)
from tools.bench.accelerator_jax import multiply_adds_by_layer
from tools.bench.accelerator_record import lines, report, write
from zoo.architectures.rc_dilated import rc_dilated

SIZES = {"batch_size": 100, "sequence_length": 1_000, "steps": 4, "rounds": 3}
ABOUT = {"device": "NVIDIA H200", "date": "2026-01-01", "command": "bench"} | {
    "versions": {"jax": "1"},
    "sizes": SIZES,
    "config": {},
}


def results(**raw: Any) -> dict[str, Any]:
    cost = {"step_flop": 3_000_000, "multiply_adds": 500_000, "max_difference": 1e-7}
    return cost | {"raw": raw}


def rounds(*seconds: float, loss: float = 0.5) -> dict[str, Any]:
    return {"seconds": list(seconds), "loss": loss}


def test_without_a_gpu_it_says_so_and_ends_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert accelerator.main(["--output", str(tmp_path / "results")]) == 0
    (said,) = capsys.readouterr().out.splitlines()
    assert said.startswith("No accelerator found (jax")
    assert "torch" in said and "--cpu" in said
    assert not (tmp_path / "results").exists()


def test_a_python_that_is_not_there_has_no_accelerator() -> None:
    found, missing = accelerator.devices({"jax": "/nowhere/python"}, limit=60)
    assert not found
    assert missing and "/nowhere/python" in missing[0]


def test_the_arithmetic_is_that_of_the_layers() -> None:
    config, length = released_config(), 1_000
    stem, filters = config["stem_filters"], config["filters"]
    first = length * config["stem_kernel_size"] * 4 * stem
    neck = length * stem * filters
    tower = length * config["kernel_size"] * filters**2
    dense = (stem + filters) * config["units"] + config["units"] * config["num_outputs"]
    rest = neck + (len(config["dilation_rates"]) - 1) * tower + dense
    counted = multiply_adds_by_layer(rc_dilated(**config), length)
    assert sum(counted.values()) == first + rest
    assert step_flop(counted) == 4 * first + 6 * rest


def test_the_matrix_rate_counts_two_for_a_multiply_add(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A clock that goes on by a second a product.
    now = 0.0

    def product() -> None:
        nonlocal now
        now += 1.0

    monkeypatch.setattr("tools.bench.accelerator_data.time.perf_counter", lambda: now)
    waits: list[None] = []
    sizes = Sizes(1, 1, steps=5, rounds=3, matrix_size=10, cpu=True, network="")
    assert matrix_rate(product, waits.append, sizes) == pytest.approx(2_000.0)
    assert len(waits) == WARM_ROUNDS + 3


def test_rates_are_medians_and_ratios_to_the_fastest_peer() -> None:
    raw = {
        "JAX matrix product": {"flop_a_second": 4e9},
        "PyTorch matrix product": {"flop_a_second": 6e9},
        "JAX fit": rounds(1.0, 0.5, 9.0),
        "PyTorch, default, NCL": rounds(4.0, 4.0, 4.0),
        "PyTorch, default, channels_last": rounds(2.0, 2.0, 2.0),
    }
    record = report(ABOUT, results(**raw))
    assert record["limit"] == 6e9
    assert record["peer"] == "PyTorch, default, channels_last"
    fit = record["measures"]["JAX fit"]  # 400 sequences in a second
    assert fit["sequences_per_second"] == pytest.approx(400)
    assert fit["step_milliseconds"] == pytest.approx(250)
    assert fit["teraflops"] == pytest.approx(400 * 3e6 / 1e12)
    assert fit["share_of_limit"] == pytest.approx(400 * 3e6 / 6e9)
    assert fit["ratio_to_peer"] == pytest.approx(2.0)
    assert not record["failed"]


def test_a_measure_that_failed_or_is_not_finite_has_no_rate() -> None:
    raw = {
        "JAX matrix product": {"error": "first\nout of memory"},
        "JAX fit": rounds(1.0, loss=float("nan")),
        "JAX loop": rounds(1.0),
    }
    record = report(ABOUT, results(**raw))
    assert list(record["measures"]) == ["JAX loop"]
    assert set(record["failed"]) == {"JAX matrix product", "JAX fit"}
    assert record["limit"] is None and record["peer"] is None
    text = "\n".join(lines(record))
    assert "JAX matrix product failed: out of memory" in text
    assert "JAX fit failed: its loss is nan" in text


def test_the_files_say_what_was_measured_on_what(tmp_path: Path) -> None:
    raw = {"JAX matrix product": {"flop_a_second": 4e9}, "JAX loop": rounds(1.0)}
    record = report(ABOUT, results(**raw))
    data, page = write(record, tmp_path / "results")
    assert data.name == "accelerator_nvidia_h200.json"
    assert json.loads(data.read_text()) == record
    text = page.read_text()
    for part in ("NVIDIA H200", "2026-01-01", "| JAX loop | 400 | 250.00 |", "jax 1"):
        assert part in text


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the processes answer, by measure, in place of starting them."""
    known: dict[str, Any] = {
        "jax.device": {"accelerator": True, "device": "NVIDIA H200", "versions": {}},
        "torch.device": {"accelerator": True, "device": "NVIDIA H200", "versions": {}},
        "jax.network": {"step_flop": 3_000_000, "multiply_adds": 500_000},
        "torch.same": {"max_difference": 1e-7},
        "jax.matrix": {"flop_a_second": 4e9},
        "torch.matrix": {"flop_a_second": 6e9},
        "jax.fit": rounds(1.0),
        "jax.loop": rounds(1.0),
        "torch.training": rounds(1.0),
    }

    def measured(python: str, measure: str, *_: Any, **__: str) -> dict[str, Any]:
        if isinstance(known[measure], str):
            raise accelerator.Failed(known[measure])
        found: dict[str, Any] = known[measure]
        return found

    monkeypatch.setattr(accelerator, "measured", measured)
    return known


def test_a_measure_that_fails_does_not_end_the_others(
    answers: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers["jax.loop"] = "out of memory"
    assert accelerator.main(["--output", str(tmp_path), "--modes", "default"]) == 1
    record = json.loads((tmp_path / "accelerator_nvidia_h200.json").read_text())
    assert record["failed"] == {"JAX loop": "out of memory"}
    layouts = [f"PyTorch, default, {layout}" for layout in LAYOUTS]
    assert list(record["measures"]) == ["JAX fit", *layouts]
    assert str(tmp_path) not in record["command"]
    assert "JAX loop failed: out of memory" in capsys.readouterr().out


def test_nothing_is_timed_where_the_networks_differ(
    answers: dict[str, Any], tmp_path: Path
) -> None:
    answers["torch.same"] = "another network"
    assert accelerator.main(["--output", str(tmp_path)]) == 1
    assert not list(tmp_path.iterdir())


def test_a_processor_leaves_no_result_unasked(
    answers: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accelerator, "RESULTS", tmp_path)
    assert accelerator.main(["--cpu"]) == 0
    assert not list(tmp_path.iterdir())
    assert accelerator.main([]) == 0
    assert len(list(tmp_path.iterdir())) == 2
