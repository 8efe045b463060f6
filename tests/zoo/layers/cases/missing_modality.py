from tests.zoo.layers.contract import Case
from zoo.layers import MissingModality


def make(name: str) -> MissingModality:
    return MissingModality(0.3, seed=1, name=name)


# The flags of a partner have the same meaning, but the channels of a strand-paired
# map are not mirrored as a whole: values stay in front of the flags.
CASES = [
    Case(make, 3, lambda batch, length: (batch, length, 6), equivariant=False),
    Case(make, 1, lambda batch, length: (batch, length, 2), equivariant=False),
]
