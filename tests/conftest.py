"""What several tests need: small models, small releases."""

from __future__ import annotations

import gc
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Arrays are small here and tests run side by side: threads would only wait for each
# other, and XLA would compile longer than what it compiles runs. In front of NumPy and
# the backend, which read it as they are imported.
for _variable, _value in {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_NUM_INTRAOP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_backend_optimization_level=0",
}.items():
    os.environ.setdefault(_variable, _value)

import numpy as np  # noqa: E402
import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

from tests import named_arguments  # noqa: E402

named_arguments.install()

# A shared machine may stall for longer than any deadline on one example.
settings.register_profile("seqzoo", deadline=None)
settings.load_profile("seqzoo")

SMALL = {
    "sequence_length": None,
    "num_outputs": 2,
    "filters": 8,
    "dilation_rates": [1, 2],
    "units": 4,
}


def pytest_collection_finish() -> None:
    """Spares the garbage collector the million objects of TensorFlow and Keras."""
    gc.collect()
    gc.freeze()


def model_json(**changes: Any) -> dict[str, Any]:
    """A valid model.json, with some top-level keys replaced."""
    nothing = hashlib.sha256(b"").hexdigest()
    return {
        "schema": 3,
        "name": "small_v1",
        "version": 1,
        "description": "A small release for tests",
        "architecture": "rc_dilated",
        "task": "binary",
        "tags": ["test"],
        "config": SMALL,
        "weights": {"file": "weights.h5", "bytes": 0, "sha256": nothing, "urls": []},
        "input": {
            "sequence_length": None,
            "min_length": 15,
            "alphabet": "ACGT",
            "unknown": "zeros",
        },
        "outputs": [
            {
                "name": name,
                "units": "probability",
                "activation": "sigmoid",
                "reverse_complement_partner": name,
            }
            for name in ("first", "second")
        ],
        "symmetry": {"kind": "equivariant", "measured_max_difference": 0.0},
        "training_data": [],
        "metrics": [],
        "golden": {"file": "golden.npz", "bytes": 0, "sha256": nothing, "atol": 1e-4},
        "sketch": None,
        "derived_from": None,
        "status": {"state": "active", "superseded_by": None, "reason": None},
        "licence": "Apache-2.0",
        "citation": "none",
        "created": "2026-01-01",
        "seed": 0,
        "versions": {"seqzoo": "0", "keras": "0", "backend": "none"},
    } | changes


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test, nor a process that it starts, reads or writes the user's cache."""
    before = os.environ.get("SEQZOO_CACHE")
    os.environ["SEQZOO_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["SEQZOO_CACHE"]
    else:
        os.environ["SEQZOO_CACHE"] = before


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache that the environment names."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("SEQZOO_CACHE", str(folder))
    for name in ("SEQZOO_SHARED_CACHES", "SEQZOO_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def write_release(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a release of a small, random rc_dilated."""

    def write(**changes: Any) -> Path:
        import zoo
        from zoo.models.weights import save_weights
        from zoo.prediction.sequences import predict

        content = model_json(**changes)
        folder = tmp_path / content["name"]
        folder.mkdir()
        model = zoo.create(content["architecture"], **content["config"])
        save_weights(model, folder / "weights.h5")
        generator = np.random.default_rng(0)
        codes = generator.integers(0, 5, (4, 40), dtype=np.uint8)
        np.savez(folder / "golden.npz", codes=codes, predictions=predict(model, codes))
        for key in ("weights", "golden"):
            data = (folder / content[key]["file"]).read_bytes()
            content[key] = content[key] | {
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
        (folder / "model.json").write_text(json.dumps(content))
        (folder / "README.md").write_text("# small_v1\n\nThe card.\n")
        return folder

    return write


@pytest.fixture
def own_architectures(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten behind it."""
    from registry import architectures

    monkeypatch.setattr(architectures, "_session", dict(architectures._session))
