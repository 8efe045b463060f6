"""The methods by name: pairs of sequences and references, and steps over them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from zoo.data.sequences import batch_rows
from zoo.dna import Codes
from zoo.interpretation.contributions.deeplift import DeepLiftStep
from zoo.interpretation.contributions.differentiation import compiled
from zoo.interpretation.contributions.gradients import (
    CHOICE,
    NOISE,
    POSITION,
    REFERENCE,
    SEQUENCE,
    WEIGHT,
    GradientStep,
)
from zoo.interpretation.contributions.references import seed_of
from zoo.interpretation.contributions.rules import quadrature
from zoo.interpretation.contributions.walking import hard, soft
from zoo.interpretation.mutagenesis.full import TargetValues, slices
from zoo.interpretation.targets import Targets

Values = npt.NDArray[np.float32]
Inputs = Mapping[str, npt.NDArray[Any]]

METHODS = (
    "deeplift",
    "gradient_x_input",
    "integrated_gradients",
    "expected_gradients",
    "smooth_gradients",
    "mutagenesis",
)
#: Those whose references are shuffles, unless others are given.
WITH_REFERENCES = ("deeplift", "expected_gradients")
#: Those that take references at all.
TAKE_REFERENCES = (*WITH_REFERENCES, "integrated_gradients")
#: Of the noise of smooth gradients, in one-hot; Smilkov et al. advise 10% to 20%.
NOISE_LEVEL = 0.15

_AT_SEQUENCES = "gradient_x_input"  # whose gradients are at one-hot sequences

_steps: weakref.WeakKeyDictionary[keras.Model, dict[Any, Any]] = (
    weakref.WeakKeyDictionary()
)


@dataclass(frozen=True, eq=False)
class Found:
    """Of some sequences, with the targets on the last axis.

    Attributes:
        hypothetical: float32 (sequence, position, 4, target).
        contributions: float32 (sequence, position, target).
        values: float32 (sequence, target): of the sequences.
        reference_values: float32 (sequence, target): the mean of the references.
    """

    hypothetical: Values
    contributions: Values
    values: Values
    reference_values: Values


@dataclass(frozen=True)
class Method:
    """What is computed by gradients.

    Attributes:
        name: One of `METHODS` but "mutagenesis".
        num_steps: Points on a way, or draws of noise.
        seed: Of what is drawn.
    """

    name: str
    num_steps: int
    seed: int

    def pairs(self, codes: Codes, references: Codes | None) -> Inputs:
        """What steps are given beside the model's inputs.

        Args:
            codes: uint8 (sequence, position).
            references: uint8 (sequence, reference, position), or None for equal parts
                of all bases.
        """
        count = 1 if references is None else references.shape[1]
        position, weight = np.ones(1), np.ones(1)
        if self.name == "integrated_gradients":
            position, weight = map(np.array, quadrature(self.num_steps))
        elif self.name == "smooth_gradients":
            position = np.ones(self.num_steps)
            weight = np.full(self.num_steps, 1 / self.num_steps)
        steps = len(position)
        shape = (len(codes), count, steps)
        position = np.broadcast_to(position, shape)
        drawn = self.name in ("expected_gradients", "smooth_gradients")
        seeds = [seed_of(each, self.seed) for each in codes] if drawn else []
        draws = [np.random.default_rng(number) for number, _ in seeds]
        if self.name == "expected_gradients":
            # One of each of as many parts of the way.
            parts = np.stack([draw.permutation(count) for draw in draws])
            within = np.stack([draw.random(count) for draw in draws])
            position = ((parts + within) / count)[..., None]
        found: dict[str, npt.NDArray[Any]] = {
            SEQUENCE: codes,
            POSITION: position.reshape(-1).astype(np.float32),
            WEIGHT: np.broadcast_to(weight / count, shape)
            .reshape(-1)
            .astype(np.float32),
        }
        if references is not None:
            of_each = np.repeat(references, steps, axis=1)
            found[REFERENCE] = of_each.reshape(-1, codes.shape[1])
        if self.name == "smooth_gradients":
            noise = [
                draw.normal(0, NOISE_LEVEL, (steps, codes.shape[1], 4))
                for draw in draws
            ]
            noise = [
                each[:, ::-1, ::-1] if turned else each
                for each, (_, turned) in zip(noise, seeds, strict=True)
            ]
            found[NOISE] = np.concatenate(noise).astype(np.float32)
        return found

    @property
    def pairs_of_each(self) -> int:
        """Pairs of a sequence and one reference."""
        steps = ("integrated_gradients", "smooth_gradients")
        return self.num_steps if self.name in steps else 1


def computed(
    model: keras.Model,
    targets: Targets,
    method: Method,
    codes: Codes,
    references: Codes | None,
    inputs: Inputs,
    batch_size: int,
) -> Found:
    """All targets of all sequences, in batches of pairs.

    Args:
        model: Whose targets are explained.
        targets: Of the model.
        method: By gradients.
        codes: uint8 (sequence, position).
        references: uint8 (sequence, reference, position), or None.
        inputs: Of the model beside the sequences, one row for each.
        batch_size: Pairs per batch, at least those of one sequence.
    """
    step, compute = step_of(model, targets, codes.shape[1], method.name)
    count, length = codes.shape
    each = method.pairs_of_each * (1 if references is None else references.shape[1])
    rows = max(1, batch_rows(batch_size, length) // each)
    rows = min(rows, 1 << (count - 1).bit_length())
    found = Found(
        np.empty((count, length, 4, len(targets)), np.float32),
        np.empty((count, length, len(targets)), np.float32),
        np.empty((count, len(targets)), np.float32),
        np.empty((count, len(targets)), np.float32),
    )
    for some in slices(count, rows):
        kept = min(rows, count - some.start)
        # Each new shape is compiled: the last batch is filled up.
        at = np.minimum(np.arange(some.start, some.stop), count - 1)
        of_each = None if references is None else references[at]
        given = {
            **method.pairs(codes[at], of_each),
            **{f"input_{name}": array[at] for name, array in inputs.items()},
        }
        for place in range(len(targets)):
            choice = np.eye(len(targets), dtype=np.float32)[place]
            result = compute({**given, CHOICE: choice})
            found.hypothetical[some, ..., place] = result["hypothetical"][:kept]
            found.contributions[some, ..., place] = result["contributions"][:kept]
        if isinstance(step, DeepLiftStep) or method.name == _AT_SEQUENCES:
            found.values[some] = result["values"][:kept]
        if isinstance(step, DeepLiftStep):
            before = result["reference_values"].reshape(rows, each, -1).mean(axis=1)
            found.reference_values[some] = before[:kept]
    values = TargetValues(model, targets, batch_size)
    if isinstance(step, GradientStep):
        if method.name != _AT_SEQUENCES:
            found.values[:] = values(codes, inputs)
        if references is None:
            found.reference_values[:] = _of_no_base(model, codes, targets, inputs)
        else:
            flat = references.reshape(-1, length)
            repeated = {
                n: np.repeat(x, references.shape[1], axis=0) for n, x in inputs.items()
            }
            of_all = values(flat, repeated).reshape(count, -1, len(targets))
            found.reference_values[:] = of_all.mean(axis=1)
    return found


def _of_no_base(
    model: keras.Model,
    codes: Codes,
    targets: Targets,
    inputs: Inputs,
) -> Values:
    """The targets where each position is a quarter of each base."""
    _, compute = step_of(model, targets, codes.shape[1], "integrated_gradients")
    rows = []
    for row in range(len(codes) if inputs else 1):
        zero = np.zeros(1, np.float32)
        further: dict[str, npt.NDArray[Any]] = {
            f"input_{name}": array[row : row + 1] for name, array in inputs.items()
        }
        further |= {SEQUENCE: codes[row : row + 1], POSITION: zero, WEIGHT: zero}
        further[CHOICE] = np.zeros(len(targets), np.float32)
        rows.append(compute(further)["values"][0])
    return np.stack(rows)


def step_of(
    model: keras.Model, targets: Targets, length: int, method: str
) -> tuple[GradientStep | DeepLiftStep, Callable[[Inputs], dict[str, Any]]]:
    """The step of a method and its compiled function, made once for each model."""
    of_model = _steps.setdefault(model, {})
    kind = method if method in ("deeplift", _AT_SEQUENCES) else ""
    key = (kind, targets.all, length, tuple(map(id, model.variables)))
    if key not in of_model:
        step: GradientStep | DeepLiftStep
        if kind == "deeplift":
            step = DeepLiftStep(model, targets, length)
        else:
            call = hard if kind == _AT_SEQUENCES else soft
            step = GradientStep(model, targets, length, call)
        of_model[key] = step, compiled(model, step)
    found: tuple[Any, Callable[[Inputs], dict[str, Any]]] = of_model[key]
    return found
