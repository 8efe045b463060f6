from tests.zoo.architectures.contract import Case

CASE = Case(
    small={
        "sequence_length": 60,
        "num_outputs": 1,
        "filters": [16, 16, 32],
        "kernel_size": 6,
        "pool_size": 2,
        "units": 32,
    },
    errors=(
        ({"sequence_length": None}, "39 bp or more"),
        ({"sequence_length": 38}, "39 bp or more"),
    ),
)
