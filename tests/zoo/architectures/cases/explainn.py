from tests.zoo.architectures.contract import Case

CASE = Case(
    small={
        "sequence_length": 40,
        "num_outputs": 1,
        "filters": 24,
        "kernel_size": 7,
        "pool_size": 4,
        "units": 8,
    },
    errors=(
        ({"sequence_length": None}, "10 bp or more"),
        ({"sequence_length": 9}, "10 bp or more"),
    ),
)
