"""The built wheel, installed in an empty environment, outside the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import zoo

pytestmark = pytest.mark.slow

TOP = Path(__file__).resolve().parent.parent
RELEASES = [p.name for p in sorted(TOP.glob("pretrained/*/"))]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", out, TOP],
        check=True,
        capture_output=True,
    )
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, and the dependencies of this environment.

    The dependencies are found by a path file instead of being installed again; the
    checkout is not on that path, whatever the way it was installed here.
    """
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder)
    interpreter = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(interpreter), "install"]
    subprocess.run([*pip, "--quiet", "--no-deps", str(wheel)], check=True, cwd=folder)
    (site,) = folder.glob("lib/python*/site-packages")
    here = [p for p in sys.path if p.endswith("site-packages")]
    (site / "dependencies.pth").write_text("\n".join(here) + "\n")
    return interpreter


def run(python: Path, code: str, cwd: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [python, "-P", "-c", code],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_holds_the_code_the_releases_and_the_samples(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder in ("zoo", "registry"):
        for path in TOP.glob(f"{folder}/**/*.py"):
            assert str(path.relative_to(TOP)) in names
    for path in TOP.glob("pretrained/*/*"):
        assert f"zoo/{path.relative_to(TOP)}" in names
    data = ["zoo/samples/*.*", "zoo/commands/plugin_template/*.toml"]
    data += ["zoo/practice/exercises/*.md"]
    for path in [path for pattern in data for path in TOP.glob(pattern)]:
        assert str(path.relative_to(TOP)) in names
    tops = {name.split("/")[0] for name in names}
    assert {t for t in tops if not t.endswith(".dist-info")} == {"zoo", "registry"}


def test_it_finds_its_own_names_outside_the_checkout(
    python: Path, tmp_path: Path
) -> None:
    code = (
        "import json, zoo; print(json.dumps("
        "[zoo.__file__, zoo.list_models(), zoo.list_architectures()]))"
    )
    file, models, architectures = json.loads(run(python, code, tmp_path))
    assert not Path(file).is_relative_to(TOP)
    assert models == RELEASES
    assert architectures == zoo.list_architectures()


def test_it_loads_a_release_and_its_samples(python: Path, tmp_path: Path) -> None:
    code = (
        "import registry, zoo.samples\n"
        "from zoo.publishing.verification import verify\n"
        "name = registry.list_releases()[0].name; "
        "assert verify(name).passed; "
        "sequences, labels = zoo.samples.splice_junctions(); "
        "print(len(sequences), registry.find(name).folder)"
    )
    count, folder = run(python, code, tmp_path).split()
    assert count == "3186"
    assert not Path(folder).is_relative_to(TOP)
