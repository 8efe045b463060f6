"""Names and facts of seqzoo: architectures and releases. Standard library only."""

from registry.architectures import (
    OWN,
    SESSION,
    Architecture,
    builder,
    create,
    find_architecture,
    list_architectures,
    register,
)
from registry.declaration import Declaration, declaration, declare
from registry.errors import (
    DownloadError,
    DuplicateNameError,
    IntegrityError,
    PluginError,
    ReleaseError,
    SeqzooError,
    StoreError,
    UnknownNameError,
)
from registry.learned import LearnedMotifs, NamedMotif, read_learned_motifs
from registry.lock import find_locked, read_lock, write_lock
from registry.plain import plain
from registry.reading import read_release
from registry.recipes import list_recipes, recipe
from registry.release import Release
from registry.releases import find, read_location
from registry.sources import Location, list_releases

__all__ = [
    "OWN",
    "SESSION",
    "Architecture",
    "Declaration",
    "DownloadError",
    "DuplicateNameError",
    "IntegrityError",
    "LearnedMotifs",
    "Location",
    "NamedMotif",
    "PluginError",
    "Release",
    "ReleaseError",
    "SeqzooError",
    "StoreError",
    "UnknownNameError",
    "builder",
    "create",
    "declaration",
    "declare",
    "find",
    "find_architecture",
    "find_locked",
    "list_architectures",
    "list_recipes",
    "list_releases",
    "plain",
    "read_learned_motifs",
    "read_location",
    "read_lock",
    "read_release",
    "recipe",
    "register",
    "write_lock",
]
