"""`import zoo` is enough for Keras to read models of ours, and imports no Keras."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import zoo
from zoo import keras_objects

TOP = Path(zoo.__file__).resolve().parent


def output_of(program: str, *path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (*path, TOP.parent)))},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_module_that_registers_is_known() -> None:
    registering = {
        ".".join(file.relative_to(TOP.parent).with_suffix("").parts)
        for file in TOP.rglob("*.py")
        if "keras.saving.register_keras_serializable(" in file.read_text()
    }
    assert len(registering) > 30
    for module in registering:
        assert module.startswith(keras_objects.MODULES), module


def test_all_that_is_public_is_registered() -> None:
    names = {keras.saving.get_registered_name(o) for o in public_classes()}
    assert len(names) > 30
    assert {name for name in names if not name.startswith("seqzoo>")} == set()
    assert names <= keras.saving.get_custom_objects().keys()


def public_classes() -> list[type]:
    from zoo import layers, losses, metrics

    found = [
        getattr(room, name)
        for room in (layers, losses, metrics)
        for name in room.__all__
    ]
    return [one for one in found if isinstance(one, type)]


def test_a_new_process_loads_a_trained_model(tmp_path: Path) -> None:
    from zoo.losses import MaskedBinaryCrossentropy
    from zoo.metrics import AUROC
    from zoo.training import GlobalBatchLoss, layer_rates

    model = zoo.create(
        "rc_dilated", stem_filters=4, filters=4, dilation_rates=[1, 2], units=2
    )
    model = zoo.conjoined(model)
    loss = GlobalBatchLoss(MaskedBinaryCrossentropy())
    optimizer = layer_rates(keras.optimizers.AdamW(1e-3), {"stem_conv": 0.5})
    model.compile(optimizer, loss, metrics=[AUROC()])
    x = np.eye(4, dtype="float32")[np.arange(80).reshape(2, 40) % 4]
    model.fit(x, np.array([[0.0], [1.0]]), verbose=0)
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", x)
    expected = model.predict(x, verbose=0)
    # As much as can be in one process: Keras comes with a part of ours.
    program = f"""
import zoo
import sys
assert not {{"keras", "numpy"}} & sys.modules.keys()
import zoo.losses
import keras, numpy
model = keras.saving.load_model({str(tmp_path / "model.keras")!r})
print(type(model.optimizer).__name__, type(model.loss).__name__)
numpy.save({str(tmp_path / "y.npy")!r},
           model.predict(numpy.load({str(tmp_path / "x.npy")!r}), verbose=0))
assert not any("zoo" in type(finder).__module__ for finder in sys.meta_path)
"""
    assert output_of(program).split() == ["PerVariableAdamW", "GlobalBatchLoss"]
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("program", "times"),
    [
        ("import keras", 1),
        ("import keras; import zoo.errors; import keras", 1),
        ("import zoo.errors", 0),
        ("import keras; sys.modules.pop('zoo'); import zoo", 2),
        ("from zoo import before_keras", 1),
        # Keras finds no backend at first.
        (
            "import os; os.environ['BROKEN'] = '1'\n"
            "try: import keras\n"
            "except ImportError: del os.environ['BROKEN']; import keras",
            1,
        ),
    ],
)
def test_it_registers_once_keras_is_whole(
    tmp_path: Path, program: str, times: int
) -> None:
    """With a Keras of one file, in the order of the program."""
    (tmp_path / "keras.py").write_text(
        "import os\nif 'BROKEN' in os.environ: raise ImportError\nWHOLE = True\n"
    )
    (tmp_path / "before_keras.py").write_text("import keras\nprint('itself')\n")
    printed = output_of(
        "import sys, zoo, zoo.keras_objects as objects\n"
        f"zoo.__path__.append({str(tmp_path)!r})\n"
        "def note():\n"
        "    keras = sys.modules['keras']\n"
        "    own = type(keras.__loader__).__name__ == 'SourceFileLoader'\n"
        "    print(keras.WHOLE and own and keras.__spec__.loader is keras.__loader__)\n"
        "objects._import_all = note\n" + program,
        tmp_path,
    ).split()
    assert printed.count("True") == times
    assert printed == ["itself"] * ("before" in program) + ["True"] * times


def test_what_keras_cannot_take_is_only_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(keras_objects, "MODULES", ("zoo.no_such_module",))
    keras_objects.register_with_keras()
    assert "zoo.no_such_module" in caplog.text
