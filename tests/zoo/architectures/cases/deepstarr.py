from tests.zoo.architectures.contract import Case

CASE = Case(
    small={
        "sequence_length": 40,
        "num_outputs": 1,
        "filters": [16, 8, 8, 16],
        "units": [32, 16],
    },
    errors=(
        ({"sequence_length": 15}, "16 bp or more"),
        ({"kernel_size": [7, 3]}, "one kernel_size for each convolution"),
    ),
)
