"""Frozen layers that begin to learn in later epochs, in plain `model.fit`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import keras

from zoo.errors import InputError, check_choice
from zoo.training.fine_tuning.adapters import only_adapters
from zoo.training.fine_tuning.groups import (
    ALL,
    HEAD,
    is_batch_normalization,
    layer_groups,
    make_trainable,
    select,
)
from zoo.training.fine_tuning.retracing import beginnings, knows, recompile

BATCH_STATISTICS = ("frozen", "adapting")


class Unfreeze(keras.callbacks.Callback):
    """Freezes all layers but those whose epoch has come.

    Frozen weights do not move, and the layers behind them cost no gradient. When an
    epoch of the schedule begins, its layers become trainable: the training step is
    made anew, and the optimizer keeps the state of the variables that it had.

        model.fit(x, y, epochs=8, callbacks=[Unfreeze({0: "head", 3: "all"})])

    Args:
        schedule: From an epoch, counted from 0, to the groups of layers (see
            `zoo.training.layer_groups`) that are trainable from then on: "head",
            "tower_2", "tower" for all of its groups, "all", or a list of these. What
            is not named before is frozen until then.
        learning_rates: From an epoch to the learning rate from then on. The optimizer's
            learning_rate must be a number.
        batch_statistics: "frozen": batch normalization outside of the head uses its
            released statistics and keeps scale and offset in all epochs, as it should
            where batches are small or unlike those of the release; the loss is then
            what prediction gives. "adapting": it learns with its group, statistics
            included.

    Raises:
        InputError: A schedule without epochs, or with a name that is no group of the
            model.

    Source:
        Head first and then all: e.g. Kumar et al. 2022, arXiv:2202.10054. From the
        last layer to the first: Howard and Ruder 2018, arXiv:1801.06146, section 3.3.
    """

    def __init__(
        self,
        schedule: Mapping[int, str | Iterable[str]],
        *,
        learning_rates: Mapping[int, float] | None = None,
        batch_statistics: str = "frozen",
    ) -> None:
        super().__init__()
        if not schedule or any(epoch < 0 for epoch in schedule):
            raise InputError(
                "Expected a schedule from epochs, counted from 0, to groups of layers, "
                f'such as {{0: "head", 3: "all"}}. Received: {schedule!r}'
            )
        check_choice("batch_statistics", batch_statistics, BATCH_STATISTICS)
        self.schedule = {
            epoch: [names] if isinstance(names, str) else list(names)
            for epoch, names in sorted(schedule.items())
        }
        self.learning_rates = dict(sorted((learning_rates or {}).items()))
        self.batch_statistics = batch_statistics
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Makes trainable what the epoch says."""
        self._epoch = epoch
        self.apply(self.model, epoch)
        if epoch in self.learning_rates:
            self.model.optimizer.learning_rate = self.learning_rates[epoch]

    def apply(self, model: keras.Model, epoch: int) -> None:
        """Puts a model, compiled or not, into the state of an epoch."""
        named = [n for first, ns in self.schedule.items() if first <= epoch for n in ns]
        before = _identities(model.trainable_variables)
        set_trainable(model, named, batch_statistics=self.batch_statistics)
        if getattr(model, "optimizer", None) is None:  # not compiled
            return
        now = model.trainable_variables
        if _identities(now) != before or not knows(model.optimizer, now):
            recompile(model)

    def state(self) -> dict[str, Any]:
        """The epoch, and when each variable began to move, for a checkpoint."""
        return {"epoch": self._epoch, "beginnings": beginnings(self.model.optimizer)}

    def prepare(self, model: keras.Model, state: Mapping[str, Any]) -> None:
        """Puts a model and its optimizer into the state of a checkpoint.

        Before the optimizer's variables are read: which there are depends on it.
        """
        self._epoch = state["epoch"]
        self.apply(model, self._epoch)
        if state["beginnings"] != beginnings(model.optimizer):
            recompile(model, dict(state["beginnings"]))

    def restore(self, state: Mapping[str, Any]) -> None:
        """Done by `prepare`."""


def two_phase(
    head_epochs: int = 3,
    *,
    learning_rate: float | None = None,
    batch_statistics: str = "frozen",
) -> Unfreeze:
    """Two-phase transfer: the head learns alone for some epochs, then all layers.

    A new head begins with random weights, whose gradients would spoil the trunk.

    Args:
        head_epochs: Epochs of the head alone.
        learning_rate: The second phase's, usually a tenth of the first; None goes on
            with the optimizer's.
        batch_statistics: As in `Unfreeze`.

    Returns:
        A callback for `model.fit`.
    """
    rates = None if learning_rate is None else {head_epochs: learning_rate}
    return Unfreeze(
        {0: HEAD, head_epochs: ALL},
        learning_rates=rates,
        batch_statistics=batch_statistics,
    )


def gradual_unfreezing(
    model: keras.Model, epochs_per_group: int = 1, *, batch_statistics: str = "frozen"
) -> Unfreeze:
    """From the head to the input, one group of layers after the other.

    Args:
        model: Its groups are those of `layer_groups`.
        epochs_per_group: Epochs until the next group joins.
        batch_statistics: As in `Unfreeze`.

    Returns:
        A callback for `model.fit`.
    """
    groups = reversed(layer_groups(model))
    schedule = {i * epochs_per_group: name for i, name in enumerate(groups)}
    return Unfreeze(schedule, batch_statistics=batch_statistics)


def set_trainable(
    model: keras.Model,
    names: str | Iterable[str],
    *,
    batch_statistics: str = "frozen",
) -> None:
    """Makes groups of layers trainable and all others not. Compile the model after it.

    Of layers with adapters, only these are trainable. Layers that no training changes,
    "bias_...", stay as they are.

    Args:
        model: With layers of `layer_groups`.
        names: As in the schedule of `Unfreeze`.
        batch_statistics: As in `Unfreeze`.

    Raises:
        InputError: A name that is no group of the model.
    """
    chosen = select(model, names)
    for name, members in layer_groups(model).items():
        for layer in members:
            stays = (
                is_batch_normalization(layer)
                and name != HEAD
                and batch_statistics == "frozen"
            )
            make_trainable(layer, name in chosen and not stays)
            if layer.trainable and getattr(layer, "lora_enabled", False):
                only_adapters(layer)


def _identities(variables: list[Any]) -> list[int]:
    return [id(variable) for variable in variables]
