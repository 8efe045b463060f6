"""What contributions cost: gradient x input beside predicting, DeepLIFT beside others.

    python -m tools.bench.contributions [--sequences 1000] [--tangermeme PYTHON]

CPU seconds on one thread, medians of interleaved repeats; the ratios come from one run.
The first table has every release and its first output, the second DeepLIFT with 20
references of a network (stem 64 x 15, maxima of 4, four residual dilated layers of
64 x 3, mean) by us and, with PYTHON one that has tangermeme 1.6, by it in turn.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Callable
from typing import Any

os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

import registry
import zoo
from tools.bench.timing import Seconds, medians, print_table, timed
from zoo.interpretation.targets import targets_of
from zoo.models.creation import origin
from zoo.models.interface import input_length, outputs_of

RATIO = 3.5  # at most, of gradient x input
_DILATIONS = (1, 2, 4, 8)
_TORCH = """
import sys, time, torch, warnings
from tangermeme.deep_lift_shap import deep_lift_shap
warnings.simplefilter("ignore")
torch.set_num_threads(1)

class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = torch.nn.Conv1d(4, 64, 15, padding="same")
        self.pool = torch.nn.MaxPool1d(4)
        self.tower = torch.nn.ModuleList(
            torch.nn.Conv1d(64, 64, 3, dilation=d, padding="same") for d in %s)
        self.relus = torch.nn.ModuleList(torch.nn.ReLU() for _ in range(%d))
        self.head = torch.nn.Linear(64, 1)
    def forward(self, x):
        x = self.pool(self.relus[0](self.stem(x)))
        for layer, relu in zip(self.tower, self.relus[1:]):
            x = x + relu(layer(x))
        return self.head(x.mean(axis=2))

model = Network().eval()
n, length = map(int, sys.argv[1:])
codes = torch.randint(0, 4, (n, length))
x = torch.nn.functional.one_hot(codes, 4).permute(0, 2, 1).float()
print("ready", flush=True)
for _ in sys.stdin:
    wall, cpu = time.perf_counter(), time.process_time()
    deep_lift_shap(model, x, device="cpu", n_shuffles=20, random_state=0,
                   hypothetical=True, warning_threshold=1e9)
    print(time.perf_counter() - wall, time.process_time() - cpu, flush=True)
"""


def network(length: int) -> keras.Model:
    """The one that PyTorch has in `_TORCH`."""
    sequence = keras.Input((length, 4))
    x = layers.Conv1D(64, 15, padding="same", activation="relu")(sequence)
    x = layers.MaxPooling1D(4)(x)
    for rate in _DILATIONS:
        options: dict[str, Any] = {"dilation_rate": rate, "activation": "relu"}
        x = layers.Add()([x, layers.Conv1D(64, 3, padding="same", **options)(x)])
    return keras.Model(sequence, layers.Dense(1)(layers.GlobalAveragePooling1D()(x)))


def of_releases(sequences: int, repeats: int) -> None:
    """Predicting, and gradient x input of the first output."""
    rows = []
    for release in registry.list_releases():
        model = zoo.load(release.name)
        made = origin(model)
        known = made.training_length if made is not None else None
        length = input_length(model) or known or 100
        count = min(sequences, max(32, sequences * 200 // length))
        codes = np.random.default_rng(0).integers(0, 4, (count, length))
        codes = codes.astype(np.uint8)
        scalar = any(len(x.shape) == 2 for x in outputs_of(model).values())
        options: dict[str, Any] = {} if scalar else {"reduction": "mean"}
        names = targets_of(model, **options).names
        options["outputs"] = names[:1]
        work: dict[str, Callable[[], object]] = {
            "predict": lambda m=model, x=codes: zoo.predict(m, x),  # type: ignore[misc]
            "gradient": lambda m=model, x=codes, o=options: zoo.contributions(  # type: ignore[misc]
                m, x, method="gradient_x_input", **o
            ),
        }
        found = medians(work, repeats)
        ratio = found["gradient"].cpu / found["predict"].cpu
        times = [1000 * found[name].cpu / count for name in work]
        rows.append((release.name, length, count, *times, ratio))
    header = ("release", "bp", "sequences", "predict ms", "gradient ms", "ratio")
    print_table(header, rows)
    print(f"at most {RATIO} is aimed at\n")


class Tangermeme:
    """Another process that times itself when it is asked to."""

    def __init__(self, python: str, sequences: int, length: int) -> None:
        code = _TORCH % (_DILATIONS, len(_DILATIONS) + 1)
        self._process = subprocess.Popen(
            [python, "-c", code, str(sequences), str(length)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": ""},
        )
        self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def __call__(self) -> Seconds:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return Seconds(*map(float, self._answer().split()))

    def close(self) -> None:
        """Ends it."""
        self._process.communicate()


def of_deeplift(python: str | None, sequences: int, length: int, repeats: int) -> None:
    """DeepLIFT, in turn with that of tangermeme."""
    model = network(length)
    codes = np.random.default_rng(0).integers(0, 4, (sequences, length))
    codes = codes.astype(np.uint8)
    other = Tangermeme(python, sequences, length) if python else None
    mine, theirs, bare = [], [], []
    for number in range(repeats + 1):
        taken = timed(lambda: zoo.contributions(model, codes, batch_size=128)).cpu
        whole = timed(lambda: zoo.predict(model, np.repeat(codes, 20, axis=0))).cpu
        its = other().cpu if other is not None else float("nan")
        if number:
            mine.append(taken)
            bare.append(whole)
            theirs.append(its)
    if other is not None:
        other.close()
    ours, predicting, its = (float(np.median(each)) for each in (mine, bare, theirs))
    header = ("DeepLIFT, 20 references", "s a sequence", "of predicting 20", "of it")
    rows = [
        ("zoo.contributions", ours / sequences, ours / predicting, ours / its),
        ("tangermeme", its / sequences, its / predicting, 1.0),
    ]
    print_table(header, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--length", type=int, default=1000)
    parser.add_argument("--tangermeme", metavar="PYTHON", help="a Python that has it")
    arguments = parser.parse_args()
    of_releases(arguments.sequences, arguments.repeats)
    of_deeplift(arguments.tangermeme, 8, arguments.length, arguments.repeats)


if __name__ == "__main__":
    main()
