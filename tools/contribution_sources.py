"""DeepLIFT contributions of a small network by tangermeme, for the tests of ours.

    python -m tools.contribution_sources tests/fixtures/contributions/tangermeme.npz

With PyTorch and tangermeme 1.6, which seqzoo does not need.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np

LENGTH, SEQUENCES, REFERENCES = 48, 4, 3


def network() -> Any:
    """Convolutions, both kinds of pooling, several activations, a residual."""
    import torch

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = torch.nn.Conv1d(4, 8, 7)
            self.relu = torch.nn.ReLU()
            self.pool = torch.nn.MaxPool1d(3)
            self.tower = torch.nn.Conv1d(8, 8, 3, dilation=2, padding="same")
            self.gelu = torch.nn.GELU()
            self.overlapping = torch.nn.MaxPool1d(4, stride=2)
            self.dense = torch.nn.Linear(48, 6)
            self.tanh = torch.nn.Tanh()
            self.head = torch.nn.Linear(6, 2)

        def forward(self, x: Any) -> Any:
            x = self.pool(self.relu(self.stem(x)))
            x = self.overlapping(x + self.gelu(self.tower(x)))
            # As Keras flattens: channels last.
            x = x.transpose(1, 2).flatten(1)
            return self.head(self.tanh(self.dense(x)))

    return Network()


def main(path: Path) -> None:
    """Writes weights, codes and hypothetical contributions of both outputs."""
    import torch

    deep_lift_shap = importlib.import_module("tangermeme.deep_lift_shap").deep_lift_shap
    torch.manual_seed(0)
    model = network().double().eval()
    random = np.random.default_rng(0)
    codes = random.integers(0, 4, (SEQUENCES, LENGTH)).astype("uint8")
    shape = (SEQUENCES, REFERENCES, LENGTH)
    references = random.integers(0, 4, shape).astype("uint8")
    # Nothing differs at the first bases, where there is no quotient.
    references[:, :, :14] = codes[:, None, :14]

    def one_hot(values: np.ndarray) -> Any:
        eye = np.eye(4, dtype="float64")[values]
        return torch.tensor(np.moveaxis(eye, -1, -2).copy())

    found = [
        deep_lift_shap(
            model,
            one_hot(codes),
            target=target,
            references=one_hot(references),
            hypothetical=True,
            device="cpu",
        ).numpy()
        for target in range(2)
    ]
    weights = {
        name.replace(".", "_"): value.detach().numpy().astype("float32")
        for name, value in model.named_parameters()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    hypothetical = np.stack(found, -1).transpose(0, 2, 1, 3).astype("float32")
    np.savez_compressed(
        path, codes=codes, references=references, hypothetical=hypothetical, **weights
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
