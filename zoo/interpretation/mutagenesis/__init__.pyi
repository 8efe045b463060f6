from .full import (
    FullSubstitutions as FullSubstitutions,
    Substitutions as Substitutions,
    TargetValues as TargetValues,
)
