"""Names and facts of seqzoo: architectures and releases. Standard library only."""

from registry.architectures import (
    Architecture,
    builder,
    create,
    find_architecture,
    list_architectures,
    register,
)
from registry.errors import (
    DuplicateNameError,
    IntegrityError,
    PluginError,
    ReleaseError,
    SeqzooError,
    UnknownNameError,
)
from registry.releases import Release, find, read_release, release_folders

__all__ = [
    "Architecture",
    "DuplicateNameError",
    "IntegrityError",
    "PluginError",
    "Release",
    "ReleaseError",
    "SeqzooError",
    "UnknownNameError",
    "list_architectures",
    "builder",
    "create",
    "find",
    "find_architecture",
    "read_release",
    "register",
    "release_folders",
]
