"""All that a training run is at one step, out of the objects and back into them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from zoo.models.weights import addresses
from zoo.training.checkpointing.checkpoint_file import CheckpointError

Values = dict[str, np.ndarray]

# What Keras's own callbacks know beyond their arguments. Others tell it themselves by
# two methods, state() and restore(state).
_KERAS_CALLBACKS: dict[type, tuple[str, ...]] = {
    keras.callbacks.EarlyStopping: (
        "wait",
        "best",
        "best_epoch",
        "stopped_epoch",
        "best_weights",
    ),
    keras.callbacks.ReduceLROnPlateau: ("wait", "best", "cooldown_counter"),
    keras.callbacks.ModelCheckpoint: ("best", "epochs_since_last_save"),
    keras.callbacks.SwapEMAWeights: ("_ema_weights_in_model",),
}


def variables(model: keras.Model) -> dict[str, dict[str, Any]]:
    """Every variable that training changes, by group and address.

    Groups: "weights" as in `zoo.models.weights`; "optimizer" (iterations, moments,
    averages of weights, loss scale); "layers", all else that layers hold (states of
    seed generators); "metrics", sums within the epoch. No address has the counters of
    automatic names of optimizers, metrics and seed generators in it.
    """
    weights = addresses(model)
    metrics = _numbered(
        (metric.name, variable)
        for metric in model.metrics
        for variable in metric.variables
    )
    seen = {id(v) for v in [*weights.values(), *metrics.values()]}
    layers: list[tuple[str, Any]] = []
    for layer in [*model.layers, model]:
        name = "model" if layer is model else layer.name
        for variable in layer.variables:
            if id(variable) not in seen:
                seen.add(id(variable))
                layers.append((name, variable))
    return {
        "weights": weights,
        "optimizer": _optimizer(model.optimizer),
        "layers": _numbered(layers),
        "metrics": metrics,
    }


def capture(variables: Mapping[str, Any]) -> Values:
    """Values of variables by address; half precision as float32, which holds it."""
    return {address: _numpy(variable) for address, variable in variables.items()}


def differences(expected: Values, found: Mapping[str, Any], group: str) -> list[str]:
    """In what the variables of a model are not those of a checkpoint."""
    lines = [f"{group} {a}: only in the checkpoint" for a in expected if a not in found]
    for address, variable in found.items():
        if address not in expected:
            lines.append(f"{group} {address}: not in the checkpoint")
        elif expected[address].shape != tuple(variable.shape):
            lines.append(
                f"{group} {address}: {expected[address].shape} in the checkpoint, "
                f"{tuple(variable.shape)} in the model"
            )
    return lines


def assign(variables: Mapping[str, Any], values: Values) -> None:
    """Gives variables their values of a checkpoint."""
    for address, variable in variables.items():
        variable.assign(values[address])


def generators() -> dict[str, Any]:
    """The state of Python's, NumPy's and Keras's global random numbers."""
    version, key, gauss = random.getstate()
    seed = _global_seed()
    return {
        "python": {"version": version, "key": list(key), "gauss": gauss},
        "numpy": _plain(np.random.get_state(legacy=False)),
        "keras": None if seed is None else _numpy(seed.state).tolist(),
    }


def restore_generators(state: Mapping[str, Any]) -> None:
    """Sets what `generators` has recorded."""
    if state["keras"] is not None:
        seed = _global_seed(make=True)  # may draw from Python's
        seed.state.assign(np.array(state["keras"], dtype=str(seed.state.dtype)))
    python, numpy = state["python"], state["numpy"]
    random.setstate((python["version"], tuple(python["key"]), python["gauss"]))
    key = np.array(numpy["state"]["key"], dtype=np.uint32)
    np.random.set_state({**numpy, "state": {**numpy["state"], "key": key}})


def callbacks_state(callbacks: Sequence[Any]) -> dict[str, Any]:
    """What callbacks remember, by their place and class."""
    return {
        address: (
            {name: getattr(callback, name) for name in names if hasattr(callback, name)}
            if names
            else callback.state()
        )
        for address, callback, names in _stateful(callbacks)
    }


def prepare_callbacks(
    callbacks: Sequence[Any], state: Mapping[str, Any], model: keras.Model
) -> None:
    """Lets callbacks that change what is trained do so, before variables are read."""
    for address, callback, _ in _stateful(callbacks):
        if address in state and hasattr(callback, "prepare"):
            callback.prepare(model, state[address])


def restore_callbacks(callbacks: Sequence[Any], state: Mapping[str, Any]) -> None:
    """Gives callbacks what they remembered.

    Raises:
        CheckpointError: They are not those of the checkpoint.
    """
    found = _stateful(callbacks)
    present = {address for address, _, _ in found}
    if present != state.keys():
        raise CheckpointError(
            "Expected the callbacks of the checkpoint: "
            f"{', '.join(sorted(state)) or 'none'}. Received: "
            f"{', '.join(sorted(present)) or 'none'}. Give the same ones in the same "
            "order, or start in another folder."
        )
    for address, callback, names in found:
        if not names:
            callback.restore(state[address])
        for name in names:
            if name in state[address]:
                setattr(callback, name, state[address][name])


def _stateful(callbacks: Sequence[Any]) -> list[tuple[str, Any, tuple[str, ...]]]:
    found: list[tuple[str, Any, tuple[str, ...]]] = []
    for callback in callbacks:
        names = next(
            (n for kind, n in _KERAS_CALLBACKS.items() if isinstance(callback, kind)),
            (),
        )
        own = all(callable(getattr(callback, n, None)) for n in ("state", "restore"))
        if own or names:
            address = f"{len(found)} {type(callback).__name__}"
            found.append((address, callback, () if own else names))
    return found


def _optimizer(optimizer: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for variable in optimizer.variables:
        # A path starts with the optimizer's name, which counts earlier optimizers. The
        # optimizer inside another one has variables of the same names.
        inside = variable.path.partition("/")[2] or variable.name
        address, number = inside, 1
        while address in found:
            number += 1
            address = f"{inside}@{number}"
        found[address] = variable
    return found


def _numbered(named: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """`OWNER/N/VARIABLE`, N counting the owner's variables."""
    counts: dict[str, int] = {}
    found = {}
    for owner, variable in named:
        number = counts[owner] = counts.get(owner, -1) + 1
        found[f"{owner}/{number}/{variable.name}"] = variable
    return found


def _numpy(variable: Any) -> np.ndarray:
    values = keras.ops.convert_to_numpy(variable)
    # bfloat16 and the float8 types are not NumPy's own, nor HDF5's.
    return values if values.dtype.kind in "biuf" else values.astype(np.float32)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(v) for key, v in value.items()}
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def _global_seed(make: bool = False) -> Any:
    """Keras's generator for random numbers without a seed, if there is one yet."""
    # Keras has no public name for either.
    from keras.src.backend.common.global_state import get_global_attribute
    from keras.src.random.seed_generator import global_seed_generator

    if make:
        return global_seed_generator()
    return get_global_attribute("global_seed_generator")
