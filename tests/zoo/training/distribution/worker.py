"""One of two workers, as TF_CONFIG says; prints JSON a line, then worker 1 dies."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import Any

import keras

from tests.zoo.training.distribution import cases
from zoo.training import strategy


def bare_keras(where: Any) -> str:
    """What `fit` of Keras says without our help; empty if it works."""
    with where.scope():
        model = cases.network()
        model.compile(optimizer="sgd", loss="mse")
    try:
        model.fit(where.dataset(cases.batches()), verbose=0)
    except ValueError as error:
        return str(error)
    return ""


class Die(keras.callbacks.Callback):
    """SIGKILL in the middle of an epoch."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if batch == 20:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    where = strategy("auto", timeout=60)
    found = cases.results(where)
    found["bare"] = bare_keras(where)
    found["who"] = [where.kind, where.worker, where.workers, where.is_chief]
    print(json.dumps(found), flush=True)
    with where.scope():
        model = cases.compiled(where)
    data = where.dataset(cases.batches().repeat())
    began = time.monotonic()
    try:
        callbacks = [Die()] if where.worker == 1 else []
        model.fit(
            data, steps_per_epoch=100_000, verbose=0, shuffle=False, callbacks=callbacks
        )
    except Exception as error:
        seconds = time.monotonic() - began
        print(json.dumps([type(error).__name__, seconds]), flush=True)


if __name__ == "__main__":
    main()
