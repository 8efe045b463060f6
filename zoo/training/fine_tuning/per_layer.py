"""A learning rate for each layer, by a variant of any Keras optimizer."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from zoo.errors import InputError
from zoo.training.fine_tuning.groups import layer_groups

BUILT_IN = (
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "Muon",
    "Nadam",
    "RMSprop",
    "SGD",
)


def layer_rates(
    optimizer: keras.optimizers.Optimizer, multipliers: Mapping[str, float]
) -> keras.optimizers.Optimizer:
    """Gives layers learning rates of their own.

    The rate of a variable w of layer l is multiplier(l) * learning_rate, for the step
    of the optimizer and for its weight decay. It is the rate that is scaled: a scaled
    gradient would change nothing for Adam and its kind, whose steps do not depend on
    the scale of gradients. Schedules, `LearningRateScheduler`, loss scaling, gradient
    clipping, accumulation, averages of weights and tf.distribute work as before.

    Args:
        optimizer: Any, not yet used for training.
        multipliers: From the name of a layer to its multiplier, 0 or more; other layers
            have 1.

    Returns:
        A new optimizer with the same configuration, of a class that is a subclass of
        the optimizer's. Its configuration holds the multipliers. A model that was
        saved with it is loaded by `keras.saving.load_model` where zoo is imported.

    Raises:
        InputError: The optimizer has been used, or a multiplier is negative.
    """
    if optimizer.built:
        raise InputError(
            "Expected an optimizer that is not in use: its state is not carried over. "
            f"Received: {optimizer.name!r}, which has trained "
            f"{int(optimizer.iterations)} steps"
        )
    wrong = {name: m for name, m in multipliers.items() if not m >= 0}
    if wrong:
        raise InputError(f"Expected multipliers of 0 or more. Received: {wrong}")
    return variant(optimizer, multipliers=dict(multipliers))


def layerwise_decay(
    optimizer: keras.optimizers.Optimizer, model: keras.Model, decay: float = 0.8
) -> keras.optimizers.Optimizer:
    """Lowers the learning rate from the head to the input, group by group.

    The group that is d groups in front of the head has decay ** d times the learning
    rate; the head has all of it. Motif scanners near the input are common to tasks and
    need the least change.

    Args:
        optimizer: As in `layer_rates`.
        model: Its groups are those of `zoo.training.layer_groups`.
        decay: Between 0 and 1.

    Returns:
        As `layer_rates`.

    Raises:
        InputError: As `layer_rates`, or a decay outside of (0, 1].

    Source:
        Howard and Ruder 2018, arXiv:1801.06146, section 3.2 (decay 1 / 2.6); Clark et
        al. 2020, arXiv:2003.10555 (0.8 per layer).
    """
    if not 0 < decay <= 1:
        raise InputError(f"Expected a decay above 0, at most 1. Received: {decay}")
    groups = reversed(layer_groups(model).values())
    return layer_rates(
        optimizer,
        {layer.name: decay**d for d, group in enumerate(groups) for layer in group},
    )


def variant(optimizer: Any, **changes: Mapping[str, Any]) -> Any:
    """The optimizer anew, unbuilt, with other `multipliers` or `beginnings`."""
    if hasattr(optimizer, "inner_optimizer"):  # scales the loss
        inner = variant(optimizer.inner_optimizer, **changes)
        return type(optimizer)(**optimizer.get_config() | {"inner_optimizer": inner})
    # On PyTorch, Keras puts a faster class in place of the one it exports, whose steps
    # know no single variables.
    mro: tuple[Any, ...] = type(optimizer).__mro__
    base = next(c for c in mro if not c.__module__.startswith("keras.src.backend."))
    made = base if issubclass(base, PerVariable) else _class_of(base)
    return made.from_config(optimizer.get_config() | changes)


class PerVariable:
    """Mixed into an optimizer: rates and counts of steps for each variable.

    Args:
        multipliers: Factors of the learning rate, by the name of a layer.
        beginnings: By a variable's path: how many steps the optimizer had made when
            the variable became trainable. Its own steps are counted from there, which
            is what the bias correction of Adam has to know: the first steps would
            otherwise be up to six times as large.
        *args, **kwargs: The optimizer's own.
    """

    def __init__(
        self,
        *args: Any,
        multipliers: Mapping[str, float] | None = None,
        beginnings: Mapping[str, int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.multipliers = dict(multipliers or {})
        self.beginnings = dict(beginnings or {})
        self._multiplier_now = 1.0
        self._beginning_now = 0

    def build(self, variables: Sequence[Any]) -> None:
        """As the optimizer's."""
        if self.built:  # type: ignore[attr-defined]
            return
        super().build(variables)  # type: ignore[misc]
        self._multipliers = tuple(self._multiplier(v.path) for v in variables)
        self._beginnings = tuple(self.beginnings.get(v.path, 0) for v in variables)

    def _multiplier(self, path: str) -> float:
        parts = path.split("/")
        return next((self.multipliers[p] for p in parts if p in self.multipliers), 1.0)

    @property
    def iterations(self) -> Any:
        """Steps made; within the step of a variable, those of the variable."""
        steps = super().iterations  # type: ignore[misc]
        return steps - self._beginning_now if self._beginning_now else steps

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """The optimizer's step with the variable's own learning rate."""
        index = self._get_variable_index(variable)  # type: ignore[attr-defined]
        self._beginning_now = self._beginnings[index]
        try:
            rate = learning_rate * self._multipliers[index]
            super().update_step(gradient, variable, rate)  # type: ignore[misc]
        finally:
            self._beginning_now = 0

    def _apply_weight_decay(self, variables: Sequence[Any]) -> None:
        # Decay is w * weight_decay * learning_rate, and so it has to follow the rate.
        groups = defaultdict(list)
        for variable in variables:
            index = self._get_variable_index(variable)  # type: ignore[attr-defined]
            groups[self._multipliers[index]].append(variable)
        for multiplier, group in groups.items():
            self._multiplier_now = multiplier
            try:
                super()._apply_weight_decay(group)  # type: ignore[misc]
            finally:
                # Not what it was before: replicas take turns within these lines.
                self._multiplier_now = 1.0

    def _get_current_learning_rate(self) -> Any:
        rate = super()._get_current_learning_rate()  # type: ignore[misc]
        return rate if self._multiplier_now == 1.0 else rate * self._multiplier_now

    def get_config(self) -> dict[str, Any]:
        """The optimizer's, with the multipliers and beginnings."""
        own = {
            "multipliers": dict(self.multipliers),
            "beginnings": dict(self.beginnings),
        }
        config: dict[str, Any] = super().get_config()  # type: ignore[misc]
        return config | own


@functools.cache
def _class_of(base: type) -> Any:
    made = type(f"PerVariable{base.__name__}", (PerVariable, base), {})
    return keras.saving.register_keras_serializable(package="seqzoo")(made)


# Known by name when a saved model is loaded.
for _name in BUILT_IN:
    _class_of(getattr(keras.optimizers, _name))
