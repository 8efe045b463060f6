"""Each broken part is a finding with advice; nothing raises."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from registry import plugins as registry_plugins, sources
from registry.architectures import Architecture
from registry.functions import NamedFunction
from zoo import cli, doctor
from zoo.doctor import child, compute, machine, plugins
from zoo.doctor.findings import Finding, guarded

PLUGIN = Path(__file__).resolve().parents[2] / "plugin"


def by_check(findings: Any) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


# A check


def test_a_check_that_raises_is_a_finding() -> None:
    def look() -> list[Finding]:
        raise SystemExit("gone")

    (finding,) = guarded("x", look)
    assert finding.level == "problem"
    assert "SystemExit: gone" in finding.what
    assert finding.advice


# Keras and its backend


def test_no_backend(tmp_path: Path) -> None:
    """In a process whose Keras has none: a TensorFlow that cannot be imported."""
    broken = tmp_path / "tensorflow"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise ImportError('no TensorFlow here')")
    done = subprocess.run(
        [sys.executable, "-m", "zoo.cli", "doctor", "--json", "--no-probe"],
        capture_output=True,
        text=True,
        env=os.environ
        | {
            "PYTHONPATH": f"{tmp_path}{os.pathsep}{PLUGIN.parents[1]}",
            "KERAS_BACKEND": "tensorflow",
            "SEQZOO_CACHE": str(tmp_path / "cache"),
        },
        timeout=200,
    )
    assert done.returncode == 1, done.stderr
    found = {finding["check"]: finding for finding in json.loads(done.stdout)}
    assert found["keras"]["level"] == "problem"
    assert "no TensorFlow here" in found["keras"]["what"]
    assert "seqzoo[cpu]" in found["keras"]["advice"]
    assert found["releases"]["level"] == "ok"


@pytest.mark.parametrize(
    ("installed", "advice"),
    [
        ({"keras", "jax"}, "Set KERAS_BACKEND=jax"),
        ({"keras"}, "seqzoo[cpu]"),
        (set(), "Keras itself is missing"),
    ],
)
def test_what_to_install(
    monkeypatch: pytest.MonkeyPatch, installed: set[str], advice: str
) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(
        compute, "find_spec", lambda name: name if name in installed else None
    )
    monkeypatch.setattr(compute, "_facts", lambda probe: ({}, "killed"))
    monkeypatch.setattr(compute, "_nvidia", lambda: None)
    (finding,) = compute.findings(probe=True)
    assert finding.level == "problem"
    assert "killed" in finding.what
    assert advice in finding.advice


def test_a_hanging_backend_keeps_what_was_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(command: list[str], **_: Any) -> None:
        printed = b'noise\nseqzoo-doctor {"keras": {"version": "3.15.1", '
        printed += b'"backend": "jax", "backend_version": "0.5"}}\n'
        raise subprocess.TimeoutExpired(command, 1, output=printed)

    monkeypatch.setattr(compute.subprocess, "run", run)
    found = by_check(compute.findings(probe=True))
    assert found["keras"] == Finding("keras", "ok", "3.15.1 on jax 0.5")
    for check in ("gpu", "throughput"):
        assert found[check].level == "problem"
        assert "did not end" in found[check].what


FACTS = {
    "keras": {"version": "3.15.1", "backend": "tensorflow", "backend_version": "2.21"},
    "devices": {"gpus": []},
    "xla": {"works": True},
}


@pytest.mark.parametrize(
    ("hidden", "level", "advice"),
    [
        (None, "problem", "seqzoo[gpu]"),
        ("0", "problem", "seqzoo[gpu]"),
        ("-1", "warning", "CUDA_VISIBLE_DEVICES"),
        ("", "warning", "CUDA_VISIBLE_DEVICES"),
    ],
)
def test_a_gpu_that_the_backend_does_not_see(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hidden: str | None,
    level: str,
    advice: str,
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA H200 (UUID: GPU-1-2)'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if hidden is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    monkeypatch.setattr(compute, "_facts", lambda probe: (FACTS, ""))
    finding = by_check(compute.findings(probe=False))["gpu"]
    assert finding.level == level
    assert "there is NVIDIA H200, but tensorflow sees no GPU" in finding.what
    assert advice in finding.advice


def test_a_gpu_that_is_used_and_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "_nvidia", lambda: "NVIDIA H200")
    seen = FACTS | {"devices": {"gpus": ["GPU:0"]}}
    monkeypatch.setattr(compute, "_facts", lambda probe: (seen, ""))
    assert by_check(compute.findings(probe=False))["gpu"].level == "ok"
    monkeypatch.setattr(compute, "_nvidia", lambda: None)
    monkeypatch.setattr(compute, "_facts", lambda probe: (FACTS, ""))
    assert by_check(compute.findings(probe=False))["gpu"].level == "ok"


@pytest.mark.parametrize(
    "version",
    ["3.9.2", "3.12.3", "3.12.4", "3.13.0", "3.14.1", "3.15.0", "3.15.1", "4.0.0"],
)
def test_a_keras_is_sound_where_seqzoo_allows_it(
    monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    project = tomllib.loads((PLUGIN.parents[1] / "pyproject.toml").read_text())
    requirements = map(Requirement, project["project"]["dependencies"])
    (keras,) = (each for each in requirements if each.name == "keras")
    facts = FACTS | {"keras": FACTS["keras"] | {"version": version}}
    monkeypatch.setattr(compute, "_facts", lambda probe: (facts, ""))
    finding = by_check(compute.findings(probe=False))["keras"]
    assert finding.level == ("ok" if version in keras.specifier else "problem")


def test_a_keras_json_that_others_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"image_data_format": "channels_first", "floatx": "float32"}
    facts = FACTS | {"keras": FACTS["keras"] | settings}
    monkeypatch.setattr(compute, "_facts", lambda probe: (facts, ""))
    finding = by_check(compute.findings(probe=False))["keras.json"]
    assert finding.level == "warning"
    assert finding.what == "image_data_format is channels_first"
    assert '"image_data_format": "channels_last" in keras.json' in finding.advice
    facts["keras"] |= {"image_data_format": "channels_last"}
    assert "keras.json" not in by_check(compute.findings(probe=False))


# The machine


def test_memory_of_the_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 8388608 kB\nMemAvailable: 4194304 kB")
    monkeypatch.setattr(machine, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    (finding,) = machine.memory()
    assert finding == Finding("memory", "ok", "4.0 of 8.0 GiB available")
    (tmp_path / "memory.max").write_text(f"{3 << 30}\n")
    (tmp_path / "memory.current").write_text(f"{2 << 30}\n")
    (finding,) = machine.memory()
    assert finding.level == "warning"
    assert finding.what == "1.0 of 3.0 GiB available"


def test_a_seqzoo_without_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(machine.metadata, "version", version)
    (finding,) = machine.installation()
    assert finding.level == "problem"


# The cache


def test_no_cache_yet(cache: Path) -> None:
    found = by_check(machine.cache())
    assert found["cache"].level == "ok"
    assert not cache.exists()


def test_a_cache_that_cannot_be_written(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write_text("a file")
    finding = by_check(machine.cache())["cache"]
    assert finding.level == "problem"
    assert "SEQZOO_CACHE" in finding.advice
    cache.unlink()
    cache.mkdir()

    def refuse(**_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(machine.tempfile, "TemporaryFile", refuse)  # root may always
    finding = by_check(machine.cache())["cache"]
    assert finding.level == "problem"
    assert "Permission denied" in finding.what


def test_a_full_disk_a_missing_shared_cache_and_no_network(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "LITTLE_DISK", 1 << 60)
    monkeypatch.setenv("SEQZOO_SHARED_CACHES", str(tmp_path / "none"))
    monkeypatch.setenv("SEQZOO_OFFLINE", "1")
    found = by_check(machine.cache())
    for check in ("cache", "shared cache", "network"):
        assert found[check].level == "warning"
        assert found[check].advice


# Plugins


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("raising", ""),
        ("leaving", ""),
        ("garbled", "SyntaxError"),
        ("gone", "no module"),
    ],
)
def test_a_broken_plugin(
    monkeypatch: pytest.MonkeyPatch, module: str, reason: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(PLUGIN), prepend=os.pathsep)
    monkeypatch.syspath_prepend(PLUGIN)
    registry_plugins.forget()
    target = f"seqzoo_test_plugin.{module}:net"
    problem = registry_plugins.module_problem(target.partition(":")[0])
    own = Architecture("own", "zoo:own", "seqzoo")
    other = Architecture("net", target, "their-pkg", problem)
    monkeypatch.setattr(plugins, "list_architectures", lambda: [own, other])
    first, last = plugins.findings(probe=True)
    assert first.level == "problem"
    assert "net of their-pkg" in first.what
    assert reason in first.what
    assert "uninstall their-pkg" in first.advice
    assert "0 of 1" in last.what
    registry_plugins.forget()


def test_a_broken_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = NamedFunction("theirs", "gone:theirs", "their-pkg", "no module 'gone'")
    monkeypatch.setattr(plugins, "list_recipes", lambda: [recipe])
    first, last = plugins.findings(probe=False)
    assert "theirs of their-pkg (gone:theirs): no module 'gone'" in first.what
    assert "check-plugin" not in first.advice
    assert "architectures and recipes" in last.what


def test_without_probe_nothing_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    def probe(target: str) -> str:
        raise AssertionError(target)

    monkeypatch.setattr(plugins.plugins, "probe", probe)
    theirs = Architecture("own", "theirs:own", "their-pkg")
    monkeypatch.setattr(plugins, "list_architectures", lambda: [theirs])
    (summary,) = plugins.findings(probe=False)
    assert "none was imported" in summary.what


def test_releases_that_are_not_found_or_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad_v1").mkdir()
    (tmp_path / "bad_v1" / "model.json").write_text("{")
    location = sources.Location("bad_v1", tmp_path / "bad_v1", "their-pkg")
    monkeypatch.setattr(sources, "list_releases", lambda: [location])
    point = metadata.EntryPoint("x", "no_such_package.releases", sources.GROUP)
    monkeypatch.setattr(plugins.metadata, "entry_points", lambda **_: [point])
    gone, bad, summary = plugins.releases()
    assert gone.level == bad.level == "problem"
    assert "no_such_package" in gone.what
    assert "bad_v1 of their-pkg" in bad.what
    assert "0 of 1" in summary.what


# All of it


def test_command(
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The real thing once, with the backend of this run and its probe."""
    assert cli.main(["doctor", "--json"]) in (0, 1)
    found = {f["check"]: f for f in json.loads(capsys.readouterr().out)}
    assert found["keras"]["level"] == "ok"
    assert "sequences/s" in found["throughput"]["what"]
    bad = Finding("x", "problem", "what \x1b[2J", "do this")
    for findings, status in (([bad], 1), ([Finding("x", "warning", "y")], 0)):
        monkeypatch.setattr(doctor, "examine", lambda probe, f=findings: f)
        assert cli.main(["doctor"]) == status
        printed = capsys.readouterr().out
        assert "\x1b" not in printed
        assert findings[0].level in printed
    assert "what" not in printed


def test_gpus_have_the_names_of_their_makers(monkeypatch: pytest.MonkeyPatch) -> None:
    tf = pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("names of another backend")
    kinds = ("CPU", "GPU", "TPU")
    seen = [tf.config.PhysicalDevice(f"/device:{kind}:0", kind) for kind in kinds]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda: seen)
    monkeypatch.setattr(
        tf.config.experimental,
        "get_device_details",
        lambda device: {"GPU": {"device_name": "NVIDIA H100"}}[device.device_type],
    )
    assert child.devices() == {"gpus": ["NVIDIA H100", "/device:TPU:0"]}


def test_the_page_shows_a_finding_per_line_as_they_are_printed() -> None:
    page = (PLUGIN.parents[1] / "docs" / "doctor.md").read_text()
    shown = re.findall(r"^    (.*)", page.partition("## ")[0], re.MULTILINE)
    line = re.compile(r"(?:(?:ok|warning|problem) +\w+: | +-> )")
    assert len(shown) > 5
    assert [text for text in shown if len(line.findall(text)) != 1] == []
