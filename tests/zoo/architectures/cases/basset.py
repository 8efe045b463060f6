from tests.zoo.architectures.contract import Case

CASE = Case(
    small={
        "sequence_length": 40,
        "num_outputs": 1,
        "filters": [16, 16, 16],
        "kernel_size": [7, 5, 3],
        "pool_size": [2, 2, 2],
        "units": [32, 16],
    },
    errors=(
        ({"sequence_length": 29}, "30 bp or more"),
        ({"kernel_size": [7, 5]}, "one kernel_size and one pool_size"),
    ),
)
