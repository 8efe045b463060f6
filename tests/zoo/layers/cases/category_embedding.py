from tests.zoo.layers.contract import Case
from zoo.layers import CategoryEmbedding

CASES = [
    Case(
        # The codes 0 to 4 hold a category that is unknown.
        lambda name: CategoryEmbedding(4, 6, dropout=0.3, seed=1, name=name),
        None,
        lambda batch, length: (batch, length, 6),
        equivariant=False,
        differentiable=False,
    )
]
