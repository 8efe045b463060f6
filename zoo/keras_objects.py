"""What Keras has to know of ours to read a saved model, made known without being asked.

`keras.saving.load_model` finds layers, losses, metrics and optimizers of other packages
by the names under which they were registered, as their modules were imported. `import
zoo` imports neither them nor Keras; it leaves a finder of modules here, which registers
all of them as soon as both are there, in whatever order, and then goes.
"""

from __future__ import annotations

import importlib
import inspect
import logging
import sys
import threading
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

# Each module that registers something, or a package of such modules.
MODULES = (
    "zoo.layers",
    "zoo.losses",
    "zoo.metrics",
    "zoo.training.distribution.global_batch",
    "zoo.training.fine_tuning.per_layer",
)

logger = logging.getLogger("zoo")


def register_with_keras() -> None:
    """Registers all that a saved model may hold, now if Keras is there, or with it."""
    if _is_there("keras"):
        _import_all()
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _import_all() -> None:
    for module in MODULES:
        try:
            importlib.import_module(module)
        # Nobody asked for it by now; who does will get the error itself.
        except Exception as error:
            logger.warning("Keras cannot load %s from files: %s", module, error)


def _is_there(name: str) -> bool:
    """Whether a module was imported to its end."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return spec is not None and not getattr(spec, "_initializing", False)


class _Finder(MetaPathFinder):
    """Lets others find Keras and ours, and looks at what is there after each of them.

    Ours are watched as well, as one of them may be what imports Keras: the others can
    only be imported once it is whole.
    """

    def __init__(self) -> None:
        self._thread = threading.local()

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """What the others find, with our loader around theirs."""
        if name != "keras" and not name.startswith("zoo."):
            return None
        for finder in sys.meta_path:
            if finder is not self and hasattr(finder, "find_spec"):
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    if spec.loader is not None:
                        spec.loader = _Loader(spec.loader, self)
                    return spec
        return None

    def run(self, loader: Loader, module: ModuleType) -> None:
        """Runs a module; the outermost of those that import each other registers."""
        self._thread.depth = getattr(self._thread, "depth", 0) + 1
        try:
            loader.exec_module(module)
        finally:
            self._thread.depth -= 1
        keras = module.__name__ == "keras" or _is_there("keras")
        if keras and self._thread.depth == 0 and self in sys.meta_path:
            sys.meta_path.remove(self)
            _import_all()


class _Loader(Loader):
    """Another loader, whose module the finder runs."""

    def __init__(self, loader: Loader, finder: _Finder) -> None:
        self._loader, self._finder = loader, finder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As the loader."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """As the loader, which the module then shows as its own."""
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._finder.run(self._loader, module)


def arguments(made: Any, kind: Any = None) -> dict[str, Any]:
    """What a layer, loss or metric was made with, as its config holds it.

    Args:
        made: It keeps each argument as an attribute of the same name; an argument that
            it does not keep is not in the config.
        kind: One of its classes, whose arguments are meant; None for its own.
    """
    import keras

    found: dict[str, Any] = {}
    init = (kind or type(made)).__init__
    if init.__module__.startswith("keras."):  # one of Keras's own, which it serializes
        return found
    for name in inspect.signature(init).parameters:
        if hasattr(made, name):
            value = getattr(made, name)
            is_tuple = isinstance(value, tuple)
            found[name] = (
                list(value) if is_tuple else keras.saving.serialize_keras_object(value)
            )
    return found
