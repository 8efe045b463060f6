"""Real packages, installed into a folder of their own and seen by new processes."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

PLUGIN = Path(__file__).resolve().parent.parent / "plugin"


def install(package: Path, site: Path) -> None:
    """Builds a package and installs it, without a network or its dependencies."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--no-index", "--target", str(site)]
    subprocess.run([*command, str(package)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    install(PLUGIN, folder)
    return folder


def run(site: Path, *command: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(site), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, env=environment
    )


def seqzoo(site: Path, *words: str) -> subprocess.CompletedProcess:
    return run(site, "-m", "zoo.cli", *words)


@pytest.fixture(scope="module")
def listed(site: Path) -> dict[str, Any]:
    code = (
        "import json, sys, zoo; from zoo.cli import main; main(['list', '--json']); "
        "sys.exit(any('seqzoo_test_plugin' in m for m in sys.modules))"
    )
    done = run(site, "-c", code)
    assert done.returncode == 0, "listing imported the plugin"
    return json.loads(done.stdout)


@pytest.mark.slow
def test_its_names_are_listed_without_an_import(listed: dict[str, Any]) -> None:
    mine = {
        row["architecture"]: row
        for row in listed["architectures"]
        if row["provider"] == "seqzoo-test-plugin"
    }
    assert mine["plugin_net"]["builder"] == "seqzoo_test_plugin.nets:plugin_net"
    assert "broken: there is no module" in mine["plugin_missing"]["description"]
    assert len(mine) == 7
    (release,) = [
        row for row in listed["releases"] if row["provider"] == "seqzoo-test-plugin"
    ]
    assert release["release"] == "plugin_net_v1"


# What needs Keras, in one process: its import takes longer than all of this.
PROGRAM = """
import contextlib, io, json
import registry
from zoo.cli import main
reasons = []
for name in ("missing", "raising", "leaving", "garbled"):
    try:
        registry.builder(f"plugin_{name}")
    except registry.PluginError as error:
        reasons.append(str(error))
try:
    registry.builder("kmer")
except registry.DuplicateNameError as error:
    reasons.append(str(error))
builders = [
    registry.builder(f"{package}:kmer").__name__
    for package in ("seqzoo", "seqzoo-test-plugin")
]
problems = [
    a.problem for a in registry.list_architectures() if a.name == "plugin_raising"
]
from zoo.publishing.verification import verify
# The plugin has an architecture "kmer", too.
verified = {name: verify(name).passed for name in ("plugin_net_v1", "kmer_v1")}
checked = {}
for name in ("plugin_net", "plugin_liar"):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        status = main(["check-plugin", name, "--json"])
    checked[name] = [status, json.loads(printed.getvalue())]
names = ("reasons", "builders", "problems", "verified", "checked")
print(json.dumps({name: globals()[name] for name in names}))
"""


@pytest.fixture(scope="module")
def used(site: Path) -> dict[str, Any]:
    """What happens where the plugin is used, one thing after the other."""
    done = run(site, "-c", PROGRAM)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_every_broken_name_has_its_own_reason_and_the_rest_works(
    used: dict[str, Any],
) -> None:
    expected = (
        "ModuleNotFoundError",
        "RuntimeError: this module raises",
        "SystemExit: 3",
        "SyntaxError",
        "'seqzoo:kmer' or 'seqzoo-test-plugin:kmer'",
    )
    for reason, said in zip(expected, used["reasons"], strict=True):
        assert reason in said
    assert used["builders"] == ["kmer", "plugin_net"]
    assert used["problems"] == ["RuntimeError: this module raises"]


@pytest.mark.slow
def test_its_release_loads_and_ours_mean_what_they_did(used: dict[str, Any]) -> None:
    assert used["verified"] == {"plugin_net_v1": True, "kmer_v1": True}


@pytest.mark.slow
def test_a_sound_network_conforms(used: dict[str, Any]) -> None:
    status, findings = used["checked"]["plugin_net"]
    assert status == 0, findings
    assert [f["check"] for f in findings if f["skipped"]] == []


@pytest.mark.slow
def test_every_broken_promise_is_found(used: dict[str, Any]) -> None:
    status, findings = used["checked"]["plugin_liar"]
    assert status == 1
    problems = {f["check"]: f["problem"] for f in findings}
    assert "keyword-only" in problems["keyword-only arguments with JSON defaults"]
    assert "explicit name" in problems["explicit names of weights, a head"]
    assert "float32 outputs" in problems["mixed precision"]
    assert "declared invariant" in problems["reverse complement as declared"]
    assert "ends in a sigmoid" in problems["logits"]


@pytest.mark.slow
def test_a_new_plugin_installs_and_conforms(tmp_path: Path) -> None:
    package, site = tmp_path / "lab_nets", tmp_path / "site"
    done = seqzoo(site, "new-plugin", "lab_nets", "--out", str(package))
    assert done.returncode == 0, done.stderr
    assert "seqzoo check-plugin lab_nets_net" in done.stdout
    left = [p for p in package.rglob("*") if p.is_file() and "my" in p.read_text()]
    assert left == []
    install(package, site)
    tests = run(site, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(package))
    assert tests.returncode == 0, tests.stdout + tests.stderr
    assert "1 passed" in tests.stdout


def test_a_new_plugin_says_what_saving_needs(tmp_path: Path) -> None:
    import zoo
    import zoo.commands

    (folder,) = zoo.commands.__path__
    text = Path(folder, "plugin_template", "README.md").read_text()
    call = ast.parse(textwrap.dedent(text[text.index("    zoo.save(") :])).body[0]
    assert isinstance(call, ast.Expr) and isinstance(call.value, ast.Call)
    given = {k.arg: ast.literal_eval(k.value) for k in call.value.keywords if k.arg}
    given |= {name: "CC0-1.0" for name, value in given.items() if value is ...}
    model = zoo.create("shallow_wide", filters=2, num_outputs=len(given["outputs"]))
    assert zoo.save(model, tmp_path / "net_v1", **given).outputs[0].name == "bound"


@pytest.mark.parametrize("name", ["keras", "zoo", "json", "pytest"])
def test_names_of_other_modules_are_refused(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from zoo.cli import main

    assert main(["new-plugin", name, "--out", str(tmp_path / "x")]) == 2
    assert f"stand in front of it. Received: '{name}'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["Lab", "1lab", "class", "a-b", "../x", ""])
def test_names_that_are_no_package_are_refused(tmp_path: Path, name: str) -> None:
    from zoo.cli import main

    assert main(["new-plugin", "--out", str(tmp_path / "x"), "--", name]) == 2
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_not_written_to(tmp_path: Path) -> None:
    from zoo.cli import main

    assert main(["new-plugin", "lab_nets", "--out", str(tmp_path)]) == 2
    assert list(tmp_path.iterdir()) == []
