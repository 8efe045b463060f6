from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.bench import accelerator
from tools.bench.accelerator import (
    LAYOUTS,
    WARM_ROUNDS,
    Sizes,
    matrix_rate,
    released_config,
    step_flop,
    table,
)
from tools.bench.accelerator_jax import multiply_adds_by_layer
from zoo.architectures.rc_dilated import rc_dilated

SIZES = {"batch_size": 100, "sequence_length": 1_000, "steps": 4, "rounds": 3}


def rounds(*seconds: float, loss: float = 0.5) -> dict[str, Any]:
    return {"seconds": list(seconds), "loss": loss}


def rows(raw: dict[str, Any]) -> tuple[dict[str, list[str]], str]:
    """The cells of each measure, and the whole text."""
    lines = table({"step_flop": 3_000_000, "raw": raw}, SIZES)
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return {name: values for name, *values in cells[2:]}, "\n".join(lines)


def test_without_a_gpu_it_says_so_and_ends_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert accelerator.main(["--output", str(tmp_path / "found.json")]) == 0
    (said,) = capsys.readouterr().out.splitlines()
    assert said.startswith("No accelerator found (jax")
    assert "torch" in said and "--cpu" in said
    assert not list(tmp_path.iterdir())


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

    monkeypatch.setattr("tools.bench.accelerator.time.perf_counter", lambda: now)
    waits: list[None] = []
    sizes = Sizes(1, 1, steps=5, rounds=3, matrix_size=10, cpu=True, network="")
    assert matrix_rate(product, waits.append, sizes) == pytest.approx(2_000.0)
    assert len(waits) == WARM_ROUNDS + 3


def test_rates_are_medians_and_ratios_to_the_fastest_peer() -> None:
    raw = {
        "JAX matrix product": {"flop_per_second": 4e9},
        "PyTorch matrix product": {"flop_per_second": 6e9},
        "JAX fit": rounds(1.0, 0.5, 9.0),
        "PyTorch, default, NCL": rounds(4.0, 4.0, 4.0),
        "PyTorch, default, channels_last": rounds(2.0, 2.0, 2.0),
    }
    # 400 sequences in a second; 1.2 of 6 GFLOP/s; the fastest peer takes 2 s.
    found, text = rows(raw)
    assert found["JAX fit"] == ["400", "250.00", "0.0012", "20.0%", "2.00", "0.500"]
    assert found["PyTorch, default, NCL"][4] == "0.50"
    assert "failed" not in text


def test_a_measure_that_failed_or_is_not_finite_has_no_rate() -> None:
    raw = {
        "JAX matrix product": {"error": "first\nout of memory"},
        "JAX fit": rounds(1.0, loss=float("nan")),
        "JAX loop": rounds(1.0),
    }
    found, text = rows(raw)
    assert list(found) == ["JAX loop"]
    assert "JAX matrix product failed: out of memory" in text
    assert "JAX fit failed: its loss is nan" in text


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the processes answer, by measure, in place of starting them."""
    known: dict[str, Any] = {
        "jax.device": {"accelerator": True, "device": "NVIDIA H200", "versions": {}},
        "torch.device": {"accelerator": True, "device": "NVIDIA H200", "versions": {}},
        "jax.network": {"step_flop": 3_000_000, "multiply_adds": 500_000},
        "torch.same": {"max_difference": 1e-7},
        "jax.matrix": {"flop_per_second": 4e9},
        "torch.matrix": {"flop_per_second": 6e9},
        "jax.fit": rounds(1.0),
        "jax.loop": rounds(1.0),
        "torch.training": rounds(1.0),
    }

    def measured(measure: str, *_: Any, **__: str) -> dict[str, Any]:
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
    output = tmp_path / "found.json"
    assert accelerator.main(["--output", str(output), "--modes", "default"]) == 1
    raw = json.loads(output.read_text())["raw"]
    assert raw["JAX loop"] == {"error": "out of memory"}
    layouts = [f"PyTorch, default, {layout}" for layout in LAYOUTS]
    assert list(raw)[2:] == ["JAX fit", "JAX loop", *layouts]
    assert "JAX loop failed: out of memory" in capsys.readouterr().out


def test_nothing_is_timed_where_the_networks_differ(
    answers: dict[str, Any], tmp_path: Path
) -> None:
    answers["torch.same"] = "another network"
    assert accelerator.main(["--output", str(tmp_path / "found.json")]) == 1
    assert not list(tmp_path.iterdir())
