"""Columns of a table -> what a model reads beside the sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from zoo.data.sources.labels import Labels, names_of

Columns = Mapping[str, str | Sequence[str]]


class InputColumns(Labels):
    """How the cells of some columns become inputs: numbers, NaN where one is missing.

    Args:
        inputs: By the name of the model's input a column, for one number per example,
            or a list of them, for several.
    """

    kind = "input"

    def __init__(self, inputs: Columns | None) -> None:
        self._inputs = dict(inputs or {})
        self._names = {
            n: names_of(c, f"inputs[{n!r}]") for n, c in self._inputs.items()
        }
        every = [column for columns in self._names.values() for column in columns]
        super().__init__(tuple(dict.fromkeys(every)))

    def by_name(
        self, values: npt.NDArray[np.float32]
    ) -> dict[str, npt.NDArray[np.float32]]:
        """The inputs, `(n,)` or `(n, columns)` each, from what `parse` gave."""
        found = {}
        for name, columns in self._names.items():
            places = [self.columns.index(column) for column in columns]
            single = isinstance(self._inputs[name], str)
            found[name] = values[:, places[0] if single else places]
        return found
