"""Low-rank adapters of a tied kernel, as Keras has them for its own layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from keras import ops


class LowRankAdapters:
    """Mixed into a layer with a `TiedKernel`: what is learned of it gets an adapter.

    The learned part W of the kernel, one filter of a pair, becomes W + A B with W
    frozen. The partner is tied to that, so the layer is as equivariant as before, at
    any values of A and B:

        kernel               A (kernel_size, channels, rank), B (rank, pairs)
        palindromic_kernel   A (free values, 1, rank), B (rank, palindromic filters)

    B begins at 0, and so the layer's function where it was.

    Source:
        Hu et al. 2022, arXiv:2106.09685, with the matrix of a convolution as
        `keras.layers.Conv1D` has it. Deviation: no factor alpha / rank.
    """

    lora_enabled = False
    lora_rank: int | None = None

    def enable_lora(self: Any, rank: int) -> None:
        """Adds the adapters, "lora_kernel_a" and "lora_kernel_b", and freezes the rest.

        Args:
            rank: Number of columns of A.

        Raises:
            ValueError: The layer is not built, has adapters already, or a constraint
                on its kernel, which nothing would keep.
        """
        if not self.built or self.lora_enabled or self.kernel_constraint:
            raise ValueError(
                f"enable_lora needs a built layer without adapters and without "
                f"kernel_constraint. Received: {self.name!r}, built={self.built}, "
                f"lora_enabled={self.lora_enabled}, "
                f"kernel_constraint={self.kernel_constraint}"
            )
        self._tracker.unlock()
        for name, kernel in self._learned():
            factors = [
                self.add_weight(
                    name=f"lora_{name}_{factor}",
                    shape=shape,
                    initializer=initializer,
                    regularizer=self.kernel_regularizer,
                    dtype="float32",  # the small steps of fine-tuning need it
                )
                for factor, shape, initializer in (
                    ("a", (*kernel.shape[:-1], rank), "he_uniform"),
                    ("b", (rank, kernel.shape[-1]), "zeros"),
                )
            ]
            kernel.trainable = False
            self._kernel.adapters[name] = tuple(factors)
        self._tracker.lock()
        self.lora_enabled = True
        self.lora_rank = rank

    def merge_lora(self: Any) -> None:
        """Adds A B to the kernel and removes the adapters: the same function."""
        for name, kernel in self._learned():
            kernel.assign(self._merged(name, kernel))
            for factor in self._kernel.adapters.pop(name):
                self._untrack_variable(factor)
            kernel.trainable = self.trainable
        self.lora_enabled = False
        self.lora_rank = None

    def adapters(self: Any) -> list[tuple[Any, Any, Any]]:
        """Each adapted variable with its factors A and B."""
        return [(k, *self._kernel.adapters[n]) for n, k in self._learned()]

    def save_own_variables(self: Any, store: dict[str, Any]) -> None:
        """Writes the layer as if it were merged, as Keras's layers do."""
        names = dict(self._learned())
        for index, variable in enumerate(self._without_adapters()):
            name = next((n for n, k in names.items() if k is variable), None)
            adapted = name in self._kernel.adapters
            store[str(index)] = self._merged(name, variable) if adapted else variable

    def load_own_variables(self: Any, store: Mapping[str, Any]) -> None:
        """Reads what `save_own_variables` wrote; adapters begin at 0 again."""
        if not self.lora_enabled:
            super().load_own_variables(store)  # type: ignore[misc]
            return
        for index, variable in enumerate(self._without_adapters()):
            variable.assign(store[str(index)])
        for _, b in self._kernel.adapters.values():
            b.assign(ops.zeros(b.shape))

    def _learned(self: Any) -> Iterator[tuple[str, Any]]:
        for name in ("kernel", "palindromic_kernel"):
            kernel = getattr(self._kernel, name)
            if kernel is not None:
                yield name, kernel

    def _merged(self: Any, name: str, kernel: Any) -> Any:
        a, b = self._kernel.adapters[name]
        return ops.add(kernel.value, ops.matmul(a.value, b.value))

    def _without_adapters(self: Any) -> list[Any]:
        found = self._trainable_variables + self._non_trainable_variables
        adapters = {id(v) for pair in self._kernel.adapters.values() for v in pair}
        return [variable for variable in found if id(variable) not in adapters]
