"""What `fit` and `evaluate` of Keras 3 need under MultiWorkerMirroredStrategy.

Keras issue 20585, open in 3.15. Two defects of `keras/src/backend/tensorflow/
trainer.py`, each mended on one model only, and only where it is found:

1. `_maybe_symbolic_build` asks the strategy for the mean of a distributed batch, which
   fails for batches of several tensors. Shapes are all it needs, and any replica's
   batch has them.
2. `reduce_per_replica` takes the mean of each step's logs along axis 0, which scalars
   do not have. The logs are given one.

Nothing of Keras is changed for other models, nor for users who do not ask for a
multi-worker strategy.
"""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import keras

# The newest release that was tried: later ones are looked at, with a warning.
_TRIED = (3, 15)


def defects() -> frozenset[str]:
    """Which of the two, "build" and "reduce", the installed Keras has."""
    from keras.src.backend.tensorflow import trainer

    signs = {
        "build": (trainer.TensorFlowTrainer._maybe_symbolic_build, '"MEAN",'),
        "reduce": (trainer.reduce_per_replica, 'strategy.reduce("MEAN", v, axis=0)'),
    }
    return frozenset(
        name for name, (code, sign) in signs.items() if sign in inspect.getsource(code)
    )


def mend(model: keras.Model, strategy: Any) -> None:
    """Lets `fit` and `evaluate` of one model run on several workers.

    Args:
        model: Made in the strategy's scope. Its methods are replaced, on this object.
        strategy: A `tf.distribute.MultiWorkerMirroredStrategy`.
    """
    if getattr(model, "_seqzoo_multi_worker", False):
        return
    found = defects()
    version = tuple(int(part) for part in keras.__version__.split(".")[:2])
    if found and version > _TRIED:
        warnings.warn(
            f"Keras {keras.__version__} still has issue 20585, but the remedy was "
            f"tried up to Keras {'.'.join(map(str, _TRIED))} only. Compare one epoch "
            "with a run on one device, or install that Keras.",
            stacklevel=3,
        )
    if "build" in found:
        model._maybe_symbolic_build = _Build(model, strategy)
    if "reduce" in found:
        model.train_step = _WithAxis(model.train_step)
        model.test_step = _WithAxis(model.test_step)
    model._seqzoo_multi_worker = True


class _Build:
    """`_maybe_symbolic_build`, from this worker's first batch."""

    def __init__(self, model: keras.Model, strategy: Any) -> None:
        self.model = model
        self.strategy = strategy

    def __call__(self, iterator: Any = None, data_batch: Any = None) -> None:
        if iterator is not None:
            # The first (step, step, batches) is enough.
            _, _, batches = next(iter(iterator))
            data_batch = keras.tree.map_structure(
                lambda value: self.strategy.experimental_local_results(value)[0],
                next(batches),
            )
        with self.strategy.scope():
            self.model._symbolic_build(data_batch=data_batch)


class _WithAxis:
    """A step whose logs have a first axis of size 1, along which Keras reduces."""

    def __init__(self, step: Any) -> None:
        self.step = step

    def __call__(self, data: Any) -> Any:
        return keras.tree.map_structure(
            lambda value: keras.ops.expand_dims(value, 0), self.step(data)
        )
